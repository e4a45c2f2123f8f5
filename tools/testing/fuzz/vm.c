// SPDX-License-Identifier: GPL-2.0
/* A VM as kvm/ would have it, which makes calls and looks at what comes of them. */

#include "fuzz.h"
#include "../../../drivers/hvpart/core/active.h"
#include "../../../drivers/hvpart/core/call/dispatch.h"
#include "../../../drivers/hvpart/core/call/table.h"
#include "../../../drivers/hvpart/core/partition.h"
#include "../../../drivers/hvpart/core/core.h"
#include "../../../drivers/hvpart/core/stats.h"

static bool loaded;

/* As main.c does it, on a machine of @nodes nodes and with CPU number @cpu. */
void module_load(unsigned int nodes, unsigned int cpu)
{
	nr_node_ids = nodes % (SHIM_NODES + 1) ?: 2;
	machine = (struct hvp_processor){
		.vendor = cpu / 16 % 3,
		.features = { cpu * 0x0101010101010101ULL, cpu * 0x0100010001000100ULL },
		.xsave_features = cpu * 0x0101010101010101ULL,
		.xsave_starts = { [2] = 576, [5] = 1088, 1152, 1664, [9] = 2688, [18] = 2752 },
		.xsave_ends = { 576, 576, 832, [5] = 1152, 1664, 2688, [9] = 2696, [18] = 11008 },
		.xsave_aligned = BIT(6),
		.clflush_size = 8,
		.physical_address_bits = MACHINE_ADDRESS_BITS,
		.clock_frequency = 2000000000,
	};
	shim_time = 1000;
	loaded = !hvp_core_init();
	if (!loaded && shim_live_objects)
		shim_die("%u objects left by a module that did not load", shim_live_objects);
}

void module_unload(void)
{
	if (!loaded)
		return;
	hvp_core_exit();
	if (shim_live_objects)
		shim_die("%u objects are left", shim_live_objects);
}

static void vm_partition_created(struct hvp_watcher *watcher, u64 id)
{
	current_call->created++;
}

static void vm_partition_deleted(struct hvp_watcher *watcher, u64 id)
{
	current_call->deleted++;
}

void vm_create(struct vm *vm)
{
	memset(vm, 0, sizeof(*vm));
	guest_create(&vm->guest);
	vm->limits = (struct hvp_limits){ .partitions = 1024, .pages = 1 << 20, .depth = 2,
					  .vps = VM_VPS, .gpa_nodes = VM_GPA_NODES,
					  .ports = MAX_PORTS };
	vm->watcher.created = vm_partition_created;
	vm->watcher.deleted = vm_partition_deleted;
	vm->privileges = HVP_PRIVILEGE_CREATE_PARTITIONS | HVP_PRIVILEGE_ACCESS_PARTITION_ID |
			 HVP_PRIVILEGE_ACCESS_MEMORY_POOL | HVP_PRIVILEGE_ACCESS_STATS;
	vm->gpa_bits = 48;
	memset(virtual_processors, 0, sizeof(virtual_processors));
}

void vm_destroy(struct vm *vm)
{
	hvp_hierarchy_put(vm->hierarchy);
	vm->hierarchy = NULL;
	guest_destroy(&vm->guest);
}

/* No page is anybody's. */
static void vm_forget_pages(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < GUEST_PAGES; i++) {
		vm->guest.pages[i].owner = 0;
		vm->guest.pages[i].lent = false;
		vm->guest.pages[i].stats = false;
		vm->guest.pages[i].lost = false;
	}
}

/* The guest gives up its identity.  Calls under way end on the old hierarchy. */
void vm_reset(struct vm *vm)
{
	struct hvp_hierarchy *hierarchy = vm->hierarchy;

	vm->hierarchy = NULL;
	memset(vm->ids, 0, sizeof(vm->ids));
	vm_forget_pages(vm);
	hvp_hierarchy_put(hierarchy);
	if (!current_call && (vm->guest.pinned || vm->guest.locked))
		shim_die("%lu pages are pinned after a reset", vm->guest.pinned);
}

