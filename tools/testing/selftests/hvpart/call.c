// SPDX-License-Identifier: GPL-2.0
/*
 * What holds for all partition hypercalls: how a call is checked, in which order,
 * and what a refused call leaves alone.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "contract.h"
#include "partitions.h"
#include "vps.h"

#define SELF			HVP_PARTITION_ID_SELF

/* A guest with something to do for each call, and vCPUs that may do less or nothing. */
struct world {
	struct guest *guest;
	struct contract_children children;
	u64 finalized;
	u64 readonly_gpn, host_readonly_gpn, host_missing_gpn;
	u64 gpns[4];
};

enum { WITH_ALL, LACKING_ONE, WITH_NONE, VCPUS };

static void make_world(struct world *world, u64 lacking)
{
	struct guest_config config = { .vcpus = VCPUS, .privileges = GUEST_ALL_PRIVILEGES };
	struct hvp_stats_page_in mapped;
	struct vcpu *vcpu;

	world->guest = guest_create(&config);
	vcpu = &world->guest->vcpus[WITH_ALL];
	vcpu_set_privileges(&world->guest->vcpus[LACKING_ONE], GUEST_ALL_PRIVILEGES & ~lacking);
	vcpu_set_privileges(&world->guest->vcpus[WITH_NONE], 0);
	world->children.uninitialized = create_child(vcpu);
	deposit_new(vcpu, world->children.uninitialized, NULL, 50);
	world->children.empty = create_child(vcpu);
	world->children.active = create_active_child(vcpu);
	world->finalized = create_finalized_child(vcpu);
	deposit_new(vcpu, SELF, NULL, 50);
	world->readonly_gpn = guest_add_page(world->guest, KVM_MEM_READONLY,
					     PROT_READ | PROT_WRITE);
	world->host_readonly_gpn = guest_add_page(world->guest, 0, PROT_READ);
	world->host_missing_gpn = guest_add_page(world->guest, 0, PROT_NONE);
	guest_alloc_list(world->guest, world->gpns, 4);
	mapped = stats_of_partition(world->children.active, HVP_STATS_AREA_PARENT);
	REQUIRE_STATUS(map_stats_page2(vcpu, &mapped, guest_alloc(world->guest)), SUCCESS);
}

/* Rep calls are tried with four elements, from the second one. */
#define REPS	4
#define START	1

/* One call, about to be made. */
struct attempt {
	const struct hvp_contract_call *call;
	struct vcpu *vcpu;
	u64 control;
	u64 input[CONTRACT_INPUT_WORDS];
	unsigned int input_size, output_size;
	/* Addresses, or 0: at the end of the vCPU's pages. */
	u64 input_gpa, output_gpa;
	bool control_malformed;
};

/* A call that succeeds unless a fault is added to it. */
static void good_attempt(struct attempt *attempt, const struct hvp_contract_call *call,
			 const struct world *world)
{
	*attempt = (struct attempt){
		.call = call, .vcpu = &world->guest->vcpus[WITH_ALL], .control = call->code,
	};
	if (call->rep)
		attempt->control |= CONTROL_REPS(REPS) | CONTROL_START(START);
	contract_make_input(call, &world->children, world->gpns, REPS, attempt->input);
	attempt->control |= (u64)call->header_words << HVP_CONTROL_VARHEAD_SHIFT;
	attempt->input_size = hvp_contract_in_bytes(call, REPS) +
			      hvp_contract_header_bytes(attempt->control);
	/* To the end of the page, from where its alignment has it begin. */
	attempt->output_size = (hvp_contract_out_bytes(call, REPS) +
				HVP_PARAMETER_ALIGNMENT - 1) & ~(HVP_PARAMETER_ALIGNMENT - 1);
}

/* The word of the input that is such a field, NULL if there is none. */
static u64 *field_of(struct attempt *attempt, enum hvp_field field)
{
	int place = hvp_contract_at(attempt->call, field);

	return place < 0 ? NULL : &attempt->input[place];
}

static bool set_field(struct attempt *attempt, enum hvp_field field, u64 value)
{
	u64 *word = field_of(attempt, field);

	if (word)
		*word = value;
	return word;
}

#define PATTERN	0xc3

