// SPDX-License-Identifier: GPL-2.0
/* The guest: what the core asks of it, and what it will not stand for. */

#include "fuzz.h"
#include "../../../drivers/hvpart/core/memory/pool.h"

/* What the guest writes to what it has deposited, or has given away as input. */
#define GUEST_SCRIBBLE	0x5a

#define GUEST_FIRST	64	/* pages from 0 on */
#define GUEST_SECOND	(HVP_CLAIM_CHUNK_PAGES - 32)

struct call *current_call;
struct hvp_processor machine;

static struct guest *to_guest(struct hvp_guest *guest)
{
	return container_of(guest, struct guest, guest);
}

/* A GPA page number for each byte; from GUEST_PAGES on there is nothing. */
u64 guest_gfn(u8 index)
{
	if (index < GUEST_FIRST)
		return index;
	if (index < GUEST_PAGES)
		return GUEST_SECOND + index - GUEST_FIRST;
	return index == 255 ? ~0ULL : 1ULL << index % 64;
}

struct guest_page *guest_page(struct guest *guest, u64 gfn)
{
	if (gfn < GUEST_FIRST)
		return &guest->pages[gfn];
	if (gfn >= GUEST_SECOND && gfn < GUEST_SECOND + GUEST_PAGES - GUEST_FIRST)
		return &guest->pages[GUEST_FIRST + gfn - GUEST_SECOND];
	return NULL;
}

/* Does the host have the page, in a pool or as a statistics page? */
bool guest_claimed(struct hvp_hierarchy *hierarchy, u64 gfn)
{
	struct hvp_claim_chunk *chunk = xa_load(&hierarchy->space.claims.chunks,
						gfn / HVP_CLAIM_CHUNK_PAGES);

	return chunk && test_bit(gfn % HVP_CLAIM_CHUNK_PAGES, chunk->claimed);
}

/* The host page that is mapped at a GPA page now, or NULL. */
struct page *guest_host_page(struct guest *guest, u64 gfn)
{
	struct guest_page *page = guest_page(guest, gfn);

	if (!page || page->kind == GUEST_UNMAPPED)
		return NULL;
	if (!page->page) {
		page->page = calloc(1, sizeof(*page->page));
		page->page->gfn = gfn;
		page->page->node = page->node;
		page->page->mapped = true;
	}
	return page->page;
}

static void guest_free_page(struct page *page)
{
	if (page && !page->mapped && !page->pins)
		free(page);
}

/* The MSR of the guest's that names the page, or with 0 one that names none, or NULL. */
static u64 *guest_msr_naming(struct guest *guest, u64 msr)
{
	unsigned int i, k;

	for (k = 0; k < HVP_NR_PARTITION_PAGES; k++) {
		if (guest->vps.pages[k] == msr)
			return &guest->vps.pages[k];
	}
	for (i = 0; i < GUEST_FIRST_VPS; i++) {
		for (k = 0; k < HVP_NR_VP_PAGES; k++) {
			if (guest->vp[i].pages[k] == msr)
				return &guest->vp[i].pages[k];
		}
	}
	return NULL;
}

/* Return: whether that is what it is from now on; there are only so many MSRs. */
static bool guest_name_page(struct guest *guest, u8 index, bool in_use)
{
	u64 name = guest_gfn(index % GUEST_PAGES) << HVP_PAGE_SHIFT | 1;
	u64 *msr = guest_msr_naming(guest, name);

	if (!msr && in_use)
		msr = guest_msr_naming(guest, 0);
	if (msr)
		*msr = in_use ? name : 0;
	return msr;
}

void guest_map(struct guest *guest, u8 index, enum guest_page_kind kind, int node)
{
	struct guest_page *page = &guest->pages[index % GUEST_PAGES];

	if (!guest_name_page(guest, index, kind == GUEST_IN_USE) && kind == GUEST_IN_USE)
		kind = GUEST_RAM;

	if (kind == GUEST_UNMAPPED || kind == GUEST_REMAPPED) {
		if (page->page) {
			page->page->mapped = false;
			guest_free_page(page->page);
		}
		page->page = NULL;
		page->node = node % nr_node_ids;
	}
	page->kind = kind;
}

bool guest_readable(struct guest *guest, u64 gpa)
{
	return guest_host_page(guest, gpa >> HVP_PAGE_SHIFT);
}

bool guest_writable(struct guest *guest, u64 gpa)
{
	return guest_readable(guest, gpa) &&
	       guest_page(guest, gpa >> HVP_PAGE_SHIFT)->kind != GUEST_READ_ONLY;
}

