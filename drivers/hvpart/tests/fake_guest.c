// SPDX-License-Identifier: GPL-2.0
/* The hostile guest: pages, operations, and what it will not stand for. */

#include <kunit/test.h>
#include <linux/mm.h>
#include "../core/memory/pool.h"
#include "fake_guest.h"

static struct hvp_fake_guest *to_fake(struct hvp_guest *guest)
{
	return container_of(guest, struct hvp_fake_guest, guest);
}

/**
 * hvp_fake_page() - look a GPA page up
 * @guest:	the guest
 * @gfn:	its number, which a hostile call may have made up
 *
 * Return: the page, or NULL if the guest's memory does not go that far.
 */
struct hvp_fake_page *hvp_fake_page(struct hvp_fake_guest *guest, u64 gfn)
{
	return gfn < HVP_FAKE_GFNS ? &guest->pages[gfn] : NULL;
}

/**
 * hvp_fake_memory() - the guest's own view of its memory
 * @guest:	the guest
 * @gpa:	an address on a mapped page
 *
 * Return: where it is.
 */
void *hvp_fake_memory(struct hvp_fake_guest *guest, u64 gpa)
{
	struct hvp_fake_page *page = &guest->pages[gpa >> HVP_PAGE_SHIFT];

	return page_address(page->replaced ?: page->page) + gpa % HVP_PAGE_SIZE;
}

/**
 * hvp_fake_fail() - let an operation fail once
 * @guest:	the guest
 * @op:		which
 * @nth:	how many there will be until then, itself included
 * @error:	what it returns
 */
void hvp_fake_fail(struct hvp_fake_guest *guest, enum hvp_fake_op op, unsigned int nth,
		   int error)
{
	guest->fail_at[op] = nth;
	guest->error[op] = error;
}

/* Every operation begins here.  Return: the error to fail with, or 0. */
static int hvp_fake_begin(struct hvp_fake_guest *guest, enum hvp_fake_op op)
{
	int error = 0;

	/* Operations may sleep: a core that calls them under a lock is caught here. */
	might_sleep();
	if (guest->hook)
		guest->hook(guest, op);

	spin_lock(&guest->lock);
	guest->count[op]++;
	if (guest->fail_at[op] && !--guest->fail_at[op])
		error = guest->error[op];
	spin_unlock(&guest->lock);
	return error;
}

static bool hvp_fake_within(const struct hvp_fake_window *window, u64 gpa, size_t size)
{
	return gpa >= window->gpa && gpa + size <= window->gpa + window->size;
}

/* A whole page that the call names, or that its child has. */
static bool hvp_fake_is_elsewhere(const struct hvp_fake_guest *guest, u64 gpa, size_t size)
{
	return guest->elsewhere && size == HVP_PAGE_SIZE && !(gpa & (HVP_PAGE_SIZE - 1));
}

/* The page behind an access that stays within it, or NULL. */
static struct hvp_fake_page *hvp_fake_accessed(struct hvp_fake_guest *guest, u64 gpa,
					       size_t size)
{
	struct hvp_fake_page *page = hvp_fake_page(guest, gpa >> HVP_PAGE_SHIFT);

	KUNIT_EXPECT_GT(guest->test, size, 0);
	KUNIT_EXPECT_LE_MSG(guest->test, gpa % HVP_PAGE_SIZE + size, HVP_PAGE_SIZE,
			    "access to %#llx leaves its page", gpa);
	if (gpa % HVP_PAGE_SIZE + size > HVP_PAGE_SIZE)
		return NULL;
	return page && page->page ? page : NULL;
}

static int hvp_fake_read(struct hvp_guest *ops_guest, u64 gpa, void *buf, size_t size)
{
	struct hvp_fake_guest *guest = to_fake(ops_guest);
	bool elsewhere = hvp_fake_is_elsewhere(guest, gpa, size);
	int error = hvp_fake_begin(guest, HVP_FAKE_READ);
	unsigned int at = gpa % HVP_PAGE_SIZE;

	if (guest->watched && !elsewhere)
		KUNIT_EXPECT_TRUE_MSG(guest->test, hvp_fake_within(&guest->input, gpa, size),
				      "read of %zu bytes at %#llx, which is not input",
				      size, gpa);
	if (error || !hvp_fake_accessed(guest, gpa, size))
		return -EFAULT;

	memcpy(buf, hvp_fake_memory(guest, gpa), size);
	if (guest->watched && !elsewhere) {
		KUNIT_EXPECT_GE_MSG(guest->test,
				    find_next_bit(guest->read, at + size, at), at + size,
				    "input read twice");
		bitmap_set(guest->read, at, size);
		/* Another vCPU of the guest overwrites it at once. */
		memset(hvp_fake_memory(guest, gpa), HVP_FAKE_SCRIBBLE, size);
	}
	return 0;
}

