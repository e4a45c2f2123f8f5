// SPDX-License-Identifier: GPL-2.0
/* An address space, and the children that have pages of it. */

#include "space.h"
#include "vp/child.h"

static bool hvp_child_has_state_page(struct hvp_child *child, u64 gfn)
{
	struct hvp_state_page *page;
	struct hvp_child_vp *vp;
	unsigned long index;
	struct hvp_vp *any;

	xa_for_each(&child->vps.list, index, any) {
		vp = container_of(any, struct hvp_child_vp, vp);
		hvp_for_each_state_page(page, vp) {
			if (READ_ONCE(page->mapped) && READ_ONCE(page->page.gfn) == gfn)
				return true;
		}
	}
	return false;
}

/**
 * hvp_space_page_shows_state() - is this a state page of a virtual processor?
 * @space:	the address space
 * @gfn:	its page, which somebody has taken
 *
 * Context: Any that may take a spinlock; @space's lock is not held.
 * Return: true if it is.
 */
bool hvp_space_page_shows_state(struct hvp_space *space, u64 gfn)
{
	struct hvp_child *child;
	bool shows = false;

	spin_lock(&space->lock);
	list_for_each_entry(child, &space->maps, in_space) {
		/* A virtual processor that goes is there for as long as anybody looks. */
		rcu_read_lock();
		shows = hvp_child_has_state_page(child, gfn);
		rcu_read_unlock();
		if (shows)
			break;
	}
	spin_unlock(&space->lock);
	return shows;
}