/* Every operation of a vCPU begins here.  Return: it is made to fail. */
static bool guest_begin(struct guest *guest, enum guest_op op)
{
	might_sleep();
	if (!current_call)
		shim_die("guest operation %d without a call", op);
	if (!guest->fail_at[op] || --guest->fail_at[op])
		return false;
	current_call->failed[op] = true;
	return true;
}

/* Is it a part of the parameters, and for the first time? */
static void guest_check_access(u64 gpa, size_t size, u64 from, size_t bytes, unsigned long *seen,
			       const char *what)
{
	size_t at;

	current_call->touched = true;
	if (gpa < from || gpa + size > from + bytes || !size ||
	    gpa % HVP_PAGE_SIZE + size > HVP_PAGE_SIZE)
		shim_die("%s of %zu bytes at %#llx, parameters are %zu bytes at %#llx", what,
			 size, gpa, bytes, from);
	for (at = 0; at < size; at++) {
		if (test_and_set_bit(gpa + at - from, seen))
			shim_die("%s of the parameter at %#llx for the second time", what,
				 gpa + at);
	}
}

/* State of a virtual processor is in a whole page, of the caller's or of the child's. */
static bool guest_is_state(u64 gpa, size_t size)
{
	if (!current_call->row->varhead || size != HVP_PAGE_SIZE || gpa % HVP_PAGE_SIZE)
		return false;
	current_call->touched = true;
	return true;
}

/* A child's instructions and page tables are no parameters. */
static bool guest_reads_child(const struct call *call, u64 gpa)
{
	return (call->row->code == HVP_CALL_DISPATCH_VP ||
		call->row->code == HVP_CALL_TRANSLATE_VIRTUAL_ADDRESS) &&
	       gpa >> HVP_PAGE_SHIFT != call->call.input >> HVP_PAGE_SHIFT;
}

static int guest_read(struct hvp_guest *ops_guest, u64 gpa, void *buf, size_t size)
{
	struct guest *guest = to_guest(ops_guest);
	bool fails = guest_begin(guest, GUEST_READ);
	struct call *call = current_call;
	bool child = guest_reads_child(call, gpa);
	u8 *from;

	if (guest_is_state(gpa, size)) {
		if (fails || !guest_readable(guest, gpa))
			return -EFAULT;
		memcpy(buf, guest_host_page(guest, gpa >> HVP_PAGE_SHIFT)->data, size);
		return 0;
	}
	if (!child)
		guest_check_access(gpa, size, call->call.input, call->in_bytes, call->read,
				   "read");
	if (fails || !guest_readable(guest, gpa))
		return -EFAULT;
	from = guest_host_page(guest, gpa >> HVP_PAGE_SHIFT)->data + gpa % HVP_PAGE_SIZE;
	memcpy(buf, from, size);
	if (child)
		return 0;
	memcpy((u8 *)call->in + gpa - call->call.input, from, size);
	/* Another vCPU overwrites it at once. */
	memset(from, GUEST_SCRIBBLE, size);
	return 0;
}

static int guest_write(struct hvp_guest *ops_guest, u64 gpa, const void *buf, size_t size)
{
	struct guest *guest = to_guest(ops_guest);
	bool fails = guest_begin(guest, GUEST_WRITE);
	struct call *call = current_call;

	if (guest_is_state(gpa, size)) {
		if (fails || !guest_writable(guest, gpa))
			return -EFAULT;
		memcpy(guest_host_page(guest, gpa >> HVP_PAGE_SHIFT)->data, buf, size);
		return 0;
	}
	guest_check_access(gpa, size, call->call.output, call->out_bytes, call->written,
			   "write");
	memcpy((u8 *)call->out + gpa - call->call.output, buf, size);
	if (fails || !guest_writable(guest, gpa)) {
		call->failed[GUEST_WRITE] = true;
		return -EFAULT;
	}
	memcpy(guest_host_page(guest, gpa >> HVP_PAGE_SHIFT)->data + gpa % HVP_PAGE_SIZE, buf,
	       size);
	return 0;
}

static int guest_probe_write(struct hvp_guest *ops_guest, u64 gpa)
{
	struct guest *guest = to_guest(ops_guest);
	bool fails = guest_begin(guest, GUEST_PROBE);

	current_call->touched = true;
	if (gpa != current_call->call.output)
		shim_die("probe of %#llx, output is at %#llx", gpa, current_call->call.output);
	return fails || !guest_writable(guest, gpa) ? -EFAULT : 0;
}

