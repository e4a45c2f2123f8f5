// SPDX-License-Identifier: GPL-2.0
/*
 * Ports of type doorbell: HvCreatePort, HvConnectPort, HvDisconnectPort, HvDeletePort and
 * HvNotifyPortRingEmpty, status by status, as Linux's mshv driver makes them; and a child
 * that rings, as that driver gets to know of it.
 */
#include <string.h>

#include "refused_pages.h"
#include "synic.h"

#define SELF		HVP_PARTITION_ID_SELF
#define NOBODY		1234

#define ANY		HVP_DOORBELL_ANY_VALUE
#define BELL		0x5010

/* A parent with two children, whose pool has @pages. */
struct family {
	struct vcpu *vcpu;
	u64 child, other;
};

static struct family new_family(unsigned int pages)
{
	struct family family = { .vcpu = new_guest() };

	family.child = create_active_child(family.vcpu);
	family.other = create_active_child(family.vcpu);
	withdraw_all(family.vcpu, SELF);
	deposit_new(family.vcpu, SELF, NULL, pages);
	return family;
}

static u64 call_with(struct vcpu *vcpu, u16 code, const void *input, size_t size)
{
	memcpy(vcpu->input, input, size);
	return hypercall(vcpu, code, vcpu->input_gpa, ~0ULL);
}

static void come_and_go(void)
{
	struct family family = new_family(1);
	struct vcpu *vcpu = family.vcpu;
	enum call_form form;

	for (form = FORM_FAST; form <= FORM_MEMORY; form++) {
		EXPECT_STATUS(create_port(vcpu, 7, family.child), SUCCESS);
		EXPECT_EQUAL(balance_of(vcpu, SELF).pages_available, 0);
		EXPECT_STATUS(connect_port(vcpu, 7, family.child, BELL, ANY, 0), SUCCESS);
		EXPECT_STATUS(disconnect_port(vcpu, 7, family.child, form), SUCCESS);
		EXPECT_STATUS(disconnect_port(vcpu, 7, family.child, form),
			      INVALID_CONNECTION_ID);
		EXPECT_STATUS(delete_port(vcpu, 7, form), SUCCESS);
		EXPECT_STATUS(delete_port(vcpu, 7, form), INVALID_PORT_ID);
		EXPECT_EQUAL(balance_of(vcpu, SELF).pages_available, 1);
	}
	EXPECT_STATUS(notify_ring_empty(vcpu, 5, FORM_FAST), SUCCESS);
	EXPECT_STATUS(notify_ring_empty(vcpu, 15, FORM_MEMORY), SUCCESS);
	EXPECT_STATUS(notify_ring_empty(vcpu, 16, FORM_FAST), INVALID_PARAMETER);
}

static void ports_made_wrongly(void)
{
	struct family family = new_family(4);
	struct vcpu *vcpu = family.vcpu;
	const struct hvp_create_port_in good = {
		.partition_id = 1, .port_id = 1, .connection_partition_id = family.child,
		.type = 4, .sint = 5, .vp_index = ~0U,
	};
	struct hvp_create_port_in in;
	const u64 early = create_child(vcpu);

#define TRY(field, value, status)							\
	do {										\
		in = good;								\
		in.field = (value);							\
		EXPECT_STATUS(call_with(vcpu, HVP_CALL_CREATE_PORT, &in, sizeof(in)), status); \
	} while (0)
	TRY(partition_id, NOBODY, INVALID_PARTITION_ID);
	TRY(partition_id, family.child, ACCESS_DENIED);
	TRY(connection_partition_id, 0, INVALID_PARTITION_ID);
	TRY(connection_partition_id, NOBODY, INVALID_PARTITION_ID);
	TRY(connection_partition_id, 1, ACCESS_DENIED);
	TRY(connection_partition_id, SELF, ACCESS_DENIED);
	TRY(connection_partition_id, early, INVALID_PARTITION_STATE);
	TRY(type, 1, INVALID_PARAMETER);
	TRY(port_vtl, 1, INVALID_PARAMETER);
	TRY(connection_vtl, 1, INVALID_PARAMETER);
	TRY(sint, 0, INVALID_PARAMETER);
	TRY(vp_index, 0, INVALID_PARAMETER);
	TRY(proximity.flags, 2, INVALID_PARAMETER);
	TRY(port_id, 0, INVALID_PORT_ID);
	TRY(port_id, 1 << 24, INVALID_PORT_ID);
	TRY(port_id, (1 << 24) - 1, SUCCESS);
	TRY(port_id, (1 << 24) - 1, INVALID_PORT_ID);
#undef TRY
}

