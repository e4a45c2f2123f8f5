// SPDX-License-Identifier: GPL-2.0
/*
 * HvInstallIntercept, HvRegisterInterceptResult, HvGetVpCpuidValues: what a child's processor
 * is asked, and who answers.
 */

#include <linux/sched.h>
#include "../call/request.h"
#include "../call/table.h"
#include "../hierarchy.h"
#include "../partition.h"
#include "../vp/asked.h"

/* Rules for all virtual processors of a child. */
static enum hvp_status hvp_set_rules_of_all(struct hvp_partition *target,
					    const struct hvp_rule *rules, unsigned int count)
{
	struct hvp_child *child = &target->child;
	enum hvp_status status;

	if (mutex_lock_killable(&child->lock))
		return HVP_STATUS_NO_RESOURCES;
	status = hvp_rules_set(target, &child->rules, rules, count);
	mutex_unlock(&child->lock);
	return status;
}

/* Return: the accesses that can be intercepted of a type, 0 if it is none. */
static u32 hvp_interceptable(u32 type)
{
	switch (type) {
	case HVP_INTERCEPT_IO_PORT:
	case HVP_INTERCEPT_MSR:
		return HVP_INTERCEPT_MASK_READ | HVP_INTERCEPT_MASK_WRITE;
	case HVP_INTERCEPT_CPUID:
		return HVP_INTERCEPT_MASK_EXECUTE;
	default:
		return 0;
	}
}

/**
 * hvp_install_intercept() - HvInstallIntercept
 * @request:	the call
 *
 * A parent sees each access to a port anyway.
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * INVALID_PARAMETER: another type; an access that it does not have
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INSUFFICIENT_MEMORY: the target's pool cannot pay
 * * NO_RESOURCES: there are too many; host memory
 */
enum hvp_status hvp_install_intercept(struct hvp_request *request)
{
	const struct hvp_install_intercept_in *in = &request->in.install_intercept;
	u32 accesses = hvp_interceptable(in->type);
	struct hvp_rule rule = { .number = in->access };

	if (!accesses || in->access & ~accesses)
		return HVP_STATUS_INVALID_PARAMETER;
	switch (in->type) {
	case HVP_INTERCEPT_CPUID:
		rule.kind = HVP_RULE_INTERCEPT_CPUID;
		rule.index = in->parameter;
		break;
	case HVP_INTERCEPT_MSR:
		rule.kind = HVP_RULE_INTERCEPT_MSR;
		break;
	default:
		return HVP_STATUS_SUCCESS;
	}
	return hvp_set_rules_of_all(request->target, &rule, 1);
}

static void hvp_rule_of_cpuid(const struct hvp_cpuid_result *result, struct hvp_rule *rule)
{
	rule->kind = result->subleaf_specific ? HVP_RULE_CPUID_SUBLEAF : HVP_RULE_CPUID;
	rule->index = result->leaf;
	rule->subleaf = result->subleaf_specific ? result->subleaf : 0;
	memcpy(rule->registers, result->registers, sizeof(rule->registers));
}

/* Return: how many rules it is, one for each access; 0 if it is malformed. */
static unsigned int hvp_rules_of_msr(const struct hvp_msr_result *result, struct hvp_rule *rules)
{
	unsigned int count = 0;

	if (result->access & ~(HVP_INTERCEPT_MASK_READ | HVP_INTERCEPT_MASK_WRITE) ||
	    result->action > HVP_MSR_IGNORE)
		return 0;
	if (result->access & HVP_INTERCEPT_MASK_READ)
		rules[count++].kind = HVP_RULE_MSR_READ;
	if (result->access & HVP_INTERCEPT_MASK_WRITE)
		rules[count++].kind = HVP_RULE_MSR_WRITE;
	rules[0].index = result->msr;
	rules[1].index = result->msr;
	rules[0].number = result->action;
	rules[1].number = result->action;
	return count;
}

static unsigned int hvp_rules_of_result(const struct hvp_intercept_result_in *in,
					struct hvp_rule *rules)
{
	struct hvp_cpuid_result cpuid;
	struct hvp_msr_result msr;

	switch (in->type) {
	case HVP_INTERCEPT_CPUID:
		cpuid = in->cpuid;
		hvp_rule_of_cpuid(&cpuid, &rules[0]);
		return 1;
	case HVP_INTERCEPT_MSR:
		msr = in->msr;
		return hvp_rules_of_msr(&msr, rules);
	default:
		return 0;
	}
}