/* debugfs is read. */
void vm_look(struct vm *vm)
{
	struct hvp_hierarchy *hierarchy = vm->hierarchy;
	static struct books books;
	unsigned int code;
	int status;

	for (code = 0; code < HVP_NR_CALLS; code++) {
		for (status = 0; status <= HVP_STATUS_NO_RESOURCES; status++)
			hvp_stats_read(&hvp_call_table[code], status);
	}
	for (code = 0; hvp_property_at(code); code++)
		;
	if (code != CONTRACT_PROPERTIES)
		shim_die("%u properties", code);
	if (!hierarchy)
		return;
	hvp_hierarchy_get(hierarchy);
	books_keep(hierarchy, &books);
	for (code = 0; code < books.count; code++) {
		if (!hvp_state_name(books.book[code].state))
			shim_die("a state without a name");
	}
	hvp_hierarchy_put(hierarchy);
}

/* A second is over: the counters are written. */
void vm_refresh(struct vm *vm)
{
	struct hvp_hierarchy *hierarchy = vm->hierarchy;
	static struct books books;
	unsigned int i, k;

	if (!hierarchy)
		return;
	hvp_hierarchy_get(hierarchy);
	vm->guest.refreshing = true;
	hvp_stats_pages_refresh(hierarchy);
	vm->guest.refreshing = false;
	if (!current_call) {
		books_keep(hierarchy, &books);
		for (i = 0; i < books.count; i++) {
			for (k = 0; k < books.book[i].mapped_count; k++)
				contract_check_mapped(&books, &books.book[i],
						      &books.book[i].mapped[k], false);
		}
	}
	hvp_hierarchy_put(hierarchy);
}

/* As kvm/ does: made by the first call, unless the guest has no identity. */
static struct hvp_hierarchy *vm_hierarchy(struct vm *vm)
{
	struct hvp_hierarchy *mine;

	if (!vm->hierarchy) {
		mine = hvp_hierarchy_create(&vm->guest.host, &vm->guest.guest, &vm->guest.vps,
					    &vm->limits, &vm->watcher);
		if (!vm->hierarchy && vm->guest.vps.guest_os_id) {
			vm->hierarchy = mine;
			mine = NULL;
		}
		hvp_hierarchy_put(mine);
	}
	if (vm->hierarchy)
		hvp_hierarchy_get(vm->hierarchy);
	return vm->hierarchy;
}

/* A byte as a partition ID: most of them name one. */
u64 vm_id(struct vm *vm, u8 byte)
{
	u64 last = vm->hierarchy ? vm->hierarchy->last_id : HVP_PARTITION_ID_ROOT;

	if (byte == 255)
		return HVP_PARTITION_ID_SELF;
	return byte > 250 ? 1ULL << byte % 64 : byte % (last + 2);
}

/* Who makes the call: an active partition; another vCPU belongs to the same one. */
static struct hvp_partition *vm_caller(struct vm *vm, struct hvp_hierarchy *hierarchy, u8 who,
				       const struct call *outer)
{
	u64 id = outer && outer->caller ? outer->caller : vm_id(vm, who);
	struct hvp_partition *caller;

	if (who == 255 || !hierarchy)
		return NULL;
	caller = hvp_hierarchy_find(hierarchy, id);
	if (caller && caller->state == HVP_STATE_ACTIVE) {
		/* Whoever calls here, calls from the same memory. */
		caller->space = &hierarchy->space;
		return caller;
	}
	hvp_partition_put(caller);
	return hvp_hierarchy_find(hierarchy, HVP_PARTITION_ID_ROOT);
}

/* What the call's own input is at this moment. */
static void vm_peek_input(struct vm *vm, struct call *call)
{
	u64 gpa = call->call.input;
	size_t size = call->in_bytes;

	if (call->call.control & HVP_CONTROL_FAST) {
		call->in[0] = gpa;
		call->in[1] = call->call.output;
		return;
	}
	if (gpa % HVP_PAGE_SIZE + size <= HVP_PAGE_SIZE && guest_readable(&vm->guest, gpa))
		memcpy(call->in, guest_host_page(&vm->guest, gpa >> HVP_PAGE_SHIFT)->data +
		       gpa % HVP_PAGE_SIZE, size);
}