static void connections_made_wrongly(void)
{
	struct family family = new_family(4);
	struct vcpu *vcpu = family.vcpu;
	const struct hvp_connect_port_in good = {
		.partition_id = family.child, .connection_id = 1, .port_partition_id = 1,
		.port_id = 1, .type = 4, .gpa = BELL, .flags = ANY,
	};
	struct hvp_connect_port_in in;

	REQUIRE_STATUS(create_port(vcpu, 1, family.child), SUCCESS);
	REQUIRE_STATUS(create_port(vcpu, 2, family.other), SUCCESS);
	REQUIRE_STATUS(create_port(vcpu, 3, family.child), SUCCESS);
	REQUIRE_STATUS(connect_port(vcpu, 3, family.child, BELL, 4, 77), SUCCESS);
#define TRY(field, value, status)							\
	do {										\
		in = good;								\
		in.field = (value);							\
		EXPECT_STATUS(call_with(vcpu, HVP_CALL_CONNECT_PORT, &in, sizeof(in)), status); \
	} while (0)
	TRY(partition_id, NOBODY, INVALID_PARTITION_ID);
	TRY(partition_id, SELF, ACCESS_DENIED);
	TRY(port_partition_id, NOBODY, INVALID_PARTITION_ID);
	TRY(port_partition_id, family.child, ACCESS_DENIED);
	TRY(vtl, 1, INVALID_PARAMETER);
	TRY(type, 2, INVALID_PARAMETER);
	TRY(flags, 5, INVALID_PARAMETER);
	TRY(flags, 8, INVALID_PARAMETER);
	TRY(flags, 1ULL << 32, INVALID_PARAMETER);
	TRY(gpa, 1ULL << 52, INVALID_PARAMETER);
	TRY(proximity.flags, 2, INVALID_PARAMETER);
	TRY(connection_id, 0, INVALID_CONNECTION_ID);
	TRY(connection_id, 1 << 24, INVALID_CONNECTION_ID);
	TRY(connection_id, 3, INVALID_CONNECTION_ID);
	TRY(port_id, 0, INVALID_PORT_ID);
	TRY(port_id, 2, INVALID_PORT_ID);
	TRY(port_id, 3, OBJECT_IN_USE);
	TRY(port_partition_id, SELF, SUCCESS);
#undef TRY
}

static void cut_wrongly(void)
{
	struct family family = new_family(4);
	struct vcpu *vcpu = family.vcpu;
	u64 in[] = { family.child, 1 };

	REQUIRE_STATUS(create_port(vcpu, 1, family.child), SUCCESS);
	REQUIRE_STATUS(connect_port(vcpu, 1, family.child, BELL, ANY, 0), SUCCESS);
	EXPECT_STATUS(disconnect_port(vcpu, 1, NOBODY, FORM_FAST), INVALID_PARTITION_ID);
	EXPECT_STATUS(disconnect_port(vcpu, 1, SELF, FORM_FAST), ACCESS_DENIED);
	EXPECT_STATUS(disconnect_port(vcpu, 2, family.child, FORM_FAST), INVALID_CONNECTION_ID);
	EXPECT_STATUS(disconnect_port(vcpu, 1, family.other, FORM_FAST), INVALID_CONNECTION_ID);
	/* One that is no doorbell */
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_DISCONNECT_PORT, in, sizeof(in)),
		      INVALID_CONNECTION_ID);
	in[1] |= 2ULL << 32;
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_DISCONNECT_PORT, in, sizeof(in)),
		      INVALID_PARAMETER);
	in[0] = NOBODY;
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_DELETE_PORT, in, sizeof(in)),
		      INVALID_PARTITION_ID);
	in[0] = family.child;
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_DELETE_PORT, in, sizeof(in)), ACCESS_DENIED);

	/* Who goes first does not matter. */
	finalize_child(vcpu, family.child);
	EXPECT_STATUS(disconnect_port(vcpu, 1, family.child, FORM_FAST),
		      INVALID_PARTITION_STATE);
	EXPECT_STATUS(connect_port(vcpu, 1, family.child, BELL, ANY, 0),
		      INVALID_PARTITION_STATE);
	withdraw_all(vcpu, family.child);
	delete_child(vcpu, family.child);
	EXPECT_STATUS(delete_port(vcpu, 1, FORM_FAST), SUCCESS);
	REQUIRE_STATUS(create_port(vcpu, 1, family.other), SUCCESS);
	REQUIRE_STATUS(connect_port(vcpu, 1, family.other, BELL, ANY, 0), SUCCESS);
	EXPECT_STATUS(delete_port(vcpu, 1, FORM_FAST), SUCCESS);
	EXPECT_STATUS(disconnect_port(vcpu, 1, family.other, FORM_FAST), INVALID_CONNECTION_ID);
}

