// SPDX-License-Identifier: GPL-2.0
/* HvCreatePort, HvConnectPort, HvDisconnectPort, HvDeletePort, HvNotifyPortRingEmpty. */

#include "../core/memory/caches.h"
#include "contract.h"

/* Two children, and memory for some ports. */
struct hvp_ports {
	struct hvp_world *world;
	struct hvp_partition *root;
	struct hvp_partition *child;
	struct hvp_partition *other;
};

static void hvp_ports_begin(struct kunit *test, struct hvp_ports *it)
{
	it->world = hvp_world_create(test);
	it->root = it->world->root;
	it->child = hvp_world_child(it->world, it->root, HVP_STATE_ACTIVE);
	it->other = hvp_world_child(it->world, it->root, HVP_STATE_ACTIVE);
	hvp_world_deposit(it->world, it->root, 0, 5);
}

static struct hvp_reply hvp_create(struct hvp_ports *it, u32 id)
{
	return hvp_try_create_port(it->world, it->root, HVP_DOORBELL_PORT(id, it->child->id));
}

static struct hvp_reply hvp_connect(struct hvp_ports *it, u32 id)
{
	return hvp_try_connect_port(it->world, it->root,
				    hvp_doorbell_at(id, it->child->id, 0x1000));
}

#define HVP_EXPECT(it, reply, call, status) \
	hvp_expect_status((it)->world->test, reply, call, status)

/* As Linux does it, twice. */
static void hvp_ports_come_and_go(struct kunit *test)
{
	struct hvp_ports it;
	unsigned int i;

	hvp_ports_begin(test, &it);
	for (i = 0; i < 2; i++) {
		HVP_EXPECT(&it, hvp_create(&it, 1), CREATE_PORT, SUCCESS);
		KUNIT_EXPECT_EQ(test, it.root->pool.used_for[HVP_USE_PORTS], 1);
		HVP_EXPECT(&it, hvp_connect(&it, 1), CONNECT_PORT, SUCCESS);
		HVP_EXPECT(&it, hvp_try_disconnect_port(it.world, it.root, it.child->id, 1),
			   DISCONNECT_PORT, SUCCESS);
		HVP_EXPECT(&it, hvp_try_delete_port(it.world, it.root, 1), DELETE_PORT, SUCCESS);
		KUNIT_EXPECT_EQ(test, it.root->pool.used_for[HVP_USE_PORTS], 0);
	}
}

/* What a port cannot be: one field each. */
struct hvp_port_row {
	const char *name;
	void (*spoil)(struct hvp_create_port_in *in);
	enum hvp_status status;
};

#define SPOIL(type, name, assignment) \
	static void hvp_spoil_##name(struct type *in) { assignment; }
#define SPOIL_PORT(name, assignment)	SPOIL(hvp_create_port_in, port_##name, assignment)
SPOIL_PORT(type_1, in->type = 1)
SPOIL_PORT(type_3, in->type = 3)
SPOIL_PORT(type_5, in->type = 5)
SPOIL_PORT(vtl, in->port_vtl = 1)
SPOIL_PORT(connection_vtl, in->connection_vtl = 1)
SPOIL_PORT(sint, in->sint = 4)
SPOIL_PORT(no_sint, in->sint = 16)
SPOIL_PORT(vp, in->vp_index = 0)
SPOIL_PORT(proximity, in->proximity.flags = 2)
SPOIL_PORT(id_0, in->port_id = 0)
SPOIL_PORT(id_25_bits, in->port_id = 1 << 24)
SPOIL_PORT(id_taken, in->port_id = 7)
SPOIL_PORT(peer_0, in->connection_partition_id = 0)
SPOIL_PORT(peer_none, in->connection_partition_id = 99)
SPOIL_PORT(peer_self, in->connection_partition_id = HVP_PARTITION_ID_SELF)
SPOIL_PORT(peer_root, in->connection_partition_id = 1)
SPOIL_PORT(nothing, in->port_id = 0xffffff)

