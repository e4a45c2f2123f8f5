// SPDX-License-Identifier: GPL-2.0
/*
 * Makes ftrace do what it does when it finds something wrong with itself: never change
 * code again, until the machine is rebooted.
 */

#include <linux/kprobes.h>
#include <linux/module.h>

/* It is not for modules.  A kprobe knows where it is. */
static int __init kill_ftrace_init(void)
{
	struct kprobe probe = {
		.symbol_name = "ftrace_kill",
		.flags = KPROBE_FLAG_DISABLED,
	};
	int error = register_kprobe(&probe);
	void (*kill)(void);

	if (error)
		return error;
	kill = (void *)probe.addr;
	unregister_kprobe(&probe);
	kill();
	return 0;
}

static void __exit kill_ftrace_exit(void)
{
}

module_init(kill_ftrace_init);
module_exit(kill_ftrace_exit);

MODULE_DESCRIPTION("The end of ftrace, for hvpart's tests");
MODULE_LICENSE("GPL");
