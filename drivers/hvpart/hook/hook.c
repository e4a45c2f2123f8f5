// SPDX-License-Identifier: GPL-2.0
/*
 * Detours around KVM functions, by ftrace with IPMODIFY, as livepatch does it.
 *
 *   caller -> KVM function -> inward callback -+-> KVM's body
 *                                              `-> replacement -> stub
 *                                                    -> outward callback -> KVM's body
 *
 * The function's body is found by where the first callback came from.
 *
 * Neither ops asks for ftrace's recursion protection or for all registers, which
 * would double what a passing hypercall pays.  Recursion cannot happen: each ops
 * filters exactly one function, and neither that function nor the stub is called
 * by a callback.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/string.h>
#include "compat.h"
#include "hook.h"

/*
 * IPMODIFY makes ftrace refuse a second redirection of the same function, and
 * PERMANENT the switching off of ftrace (kernel.ftrace_enabled) under a hook.
 */
#define HVP_OPS_FLAGS	(FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT)

DEFINE_SRCU(hvp_calls_running);
DEFINE_SRCU(hvp_runs_running);
DEFINE_SRCU(hvp_ends_running);

static bool open;

/**
 * hvp_hooks_are_open() - may replacements do something of their own?
 *
 * Context: Any, ftrace callbacks included.
 * Return: whether all hooks are in place.
 */
notrace bool hvp_hooks_are_open(void)
{
	/* Pairs with hvp_hooks_open(). */
	return smp_load_acquire(&open);
}

/**
 * hvp_hooks_open() - from now on, calls are replaced
 *
 * To be called when all hooks have been installed, and all that replacements need is
 * there: a load that fails has then answered no call, and knows of no VM.
 */
void hvp_hooks_open(void)
{
	/* Whoever sees it sees what was made before. */
	smp_store_release(&open, true);
}

/**
 * hvp_hooks_drain() - wait for replacements to end
 * @running:	which of them
 *
 * To be called when the hooks concerned have been stopped.  A task may have been diverted
 * and not yet be in its read-side section, or have left that and not yet the module.
 * There it does not sleep, so an RCU-tasks grace period on either side waits for it; in
 * between it may sleep, for which RCU-tasks does not wait.
 *
 * Context: May sleep.
 */
void hvp_hooks_drain(struct srcu_struct *running)
{
	synchronize_rcu_tasks();
	synchronize_srcu(running);
	synchronize_rcu_tasks();
}

/**
 * hvp_hook_divert() - let the replacement run instead of the KVM function
 * @ip:		what the callback got
 * @parent_ip:	likewise
 * @inward:	likewise
 * @fregs:	likewise
 *
 * Context: In an ftrace callback: preemption is off, nothing may sleep.
 */
notrace void hvp_hook_divert(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *inward, struct ftrace_regs *fregs)
{
	struct hvp_hook *hook = container_of(inward, struct hvp_hook, inward);

	if (!hvp_hooks_are_open() && !hvp_hook_diverts_all())
		return;
	/* The same value each time; written before the stub can be called. */
	WRITE_ONCE(hook->body, ip + MCOUNT_INSN_SIZE);
	hvp_ftrace_continue_at(fregs, (unsigned long)hook->replacement);
}

static notrace void hvp_hook_outward(unsigned long ip, unsigned long parent_ip,
				     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	struct hvp_hook *hook = container_of(ops, struct hvp_hook, outward);

	hvp_ftrace_continue_at(fregs, READ_ONCE(hook->body));
}

/* Attach to a function at an address, or where that is not known, of a name. */
static int hvp_ops_register(struct ftrace_ops *ops, ftrace_func_t callback,
			    unsigned long flags, const char *name, unsigned long address)
{
	char function[KSYM_NAME_LEN];	/* ftrace takes the string apart */
	const struct ftrace_hash *empty;
	int error;

	ops->func = callback;
	ops->flags = flags;

	/*
	 * IPMODIFY without a filter means all functions, and an oops on 6.1:
	 * do not go on unless the filter is set.  Where ftrace has no memory for
	 * the one entry, it says nothing and leaves the filter empty.
	 */
	error = ftrace_set_filter(ops, NULL, 0, 1);
	empty = rcu_access_pointer(ops->func_hash->filter_hash);
	if (!error && address) {
		error = ftrace_set_filter_ip(ops, address, 0, 1);
	} else if (!error) {
		strscpy(function, name, sizeof(function));
		error = ftrace_set_filter(ops, function, strlen(function), 1);
	}
	if (!error && rcu_access_pointer(ops->func_hash->filter_hash) == empty)
		error = -ENOMEM;
	if (!error)
		error = register_ftrace_function(ops);
	if (error)
		ftrace_free_filter(ops);
	return error;
}

