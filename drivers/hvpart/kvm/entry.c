// SPDX-License-Identifier: GPL-2.0
/* All KVM functions that are hooked: put in place, and out of it again. */

#include "../hook/hook.h"
#include "assumptions.h"
#include "entry.h"
#include "parent/cpuid.h"
#include "parent/hypercall.h"
#include "parent/msr.h"
#include "parent/vm.h"

/*
 * In the order of installation.  The first one watches the end of VMs and is the last to
 * stop: VMs come to their end also while others keep the module from going.
 */
static struct hvp_hook *const hooks[] = {
	&hvp_hook_kvm_arch_flush_shadow_all,
	&hvp_hook_kvm_hv_set_msr_common,
	&hvp_hook_kvm_hv_get_msr_common,
	&hvp_hook_kvm_hv_hypercall,
	&hvp_hook_kvm_cpuid,
	&hvp_hook_kvm_hv_set_cpuid,
};

/*
 * For a load that fails as for the module's end.  First nobody makes a new call, and what
 * no call under way needs goes; then those calls end, each when its VMM lets it; then
 * all VMs go that have not come to their end meanwhile.
 */
static void hvp_hooks_remove(unsigned int installed)
{
	unsigned int i;

	for (i = installed; i-- > 1;)
		hvp_hook_stop(hooks[i]);
	hvp_vms_reset();
	hvp_hooks_drain(&hvp_calls_running);
	hvp_vms_release();
	if (installed)
		hvp_hook_stop(hooks[0]);
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

	error = hvp_assumptions_check(hooks, ARRAY_SIZE(hooks));
	if (error)
		return error;
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		error = hvp_hook_install(hooks[i]);
		if (error) {
			hvp_hooks_remove(i);
			return error;
		}
	}
	return 0;
}

/**
 * hvp_entry_remove() - let calls in flight end, and answer no more
 *
 * Context: May sleep.
 */
void hvp_entry_remove(void)
{
	hvp_hooks_remove(ARRAY_SIZE(hooks));
}
