/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_HOOK_H
#define _HVPART_KVM_HOOK_H

#include <linux/ftrace.h>
#include <linux/types.h>

/**
 * struct hvp_hook - a detour around one KVM function
 * @function:	name of the KVM function
 * @signature:	what it takes and returns, as hvp_btf_signature() says it
 * @stub:	name of a function of ours with the same arguments (originals.c);
 *		calling it runs the KVM function's own body
 * @replacement: what runs instead of @function when @divert says so
 * @divert:	ftrace callback on @function; ends in hvp_hook_divert() for calls
 *		that are to be replaced
 * @inward:	ftrace ops that carries @divert
 * @outward:	ftrace ops that leads from @stub to KVM
 * @body:	address in @function behind its ftrace call site, known from the
 *		first diverted call on, before which nobody calls @stub
 */
struct hvp_hook {
	const char *function;
	const char *signature;
	const char *stub;
	void *replacement;
	ftrace_func_t divert;
	struct ftrace_ops inward;
	struct ftrace_ops outward;
	unsigned long body;
};

/* The hook on the KVM function @name: hvp_hook_@name. */
#define HVP_DEFINE_HOOK(name, arguments)		\
	struct hvp_hook hvp_hook_##name = {		\
		.function = #name,			\
		.signature = arguments,			\
		.stub = "hvp_original_" #name,		\
		.replacement = hvp_replace_##name,	\
		.divert = hvp_divert_##name,		\
	}

int hvp_hook_install(struct hvp_hook *hook);
void hvp_hook_stop(struct hvp_hook *hook);
void hvp_hook_remove(struct hvp_hook *hook);

void hvp_hook_divert(struct ftrace_ops *inward, unsigned long ip, struct ftrace_regs *fregs);

/*
 * Replacements run between these two.  hvp_hooks_drain() returns when every
 * replacement that had begun has ended.
 */
int hvp_replacement_begin(void);
void hvp_replacement_end(int token);
void hvp_hooks_drain(void);

#endif /* _HVPART_KVM_HOOK_H */
