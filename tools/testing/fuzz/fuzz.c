// SPDX-License-Identifier: GPL-2.0
/* What libFuzzer calls: a program is carried out on a module loaded for it. */

#include "fuzz.h"

#define MAX_RACES	4
#define MAX_STEPS	200

/* What another vCPU does in the middle of the next call: at which point, and what. */
static struct {
	unsigned int nth;
	struct step step;
} races[MAX_RACES];
static unsigned int race_count;
static unsigned int race_point;

static struct vm vm;
static unsigned int nodes, cpu;

static void run_step(const struct step *step);

static u64 to_proximity(u8 byte)
{
	static const u32 far_ids[] = { 63, 64, 0x7fffffff, ~0U };
	u32 id = byte & 0x1f;
	u32 flags = (byte & 0x80 ? HVP_PROXIMITY_VALID : 0) |
		    (byte & 0x40 ? HVP_PROXIMITY_PREFERRED : 0) |
		    (byte & 0x20 ? 1U << (1 + id) % 31 & HVP_PROXIMITY_RESERVED_MASK : 0);

	return (id < 28 ? id % 4 : far_ids[id - 28]) | (u64)flags << 32;
}

static u32 to_property(u8 byte)
{
	return byte < CONTRACT_PROPERTIES ? contract_properties[byte].code : 0x50000 + byte;
}

static u64 to_gpa(const u64 *argument)
{
	u64 gpa = (guest_gfn(argument[0]) << HVP_PAGE_SHIFT) + argument[1] * 16;

	return argument[2] < 16 ? gpa + argument[2] : gpa | 1ULL << argument[2] % 64;
}

/* The words of an object: 0 a partition, up to 0x7f a virtual processor, above that none. */
static u64 to_stats_type(u8 object)
{
	u32 type;

	if (!(object & 0x80))
		return object ? HVP_STATS_VP : HVP_STATS_PARTITION;
	type = (object & 0x40 ? HVP_STATS_VP : HVP_STATS_PARTITION) + (object & 0x10) -
	       (object & 0x20);
	return type | (object & 2ULL) << 32;
}

static u64 to_stats_part(u8 object, u64 area)
{
	u64 vp_index = object ? object - 1 : 0;

	if (object & 0x80)
		vp_index = (object & 1) | (object & 4ULL) << 32 | (object & 8ULL) << 48;
	return vp_index | area << 56;
}

/* Of a child: the first pages, then the first of each 2 MiB, and one that there is not. */
static u64 to_child_gfn(u8 byte)
{
	if (byte == 255)
		return ~0ULL;
	return byte < 128 ? byte : (byte - 128ULL) * HVP_LARGE_PAGE_PAGES;
}

/* Some registers of each kind, and some that there are not. */
static u32 to_register(u8 byte)
{
	static const u32 firsts[] = {
		0, HVP_REGISTER_RAX, HVP_REGISTER_RIP, HVP_REGISTER_PENDING_INTERRUPTION,
		HVP_REGISTER_XMM0, HVP_REGISTER_FP_CONTROL_STATUS, HVP_REGISTER_CR0,
		HVP_REGISTER_INTERMEDIATE_CR0, HVP_REGISTER_DR0, HVP_REGISTER_ES,
		HVP_REGISTER_IDTR, HVP_REGISTER_TSC, HVP_REGISTER_MTRR_PHYS_BASE0,
		HVP_REGISTER_HYPERCALL, HVP_REGISTER_VP_ROOT_SIGNAL_COUNT, HVP_REGISTER_SINT0,
	};

	return firsts[byte / 16] + byte % 16;
}

/* Bits 2:0: which; 3: whether it is the bit of those in a page that is not right. */
static u32 to_state_type(u8 byte)
{
	u32 type = byte & 7;

	return type | ((type < 4) ^ !!(byte & 8) ? HVP_VP_STATE_LAPIC : 0);
}

/* Bits 7:4: how many words more or less than there ought to be. */
static unsigned int to_header_words(const struct hvp_contract_call *call, u8 state)
{
	unsigned int words = (state & 7) < 4 ? 1 : call->header_words;

	return min_t(unsigned int, words + (state >> 4 & 7) - (state >> 7 ? 1 : 0), 32);
}