static void somebody_has_to_pay(void)
{
	struct family family = new_family(2);
	struct vcpu *vcpu = family.vcpu;

	module_parameter_set("max_ports", 1);
	EXPECT_STATUS(create_port(vcpu, 1, family.child), SUCCESS);
	EXPECT_STATUS(create_port(vcpu, 2, family.other), NO_RESOURCES);
	module_parameter_set("max_ports", 4096);
	EXPECT_STATUS(create_port(vcpu, 2, family.other), SUCCESS);
	EXPECT_STATUS(create_port(vcpu, 3, family.other), INSUFFICIENT_MEMORY);
	deposit_new(vcpu, SELF, NULL, 1);
	EXPECT_STATUS(create_port(vcpu, 3, family.other), SUCCESS);
	/* Nothing of this is in the way when they go with the VM. */
	EXPECT_STATUS(connect_port(vcpu, 3, family.other, BELL, ANY, 0), SUCCESS);
}

/* A parent with a ring, and a child that runs */
struct rung {
	struct parent parent;
	struct child child;
	struct hvp_event_ring *ring;
	unsigned int tail;
};

static struct rung new_rung(const void *code, size_t size)
{
	struct rung rung = { .parent = new_parent() };
	u64 page = guest_alloc(rung.parent.guest);

	rung.child = new_child(rung.parent.vcpu);
	child_code(&rung.child, code, size);
	rung.ring = guest_host(rung.parent.guest, page * HVP_PAGE_SIZE);
	/* What is there is none of ours. */
	memset(rung.ring, 0x77, HVP_PAGE_SIZE);
	rung.ring += 5;
	vcpu_write_msr(rung.parent.vcpu, MSR_HYPERV_SIRBP, page * HVP_PAGE_SIZE | 1);
	EXPECT_EQUAL(rung.ring->signal_masked, 0);
	EXPECT_EQUAL(rung.ring->ports[62], 0);
	return rung;
}

static void add_bell(struct rung *rung, u32 id, u64 gpa, u64 flags, u64 value)
{
	deposit_new(rung->parent.vcpu, SELF, NULL, 1);
	REQUIRE_STATUS(create_port(rung->parent.vcpu, id, rung->child.id), SUCCESS);
	REQUIRE_STATUS(connect_port(rung->parent.vcpu, id, rung->child.id, gpa, flags, value),
		       SUCCESS);
}

/* As synic_event_ring_get_queued_port() of Linux's driver; 0: none */
static u32 take_entry(struct rung *rung)
{
	struct hvp_event_ring *ring = rung->ring;
	u32 id = ring->ports[rung->tail];

	if (!id) {
		if (ring->full) {
			ring->full = 0;
			EXPECT_STATUS(notify_ring_empty(rung->parent.vcpu, 5, FORM_FAST), SUCCESS);
			id = ring->ports[rung->tail];
		}
		if (!id) {
			ring->signal_masked = 0;
			id = ring->ports[rung->tail];
			if (!id)
				return 0;
		}
		ring->signal_masked = 1;
	}
	ring->ports[rung->tail] = 0;
	rung->tail = (rung->tail + 1) % 63;
	return id;
}