static void vm_check_answer(const struct call *call, u64 result, struct answer answer)
{
	unsigned int start = call_rep_start(call), count = call_rep_count(call);

	if (result & ~0x00000fff0000ffffULL)
		shim_die("%s: result %#llx", call->row->name, result);
	/* A thread that is killed gets no answer. */
	if (!call->killed &&
	    (answer.status > 31 ||
	     !(hvp_contract_statuses(call->row, false) >> answer.status & 1)))
		shim_die("%s: status %#x", call->row->name, answer.status);
	if (!call->row->rep && answer.reps)
		shim_die("%s: %u reps of a simple call", call->row->name, answer.reps);
	if (call->row->rep && answer.reps && (answer.reps < start || answer.reps > count))
		shim_die("%s: %u reps, from %u to %u", call->row->name, answer.reps, start, count);
	/* All is done, or something says why not. */
	if (call->row->rep && start < count && !call->failed[GUEST_WRITE] &&
	    (answer.status ? answer.reps == count : answer.reps != count))
		shim_die("%s: status %#x and %u of %u reps", call->row->name, answer.status,
			 answer.reps, count);
	if (call->row->code == HVP_CALL_DEPOSIT_MEMORY &&
	    answer.status == HVP_STATUS_NO_RESOURCES && answer.reps != start)
		shim_die("HvDepositMemory: NO_RESOURCES, and %u reps", answer.reps);
}

/* Written is what the call returns, all of it, and only if it returns something. */
static void vm_check_output(const struct call *call, struct answer answer)
{
	unsigned int element = call->row->out_element;
	unsigned int first = 0, bytes = 0;
	unsigned int i;

	if (call->row->out_size && !answer.status)
		bytes = call->row->out_size;
	if (element && answer.reps) {
		first = call_rep_start(call) * element;
		bytes = answer.reps * element - first;
	}
	if (call->failed[GUEST_WRITE])
		return;
	for (i = 0; i < HVP_PAGE_SIZE; i++) {
		if (test_bit(i, call->written) != (i >= first && i < first + bytes))
			shim_die("%s: status %#x, and byte %u of the output", call->row->name,
				 answer.status, i);
	}
}

/* Is it the answer that the contract gives?  Failures of the host excuse some. */
static void vm_check_expected(const struct call *call, struct answer expected,
			      struct answer answer, bool failed)
{
	if (answer.status == expected.status && answer.reps == expected.reps)
		return;
	if (expected.open &&
	    (!answer.status || call->row->statuses >> answer.status & 1))
		return;
	if (failed && (answer.status == HVP_STATUS_NO_RESOURCES ||
		       answer.status == HVP_STATUS_INVALID_HYPERCALL_INPUT ||
		       call->failed[GUEST_PIN]))
		return;
	shim_die("%s: status %#x and %u reps, expected %#x and %u", call->row->name,
		 answer.status, answer.reps, expected.status, expected.reps);
}

static void vm_check_memory(const struct call *call, struct answer answer, unsigned int partition,
			    unsigned int active)
{
	/* What is charged is what is allocated, in pages. */
	if (call->row->code == HVP_CALL_CREATE_PARTITION && !answer.status &&
	    DIV_ROUND_UP(partition, HVP_PAGE_SIZE) != hvp_partition_pages())
		shim_die("HvCreatePartition allocates %u bytes", partition);
	if (call->row->code == HVP_CALL_INITIALIZE_PARTITION && !answer.status &&
	    DIV_ROUND_UP(active, HVP_PAGE_SIZE) != hvp_active_pages())
		shim_die("HvInitializePartition allocates %u bytes", active);
}

static unsigned int vm_active_bytes(void)
{
	return shim_cache_bytes("hvpart_active");
}

static unsigned int vm_stats_bytes(void)
{
	return shim_cache_bytes("hvpart_stats_page");
}

/* As kvm/ does it when a virtual processor makes a call.  Another vCPU is another one. */
static const struct hvp_vp *vm_vp(struct vm *vm, const struct call *call, bool another)
{
	unsigned int index = (vm->vp + another) % vm->guest.vps.count;
	struct virtual_processor *known = &virtual_processors[index];
	struct hvp_vp *vp = &vm->guest.vp[index];

	known->hypercalls++;
	known->run_time = shim_time;
	vp->privileges = call->privileges;
	vp->gpa_bits = call->gpa_bits;
	vp->hypercalls = known->hypercalls;
	vp->run_time = known->run_time;
	return vp;
}

