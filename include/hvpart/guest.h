/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The boundary between the core and a guest: a call and its caller, and what the core
 * asks of the guest's memory.  No KVM type crosses it.
 */
#ifndef _HVPART_GUEST_H
#define _HVPART_GUEST_H

#include <linux/types.h>

struct hvp_guest;
struct hvp_partition;
struct hvp_vp;
struct page;

/**
 * struct hvp_pinned_page - one page of guest RAM that the host holds on to
 * @gfn:	its GPA page number (units of 4 KiB)
 * @page:	the host page behind it
 */
struct hvp_pinned_page {
	u64 gfn;
	struct page *page;
};

/**
 * struct hvp_guest_ops - what the core asks of a guest's memory
 *
 * Those that may sleep, which is all that do not say otherwise, are called without a
 * lock held, since the guest's memory belongs to a VMM that can make an access wait.
 * Those that take a GPA stay within one 4 KiB page.  @read to @pin and @zero are called
 * in a vCPU thread only, @unpin and @write_page in any task.
 *
 * @read:	copy @len bytes at @gpa to @buf; 0 or -EFAULT
 * @write:	copy @len bytes from @buf to @gpa; 0 or -EFAULT
 * @probe_write: would a write to the 8-byte aligned @gpa succeed?  Changes
 *		nothing; 0 or -EFAULT
 * @pin:	pin pages[0..count) by their @gfn and fill in their @page, for
 *		writing and for long.  Returns how many, in order, were pinned;
 *		when that is fewer than @count, *error says why the next one was
 *		not: -EFAULT (not plain writable RAM), -ENOMEM, -EINTR
 * @unpin:	let go of pages[0..count), which may have been written to; waits for
 *		nothing that a VMM can hold
 * @zero:	fill a pinned page with zeroes, and what the guest sees at its @gfn by now,
 *		which is another page if the VMM has replaced it.  0, also if the guest
 *		can read nothing there; -EFAULT if it can and that is not to be changed
 * @is_ram:	how many of the pages [gfn, gfn + count), from the first on, are plain
 *		writable RAM, none of which is held afterwards
 * @read_page:	copy @len bytes from @offset of a pinned page to @buf; must not sleep
 * @write_page:	copy @len bytes from @buf to @offset of a pinned page; must not sleep
 *		and is called under locks
 * @node:	the NUMA node that holds a pinned page; must not sleep
 */
struct hvp_guest_ops {
	int (*read)(struct hvp_guest *guest, u64 gpa, void *buf, size_t len);
	int (*write)(struct hvp_guest *guest, u64 gpa, const void *buf, size_t len);
	int (*probe_write)(struct hvp_guest *guest, u64 gpa);
	unsigned int (*pin)(struct hvp_guest *guest, struct hvp_pinned_page *pages,
			    unsigned int count, int *error);
	void (*unpin)(struct hvp_guest *guest, struct hvp_pinned_page *pages,
		      unsigned int count);
	int (*zero)(struct hvp_guest *guest, const struct hvp_pinned_page *page);
	unsigned int (*is_ram)(struct hvp_guest *guest, u64 gfn, unsigned int count);
	void (*read_page)(struct hvp_guest *guest, struct page *page, size_t offset, void *buf,
			  size_t len);
	void (*write_page)(struct hvp_guest *guest, struct page *page, size_t offset,
			   const void *buf, size_t len);
	int (*node)(struct hvp_guest *guest, struct page *page);
};

/**
 * struct hvp_guest - one guest physical address space, embedded by whoever implements
 *		the operations
 * @ops:	the operations
 */
struct hvp_guest {
	const struct hvp_guest_ops *ops;
};

/**
 * struct hvp_call - a hypercall as the registers gave it
 * @control:	hypercall input value (TLFS, Hypercall Interface)
 * @input:	GPA of the input parameters, or bytes 0-7 of them if fast
 * @output:	GPA of the output parameters, or bytes 8-15 of the input if fast
 * @outside:	the vCPU is outside KVM's loop: what needs KVM's own interface may be done
 */
struct hvp_call {
	u64 control;
	u64 input;
	u64 output;
	bool outside;
};

/**
 * struct hvp_caller - who makes the call
 * @partition:	the calling partition, its reference held by whoever calls the
 *		core; NULL if the host had no memory to make one, in which case
 *		only the checks that need no partition are answered
 * @vp:		the calling virtual processor, one of @partition's if there is one
 */
struct hvp_caller {
	struct hvp_partition *partition;
	const struct hvp_vp *vp;
};

#endif /* _HVPART_GUEST_H */