static void expect_bell(struct rung *rung)
{
	const struct hvp_message *message = slot_of(&rung->parent);
	u64 id;

	/* Any call gives the vCPU's thread the occasion. */
	get_partition_id(rung->parent.vcpu, &id);
	EXPECT_EQUAL(message->header.type, 0x80000061);
	EXPECT_EQUAL(message->header.payload_size, 4);
	EXPECT_EQUAL(message->payload.sint_event.sint, 5);
	EXPECT(interrupt_waits(&rung->parent));
	take_message(&rung->parent);
}

/*
 * mov $0x4321, %ax; mov %ax, 0x5010; inc %ax; mov %al, 0x5020; movl $0x12345678, 0x5030;
 * mov %ax, 0x5010; out %al, $0x80
 */
static const u8 write_bells[] = {
	0xb8, 0x21, 0x43, 0xa3, 0x10, 0x50, 0x40, 0xa2, 0x20, 0x50,
	0x66, 0xc7, 0x06, 0x30, 0x50, 0x78, 0x56, 0x34, 0x12,
	0xa3, 0x10, 0x50, 0xe6, 0x80,
};

static void expect_port_exit(struct rung *rung, u64 rip)
{
	const struct hvp_message *message = child_intercept(&rung->child);

	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_IO_PORT_INTERCEPT);
	EXPECT_EQUAL(message->payload.io_port.header.rip, rip);
}

/* The child comes to its end without its parent having to do anything. */
static void a_child_rings(void)
{
	struct rung rung = new_rung(write_bells, sizeof(write_bells));

	add_bell(&rung, 1, 0x5010, 2 | ANY, 0);
	add_bell(&rung, 2, 0x5020, 1, 0x22);
	add_bell(&rung, 3, 0x5030, 3, 0x12345678);
	expect_port_exit(&rung, 22);
	expect_bell(&rung);
	EXPECT_EQUAL(take_entry(&rung), 1);
	EXPECT_EQUAL(take_entry(&rung), 2);
	EXPECT_EQUAL(take_entry(&rung), 3);
	EXPECT_EQUAL(take_entry(&rung), 1);
	EXPECT_EQUAL(take_entry(&rung), 0);
	EXPECT_EQUAL(get_register(rung.child.vcpu, rung.child.id, 0, HVP_REGISTER_RAX) & 0xffff,
		     0x4322);
}

/* Another value, size or address is an exit, as is everything when it is gone. */
static void a_child_misses(void)
{
	struct rung rung = new_rung(write_bells, sizeof(write_bells));
	const struct hvp_message *message;

	add_bell(&rung, 1, 0x5010, 2, 0x4322);
	add_bell(&rung, 2, 0x5010, 3 | ANY, 0);
	add_bell(&rung, 3, 0x5011, ANY, 0);
	message = child_intercept(&rung.child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_UNMAPPED_GPA);
	EXPECT_EQUAL(message->payload.memory.gpa / HVP_PAGE_SIZE, 5);
	EXPECT_EQUAL(message->payload.memory.header.access, 1);
	EXPECT_EQUAL(message->payload.memory.header.rip, 3);
	/* Now there is one for anything. */
	add_bell(&rung, 4, 0x5010, ANY, 0);
	message = child_intercept(&rung.child);
	EXPECT_EQUAL(message->payload.memory.header.rip, 7);
	set_register(rung.child.vcpu, rung.child.id, 0, HVP_REGISTER_RIP, 19);
	expect_port_exit(&rung, 22);
	expect_bell(&rung);
	EXPECT_EQUAL(take_entry(&rung), 4);
	/* The value that the first one is for. */
	EXPECT_EQUAL(take_entry(&rung), 1);
	EXPECT_EQUAL(take_entry(&rung), 0);
	EXPECT_STATUS(delete_port(rung.child.vcpu, 1, FORM_FAST), SUCCESS);
	EXPECT_STATUS(delete_port(rung.child.vcpu, 4, FORM_FAST), SUCCESS);
	set_register(rung.child.vcpu, rung.child.id, 0, HVP_REGISTER_RIP, 19);
	message = child_intercept(&rung.child);
	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_UNMAPPED_GPA);
	EXPECT_EQUAL(message->payload.memory.header.rip, 19);
}