static bool vm_call_failed(const struct call *call)
{
	unsigned int op;

	for (op = 0; op < GUEST_OPS; op++) {
		if (call->failed[op])
			return true;
	}
	return shim_failed || call->machine_failed;
}

/* IDs are never given out twice. */
static void vm_check_id(struct vm *vm, const struct call *call, struct answer answer)
{
	if (call->row->code != HVP_CALL_CREATE_PARTITION || answer.status ||
	    call->failed[GUEST_WRITE] || call->hierarchy != vm->hierarchy)
		return;
	if (call->out[0] < 2 || (call->out[0] < 4096 &&
				 test_and_set_bit(call->out[0], vm->ids)))
		shim_die("ID %llu given out again", call->out[0]);
}

static void vm_adopt_state_pages(struct vm *vm, struct hvp_partition *partition)
{
	const struct hvp_child_vp *vp;
	unsigned long index;
	unsigned int type;
	struct hvp_vp *any;

	if (!partition->parent)
		return;
	xa_for_each(&partition->child.vps.list, index, any) {
		vp = container_of(any, struct hvp_child_vp, vp);
		for (type = 0; type < HVP_NR_STATE_PAGES; type++) {
			if (vp->pages[type].mapped)
				guest_page(&vm->guest, vp->pages[type].page.gfn)->stats = true;
		}
	}
}

/* In the middle of a call and after it, only the pools know whose a page is. */
static void vm_adopt_pages(struct vm *vm, struct hvp_hierarchy *hierarchy)
{
	const struct hvp_page_block *block;
	const struct hvp_stats_page *page;
	struct hvp_partition *partition;
	struct guest_page *mapped;
	unsigned int node, i;
	u64 id = 0;

	vm_forget_pages(vm);
	while (hierarchy && (partition = hvp_hierarchy_find_from(hierarchy, id))) {
		for (node = 0; node < hvp_pool_nodes(); node++) {
			for (block = partition->pool.nodes[node].top; block;
			     block = block->below) {
				for (i = 0; i < block->count; i++)
					guest_page(&vm->guest, block->pages[i].gfn)->owner =
						partition->id;
			}
		}
		list_for_each_entry(page, &partition->stats_pages, node) {
			mapped = guest_page(&vm->guest, page->page.gfn);
			mapped->lent = page->lent;
			mapped->stats = !page->lent;
			if (page->lent)
				mapped->owner = page->payer->id;
		}
		vm_adopt_state_pages(vm, partition);
		id = partition->id + 1;
		hvp_partition_put(partition);
	}
}

static u64 vm_answered(u16 code)
{
	u64 sum = 0;
	int status;

	for (status = 0; status <= HVP_STATUS_NO_RESOURCES; status++)
		sum += hvp_stats_read(hvp_call_row(code), status);
	return sum;
}

/*
 * As kvm/ does it: what cannot be done inside KVM's loop is done outside, from the beginning.
 * Whoever has been asked already must have done nothing.
 */
static u64 vm_dispatch_in_two(struct vm *vm, const struct hvp_call_row *row, struct call *call,
			      const struct hvp_caller *caller)
{
	u64 gfn = call->call.input >> HVP_PAGE_SHIFT;
	struct page *input = NULL;
	u8 before[HVP_PAGE_SIZE];
	u64 result;

	if (!(call->call.control & HVP_CONTROL_FAST))
		input = guest_host_page(&vm->guest, gfn);
	if (input)
		memcpy(before, input->data, sizeof(before));
	result = hvp_dispatch(row, &call->call, caller, &vm->guest.guest);
	if (result != HVP_RESULT_OUTSIDE) {
		if (row->outside)
			shim_die("%s is done inside KVM's loop", call->row->name);
		return result;
	}
	if (!row->outside && call->row->code != HVP_CALL_FINALIZE_PARTITION &&
	    call->row->code != HVP_CALL_SET_PARTITION_PROPERTY)
		shim_die("%s is done outside KVM's loop", call->row->name);
	/* What it has read is there still, unless somebody else has written it. */
	input = call->touched ? guest_host_page(&vm->guest, gfn) : NULL;
	if (input && !(call->call.control & HVP_CONTROL_FAST) && !call->interrupted)
		memcpy(input->data, before, sizeof(before));
	memset(call->read, 0, sizeof(call->read));
	call->call.outside = true;
	result = hvp_dispatch(row, &call->call, caller, &vm->guest.guest);
	if (result == HVP_RESULT_OUTSIDE)
		shim_die("%s is to be done outside KVM's loop, and is", call->row->name);
	return result;
}