/* A few, and one that there cannot be. */
static u32 to_port(u64 argument)
{
	return (argument & 0xff) == 255 ? HVP_HIGHEST_PORT_ID + 1 : argument & 0xff;
}

static u64 to_word(enum hvp_field field, const u64 *given)
{
	u64 argument = given[field];

	switch (field) {
	case HVP_FIELD_ANY:
		return argument * 0x0101010101010101;
	case HVP_FIELD_ID:
	case HVP_FIELD_CHILD:
		return vm_id(&vm, argument);
	case HVP_FIELD_FLAGS:
		return argument ? 1ULL << (argument - 1) % 64 : 0;
	case HVP_FIELD_PROXIMITY:
		return to_proximity(argument);
	case HVP_FIELD_PROPERTY:
		return to_property(argument) | (u64)~0U << 32;
	case HVP_FIELD_STATS_TYPE:
		return to_stats_type(argument);
	case HVP_FIELD_STATS_PART:
		return to_stats_part(given[HVP_FIELD_STATS_TYPE], argument);
	case HVP_FIELD_PAGE:
		return guest_gfn(argument);
	case HVP_FIELD_GPA:
		return to_child_gfn(argument);
	case HVP_FIELD_REGISTER:
		return to_register(argument);
	case HVP_FIELD_MAP_FLAGS:
	case HVP_FIELD_UNMAP_FLAGS:
	case HVP_FIELD_VP:
		return argument | (u64)~0U << 32;
	case HVP_FIELD_VP_VTL:
		return (argument & 0xff) | argument >> 8 << 32 | (u64)0xffffff << 40;
	case HVP_FIELD_INTERRUPT:
		return (argument & 0xf) | argument >> 4 << 32;
	case HVP_FIELD_VECTOR:
		return (argument & 0x1ff) | argument >> 9 << 32 | (u64)0xffffff << 40;
	case HVP_FIELD_DISPATCH:
		return (argument & 0xff) | argument >> 8 << 32;
	case HVP_FIELD_STATE_TYPE:
		return to_state_type(argument) | (u64)~0U << 32;
	case HVP_FIELD_INTERCEPT:
		/* Access; type. */
		return (argument & 0xf) | argument >> 4 << 32;
	case HVP_FIELD_VP_INTERCEPT:
		/* Index, or all; type. */
		return (argument & 0xff) == 0xff ? HVP_VP_INDEX_ALL | argument >> 8 << 32 :
						   (argument & 0xff) | argument >> 8 << 32;
	case HVP_FIELD_RESULT:
		/* Leaf or MSR; subleaf or access. */
		return (argument & 0xff) | argument >> 8 << 32;
	case HVP_FIELD_VP_CPUID:
		return (argument & 0xff) | argument >> 8 << 32;
	case HVP_FIELD_STATE_PAGE:
		/* Index; type, VTL, and whether it says where. */
		return (argument & 0xff) | (argument >> 8 & 3) << 32 |
		       (argument >> 10 & 1) << 48 | (u64)!(argument >> 15) << 56;
	case HVP_FIELD_PORT:
	case HVP_FIELD_CONNECTION:
		return to_port(argument) | argument >> 8 << 32 | (u64)0xff0000 << 40;
	case HVP_FIELD_CONNECTED:
		return to_port(argument) | (argument >> 8 ^ HVP_DISCONNECT_DOORBELL) << 32;
	case HVP_FIELD_PORT_TYPE:
		return (argument ^ HVP_PORT_DOORBELL) | (u64)~0U << 32;
	case HVP_FIELD_PORT_TARGET:
		return ((argument & 0xff) ^ HVP_DOORBELL_SINT) |
		       (u64)(HVP_ANY_VP ^ argument >> 8) << 32;
	case HVP_FIELD_PEER:
		return vm_id(&vm, argument);
	case HVP_FIELD_OWNER:
		return argument ? vm_id(&vm, argument) : HVP_PARTITION_ID_SELF;
	case HVP_FIELD_ADDRESS:
		return (to_child_gfn(argument >> 8) << HVP_PAGE_SHIFT) + (argument & 0xff);
	default:
		return argument;
	}
}