/* Where there is memory, it is memory; without access, it is a doorbell. */
static void what_is_behind_it(void)
{
	struct rung rung = new_rung(write_bells, sizeof(write_bells));
	struct vcpu *vcpu = rung.child.vcpu;
	u64 page;

	add_bell(&rung, 1, 0x5010, ANY, 0);
	child_map(&rung.child, 5, MAP_RWX, 1, &page);
	expect_port_exit(&rung, 22);
	EXPECT_EQUAL(*(u16 *)(child_page(&rung.child, page) + 0x10), 0x4322);
	EXPECT_EQUAL(take_entry(&rung), 0);
	set_register(vcpu, rung.child.id, 0, HVP_REGISTER_RIP, 19);
	REQUIRE_RESULT(map_gpa_pages(vcpu, rung.child.id, 5, HVP_MAP_NO_ACCESS, NULL, 1), SUCCESS,
		       1);
	expect_port_exit(&rung, 22);
	expect_bell(&rung);
	EXPECT_EQUAL(take_entry(&rung), 1);
}

/* 1: mov %ax, 0x5010; dec %cx; jnz 1b; out %al, $0x80 */
static const u8 ring_often[] = { 0xa3, 0x10, 0x50, 0x49, 0x75, 0xfa, 0xe6, 0x80 };

/* More than the ring has room for: as many as there were. */
static void the_ring_runs_over(void)
{
	struct rung rung = new_rung(ring_often, sizeof(ring_often));
	unsigned int taken, i;

	add_bell(&rung, 9, 0x5010, ANY, 0);
	for (i = 0; i < 3; i++) {
		set_register(rung.child.vcpu, rung.child.id, 0, HVP_REGISTER_RIP, 0);
		set_register(rung.child.vcpu, rung.child.id, 0, HVP_REGISTER_RCX, 200);
		expect_port_exit(&rung, 6);
		expect_bell(&rung);
		EXPECT_EQUAL(rung.ring->full, 1);
		for (taken = 0; take_entry(&rung) == 9; taken++)
			;
		EXPECT_EQUAL(taken, 200);
		/* What was rung before it began to look may have made one more. */
		take_message(&rung.parent);
	}
}

/* A message that is in the slot comes first, and a guest that looks by itself gets none. */
static void the_slot_is_in_use(void)
{
	struct rung rung = new_rung(ring_often, sizeof(ring_often));
	struct vcpu *vcpu = rung.parent.vcpu;

	add_bell(&rung, 9, 0x5010, ANY, 0);
	slot_of(&rung.parent)->header.type = 1;
	set_register(vcpu, rung.child.id, 0, HVP_REGISTER_RCX, 1);
	expect_port_exit(&rung, 6);
	EXPECT_EQUAL(slot_of(&rung.parent)->header.type, 1);
	EXPECT_EQUAL(slot_of(&rung.parent)->header.flags & 1, 1);
	EXPECT_EQUAL(rung.ring->ports[0], 9);
	take_message(&rung.parent);
	expect_bell(&rung);
	rung.ring->signal_masked = 1;
	set_register(vcpu, rung.child.id, 0, HVP_REGISTER_RIP, 0);
	set_register(vcpu, rung.child.id, 0, HVP_REGISTER_RCX, 1);
	expect_port_exit(&rung, 6);
	EXPECT_EQUAL(rung.ring->ports[1], 9);
	EXPECT_EQUAL(slot_of(&rung.parent)->header.type, HVP_MESSAGE_NONE);
}

