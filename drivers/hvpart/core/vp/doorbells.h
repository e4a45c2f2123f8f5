/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_DOORBELLS_H
#define _HVPART_VP_DOORBELLS_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include "../memory/pool.h"

struct hvp_child;
struct hvp_child_vp;
struct hvp_exit;
struct hvp_guest;
struct hvp_partition;
struct hvp_space;
struct hvp_vp;

/**
 * struct hvp_port - a port of type doorbell, and the connection to it
 * @id:		its ID, of those of its partition
 * @child_id:	the partition that it may be connected to, a child of its own
 * @charge:	what its partition's pool pays
 * @node:	among the ports of its partition, or among those that are to be freed
 * @connected:	among the doorbells of that child if it is connected, else empty
 * @connection_id: what follows up to @any_value is of the connection: its ID, of those of
 *		the child
 * @gpa:	where in the child a write rings
 * @value:	what has to be written, if not @any_value
 * @size:	bytes that have to be written, 0: any
 * @any_value:	whatever is written rings
 * @waiting:	among those that have been rung, if @pending
 * @pending:	how often it has been rung that is not in an event ring yet
 *
 * @id to @node change with the partition's lock held, too; all is under the lock of
 * struct hvp_doorbells.
 */
struct hvp_port {
	u32 id;
	u64 child_id;
	struct hvp_charge charge;
	struct list_head node;
	struct list_head connected;
	u32 connection_id;
	u64 gpa;
	u64 value;
	u8 size;
	bool any_value;
	struct list_head waiting;
	u64 pending;
};

/**
 * struct hvp_doorbells - the ports of all partitions that make calls in one address space
 * @lock:	inside a partition's; nothing else is taken in it.  Protects ports of theirs, too
 * @count:	how many
 * @waiting:	those that have been rung and are not in an event ring yet
 * @untold:	there is something in the event ring that no message has told of
 */
struct hvp_doorbells {
	spinlock_t lock;
	unsigned int count;
	struct list_head waiting;
	bool untold;
};

void hvp_doorbells_init(struct hvp_doorbells *doorbells);
struct hvp_port *hvp_port_find(struct hvp_partition *partition, u32 id);
struct hvp_port *hvp_port_find_connected(struct hvp_child *child, u32 connection_id);
void hvp_port_disconnect(struct hvp_port *port);
void hvp_ports_take_all(struct hvp_partition *partition, struct list_head *ports);
void hvp_ports_free(struct list_head *ports);
void hvp_doorbells_disconnect(struct hvp_partition *child);

bool hvp_doorbell_take(struct hvp_child_vp *vp, struct hvp_guest *guest,
		       const struct hvp_exit *exit);
bool hvp_doorbells_wait(struct hvp_space *space);
bool hvp_doorbells_put(struct hvp_space *space, struct hvp_guest *guest, struct hvp_vp *vp);

#endif /* _HVPART_VP_DOORBELLS_H */
