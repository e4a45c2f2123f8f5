// SPDX-License-Identifier: GPL-2.0
/* Temporary: drives hvp_kvm_machine_ops by a file in debugfs, until the core does. */

#include <linux/debugfs.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm_host.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "../../core/core.h"
#include "../parent/memory.h"
#include "machine.h"
#include "registers.h"
#include "runner.h"
#include "selftest_tmp.h"

struct tmp_command {
	u32 vcpu_fd, op, machine, vp;
	u64 a, b, c;
	s64 result;
	u64 rip, rax, rcx, rdi, rsi, rdx;
	u32 woken, pad;
	struct hvp_exit exit;
};

static struct {
	struct hvp_machine *machine;
	struct hvp_gpa_map *map;
	struct hvp_machine_vp *vp[4];
	atomic_t woken[4];
	struct hvp_kvm_guest guest;
} tmp[8];

static void tmp_woken(void *owner)
{
	atomic_inc(owner);
}

static const struct hvp_machine_events tmp_events = { .woken = tmp_woken };

static void tmp_forget(void *machine, u64 gfn, u64 count)
{
	hvp_kvm_machine_ops.forget(machine, gfn, count);
}

static long tmp_do(struct kvm_vcpu *vcpu, struct tmp_command *c, struct hvp_vp_state *s)
{
	const struct hvp_machine_ops *ops = &hvp_kvm_machine_ops;
	typeof(tmp[0]) *t = &tmp[c->machine & 7];
	struct hvp_machine_config config = {
		.guest = &t->guest.guest, .gpa_bits = 40, .hyperv_privileges = c->a,
	};
	struct hvp_gpa_page page;
	struct hvp_interrupt irq = { .vector = c->a, .type = c->b, .destination = c->vp };
	unsigned int v = c->vp & 3;
	long r;

	switch (c->op) {
	case 0:
		t->guest = hvp_kvm_guest(vcpu->kvm, NULL, NULL);
		t->map = hvp_gpa_map_create();
		config.map = t->map;
		return ops->create(&config, &t->machine);
	case 1:
		ops->destroy(t->machine);
		hvp_gpa_map_destroy(t->map);
		memset(t, 0, sizeof(*t));
		return 0;
	case 2:
		page = (struct hvp_gpa_page) { c->c & 3, c->b, c->c >> 2 };
		r = hvp_gpa_map_set(t->map, c->a, &page, tmp_forget, t->machine);
		if (!r)
			ops->unmapped(t->machine, c->a, 1);
		if (!r && page.kind == HVP_GPA_MAPPED)
			ops->mapped(t->machine, c->a, 1);
		return r;
	case 3:
		return ops->create_vp(t->machine, v, &tmp_events, &t->woken[v], &t->vp[v]);
	case 4:
		r = ops->run(t->vp[v], s, &c->exit);
		break;
	case 5:
		r = ops->get(t->vp[v], c->a, s);
		break;
	case 6:		/* real mode, flat */
		r = ops->get(t->vp[v], 0xff, s);
		if (r)
			return r;
		s->rip = c->rip;
		s->gpr[HVP_RAX] = c->rax;
		s->gpr[HVP_RCX] = c->rcx;
		s->gpr[HVP_RDI] = c->rdi;
		s->gpr[HVP_RSI] = c->rsi;
		s->gpr[HVP_RDX] = c->rdx;
		s->rflags = 2;
		s->segments[HVP_CS].base = 0;
		s->segments[HVP_CS].selector = 0;
		s->halt_suspend = s->startup_suspend = false;
		return ops->set(t->vp[v], c->a, s);
	case 7:
		return ops->assert(t->machine, &irq);
	case 8:
		ops->interrupt(t->vp[v]);
		return 0;
	case 9:
		ops->destroy_vp(t->vp[v]);
		t->vp[v] = NULL;
		return 0;
	case 10:
		r = 0;
		c->woken = atomic_read(&t->woken[v]);
		return 0;
	case 11:	/* only the instruction pointer */
		r = ops->get(t->vp[v], BIT(HVP_VP_GENERAL), s);
		s->rip = c->rip;
		return r ?: ops->set(t->vp[v], BIT(HVP_VP_GENERAL), s);
	default:
		return -EINVAL;
	}
	c->rip = s->rip;
	c->rax = s->gpr[HVP_RAX];
	c->rcx = s->gpr[HVP_RCX];
	c->rdi = s->gpr[HVP_RDI];
	c->rsi = s->gpr[HVP_RSI];
	c->rdx = s->gpr[HVP_RDX];
	return r;
}

static ssize_t tmp_write(struct file *file, const char __user *buf, size_t size, loff_t *pos)
{
	struct hvp_vp_state *state;
	struct tmp_command c;
	struct file *f;
	struct kvm_vcpu *vcpu;

	if (size != sizeof(c) || copy_from_user(&c, buf, sizeof(c)))
		return -EINVAL;
	f = fget(c.vcpu_fd);
	if (!f)
		return -EBADF;
	vcpu = f->private_data;
	state = kzalloc(sizeof(*state), GFP_KERNEL);
	if (c.op == 8 || c.op == 10) {
		c.result = tmp_do(vcpu, &c, state);
	} else {
		c.result = hvp_runner_enter(vcpu);
		if (!c.result) {
			c.result = tmp_do(vcpu, &c, state);
			hvp_runner_leave(vcpu);
		}
	}
	kfree(state);
	fput(f);
	return copy_to_user((void __user *)buf, &c, sizeof(c)) ? -EFAULT : size;
}

static const struct file_operations tmp_fops = { .owner = THIS_MODULE, .write = tmp_write };
static struct dentry *tmp_file;

void hvp_selftest_tmp_create(void)
{
	tmp_file = debugfs_create_file("hvpart-child", 0600, NULL, NULL, &tmp_fops);
}

void hvp_selftest_tmp_destroy(void)
{
	unsigned int i;

	debugfs_remove(tmp_file);
	for (i = 0; i < ARRAY_SIZE(tmp); i++) {
		if (tmp[i].machine) {
			hvp_kvm_machine_ops.destroy(tmp[i].machine);
			hvp_gpa_map_destroy(tmp[i].map);
		}
	}
}