/* Without a ring it waits for one. */
static void waits_for_the_ring(void)
{
	struct rung rung = new_rung(ring_often, sizeof(ring_often));
	struct vcpu *vcpu = rung.parent.vcpu;
	u64 sirbp, id;

	add_bell(&rung, 9, 0x5010, ANY, 0);
	EXPECT_EQUAL(vcpu_try_read_msr(vcpu, MSR_HYPERV_SIRBP, &sirbp), VCPU_NO_EXCEPTION);
	vcpu_write_msr(vcpu, MSR_HYPERV_SIRBP, 0);
	set_register(vcpu, rung.child.id, 0, HVP_REGISTER_RCX, 2);
	expect_port_exit(&rung, 6);
	get_partition_id(vcpu, &id);
	EXPECT_EQUAL(slot_of(&rung.parent)->header.type, HVP_MESSAGE_NONE);
	vcpu_write_msr(vcpu, MSR_HYPERV_SIRBP, sirbp);
	expect_bell(&rung);
	EXPECT_EQUAL(take_entry(&rung), 9);
	EXPECT_EQUAL(take_entry(&rung), 9);
	EXPECT_EQUAL(take_entry(&rung), 0);
}

/* The same in 64 bits, at an address that its page tables lead to: mov %eax, (%rdi) */
static const u8 ring_in_long_mode[] = { 0x89, 0x07, 0xe6, 0x80 };

#define TABLES		0x10	/* page numbers in the child */
#define FAR_BELL	0x40000010ULL

static void set_segment(struct child *child, u32 name, u16 attributes)
{
	const struct hvp_segment_register segment = {
		.limit = 0xffffffff, .attributes = attributes, .selector = 8,
	};
	struct hvp_register_assoc assoc = { .name = name };

	memcpy(&assoc.value, &segment, sizeof(segment));
	REQUIRE_RESULT(set_registers(child->vcpu, child->id, 0, &assoc, 1), SUCCESS, 1);
}

static void a_child_rings_in_long_mode(void)
{
	struct rung rung = new_rung(ring_in_long_mode, sizeof(ring_in_long_mode));
	struct child *child = &rung.child;
	u64 tables[4], *entries;
	unsigned int i;

	/* 2 MiB at 0, and at 1 GiB what is at 5 GiB. */
	child_map(child, TABLES, MAP_RWX, ARRAY_SIZE(tables), tables);
	for (i = 0; i < ARRAY_SIZE(tables); i++)
		memset(child_page(child, tables[i]), 0, HVP_PAGE_SIZE);
	entries = child_page(child, tables[0]);
	entries[0] = (TABLES + 1) * HVP_PAGE_SIZE | 3;
	entries = child_page(child, tables[1]);
	entries[0] = (TABLES + 2) * HVP_PAGE_SIZE | 3;
	entries[1] = (TABLES + 3) * HVP_PAGE_SIZE | 3;
	entries = child_page(child, tables[2]);
	entries[0] = 0x83;
	entries = child_page(child, tables[3]);
	entries[0] = 5ULL << 30 | 0x83;
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_CR3, TABLES * HVP_PAGE_SIZE);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_CR4, 0x20);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_EFER, 0x500);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_CR0, 0x80000031);
	set_segment(child, HVP_REGISTER_CS, 0xa09b);
	set_segment(child, HVP_REGISTER_SS, 0xc093);
	set_segment(child, HVP_REGISTER_DS, 0xc093);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RDI, FAR_BELL);
	set_register(child->vcpu, child->id, 0, HVP_REGISTER_RAX, 0xabcdef01);
	add_bell(&rung, 12, 0x140000010, 3, 0xabcdef01);
	expect_port_exit(&rung, 2);
	expect_bell(&rung);
	EXPECT_EQUAL(take_entry(&rung), 12);
	EXPECT_EQUAL(take_entry(&rung), 0);
}

static const struct test_case cases[] = {
	CASE(come_and_go),
	CASE(ports_made_wrongly),
	CASE(connections_made_wrongly),
	CASE(cut_wrongly),
	CASE(somebody_has_to_pay),
	CASE(a_child_rings),
	CASE(a_child_misses),
	CASE(what_is_behind_it),
	CASE(the_ring_runs_over),
	CASE(the_slot_is_in_use),
	CASE(waits_for_the_ring),
	CASE(a_child_rings_in_long_mode),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	return cases_run();
}
