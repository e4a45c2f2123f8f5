// SPDX-License-Identifier: GPL-2.0
/* What can be seen of a hierarchy, and what is true of any. */

#include "fuzz.h"
#include "../../../drivers/hvpart/core/active.h"
#include "../../../drivers/hvpart/core/partition.h"
#include "../../../drivers/hvpart/core/stats_page.h"

static void book_keep_mapped(const struct hvp_partition *partition, struct book *book)
{
	const struct hvp_stats_page *page;

	list_for_each_entry(page, &partition->stats_pages, node) {
		struct mapped *mapped = &book->mapped[book->mapped_count];

		if (book->mapped_count++ == MAX_MAPPED)
			shim_die("partition %llu has more pages mapped than areas", book->id);
		mapped->type = page->object.type;
		mapped->vp_index = page->object.identity.vp_index;
		mapped->area = page->object.identity.area;
		mapped->lent = page->lent;
		mapped->payer = page->payer->id;
		mapped->gfn = page->page.gfn;
		mapped->page = page->page.page;
	}
}

static void book_keep_rules(const struct hvp_rules *rules, u64 *count, u64 *blocks)
{
	const struct hvp_rule_block *block;

	for (block = rules->top; block; block = block->below) {
		if (!block->count || block->count > HVP_RULES_PER_BLOCK ||
		    (block != rules->top && block->count != HVP_RULES_PER_BLOCK))
			shim_die("a block of %u rules", block->count);
		*count += block->count;
		++*blocks;
	}
	if (*count != rules->count || *count > HVP_MOST_RULES)
		shim_die("%llu rules, not %u", *count, rules->count);
}

/* Virtual processors, and what can be said of memory in short. */
static void book_keep_child(struct hvp_partition *partition, struct book *book)
{
	const struct hvp_child_vp *vp;
	struct hvp_gpa_counts counts;
	unsigned long index;
	unsigned int type;
	struct hvp_vp *any;

	if (!partition->parent)
		return;
	book->vps_kept = partition->child.machine_vps;
	memcpy(book->vps_deleted, partition->child.deleted, sizeof(book->vps_deleted));
	xa_for_each(&partition->child.vps.list, index, any) {
		struct book_vp *known = &book->vps[book->vp_count];

		vp = container_of(any, struct hvp_child_vp, vp);
		if (book->vp_count++ == MAX_VPS)
			shim_die("partition %llu has more virtual processors than it may have",
				 book->id);
		known->index = index;
		book_keep_rules(&vp->rules, &known->rules, &known->rule_blocks);
		for (type = 0; type < HVP_NR_STATE_PAGES; type++) {
			if (!vp->pages[type].mapped)
				continue;
			known->mapped |= BIT(type);
			known->gfn[type] = vp->pages[type].page.gfn;
		}
	}
	book_keep_rules(&partition->child.rules, &book->rules, &book->rule_blocks);
	if (partition->state != HVP_STATE_ACTIVE && partition->state != HVP_STATE_FINALIZING)
		return;
	hvp_gpa_map_counts(&partition->child.map, &counts);
	book->map_nodes = counts.nodes;
	book->map_mapped = counts.mapped;
	book->map_no_access = counts.no_access;
}

static void book_keep_ports(struct hvp_partition *partition, struct book *book)
{
	const struct hvp_port *port;

	list_for_each_entry(port, &partition->ports, node) {
		struct book_port *known = &book->ports[book->port_count];

		if (book->port_count++ == MAX_PORTS)
			shim_die("partition %llu has more ports than it may have", book->id);
		known->id = port->id;
		known->child = port->child_id;
		known->connected = !list_empty(&port->connected);
		if (!known->connected)
			continue;
		known->connection_id = port->connection_id;
		known->size = port->size;
		known->any_value = port->any_value;
		known->gpa = port->gpa;
		known->value = port->value;
	}
}

