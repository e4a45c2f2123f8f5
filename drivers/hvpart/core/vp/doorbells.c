// SPDX-License-Identifier: GPL-2.0
/*
 * Doorbells: a child writes to an address, and its parent is told which port that rings, without
 * a message of the write (contract, virtual processors, section 4).
 *
 * What has been rung is counted at its port until there is room for it in the event ring of the
 * page that SIRBP names.  As messages, all of it goes to one virtual processor, whose thread
 * alone writes there.
 */

#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/stddef.h>
#include <hvpart/abi/messages.h>
#include <hvpart/guest.h>
#include "../../trace.h"
#include "../hierarchy.h"
#include "../memory/caches.h"
#include "../partition.h"
#include "../space.h"
#include "child.h"
#include "doorbells.h"
#include "store.h"
#include "translate.h"

#define HVP_SYNIC_ENABLED	BIT_ULL(0)	/* of SIRBP */
#define HVP_RFLAGS_RF		BIT_ULL(16)
#define HVP_ENTRIES_AT_ONCE	(16 * HVP_EVENT_RING_ENTRIES)

/**
 * hvp_doorbells_init() - begin without any
 * @doorbells:	those of an address space
 */
void hvp_doorbells_init(struct hvp_doorbells *doorbells)
{
	spin_lock_init(&doorbells->lock);
	INIT_LIST_HEAD(&doorbells->waiting);
}

/**
 * hvp_port_find() - look a port up
 * @partition:	whose
 * @id:		its ID
 *
 * Context: Under the lock of the doorbells of @partition's space.
 * Return: the port or NULL.
 */
struct hvp_port *hvp_port_find(struct hvp_partition *partition, u32 id)
{
	struct hvp_port *port;

	lockdep_assert_held(&partition->space->doorbells.lock);
	list_for_each_entry(port, &partition->ports, node) {
		if (port->id == id)
			return port;
	}
	return NULL;
}

/**
 * hvp_port_find_connected() - look up what a child is connected to
 * @child:	the child
 * @connection_id: ID of the connection
 *
 * Context: Under the lock of the doorbells of its parent's space.
 * Return: the port or NULL.
 */
struct hvp_port *hvp_port_find_connected(struct hvp_child *child, u32 connection_id)
{
	struct hvp_port *port;

	list_for_each_entry(port, &child->doorbells, connected) {
		if (port->connection_id == connection_id)
			return port;
	}
	return NULL;
}

/**
 * hvp_port_disconnect() - nothing rings a port any more
 * @port:	the port, connected or not
 *
 * What has been rung and not been told is forgotten: whoever disconnects a port does not look
 * for it any more.
 *
 * Context: Under the lock of its doorbells.
 */
void hvp_port_disconnect(struct hvp_port *port)
{
	list_del_init(&port->connected);
	list_del_init(&port->waiting);
	port->pending = 0;
}

/**
 * hvp_ports_take_all() - a partition has no ports any more
 * @partition:	the partition, which gets no new ones
 * @ports:	receives them, for hvp_ports_free(); what its pool pays is still charged
 *
 * Context: Any; partitions' locks may be held.
 */
void hvp_ports_take_all(struct hvp_partition *partition, struct list_head *ports)
{
	struct hvp_doorbells *doorbells;
	struct hvp_port *port;

	if (list_empty(&partition->ports))
		return;
	doorbells = &partition->space->doorbells;
	spin_lock(&doorbells->lock);
	list_for_each_entry(port, &partition->ports, node) {
		hvp_port_disconnect(port);
		doorbells->count--;
	}
	list_splice_init(&partition->ports, ports);
	spin_unlock(&doorbells->lock);
}

/**
 * hvp_ports_free() - free ports that nobody can find
 * @ports:	struct hvp_port
 *
 * Context: Any.
 */
void hvp_ports_free(struct list_head *ports)
{
	struct hvp_port *port, *next;

	list_for_each_entry_safe(port, next, ports, node)
		hvp_cache_free(HVP_CACHE_PORT, port);
}

/**
 * hvp_doorbells_disconnect() - a child has no doorbells any more
 * @child:	the child, which gets no new ones
 *
 * Context: Any; partitions' locks may be held.
 */
void hvp_doorbells_disconnect(struct hvp_partition *child)
{
	struct hvp_doorbells *doorbells = &child->parent->space->doorbells;
	struct hvp_port *port, *next;

	spin_lock(&doorbells->lock);
	list_for_each_entry_safe(port, next, &child->child.doorbells, connected)
		hvp_port_disconnect(port);
	spin_unlock(&doorbells->lock);
}

