// SPDX-License-Identifier: GPL-2.0
/* What a child asks its processor, and what its parent has said that it is answered. */

#include <linux/lockdep.h>
#include "../active.h"
#include "../memory/caches.h"
#include "../memory/proximity.h"
#include "../partition.h"
#include "asked.h"

/* @spare: a block, or NULL for want of host memory; NULL afterwards if it is in use. */
static enum hvp_status hvp_rules_add_locked(struct hvp_partition *partition,
					    struct hvp_rules *rules,
					    const struct hvp_rule *added, unsigned int count,
					    struct hvp_rule_block **spare)
{
	unsigned int new = hvp_rules_new(rules, added, count);
	bool needs_block = hvp_rules_need_block(rules, new);
	unsigned int pages = hvp_rule_block_pages();

	lockdep_assert_held(&partition->lock);
	if (needs_block && !hvp_pool_can_pay(&partition->pool, pages, HVP_PROXIMITY_ANY))
		return HVP_STATUS_INSUFFICIENT_MEMORY;
	if (rules->count + new > HVP_MOST_RULES || (needs_block && !*spare))
		return HVP_STATUS_NO_RESOURCES;
	if (needs_block)
		hvp_partition_charge(partition, HVP_USE_RULES, pages, HVP_PROXIMITY_ANY,
				     &(*spare)->charge);
	hvp_rules_add(rules, added, count, spare);
	return HVP_STATUS_SUCCESS;
}

/**
 * hvp_rules_set() - add some rules, which replace those that are about the same
 * @partition:	whose pool pays
 * @rules:	the rules, of @partition or of one of its virtual processors
 * @added:	what to add
 * @count:	how many, up to HVP_RULES_PER_BLOCK; all of them or none are added
 *
 * Context: May sleep; no lock held in which a partition's is not taken.
 * Return: SUCCESS, or in check order:
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INSUFFICIENT_MEMORY: @partition's pool cannot pay
 * * NO_RESOURCES: there are too many; host memory
 */
enum hvp_status hvp_rules_set(struct hvp_partition *partition, struct hvp_rules *rules,
			      const struct hvp_rule *added, unsigned int count)
{
	/* Whether it is needed is known only under the lock. */
	struct hvp_rule_block *spare = hvp_cache_alloc(HVP_CACHE_RULE_BLOCK, HVP_PROXIMITY_ANY);
	enum hvp_status status;

	spin_lock(&partition->lock);
	status = hvp_partition_check_state(partition, HVP_IN_ACTIVE);
	if (!status)
		status = hvp_rules_add_locked(partition, rules, added, count, &spare);
	spin_unlock(&partition->lock);
	hvp_cache_free(HVP_CACHE_RULE_BLOCK, spare);
	return status;
}

/**
 * hvp_rules_take() - there are none any more, and the partition does not pay for them
 * @partition:	whose pool pays
 * @rules:	the rules, which nobody sets any more
 *
 * Context: The partition's lock is held.
 * Return: what hvp_rules_free() is to free.
 */
struct hvp_rule_block *hvp_rules_take(struct hvp_partition *partition, struct hvp_rules *rules)
{
	struct hvp_rule_block *block, *top;

	lockdep_assert_held(&partition->lock);
	top = hvp_rules_empty(rules);
	for (block = top; block; block = block->below)
		hvp_partition_uncharge(partition, HVP_USE_RULES, &block->charge);
	return top;
}

/**
 * hvp_vp_cpuid() - what CPUID answers a virtual processor
 * @vp:		the virtual processor
 * @leaf:	what it asks for
 * @subleaf:	likewise
 * @value:	what its processor says; what is answered
 *
 * What its parent has said of all virtual processors comes first, then what it has said of
 * this one.
 *
 * Context: Any that may take a spinlock; @vp is held by whoever runs it, or by a reference.
 */
void hvp_vp_cpuid(struct hvp_child_vp *vp, u32 leaf, u32 subleaf,
		  struct hvp_cpuid_value *value)
{
	hvp_rules_apply_cpuid(&vp->partition->child.rules, leaf, subleaf, value);
	hvp_rules_apply_cpuid(&vp->rules, leaf, subleaf, value);
}

/**
 * hvp_vp_intercepts_cpuid() - is its parent to see that a virtual processor asks for CPUID?
 * @vp:		the virtual processor
 * @leaf:	what it asks for
 *
 * Context: As hvp_vp_cpuid().
 * Return: true if it is.
 */
bool hvp_vp_intercepts_cpuid(struct hvp_child_vp *vp, u32 leaf)
{
	u32 access;

	return hvp_rules_find_number(&vp->partition->child.rules, HVP_RULE_INTERCEPT_CPUID,
				     leaf, &access) && access;
}

static bool hvp_intercepts_msrs(struct hvp_partition *partition, bool write)
{
	u32 access;

	return hvp_rules_find_number(&partition->child.rules, HVP_RULE_INTERCEPT_MSR, 0,
				     &access) &&
	       access & (write ? HVP_INTERCEPT_MASK_WRITE : HVP_INTERCEPT_MASK_READ);
}

static bool hvp_ignores_unknown_msrs(struct hvp_partition *partition)
{
	bool ignores;

	spin_lock(&partition->lock);
	ignores = partition->active &&
		  partition->active->properties[HVP_UNIMPLEMENTED_MSR_ACTION];
	spin_unlock(&partition->lock);
	return ignores;
}

/**
 * hvp_vp_unknown_msr() - what becomes of an access to an MSR that nobody knows
 * @vp:		the virtual processor whose it is
 * @msr:	the MSR
 * @write:	WRMSR
 *
 * What its parent has said of that MSR counts, for this virtual processor before all; then
 * that it wants to see for itself; then UnimplementedMsrAction.
 *
 * Context: As hvp_vp_cpuid(); no partition is locked.
 * Return: the action.
 */
enum hvp_msr_action hvp_vp_unknown_msr(struct hvp_child_vp *vp, u32 msr, bool write)
{
	enum hvp_rule_kind kind = write ? HVP_RULE_MSR_WRITE : HVP_RULE_MSR_READ;
	struct hvp_partition *partition = vp->partition;
	u32 action;

	if (hvp_rules_find_number(&vp->rules, kind, msr, &action) ||
	    hvp_rules_find_number(&partition->child.rules, kind, msr, &action))
		return action == HVP_MSR_IGNORE ? HVP_ACTION_IGNORE : HVP_ACTION_FAULT;
	if (hvp_intercepts_msrs(partition, write))
		return HVP_ACTION_EXIT;
	return hvp_ignores_unknown_msrs(partition) ? HVP_ACTION_IGNORE : HVP_ACTION_FAULT;
}
