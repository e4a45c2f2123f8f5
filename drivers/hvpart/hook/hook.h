/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_HOOK_H
#define _HVPART_KVM_HOOK_H

#include <linux/cpufeature.h>
#include <linux/ftrace.h>
#include <linux/srcu.h>
#include <linux/types.h>

/**
 * struct hvp_hook - a detour around one KVM function
 * @function:	name of the KVM function
 * @signature:	what it takes and returns, as hvp_btf_signature() says it
 * @stub:	a function of ours with the same arguments (originals.c);
 *		calling it runs the KVM function's own body
 * @replacement: what runs instead of @function when @divert says so
 * @divert:	ftrace callback on @function: hvp_hook_divert(), or one that ends in it for
 *		calls that are to be replaced
 * @inward:	ftrace ops that carries @divert
 * @outward:	ftrace ops that leads from @stub to KVM
 * @address:	where @function is; 0 if only its name is known
 * @body:	address in @function behind its ftrace call site, known from the
 *		first diverted call on, before which nobody calls @stub
 */
struct hvp_hook {
	const char *function;
	const char *signature;
	void *stub;
	void *replacement;
	ftrace_func_t divert;
	struct ftrace_ops inward;
	struct ftrace_ops outward;
	unsigned long address;
	unsigned long body;
};

/* The hook on the KVM function @name: hvp_hook_@name. */
#define HVP_DEFINE_HOOK(name, callback, arguments)	\
	struct hvp_hook hvp_hook_##name = {		\
		.function = #name,			\
		.signature = arguments,			\
		.stub = hvp_original_##name,		\
		.replacement = hvp_replace_##name,	\
		.divert = callback,			\
	}

/*
 * Whether a callback has to divert also those calls that its replacement leaves to KVM.
 * An fexit program of BPF calls a function that is redirected by way of a register, at the
 * address where ftrace has left it to go on.  For a diverted call that is where the
 * replacement begins; for another one it is behind the function's ENDBR, where a CPU with
 * IBT faults.
 */
#ifdef HVP_ALWAYS_DIVERT	/* for tests, where no CPU has IBT */
static __always_inline bool hvp_hook_diverts_all(void) { return true; }
#else
static __always_inline bool hvp_hook_diverts_all(void)
{
	return cpu_feature_enabled(X86_FEATURE_IBT);
}
#endif

/*
 * In a replacement: was the call to be diverted?  @wanted is what the callback has asked.
 * Where all calls are diverted, those before hvp_hooks_open() are as well.
 */
#define HVP_HOOK_WANTED(wanted)	\
	(!hvp_hook_diverts_all() || (hvp_hooks_are_open() && (wanted)))

/**
 * struct hvp_observer - a look at the calls of one KVM function, which go on as they are
 * @function:	name of the KVM function
 * @signature:	what it takes and returns, as hvp_btf_signature() says it
 * @observe:	ftrace callback on @function, in whatever context that is called
 * @ops:	ftrace ops that carries @observe
 * @address:	where @function is; 0 if only its name is known
 */
struct hvp_observer {
	const char *function;
	const char *signature;
	ftrace_func_t observe;
	struct ftrace_ops ops;
	unsigned long address;
};

/* The observer of the KVM function @name: hvp_observer_@name. */
#define HVP_DEFINE_OBSERVER(name, arguments)		\
	struct hvp_observer hvp_observer_##name = {	\
		.function = #name,			\
		.signature = arguments,			\
		.observe = hvp_observe_##name,		\
	}

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

void hvp_functions_find(const struct hvp_functions *functions);

int hvp_observer_install(struct hvp_observer *observer);
void hvp_observer_remove(struct hvp_observer *observer);

int hvp_hook_install(struct hvp_hook *hook);
bool hvp_hooks_are_open(void);
void hvp_hooks_open(void);
void hvp_hook_stop(struct hvp_hook *hook);
void hvp_hook_remove(struct hvp_hook *hook);

void hvp_hook_divert(unsigned long ip, unsigned long parent_ip, struct ftrace_ops *inward,
		     struct ftrace_regs *fregs);

/*
 * A replacement runs in an SRCU read-side section of one of these.  What a guest makes KVM
 * do may wait for its VMM, for ever; the end of a VM waits for nobody.
 */
extern struct srcu_struct hvp_calls_running;
extern struct srcu_struct hvp_runs_running;
extern struct srcu_struct hvp_ends_running;

void hvp_hooks_drain(struct srcu_struct *running);

#endif /* _HVPART_KVM_HOOK_H */