static u64 make_attempt(const struct attempt *attempt)
{
	struct vcpu *vcpu = attempt->vcpu;
	/* As near to the end as its alignment allows. */
	unsigned int input = (HVP_PAGE_SIZE - attempt->input_size) & ~7U;
	unsigned int output = HVP_PAGE_SIZE - attempt->output_size;
	u8 untouched[HVP_PAGE_SIZE];
	u64 result;

	memset(vcpu->input, PATTERN, HVP_PAGE_SIZE);
	memcpy(vcpu->input + input, attempt->input, attempt->input_size);
	memset(vcpu->output, PATTERN, HVP_PAGE_SIZE);
	result = hypercall(vcpu, attempt->control,
			   attempt->input_gpa ?: vcpu->input_gpa + input,
			   attempt->output_gpa ?: vcpu->output_gpa + output);
	memset(untouched, PATTERN, sizeof(untouched));
	if (!result_success(result))
		EXPECT(!memcmp(vcpu->output, untouched, HVP_PAGE_SIZE));
	return result;
}

/*
 * Faults, in the order in which a call is checked for them. Each has a place;
 * two of one place exclude each other.
 */
enum place { CODE_WORD, REPS_FIELD, INPUT_POINTER, OUTPUT_POINTER, CALLER, TARGET, VALUES,
	     OTHER_VALUES };

struct fault {
	const char *name;
	enum place place;
	bool (*apply)(struct attempt *attempt, const struct world *world);
	enum hvp_status status;
};

static bool reserved_bit(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->control |= 1ULL << 60;
	attempt->control_malformed = true;
	return true;
}

static bool nested_bit(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->control |= HVP_CONTROL_NESTED;
	attempt->control_malformed = true;
	return true;
}

/* No call at all, as far as this vCPU knows. */
static bool no_privilege_at_all(struct attempt *attempt, const struct world *world)
{
	attempt->vcpu = &world->guest->vcpus[WITH_NONE];
	attempt->control_malformed = true;
	return true;
}

static bool variable_header(struct attempt *attempt, const struct world *world)
{
	(void)world;
	if (attempt->call->varhead)
		return false;
	attempt->control |= 1ULL << HVP_CONTROL_VARHEAD_SHIFT;
	attempt->control_malformed = true;
	return true;
}

static bool no_reps_or_too_many(struct attempt *attempt, const struct world *world)
{
	(void)world;
	if (attempt->call->rep)
		attempt->control &= ~CONTROL_REPS(HVP_CONTROL_REP_MASK);
	else
		attempt->control |= CONTROL_REPS(1);
	attempt->control_malformed = true;
	return true;
}

static bool wrong_rep_start(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->control &= ~CONTROL_START(HVP_CONTROL_REP_MASK);
	attempt->control |= CONTROL_START(attempt->call->rep ? REPS : 1);
	attempt->control_malformed = true;
	return true;
}

static bool fast_but_memory_only(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->control |= HVP_CONTROL_FAST;
	attempt->control_malformed = true;
	return !attempt->call->fast;
}

static bool unaligned_input(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->input_gpa = attempt->vcpu->input_gpa + 4;
	return attempt->input_size;
}

/* Also with nothing there: the address alone is wrong. */
static bool unaligned_input_in_a_hole(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->input_gpa = GUEST_HOLE_GPA + 1;
	return attempt->input_size;
}

static bool input_crosses_page(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->input_gpa = attempt->vcpu->input_gpa + HVP_PAGE_SIZE -
			     attempt->input_size + 8;
	return attempt->input_size > 8;
}

static bool input_beyond_gpa_space(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->input_gpa = 1ULL << vcpu_phys_bits(attempt->vcpu);
	return attempt->input_size;
}

static bool input_at_the_very_top(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->input_gpa = -8ULL;
	return attempt->input_size;
}

static bool unaligned_output(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->output_gpa = attempt->vcpu->output_gpa + 1;
	return attempt->output_size;
}

static bool output_crosses_page(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->output_gpa = attempt->vcpu->output_gpa + HVP_PAGE_SIZE -
			      attempt->output_size + 8;
	return attempt->output_size > 8;
}

static bool output_beyond_gpa_space(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->output_gpa = 1ULL << vcpu_phys_bits(attempt->vcpu);
	return attempt->output_size;
}

static bool output_at_the_very_top(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->output_gpa = 0xfffffffffffff000ULL;
	return attempt->output_size;
}

static bool not_its_privilege(struct attempt *attempt, const struct world *world)
{
	attempt->vcpu = &world->guest->vcpus[LACKING_ONE];
	return true;
}

static bool input_missing(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->input_gpa = GUEST_HOLE_GPA;
	return attempt->input_size;
}

