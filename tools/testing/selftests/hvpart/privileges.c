// SPDX-License-Identifier: GPL-2.0
/* Who may call: privileges of the calling vCPU, privilege level, processor mode. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "contract.h"
#include "partitions.h"

#define SELF			HVP_PARTITION_ID_SELF
#define PROPERTY_SUSPEND	0x00020000

#define CREATE_PARTITIONS	HVP_PRIVILEGE_CREATE_PARTITIONS
#define ACCESS_PARTITION_ID	HVP_PRIVILEGE_ACCESS_PARTITION_ID
#define ACCESS_MEMORY_POOL	HVP_PRIVILEGE_ACCESS_MEMORY_POOL
#define ACCESS_STATS		HVP_PRIVILEGE_ACCESS_STATS

/*
 * A ladder for each call: without any privilege there is no such call; without its
 * own it is denied, even with all others; with it alone, the next error shows; and in
 * the end it succeeds.
 */

static u64 try_create(struct vcpu *vcpu, bool right)
{
	struct hvp_create_partition_in in = { .isolation = !right };
	u64 id;

	return create_partition(vcpu, &in, &id);
}

static u64 try_initialize(struct vcpu *vcpu, bool right)
{
	return initialize_partition(vcpu, right ? 2 : 99, FORM_FAST);
}

static u64 try_finalize(struct vcpu *vcpu, bool right)
{
	return finalize_partition(vcpu, right ? 3 : 99, FORM_FAST);
}

static u64 try_delete(struct vcpu *vcpu, bool right)
{
	return delete_partition(vcpu, right ? 4 : 99, FORM_FAST);
}

static u64 try_get_id(struct vcpu *vcpu, bool right)
{
	u64 id;

	if (right)
		return get_partition_id(vcpu, &id);
	return hypercall(vcpu, HVP_CALL_GET_PARTITION_ID, 0, GUEST_HOLE_GPA);
}

static u64 try_deposit(struct vcpu *vcpu, bool right)
{
	u64 gpn = guest_alloc(vcpu->guest);

	return deposit_memory(vcpu, right ? SELF : 99, &gpn, 1);
}

static u64 try_withdraw(struct vcpu *vcpu, bool right)
{
	u64 gpn;

	return withdraw_memory(vcpu, right ? SELF : 99, NULL, &gpn, 1);
}

static u64 try_balance(struct vcpu *vcpu, bool right)
{
	struct hvp_memory_balance_out balance;

	return get_memory_balance(vcpu, right ? SELF : 99, NULL, &balance);
}

static u64 try_get_property(struct vcpu *vcpu, bool right)
{
	u64 value;

	return get_partition_property(vcpu, right ? 3 : 99, PROPERTY_SUSPEND, &value);
}

static u64 try_set_property(struct vcpu *vcpu, bool right)
{
	return set_partition_property(vcpu, right ? 3 : 99, PROPERTY_SUSPEND, 1);
}

static u64 try_get_property_ex(struct vcpu *vcpu, bool right)
{
	struct hvp_get_property_ex_out out;

	return get_partition_property_ex(vcpu, right ? 3 : 99, PROPERTY_SUSPEND, 0, &out);
}

static u64 try_next_child(struct vcpu *vcpu, bool right)
{
	u64 next;

	return get_next_child_partition(vcpu, right ? SELF : 99, 0, &next);
}

static u64 try_map_stats(struct vcpu *vcpu, bool right)
{
	struct hvp_stats_page_in object = stats_of_partition(right ? 3 : 99, HVP_STATS_AREA_SELF);
	u64 gpn;

	return map_stats_page(vcpu, &object, &gpn);
}

static u64 try_map_stats2(struct vcpu *vcpu, bool right)
{
	struct hvp_stats_page_in object = stats_of_partition(right ? 3 : 99, HVP_STATS_AREA_SELF);

	return map_stats_page2(vcpu, &object, guest_alloc(vcpu->guest));
}

static u64 try_unmap_stats(struct vcpu *vcpu, bool right)
{
	struct hvp_stats_page_in object = stats_of_partition(right ? 3 : 99,
							     HVP_STATS_AREA_PARENT);

	return unmap_stats_page(vcpu, &object);
}

