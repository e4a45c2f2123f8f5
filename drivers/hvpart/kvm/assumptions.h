/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_ASSUMPTIONS_H
#define _HVPART_KVM_ASSUMPTIONS_H

struct hvp_hook;
struct hvp_observer;

/**
 * struct hvp_functions - the functions of KVM's that hvpart attaches to
 * @hooks:	those that are redirected
 * @hook_count:	how many
 * @observers:	those that are only looked at
 * @observer_count: how many
 */
struct hvp_functions {
	struct hvp_hook *const *hooks;
	unsigned int hook_count;
	struct hvp_observer *const *observers;
	unsigned int observer_count;
};

int hvp_assumptions_check(const struct hvp_functions *functions);

#endif /* _HVPART_KVM_ASSUMPTIONS_H */
