/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest that is out to get the core: it is asked through the same operations
 * as a VM, gives pages any property that a page of a VM may have, changes its
 * memory behind the back of whoever has read it, lets any operation fail, and
 * has another call made in the middle of one.
 */
#ifndef _HVPART_TESTS_FAKE_GUEST_H
#define _HVPART_TESTS_FAKE_GUEST_H

#include <linux/bitmap.h>
#include <linux/spinlock.h>
#include <hvpart/abi.h>
#include <hvpart/guest.h>
#include <hvpart/host.h>
#include "../core/vp/vp.h"
#include "fake_machine.h"

struct kunit;
struct page;

/*
 * GPA pages: pairs of parameter pages, each page between unmapped ones, and
 * RAM that lies across the end of a chunk of claims.  Nothing else is mapped.
 */
#define HVP_FAKE_INPUT_GFN(level)	(2 + 4 * (level))
#define HVP_FAKE_OUTPUT_GFN(level)	(4 + 4 * (level))
#define HVP_FAKE_LEVELS			4
#define HVP_FAKE_RAM_GFN		1000
#define HVP_FAKE_RAM_PAGES		160	/* mapped from the start */
#define HVP_FAKE_GFNS			(HVP_FAKE_RAM_GFN + 1024)

/* The virtual processors that it has at first; a VP index need not be below that. */
#define HVP_FAKE_VPS			2
#define HVP_FAKE_VPS_MOST		7
#define HVP_FAKE_VP_INDEX(n)		(5 * (n))

/* What an output byte is before the core writes it. */
#define HVP_FAKE_UNTOUCHED		0xa5
/* What the guest writes to a page while it is deposited. */
#define HVP_FAKE_SCRIBBLE		0x5a

/**
 * struct hvp_fake_page - a GPA page
 * @page:	the host page, NULL if nothing is mapped there
 * @replaced:	what the guest sees there instead since the VMM has replaced the page,
 *		which is pinned, NULL if it has not
 * @node:	the NUMA node it pretends to be on
 * @read_only:	in a read-only slot
 * @not_pinnable: readable and writable, but not RAM
 * @pins:	how often it is pinned
 */
struct hvp_fake_page {
	struct page *page;
	struct page *replaced;
	int node;
	bool read_only;
	bool not_pinnable;
	unsigned int pins;
};

/* The operations that are counted and can be made to fail. */
enum hvp_fake_op {
	HVP_FAKE_READ,
	HVP_FAKE_WRITE,
	HVP_FAKE_PROBE,
	HVP_FAKE_PIN,		/* once a page */
	HVP_FAKE_UNPIN,
	HVP_FAKE_ZERO,		/* fails by itself where a page is replaced and read-only */
	HVP_FAKE_WRITE_PAGE,	/* is called under locks, so cannot be interrupted */
	HVP_FAKE_NODE,		/* likewise counted only where it could be interrupted */
	HVP_FAKE_RESERVE,
	HVP_FAKE_IS_RAM,	/* fails as if the first page were none */
	HVP_FAKE_READ_PAGE,	/* may be called under locks, so cannot be interrupted */
	HVP_NR_FAKE_OPS,
};

/**
 * struct hvp_fake_window - what a call may access of its parameters
 * @gpa:	first byte
 * @size:	bytes
 */
struct hvp_fake_window {
	u64 gpa;
	size_t size;
};

/**
 * struct hvp_fake_guest - the guest
 * @guest:	what the core sees of it
 * @test:	the test that it is for
 * @lock:	protects the pages and the counts
 * @pages:	GPA pages
 * @pinned:	how often pages are pinned
 * @locked:	pages charged to the limit of locked memory
 * @locked_limit: that limit
 * @not_zeroed:	pages that could not be zeroed as the guest sees them
 * @host:	what it runs on
 * @attended:	how often a virtual processor was to look for messages
 * @processor:	likewise: one that is not this machine's
 * @vps:	its virtual processors
 * @vp:		those, and more that it may get; their VP indexes are HVP_FAKE_VP_INDEX(0)
 *		and so on
 * @count:	operations by kind, since the test last zeroed them
 * @fail_at:	the n-th operation from now fails, 0 for none
 * @error:	what it fails with
 * @elsewhere:	a call may access whole pages besides its parameters
 * @watched:	check accesses against the windows; off when several threads call
 * @input:	what the call may read, each byte once
 * @output:	what it may write
 * @read:	bytes of the input page that have been read
 * @machines_lock: protects the lists and counts of @machines
 * @machines:	the children that it has
 * @hook:	called before every operation that may sleep, if set
 */
struct hvp_fake_guest {
	struct hvp_guest guest;
	struct kunit *test;
	spinlock_t lock;
	struct hvp_fake_page pages[HVP_FAKE_GFNS];
	unsigned long pinned;
	unsigned long locked;
	unsigned long locked_limit;
	unsigned int not_zeroed;
	struct hvp_host host;
	unsigned int attended;
	struct hvp_processor processor;
	struct hvp_vps vps;
	struct hvp_vp vp[HVP_FAKE_VPS_MOST];
	unsigned int count[HVP_NR_FAKE_OPS];
	unsigned int fail_at[HVP_NR_FAKE_OPS];
	int error[HVP_NR_FAKE_OPS];
	bool elsewhere;
	bool watched;
	struct hvp_fake_window input;
	struct hvp_fake_window output;
	DECLARE_BITMAP(read, HVP_PAGE_SIZE);
	spinlock_t machines_lock;
	struct hvp_fake_machines machines;
	void (*hook)(struct hvp_fake_guest *guest, enum hvp_fake_op op);
};

struct hvp_fake_guest *hvp_fake_guest_create(struct kunit *test, size_t size);
struct hvp_fake_page *hvp_fake_page(struct hvp_fake_guest *guest, u64 gfn);
void *hvp_fake_memory(struct hvp_fake_guest *guest, u64 gpa);
void hvp_fake_map(struct hvp_fake_guest *guest, u64 gfn, unsigned int count);
void hvp_fake_name_page(struct hvp_fake_guest *guest, u64 gfn);
void hvp_fake_add_vps(struct hvp_fake_guest *guest, unsigned int count);
void hvp_fake_replace(struct hvp_fake_guest *guest, u64 gfn, bool read_only);
void hvp_fake_fail(struct hvp_fake_guest *guest, enum hvp_fake_op op, unsigned int nth,
		   int error);
void hvp_fake_expect_idle(struct hvp_fake_guest *guest);

#endif /* _HVPART_TESTS_FAKE_GUEST_H */