static int hvp_fake_write(struct hvp_guest *ops_guest, u64 gpa, const void *buf, size_t size)
{
	struct hvp_fake_guest *guest = to_fake(ops_guest);
	int error = hvp_fake_begin(guest, HVP_FAKE_WRITE);
	struct hvp_fake_page *page;

	if (guest->watched && !hvp_fake_is_elsewhere(guest, gpa, size))
		KUNIT_EXPECT_TRUE_MSG(guest->test, hvp_fake_within(&guest->output, gpa, size),
				      "write of %zu bytes at %#llx, which is not output",
				      size, gpa);
	page = hvp_fake_accessed(guest, gpa, size);
	if (error || !page || page->read_only)
		return -EFAULT;

	memcpy(hvp_fake_memory(guest, gpa), buf, size);
	return 0;
}

static int hvp_fake_probe_write(struct hvp_guest *ops_guest, u64 gpa)
{
	struct hvp_fake_guest *guest = to_fake(ops_guest);
	int error = hvp_fake_begin(guest, HVP_FAKE_PROBE);
	struct hvp_fake_page *page = hvp_fake_accessed(guest, gpa, sizeof(u64));

	return error || !page || page->read_only ? -EFAULT : 0;
}

static int hvp_fake_pin_one(struct hvp_fake_guest *guest, struct hvp_pinned_page *pinned)
{
	int error = hvp_fake_begin(guest, HVP_FAKE_PIN);
	struct hvp_fake_page *page = hvp_fake_page(guest, pinned->gfn);

	if (error)
		return error;
	if (!page || !page->page || page->read_only || page->not_pinnable)
		return -EFAULT;

	/* What the guest writes to a page that it deposits must not come back. */
	if (pinned->gfn >= HVP_FAKE_RAM_GFN && !page->pins)
		memset(page_address(page->page), HVP_FAKE_SCRIBBLE, HVP_PAGE_SIZE);
	pinned->page = page->page;
	spin_lock(&guest->lock);
	page->pins++;
	guest->pinned++;
	spin_unlock(&guest->lock);
	return 0;
}

static unsigned int hvp_fake_pin(struct hvp_guest *ops_guest, struct hvp_pinned_page *pages,
				 unsigned int count, int *error)
{
	struct hvp_fake_guest *guest = to_fake(ops_guest);
	unsigned int i;

	for (i = 0; i < count; i++) {
		int this = hvp_fake_pin_one(guest, &pages[i]);

		if (this) {
			*error = this;
			break;
		}
	}
	return i;
}

static void hvp_fake_unpin(struct hvp_guest *ops_guest, struct hvp_pinned_page *pages,
			   unsigned int count)
{
	struct hvp_fake_guest *guest = to_fake(ops_guest);
	unsigned int i;

	hvp_fake_begin(guest, HVP_FAKE_UNPIN);
	for (i = 0; i < count; i++) {
		struct hvp_fake_page *page = hvp_fake_page(guest, pages[i].gfn);
		bool was_pinned;

		if (!page || page->page != pages[i].page) {
			KUNIT_FAIL(guest->test, "unpin of something else than page %#llx",
				   pages[i].gfn);
			continue;
		}
		spin_lock(&guest->lock);
		was_pinned = page->pins;
		if (was_pinned) {
			page->pins--;
			guest->pinned--;
		}
		spin_unlock(&guest->lock);
		KUNIT_EXPECT_TRUE_MSG(guest->test, was_pinned, "page %#llx is not pinned",
				      pages[i].gfn);
	}
}

static int hvp_fake_zero(struct hvp_guest *ops_guest, const struct hvp_pinned_page *pinned)
{
	struct hvp_fake_guest *guest = to_fake(ops_guest);
	struct hvp_fake_page *page = hvp_fake_page(guest, pinned->gfn);
	int error = hvp_fake_begin(guest, HVP_FAKE_ZERO);

	KUNIT_EXPECT_PTR_EQ(guest->test, page->page, pinned->page);
	KUNIT_EXPECT_GT_MSG(guest->test, page->pins, 0, "page is zeroed that is not pinned");
	clear_page(page_address(page->page));
	if (error || (page->replaced && page->read_only)) {
		guest->not_zeroed++;
		return -EFAULT;
	}
	if (page->replaced)
		clear_page(page_address(page->replaced));
	return 0;
}

