// SPDX-License-Identifier: GPL-2.0
/* Who may call: privileges of the calling vCPU, privilege level, processor mode. */
#include <sys/ioctl.h>
#include <unistd.h>

#include "contract.h"
#include "partitions.h"
#include "vps.h"

#define SELF	HVP_PARTITION_ID_SELF
#define NOBODY	99

/*
 * A ladder for each call: without any privilege there is no such call; without its
 * own it is denied, even with all others; with it alone, the next error shows; and in
 * the end it succeeds.
 */

/* If not @right, with a partition that is not there, or parameters that are not mapped. */
static u64 try_call(struct vcpu *vcpu, const struct hvp_contract_call *call, bool right)
{
	static const struct contract_children children = {
		.uninitialized = 2, .active = 3, .empty = 4,
	};
	u64 input[CONTRACT_INPUT_WORDS], output[CONTRACT_OUTPUT_WORDS];
	u64 gpn = guest_alloc(vcpu->guest);

	contract_make_input(call, &children, &gpn, 1, input);
	if (!right && call->states)
		input[hvp_contract_at(call, HVP_FIELD_ID)] = NOBODY;
	else if (!right)
		return hypercall(vcpu, call->code,
				 call->out_size ? vcpu->input_gpa : GUEST_HOLE_GPA, GUEST_HOLE_GPA);
	if (call->fast)
		return hypercall(vcpu, call->code | HVP_CONTROL_FAST, input[0],
				 call->in_size > 8 ? input[1] : ~0ULL);
	return memory_call(vcpu, call->code | CONTROL_REPS(call->rep) |
				 (u64)call->header_words << HVP_CONTROL_VARHEAD_SHIFT, input,
			   output);
}

static void climb(const void *data)
{
	enum { ROOT, NOTHING, NOTHING_OF_OURS, ALL_OTHERS, ALL_OTHER_BITS, THIS_ONE, VCPUS };
	const struct hvp_contract_call *call = data;
	struct guest_config config = { .vcpus = VCPUS, .privileges = GUEST_ALL_PRIVILEGES };
	struct hvp_stats_page_in mapped = stats_of_partition(3, HVP_STATS_AREA_PARENT);
	struct vcpu *vcpus = guest_create(&config)->vcpus;
	u64 id;

	vcpu_set_privileges(&vcpus[NOTHING], 0);
	vcpu_set_privileges(&vcpus[NOTHING_OF_OURS], ~HVP_PARTITION_PRIVILEGES);
	vcpu_set_privileges(&vcpus[ALL_OTHERS], GUEST_ALL_PRIVILEGES & ~call->privilege);
	/* No other bit of EAX or EBX stands for it. */
	vcpu_set_privileges(&vcpus[ALL_OTHER_BITS], ~call->privilege);
	vcpu_set_privileges(&vcpus[THIS_ONE], call->privilege);

	/* 2 can be initialized, 3 finalized and its statistics unmapped, 4 deleted. */
	id = create_child(&vcpus[ROOT]);
	deposit_new(&vcpus[ROOT], id, NULL, 50);
	create_active_child(&vcpus[ROOT]);
	create_child(&vcpus[ROOT]);
	deposit_new(&vcpus[ROOT], SELF, NULL, 50);
	EXPECT_STATUS(map_stats_page2(&vcpus[ROOT], &mapped, guest_alloc(vcpus->guest)), SUCCESS);

	prepare_vp_call(&vcpus[ROOT], call->code, 3);
	EXPECT_STATUS(try_call(&vcpus[NOTHING], call, true), INVALID_HYPERCALL_CODE);
	EXPECT_STATUS(try_call(&vcpus[NOTHING], call, false), INVALID_HYPERCALL_CODE);
	EXPECT_STATUS(try_call(&vcpus[NOTHING_OF_OURS], call, true), INVALID_HYPERCALL_CODE);
	EXPECT_STATUS(try_call(&vcpus[ALL_OTHERS], call, true), ACCESS_DENIED);
	EXPECT_STATUS(try_call(&vcpus[ALL_OTHERS], call, false), ACCESS_DENIED);
	EXPECT_STATUS(try_call(&vcpus[ALL_OTHER_BITS], call, true), ACCESS_DENIED);
	expect_result_at(__FILE__, __LINE__, "the next error",
			 try_call(&vcpus[THIS_ONE], call, false),
			 call->states ? HVP_STATUS_INVALID_PARTITION_ID :
					HVP_STATUS_INVALID_HYPERCALL_INPUT);
	EXPECT_RESULT(try_call(&vcpus[THIS_ONE], call, true), SUCCESS, call->rep);
}

/* In a guest that has no privilege at all, nothing happens, as without the module. */
static void guest_without_privileges(void)
{
	struct guest_config config = { .privileges = 0 };
	struct guest *guest = guest_create(&config);
	unsigned int i;

	for (i = 0; i < HVP_CONTRACT_CALLS; i++)
		EXPECT_STATUS(try_call(&guest->vcpus[0], &hvp_contract[i], true),
			      INVALID_HYPERCALL_CODE);
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
	for (i = 0; i < HVP_CONTRACT_CALLS; i++)
		expect_undefined_opcode(vcpu, hvp_contract[i].code, vcpu->input_gpa);
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
	cases_add_rows(climb, hvp_contract);
	return cases_run();
}