/*
 * ftrace refuses once it has found something wrong with itself, and then never changes
 * code again: functions go on calling what they call.  So what they call must not go.
 */
static void hvp_ops_unregister(struct ftrace_ops *ops)
{
	int error = unregister_ftrace_function(ops);

	if (error) {
		pr_emerg("ftrace is dead (error %d), and KVM's functions lead here for good: waiting for ever; reboot this host\n",
			 error);
		for (;;) {
			set_current_state(TASK_IDLE);
			schedule();
		}
	}
	ftrace_free_filter(ops);
}

static const char *hvp_reason(int error, const char *busy, const char *otherwise)
{
	switch (error) {
	case -EBUSY:
		return busy;
	case -ENOMEM:
		return "out of memory";
	default:
		return otherwise;
	}
}

/**
 * hvp_hook_install() - put a detour in place
 * @hook:	the hook
 *
 * Says in the log what is missing if it cannot.
 *
 * Context: May sleep.
 * Return: 0 or a negative error, with nothing left behind.
 */
int hvp_hook_install(struct hvp_hook *hook)
{
	int error;

	/* Nobody but us would redirect our stub, so this tells the causes apart. */
	error = hvp_ops_register(&hook->outward, hvp_hook_outward, HVP_OPS_FLAGS, NULL,
				 (unsigned long)hook->stub);
	if (error) {
		pr_err("cannot redirect functions (error %d): %s\n", error,
		       hvp_reason(error, "ftrace is off; set sysctl kernel.ftrace_enabled=1",
				  "this kernel's ftrace does not support it"));
		return error;
	}

	error = hvp_ops_register(&hook->inward, hook->divert, HVP_OPS_FLAGS, hook->function,
				 hook->address);
	if (error) {
		hvp_ops_unregister(&hook->outward);
		pr_err("cannot redirect %s (error %d): %s\n", hook->function, error,
		       hvp_reason(error, "another module or live patch redirects it",
				  "this kernel's KVM does not have it, or it cannot be traced"));
	}
	return error;
}

/**
 * hvp_hook_stop() - divert no further call
 * @hook:	an installed hook
 *
 * Replacements that run go on and can still call the stub.
 *
 * Context: May sleep.
 */
void hvp_hook_stop(struct hvp_hook *hook)
{
	hvp_ops_unregister(&hook->inward);
}

/**
 * hvp_hook_remove() - remove the rest of a hook
 * @hook:	a hook that was stopped, whose replacements have been drained
 *
 * Context: May sleep.
 */
void hvp_hook_remove(struct hvp_hook *hook)
{
	hvp_ops_unregister(&hook->outward);
}

/**
 * hvp_observer_install() - see the calls of a KVM function from now on
 * @observer:	the observer
 *
 * Says in the log what is missing if it cannot.
 *
 * Context: May sleep.
 * Return: 0 or a negative error, with nothing left behind.
 */
int hvp_observer_install(struct hvp_observer *observer)
{
	/* Many may look at the same function; nobody may switch it off under those that do. */
	int error = hvp_ops_register(&observer->ops, observer->observe, FTRACE_OPS_FL_PERMANENT,
				     observer->function, observer->address);

	if (error)
		pr_err("cannot observe %s (error %d): %s\n", observer->function, error,
		       hvp_reason(error, "ftrace is off; set sysctl kernel.ftrace_enabled=1",
				  "this kernel's KVM does not have it, or it cannot be traced"));
	return error;
}

/**
 * hvp_observer_remove() - the reverse
 * @observer:	an installed observer
 *
 * Context: May sleep.  No callback runs when this returns.
 */
void hvp_observer_remove(struct hvp_observer *observer)
{
	hvp_ops_unregister(&observer->ops);
}