static unsigned int hvp_fake_is_ram(struct hvp_guest *ops_guest, u64 gfn, unsigned int count)
{
	struct hvp_fake_guest *guest = to_fake(ops_guest);
	unsigned int i;

	if (hvp_fake_begin(guest, HVP_FAKE_IS_RAM))
		return 0;
	for (i = 0; i < count; i++) {
		struct hvp_fake_page *page = hvp_fake_page(guest, gfn + i);

		if (!page || !page->page || page->read_only || page->not_pinnable)
			break;
	}
	return i;
}

/* Is it a page that the host has, and a part of it? */
static bool hvp_fake_page_accessed(struct hvp_fake_guest *guest, struct page *page,
				   size_t offset, size_t len)
{
	KUNIT_EXPECT_GT_MSG(guest->test, guest->pages[page_private(page)].pins, 0,
			    "page is accessed that is not pinned");
	if (offset <= HVP_PAGE_SIZE && len <= HVP_PAGE_SIZE - offset)
		return true;
	KUNIT_FAIL(guest->test, "%zu bytes are accessed at %zu of a page", len, offset);
	return false;
}

static void hvp_fake_read_page(struct hvp_guest *ops_guest, struct page *page, size_t offset,
			       void *buf, size_t len)
{
	struct hvp_fake_guest *guest = to_fake(ops_guest);

	if (!hvp_fake_page_accessed(guest, page, offset, len))
		return;
	spin_lock(&guest->lock);
	guest->count[HVP_FAKE_READ_PAGE]++;
	spin_unlock(&guest->lock);
	memcpy(buf, page_address(page) + offset, len);
}

static void hvp_fake_write_page(struct hvp_guest *ops_guest, struct page *page, size_t offset,
				const void *buf, size_t len)
{
	struct hvp_fake_guest *guest = to_fake(ops_guest);

	if (!hvp_fake_page_accessed(guest, page, offset, len))
		return;
	spin_lock(&guest->lock);
	guest->count[HVP_FAKE_WRITE_PAGE]++;
	spin_unlock(&guest->lock);
	memcpy(page_address(page) + offset, buf, len);
}

static int hvp_fake_node(struct hvp_guest *ops_guest, struct page *page)
{
	if (preemptible())
		hvp_fake_begin(to_fake(ops_guest), HVP_FAKE_NODE);
	return to_fake(ops_guest)->pages[page_private(page)].node;
}

static struct hvp_fake_guest *host_to_fake(struct hvp_host *host)
{
	return container_of(host, struct hvp_fake_guest, host);
}

static int hvp_fake_reserve(struct hvp_host *host, unsigned long count)
{
	struct hvp_fake_guest *guest = host_to_fake(host);
	int error = hvp_fake_begin(guest, HVP_FAKE_RESERVE);

	spin_lock(&guest->lock);
	if (!error && guest->locked + count > guest->locked_limit)
		error = -ENOMEM;
	if (!error)
		guest->locked += count;
	spin_unlock(&guest->lock);
	return error;
}

static void hvp_fake_release(struct hvp_host *host, unsigned long count)
{
	struct hvp_fake_guest *guest = host_to_fake(host);
	unsigned long locked;

	might_sleep();
	spin_lock(&guest->lock);
	locked = guest->locked;
	guest->locked -= min(count, locked);
	spin_unlock(&guest->lock);
	KUNIT_EXPECT_LE_MSG(guest->test, count, locked,
			    "more locked pages released than reserved");
}

static const struct hvp_guest_ops hvp_fake_ops = {
	.read = hvp_fake_read,
	.write = hvp_fake_write,
	.probe_write = hvp_fake_probe_write,
	.pin = hvp_fake_pin,
	.unpin = hvp_fake_unpin,
	.zero = hvp_fake_zero,
	.is_ram = hvp_fake_is_ram,
	.read_page = hvp_fake_read_page,
	.write_page = hvp_fake_write_page,
	.node = hvp_fake_node,
};

/* May be called in an interrupt. */
static void hvp_fake_attend(struct hvp_host *host, struct hvp_vp *vp)
{
	struct hvp_fake_guest *guest = host_to_fake(host);

	WRITE_ONCE(guest->attended, guest->attended + 1);
}

static const struct hvp_host_ops hvp_fake_host_ops = {
	.attend = hvp_fake_attend,
	.reserve_locked_pages = hvp_fake_reserve,
	.release_locked_pages = hvp_fake_release,
};

/* Of no processor that there is: each number is told from all others. */
static const struct hvp_processor hvp_fake_processor = {
	.vendor = 2,
	.features = { 0x123456789abcdef1, 0xfedcba987 },
	.xsave_features = BIT(0) | BIT(2) | BIT(6),
	.xsave_starts = { [2] = 576, [5] = 1088, 1152, 1664 },
	.xsave_ends = { 576, 576, 832, [5] = 1152, 1664, 2688 },
	.xsave_aligned = BIT(6),
	.clflush_size = 9,
	.physical_address_bits = 45,
	.clock_frequency = 2345678901,
};

