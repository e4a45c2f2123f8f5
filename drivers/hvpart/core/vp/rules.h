/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_RULES_H
#define _HVPART_VP_RULES_H

#include <linux/spinlock.h>
#include <hvpart/abi.h>
#include <hvpart/machine.h>
#include "../memory/pool.h"

/* What a rule is about; it and what goes with it in @index and @subleaf are the rule's name. */
enum hvp_rule_kind {
	HVP_RULE_CPUID,			/* a leaf, all of its subleaves */
	HVP_RULE_CPUID_SUBLEAF,		/* one of them */
	HVP_RULE_MSR_READ,		/* an MSR that nobody knows */
	HVP_RULE_MSR_WRITE,
	HVP_RULE_INTERCEPT_CPUID,	/* a leaf */
	HVP_RULE_INTERCEPT_MSR,
};

/**
 * struct hvp_rule - what a parent has said of something that its child asks the processor
 * @kind:	what that is
 * @index:	CPUID leaf or MSR
 * @subleaf:	HVP_RULE_CPUID_SUBLEAF: which one
 * @registers:	CPUID: bits of the answer
 * @number:	MSR: HVP_MSR_*; intercepts: HVP_INTERCEPT_MASK_*, 0 for none any more
 */
struct hvp_rule {
	enum hvp_rule_kind kind;
	u32 index;
	u32 subleaf;
	union {
		struct hvp_masked_register registers[4];
		u32 number;
	};
};

#define HVP_RULES_PER_BLOCK	64
/* Of one virtual processor, and of all together.  A parent that sets all leaves has 100. */
#define HVP_MOST_RULES		256

/**
 * struct hvp_rule_block - rules, in host memory
 * @below:	the next block, which is full
 * @charge:	what the partition's pool pays for it
 * @count:	how many there are in this one
 * @rules:	the rules
 */
struct hvp_rule_block {
	struct hvp_rule_block *below;
	struct hvp_charge charge;
	unsigned int count;
	struct hvp_rule rules[HVP_RULES_PER_BLOCK];
};

/**
 * struct hvp_rules - rules for one virtual processor, or for all of a partition
 * @lock:	inside the partition's: a child that runs looks at them while another vCPU of its
 *		parent's adds one.  They are changed under both
 * @top:	the block that is not full, and the others
 * @count:	how many there are
 */
struct hvp_rules {
	spinlock_t lock;
	struct hvp_rule_block *top;
	unsigned int count;
};

void hvp_rules_init(struct hvp_rules *rules);
unsigned int hvp_rules_new(const struct hvp_rules *rules, const struct hvp_rule *added,
			   unsigned int count);
bool hvp_rules_need_block(const struct hvp_rules *rules, unsigned int new);
void hvp_rules_add(struct hvp_rules *rules, const struct hvp_rule *added, unsigned int count,
		   struct hvp_rule_block **spare);
struct hvp_rule_block *hvp_rules_empty(struct hvp_rules *rules);
void hvp_rules_free(struct hvp_rule_block *block);
unsigned int hvp_rule_block_pages(void);

void hvp_rules_apply_cpuid(struct hvp_rules *rules, u32 leaf, u32 subleaf,
			   struct hvp_cpuid_value *value);
bool hvp_rules_find_number(struct hvp_rules *rules, enum hvp_rule_kind kind, u32 index,
			   u32 *number);

#endif /* _HVPART_VP_RULES_H */