/* Is there one in the page?  If not, nobody looks at what has been written to it. */
static bool hvp_doorbell_near(struct hvp_doorbells *doorbells, struct hvp_child *child, u64 gpa)
{
	struct hvp_port *port;
	bool near = false;

	if (list_empty_careful(&child->doorbells))
		return false;
	spin_lock(&doorbells->lock);
	list_for_each_entry(port, &child->doorbells, connected) {
		near = port->gpa >> HVP_PAGE_SHIFT == gpa >> HVP_PAGE_SHIFT;
		if (near)
			break;
	}
	spin_unlock(&doorbells->lock);
	return near;
}

static bool hvp_doorbell_matches(const struct hvp_port *port, u64 gpa,
				 const struct hvp_store *store)
{
	return port->gpa == gpa && (!port->size || port->size == store->size) &&
	       (port->any_value || port->value == store->value);
}

/* Ring the one that was connected first of those that it matches.  Return: is there one? */
static bool hvp_doorbell_ring(struct hvp_doorbells *doorbells, struct hvp_child_vp *vp,
			      u64 gpa, const struct hvp_store *store)
{
	struct hvp_port *port;
	u32 id = 0;

	spin_lock(&doorbells->lock);
	list_for_each_entry(port, &vp->partition->child.doorbells, connected) {
		if (!hvp_doorbell_matches(port, gpa, store))
			continue;
		id = port->id;
		if (!port->pending++)
			list_add_tail(&port->waiting, &doorbells->waiting);
		break;
	}
	spin_unlock(&doorbells->lock);
	if (id)
		trace_hvpart_doorbell(vp->partition->id, vp->vp.index, id, gpa, store->size,
				      store->value);
	return id;
}

/* Bytes from the instruction pointer on, as many as can be read.  Return: how many. */
static unsigned int hvp_instruction_read(struct hvp_child_vp *vp, struct hvp_guest *guest,
					 u8 bytes[HVP_INSTRUCTION_BYTES])
{
	struct hvp_gpa_map *map = &vp->partition->child.map;
	u64 at = hvp_store_instruction(&vp->state), gpa_page;
	unsigned int count = 0, some, within;
	struct hvp_gpa_page page;

	while (count < HVP_INSTRUCTION_BYTES) {
		within = (at + count) & (HVP_PAGE_SIZE - 1);
		some = min_t(unsigned int, HVP_INSTRUCTION_BYTES - count, HVP_PAGE_SIZE - within);
		if (hvp_translate(map, guest, &vp->state, at + count, HVP_TRANSLATE_EXECUTE,
				  &gpa_page) || !hvp_gpa_map_contains(map, gpa_page, 1))
			break;
		hvp_gpa_map_find(map, gpa_page, &page);
		if (page.kind != HVP_GPA_MAPPED ||
		    guest->ops->read(guest, (page.source << HVP_PAGE_SHIFT) + within,
				     bytes + count, some))
			break;
		count += some;
	}
	return count;
}

/**
 * hvp_doorbell_take() - is an exit the write to a doorbell?
 * @vp:		the virtual processor, locked, of whose registers GENERAL and SPECIAL are known
 * @guest:	its parent's memory, in a vCPU thread
 * @exit:	why it has stopped
 *
 * If it is, the doorbell has been rung, of which the parent is to be told, and the instruction is
 * done with: the processor is to go on behind it.  An interrupt shadow before it lasts for one
 * instruction more.
 *
 * Context: Outside KVM's loop, no other lock held.
 * Return: true if it is.
 */
bool hvp_doorbell_take(struct hvp_child_vp *vp, struct hvp_guest *guest,
		       const struct hvp_exit *exit)
{
	struct hvp_partition *partition = vp->partition;
	struct hvp_doorbells *doorbells = &partition->parent->space->doorbells;
	u8 bytes[HVP_INSTRUCTION_BYTES];
	struct hvp_store store;
	unsigned int count;
	u64 page;

	if (exit->reason != HVP_EXIT_MEMORY || exit->access != HVP_ACCESS_WRITE ||
	    !hvp_doorbell_near(doorbells, &partition->child, exit->gpa))
		return false;
	count = hvp_instruction_read(vp, guest, bytes);
	if (!hvp_store_decode(bytes, count, &vp->state, &store))
		return false;
	/* An exit may be of another access: of what delivers an event, say, or walks tables. */
	if (hvp_translate(&partition->child.map, guest, &vp->state, store.gva,
			  HVP_TRANSLATE_WRITE, &page) ||
	    page != exit->gpa >> HVP_PAGE_SHIFT)
		return false;
	if (!hvp_doorbell_ring(doorbells, vp, (page << HVP_PAGE_SHIFT) +
			       (store.gva & (HVP_PAGE_SIZE - 1)), &store))
		return false;
	vp->state.rip = store.next;
	vp->state.rflags &= ~HVP_RFLAGS_RF;
	vp->changed |= BIT(HVP_VP_GENERAL);
	return true;
}