/* Make the call and look at everything.  @outer: the call in the middle of which it is */
static void vm_dispatch(struct vm *vm, struct call *call, struct hvp_partition *partition,
			struct call *outer, struct books *books, struct books *after)
{
	struct hvp_hierarchy *hierarchy = call->hierarchy;
	const struct hvp_caller caller = {
		.partition = partition,
		.vp = vm_vp(vm, call, outer),
	};
	unsigned int stats_bytes = vm_stats_bytes();
	unsigned int partition_bytes = shim_cache_bytes("hvpart_partition");
	unsigned int active_bytes = vm_active_bytes();
	const struct hvp_call_row *row = hvp_call_row(call->row->code);
	u64 answered = vm_answered(call->row->code);
	struct answer expected = {}, answer;
	u64 result;

	memset(books, 0, offsetof(struct books, book));
	if (hierarchy)
		books_keep(hierarchy, books);
	if (outer)
		vm_adopt_pages(vm, hierarchy);
	vm_peek_input(vm, call);
	expected = contract_answer(&vm->guest, &vm->limits, call, books);
	if (!(call->call.control & HVP_CONTROL_FAST))
		memset(call->in, 0, sizeof(call->in));

	shim_killed = false;
	current_call = call;
	shim_preempted = outer ? NULL : vm->interrupt;
	result = vm_dispatch_in_two(vm, row, call, &caller);
	hvp_stats_count(row, result & HVP_RESULT_STATUS_MASK);
	shim_preempted = NULL;
	current_call = outer;
	/* It may have ended anywhere, and nobody gets an answer. */
	call->killed = shim_killed;
	call->interrupted |= shim_killed;
	shim_killed = false;

	answer = (struct answer){ result & HVP_RESULT_STATUS_MASK,
				  result >> HVP_RESULT_REPS_SHIFT };
	vm_check_answer(call, result, answer);
	vm_check_output(call, answer);
	vm_check_id(vm, call, answer);
	if (call->created != (call->row->code == HVP_CALL_CREATE_PARTITION &&
			      (!answer.status || call->failed[GUEST_WRITE])) ||
	    call->deleted != (call->row->code == HVP_CALL_DELETE_PARTITION && !answer.status))
		shim_die("%s: status %#x; the watcher was told of %u created, %u deleted",
			 call->row->name, answer.status, call->created, call->deleted);
	/* Parameters are only for those who may make the call. */
	if (call->touched && (call->row->privilege & ~call->privileges))
		shim_die("%s without the privilege looks at memory", call->row->name);
	if (call->interrupted)
		return;

	if (vm_answered(call->row->code) != answered + 1)
		shim_die("%s is not counted", call->row->name);
	vm_check_memory(call, answer, shim_cache_bytes("hvpart_partition") - partition_bytes,
			vm_active_bytes() - active_bytes);
	if (!answer.status && vm_stats_bytes() > stats_bytes + HVP_PAGE_SIZE)
		shim_die("%s allocates more than a page", call->row->name);
	if (call->lost && call->row->code == HVP_CALL_WITHDRAW_MEMORY)
		expected = contract_withdraw(call, books);
	if (!outer)
		vm_check_expected(call, expected, answer, vm_call_failed(call));
	if (!hierarchy)
		return;
	books_keep(hierarchy, after);
	/* What cannot be told to the guest has been done nevertheless. */
	if (call->failed[GUEST_WRITE] && call->row->out_size)
		answer.status = HVP_STATUS_SUCCESS;
	if (answer.status && call->filled)
		shim_die("%s: status %#x, and a page is written to", call->row->name,
			 answer.status);
	contract_apply(&vm->guest, call, answer, books, after);
	books_expect_same(books, after);
	books_check(&vm->guest, hierarchy, after, !outer);
}

