/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_EXIT_H
#define _HVPART_KVM_EXIT_H

#include <linux/types.h>
#include "../../hook/hook.h"

struct hvp_exit;
struct hvp_machine_vp;
struct hvp_runner;

extern struct hvp_hook hvp_hook_x86_emulate_instruction;
extern struct hvp_hook hvp_hook_kvm_mmu_page_fault;
extern struct hvp_hook hvp_hook_kvm_emulate_cpuid;

bool hvp_exit_decode(struct hvp_machine_vp *vp, struct hvp_runner *runner, long result,
		     struct hvp_exit *exit);
int hvp_exit_set_msr(struct hvp_machine_vp *vp, u32 msr, u64 data, bool host);

#endif /* _HVPART_KVM_EXIT_H */