/**
 * hvp_register_intercept_result() - HvRegisterInterceptResult
 * @request:	the call
 *
 * Contract, virtual processors, section 4.
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * INVALID_VP_INDEX: there is none, and not all are meant
 * * INVALID_VP_STATE: the thread is to die before it comes back from a run
 * * INVALID_PARAMETER: another type; of an MSR, no access or another one, another action
 * * INVALID_PARTITION_ID, INVALID_PARTITION_STATE: as it is by now
 * * INSUFFICIENT_MEMORY: the target's pool cannot pay
 * * NO_RESOURCES: there are too many; host memory
 */
enum hvp_status hvp_register_intercept_result(struct hvp_request *request)
{
	const struct hvp_intercept_result_in *in = &request->in.register_intercept_result;
	struct hvp_rule rules[2] = {};
	unsigned int count = hvp_rules_of_result(in, rules);
	struct hvp_child_vp *vp;
	enum hvp_status status;

	if (in->vp_index == HVP_VP_INDEX_ALL)
		return count ? hvp_set_rules_of_all(request->target, rules, count) :
			       HVP_STATUS_INVALID_PARAMETER;
	status = hvp_child_vp_use(request->target, in->vp_index, &vp);
	if (status)
		return status;
	status = count ? hvp_rules_set(request->target, &vp->rules, rules, count) :
			 HVP_STATUS_INVALID_PARAMETER;
	hvp_child_vp_unuse(vp);
	return status;
}

static enum hvp_status hvp_get_cpuid_value(struct hvp_child_vp *vp, u32 flags,
					   const struct hvp_cpuid_leaf *leaf,
					   struct hvp_cpuid_value *value)
{
	const struct hvp_cpuid_query query = {
		.leaf = leaf->leaf,
		.subleaf = leaf->subleaf,
		.own_states = flags & HVP_CPUID_OWN_STATES,
		.xfem = leaf->xfem,
		.xss = leaf->xss,
	};
	const struct hvp_machine_ops *machines = vp->partition->hierarchy->host->machines;

	if (machines->cpuid(vp->machine, &query, value))
		return HVP_STATUS_NO_RESOURCES;
	if (flags & HVP_CPUID_APPLY_RESULTS)
		hvp_vp_cpuid(vp, leaf->leaf, leaf->subleaf, value);
	return HVP_STATUS_SUCCESS;
}

/* What the host is given has to be what the parent has set. */
static enum hvp_status hvp_prepare_cpuid(struct hvp_child_vp *vp, u32 flags)
{
	struct hvp_exit exit;

	if (flags & ~HVP_CPUID_FLAGS_MASK)
		return HVP_STATUS_INVALID_PARAMETER;
	if (!(flags & HVP_CPUID_OWN_STATES))
		return HVP_STATUS_SUCCESS;
	hvp_child_vp_take_page(vp);
	/* A state that no processor can be in the next dispatch tells of. */
	return hvp_child_vp_apply(vp, &exit) == HVP_STATUS_NO_RESOURCES ?
		HVP_STATUS_NO_RESOURCES : HVP_STATUS_SUCCESS;
}

/**
 * hvp_get_vp_cpuid_values() - HvGetVpCpuidValues
 * @request:	the call
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * what hvp_child_vp_use() returns
 * * INVALID_PARAMETER: a reserved flag
 * * NO_RESOURCES: host memory
 */
enum hvp_status hvp_get_vp_cpuid_values(struct hvp_request *request)
{
	const struct hvp_cpuid_values_in *in = &request->in.get_vp_cpuid_values;
	const struct hvp_cpuid_leaf *leaves = request->in_list;
	struct hvp_cpuid_value *values = request->out_list;
	struct hvp_child_vp *vp;
	enum hvp_status status;

	status = hvp_child_vp_use(request->target, in->vp_index, &vp);
	if (status)
		return status;
	status = hvp_prepare_cpuid(vp, in->flags);
	if (!status && (!leaves || !values))
		status = HVP_STATUS_NO_RESOURCES;
	while (!status && request->reps_done < request->rep_count) {
		status = hvp_get_cpuid_value(vp, in->flags, &leaves[request->reps_done],
					     &values[request->reps_done]);
		if (!status)
			request->reps_done++;
	}
	hvp_child_vp_unuse(vp);
	return status;
}
