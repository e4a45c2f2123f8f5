/* SPDX-License-Identifier: GPL-2.0 */
/* Reading HV_PROXIMITY_DOMAIN_INFO; a domain is a NUMA node of the host. */
#ifndef _HVPART_PROXIMITY_H
#define _HVPART_PROXIMITY_H

#include <linux/nodemask.h>
#include <hvpart/abi.h>

#define HVP_PROXIMITY_ANY ((struct hvp_proximity){})

static inline bool hvp_proximity_any(struct hvp_proximity proximity)
{
	return !(proximity.flags & HVP_PROXIMITY_VALID);
}

static inline bool hvp_proximity_required(struct hvp_proximity proximity)
{
	return !hvp_proximity_any(proximity) && !(proximity.flags & HVP_PROXIMITY_PREFERRED);
}

/* The id of an info that is not valid is ignored and may hold rubbish. */
static inline bool hvp_proximity_well_formed(struct hvp_proximity proximity)
{
	if (proximity.flags & HVP_PROXIMITY_RESERVED_MASK)
		return false;
	return hvp_proximity_any(proximity) ||
	       (proximity.id < HVP_PROXIMITY_DOMAINS && proximity.id < nr_node_ids &&
		node_online(proximity.id));
}

#endif /* _HVPART_PROXIMITY_H */