/* The way debugfs goes through the partitions. */
void books_keep(struct hvp_hierarchy *hierarchy, struct books *books)
{
	static struct hvp_snapshot snapshot;
	struct hvp_partition *partition;
	u64 id = 0;

	memset(books, 0, offsetof(struct books, book));
	books->last_id = hierarchy->last_id;
	books->vps = hierarchy->root->vps->count;
	while ((partition = hvp_hierarchy_find_from(hierarchy, id))) {
		struct book *book = &books->book[books->count];
		unsigned int node;

		if (books->count++ == MAX_BOOKS - 1)
			shim_die("more partitions than there is memory to pay for");
		memset(book, 0, sizeof(*book));
		hvp_snapshot_take(partition, &snapshot);
		book->id = snapshot.id;
		book->parent = snapshot.parent_id;
		book->state = snapshot.state;
		book->depth = partition->depth;
		book->creation.flags = snapshot.creation.flags;
		book->creation.proximity = snapshot.creation.proximity;
		book->creation.compatibility_version = snapshot.creation.compatibility_version;
		memcpy(book->creation.disabled_processor_features,
		       snapshot.creation.disabled_processor_features,
		       sizeof(book->creation.disabled_processor_features));
		book->creation.disabled_xsave_features =
			snapshot.creation.disabled_xsave_features;
		book->active = snapshot.has_regular_properties;
		memcpy(book->used_for, snapshot.used_for, sizeof(book->used_for));
		for (node = 0; node < hvp_pool_nodes(); node++) {
			book->in_use[node] = snapshot.nodes[node].in_use;
			book->deposited[node] = snapshot.nodes[node].in_use +
						snapshot.nodes[node].available;
		}
		memcpy(book->early, snapshot.early_properties, sizeof(book->early));
		if (book->active)
			memcpy(book->regular, snapshot.regular_properties,
			       sizeof(book->regular));
		book_keep_mapped(partition, book);
		book_keep_child(partition, book);
		book_keep_ports(partition, book);
		id = partition->id + 1;
		hvp_partition_put(partition);
	}
}

struct book *books_find(struct books *books, u64 id)
{
	unsigned int i;

	for (i = 0; i < books->count; i++) {
		if (books->book[i].id == id)
			return &books->book[i];
	}
	return NULL;
}

unsigned int book_deposited(const struct book *book)
{
	unsigned int sum = 0;
	unsigned int node;

	for (node = 0; node < hvp_pool_nodes(); node++)
		sum += book->deposited[node];
	return sum;
}

u64 books_deposited(const struct books *books)
{
	unsigned int i;
	u64 sum = 0;

	for (i = 0; i < books->count; i++)
		sum += book_deposited(&books->book[i]);
	return sum;
}

/* Has any child this page? */
bool hierarchy_maps(struct hvp_hierarchy *hierarchy, u64 source)
{
	struct hvp_partition *partition;
	struct hvp_gpa_page page;
	bool found = false;
	u64 id = 2;

	while (!found && (partition = hvp_hierarchy_find_from(hierarchy, id))) {
		u64 gfn = 0, count = U64_MAX;

		while (!found && partition->state == HVP_STATE_ACTIVE &&
		       hvp_gpa_map_next(&partition->child.map, &gfn, &count, &page)) {
			found = page.kind == HVP_GPA_MAPPED && source - page.source < count;
			gfn += count;
			count = U64_MAX;
		}
		id = partition->id + 1;
		hvp_partition_put(partition);
	}
	return found;
}

static unsigned int book_state_pages(const struct book *book)
{
	unsigned int i, pages = 0;

	for (i = 0; i < book->vp_count; i++)
		pages += (book->vps[i].mapped & 1) + (book->vps[i].mapped >> 1);
	return pages;
}

/* Statistics and state pages, which are in no pool. */
u64 books_located(const struct books *books)
{
	unsigned int i, k;
	u64 sum = 0;

	for (i = 0; i < books->count; i++) {
		for (k = 0; k < books->book[i].mapped_count; k++)
			sum += !books->book[i].mapped[k].lent;
		sum += book_state_pages(&books->book[i]);
	}
	return sum;
}

unsigned int book_available(const struct book *book, struct hvp_proximity proximity)
{
	unsigned int sum = 0;
	unsigned int node;

	for (node = 0; node < hvp_pool_nodes(); node++) {
		if (!(proximity.flags & 0x80000000) || node == proximity.id)
			sum += book->deposited[node] - book->in_use[node];
	}
	return sum;
}

void books_expect_same(const struct books *expected, const struct books *books)
{
	unsigned int i;

	if (books->last_id != expected->last_id || books->count != expected->count)
		shim_die("%u partitions, last ID %llu; expected: %u, %llu", books->count,
			 books->last_id, expected->count, expected->last_id);
	for (i = 0; i < books->count; i++) {
		const u64 *now = (const u64 *)&books->book[i];
		const u64 *then = (const u64 *)&expected->book[i];
		unsigned int word = 0;

		if (!memcmp(now, then, sizeof(books->book[i])))
			continue;
		while (now[word] == then[word])
			word++;
		shim_die("partition %llu is not as it should be: %#llx at %zu, not %#llx",
			 books->book[i].id, now[word], word * sizeof(u64), then[word]);
	}
}

