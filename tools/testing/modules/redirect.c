// SPDX-License-Identifier: GPL-2.0
/*
 * Redirects a function to itself: an IPMODIFY user, as a live patch is, for
 * hvpart to meet on the same function.
 */

#include <linux/ftrace.h>
#include <linux/module.h>

static char *function = "kvm_hv_hypercall";
module_param(function, charp, 0444);

static void notrace redirect_callback(unsigned long ip, unsigned long parent_ip,
				      struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
}

static struct ftrace_ops redirect_ops = {
	.func = redirect_callback,
	.flags = FTRACE_OPS_FL_IPMODIFY,
};

static int __init redirect_init(void)
{
	int error = ftrace_set_filter(&redirect_ops, function, strlen(function), 1);

	if (!error)
		error = register_ftrace_function(&redirect_ops);
	if (error)
		ftrace_free_filter(&redirect_ops);
	return error;
}

static void __exit redirect_exit(void)
{
	unregister_ftrace_function(&redirect_ops);
	ftrace_free_filter(&redirect_ops);
}

module_init(redirect_init);
module_exit(redirect_exit);

MODULE_DESCRIPTION("IPMODIFY user for hvpart's tests");
MODULE_LICENSE("GPL");