static bool input_unreadable(struct attempt *attempt, const struct world *world)
{
	attempt->input_gpa = world->host_missing_gpn << HVP_PAGE_SHIFT;
	return attempt->input_size;
}

static bool output_missing(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->output_gpa = GUEST_HOLE_GPA;
	return attempt->output_size;
}

static bool output_read_only(struct attempt *attempt, const struct world *world)
{
	attempt->output_gpa = world->readonly_gpn << HVP_PAGE_SHIFT;
	return attempt->output_size;
}

static bool output_host_read_only(struct attempt *attempt, const struct world *world)
{
	attempt->output_gpa = world->host_readonly_gpn << HVP_PAGE_SHIFT;
	return attempt->output_size;
}

static bool id_invalid(struct attempt *attempt, const struct world *world)
{
	(void)world;
	return set_field(attempt, HVP_FIELD_ID, HVP_PARTITION_ID_INVALID);
}

static bool id_unknown(struct attempt *attempt, const struct world *world)
{
	(void)world;
	return set_field(attempt, HVP_FIELD_ID, 1234);
}

static bool id_self(struct attempt *attempt, const struct world *world)
{
	(void)world;
	return !attempt->call->names_self && set_field(attempt, HVP_FIELD_ID, SELF);
}

static bool wrong_state(struct attempt *attempt, const struct world *world)
{
	const struct {
		enum hvp_while state;
		u64 id;
	} children[] = {
		{ HVP_WHILE_ACTIVE, world->children.active },
		{ HVP_WHILE_UNINITIALIZED, world->children.uninitialized },
		{ HVP_WHILE_FINALIZED, world->finalized },
	};
	unsigned int i;

	/* Who makes a call is active; whom it names besides need not be. */
	if (!attempt->call->names_child)
		return set_field(attempt, HVP_FIELD_PEER, world->children.uninitialized);
	for (i = 0; i < ARRAY_SIZE(children); i++) {
		if (!(attempt->call->states & children[i].state))
			return set_field(attempt, HVP_FIELD_ID, children[i].id);
	}
	return false;
}

static bool unknown_property(struct attempt *attempt, const struct world *world)
{
	(void)world;
	return set_field(attempt, HVP_FIELD_PROPERTY, 0x12345678);
}

static bool not_zero(struct attempt *attempt, const struct world *world)
{
	(void)world;
	return set_field(attempt, HVP_FIELD_ZERO, 1);
}

static bool reserved_of_stats_object(struct attempt *attempt, const struct world *world)
{
	u64 *type = field_of(attempt, HVP_FIELD_STATS_TYPE);

	(void)world;
	if (type)
		*type |= 1ULL << 32;
	return type;
}

static bool no_such_area(struct attempt *attempt, const struct world *world)
{
	(void)world;
	return set_field(attempt, HVP_FIELD_STATS_PART, CONTRACT_STATS_AREA(2));
}

/* A partition has no virtual processors unless it is the caller. */
static bool no_such_vp(struct attempt *attempt, const struct world *world)
{
	u64 *type = field_of(attempt, HVP_FIELD_STATS_TYPE);

	(void)world;
	if (type)
		*type = (*type & ~0xffffffffULL) | HVP_STATS_VP;
	return type;
}

static bool bad_proximity(struct attempt *attempt, const struct world *world)
{
	(void)world;
	/* id 0, a reserved flag */
	return set_field(attempt, HVP_FIELD_PROXIMITY, 2ULL << 32);
}

static bool pool_not_empty(struct attempt *attempt, const struct world *world)
{
	return attempt->call->code == HVP_CALL_DELETE_PARTITION &&
	       set_field(attempt, HVP_FIELD_ID, world->children.uninitialized);
}

static bool balance_too_small(struct attempt *attempt, const struct world *world)
{
	return attempt->call->code == HVP_CALL_INITIALIZE_PARTITION &&
	       set_field(attempt, HVP_FIELD_ID, world->children.empty);
}

static bool bad_location(struct attempt *attempt, const struct world *world)
{
	(void)world;
	return set_field(attempt, HVP_FIELD_PAGE, GUEST_HOLE_GPA >> HVP_PAGE_SHIFT);
}

static bool area_mapped_already(struct attempt *attempt, const struct world *world)
{
	(void)world;
	return attempt->call->code != HVP_CALL_UNMAP_STATS_PAGE &&
	       set_field(attempt, HVP_FIELD_STATS_PART,
			 CONTRACT_STATS_AREA(HVP_STATS_AREA_PARENT));
}