static const struct ladder {
	const char *name;
	u64 privilege;
	u64 (*try)(struct vcpu *vcpu, bool right);
	enum hvp_status next_error;
	unsigned int reps;
} ladders[] = {
	{ "privilege for HvCreatePartition", CREATE_PARTITIONS, try_create,
	  HVP_STATUS_INVALID_PARAMETER, 0 },
	{ "privilege for HvInitializePartition", CREATE_PARTITIONS, try_initialize,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvFinalizePartition", CREATE_PARTITIONS, try_finalize,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvDeletePartition", CREATE_PARTITIONS, try_delete,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvGetPartitionId", ACCESS_PARTITION_ID, try_get_id,
	  HVP_STATUS_INVALID_HYPERCALL_INPUT, 0 },
	{ "privilege for HvDepositMemory", ACCESS_MEMORY_POOL, try_deposit,
	  HVP_STATUS_INVALID_PARTITION_ID, 1 },
	{ "privilege for HvWithdrawMemory", ACCESS_MEMORY_POOL, try_withdraw,
	  HVP_STATUS_INVALID_PARTITION_ID, 1 },
	{ "privilege for HvGetMemoryBalance", ACCESS_MEMORY_POOL, try_balance,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvGetPartitionProperty", CREATE_PARTITIONS, try_get_property,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvSetPartitionProperty", CREATE_PARTITIONS, try_set_property,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvGetPartitionPropertyEx", CREATE_PARTITIONS, try_get_property_ex,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvGetNextChildPartition", CREATE_PARTITIONS, try_next_child,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvMapStatsPage", ACCESS_STATS, try_map_stats,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvMapStatsPage2", ACCESS_STATS, try_map_stats2,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
	{ "privilege for HvUnmapStatsPage", ACCESS_STATS, try_unmap_stats,
	  HVP_STATUS_INVALID_PARTITION_ID, 0 },
};

static void climb(const void *data)
{
	enum { ROOT, NOTHING, NOTHING_OF_OURS, ALL_OTHERS, ALL_OTHER_BITS, THIS_ONE, VCPUS };
	const struct ladder *ladder = data;
	struct guest_config config = { .vcpus = VCPUS, .privileges = GUEST_ALL_PRIVILEGES };
	struct hvp_stats_page_in mapped = stats_of_partition(3, HVP_STATS_AREA_PARENT);
	struct vcpu *vcpus = guest_create(&config)->vcpus;
	u64 id;

	vcpu_set_privileges(&vcpus[NOTHING], 0);
	vcpu_set_privileges(&vcpus[NOTHING_OF_OURS], ~HVP_PARTITION_PRIVILEGES);
	vcpu_set_privileges(&vcpus[ALL_OTHERS], GUEST_ALL_PRIVILEGES & ~ladder->privilege);
	/* No other bit of EAX or EBX stands for it. */
	vcpu_set_privileges(&vcpus[ALL_OTHER_BITS], ~ladder->privilege);
	vcpu_set_privileges(&vcpus[THIS_ONE], ladder->privilege);

	/* 2 can be initialized, 3 finalized and its statistics unmapped, 4 deleted. */
	id = create_child(&vcpus[ROOT]);
	deposit_new(&vcpus[ROOT], id, NULL, 50);
	create_active_child(&vcpus[ROOT]);
	create_child(&vcpus[ROOT]);
	deposit_new(&vcpus[ROOT], SELF, NULL, 50);
	EXPECT_STATUS(map_stats_page2(&vcpus[ROOT], &mapped, guest_alloc(vcpus->guest)), SUCCESS);

	EXPECT_STATUS(ladder->try(&vcpus[NOTHING], true), INVALID_HYPERCALL_CODE);
	EXPECT_STATUS(ladder->try(&vcpus[NOTHING], false), INVALID_HYPERCALL_CODE);
	EXPECT_STATUS(ladder->try(&vcpus[NOTHING_OF_OURS], true), INVALID_HYPERCALL_CODE);
	EXPECT_STATUS(ladder->try(&vcpus[ALL_OTHERS], true), ACCESS_DENIED);
	EXPECT_STATUS(ladder->try(&vcpus[ALL_OTHERS], false), ACCESS_DENIED);
	EXPECT_STATUS(ladder->try(&vcpus[ALL_OTHER_BITS], true), ACCESS_DENIED);
	expect_result_at(__FILE__, __LINE__, "the next error",
			 ladder->try(&vcpus[THIS_ONE], false), ladder->next_error);
	EXPECT_RESULT(ladder->try(&vcpus[THIS_ONE], true), SUCCESS, ladder->reps);
}

/* In a guest that has no privilege at all, nothing happens, as without the module. */
static void guest_without_privileges(void)
{
	struct guest_config config = { .privileges = 0 };
	struct guest *guest = guest_create(&config);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ladders); i++)
		EXPECT_STATUS(ladders[i].try(&guest->vcpus[0], true), INVALID_HYPERCALL_CODE);
	/* ... not even a folder for it. */
	EXPECT(guest_folder_becomes(getpid(), guest->vm_fd, false));
}