/* A statistics page, and what is paid for it.  Return: pages that are lent on @node. */
static unsigned int books_check_mapped(struct guest *guest, struct hvp_hierarchy *hierarchy,
				       const struct hvp_stats_page *page, int node, bool idle)
{
	const struct hvp_pinned_page *pinned = &page->page;
	struct guest_page *at = guest_page(guest, pinned->gfn);
	unsigned int charged = 0;
	unsigned int i;

	for (i = 0; i < hvp_pool_nodes(); i++)
		charged += page->charge.pages[i];
	if (charged != 1 + page->lent)
		shim_die("statistics page %#llx costs %u", pinned->gfn, charged);
	if (!at || pinned->page->gfn != pinned->gfn ||
	    !guest_claimed(hierarchy, pinned->gfn))
		shim_die("%#llx is a statistics page", pinned->gfn);
	if (idle ? pinned->page->pins != 1 : !pinned->page->pins)
		shim_die("statistics page %#llx is pinned %u times", pinned->gfn,
			 pinned->page->pins);
	if (at->owner != (page->lent ? page->payer->id : 0) || at->lent != page->lent ||
	    at->stats == page->lent)
		shim_die("statistics page %#llx is in the pool of %llu", pinned->gfn, at->owner);
	if (page->lent && pinned->page->node != page->numa_node)
		shim_die("statistics page %#llx of node %d", pinned->gfn, page->numa_node);
	return page->lent && page->numa_node == node;
}

/* All that a partition pays for: its own and its children's.  Return: as above. */
static unsigned int books_check_paid(struct guest *guest, struct hvp_hierarchy *hierarchy,
				     const struct hvp_partition *partition, int node, bool idle)
{
	const struct hvp_partition *child;
	const struct hvp_stats_page *page;
	unsigned int lent = 0;

	list_for_each_entry(page, &partition->stats_pages, node) {
		if (page->payer == partition)
			lent += books_check_mapped(guest, hierarchy, page, node, idle);
		else if (page->payer != partition->parent)
			shim_die("partition %llu pays for partition %llu", page->payer->id,
				 partition->id);
	}
	list_for_each_entry(child, &partition->children, sibling) {
		list_for_each_entry(page, &child->stats_pages, node) {
			if (page->payer == partition)
				lent += books_check_mapped(guest, hierarchy, page, node, idle);
		}
	}
	return lent;
}

/* The pages of one pool on one node. */
static void books_check_pages(struct guest *guest, struct hvp_hierarchy *hierarchy,
			      const struct hvp_partition *partition, int node, bool idle)
{
	const struct hvp_pool_node *account = &partition->pool.nodes[node];
	const struct hvp_page_block *block;
	unsigned int pages = books_check_paid(guest, hierarchy, partition, node, idle);
	unsigned int i;

	for (block = account->top; block; block = block->below) {
		if (!block->count || (block != account->top && block->count != HVP_BLOCK_PAGES))
			shim_die("a block of %u pages", block->count);
		pages += block->count;
		for (i = 0; i < block->count; i++) {
			const struct hvp_pinned_page *pinned = &block->pages[i];
			struct guest_page *page = guest_page(guest, pinned->gfn);

			if (!page || pinned->page->gfn != pinned->gfn ||
			    pinned->page->node != node ||
			    !guest_claimed(hierarchy, pinned->gfn))
				shim_die("pool of partition %llu has page %#llx", partition->id,
					 pinned->gfn);
			if (idle ? pinned->page->pins != 1 : !pinned->page->pins)
				shim_die("page %#llx is pinned %u times", pinned->gfn,
					 pinned->page->pins);
			if (page->lent)
				shim_die("page %#llx is lent and in its pool", pinned->gfn);
			if (page->owner != partition->id)
				shim_die("page %#llx is in the pool of %llu and of %llu",
					 pinned->gfn, partition->id, page->owner);
		}
	}
	if (pages != account->deposited)
		shim_die("partition %llu, node %d: %u pages, %llu by its account",
			 partition->id, node, pages, account->deposited);
}

/* What @payer was charged for what it has mapped of a partition. */
static unsigned int books_charged_for_mapped(const struct hvp_partition *partition,
					     const struct hvp_partition *payer,
					     unsigned int node)
{
	const struct hvp_stats_page *page;
	unsigned int charged = 0;

	list_for_each_entry(page, &partition->stats_pages, node) {
		if (page->payer == payer)
			charged += page->charge.pages[node];
	}
	return charged;
}

static unsigned int books_charged_for_rules(const struct hvp_rules *rules, unsigned int node)
{
	const struct hvp_rule_block *block;
	unsigned int charged = 0;

	for (block = rules->top; block; block = block->below)
		charged += block->charge.pages[node];
	return charged;
}