/**
 * hvp_fake_name_page() - a virtual processor gives a page a meaning of its own, by an MSR
 * @guest:	the guest
 * @gfn:	the page; 0 for none any more
 */
void hvp_fake_name_page(struct hvp_fake_guest *guest, u64 gfn)
{
	guest->vp[1].pages[HVP_VP_PAGE_SIEF] = gfn ? gfn << HVP_PAGE_SHIFT | 1 : 0;
}

/**
 * hvp_fake_add_vps() - the guest gets more virtual processors
 * @guest:	the guest
 * @count:	how many it has then, at most HVP_FAKE_VPS_MOST
 */
void hvp_fake_add_vps(struct hvp_fake_guest *guest, unsigned int count)
{
	unsigned int i;

	for (i = guest->vps.count; i < count; i++) {
		guest->vp[i].index = HVP_FAKE_VP_INDEX(i);
		KUNIT_ASSERT_EQ(guest->test, 0, hvp_vps_add(&guest->vps, i, &guest->vp[i]));
	}
}

/**
 * hvp_fake_expect_idle() - nobody holds anything of the guest
 * @guest:	the guest
 */
void hvp_fake_expect_idle(struct hvp_fake_guest *guest)
{
	KUNIT_EXPECT_EQ_MSG(guest->test, guest->pinned, 0, "pages are left pinned");
	KUNIT_EXPECT_EQ_MSG(guest->test, guest->locked, 0, "locked pages are left reserved");
}

static void hvp_fake_guest_destroy(void *context)
{
	struct hvp_fake_guest *guest = context;
	u64 gfn;

	hvp_fake_expect_idle(guest);
	hvp_fake_machines_end(guest);
	for (gfn = 0; gfn < HVP_FAKE_GFNS; gfn++) {
		if (guest->pages[gfn].page)
			__free_page(guest->pages[gfn].page);
		if (guest->pages[gfn].replaced)
			__free_page(guest->pages[gfn].replaced);
	}
	xa_destroy(&guest->vps.list);
	kvfree(guest);
}

/**
 * hvp_fake_map() - give the guest plain RAM
 * @guest:	the guest
 * @gfn:	first page
 * @count:	how many
 */
void hvp_fake_map(struct hvp_fake_guest *guest, u64 gfn, unsigned int count)
{
	for (; count--; gfn++) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		KUNIT_ASSERT_NOT_NULL(guest->test, page);
		set_page_private(page, gfn);
		guest->pages[gfn].page = page;
	}
}

/**
 * hvp_fake_replace() - the VMM replaces a page, which remains pinned
 * @guest:	the guest
 * @gfn:	the page
 * @read_only:	what is there now cannot be written to
 */
void hvp_fake_replace(struct hvp_fake_guest *guest, u64 gfn, bool read_only)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(guest->test, page);
	memset(page_address(page), HVP_FAKE_SCRIBBLE, HVP_PAGE_SIZE);
	guest->pages[gfn].replaced = page;
	guest->pages[gfn].read_only = read_only;
}

/**
 * hvp_fake_guest_create() - make a guest that lives as long as the test
 * @test:	the test
 * @size:	bytes to allocate for it and for what it is the first member of
 *
 * At the end of the test it expects that nothing of it is held any more.
 *
 * Return: the guest.
 */
struct hvp_fake_guest *hvp_fake_guest_create(struct kunit *test, size_t size)
{
	struct hvp_fake_guest *guest = kvzalloc(size, GFP_KERNEL);
	unsigned int level;

	KUNIT_ASSERT_NOT_NULL(test, guest);
	guest->guest.ops = &hvp_fake_ops;
	guest->test = test;
	guest->locked_limit = ULONG_MAX;
	guest->host.ops = &hvp_fake_host_ops;
	guest->host.processor = &guest->processor;
	guest->host.machines = &hvp_fake_machine_ops;
	spin_lock_init(&guest->machines_lock);
	hvp_fake_machines_init(&guest->machines);
	guest->processor = hvp_fake_processor;
	hvp_vps_init(&guest->vps);
	guest->watched = true;
	spin_lock_init(&guest->lock);
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, hvp_fake_guest_destroy, guest));

	for (level = 0; level < HVP_FAKE_LEVELS; level++) {
		hvp_fake_map(guest, HVP_FAKE_INPUT_GFN(level), 1);
		hvp_fake_map(guest, HVP_FAKE_OUTPUT_GFN(level), 1);
	}
	hvp_fake_map(guest, HVP_FAKE_RAM_GFN, HVP_FAKE_RAM_PAGES);
	hvp_fake_add_vps(guest, HVP_FAKE_VPS);
	return guest;
}