static int guest_pin_one(struct guest *guest, struct hvp_pinned_page *pinned)
{
	bool fails = guest_begin(guest, GUEST_PIN);
	struct guest_page *page = guest_page(guest, pinned->gfn);

	if (fails)
		return guest->error;
	if (!guest_writable(guest, pinned->gfn << HVP_PAGE_SHIFT) ||
	    pinned->gfn >> (64 - HVP_PAGE_SHIFT) || page->kind == GUEST_NOT_RAM)
		return -EFAULT;
	pinned->page = guest_host_page(guest, pinned->gfn);
	pinned->page->pins++;
	pinned->page->zeroed = false;
	guest->pinned++;
	return 0;
}

static unsigned int guest_pin(struct hvp_guest *ops_guest, struct hvp_pinned_page *pages,
			      unsigned int count, int *error)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		int this = guest_pin_one(to_guest(ops_guest), &pages[i]);

		if (this) {
			*error = this;
			break;
		}
	}
	return i;
}

static void guest_unpin(struct hvp_guest *ops_guest, struct hvp_pinned_page *pages,
			unsigned int count)
{
	struct guest *guest = to_guest(ops_guest);
	unsigned int i;

	might_sleep();
	for (i = 0; i < count; i++) {
		struct page *page = pages[i].page;

		if (page->gfn != pages[i].gfn)
			shim_die("page %#llx unpinned as %#llx", page->gfn, pages[i].gfn);
		if (!page->pins)
			shim_die("page %#llx unpinned that is not pinned", page->gfn);
		page->pins--;
		guest->pinned--;
		guest_free_page(page);
	}
}

static int guest_zero(struct hvp_guest *ops_guest, const struct hvp_pinned_page *pinned)
{
	struct guest *guest = to_guest(ops_guest);
	struct page *page = pinned->page;
	struct page *seen;

	might_sleep();
	seen = guest_host_page(guest, pinned->gfn);
	if (page->gfn != pinned->gfn)
		shim_die("page %#llx zeroed as %#llx", page->gfn, pinned->gfn);
	if (!current_call || (current_call->row->code != HVP_CALL_WITHDRAW_MEMORY &&
			      current_call->row->code != HVP_CALL_UNMAP_STATS_PAGE &&
			      current_call->row->code != HVP_CALL_UNMAP_VP_STATE_PAGE &&
			      current_call->row->code != HVP_CALL_DELETE_VP &&
			      current_call->row->code != HVP_CALL_FINALIZE_PARTITION))
		shim_die("page %#llx zeroed, but not to be given back", page->gfn);
	if (!page->pins)
		shim_die("page %#llx zeroed that is not pinned", page->gfn);
	/* Otherwise it could have been deposited again, and be in use, by then. */
	if (!guest_claimed(current_call->hierarchy, page->gfn))
		shim_die("page %#llx is zeroed after it has been given back", page->gfn);
	memset(page->data, 0, sizeof(page->data));
	page->zeroed = true;
	current_call->zeroed++;
	if (!seen || seen == page)
		return 0;
	if (guest_page(guest, pinned->gfn)->kind == GUEST_READ_ONLY) {
		guest_page(guest, pinned->gfn)->lost = true;
		current_call->lost++;
		return -EFAULT;
	}
	memset(seen->data, 0, sizeof(seen->data));
	return 0;
}

/* Calls that look at registers write what they are to their page, or the intercept to its. */
static bool guest_shows_registers(void)
{
	switch (current_call ? current_call->row->code : 0) {
	case HVP_CALL_GET_VP_REGISTERS:
	case HVP_CALL_SET_VP_REGISTERS:
	case HVP_CALL_TRANSLATE_VIRTUAL_ADDRESS:
	case HVP_CALL_DISPATCH_VP:
	case HVP_CALL_GET_VP_CPUID_VALUES:
	case HVP_CALL_MAP_VP_STATE_PAGE:
	case HVP_CALL_UNMAP_VP_STATE_PAGE:
	case HVP_CALL_GET_VP_STATE:
	case HVP_CALL_SET_VP_STATE:
		return true;
	default:
		return false;
	}
}

static unsigned int guest_is_ram(struct hvp_guest *ops_guest, u64 gfn, unsigned int count)
{
	struct guest *guest = to_guest(ops_guest);
	bool fails = guest_begin(guest, GUEST_IS_RAM);
	unsigned int i;

	for (i = 0; i < count && !fails; i++) {
		struct guest_page *page = guest_page(guest, gfn + i);

		if (!page || !guest_writable(guest, (gfn + i) << HVP_PAGE_SHIFT) ||
		    page->kind == GUEST_NOT_RAM)
			break;
	}
	return i;
}

