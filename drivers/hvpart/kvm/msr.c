// SPDX-License-Identifier: GPL-2.0
/*
 * Synthetic MSRs: the one that tells when a guest ends, and the one that parents
 * have and KVM has not.
 */

#include <linux/kvm_host.h>
#include "compat.h"
#include "msr.h"
#include "originals.h"
#include "vcpu.h"
#include "vm.h"

/*
 * SynIC event ring page (TLFS, Inter-Partition Communication).  Bit 0 enables it, bits
 * 63:12 are its page number.  There is no port that would have a ring, so that keeping
 * the value is all there is to do.
 */
#define HVP_MSR_SIRBP	0x40000085

/* No processor has wider ones. */
#define HVP_MAX_GPA_BITS	52

/* Guest OS ID written 0: the guest, or the VMM for it, gives up its identity. */
static int hvp_set_guest_os_id(struct kvm_vcpu *vcpu, u32 msr, u64 data, bool host)
{
	int error = hvp_original_kvm_hv_set_msr_common(vcpu, msr, data, host);

	if (!error)
		hvp_vm_reset(vcpu->kvm);
	return error;
}

/* Return: 1, for #GP, if the page is none that the guest can have; as KVM does. */
static int hvp_set_sirbp(struct kvm_vcpu *vcpu, u32 msr, u64 data, bool host)
{
	if (host || !hvp_vcpu_in_partition(vcpu))
		return hvp_original_kvm_hv_set_msr_common(vcpu, msr, data, host);
	/* The VMM says how wide an address is, and may say anything. */
	if (data >> min_t(unsigned int, vcpu->arch.maxphyaddr, HVP_MAX_GPA_BITS))
		return 1;
	return hvp_vm_set_sirbp(vcpu->kvm, vcpu->vcpu_idx, data) ? 1 : 0;
}

static int hvp_replace_kvm_hv_set_msr_common(struct kvm_vcpu *vcpu, u32 msr, u64 data,
					     bool host)
{
	int token = hvp_replacement_begin();
	int error;

	if (msr == HVP_MSR_SIRBP)
		error = hvp_set_sirbp(vcpu, msr, data, host);
	else
		error = hvp_set_guest_os_id(vcpu, msr, data, host);
	hvp_replacement_end(token);
	return error;
}

static notrace void hvp_divert_kvm_hv_set_msr_common(unsigned long ip, unsigned long parent_ip,
						     struct ftrace_ops *ops,
						     struct ftrace_regs *fregs)
{
	u32 msr = hvp_ftrace_argument(fregs, 1);
	u64 data = hvp_ftrace_argument(fregs, 2);

	if ((msr == HV_X64_MSR_GUEST_OS_ID && !data) || msr == HVP_MSR_SIRBP)
		hvp_hook_divert(ops, ip, fregs);
}

static int hvp_replace_kvm_hv_get_msr_common(struct kvm_vcpu *vcpu, u32 msr, u64 *data,
					     bool host)
{
	int token = hvp_replacement_begin();
	int error = 0;

	if (host || !hvp_vcpu_in_partition(vcpu))
		error = hvp_original_kvm_hv_get_msr_common(vcpu, msr, data, host);
	else
		*data = hvp_vm_sirbp(vcpu->kvm, vcpu->vcpu_idx);
	hvp_replacement_end(token);
	return error;
}

static notrace void hvp_divert_kvm_hv_get_msr_common(unsigned long ip, unsigned long parent_ip,
						     struct ftrace_ops *ops,
						     struct ftrace_regs *fregs)
{
	if ((u32)hvp_ftrace_argument(fregs, 1) == HVP_MSR_SIRBP)
		hvp_hook_divert(ops, ip, fregs);
}

HVP_DEFINE_HOOK(kvm_hv_set_msr_common);
HVP_DEFINE_HOOK(kvm_hv_get_msr_common);