static bool area_not_mapped(struct attempt *attempt, const struct world *world)
{
	(void)world;
	return attempt->call->code == HVP_CALL_UNMAP_STATS_PAGE &&
	       set_field(attempt, HVP_FIELD_STATS_PART, CONTRACT_STATS_AREA(HVP_STATS_AREA_SELF));
}

static bool bad_first_page(struct attempt *attempt, const struct world *world)
{
	(void)world;
	attempt->input[attempt->call->in_size / 8 + START] = GUEST_HOLE_GPA >> HVP_PAGE_SHIFT;
	return attempt->call->in_element && attempt->call->element == HVP_FIELD_PAGE;
}

#define FAULT(function, where, what) \
	{ .name = #function, .apply = function, .place = where, .status = HVP_STATUS_##what }

static const struct fault faults[] = {
	FAULT(reserved_bit, CODE_WORD, INVALID_HYPERCALL_INPUT),
	FAULT(nested_bit, CODE_WORD, INVALID_HYPERCALL_INPUT),
	FAULT(no_privilege_at_all, CALLER, INVALID_HYPERCALL_CODE),
	FAULT(variable_header, CODE_WORD, INVALID_HYPERCALL_INPUT),
	FAULT(no_reps_or_too_many, REPS_FIELD, INVALID_HYPERCALL_INPUT),
	FAULT(wrong_rep_start, REPS_FIELD, INVALID_HYPERCALL_INPUT),
	FAULT(fast_but_memory_only, CODE_WORD, INVALID_HYPERCALL_INPUT),
	FAULT(unaligned_input, INPUT_POINTER, INVALID_ALIGNMENT),
	FAULT(unaligned_input_in_a_hole, INPUT_POINTER, INVALID_ALIGNMENT),
	FAULT(input_crosses_page, INPUT_POINTER, INVALID_ALIGNMENT),
	FAULT(input_beyond_gpa_space, INPUT_POINTER, INVALID_ALIGNMENT),
	FAULT(input_at_the_very_top, INPUT_POINTER, INVALID_ALIGNMENT),
	FAULT(unaligned_output, OUTPUT_POINTER, INVALID_ALIGNMENT),
	FAULT(output_crosses_page, OUTPUT_POINTER, INVALID_ALIGNMENT),
	FAULT(output_beyond_gpa_space, OUTPUT_POINTER, INVALID_ALIGNMENT),
	FAULT(output_at_the_very_top, OUTPUT_POINTER, INVALID_ALIGNMENT),
	FAULT(not_its_privilege, CALLER, ACCESS_DENIED),
	FAULT(input_missing, INPUT_POINTER, INVALID_HYPERCALL_INPUT),
	FAULT(input_unreadable, INPUT_POINTER, INVALID_HYPERCALL_INPUT),
	FAULT(output_missing, OUTPUT_POINTER, INVALID_HYPERCALL_INPUT),
	FAULT(output_read_only, OUTPUT_POINTER, INVALID_HYPERCALL_INPUT),
	FAULT(output_host_read_only, OUTPUT_POINTER, INVALID_HYPERCALL_INPUT),
	FAULT(id_invalid, TARGET, INVALID_PARTITION_ID),
	FAULT(id_unknown, TARGET, INVALID_PARTITION_ID),
	FAULT(id_self, TARGET, ACCESS_DENIED),
	FAULT(wrong_state, TARGET, INVALID_PARTITION_STATE),
	FAULT(unknown_property, VALUES, UNKNOWN_PROPERTY),
	FAULT(not_zero, OTHER_VALUES, INVALID_PARAMETER),
	FAULT(reserved_of_stats_object, OTHER_VALUES, INVALID_PARAMETER),
	FAULT(no_such_area, VALUES, INVALID_PARAMETER),
	FAULT(no_such_vp, OTHER_VALUES, INVALID_VP_INDEX),
	FAULT(area_mapped_already, VALUES, OBJECT_IN_USE),
	FAULT(area_not_mapped, VALUES, INVALID_PARAMETER),
	FAULT(bad_location, OTHER_VALUES, OPERATION_DENIED),
	FAULT(pool_not_empty, TARGET, OPERATION_DENIED),
	FAULT(bad_proximity, VALUES, INVALID_PARAMETER),
	FAULT(bad_first_page, VALUES, OPERATION_DENIED),
	FAULT(balance_too_small, TARGET, INSUFFICIENT_MEMORY),
};

static void expect_refusal(const struct attempt *attempt, const struct fault *first,
			   const struct fault *second)
{
	unsigned int reps = attempt->call->rep && !attempt->control_malformed ? START : 0;
	char text[128];

	snprintf(text, sizeof(text), "%s, %s%s%s", attempt->call->name, first->name,
		 second ? " and " : "", second ? second->name : "");
	expect_result_at(__FILE__, __LINE__, text, make_attempt(attempt),
			 RESULT(first->status, reps));
}

/* Each fault alone, and before each that is checked later. */
static void first_fault_decides(const void *data)
{
	const struct hvp_contract_call *call = data;
	struct hvp_memory_balance_out before, after;
	struct attempt attempt;
	struct world world;
	struct vcpu *root;
	unsigned int i, j;

	make_world(&world, call->privilege);
	root = &world.guest->vcpus[WITH_ALL];
	prepare_vp_call(root, call->code, world.children.active);
	before = balance_of(root, SELF);
	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		good_attempt(&attempt, call, &world);
		if (!faults[i].apply(&attempt, &world))
			continue;
		expect_refusal(&attempt, &faults[i], NULL);
		for (j = i + 1; j < ARRAY_SIZE(faults); j++) {
			good_attempt(&attempt, call, &world);
			/* The later one first: it may depend on who calls. */
			if (faults[j].place == faults[i].place ||
			    !faults[j].apply(&attempt, &world) ||
			    !faults[i].apply(&attempt, &world))
				continue;
			expect_refusal(&attempt, &faults[i], &faults[j]);
		}
	}
	after = balance_of(root, SELF);
	EXPECT_EQUAL(after.pages_available, before.pages_available);
	EXPECT_EQUAL(after.pages_in_use, before.pages_in_use);
	EXPECT_BALANCE(root, world.children.uninitialized, 50, 0);
	EXPECT_BALANCE(root, world.children.empty, 0, 0);
	EXPECT_STATE(root, world.children.uninitialized, "uninitialized");
	EXPECT_STATE(root, world.children.active, "active");
	EXPECT_STATE(root, world.finalized, "finalized");

	good_attempt(&attempt, call, &world);
	EXPECT_RESULT(make_attempt(&attempt), SUCCESS, call->rep ? REPS : 0);
}