/* An element is a word, but for registers: the number, or that and a value; and CPUID. */
static void put_element(const struct hvp_contract_call *call, u8 *at, const u64 *given)
{
	struct hvp_register_assoc assoc = {};
	struct hvp_cpuid_leaf leaf = {};
	u64 word = to_word(call->element, given);

	if (call->element == HVP_FIELD_CPUID) {
		leaf.leaf = word & 0x3f;
		leaf.subleaf = word >> 6;
		memcpy(at, &leaf, sizeof(leaf));
		return;
	}
	if (call->element != HVP_FIELD_ASSOC) {
		memcpy(at, &word, call->in_element);
		return;
	}
	assoc.name = to_register(word);
	assoc.padding[0] = 0xa5a5a5a5;
	assoc.value.word[0] = word >> 8;
	assoc.value.word[1] = word >> 16;
	memcpy(at, &assoc, sizeof(assoc));
}

/* A call of which the arguments say what the words of its input are. */
static void run_call(const struct hvp_contract_call *call, const u64 *argument)
{
	static u64 in[HVP_INPUT_WORDS + 4 * HVP_CONTROL_REP_MASK];
	u64 given[CALL_ARGUMENTS] = {}, *word = in;
	unsigned int i, count, header_words = 0;

	for (i = 0; i < CALL_ARGUMENTS; i++) {
		if (call_arguments(call) >> i & 1)
			given[i] = *argument++;
	}
	for (i = 0; i < call->in_size / sizeof(u64); i++)
		*word++ = to_word(call->input[i], given);
	if (call->varhead)
		header_words = to_header_words(call, given[HVP_FIELD_STATE_TYPE]);
	/* A page, or what synthetic timers are to be. */
	for (i = 0; i < header_words; i++)
		*word++ = to_word(HVP_FIELD_PAGE, given) & (header_words > 1 ? ~1ULL : ~0ULL);
	count = given[CALL_COUNT] & HVP_CONTROL_REP_MASK;
	for (i = 0; i < count && call->in_element; i++) {
		put_element(call, (u8 *)word + i * call->in_element, given);
		given[call->element] += given[CALL_STEP];
	}
	vm_call(&vm, given[CALL_WHO], call, in, header_words, count,
		given[CALL_START] & HVP_CONTROL_REP_MASK, given[CALL_FAST] & 1);
}

static void run_vp(const u64 *argument)
{
	guest_add_vps(&vm.guest, argument[1] % (GUEST_VPS + 1));
	vm.vp = argument[0];
}

static void run_fail(const u64 *argument)
{
	static const int errors[] = { -EFAULT, -ENOMEM, -EINTR };
	/* What was numbered first keeps its number. */
	unsigned int what = argument[0] % (2 + GUEST_IS_RAM + 3);

	switch (what) {
	case 0:
	case 1:
		shim_fail_nth = argument[1];
		shim_fail_all = what;
		break;
	default:
		what -= 2;
		if (what == GUEST_IS_RAM + 2) {
			vm.guest.fail_at[GUEST_IS_RAM] = argument[1];
			return;
		}
		vm.guest.error = errors[what < GUEST_IS_RAM ? 0 : what - GUEST_IS_RAM + 1];
		vm.guest.fail_at[what < GUEST_IS_RAM ? what : GUEST_PIN] = argument[1];
	}
}

static void run_exit(const u64 *argument)
{
	static const u8 sizes[] = { 1, 2, 4, 1 };

	machine_plan.exit = (struct hvp_exit){
		.reason = argument[0] % HVP_NR_EXIT_REASONS,
		.port = argument[1],
		.size = sizes[argument[2] % 4],
		.access = argument[3] % 3,
		.string = argument[3] & 0x10,
		.rep = argument[3] & 0x20,
		.gpa = to_child_gfn(argument[1]) << HVP_PAGE_SHIFT,
		.gva = argument[1],
		.gva_valid = argument[3] & 0x40,
		.instruction_count = argument[2] % (HVP_INSTRUCTION_BYTES + 1),
		.instruction_length = argument[2] % 16,
	};
}

static void run_poke(const u64 *argument)
{
	struct page *page = guest_host_page(&vm.guest, guest_gfn(argument[0]));

	if (page)
		memcpy(&page->data[argument[1] * 8 % HVP_PAGE_SIZE], &argument[2], 8);
}

