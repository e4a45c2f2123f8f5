// SPDX-License-Identifier: GPL-2.0
/* An address space, and the children that have pages of it. */

#include "space.h"
#include "vp/child.h"

/**
 * hvp_space_page_is_mapped() - has any child this page?
 * @space:	the address space
 * @gfn:	its page
 *
 * Context: Any that may take a spinlock; @space's lock is not held.
 * Return: true if it has.
 */
bool hvp_space_page_is_mapped(struct hvp_space *space, u64 gfn)
{
	struct hvp_child *child;
	bool is_mapped = false;

	/* Pairs with what hvp_child_start() does before anything is mapped. */
	smp_mb();
	if (list_empty(&space->maps))
		return false;
	spin_lock(&space->lock);
	list_for_each_entry(child, &space->maps, in_space) {
		is_mapped = hvp_gpa_map_uses(&child->map, gfn);
		if (is_mapped)
			break;
	}
	spin_unlock(&space->lock);
	return is_mapped;
}
