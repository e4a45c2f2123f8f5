/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The guest ABI of ports: layouts, no behaviour.  They are those of Linux's include/hyperv
 * headers, which have what the TLFS does not: doorbells, and the ring of events.
 */
#ifndef _HVPART_ABI_PORTS_H
#define _HVPART_ABI_PORTS_H

#include <linux/types.h>

/* HV_PORT_ID, HV_CONNECTION_ID: what is above has to be 0, and 0 is none. */
#define HVP_HIGHEST_PORT_ID		0x00ffffffU

#define HVP_PORT_DOORBELL		4	/* HV_PORT_TYPE */
#define HVP_ANY_VP			0xffffffffU

/* HvCallCreatePort, of a doorbell */
struct hvp_create_port_in {
	__u64 partition_id;
	__u32 port_id;
	__u8 port_vtl;
	__u8 connection_vtl;
	__u16 padding1;
	__u64 connection_partition_id;
	__u32 type;
	__u32 padding2;
	__u32 sint;
	__u32 vp_index;
	__u64 reserved;
	struct hvp_proximity proximity;
};

static_assert(sizeof(struct hvp_create_port_in) == 56, "HvCallCreatePort");

/* HvCallConnectPort, to a doorbell */
struct hvp_connect_port_in {
	__u64 partition_id;
	__u32 connection_id;
	__u8 vtl;
	__u8 padding1[3];
	__u64 port_partition_id;
	__u32 port_id;
	__u32 padding2;
	__u32 type;
	__u32 padding3;
	__u64 gpa;
	__u64 value;
	__u64 flags;
	struct hvp_proximity proximity;
};

static_assert(sizeof(struct hvp_connect_port_in) == 72, "HvCallConnectPort");

/* Flags of a doorbell: bytes that are to be written, as a power of 2 plus one; 0: any */
#define HVP_DOORBELL_SIZE_MASK		0x00000007ULL
#define HVP_DOORBELL_SIZE_MOST		4
#define HVP_DOORBELL_ANY_VALUE		0x80000000ULL

/* HvCallDeletePort */
struct hvp_delete_port_in {
	__u64 partition_id;
	__u32 port_id;
	__u32 padding;
};

static_assert(sizeof(struct hvp_delete_port_in) == 16, "HvCallDeletePort");

/* HvCallDisconnectPort */
struct hvp_disconnect_port_in {
	__u64 partition_id;
	__u32 connection_id;
	__u32 flags;
};

static_assert(sizeof(struct hvp_disconnect_port_in) == 16, "HvCallDisconnectPort");

#define HVP_DISCONNECT_DOORBELL		0x00000001U

/* HvCallNotifyPortRingEmpty */
struct hvp_notify_port_ring_empty_in {
	__u32 sint;
	__u32 padding;
};

static_assert(sizeof(struct hvp_notify_port_ring_empty_in) == 8, "HvCallNotifyPortRingEmpty");

#define HVP_DOORBELL_SINT		5
#define HVP_EVENT_RING_ENTRIES		63

/* HV_SYNIC_EVENT_RING; a page that SIRBP names has one for each SINT */
struct hvp_event_ring {
	__u8 signal_masked;
	__u8 full;
	__u16 reserved;
	__u32 ports[HVP_EVENT_RING_ENTRIES];
};

static_assert(sizeof(struct hvp_event_ring) == 256, "HV_SYNIC_EVENT_RING");

#endif /* _HVPART_ABI_PORTS_H */