/**
 * hvp_doorbells_wait() - is there any of which the parent is to be told?
 * @space:	of the parent
 *
 * Context: Any.
 * Return: true if there is.
 */
bool hvp_doorbells_wait(struct hvp_space *space)
{
	return !list_empty_careful(&space->doorbells.waiting) ||
	       READ_ONCE(space->doorbells.untold);
}

/* One ring of a port; it is after the others then.  Return: its ID, 0 if there is none. */
static u32 hvp_doorbells_take_one(struct hvp_doorbells *doorbells)
{
	struct hvp_port *port;
	u32 id = 0;

	spin_lock(&doorbells->lock);
	port = list_first_entry_or_null(&doorbells->waiting, struct hvp_port, waiting);
	if (port) {
		id = port->id;
		if (--port->pending)
			list_move_tail(&port->waiting, &doorbells->waiting);
		else
			list_del_init(&port->waiting);
	}
	spin_unlock(&doorbells->lock);
	return id;
}

/*
 * Is there room for one more?  If not, the guest gets to know, and says so when the ring is
 * empty; it may have emptied it just before.
 */
static bool hvp_ring_has_room(struct hvp_guest *guest, u64 ring, u64 at)
{
	const u8 full = 1;
	u32 id;

	if (guest->ops->read(guest, at, &id, sizeof(id)))
		return false;
	if (!id)
		return true;
	if (guest->ops->write(guest, ring + offsetof(struct hvp_event_ring, full), &full,
			      sizeof(full)))
		return false;
	/* It looks at that when it has emptied the ring. */
	smp_mb();
	return !guest->ops->read(guest, at, &id, sizeof(id)) && !id;
}

/* Return: has an entry been put into the ring, of those that wait? */
static bool hvp_ring_put(struct hvp_doorbells *doorbells, struct hvp_guest *guest,
			 struct hvp_vp *vp, u64 ring)
{
	u64 at = ring + offsetof(struct hvp_event_ring, ports) +
		 vp->ring_next * sizeof_field(struct hvp_event_ring, ports[0]);
	u32 id = 0;

	/* What is taken is not counted any more: see that there is a place for it. */
	if (list_empty_careful(&doorbells->waiting) || !hvp_ring_has_room(guest, ring, at) ||
	    guest->ops->write(guest, at, &id, sizeof(id)))
		return false;
	id = hvp_doorbells_take_one(doorbells);
	if (!id || guest->ops->write(guest, at, &id, sizeof(id)))
		return false;
	vp->ring_next = (vp->ring_next + 1) % HVP_EVENT_RING_ENTRIES;
	return true;
}

/**
 * hvp_doorbells_put() - put what has been rung into an event ring
 * @space:	of the parent
 * @guest:	its memory, in a vCPU thread
 * @vp:		the virtual processor whose thread this is
 *
 * The guest masks messages for as long as it looks into the ring by itself.
 *
 * Context: May sleep; in the thread of @vp, no lock held.
 * Return: is there something in the ring that a message is to tell of?
 */
bool hvp_doorbells_put(struct hvp_space *space, struct hvp_guest *guest, struct hvp_vp *vp)
{
	u64 ring = (vp->pages[HVP_VP_PAGE_SIRB] & ~(u64)(HVP_PAGE_SIZE - 1)) +
		   HVP_DOORBELL_SINT * sizeof(struct hvp_event_ring);
	struct hvp_doorbells *doorbells = &space->doorbells;
	unsigned int count;
	u8 masked;

	if (!(vp->pages[HVP_VP_PAGE_SIRB] & HVP_SYNIC_ENABLED) ||
	    READ_ONCE(space->vps->message_target) != vp)
		return false;
	if (!list_empty_careful(&doorbells->waiting)) {
		/* Other virtual processors may ring, and take out what is put in, for ever. */
		for (count = 0; count < HVP_ENTRIES_AT_ONCE; count++) {
			if (!hvp_ring_put(doorbells, guest, vp, ring))
				break;
			cond_resched();
		}
		/* It looks again after it has unmasked them. */
		smp_mb();
		if (!guest->ops->read(guest, ring + offsetof(struct hvp_event_ring,
							     signal_masked),
				      &masked, sizeof(masked)) && !masked)
			WRITE_ONCE(doorbells->untold, true);
	}
	return READ_ONCE(doorbells->untold);
}