static void every_bit_of_the_control_word(void)
{
	struct attempt attempt;
	struct world world;
	unsigned int i, bit;

	make_world(&world, 0);
	for (i = 0; i < HVP_CONTRACT_CALLS; i++) {
		const struct hvp_contract_call *call = &hvp_contract[i];

		for (bit = 17; bit < 64; bit++) {
			char text[64];

			/* For rep calls, other counts are not wrong by themselves. */
			if (call->rep && ((bit >= 32 && bit < 44) || (bit >= 48 && bit < 60)))
				continue;
			/* Nor is another variable header, for those that have one. */
			if (call->varhead && HVP_CONTROL_VARHEAD_MASK >> bit & 1)
				continue;
			good_attempt(&attempt, call, &world);
			attempt.control |= 1ULL << bit;
			snprintf(text, sizeof(text), "%s with bit %u", call->name, bit);
			expect_result_at(__FILE__, __LINE__, text, make_attempt(&attempt),
					 HVP_STATUS_INVALID_HYPERCALL_INPUT);
		}
	}
}

static void rep_fields(void)
{
	static const struct {
		unsigned int count, start;
		enum hvp_status status;
		unsigned int reps;
	} rows[] = {
		{ 0, 0, HVP_STATUS_INVALID_HYPERCALL_INPUT, 0 },
		{ 0, 1, HVP_STATUS_INVALID_HYPERCALL_INPUT, 0 },
		{ 1, 1, HVP_STATUS_INVALID_HYPERCALL_INPUT, 0 },
		{ 4, 4, HVP_STATUS_INVALID_HYPERCALL_INPUT, 0 },
		{ 4, 5, HVP_STATUS_INVALID_HYPERCALL_INPUT, 0 },
		{ 4, 0xfff, HVP_STATUS_INVALID_HYPERCALL_INPUT, 0 },
		{ 0xfff, 0xfff, HVP_STATUS_INVALID_HYPERCALL_INPUT, 0 },
		/* Well-formed, and larger than a page: the alignment is wrong. */
		{ 0xfff, 0, HVP_STATUS_INVALID_ALIGNMENT, 0 },
		{ 0xfff, 0xffe, HVP_STATUS_INVALID_ALIGNMENT, 0xffe },
		{ 513, 0, HVP_STATUS_INVALID_ALIGNMENT, 0 },
		{ 513, 512, HVP_STATUS_INVALID_ALIGNMENT, 512 },
	};
	struct world world;
	struct vcpu *vcpu;
	unsigned int i, row;

	make_world(&world, 0);
	vcpu = &world.guest->vcpus[0];
	for (i = 0; i < HVP_CONTRACT_CALLS; i++) {
		const struct hvp_contract_call *call = &hvp_contract[i];

		for (row = 0; call->rep && row < ARRAY_SIZE(rows); row++) {
			u64 control = call->code | CONTROL_REPS(rows[row].count) |
				      CONTROL_START(rows[row].start);
			char text[80];

			/* A list of nothing fits anywhere, one of bytes fits all the same. */
			if (rows[row].status == HVP_STATUS_INVALID_ALIGNMENT &&
			    hvp_contract_in_bytes(call, rows[row].count) <= HVP_PAGE_SIZE &&
			    hvp_contract_out_bytes(call, rows[row].count) <= HVP_PAGE_SIZE)
				continue;
			snprintf(text, sizeof(text), "%s, count %u, start %u",
				 call->name, rows[row].count, rows[row].start);
			((u64 *)vcpu->input)[0] = SELF;
			((u64 *)vcpu->input)[1] = 0;
			expect_result_at(__FILE__, __LINE__, text,
					 hypercall(vcpu, control, vcpu->input_gpa,
						   vcpu->output_gpa),
					 RESULT(rows[row].status, rows[row].reps));
		}
	}
	/* 512 do not fit behind a header, nor at 8. */
	EXPECT_RESULT(hypercall(vcpu, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(512),
				vcpu->input_gpa, 0), INVALID_ALIGNMENT, 0);
	EXPECT_RESULT(hypercall(vcpu, HVP_CALL_DEPOSIT_MEMORY | CONTROL_REPS(511),
				vcpu->input_gpa + 8, 0), INVALID_ALIGNMENT, 0);
	EXPECT_RESULT(hypercall(vcpu, HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(512),
				vcpu->input_gpa, vcpu->output_gpa + 8), INVALID_ALIGNMENT, 0);
	/* The whole list counts, also those elements that are done already. */
	EXPECT_RESULT(hypercall(vcpu, HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(5) |
				CONTROL_START(4), vcpu->input_gpa,
				vcpu->output_gpa + HVP_PAGE_SIZE - 32), INVALID_ALIGNMENT, 4);
}