static u64 book_rule_blocks(const struct book *book)
{
	u64 blocks = book->rule_blocks;
	unsigned int i;

	for (i = 0; i < book->vp_count; i++)
		blocks += book->vps[i].rule_blocks;
	return blocks;
}

/* Are its pages in use just those that its children and itself were charged for? */
static void books_check_charges(struct hvp_partition *partition, const struct book *book)
{
	u64 used_for[HVP_NR_USES] = {};
	struct hvp_partition *child;
	const struct hvp_port *port;
	unsigned long index;
	struct hvp_vp *any;
	unsigned int node;
	u64 previous = 0;

	for (node = 0; node < hvp_pool_nodes(); node++) {
		unsigned int charged = books_charged_for_mapped(partition, partition, node);

		list_for_each_entry(child, &partition->children, sibling)
			charged += books_charged_for_mapped(child, partition, node);
		used_for[HVP_USE_STATISTICS] += charged;
		list_for_each_entry(child, &partition->children, sibling) {
			charged += child->paid_by_parent.pages[node];
			used_for[HVP_USE_CHILDREN] += child->paid_by_parent.pages[node];
		}
		if (partition->active) {
			charged += partition->active->charge.pages[node];
			used_for[HVP_USE_PARTITION] += partition->active->charge.pages[node];
		}
		list_for_each_entry(port, &partition->ports, node) {
			charged += port->charge.pages[node];
			used_for[HVP_USE_PORTS] += port->charge.pages[node];
		}
		charged += partition->child.map_charge.pages[node];
		used_for[HVP_USE_MEMORY_MAP] += partition->child.map_charge.pages[node];
		used_for[HVP_USE_RULES] += books_charged_for_rules(&partition->child.rules, node);
		charged += books_charged_for_rules(&partition->child.rules, node);
		xa_for_each(&partition->child.vps.list, index, any) {
			const struct hvp_child_vp *vp = container_of(any, struct hvp_child_vp, vp);
			unsigned int rules;

			if (!partition->parent)
				break;
			rules = books_charged_for_rules(&vp->rules, node);
			charged += vp->charge.pages[node] + rules;
			used_for[HVP_USE_VPS] += vp->charge.pages[node];
			used_for[HVP_USE_RULES] += rules;
		}
		if (charged != book->in_use[node] || charged > book->deposited[node])
			shim_die("partition %llu, node %u: %u of %u pages in use, %u charged",
				 book->id, node, book->in_use[node], book->deposited[node],
				 charged);
	}
	if (memcmp(used_for, book->used_for, sizeof(used_for)))
		shim_die("partition %llu: %llu pages for children, %llu for itself, %llu mapped",
			 book->id, book->used_for[HVP_USE_CHILDREN],
			 book->used_for[HVP_USE_PARTITION], book->used_for[HVP_USE_STATISTICS]);
	if (used_for[HVP_USE_VPS] != book->vp_count * hvp_child_vp_pages())
		shim_die("partition %llu: %llu pages for virtual processors", book->id,
			 used_for[HVP_USE_VPS]);
	if (used_for[HVP_USE_RULES] != book_rule_blocks(book) * hvp_rule_block_pages())
		shim_die("partition %llu: %llu pages for rules", book->id,
			 used_for[HVP_USE_RULES]);
	if (used_for[HVP_USE_MEMORY_MAP] !=
	    DIV_ROUND_UP(book->map_nodes * sizeof(struct hvp_gpa_node), HVP_PAGE_SIZE))
		shim_die("partition %llu: %llu pages for a map", book->id,
			 used_for[HVP_USE_MEMORY_MAP]);
	list_for_each_entry(child, &partition->children, sibling) {
		if (child->parent != partition || child->id <= previous ||
		    child->state == HVP_STATE_DELETED)
			shim_die("%llu is not a child of %llu", child->id, partition->id);
		previous = child->id;
	}
}

static unsigned int books_children(const struct books *books, u64 id, u8 states)
{
	unsigned int children = 0;
	unsigned int i;

	for (i = 0; i < books->count; i++)
		children += books->book[i].parent == id && states & BIT(books->book[i].state);
	return children;
}