static void cpuid_can_be_enforced(void)
{
	struct vcpu *vcpu = new_guest();
	struct kvm_enable_cap enforce = { .cap = KVM_CAP_HYPERV_ENFORCE_CPUID, .args = { 1 } };
	u64 id;

	if (ioctl(vcpu->fd, KVM_ENABLE_CAP, &enforce))
		case_skip("this KVM cannot enforce CPUID");
	id = create_active_child(vcpu);
	finalize_child(vcpu, id);
	EXPECT_STATUS(get_partition_id(vcpu, &id), SUCCESS);
}

/*
 * All registers as they would be for a call that succeeds; where no call is
 * allowed, there is an exception and no answer.
 */
static void expect_undefined_opcode(struct vcpu *vcpu, u64 control, u64 input)
{
	struct kvm_regs regs = {
		.rax = 0x123456789abcdef0ULL, .rbx = input >> 32, .rcx = control,
		.rdx = input, .rsi = 0, .rdi = 0, .r8 = vcpu->output_gpa,
	};
	struct kvm_regs before = regs;

	EXPECT_EQUAL(vcpu_call(vcpu, &regs), VCPU_UNDEFINED_OPCODE);
	EXPECT_EQUAL(regs.rax, before.rax);
	EXPECT_EQUAL(regs.rbx, before.rbx);
	EXPECT_EQUAL(regs.rcx, before.rcx);
	EXPECT_EQUAL(regs.rdx, before.rdx);
	EXPECT_EQUAL(regs.r8, before.r8);
}

static void undefined_in(enum vcpu_mode mode)
{
	struct vcpu *vcpu = new_guest();
	u64 id = create_child(vcpu);
	unsigned int i;

	deposit_new(vcpu, id, NULL, 50);
	vcpu_set_mode(vcpu, mode);
	for (i = 0; i < CONTRACT_CALLS; i++)
		expect_undefined_opcode(vcpu, contract[i].code, vcpu->input_gpa);
	expect_undefined_opcode(vcpu, HVP_CALL_INITIALIZE_PARTITION | HVP_CONTROL_FAST, id);
	expect_undefined_opcode(vcpu, HVP_CALL_GET_PARTITION_ID, 0);

	vcpu_set_mode(vcpu, VCPU_LONG64);
	EXPECT_STATE(vcpu, id, "uninitialized");
	EXPECT_STATUS(initialize_partition(vcpu, id, FORM_FAST), SUCCESS);
}

static void undefined_for_users(void)
{
	undefined_in(VCPU_LONG64_USER);
}

/*
 * In real mode, KVM takes the call from the registers that 32-bit code would use,
 * here with code 0x41 in AX.
 */
static void undefined_in_real_mode(void)
{
	struct vcpu *vcpu = new_guest();
	struct kvm_regs regs = {
		.rax = HVP_CALL_INITIALIZE_PARTITION | HVP_CONTROL_FAST, .rcx = 2,
	};
	u64 id = create_child(vcpu);

	EXPECT_EQUAL(id, 2);
	deposit_new(vcpu, id, NULL, 50);
	vcpu_set_mode(vcpu, VCPU_REAL);
	EXPECT_EQUAL(vcpu_call(vcpu, &regs), VCPU_UNDEFINED_OPCODE);
	EXPECT_EQUAL(regs.rax, HVP_CALL_INITIALIZE_PARTITION | HVP_CONTROL_FAST);
	EXPECT_EQUAL(regs.rdx, 0);
	vcpu_set_mode(vcpu, VCPU_LONG64);
	EXPECT_STATE(vcpu, id, "uninitialized");
}

static const struct test_case cases[] = {
	CASE(guest_without_privileges),
	CASE(cpuid_can_be_enforced),
	CASE(undefined_for_users),
	CASE(undefined_in_real_mode),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(climb, ladders);
	return cases_run();
}
