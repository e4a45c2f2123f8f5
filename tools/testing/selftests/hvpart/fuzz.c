// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls from real guests, most of them nearly right so that they get far:
 * $HVPART_SECONDS long, from the seed $HVPART_SEED. Which answers they get is up to
 * chance, but it is one that the call can have, nothing but the output changes, the
 * books balance at any time, and another VM does not notice.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "contract.h"
#include "inspect.h"
#include "partitions.h"
#include "remains.h"
#include "soak.h"

#define SELF		HVP_PARTITION_ID_SELF
#define VCPUS		3
#define RAM		(8UL << 20)
#define POOL_PAGES	600
#define RECENT		8
/* How long a guest lives, and how many calls each vCPU makes at least. */
#define GUEST_MS	1000
#define LEAST_CALLS	50

#define MSR_GUEST_OS_ID	0x40000000
/* KVM's own hypercalls, which there are instead if the guest has no identity. */
#define KVM_ENOSYS	1000

/* A guest under test, and what its vCPUs share. */
struct world {
	struct guest *guest;
	u64 number, end;
	bool reboots;		/* gives up its identity now and then */
	u64 privileges[VCPUS];
	u64 recent[RECENT];	/* partitions created lately */
	u64 pool_gpn;		/* POOL_PAGES pages to deposit */
	u64 input_gpa;		/* a page of input that changes all the time */
	u64 *input;
	u64 output_gpa;		/* one that all vCPUs have output in */
	u64 odd_gpas[6];	/* pages that something is wrong with */
	void *flickering;	/* one that is there and is not */
	bool stop;
};

static u64 answers[HVP_CONTRACT_CALLS][INSPECT_STATUSES];
static u64 calls, foreign, refused_by_cpu, without_identity, reboots, guests, inspected;