static void books_check_partition(struct books *books, const struct hvp_partition *partition,
				  const struct book *book, bool idle)
{
	const struct book *parent = books_find(books, book->parent);
	unsigned int children = 0;
	const struct list_head *at;

	/* As it is meanwhile, and as a thread leaves it that is killed. */
	if (book->state == HVP_STATE_DELETED ||
	    (book->state == HVP_STATE_FINALIZING && idle && !partition->child.begun))
		shim_die("partition %llu found in state %d", book->id, book->state);
	if (book->parent ? book->id == HVP_PARTITION_ID_ROOT :
			   book->id != HVP_PARTITION_ID_ROOT)
		shim_die("partition %llu has parent %llu", book->id, book->parent);
	if (book->parent && (!parent || parent->id >= book->id ||
			     parent->depth + 1 != book->depth))
		shim_die("the parent of %llu is not %llu", book->id, book->parent);
	if (book->state != HVP_STATE_FINALIZING &&
	    book->active != (book->state == HVP_STATE_ACTIVE && book->parent))
		shim_die("partition %llu in state %d has what is not for it", book->id,
			 book->state);
	for (at = partition->children.next; at != &partition->children; at = at->next)
		children++;
	if (children != books_children(books, book->id, HVP_IN_ANY))
		shim_die("partition %llu has %u children", book->id, children);
	if (atomic_read(&partition->active_children) !=
	    (int)books_children(books, book->id, HVP_IN_ACTIVE))
		shim_die("partition %llu has %d active children", book->id,
			 atomic_read(&partition->active_children));
	if (book->mapped_count && book->state != HVP_STATE_ACTIVE &&
	    book->state != HVP_STATE_FINALIZING)
		shim_die("partition %llu in state %d has %llu pages mapped", book->id,
			 book->state, book->mapped_count);
	/* Children live in a parent that does. */
	if (children && book->state == HVP_STATE_FINALIZED)
		shim_die("partition %llu is finalized and has children", book->id);
}

/* Is each chunk of claims held by its pages, and by nobody else? */
static void books_check_claims(struct hvp_hierarchy *hierarchy)
{
	const struct hvp_claim_chunk *chunk;
	unsigned long index;
	unsigned int i;
	int taken;

	xa_for_each(&hierarchy->space.claims.chunks, index, chunk) {
		taken = 0;
		for (i = 0; i < HVP_CLAIM_CHUNK_PAGES; i++)
			taken += test_bit(i, chunk->claimed);
		if (!taken || chunk->holds.count != taken)
			shim_die("chunk %lu of claims has %d pages and is held by %d", index,
				 taken, chunk->holds.count);
	}
}

/**
 * books_check() - what is true of any hierarchy
 * @guest:	its guest
 * @hierarchy:	the hierarchy
 * @books:	its books
 * @idle:	no call is under way
 */
void books_check(struct guest *guest, struct hvp_hierarchy *hierarchy, struct books *books,
		 bool idle)
{
	unsigned int mapped = 0, ports = 0;
	unsigned long pages;
	unsigned int i;
	int node;

	for (i = 0; i < books->count; i++) {
		const struct book *book = &books->book[i];
		struct hvp_partition *partition = hvp_hierarchy_find(hierarchy, book->id);

		if (!partition || partition->id != book->id)
			shim_die("partition %llu cannot be found", book->id);
		books_check_partition(books, partition, book, idle);
		/* Virtual processors are paid for before they are there. */
		if (idle || !partition->child.begun)
			books_check_charges(partition, book);
		for (node = 0; node < (int)hvp_pool_nodes(); node++)
			books_check_pages(guest, hierarchy, partition, node, idle);
		hvp_partition_put(partition);
		mapped += book->mapped_count;
		ports += book->port_count;
	}
	if (!idle)
		return;
	if (hierarchy->space.doorbells.count != ports)
		shim_die("%u ports, %u counted", ports, hierarchy->space.doorbells.count);
	if (atomic_read(&hierarchy->stats_page_count) != (int)mapped)
		shim_die("%u statistics pages, %d counted", mapped,
			 atomic_read(&hierarchy->stats_page_count));
	if (atomic_read(&hierarchy->partition_count) != (int)books->count - 1)
		shim_die("%u partitions, %d counted", books->count - 1,
			 atomic_read(&hierarchy->partition_count));
	pages = books_deposited(books) + books_located(books);
	if (guest->pinned != pages || guest->locked != pages ||
	    atomic_long_read(&hierarchy->page_count) != (long)pages)
		shim_die("%lu pages deposited or mapped, %lu pinned, %lu locked, %ld counted",
			 pages, guest->pinned, guest->locked,
			 atomic_long_read(&hierarchy->page_count));
	for (i = 0; i < GUEST_PAGES; i++) {
		if (guest_claimed(hierarchy, guest_gfn(i)) !=
		    (guest->pages[i].owner || guest->pages[i].stats))
			shim_die("page %#llx is in a pool or is not", guest_gfn(i));
	}
	books_check_claims(hierarchy);
	machines_check(guest);
}