/* Every misalignment, every distance from the end of the page. */
static void alignment_and_crossing(void)
{
	struct world world;
	struct vcpu *vcpu;
	unsigned int offset;

	make_world(&world, 0);
	vcpu = &world.guest->vcpus[0];
	for (offset = 0; offset < HVP_PAGE_SIZE; offset += offset < 16 ? 1 : 509) {
		u64 expected = offset % 8 || offset > HVP_PAGE_SIZE - 16 ?
			       HVP_STATUS_INVALID_ALIGNMENT : HVP_STATUS_SUCCESS;
		u64 in[2] = { SELF, 0 };
		u64 result;

		if (offset <= HVP_PAGE_SIZE - 16)
			memcpy(vcpu->input + offset, in, sizeof(in));
		result = hypercall(vcpu, HVP_CALL_GET_MEMORY_BALANCE, vcpu->input_gpa + offset,
				   vcpu->output_gpa);
		expect_result_at(__FILE__, __LINE__, "input offset", result, expected);
		memcpy(vcpu->input, in, sizeof(in));
		result = hypercall(vcpu, HVP_CALL_GET_MEMORY_BALANCE, vcpu->input_gpa,
				   vcpu->output_gpa + offset);
		expect_result_at(__FILE__, __LINE__, "output offset", result, expected);
	}
}

/* The vCPU's own MAXPHYADDR, not the host's. */
static void gpa_space_of_the_vcpu(void)
{
	struct guest_config config = { .phys_bits = 36, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpu = &guest_create(&config)->vcpus[0];
	u64 end = 1ULL << 36;

	((u64 *)vcpu->input)[0] = SELF;
	((u64 *)vcpu->input)[1] = 0;
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_GET_PARTITION_ID, 0, end), INVALID_ALIGNMENT);
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_GET_PARTITION_ID, 0, end - HVP_PAGE_SIZE),
		      INVALID_HYPERCALL_INPUT);
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_GET_MEMORY_BALANCE, end, vcpu->output_gpa),
		      INVALID_ALIGNMENT);
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_GET_MEMORY_BALANCE, end - HVP_PAGE_SIZE,
				vcpu->output_gpa), INVALID_HYPERCALL_INPUT);
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_GET_MEMORY_BALANCE, end | vcpu->input_gpa,
				vcpu->output_gpa), INVALID_ALIGNMENT);
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_GET_MEMORY_BALANCE, vcpu->input_gpa,
				vcpu->output_gpa), SUCCESS);
}