static void guest_read_page(struct hvp_guest *ops_guest, struct page *page, size_t offset,
			    void *buf, size_t len)
{
	if (!guest_shows_registers())
		shim_die("page %#llx is read", page->gfn);
	if (!page->pins)
		shim_die("page %#llx is read that is not pinned", page->gfn);
	if (offset > sizeof(page->data) || len > sizeof(page->data) - offset)
		shim_die("%zu bytes are read at %zu of a page", len, offset);
	memcpy(buf, &page->data[offset], len);
}

static void guest_write_page(struct hvp_guest *ops_guest, struct page *page, size_t offset,
			     const void *buf, size_t len)
{
	struct guest *guest = to_guest(ops_guest);

	if (!guest->refreshing && !guest_shows_registers()) {
		if (!current_call || (current_call->row->code != HVP_CALL_MAP_STATS_PAGE &&
				      current_call->row->code != HVP_CALL_MAP_STATS_PAGE2))
			shim_die("page %#llx is written to, but not to be mapped", page->gfn);
		current_call->filled = true;
	}
	if (!page->pins)
		shim_die("page %#llx is written to that is not pinned", page->gfn);
	if (offset > sizeof(page->data) || len > sizeof(page->data) - offset)
		shim_die("%zu bytes are written at %zu of a page", len, offset);
	memcpy(&page->data[offset], buf, len);
}

static int guest_node(struct hvp_guest *ops_guest, struct page *page)
{
	if (!page->pins)
		shim_die("node asked of page %#llx, which is not pinned", page->gfn);
	return page->node;
}

static struct guest *host_to_guest(struct hvp_host *host)
{
	return container_of(host, struct guest, host);
}

static int guest_reserve(struct hvp_host *host, unsigned long count)
{
	struct guest *guest = host_to_guest(host);

	if (guest_begin(guest, GUEST_RESERVE) || guest->locked + count > guest->locked_limit)
		return -ENOMEM;
	guest->locked += count;
	return 0;
}

static void guest_release(struct hvp_host *host, unsigned long count)
{
	struct guest *guest = host_to_guest(host);

	might_sleep();
	if (count > guest->locked)
		shim_die("%lu locked pages released, %lu are reserved", count, guest->locked);
	guest->locked -= count;
}

static const struct hvp_guest_ops guest_ops = {
	.read = guest_read,
	.write = guest_write,
	.probe_write = guest_probe_write,
	.pin = guest_pin,
	.unpin = guest_unpin,
	.zero = guest_zero,
	.is_ram = guest_is_ram,
	.read_page = guest_read_page,
	.write_page = guest_write_page,
	.node = guest_node,
};

/* Nobody looks for messages in here. */
static void guest_attend(struct hvp_host *host, struct hvp_vp *vp)
{
}

static const struct hvp_host_ops host_ops = {
	.reserve_locked_pages = guest_reserve,
	.release_locked_pages = guest_release,
	.attend = guest_attend,
};

/* There can only be more.  Without memory for them, no call of theirs gets as far as here. */
void guest_add_vps(struct guest *guest, unsigned int count)
{
	unsigned int fail_nth = shim_fail_nth;
	unsigned int i;

	shim_fail_nth = 0;
	for (i = guest->vps.count; i < count; i++) {
		guest->vp[i].index = GUEST_VP_INDEX(i);
		hvp_vps_add(&guest->vps, i, &guest->vp[i]);
	}
	shim_fail_nth = fail_nth;
}

void guest_create(struct guest *guest)
{
	unsigned int i;

	*guest = (struct guest){
		.guest.ops = &guest_ops,
		.host = { &host_ops, &machine, &machine_ops },
		.locked_limit = ULONG_MAX / 2,
	};
	hvp_vps_init(&guest->vps);
	guest->vps.guest_os_id = 1;
	guest_add_vps(guest, GUEST_FIRST_VPS);
	for (i = 0; i < GUEST_PAGES; i++)
		guest->pages[i].node = i / 16 % min_t(unsigned int, nr_node_ids, 3);
}

void guest_destroy(struct guest *guest)
{
	unsigned int i;

	if (guest->machines)
		shim_die("%u machines are left", guest->machines);
	if (guest->pinned || guest->locked)
		shim_die("%lu pages are left pinned, %lu locked", guest->pinned,
			 guest->locked);
	for (i = 0; i < GUEST_PAGES; i++)
		guest_map(guest, i, GUEST_UNMAPPED, 0);
	xa_destroy(&guest->vps.list);
}
