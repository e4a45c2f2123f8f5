/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_ASKED_H
#define _HVPART_VP_ASKED_H

#include <linux/types.h>
#include <hvpart/abi.h>
#include <hvpart/machine.h>

struct hvp_child_vp;
struct hvp_cpuid_value;
struct hvp_partition;
struct hvp_rule;
struct hvp_rule_block;
struct hvp_rules;

enum hvp_status hvp_rules_set(struct hvp_partition *partition, struct hvp_rules *rules,
			      const struct hvp_rule *added, unsigned int count);
struct hvp_rule_block *hvp_rules_take(struct hvp_partition *partition, struct hvp_rules *rules);

void hvp_vp_cpuid(struct hvp_child_vp *vp, u32 leaf, u32 subleaf,
		  struct hvp_cpuid_value *value);
bool hvp_vp_intercepts_cpuid(struct hvp_child_vp *vp, u32 leaf);
enum hvp_msr_action hvp_vp_unknown_msr(struct hvp_child_vp *vp, u32 msr, bool write);

#endif /* _HVPART_VP_ASKED_H */