/* Give the module up, and the machine for another. */
static void run_load(const u64 *argument)
{
	nodes = argument[0];
	cpu = argument[1];
	vm_destroy(&vm);
	module_unload();
	module_load(nodes, cpu);
	if (shim_failed) {
		/* It has not loaded for want of memory; with enough, it does. */
		shim_fail_nth = 0;
		module_unload();
		module_load(nodes, cpu);
	}
	vm_create(&vm);
}

static void run_race(void)
{
	unsigned int i;

	race_point++;
	for (i = 0; i < race_count; i++) {
		if (races[i].nth != race_point)
			continue;
		races[i].nth = 0;
		shim_preempted = NULL;
		current_call->interrupted = true;
		run_step(&races[i].step);
		shim_preempted = run_race;
	}
}

static void run_step(const struct step *step)
{
	const u64 *argument = step->argument;

	if (step->opcode < HVP_CONTRACT_CALLS)
		return run_call(&hvp_contract[step->opcode], argument);
	switch (step->opcode) {
	case OP_RAW:
		return vm_call_raw(&vm, argument[0],
				   &(struct hvp_call){ argument[1], argument[2], argument[3] });
	case OP_CONTROL:
		vm.control ^= 1ULL << argument[0] % 64;
		return;
	case OP_INPUT:
		vm.input = to_gpa(argument);
		vm.input_placed = true;
		return;
	case OP_OUTPUT:
		vm.output = to_gpa(argument);
		vm.output_placed = true;
		return;
	case OP_PRIVILEGES:
		vm.privileges = argument[0];
		return;
	case OP_WIDTH:
		vm.gpa_bits = argument[0];
		return;
	case OP_FAIL:
		return run_fail(argument);
	case OP_LIMITS:
		/* More levels than lockdep can tell from each other are none of KVM's. */
		vm.limits = (struct hvp_limits){ argument[0], argument[1], argument[2] % 8,
						 VM_VPS, VM_GPA_NODES, MAX_PORTS };
		vm.guest.locked_limit = argument[3];
		return;
	case OP_RESET:
		return vm_reset(&vm);
	case OP_LOOK:
		return vm_look(&vm);
	case OP_REFRESH:
		return vm_refresh(&vm);
	case OP_VP:
		return run_vp(argument);
	case OP_POKE:
		return run_poke(argument);
	case OP_MAP:
		return guest_map(&vm.guest, argument[0], argument[1] % GUEST_PAGE_KINDS,
				 argument[2]);
	case OP_OS_ID:
		vm.guest.vps.guest_os_id = argument[0];
		return;
	case OP_WAIT:
		shim_time += argument[0];
		return;
	case OP_CLOSE:
		/* The VM is alive as long as one of its calls is. */
		if (!current_call) {
			vm_destroy(&vm);
			vm_create(&vm);
		}
		return;
	case OP_LOAD:
		if (!current_call)
			run_load(argument);
		return;
	case OP_EXIT:
		return run_exit(argument);
	case OP_MACHINE:
		machine_plan.fail_nth = argument[0];
		machine_plan.error = argument[1];
		machine_plan.busy = argument[2] & 1;
		return;
	default:
		return;
	}
}

/* These wait for the next call, to fail or to be in the middle of it. */
static bool prepares(enum opcode opcode)
{
	return opcode == OP_CONTROL || opcode == OP_INPUT || opcode == OP_OUTPUT ||
	       opcode == OP_FAIL || opcode == OP_RACE || opcode == OP_MACHINE;
}

static void run_outer(const struct step *step)
{
	shim_failed = false;
	race_point = 0;
	vm.interrupt = race_count ? run_race : NULL;
	run_step(step);
	if (prepares(step->opcode))
		return;
	race_count = 0;
	shim_fail_nth = 0;
	machine_plan.fail_nth = 0;
	memset(vm.guest.fail_at, 0, sizeof(vm.guest.fail_at));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	unsigned int steps = 0;
	struct step step;
	size_t length;

	shim_fail_nth = 0;
	race_count = 0;
	machine_plan = (struct machine_plan){};
	module_load(2, 0);
	vm_create(&vm);
	while (steps++ < MAX_STEPS && (length = program_next(data, size, &step))) {
		data += length;
		size -= length;
		if (step.opcode != OP_RACE) {
			run_outer(&step);
			continue;
		}
		/* It is the next step that happens in the middle of the one after it. */
		length = program_next(data, size, &step);
		data += length;
		size -= length;
		if (length && race_count < MAX_RACES && step.opcode != OP_RACE) {
			races[race_count].nth = 1 + data[-(long)length - 1];
			races[race_count++].step = step;
		}
	}
	vm_destroy(&vm);
	module_unload();
	return 0;
}