static const struct hvp_port_row hvp_port_rows[] = {
	{ "message port", hvp_spoil_port_type_1, HVP_STATUS_INVALID_PARAMETER },
	{ "monitor port", hvp_spoil_port_type_3, HVP_STATUS_INVALID_PARAMETER },
	{ "no type", hvp_spoil_port_type_5, HVP_STATUS_INVALID_PARAMETER },
	{ "VTL", hvp_spoil_port_vtl, HVP_STATUS_INVALID_PARAMETER },
	{ "connection VTL", hvp_spoil_port_connection_vtl, HVP_STATUS_INVALID_PARAMETER },
	{ "SINT4", hvp_spoil_port_sint, HVP_STATUS_INVALID_PARAMETER },
	{ "SINT16", hvp_spoil_port_no_sint, HVP_STATUS_INVALID_PARAMETER },
	{ "VP 0", hvp_spoil_port_vp, HVP_STATUS_INVALID_PARAMETER },
	{ "proximity", hvp_spoil_port_proximity, HVP_STATUS_INVALID_PARAMETER },
	{ "port 0", hvp_spoil_port_id_0, HVP_STATUS_INVALID_PORT_ID },
	{ "port of 25 bits", hvp_spoil_port_id_25_bits, HVP_STATUS_INVALID_PORT_ID },
	{ "port taken", hvp_spoil_port_id_taken, HVP_STATUS_INVALID_PORT_ID },
	{ "peer 0", hvp_spoil_port_peer_0, HVP_STATUS_INVALID_PARTITION_ID },
	{ "peer 99", hvp_spoil_port_peer_none, HVP_STATUS_INVALID_PARTITION_ID },
	{ "peer SELF", hvp_spoil_port_peer_self, HVP_STATUS_ACCESS_DENIED },
	{ "peer root", hvp_spoil_port_peer_root, HVP_STATUS_ACCESS_DENIED },
	{ "highest", hvp_spoil_port_nothing, HVP_STATUS_SUCCESS },
};

KUNIT_ARRAY_PARAM_DESC(hvp_port, hvp_port_rows, name);

static void hvp_ports_are_checked(struct kunit *test)
{
	const struct hvp_port_row *row = test->param_value;
	const struct hvp_pair pair = { HVP_CALL_CREATE_PORT, row->status };
	struct hvp_create_port_in in;
	struct hvp_ports it;

	hvp_ports_begin(test, &it);
	HVP_EXPECT(&it, hvp_create(&it, 7), CREATE_PORT, SUCCESS);
	in = HVP_DOORBELL_PORT(1, it.child->id);
	row->spoil(&in);
	hvp_expect_pair(test, hvp_try_create_port(it.world, it.root, in), pair);
}

static void hvp_ports_heed_the_child(struct kunit *test)
{
	struct hvp_partition *child;
	struct hvp_ports it;

	hvp_ports_begin(test, &it);
	child = hvp_world_child(it.world, it.root, HVP_STATE_UNINITIALIZED);
	HVP_EXPECT(&it, hvp_try_create_port(it.world, it.root, HVP_DOORBELL_PORT(1, child->id)),
		   CREATE_PORT, INVALID_PARTITION_STATE);
	child = hvp_world_child(it.world, it.child, HVP_STATE_ACTIVE);
	HVP_EXPECT(&it, hvp_try_create_port(it.world, it.root, HVP_DOORBELL_PORT(1, child->id)),
		   CREATE_PORT, ACCESS_DENIED);
}

/* Pool before host, and a limit after it. */
static void hvp_ports_are_paid_for(struct kunit *test)
{
	struct hvp_create_port_in in;
	struct hvp_ports it;

	hvp_ports_begin(test, &it);
	it.world->limits.ports = 1;
	in = HVP_DOORBELL_PORT(1, it.child->id);
	in.proximity = HVP_ONLY(0);
	HVP_EXPECT(&it, hvp_try_create_port(it.world, it.root, in), CREATE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_create(&it, 2), CREATE_PORT, NO_RESOURCES);
	hvp_try_withdraw(it.world, it.root, 1, HVP_ANY, 4, 0);
	HVP_EXPECT(&it, hvp_create(&it, 2), CREATE_PORT, INSUFFICIENT_MEMORY);
	HVP_EXPECT(&it, hvp_try_delete_port(it.world, it.root, 1), DELETE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_create(&it, 2), CREATE_PORT, SUCCESS);
}

/* What a connection cannot be. */
struct hvp_connection_row {
	const char *name;
	void (*spoil)(struct hvp_connect_port_in *in);
	enum hvp_status status;
};

