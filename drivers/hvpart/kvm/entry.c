// SPDX-License-Identifier: GPL-2.0
/* All KVM functions that are hooked: put in place, and out of it again. */

#include "../hook/compat.h"
#include "../hook/hook.h"
#include "assumptions.h"
#include "child/exit.h"
#include "child/huge.h"
#include "child/kvm_run.h"
#include "child/memory.h"
#include "child/runner.h"
#include "child/vcpu.h"
#include "child/wanted.h"
#include "child/window.h"
#include "entry.h"
#include "parent/cpuid.h"
#include "parent/hypercall.h"
#include "parent/msr.h"
#include "parent/outside.h"
#include "parent/vm.h"

/*
 * In the order of installation.  The first ones stop when all runs have ended: VMs come to
 * their end also while others keep the module from going; and as long as KVM has pages of a
 * child's, it is given no others, and told of those that go.
 */
#define HVP_LATE_HOOKS	3

static struct hvp_hook *const hooks[] = {
	&hvp_hook_kvm_arch_flush_shadow_all,
	&hvp_hook_kvm_arch_flush_shadow_memslot,
	&hvp_hook_hva_to_pfn,
	&hvp_hook_kvm_vcpu_ioctl,
	&hvp_hook_kvm_hv_set_msr_common,
	&hvp_hook_kvm_hv_get_msr_common,
	&hvp_hook_kvm_hv_hypercall,
	&hvp_hook_kvm_cpuid,
	&hvp_hook_kvm_emulate_cpuid,
	&hvp_hook_kvm_hv_set_cpuid,
	&hvp_hook_x86_emulate_instruction,
	&hvp_hook_kvm_mmu_page_fault,
	&hvp_hook_kvm_mmu_hugepage_adjust,
};

static struct hvp_observer *const observers[] = {
	&hvp_observer_kick,
	&hvp_observer_kvm_vcpu_wake_up,
	&hvp_observer_kvm_vcpu_halt,
	&hvp_observer_kvm_vcpu_block,
};

static const struct hvp_functions functions = {
	.hooks = hooks,
	.hook_count = ARRAY_SIZE(hooks),
	.observers = observers,
	.observer_count = ARRAY_SIZE(observers),
};

/* They show when a child waits and when its parent is wanted, and go after all children. */
static void hvp_observers_remove(unsigned int installed)
{
	while (installed-- > 0)
		hvp_observer_remove(observers[installed]);
}

static int hvp_observers_install(void)
{
	unsigned int i;
	int error;

	for (i = 0; i < ARRAY_SIZE(observers); i++) {
		error = hvp_observer_install(observers[i]);
		if (error) {
			hvp_observers_remove(i);
			return error;
		}
	}
	return 0;
}

/*
 * For a load that fails as for the module's end.  First nobody makes a new call, and what
 * no call under way needs goes; then those calls end, each when its VMM lets it; then
 * all VMs go that have not come to their end meanwhile.
 */
static void hvp_hooks_remove(unsigned int installed)
{
	unsigned int i;

	/* A child that runs comes back to its parent, and none runs again. */
	hvp_outside_stop();
	hvp_runners_stop();
	for (i = installed; i-- > HVP_LATE_HOOKS;)
		hvp_hook_stop(hooks[i]);
	hvp_vms_reset();
	hvp_hooks_drain(&hvp_calls_running);
	hvp_kvm_runs_recall();
	hvp_hooks_drain(&hvp_runs_running);
	hvp_vms_release();
	for (i = min_t(unsigned int, installed, HVP_LATE_HOOKS); i-- > 0;)
		hvp_hook_stop(hooks[i]);
	hvp_hooks_drain(&hvp_calls_running);
	hvp_hooks_drain(&hvp_ends_running);
	for (i = installed; i-- > 0;)
		hvp_hook_remove(hooks[i]);
}

/**
 * hvp_entry_install() - put all hooks in place, which leave all to KVM yet
 *
 * Context: May sleep.
 * Return: 0 or a negative error, said in the log, with nothing left behind.
 */
int hvp_entry_install(void)
{
	unsigned int i;
	int error;

	error = hvp_assumptions_check(&functions);
	if (error)
		return error;
	hvp_functions_find(&functions);
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		error = hvp_hook_install(hooks[i]);
		if (error) {
			hvp_hooks_remove(i);
			return error;
		}
	}
	error = hvp_observers_install();
	if (error)
		hvp_hooks_remove(i);
	return error;
}

/**
 * hvp_entry_remove() - let calls in flight end, and answer no more
 *
 * Context: May sleep.
 */
void hvp_entry_remove(void)
{
	hvp_hooks_remove(ARRAY_SIZE(hooks));
	hvp_observers_remove(ARRAY_SIZE(observers));
}
