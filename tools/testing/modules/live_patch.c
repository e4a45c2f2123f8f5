// SPDX-License-Identifier: GPL-2.0
/*
 * A live patch of a function that hvpart redirects, which does what the function does:
 * it goes on behind the place where ftrace has led here.
 */

#include <linux/ftrace.h>
#include <linux/livepatch.h>
#include <linux/module.h>

struct kvm_vcpu;

#define ENDBR_SIZE	4

static int patched_hypercall(struct kvm_vcpu *vcpu);

static struct klp_func functions[] = {
	{ .old_name = "kvm_hv_hypercall", .new_func = patched_hypercall },
	{}
};

static struct klp_object objects[] = {
	{ .name = "kvm", .funcs = functions },
	{}
};

static struct klp_patch patch = {
	.mod = THIS_MODULE,
	.objs = objects,
};

#define CALL_OPCODE	0xe8

/*
 * An ENDBR may come first, or what the kernel has made of one that nobody needs, which is
 * of the same length and not always the same; but what has led here is a call.
 */
static int patched_hypercall(struct kvm_vcpu *vcpu)
{
	const u8 *code = functions[0].old_func;
	int (*body)(struct kvm_vcpu *vcpu);

	if (*code != CALL_OPCODE)
		code += ENDBR_SIZE;
	body = (void *)(code + MCOUNT_INSN_SIZE);
	return body(vcpu);
}

static int __init live_patch_init(void)
{
	return klp_enable_patch(&patch);
}

static void __exit live_patch_exit(void)
{
}

module_init(live_patch_init);
module_exit(live_patch_exit);

MODULE_DESCRIPTION("A live patch for hvpart's tests");
MODULE_LICENSE("GPL");
MODULE_INFO(livepatch, "Y");