/* Where the steps of a program begin, and where the last one ends. */
static unsigned int find_steps(const u8 *data, size_t size, size_t *begin)
{
	unsigned int steps = 0;
	struct step step;
	size_t length;

	begin[0] = 0;
	while (steps < MAX_STEPS && (length = program_next(data + begin[steps],
							   size - begin[steps], &step))) {
		begin[steps + 1] = begin[steps] + length;
		steps++;
	}
	return steps;
}

/* Put @length bytes in the place of some. */
static size_t replace(u8 *data, size_t size, size_t at, size_t old, const u8 *new, size_t length,
		      size_t max_size)
{
	if (size - old + length > max_size)
		return size;
	memmove(data + at + length, data + at + old, size - at - old);
	memcpy(data + at, new, length);
	return size - old + length;
}

/* An argument for a new step: more often than not one that makes sense. */
static u64 make_argument(void)
{
	switch (rand() % 8) {
	case 0:
		return (u64)rand() << 32 ^ rand();
	case 1:
		return rand() % 256;
	case 2:
	case 3:
	case 4:
		return rand() % 8;
	default:
		return 0;
	}
}

/* A new step.  Return: its size. */
static size_t make_step(u8 *new)
{
	const struct operation *operation;
	unsigned int i, byte;
	size_t length = 1;

	new[0] = rand() % NR_OPS;
	operation = operation_of(new[0]);
	for (i = 0; i < MAX_ARGUMENTS; i++) {
		u64 argument = make_argument();

		for (byte = 0; byte < operation->argument[i].bytes; byte++)
			new[length++] = argument >> 8 * byte;
	}
	return length;
}

/*
 * A program stays one: steps are made, copied, removed, changed, and put into the
 * middle of others.  Now and then libFuzzer has its way with the bytes.
 */
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed)
{
	static size_t begin[MAX_STEPS + 1];
	unsigned int steps = find_steps(data, size, begin);
	u8 new[2 + MAX_OPERATION] = { OP_RACE };
	unsigned int from, step;
	size_t length;

	srand(seed);
	if (rand() % 16 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	size = begin[steps];
	step = rand() % (steps + 1);
	if (step == steps)
		return replace(data, size, size, 0, new, make_step(new), max_size);

	from = rand() % steps;
	switch (rand() % 7) {
	case 0:	/* a new one */
		return replace(data, size, begin[step], 0, new, make_step(new), max_size);
	case 1:	/* one of them once more */
		length = begin[from + 1] - begin[from];
		memcpy(new, data + begin[from], length);
		return replace(data, size, begin[step], 0, new, length, max_size);
	case 2:	/* gone */
		return replace(data, size, begin[step], begin[step + 1] - begin[step], new, 0,
			       max_size);
	case 3:	/* another with the same arguments */
		data[begin[step]] = rand() % NR_OPS;
		return size;
	case 4:	/* an argument a little different */
		length = begin[step + 1] - begin[step];
		if (length > 1)
			data[begin[step] + 1 + rand() % (length - 1)] += rand() % 7 - 3;
		return size;
	case 5:	/* a new one, or one of them, in its middle */
		new[1] = rand() % 8;
		if (rand() % 2) {
			length = make_step(new + 2);
		} else {
			length = begin[from + 1] - begin[from];
			memcpy(new + 2, data + begin[from], length);
		}
		return replace(data, size, begin[step], 0, new, 2 + length, max_size);
	default: /* arguments as libFuzzer would have them */
		length = begin[step + 1] - begin[step];
		memcpy(new, data + begin[step], length);
		if (length > 1)
			LLVMFuzzerMutate(new + 1, length - 1, length - 1);
		return replace(data, size, begin[step], length, new, length, max_size);
	}
}