static void vm_call_at(struct vm *vm, u8 who, const struct hvp_call *registers)
{
	/* One for a call, one for those in the middle of it. */
	static struct books before[2], after[2];
	struct call *outer = current_call;
	struct hvp_partition *partition;
	struct call call = {
		.row = hvp_contract_of(registers->control) ?:
		       &hvp_contract[(u16)registers->control % HVP_CONTRACT_CALLS],
		.call = *registers,
		.privileges = vm->privileges,
		.gpa_bits = vm->gpa_bits,
	};

	if (!hvp_call_row(call.row->code))
		shim_die("%s is not there", call.row->name);
	call.call.control = (registers->control & ~HVP_CONTROL_CODE_MASK) | call.row->code;
	call.in_bytes = hvp_contract_in_bytes(call.row, call_rep_count(&call)) +
			hvp_contract_header_bytes(call.call.control);
	call.out_bytes = hvp_contract_out_bytes(call.row, call_rep_count(&call));
	shim_cpu = !!outer;

	if (vm->privileges & HVP_PARTITION_PRIVILEGES)
		call.hierarchy = vm_hierarchy(vm);
	partition = vm_caller(vm, call.hierarchy, who, outer);
	call.caller = partition ? partition->id : 0;

	vm_dispatch(vm, &call, partition, outer, &before[!!outer], &after[!!outer]);
	if (outer)
		outer->interrupted = true;

	hvp_partition_put(partition);
	hvp_hierarchy_put(call.hierarchy);
	shim_cpu = 0;
	shim_time += 100;
	if (call.interrupted && !outer) {
		vm_adopt_pages(vm, vm->hierarchy);
		if (vm->hierarchy) {
			books_keep(vm->hierarchy, after);
			books_check(&vm->guest, vm->hierarchy, after, true);
		} else if (vm->guest.pinned || vm->guest.locked) {
			shim_die("%lu pages are pinned after a reset", vm->guest.pinned);
		}
	}
}

/* A call with the registers that a step gave, whatever is in memory. */
void vm_call_raw(struct vm *vm, u8 who, const struct hvp_call *registers)
{
	vm_call_at(vm, who, registers);
}

/* A call as it ought to be made, but for what the steps before have changed. */
void vm_call(struct vm *vm, u8 who, const struct hvp_contract_call *row, const void *in,
	     unsigned int header_words, unsigned int count, unsigned int start, bool fast)
{
	u64 control = row->code | (fast ? HVP_CONTROL_FAST : 0) |
		      (u64)header_words << HVP_CONTROL_VARHEAD_SHIFT |
		      (u64)(count & HVP_CONTROL_REP_MASK) << HVP_CONTROL_REP_COUNT_SHIFT |
		      (u64)(start & HVP_CONTROL_REP_MASK) << HVP_CONTROL_REP_START_SHIFT;
	size_t in_bytes = hvp_contract_in_bytes(row, count) + header_words * sizeof(u64);
	size_t out_bytes = hvp_contract_out_bytes(row, count);
	struct hvp_call call = {
		.control = control ^ (vm->control & ~HVP_CONTROL_CODE_MASK),
		.input = guest_gfn(GUEST_INPUT_PAGE) << HVP_PAGE_SHIFT,
		.output = guest_gfn(GUEST_OUTPUT_PAGE) << HVP_PAGE_SHIFT,
	};
	u64 from;

	/* Where the page ends, the parameters do. */
	if (in_bytes <= HVP_PAGE_SIZE)
		call.input += (HVP_PAGE_SIZE - in_bytes) & ~7ULL;
	if (out_bytes <= HVP_PAGE_SIZE)
		call.output += HVP_PAGE_SIZE - out_bytes;
	if (vm->input_placed)
		call.input = vm->input;
	if (vm->output_placed)
		call.output = vm->output;

	from = call.input % HVP_PAGE_SIZE;
	if (guest_readable(&vm->guest, call.input))
		memcpy(guest_host_page(&vm->guest, call.input >> HVP_PAGE_SHIFT)->data + from,
		       in, min_t(size_t, in_bytes, HVP_PAGE_SIZE - from));
	if (fast && row->fast) {
		memcpy(&call.input, in, sizeof(call.input));
		if (row->in_size > sizeof(u64))
			call.output = ((const u64 *)in)[1];
		if (vm->output_placed)
			call.output = vm->output;
	}
	vm->control = 0;
	vm->input_placed = false;
	vm->output_placed = false;
	vm_call_at(vm, who, &call);
}
