/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The boundary of the core: what it is given about a call and its caller, and
 * what it asks of the guest that made the call.  No KVM type crosses it.
 */
#ifndef _HVPART_GUEST_H
#define _HVPART_GUEST_H

#include <linux/types.h>

struct hvp_guest;
struct hvp_partition;
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
 * struct hvp_guest_ops - what the core asks of a guest and of its host
 *
 * Those that may sleep, which is all that do not say otherwise, are called without a
 * lock held, since the guest's memory belongs to a VMM that can make an access wait.
 * Those that take a GPA stay within one 4 KiB page.  @read to @pin, @zero and @vp_count
 * to @vp_exists are called in a vCPU thread only, @unpin, @write_page and
 * @release_locked_pages in any task.
 *
 * @read:	copy @len bytes at @gpa to @buf; 0 or -EFAULT
 * @write:	copy @len bytes from @buf to @gpa; 0 or -EFAULT
 * @probe_write: would a write to the 8-byte aligned @gpa succeed?  Changes
 *		nothing; 0 or -EFAULT
 * @first_in_use: the index of the first of pages[0..count) that the guest gave a
 *		meaning of its own through an MSR: hypercall page, SynIC message, event
 *		and event ring pages, VP assist pages, reference TSC page; @count if it is
 *		none of them
 * @pin:	pin pages[0..count) by their @gfn and fill in their @page, for
 *		writing and for long.  Returns how many, in order, were pinned;
 *		when that is fewer than @count, *error says why the next one was
 *		not: -EFAULT (not plain writable RAM), -ENOMEM, -EINTR
 * @unpin:	let go of pages[0..count), which may have been written to; waits for
 *		nothing that a VMM can hold
 * @zero:	fill a pinned page with zeroes, and what the guest sees at its @gfn by now,
 *		which is another page if the VMM has replaced it.  0, also if the guest
 *		can read nothing there; -EFAULT if it can and that is not to be changed
 * @write_page:	copy @len bytes from @buf to @offset of a pinned page; must not sleep
 *		and is called under locks
 * @node:	the NUMA node that holds a pinned page; must not sleep
 * @guest_os_id: what the guest has written to HV_X64_MSR_GUEST_OS_ID; must not
 *		sleep and is called under locks
 * @vp_count:	how many virtual processors the guest has; must not sleep
 * @vp_exists:	does it have one with this VP index?  Must not sleep
 * @reserve_locked_pages: charge @count pages to the VMM's limit of locked
 *		memory; 0 or -ENOMEM
 * @release_locked_pages: the reverse
 */
struct hvp_guest_ops {
	int (*read)(struct hvp_guest *guest, u64 gpa, void *buf, size_t len);
	int (*write)(struct hvp_guest *guest, u64 gpa, const void *buf, size_t len);
	int (*probe_write)(struct hvp_guest *guest, u64 gpa);
	unsigned int (*first_in_use)(struct hvp_guest *guest,
				     const struct hvp_pinned_page *pages, unsigned int count);
	unsigned int (*pin)(struct hvp_guest *guest, struct hvp_pinned_page *pages,
			    unsigned int count, int *error);
	void (*unpin)(struct hvp_guest *guest, struct hvp_pinned_page *pages,
		      unsigned int count);
	int (*zero)(struct hvp_guest *guest, const struct hvp_pinned_page *page);
	void (*write_page)(struct hvp_guest *guest, struct page *page, size_t offset,
			   const void *buf, size_t len);
	int (*node)(struct hvp_guest *guest, struct page *page);
	u64 (*guest_os_id)(struct hvp_guest *guest);
	unsigned int (*vp_count)(struct hvp_guest *guest);
	bool (*vp_exists)(struct hvp_guest *guest, u32 vp_index);
	int (*reserve_locked_pages)(struct hvp_guest *guest, unsigned long count);
	void (*release_locked_pages)(struct hvp_guest *guest, unsigned long count);
};

/**
 * struct hvp_guest - a guest, embedded by whoever implements the operations
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
 */
struct hvp_call {
	u64 control;
	u64 input;
	u64 output;
};

/**
 * struct hvp_caller - who makes the call
 * @partition:	the calling partition, its reference held by whoever calls the
 *		core; NULL if the host had no memory to make one, in which case
 *		only the checks that need no partition are answered
 * @privileges:	HVP_PRIVILEGE_* of the calling virtual processor
 * @gpa_bits:	width of a guest physical address (MAXPHYADDR)
 * @vp_index:	the calling virtual processor
 * @hypercalls:	hypercalls that it has made, this one included
 * @run_time:	how long it has run, in 100 ns
 */
struct hvp_caller {
	struct hvp_partition *partition;
	u64 privileges;
	unsigned int gpa_bits;
	u32 vp_index;
	u64 hypercalls;
	u64 run_time;
};

#endif /* _HVPART_GUEST_H */
