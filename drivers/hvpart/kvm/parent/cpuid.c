// SPDX-License-Identifier: GPL-2.0
/*
 * Privileges for guests whose VMM cannot give them: what a host's operator grants is
 * in CPUID as if the VMM had set it.
 *
 * What is granted is decided when the VMM sets a vCPU's CPUID, and then stands in what
 * vcpu.c knows of the vCPU, from which a call's privileges are read, too.  CPUID as the
 * VMM has set it stays as it is: KVM compares it when it is set once more, which QEMU does
 * when a processor is plugged in again.  The bits are added when the guest asks.
 */

#include <linux/cred.h>
#include <linux/kstrtox.h>
#include <linux/kvm_host.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <hvpart/abi.h>
#include "../../hook/compat.h"
#include "../child/cpuid.h"
#include "../child/runner.h"
#include "../child/vcpu.h"
#include "../originals.h"
#include "cpuid.h"
#include "vcpu.h"
#include "vcpus.h"

struct hvp_privilege_name {
	const char *name;
	u64 privileges;
};

static const struct hvp_privilege_name names[] = {
#define HVP_PRIVILEGE_NAME(name, text)	{ text, HVP_PRIVILEGE_##name },
	HVP_PRIVILEGE_LIST(HVP_PRIVILEGE_NAME)
	{ "all", HVP_PARTITION_PRIVILEGES },
	{ "none", 0 },
};

/* In EBX of the leaf with the features. */
static u32 granted;
/* To VMs of this user, or of anybody. */
static int grant_uid = -1;

/* One line of names; nothing is changed unless all of them are known. */
static int hvp_grant_set(const char *value, const struct kernel_param *param)
{
	char *list = kstrdup(value, GFP_KERNEL);
	char *rest = list ? strim(list) : NULL;
	u64 privileges = 0;
	char *word;
	int error = list ? 0 : -ENOMEM;
	int i;

	while (!error && (word = strsep(&rest, ","))) {
		for (i = 0; i < ARRAY_SIZE(names) && strcmp(word, names[i].name); i++)
			;
		if (i < ARRAY_SIZE(names))
			privileges |= names[i].privileges;
		else if (*word)
			error = -EINVAL;
	}
	if (!error)
		WRITE_ONCE(granted, privileges >> 32);
	kfree(list);
	return error;
}

static int hvp_grant_get(char *buffer, const struct kernel_param *param)
{
	u64 privileges = (u64)READ_ONCE(granted) << 32;
	const char *separator = "";
	int length = 0;
	int i;

	if (!privileges)
		return sysfs_emit(buffer, "none\n");
	for (i = 0; names[i].privileges != HVP_PARTITION_PRIVILEGES; i++) {
		if (!(privileges & names[i].privileges))
			continue;
		length += sysfs_emit_at(buffer, length, "%s%s", separator, names[i].name);
		separator = ",";
	}
	return length + sysfs_emit_at(buffer, length, "\n");
}

static const struct kernel_param_ops hvp_grant_ops = {
	.set = hvp_grant_set,
	.get = hvp_grant_get,
};

/* No other negative number is to mean everybody. */
static int hvp_grant_uid_set(const char *value, const struct kernel_param *param)
{
	int uid;
	int error = kstrtoint(value, 0, &uid);

	if (error)
		return error;
	return uid < -1 ? -EINVAL : param_set_int(value, param);
}

static const struct kernel_param_ops hvp_grant_uid_ops = {
	.set = hvp_grant_uid_set,
	.get = param_get_int,
};

module_param_cb(grant, &hvp_grant_ops, NULL, 0644);
__MODULE_PARM_TYPE(grant, "charp");
#define HVP_PRIVILEGE_TEXT(name, text)	", " text
MODULE_PARM_DESC(grant, "Privileges of Hyper-V guests whose VMM does not set them: none (default), all, or some"
		 HVP_PRIVILEGE_LIST(HVP_PRIVILEGE_TEXT));
module_param_cb(grant_uid, &hvp_grant_uid_ops, &grant_uid, 0644);
__MODULE_PARM_TYPE(grant_uid, "int");
MODULE_PARM_DESC(grant_uid, "User whose VMs get what is granted, -1 for all users' (default -1)");

/**
 * hvp_grant() - what the operator grants to a guest that begins now
 * @vcpu:	one of its vCPUs, whose VMM is the current task
 *
 * The real user counts: whoever has started the VMM.  Nobody becomes another one without
 * being allowed to, not by means of a program that is set-user-ID either.
 *
 * Context: Any.
 * Return: HVP_PRIVILEGE_*; none to a guest that is not shown Hyper-V, or is a child.
 */
u64 hvp_grant(const struct kvm_vcpu *vcpu)
{
	int uid = READ_ONCE(grant_uid);

	/* What a child may do, its parent says. */
	if (!vcpu->arch.hyperv_enabled || hvp_machine_vp_is(vcpu))
		return 0;
	if (uid >= 0 && from_kuid(&init_user_ns, current_uid()) != uid)
		return 0;
	return (u64)READ_ONCE(granted) << 32;
}

static void hvp_replace_kvm_hv_set_cpuid(struct kvm_vcpu *vcpu, bool hyperv_enabled)
{
	int token = srcu_read_lock(&hvp_calls_running);

	hvp_original_kvm_hv_set_cpuid(vcpu, hyperv_enabled);
	/* The VMM may have changed what a child is given. */
	if (HVP_HOOK_WANTED(true) && !hvp_machine_vp_is(vcpu))
		hvp_vcpu_set_privileges(vcpu, hvp_grant(vcpu));
	srcu_read_unlock(&hvp_calls_running, token);
}

static bool hvp_replace_kvm_cpuid(struct kvm_vcpu *vcpu, u32 *eax, u32 *ebx, u32 *ecx,
				  u32 *edx, bool exact_only)
{
	int token = srcu_read_lock(&hvp_calls_running);
	const u32 leaf = *eax, subleaf = *ecx;
	bool open = HVP_HOOK_WANTED(true);
	bool exact = hvp_original_kvm_cpuid(vcpu, eax, ebx, ecx, edx, exact_only);

	if (open && leaf == HVP_CPUID_FEATURES)
		*ebx |= hvp_vcpu_privileges(vcpu, hvp_vcpu_find(vcpu)) >> 32 &
			HVP_PARTITION_PRIVILEGES >> 32;
	if (open)
		hvp_child_cpuid(vcpu, leaf, subleaf, eax, ebx, ecx, edx);
	srcu_read_unlock(&hvp_calls_running, token);
	return exact;
}

static notrace void hvp_divert_kvm_cpuid(unsigned long ip, unsigned long parent_ip,
					 struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const u32 *eax = (const u32 *)hvp_ftrace_argument(fregs, 1);

	if (*eax == HVP_CPUID_FEATURES)
		hvp_hook_divert(ip, parent_ip, ops, fregs);
	else
		hvp_runner_divert(ip, parent_ip, ops, fregs);
}

HVP_DEFINE_HOOK(kvm_hv_set_cpuid, hvp_hook_divert, "void (struct kvm_vcpu *, bool)");
HVP_DEFINE_HOOK(kvm_cpuid, hvp_divert_kvm_cpuid,
		"bool (struct kvm_vcpu *, u32 *, u32 *, u32 *, u32 *, bool)");