static void pages_not_returned_are_not_lost(void)
{
	struct vcpu *vcpu = new_guest();
	u64 readonly = guest_add_page(vcpu->guest, KVM_MEM_READONLY, PROT_READ | PROT_WRITE);
	u64 control = HVP_CALL_WITHDRAW_MEMORY | CONTROL_REPS(4);

	deposit_new(vcpu, SELF, NULL, 4);
	((u64 *)vcpu->input)[0] = SELF;
	((u64 *)vcpu->input)[1] = 0;
	EXPECT_RESULT(hypercall(vcpu, control, vcpu->input_gpa, GUEST_HOLE_GPA),
		      INVALID_HYPERCALL_INPUT, 0);
	EXPECT_RESULT(hypercall(vcpu, control, vcpu->input_gpa, readonly << HVP_PAGE_SHIFT),
		      INVALID_HYPERCALL_INPUT, 0);
	EXPECT_BALANCE(vcpu, SELF, 4, 0);
	EXPECT_EQUAL(withdraw_all(vcpu, SELF), 4);
}

static void input_may_be_read_only(void)
{
	struct vcpu *vcpu = new_guest();
	u64 gpn = guest_add_page(vcpu->guest, KVM_MEM_READONLY, PROT_READ | PROT_WRITE);
	u64 *page = guest_host(vcpu->guest, gpn << HVP_PAGE_SHIFT);

	page[0] = SELF;
	page[1] = 0;
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_GET_MEMORY_BALANCE, gpn << HVP_PAGE_SHIFT,
				vcpu->output_gpa), SUCCESS);
}

static void output_over_input(void)
{
	struct vcpu *vcpu = new_guest();
	u64 *page = (u64 *)vcpu->input;

	deposit_new(vcpu, SELF, NULL, 9);
	page[0] = SELF;
	page[1] = 0;
	EXPECT_STATUS(hypercall(vcpu, HVP_CALL_GET_MEMORY_BALANCE, vcpu->input_gpa,
				vcpu->input_gpa), SUCCESS);
	EXPECT_EQUAL(page[0], 9);
	EXPECT_EQUAL(page[1], 0);
}

/* Where the XSAVE area has the x87 and SSE registers, and which of it is in use. */
#define XSAVE_REGISTERS		32
#define XSAVE_REGISTERS_SIZE	(8 * 16 + 16 * 16)
#define XSAVE_IN_USE		512
#define XSAVE_X87_AND_SSE	3

/* The general registers are watched by hypercall(), always. */
static void other_registers_are_unchanged(void)
{
	struct vcpu *vcpu = new_guest();
	struct kvm_xsave before, after;
	u8 *registers = (u8 *)before.region + XSAVE_REGISTERS;
	struct kvm_sregs sregs_before, sregs_after;
	unsigned int i;
	u64 id;

	if (ioctl(vcpu->fd, KVM_GET_XSAVE, &before))
		die("KVM_GET_XSAVE: %m");
	for (i = 8 * 16; i < XSAVE_REGISTERS_SIZE; i++)
		registers[i] = i;
	before.region[XSAVE_IN_USE / 4] |= XSAVE_X87_AND_SSE;
	if (ioctl(vcpu->fd, KVM_SET_XSAVE, &before) ||
	    ioctl(vcpu->fd, KVM_GET_SREGS, &sregs_before))
		die("KVM_SET_XSAVE: %m");
	id = create_active_child(vcpu);
	finalize_child(vcpu, id);
	withdraw_all(vcpu, id);
	delete_child(vcpu, id);
	if (ioctl(vcpu->fd, KVM_GET_XSAVE, &after) ||
	    ioctl(vcpu->fd, KVM_GET_SREGS, &sregs_after))
		die("KVM_GET_XSAVE: %m");
	EXPECT(!memcmp(registers, (u8 *)after.region + XSAVE_REGISTERS, XSAVE_REGISTERS_SIZE));
	EXPECT_EQUAL(sregs_after.cr0, sregs_before.cr0);
	EXPECT_EQUAL(sregs_after.cr2, sregs_before.cr2);
	EXPECT_EQUAL(sregs_after.cr3, sregs_before.cr3);
	EXPECT_EQUAL(sregs_after.cr4, sregs_before.cr4);
	EXPECT_EQUAL(sregs_after.efer, sregs_before.efer);
}