static void count_up(u64 *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* The pages that nobody but this vCPU's calls has any business with. */
enum own { OWN_INPUT, OWN_OUTPUT, OWN_PAIR, OWNS };

struct own_pages {
	u64 gpa, size;
	u8 *host;
	u8 before[2 * HVP_PAGE_SIZE];
};

struct caller {
	struct world *world;
	struct vcpu *vcpu;
	struct random random;
	unsigned int phys_bits;
	u16 next_code;		/* what comes after the last call in a partition's life */
	u64 id;			/* ... of this one */
	struct own_pages own[OWNS];
};

struct attempt {
	u64 control, input, output;
	u64 words[HVP_PAGE_SIZE / 8];
};

static u64 some_id(struct caller *caller)
{
	struct random *random = &caller->random;

	switch (random_below(random, 8)) {
	case 0:
	case 1:
		return SELF;
	case 2:
		return random_below(random, 40);
	default:
		return __atomic_load_n(&caller->world->recent[random_below(random, RECENT)],
				       __ATOMIC_RELAXED);
	}
}

static u64 some_word(struct caller *caller)
{
	static const u64 words[] = {
		0, 1, 2, SELF, SELF - 1, 1ULL << 63, 1ULL << 51, 1ULL << 32, 1ULL << 31,
		GUEST_HYPERCALL_GPA >> HVP_PAGE_SHIFT, GUEST_MMIO_GPA >> HVP_PAGE_SHIFT,
		GUEST_HOLE_GPA >> HVP_PAGE_SHIFT, GUEST_HYPERCALL_GPA, 0x1000, 0xfff,
	};
	struct random *random = &caller->random;

	switch (random_below(random, 4)) {
	case 0:
		return words[random_below(random, ARRAY_SIZE(words))];
	case 1:
		return random_bits(random) >> random_below(random, 64);
	case 2:
		return caller->world->pool_gpn + random_below(random, POOL_PAGES);
	default:
		return some_id(caller);
	}
}

static u64 some_proximity(struct caller *caller)
{
	struct random *random = &caller->random;
	u64 flags = HVP_PROXIMITY_VALID;

	if (!random_one_in(random, 4))
		return random_one_in(random, 2) ? 0 : random_bits(random) & ~0U;
	if (random_one_in(random, 2))
		flags |= HVP_PROXIMITY_PREFERRED;
	return flags << 32 | random_below(random, 3);
}

static u32 some_property(struct caller *caller)
{
	static const u32 codes[] = {
		0x00010000, 0x00010001, 0x00020000, 0x00020001, 0x00020002, 0x00020003,
		0x00020004, 0x00030003, 0x00030005, 0x00050000, 0x00050002, 0x00050003,
		0x00050012, 0x00050017, 0x00050026, 0x00060000, 0x00060004, 0x00060006,
		0x0006000a, 0x00070000, 0x00080000, 0x00090007, 0x00010002, 0x00090008,
		0x00020005, 0x00090009,
	};

	return codes[random_below(&caller->random, ARRAY_SIZE(codes))];
}

/* An offset at which a parameter list of so many bytes still fits. */
static u64 fitting_offset(struct caller *caller, unsigned int bytes)
{
	unsigned int room = bytes > HVP_PAGE_SIZE ? 0 : (HVP_PAGE_SIZE - bytes) / 8;

	return 8 * (random_one_in(&caller->random, 2) ? room :
		    random_below(&caller->random, room + 1));
}

/* The type and identity of an object with statistics, of the partition in words[1]. */
static void make_stats_object(struct caller *caller, u64 *words)
{
	struct random *random = &caller->random;

	words[0] = HVP_STATS_PARTITION;
	words[2] = (u64)random_below(random, 2) << 56;
	if (random_one_in(random, 2)) {
		words[0] = HVP_STATS_VP;
		words[1] = random_one_in(random, 8) ? words[1] : SELF;
		words[2] |= random_below(random, VCPUS + 1);
	}
}

static void add_pages(struct caller *caller, struct attempt *attempt, unsigned int count)
{
	const struct hvp_contract_call *call = hvp_contract_of(attempt->control);
	u64 *list = attempt->words + call->in_size / 8;
	unsigned int i, first = random_below(&caller->random, POOL_PAGES);

	for (i = 0; i < count * call->in_element / 8; i++)
		list[i] = caller->world->pool_gpn + (first + i) % POOL_PAGES;
	attempt->control |= CONTROL_REPS(count);
	if (random_one_in(&caller->random, 4))
		attempt->control |= CONTROL_START(random_below(&caller->random, count));
}

/* A life that goes as it should gets further than chance. */
static u16 next_in_life(u16 code)
{
	switch (code) {
	case HVP_CALL_CREATE_PARTITION:
		return HVP_CALL_DEPOSIT_MEMORY;
	case HVP_CALL_DEPOSIT_MEMORY:
		return HVP_CALL_INITIALIZE_PARTITION;
	case HVP_CALL_INITIALIZE_PARTITION:
		return HVP_CALL_MAP_STATS_PAGE2;
	case HVP_CALL_MAP_STATS_PAGE2:
		return HVP_CALL_SET_PARTITION_PROPERTY;
	case HVP_CALL_SET_PARTITION_PROPERTY:
		return HVP_CALL_FINALIZE_PARTITION;
	case HVP_CALL_FINALIZE_PARTITION:
		return HVP_CALL_WITHDRAW_MEMORY;
	case HVP_CALL_WITHDRAW_MEMORY:
		return HVP_CALL_DELETE_PARTITION;
	default:
		return 0;
	}
}

static void choose_call(struct caller *caller, struct attempt *attempt)
{
	struct random *random = &caller->random;

	if (caller->next_code && !random_one_in(random, 4)) {
		attempt->control = caller->next_code;
	} else if (random_one_in(random, 5)) {
		attempt->control = HVP_CALL_DEPOSIT_MEMORY;
		caller->id = SELF;
	} else {
		attempt->control = hvp_contract[random_below(random, HVP_CONTRACT_CALLS)].code;
		caller->id = some_id(caller);
	}
	caller->next_code = next_in_life(attempt->control);
	if (caller->id == SELF)
		caller->next_code = HVP_CALL_CREATE_PARTITION;
}

static u64 some_value(struct caller *caller, enum hvp_field field)
{
	struct random *random = &caller->random;

	switch (field) {
	case HVP_FIELD_ZERO:
		return random_one_in(random, 16) ? some_word(caller) : 0;
	case HVP_FIELD_ID:
		return caller->id;
	case HVP_FIELD_CHILD:
		return random_one_in(random, 2) ? 0 : some_id(caller);
	case HVP_FIELD_FLAGS:
		return random_one_in(random, 2) ?
		       random_bits(random) & HVP_CREATE_DEFINED_FLAGS : 0;
	case HVP_FIELD_PROXIMITY:
		return some_proximity(caller);
	case HVP_FIELD_PROPERTY:
		return some_property(caller) | random_bits(random) << 32;
	case HVP_FIELD_VALUE:
		return random_one_in(random, 2) ? random_below(random, 2) : some_word(caller);
	case HVP_FIELD_PORT:
	case HVP_FIELD_CONNECTION:
		return random_below(random, 8);
	case HVP_FIELD_CONNECTED:
		return random_below(random, 8) | (u64)HVP_DISCONNECT_DOORBELL << 32;
	case HVP_FIELD_PORT_TYPE:
		return HVP_PORT_DOORBELL;
	case HVP_FIELD_PORT_TARGET:
		return HVP_DOORBELL_SINT | (u64)HVP_ANY_VP << 32;
	case HVP_FIELD_PEER:
		return some_id(caller);
	case HVP_FIELD_OWNER:
		return SELF;
	case HVP_FIELD_ADDRESS:
		return random_bits(random) & 0xffffff;
	case HVP_FIELD_DOORBELL:
		return random_below(random, 5);
	case HVP_FIELD_SINT:
		return random_below(random, 16);
	case HVP_FIELD_PAGE:
		return caller->world->pool_gpn + random_below(random, POOL_PAGES);
	default:
		return random_bits(random);
	}
}

/* A call that could succeed, depending on what there is. */
static void make_valid(struct caller *caller, struct attempt *attempt)
{
	struct random *random = &caller->random;
	const struct hvp_contract_call *call;
	unsigned int i, most, reps = 0;

	memset(attempt, 0, sizeof(*attempt));
	choose_call(caller, attempt);
	call = hvp_contract_of(attempt->control);
	for (i = 0; i < call->in_size / 8; i++)
		attempt->words[i] = some_value(caller, call->input[i]);
	if (!call->names_child && call->names_self)
		attempt->words[hvp_contract_at(call, HVP_FIELD_ID)] = SELF;
	if (hvp_contract_at(call, HVP_FIELD_STATS_TYPE) >= 0)
		make_stats_object(caller, attempt->words);
	if (call->in_element) {
		most = (HVP_PAGE_SIZE - call->in_size) / call->in_element;
		reps = random_one_in(random, 16) ? most : 1 + random_below(random, 32);
		add_pages(caller, attempt, reps);
	} else if (call->out_element) {
		most = HVP_PAGE_SIZE / call->out_element;
		reps = random_one_in(random, 2) ? most : 1 + random_below(random, 32);
		attempt->control |= CONTROL_REPS(reps);
	} else if (call->rep) {
		attempt->control |= CONTROL_REPS(1 + random_below(random, 32));
	}
	if (call->varhead && random_one_in(random, 2))
		attempt->control |= (u64)random_below(random, 2) << HVP_CONTROL_VARHEAD_SHIFT;
	else
		attempt->control |= (u64)call->header_words << HVP_CONTROL_VARHEAD_SHIFT;
	for (i = 0; i < hvp_contract_header_bytes(attempt->control) / 8; i++)
		attempt->words[call->in_size / 8 + i] = some_value(caller, HVP_FIELD_PAGE);
	attempt->input = caller->vcpu->input_gpa +
			 fitting_offset(caller, hvp_contract_in_bytes(call, reps) +
				       hvp_contract_header_bytes(attempt->control));
	attempt->output = caller->vcpu->output_gpa +
			  fitting_offset(caller, hvp_contract_out_bytes(call, reps));
	if (call->fast && random_one_in(random, 2)) {
		attempt->control |= HVP_CONTROL_FAST;
		attempt->input = attempt->words[0];
	}
}

static u64 some_gpa(struct caller *caller, u64 shared_gpa)
{
	struct random *random = &caller->random;
	const struct world *world = caller->world;
	u64 offset = 8 * random_below(random, HVP_PAGE_SIZE / 8);

	switch (random_below(random, 10)) {
	case 0:
		return caller->own[OWN_INPUT].gpa + offset;
	case 1:
		return caller->own[OWN_OUTPUT].gpa + offset;
	case 2:
		/* On either side of the boundary between two pages of RAM */
		return caller->own[OWN_PAIR].gpa + HVP_PAGE_SIZE - 64 +
		       8 * random_below(random, 16);
	case 3:
		return caller->own[OWN_PAIR].gpa + random_below(random, 2 * HVP_PAGE_SIZE);
	case 4:
	case 5:
		return shared_gpa + offset;
	case 6:
		return world->odd_gpas[random_below(random, ARRAY_SIZE(world->odd_gpas))] + offset;
	case 7:
		/* A page that is in a pool, or will be */
		return ((world->pool_gpn + random_below(random, POOL_PAGES)) << HVP_PAGE_SHIFT) +
		       offset;
	case 8:
		return (1ULL << caller->phys_bits) + (random_one_in(random, 2) ? 0 : offset);
	default:
		return random_bits(random) | 1ULL << 62;
	}
}

/* Something about the call gets wrong, or at least different. */
static void mutate(struct caller *caller, struct attempt *attempt)
{
	static const u16 beside_ours[] = { 0x6e, 0x6f, 0x100, 0x102, 0x130, 0x132 };
	struct random *random = &caller->random;

	switch (random_below(random, 12)) {
	case 0:
		/* Not the code: KVM leaves some of its own to the VMM. */
		attempt->control ^= 1ULL << (16 + random_below(random, 48));
		break;
	case 1:
		attempt->control = (attempt->control & HVP_CONTROL_CODE_MASK) |
				   random_bits(random) << 16;
		break;
	case 2:
		attempt->control &= ~HVP_CONTROL_CODE_MASK;
		if (random_one_in(random, 2))
			attempt->control |= 0x38 + random_below(random, 0x18);
		else
			attempt->control |=
				beside_ours[random_below(random, ARRAY_SIZE(beside_ours))];
		/* Not in those above 0xff: one bit less may be KVM's. */
		if (random_one_in(random, 4) && !(attempt->control & 0xff00))
			attempt->control ^= 0x100 << random_below(random, 7);
		break;
	case 3:
		attempt->control &= ~CONTROL_REPS(HVP_CONTROL_REP_MASK);
		attempt->control |= CONTROL_REPS(random_bits(random) & HVP_CONTROL_REP_MASK);
		break;
	case 4:
		attempt->control |= CONTROL_START(random_below(random, 16));
		break;
	case 5:
		attempt->control ^= HVP_CONTROL_FAST;
		break;
	case 6:
	case 7:
		attempt->input = some_gpa(caller, caller->world->input_gpa);
		break;
	case 8:
		attempt->output = some_gpa(caller, caller->world->output_gpa);
		break;
	case 9:
		attempt->words[random_below(random, 8)] = some_word(caller);
		break;
	case 10:
		attempt->words[random_below(random, 8)] ^= 1ULL << random_below(random, 64);
		break;
	case 11:
		attempt->words[1 + random_below(random, 20)] =
			some_gpa(caller, caller->world->input_gpa) >> HVP_PAGE_SHIFT;
		break;
	}
}

static struct own_pages *own_pages_at(struct caller *caller, u64 gpa)
{
	unsigned int i;

	for (i = 0; i < OWNS; i++) {
		struct own_pages *own = &caller->own[i];

		if (gpa >= own->gpa && gpa - own->gpa < own->size)
			return own;
	}
	return NULL;
}

/*
 * Is it RAM that the guest, or this test, cannot do without? A page that is deposited
 * may be withdrawn on any vCPU, which fills it with zeroes; one with statistics has
 * them written to it.
 */
static bool vital(const struct world *world, u64 gpn)
{
	unsigned int i;

	if (gpn - world->pool_gpn < POOL_PAGES || gpn >> (64 - HVP_PAGE_SHIFT) ||
	    !guest_host(world->guest, gpn << HVP_PAGE_SHIFT))
		return false;
	for (i = 0; i < ARRAY_SIZE(world->odd_gpas); i++) {
		if (gpn == world->odd_gpas[i] >> HVP_PAGE_SHIFT)
			return false;
	}
	/* Refused while it is one; without an identity, a guest has none. */
	return world->reboots || gpn != GUEST_HYPERCALL_GPA >> HVP_PAGE_SHIFT;
}

static u64 harmless(struct world *world, u64 word)
{
	return vital(world, word) ? world->pool_gpn + word % POOL_PAGES : word;
}

/* The first word of the input that is the number of a page to be taken; -1: none is. */
static int page_numbers_at(const struct hvp_contract_call *call)
{
	if (!call)
		return -1;
	return call->in_element ? call->in_size / 8 : hvp_contract_at(call, HVP_FIELD_PAGE);
}

/* What comes as pages to take has none among them that is vital. */
static void make_pages_harmless(struct caller *caller, struct attempt *attempt)
{
	struct own_pages *own = own_pages_at(caller, attempt->input);
	int first = page_numbers_at(hvp_contract_of(attempt->control));
	struct world *world = caller->world;
	u64 offset;

	if (first < 0)
		return;
	if (!own) {
		/* Others have output anywhere but in the page for input. */
		if (guest_host(world->guest, attempt->input))
			attempt->input = world->input_gpa + attempt->input % HVP_PAGE_SIZE;
		return;
	}
	for (offset = attempt->input - own->gpa + 8 * first; offset <= own->size - 8; offset += 8) {
		u64 *word = (u64 *)(own->host + offset);

		*word = harmless(world, *word);
	}
}

/* Put the input where the call says that it is, if that is a place for it. */
static void write_input(struct caller *caller, struct attempt *attempt)
{
	const struct hvp_contract_call *call = hvp_contract_of(attempt->control);
	struct own_pages *own = own_pages_at(caller, attempt->input);
	struct world *world = caller->world;
	u64 size = 64, offset;
	unsigned int i;

	if (call && call->in_element)
		size = sizeof(attempt->words);
	if (own) {
		offset = attempt->input - own->gpa;
		memcpy(own->host + offset, attempt->words,
		       size < own->size - offset ? size : own->size - offset);
	} else if (attempt->input >> HVP_PAGE_SHIFT == world->input_gpa >> HVP_PAGE_SHIFT) {
		offset = attempt->input % HVP_PAGE_SIZE / 8;
		for (i = 0; i < size / 8 && offset + i < HVP_PAGE_SIZE / 8; i++)
			world->input[offset + i] = harmless(world, attempt->words[i]);
	}
	make_pages_harmless(caller, attempt);
}

static void remember_own_pages(struct caller *caller)
{
	unsigned int i;

	for (i = 0; i < OWNS; i++)
		memcpy(caller->own[i].before, caller->own[i].host, caller->own[i].size);
}

/* Nothing has changed but output bytes [@from, @to) of the list at @output. */
static void check_own_pages(struct caller *caller, const struct attempt *attempt,
			    unsigned int from, unsigned int to)
{
	struct own_pages *own = own_pages_at(caller, attempt->output);
	unsigned int i;

	if (own && to > from) {
		u64 offset = attempt->output - own->gpa;

		memcpy(own->before + offset + from, own->host + offset + from, to - from);
	}
	for (i = 0; i < OWNS; i++) {
		if (memcmp(caller->own[i].before, caller->own[i].host, caller->own[i].size))
			fail_at(__FILE__, __LINE__,
				"input value 0x%llx, input 0x%llx, output 0x%llx: memory at 0x%llx has changed",
				attempt->control, attempt->input, attempt->output,
				caller->own[i].gpa);
	}
}

/* What a successful call has returned, if it is where nobody else writes. */
static void check_output(struct caller *caller, const struct attempt *attempt, u64 result)
{
	struct own_pages *own = own_pages_at(caller, attempt->output);
	struct world *world = caller->world;
	const u64 *out;
	unsigned int i;

	if (!own)
		return;
	out = (const u64 *)(own->host + (attempt->output - own->gpa));
	switch (attempt->control & HVP_CONTROL_CODE_MASK) {
	case HVP_CALL_CREATE_PARTITION:
		EXPECT(*out > HVP_PARTITION_ID_ROOT);
		caller->id = *out;
		__atomic_store_n(&world->recent[random_below(&caller->random, RECENT)], *out,
				 __ATOMIC_RELAXED);
		break;
	case HVP_CALL_GET_PARTITION_ID:
		EXPECT_EQUAL(*out, HVP_PARTITION_ID_ROOT);
		break;
	case HVP_CALL_WITHDRAW_MEMORY:
		for (i = attempt->control >> HVP_CONTROL_REP_START_SHIFT & HVP_CONTROL_REP_MASK;
		     i < result_reps(result); i++) {
			EXPECT(guest_host(world->guest, out[i] << HVP_PAGE_SHIFT));
			EXPECT(!vital(world, out[i]));
		}
		break;
	case HVP_CALL_GET_MEMORY_BALANCE:
		EXPECT(out[0] + out[1] <= RAM / HVP_PAGE_SIZE);
		break;
	case HVP_CALL_MAP_STATS_PAGE:
		EXPECT(guest_host(world->guest, *out << HVP_PAGE_SHIFT));
		EXPECT(!vital(world, *out));
		break;
	}
}

/*
 * All registers are random, not only those that the call has. Returns the result
 * value; in a mode that can make no calls, *exception is what came of it.
 */
static u64 call_with_random_registers(struct caller *caller, const struct attempt *attempt,
				      int *exception)
{
	struct kvm_regs before, after;
	u64 *word = (u64 *)&before;
	unsigned int i;

	for (i = 0; i < sizeof(before) / sizeof(*word); i++)
		word[i] = random_bits(&caller->random);
	/* Seen from another mode, it is a different call. */
	before.rax = hvp_contract[random_below(&caller->random, HVP_CONTRACT_CALLS)].code;
	before.rcx = attempt->control;
	before.rdx = attempt->input;
	before.r8 = attempt->output;
	after = before;
	*exception = vcpu_call(caller->vcpu, &after);
	if (*exception == VCPU_NO_EXCEPTION)
		before.rax = after.rax;
	/* The library sets these, and an exception handler has its own. */
	before.rip = after.rip;
	before.rsp = after.rsp;
	before.rflags = after.rflags;
	if (caller->vcpu->mode != VCPU_REAL)
		EXPECT(!memcmp(&before, &after, sizeof(before)));
	return after.rax;
}

static void make_call(struct caller *caller, struct attempt *attempt)
{
	static const enum vcpu_mode modes[] = {
		VCPU_LONG64, VCPU_LONG64, VCPU_LONG64, VCPU_COMPATIBILITY, VCPU_PROTECTED32,
		VCPU_COMPATIBILITY, VCPU_PROTECTED32, VCPU_LONG64_USER, VCPU_REAL,
	};
	const struct hvp_contract_call *call = hvp_contract_of(attempt->control);
	unsigned int from = 0, to = 0, status;
	struct world *world = caller->world;
	struct vcpu *vcpu = caller->vcpu;
	int early, exception = VCPU_NO_EXCEPTION;
	u64 result;

	if (random_one_in(&caller->random, 16) || vcpu->mode == VCPU_LONG64_USER ||
	    vcpu->mode == VCPU_REAL)
		vcpu_set_mode(vcpu, modes[random_below(&caller->random, ARRAY_SIZE(modes))]);
	write_input(caller, attempt);
	remember_own_pages(caller);
	count_up(&calls);
	if (vcpu->mode == VCPU_COMPATIBILITY || vcpu->mode == VCPU_PROTECTED32 ||
	    (vcpu->mode == VCPU_LONG64 && random_one_in(&caller->random, 2)))
		result = hypercall(vcpu, attempt->control, attempt->input, attempt->output);
	else
		result = call_with_random_registers(caller, attempt, &exception);

	if (vcpu->mode == VCPU_LONG64_USER || vcpu->mode == VCPU_REAL) {
		if (!world->reboots)
			EXPECT_EQUAL(exception, VCPU_UNDEFINED_OPCODE);
		count_up(&refused_by_cpu);
		check_own_pages(caller, attempt, 0, 0);
		return;
	}
	if (world->reboots && (u32)result == (u32)-KVM_ENOSYS) {
		count_up(&without_identity);
		check_own_pages(caller, attempt, 0, 0);
		return;
	}

	if (call && !world->privileges[vcpu->index]) {
		EXPECT_EQUAL(result, contract_answer_to_others(attempt->control));
		count_up(&foreign);
		check_own_pages(caller, attempt, 0, 0);
		return;
	}
	if (!EXPECT_CONTRACT(attempt->control, result) || !call) {
		count_up(&foreign);
		check_own_pages(caller, attempt, 0, 0);
		return;
	}
	status = result_status(result);
	count_up(&answers[call - hvp_contract][status]);
	early = contract_early_status(call, attempt->control, attempt->input, attempt->output,
				      caller->phys_bits, world->privileges[vcpu->index]);
	if (early >= 0 && status != (unsigned int)early)
		fail_at(__FILE__, __LINE__,
			"input value 0x%llx, input 0x%llx, output 0x%llx: %s, expected %s",
			attempt->control, attempt->input, attempt->output, status_name(status),
			status_name(early));
	if (call->out_element) {
		from = call->out_element * (attempt->control >> HVP_CONTROL_REP_START_SHIFT &
					    HVP_CONTROL_REP_MASK);
		to = call->out_element * result_reps(result);
	} else if (!status) {
		to = call->out_size;
	}
	/* Without a control word that makes sense, there are no elements. */
	if (early < 0 && to > from)
		check_output(caller, attempt, result);
	check_own_pages(caller, attempt, from, early < 0 ? to : 0);
}

static void reboot(struct caller *caller)
{
	if (random_one_in(&caller->random, 2)) {
		vcpu_set_mode(caller->vcpu, VCPU_LONG64);
		vcpu_write_msr(caller->vcpu, MSR_GUEST_OS_ID, 0);
	} else {
		guest_set_msr(caller->vcpu, MSR_GUEST_OS_ID, 0);
	}
	count_up(&reboots);
	/* The others go on meanwhile. */
	usleep(random_below(&caller->random, 2000));
	guest_enable_hypercalls(caller->world->guest);
}

static void own(struct caller *caller, enum own which, u64 gpa, u64 size)
{
	struct own_pages *own = &caller->own[which];

	own->gpa = gpa;
	own->size = size;
	own->host = guest_host(caller->world->guest, gpa);
}

static void make_random_calls(struct vcpu *vcpu, void *arg)
{
	struct caller *caller = calloc(1, sizeof(*caller));
	struct world *world = arg;
	struct attempt attempt;
	unsigned int made;

	if (!caller)
		die("out of memory");
	caller->world = world;
	caller->vcpu = vcpu;
	caller->random = random_stream(world->number * VCPUS + vcpu->index);
	caller->phys_bits = vcpu_phys_bits(vcpu);
	own(caller, OWN_INPUT, vcpu->input_gpa, HVP_PAGE_SIZE);
	own(caller, OWN_OUTPUT, vcpu->output_gpa, HVP_PAGE_SIZE);
	own(caller, OWN_PAIR, (world->pool_gpn + POOL_PAGES + 2 * vcpu->index) << HVP_PAGE_SHIFT,
	    2 * HVP_PAGE_SIZE);

	for (made = 0; (made < LEAST_CALLS || soak_now_ms() < world->end) && !case_failed();
	     made++) {
		make_valid(caller, &attempt);
		while (random_one_in(&caller->random, 3))
			mutate(caller, &attempt);
		make_call(caller, &attempt);
		if (world->reboots && random_one_in(&caller->random, 60))
			reboot(caller);
	}
	free(caller);
}

/* As another vCPU could: parameters change while they are read. */
static void *change_memory(void *arg)
{
	static const int protections[] = { PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE };
	struct world *world = arg;
	struct caller caller = {
		.world = world, .random = random_stream(~world->number), .phys_bits = 40,
	};
	unsigned int i;

	while (!__atomic_load_n(&world->stop, __ATOMIC_RELAXED)) {
		for (i = 0; i < 64; i++)
			__atomic_store_n(&world->input[random_below(&caller.random, 512)],
					 harmless(world, some_word(&caller)), __ATOMIC_RELAXED);
		if (random_one_in(&caller.random, 16))
			mprotect(world->flickering, HVP_PAGE_SIZE,
				 protections[random_below(&caller.random, 3)]);
		usleep(200);
	}
	return NULL;
}

/* The VM that nobody must be able to harm. */
struct bystander {
	struct guest *guest;
	char folder[64], *text;
	u8 *ram;
};

static void bystander_create(struct bystander *bystander)
{
	struct guest_config config = { .ram = 2UL << 20, .privileges = GUEST_ALL_PRIVILEGES };
	struct vcpu *vcpu;
	u64 id;

	bystander->guest = guest_create(&config);
	vcpu = bystander->guest->vcpus;
	id = create_active_child(vcpu);
	EXPECT_STATUS(set_partition_property(vcpu, id, 0x00020003, 123), SUCCESS);
	create_child(vcpu);
	id = create_finalized_child(vcpu);
	deposit_new(vcpu, SELF, NULL, 40);
	snprintf(bystander->folder, sizeof(bystander->folder), HVPART_DEBUGFS "/%d-%d", getpid(),
		 bystander->guest->vm_fd);
	REQUIRE_EQUAL(partition_file_becomes(bystander->guest, id, true), true);
	bystander->text = inspect_text(bystander->folder);
	bystander->ram = malloc(config.ram);
	if (!bystander->ram)
		die("out of memory");
	memcpy(bystander->ram, guest_host(bystander->guest, 0), config.ram);
}

static void bystander_check_text(const struct bystander *bystander)
{
	char *now = inspect_text(bystander->folder);

	if (strcmp(bystander->text, now))
		fail_at(__FILE__, __LINE__, "the other VM was\n%s\nand is\n%s", bystander->text,
			now);
	free(now);
}

static void bystander_check(const struct bystander *bystander)
{
	bystander_check_text(bystander);
	EXPECT(!memcmp(bystander->ram, guest_host(bystander->guest, 0),
		       bystander->guest->config.ram));
}

static void bystander_destroy(struct bystander *bystander)
{
	struct vcpu *vcpu = bystander->guest->vcpus;

	/* It can go on as if nothing had been. */
	EXPECT_EQUAL(create_active_child(vcpu), 5);
	guest_destroy(bystander->guest);
	free(bystander->text);
	free(bystander->ram);
}

struct inspector {
	struct world *world;
	struct bystander *bystander;
};

static void *inspect_all_the_time(void *arg)
{
	struct inspector *inspector = arg;
	struct random random = random_stream(inspector->world->number << 32);

	while (!__atomic_load_n(&inspector->world->stop, __ATOMIC_RELAXED)) {
		__atomic_fetch_add(&inspected, inspect_everything(1 + random_below(&random, 8192)),
				   __ATOMIC_RELAXED);
		bystander_check_text(inspector->bystander);
		usleep(20000);
	}
	return NULL;
}

static u64 some_privileges(struct random *random)
{
	return GUEST_ALL_PRIVILEGES & (random_one_in(random, 3) ? random_bits(random) : ~0ULL);
}

static void world_create(struct world *world)
{
	struct random random = random_stream(world->number << 16);
	struct guest_config config = {
		.vcpus = VCPUS, .ram = RAM, .shared_ram = random_one_in(&random, 3),
		.synic = random_one_in(&random, 3), .privileges = GUEST_ALL_PRIVILEGES,
		.phys_bits = random_one_in(&random, 3) ? 36 : 0,
	};
	struct guest *guest = guest_create(&config);
	u64 gpns[POOL_PAGES + 2 * VCPUS], flickering;
	unsigned int i;

	world->guest = guest;
	world->privileges[0] = GUEST_ALL_PRIVILEGES;
	for (i = 1; i < VCPUS; i++) {
		world->privileges[i] = some_privileges(&random);
		vcpu_set_privileges(&guest->vcpus[i], world->privileges[i]);
	}
	guest_alloc_list(guest, gpns, ARRAY_SIZE(gpns));
	world->pool_gpn = gpns[0];
	world->input_gpa = guest_alloc(guest) << HVP_PAGE_SHIFT;
	world->input = guest_host(guest, world->input_gpa);
	world->output_gpa = guest_alloc(guest) << HVP_PAGE_SHIFT;
	flickering = guest_add_page(guest, 0, PROT_READ | PROT_WRITE) << HVP_PAGE_SHIFT;
	world->flickering = guest_host(guest, flickering);
	world->odd_gpas[0] = flickering;
	world->odd_gpas[1] = guest_add_page(guest, KVM_MEM_READONLY, PROT_READ | PROT_WRITE)
			     << HVP_PAGE_SHIFT;
	world->odd_gpas[2] = guest_add_page(guest, 0, PROT_READ) << HVP_PAGE_SHIFT;
	world->odd_gpas[3] = guest_add_page(guest, 0, PROT_NONE) << HVP_PAGE_SHIFT;
	world->odd_gpas[4] = GUEST_MMIO_GPA;
	world->odd_gpas[5] = GUEST_HOLE_GPA;
}

/* The module has counted the same answers; KVM gives some of one status by itself. */
static void check_counts(u64 before[HVP_CONTRACT_CALLS][INSPECT_STATUSES],
			 u64 after[HVP_CONTRACT_CALLS][INSPECT_STATUSES])
{
	unsigned int call, status;

	for (call = 0; call < HVP_CONTRACT_CALLS; call++) {
		for (status = 0; status < INSPECT_STATUSES; status++) {
			u64 counted = after[call][status] - before[call][status];
			u64 got = answers[call][status];

			if (status == HVP_STATUS_INVALID_HYPERCALL_INPUT ? counted <= got :
									   counted == got)
				continue;
			fail_at(__FILE__, __LINE__, "%s got %s %llu times, stats: %llu times",
				hvp_contract[call].name, status_name(status), got, counted);
		}
	}
}

/* When things have calmed down, each partition has its file. */
static void check_files(struct world *world)
{
	struct vcpu *vcpu = world->guest->vcpus;
	u64 id = 0;

	vcpu_set_mode(vcpu, VCPU_LONG64);
	do {
		REQUIRE_STATUS(get_next_child_partition(vcpu, SELF, id, &id), SUCCESS);
		count_up(&answers[contract_index(HVP_CALL_GET_NEXT_CHILD_PARTITION)]
				 [HVP_STATUS_SUCCESS]);
		EXPECT(!id || partition_file_becomes(world->guest, id, true));
	} while (id && !case_failed());
}

/* One guest, from its creation to its end. */
static void one_guest(struct bystander *bystander, struct world *world)
{
	struct inspector inspector = { world, bystander };
	pthread_t changer, inspecting;
	int vm_fd;

	world_create(world);
	world->end = soak_now_ms() + GUEST_MS;
	vm_fd = world->guest->vm_fd;
	if (pthread_create(&changer, NULL, change_memory, world) ||
	    pthread_create(&inspecting, NULL, inspect_all_the_time, &inspector))
		die("cannot create a thread");
	guest_run_threads(world->guest, make_random_calls, world);
	__atomic_store_n(&world->stop, true, __ATOMIC_RELAXED);
	pthread_join(changer, NULL);
	pthread_join(inspecting, NULL);
	check_files(world);
	guest_destroy(world->guest);
	EXPECT(guest_folder_becomes(getpid(), vm_fd, false));
	bystander_check(bystander);
	guests++;
}

static void print_figures(u64 milliseconds)
{
	unsigned int call, status;

	printf("# figures: %llu calls by %llu guests in %llu ms; %llu files read\n", calls, guests,
	       milliseconds, inspected);
	printf("# figures: other codes %llu, #UD %llu, without identity %llu; reboots %llu\n",
	       foreign, refused_by_cpu, without_identity, reboots);
	for (call = 0; call < HVP_CONTRACT_CALLS; call++) {
		printf("# %s:", hvp_contract[call].name);
		for (status = 0; status < INSPECT_STATUSES; status++) {
			if (answers[call][status])
				printf(" %s %llu", status_name(status), answers[call][status]);
		}
		printf("\n");
	}
}

static void fuzz(bool reboots)
{
	u64 before[HVP_CONTRACT_CALLS][INSPECT_STATUSES];
	u64 after[HVP_CONTRACT_CALLS][INSPECT_STATUSES];
	u64 start = soak_now_ms(), end = start + soak_seconds(5) * 1000 / 2, number = 0;
	struct bystander bystander;
	struct remains remains;

	remains_watch(&remains);
	bystander_create(&bystander);
	inspect_stats(before);
	do {
		struct world world = { .number = ++number, .reboots = reboots };

		one_guest(&bystander, &world);
	} while (soak_now_ms() < end && !case_failed());
	inspect_stats(after);
	check_counts(before, after);
	bystander_destroy(&bystander);
	remains_expect_none(&remains, NULL);
	print_figures(soak_now_ms() - start);
}

static void random_calls(void)
{
	fuzz(false);
}

static void random_calls_while_the_guest_reboots(void)
{
	fuzz(true);
}

int main(void)
{
	struct test_case cases[] = {
		CASE(random_calls),
		CASE(random_calls_while_the_guest_reboots),
	};
	unsigned int i;

	printf("# HVPART_SEED=%llu HVPART_SECONDS=%u\n", soak_seed(), soak_seconds(5));
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		cases[i].seconds = CASE_SECONDS + soak_seconds(5);
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