#define SPOIL_CONNECTION(name, assignment) \
	SPOIL(hvp_connect_port_in, connection_##name, assignment)
SPOIL_CONNECTION(type, in->type = 2)
SPOIL_CONNECTION(vtl, in->vtl = 1)
SPOIL_CONNECTION(size, in->flags |= 5)
SPOIL_CONNECTION(flag_3, in->flags |= 8)
SPOIL_CONNECTION(flag_32, in->flags |= BIT_ULL(32))
SPOIL_CONNECTION(beyond, in->gpa = 1ULL << 52)
SPOIL_CONNECTION(proximity, in->proximity.flags = 2)
SPOIL_CONNECTION(id_0, in->connection_id = 0)
SPOIL_CONNECTION(id_25_bits, in->connection_id = 1 << 24)
SPOIL_CONNECTION(id_taken, in->connection_id = 7)
SPOIL_CONNECTION(no_port, in->port_id = 3)
SPOIL_CONNECTION(of_another, in->port_id = 5)
SPOIL_CONNECTION(connected, in->port_id = 7)
SPOIL_CONNECTION(no_owner, in->port_partition_id = 99)
SPOIL_CONNECTION(other_owner, in->port_partition_id = 2)
SPOIL_CONNECTION(owner_1, in->port_partition_id = 1)
SPOIL_CONNECTION(highest, in->connection_id = 0xffffff)
SPOIL_CONNECTION(largest, in->flags = 4)

static const struct hvp_connection_row hvp_connection_rows[] = {
	{ "event connection", hvp_spoil_connection_type, HVP_STATUS_INVALID_PARAMETER },
	{ "VTL", hvp_spoil_connection_vtl, HVP_STATUS_INVALID_PARAMETER },
	{ "size 5", hvp_spoil_connection_size, HVP_STATUS_INVALID_PARAMETER },
	{ "flag 3", hvp_spoil_connection_flag_3, HVP_STATUS_INVALID_PARAMETER },
	{ "flag 32", hvp_spoil_connection_flag_32, HVP_STATUS_INVALID_PARAMETER },
	{ "beyond the map", hvp_spoil_connection_beyond, HVP_STATUS_INVALID_PARAMETER },
	{ "proximity", hvp_spoil_connection_proximity, HVP_STATUS_INVALID_PARAMETER },
	{ "0", hvp_spoil_connection_id_0, HVP_STATUS_INVALID_CONNECTION_ID },
	{ "25 bits", hvp_spoil_connection_id_25_bits, HVP_STATUS_INVALID_CONNECTION_ID },
	{ "taken", hvp_spoil_connection_id_taken, HVP_STATUS_INVALID_CONNECTION_ID },
	{ "no port", hvp_spoil_connection_no_port, HVP_STATUS_INVALID_PORT_ID },
	{ "port for another child", hvp_spoil_connection_of_another, HVP_STATUS_INVALID_PORT_ID },
	{ "port connected", hvp_spoil_connection_connected, HVP_STATUS_OBJECT_IN_USE },
	{ "owner 99", hvp_spoil_connection_no_owner, HVP_STATUS_INVALID_PARTITION_ID },
	{ "owner 2", hvp_spoil_connection_other_owner, HVP_STATUS_ACCESS_DENIED },
	{ "owner 1", hvp_spoil_connection_owner_1, HVP_STATUS_SUCCESS },
	{ "highest", hvp_spoil_connection_highest, HVP_STATUS_SUCCESS },
	{ "eight bytes of a value", hvp_spoil_connection_largest, HVP_STATUS_SUCCESS },
};

KUNIT_ARRAY_PARAM_DESC(hvp_connection, hvp_connection_rows, name);

static void hvp_connections_are_checked(struct kunit *test)
{
	const struct hvp_connection_row *row = test->param_value;
	const struct hvp_pair pair = { HVP_CALL_CONNECT_PORT, row->status };
	struct hvp_connect_port_in in;
	struct hvp_ports it;

	hvp_ports_begin(test, &it);
	HVP_EXPECT(&it, hvp_create(&it, 7), CREATE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_connect(&it, 7), CONNECT_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_create(&it, 1), CREATE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_try_create_port(it.world, it.root,
					    HVP_DOORBELL_PORT(5, it.other->id)),
		   CREATE_PORT, SUCCESS);
	in = hvp_doorbell_at(1, it.child->id, 0x1000);
	row->spoil(&in);
	hvp_expect_pair(test, hvp_try_connect_port(it.world, it.root, in), pair);
}

static void hvp_connections_are_cut(struct kunit *test)
{
	struct hvp_disconnect_port_in in;
	struct hvp_ports it;

	hvp_ports_begin(test, &it);
	HVP_EXPECT(&it, hvp_create(&it, 1), CREATE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_try_disconnect_port(it.world, it.root, it.child->id, 1),
		   DISCONNECT_PORT, INVALID_CONNECTION_ID);
	HVP_EXPECT(&it, hvp_connect(&it, 1), CONNECT_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_try_disconnect_port(it.world, it.root, it.other->id, 1),
		   DISCONNECT_PORT, INVALID_CONNECTION_ID);
	in = (struct hvp_disconnect_port_in){ it.child->id, 1, 0 };
	HVP_EXPECT(&it, hvp_try(it.world, it.root, &(struct hvp_try){
				.code = HVP_CALL_DISCONNECT_PORT, .in = &in }),
		   DISCONNECT_PORT, INVALID_CONNECTION_ID);
	in.flags = 3;
	HVP_EXPECT(&it, hvp_try(it.world, it.root, &(struct hvp_try){
				.code = HVP_CALL_DISCONNECT_PORT, .in = &in }),
		   DISCONNECT_PORT, INVALID_PARAMETER);
	/* A port that is deleted, or a child that is finalized, is disconnected. */
	HVP_EXPECT(&it, hvp_try_delete_port(it.world, it.root, 1), DELETE_PORT, SUCCESS);
	KUNIT_EXPECT_TRUE(test, list_empty(&it.child->child.doorbells));
	HVP_EXPECT(&it, hvp_try_disconnect_port(it.world, it.root, it.child->id, 1),
		   DISCONNECT_PORT, INVALID_CONNECTION_ID);
	HVP_EXPECT(&it, hvp_create(&it, 1), CREATE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_connect(&it, 1), CONNECT_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_try_finalize(it.world, it.root, it.child->id), FINALIZE_PARTITION,
		   SUCCESS);
	KUNIT_EXPECT_TRUE(test, list_empty(&it.child->child.doorbells));
	HVP_EXPECT(&it, hvp_try_delete_port(it.world, it.root, 1), DELETE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_try_delete_port(it.world, it.root, 1), DELETE_PORT, INVALID_PORT_ID);
}

/* Each partition has IDs of its own, and its ports go with it. */
static void hvp_ports_are_their_partitions(struct kunit *test)
{
	struct hvp_partition *grandchild;
	struct hvp_ports it;

	hvp_ports_begin(test, &it);
	grandchild = hvp_world_child(it.world, it.child, HVP_STATE_ACTIVE);
	hvp_world_deposit(it.world, it.child, 0, 1);
	HVP_EXPECT(&it, hvp_create(&it, 1), CREATE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_try_create_port(it.world, it.child,
					    HVP_DOORBELL_PORT(1, grandchild->id)),
		   CREATE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_try_connect_port(it.world, it.child,
					     hvp_doorbell_at(1, grandchild->id, 0)),
		   CONNECT_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_try_finalize(it.world, it.child, grandchild->id), FINALIZE_PARTITION,
		   SUCCESS);
	hvp_try_withdraw(it.world, it.child, grandchild->id, HVP_ANY, 512, 0);
	HVP_EXPECT(&it, hvp_try_delete(it.world, it.child, grandchild->id), DELETE_PARTITION,
		   SUCCESS);
	HVP_EXPECT(&it, hvp_try_finalize(it.world, it.root, it.child->id), FINALIZE_PARTITION,
		   SUCCESS);
	KUNIT_EXPECT_TRUE(test, list_empty(&it.child->ports));
	KUNIT_EXPECT_EQ(test, it.world->hierarchy->space.doorbells.count, 1);
	/* What is left goes with the VM. */
	HVP_EXPECT(&it, hvp_try_create_port(it.world, it.root,
					    HVP_DOORBELL_PORT(2, it.other->id)),
		   CREATE_PORT, SUCCESS);
	HVP_EXPECT(&it, hvp_try_connect_port(it.world, it.root,
					     hvp_doorbell_at(2, it.other->id, 0)),
		   CONNECT_PORT, SUCCESS);
	hvp_world_end(it.world);
}

static void hvp_rings_are_checked(struct kunit *test)
{
	struct hvp_ports it;
	u32 sint;

	hvp_ports_begin(test, &it);
	for (sint = 0; sint < 16; sint++)
		HVP_EXPECT(&it, hvp_try_ring_empty(it.world, it.root, sint),
			   NOTIFY_PORT_RING_EMPTY, SUCCESS);
	HVP_EXPECT(&it, hvp_try_ring_empty(it.world, it.root, 16), NOTIFY_PORT_RING_EMPTY,
		   INVALID_PARAMETER);
	HVP_EXPECT(&it, hvp_try_ring_empty(it.world, it.root, ~0U), NOTIFY_PORT_RING_EMPTY,
		   INVALID_PARAMETER);
}

static struct kunit_case hvp_ports_cases[] = {
	KUNIT_CASE(hvp_ports_come_and_go),
	KUNIT_CASE_PARAM(hvp_ports_are_checked, hvp_port_gen_params),
	KUNIT_CASE(hvp_ports_heed_the_child),
	KUNIT_CASE(hvp_ports_are_paid_for),
	KUNIT_CASE_PARAM(hvp_connections_are_checked, hvp_connection_gen_params),
	KUNIT_CASE(hvp_connections_are_cut),
	KUNIT_CASE(hvp_ports_are_their_partitions),
	KUNIT_CASE(hvp_rings_are_checked),
	{}
};

HVP_KUNIT_SUITE(hvp_ports, hvp_ports_cases);