/* Codes that are not ours get KVM's own answer, whatever else is in the word. */
static void foreign_codes(void)
{
	static const u16 unknown[] = { 0x0000, 0x0001, 0x003f, 0x0054, 0x0055, 0x0093, 0x00c1,
				       0x006e, 0x0100, 0x0102, 0x0130, 0x0132, 0x0140, 0x0148,
				       0x016c, 0x4000, 0x4048, 0x4131, 0xff41 };
	struct vcpu *vcpu = new_guest();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		EXPECT_STATUS(hypercall(vcpu, unknown[i], 0, 0), INVALID_HYPERCALL_CODE);
		EXPECT_STATUS(hypercall(vcpu, unknown[i] | HVP_CONTROL_FAST, 2, 2),
			      INVALID_HYPERCALL_CODE);
		EXPECT_STATUS(hypercall(vcpu, unknown[i] | CONTROL_REPS(4) | CONTROL_START(2),
					1, 1), INVALID_HYPERCALL_CODE);
		EXPECT_STATUS(hypercall(vcpu, unknown[i] | 1ULL << 63, 0, 0),
			      INVALID_HYPERCALL_INPUT);
	}
	/* HvCallNotifyLongSpinWait */
	EXPECT_STATUS(hypercall(vcpu, 0x8 | HVP_CONTROL_FAST, 0, 0), SUCCESS);
	EXPECT_STATUS(hypercall(vcpu, 0x8, 0, 0), SUCCESS);
	EXPECT_STATUS(hypercall(vcpu, 0x8 | CONTROL_REPS(1), 0, 0), INVALID_HYPERCALL_INPUT);
}

static void callers_of_32_bits(void)
{
	static const enum vcpu_mode modes[] = { VCPU_COMPATIBILITY, VCPU_PROTECTED32 };
	struct vcpu *vcpu = new_guest();
	unsigned int i;
	u64 id, gpns[3], back[3];

	for (i = 0; i < 2; i++) {
		vcpu_set_mode(vcpu, modes[i]);
		EXPECT_STATUS(get_partition_id(vcpu, &id), SUCCESS);
		EXPECT_EQUAL(id, HVP_PARTITION_ID_ROOT);
		id = create_active_child(vcpu);
		EXPECT_EQUAL(id, 2 + i);
		guest_alloc_list(vcpu->guest, gpns, 3);
		gpns[1] = ~0ULL;
		/* Status and reps completed come in different registers. */
		EXPECT_RESULT(deposit_memory(vcpu, id, gpns, 3), OPERATION_DENIED, 1);
		EXPECT_RESULT(withdraw_memory(vcpu, id, NULL, back, 3), NO_RESOURCES, 1);
		EXPECT_EQUAL(back[0], gpns[0]);
		EXPECT_STATUS(initialize_partition(vcpu, id, FORM_MEMORY),
			      INVALID_PARTITION_STATE);
		/* Bits 63:32 of the fast parameter come in EBX. */
		EXPECT_STATUS(finalize_partition(vcpu, id | 1ULL << 32, FORM_FAST),
			      INVALID_PARTITION_ID);
		EXPECT_STATUS(finalize_partition(vcpu, HVP_PARTITION_ID_SELF, FORM_FAST),
			      ACCESS_DENIED);
		finalize_child(vcpu, id);
		withdraw_all(vcpu, id);
		delete_child(vcpu, id);
	}
	vcpu_set_mode(vcpu, VCPU_LONG64);
	EXPECT_EQUAL(create_child(vcpu), 4);
}

static const struct test_case cases[] = {
	CASE(every_bit_of_the_control_word),
	CASE(rep_fields),
	CASE(alignment_and_crossing),
	CASE(gpa_space_of_the_vcpu),
	CASE(pages_not_returned_are_not_lost),
	CASE(input_may_be_read_only),
	CASE(output_over_input),
	CASE(other_registers_are_unchanged),
	CASE(foreign_codes),
	CASE(callers_of_32_bits),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(first_fault_decides, hvp_contract);
	return cases_run();
}
