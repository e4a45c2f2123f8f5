// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "contract.h"
#include "vps.h"

/* As a call has it that is not about its form: at the start of the pages. */
static u64 vp_call(struct vcpu *vcpu, u64 control, const void *input, size_t size,
		   const void *list, size_t list_size)
{
	memcpy(vcpu->input, input, size);
	if (list_size)
		memcpy(vcpu->input + size, list, list_size);
	return hypercall(vcpu, control, vcpu->input_gpa, vcpu->output_gpa);
}

u64 map_gpa_pages(struct vcpu *vcpu, u64 id, u64 gpn, u32 flags, const u64 *sources,
		  unsigned int count)
{
	const struct hvp_map_gpa_pages_in in = {
		.partition_id = id,
		.gpa_base = gpn,
		.flags = flags,
	};

	return vp_call(vcpu, HVP_CALL_MAP_GPA_PAGES | CONTROL_REPS(count), &in, sizeof(in),
		       sources, sources ? count * sizeof(*sources) : 0);
}

u64 unmap_gpa_pages(struct vcpu *vcpu, u64 id, u64 gpn, u32 flags, unsigned int count)
{
	const struct hvp_map_gpa_pages_in in = {
		.partition_id = id,
		.gpa_base = gpn,
		.flags = flags,
	};

	return vp_call(vcpu, HVP_CALL_UNMAP_GPA_PAGES | CONTROL_REPS(count), &in, sizeof(in),
		       NULL, 0);
}

u64 get_access_states(struct vcpu *vcpu, u64 id, u64 gpn, u64 flags, u8 *states,
		      unsigned int count, unsigned int start)
{
	const struct hvp_access_state_in in = {
		.partition_id = id,
		.flags = flags,
		.gpa_page = gpn,
	};

	return memory_call(vcpu, HVP_CALL_GET_GPA_PAGES_ACCESS_STATE | CONTROL_REPS(count) |
			   CONTROL_START(start), &in, states);
}

u64 create_vp(struct vcpu *vcpu, u64 id, u32 index)
{
	const struct hvp_create_vp_in in = { .partition_id = id, .vp_index = index };

	return vp_call(vcpu, HVP_CALL_CREATE_VP, &in, sizeof(in), NULL, 0);
}

u64 delete_vp(struct vcpu *vcpu, u64 id, u32 index, enum call_form form)
{
	const struct hvp_vp_in in = { .partition_id = id, .vp_index = index };

	if (form == FORM_FAST)
		return hypercall(vcpu, HVP_CALL_DELETE_VP | HVP_CONTROL_FAST, id, index);
	return vp_call(vcpu, HVP_CALL_DELETE_VP, &in, sizeof(in), NULL, 0);
}

u64 get_registers(struct vcpu *vcpu, u64 id, u32 index, const u32 *names,
		  struct hvp_register_value *values, unsigned int count)
{
	const struct hvp_vp_in in = { .partition_id = id, .vp_index = index };
	u64 result = vp_call(vcpu, HVP_CALL_GET_VP_REGISTERS | CONTROL_REPS(count), &in,
			     sizeof(in), names, count * sizeof(*names));

	memcpy(values, vcpu->output, result_reps(result) * sizeof(*values));
	return result;
}

u64 set_registers(struct vcpu *vcpu, u64 id, u32 index,
		  const struct hvp_register_assoc *assocs, unsigned int count)
{
	const struct hvp_vp_in in = { .partition_id = id, .vp_index = index };

	return vp_call(vcpu, HVP_CALL_SET_VP_REGISTERS | CONTROL_REPS(count), &in, sizeof(in),
		       assocs, count * sizeof(*assocs));
}

u64 translate_address(struct vcpu *vcpu, u64 id, u32 index, u64 flags, u64 gva,
		      struct hvp_translate_out *out)
{
	const struct hvp_translate_in in = {
		.partition_id = id,
		.vp_index = index,
		.flags = flags,
		.gva_page = gva / HVP_PAGE_SIZE,
	};
	u64 result = vp_call(vcpu, HVP_CALL_TRANSLATE_VIRTUAL_ADDRESS, &in, sizeof(in), NULL, 0);

	memcpy(out, vcpu->output, sizeof(*out));
	return result;
}

u64 assert_interrupt(struct vcpu *vcpu, u64 id, u32 type, u32 modes, u64 destination,
		     u32 vector)
{
	const struct hvp_assert_interrupt_in in = {
		.partition_id = id,
		.type = type,
		.modes = modes,
		.destination = destination,
		.vector = vector,
	};

	return vp_call(vcpu, HVP_CALL_ASSERT_VIRTUAL_INTERRUPT, &in, sizeof(in), NULL, 0);
}

u64 dispatch_vp(struct vcpu *vcpu, u64 id, u32 index, u32 flags,
		struct hvp_dispatch_vp_out *out)
{
	const struct hvp_dispatch_vp_in in = {
		.partition_id = id,
		.vp_index = index,
		.flags = flags,
	};
	u64 result = vp_call(vcpu, HVP_CALL_DISPATCH_VP, &in, sizeof(in), NULL, 0);

	memcpy(out, vcpu->output, sizeof(*out));
	return result;
}

u64 install_intercept(struct vcpu *vcpu, u64 id, u32 type, u32 access, u64 parameter)
{
	const struct hvp_install_intercept_in in = {
		.partition_id = id,
		.access = access,
		.type = type,
		.parameter = parameter,
	};

	return vp_call(vcpu, HVP_CALL_INSTALL_INTERCEPT, &in, sizeof(in), NULL, 0);
}

u64 register_intercept_result(struct vcpu *vcpu, const struct hvp_intercept_result_in *in)
{
	return vp_call(vcpu, HVP_CALL_REGISTER_INTERCEPT_RESULT, in, sizeof(*in), NULL, 0);
}

u64 get_cpuid_values(struct vcpu *vcpu, u64 id, u32 index, u32 flags,
		     const struct hvp_cpuid_leaf *leaves, struct hvp_cpuid_value *values,
		     unsigned int count)
{
	const struct hvp_cpuid_values_in in = {
		.partition_id = id,
		.vp_index = index,
		.flags = flags,
	};
	u64 result = vp_call(vcpu, HVP_CALL_GET_VP_CPUID_VALUES | CONTROL_REPS(count), &in,
			     sizeof(in), leaves, count * sizeof(*leaves));

	memcpy(values, vcpu->output, result_reps(result) * sizeof(*values));
	return result;
}

u64 create_port(struct vcpu *vcpu, u32 id, u64 child)
{
	const struct hvp_create_port_in in = {
		.partition_id = HVP_PARTITION_ID_SELF,
		.port_id = id,
		.connection_partition_id = child,
		.type = HVP_PORT_DOORBELL,
		.sint = HVP_DOORBELL_SINT,
		.vp_index = HVP_ANY_VP,
	};

	return vp_call(vcpu, HVP_CALL_CREATE_PORT, &in, sizeof(in), NULL, 0);
}

u64 connect_port(struct vcpu *vcpu, u32 id, u64 child, u64 gpa, u64 flags, u64 value)
{
	const struct hvp_connect_port_in in = {
		.partition_id = child,
		.connection_id = id,
		.port_partition_id = HVP_PARTITION_ID_SELF,
		.port_id = id,
		.type = HVP_PORT_DOORBELL,
		.gpa = gpa,
		.value = value,
		.flags = flags,
	};

	return vp_call(vcpu, HVP_CALL_CONNECT_PORT, &in, sizeof(in), NULL, 0);
}

static u64 port_call(struct vcpu *vcpu, u16 code, const u64 *in, size_t size,
		     enum call_form form)
{
	if (form == FORM_FAST)
		return hypercall(vcpu, code | HVP_CONTROL_FAST, in[0], size > 8 ? in[1] : ~0ULL);
	return vp_call(vcpu, code, in, size, NULL, 0);
}

u64 disconnect_port(struct vcpu *vcpu, u32 id, u64 child, enum call_form form)
{
	const u64 in[] = { child, id | (u64)HVP_DISCONNECT_DOORBELL << 32 };

	return port_call(vcpu, HVP_CALL_DISCONNECT_PORT, in, sizeof(in), form);
}

u64 delete_port(struct vcpu *vcpu, u32 id, enum call_form form)
{
	const u64 in[] = { HVP_PARTITION_ID_SELF, id };

	return port_call(vcpu, HVP_CALL_DELETE_PORT, in, sizeof(in), form);
}

u64 notify_ring_empty(struct vcpu *vcpu, u32 sint, enum call_form form)
{
	const u64 in = sint;

	return port_call(vcpu, HVP_CALL_NOTIFY_PORT_RING_EMPTY, &in, sizeof(in), form);
}

u64 map_state_page(struct vcpu *vcpu, u64 id, u32 index, u16 type, u64 gpn)
{
	const struct hvp_map_state_page_in in = {
		.object = {
			.partition_id = id,
			.vp_index = index,
			.type = type,
			.flags = HVP_STATE_PAGE_LOCATED,
		},
		.map_location = gpn,
	};

	return vp_call(vcpu, HVP_CALL_MAP_VP_STATE_PAGE, &in, sizeof(in), NULL, 0);
}

u64 unmap_state_page(struct vcpu *vcpu, u64 id, u32 index, u16 type)
{
	const struct hvp_state_page_in in = {
		.partition_id = id,
		.vp_index = index,
		.type = type,
	};

	return vp_call(vcpu, HVP_CALL_UNMAP_VP_STATE_PAGE, &in, sizeof(in), NULL, 0);
}

/* Control: the code, and a variable header of so many bytes */
static u64 varhead(u16 code, size_t bytes)
{
	return code | (bytes + 7) / 8 << HVP_CONTROL_VARHEAD_SHIFT;
}

u64 get_vp_state(struct vcpu *vcpu, const struct hvp_vp_state_in *in, const u64 *gpns,
		 unsigned int count)
{
	return vp_call(vcpu, varhead(HVP_CALL_GET_VP_STATE, count * sizeof(*gpns)), in,
		       sizeof(*in), gpns, count * sizeof(*gpns));
}

u64 set_vp_state(struct vcpu *vcpu, const struct hvp_vp_state_in *in, const void *header,
		 size_t size)
{
	return vp_call(vcpu, varhead(HVP_CALL_SET_VP_STATE, size), in, sizeof(*in), header, size);
}

u64 get_register(struct vcpu *vcpu, u64 id, u32 index, u32 name)
{
	struct hvp_register_value value = {};

	REQUIRE_RESULT(get_registers(vcpu, id, index, &name, &value, 1), SUCCESS, 1);
	return value.word[0];
}

void set_register(struct vcpu *vcpu, u64 id, u32 index, u32 name, u64 value)
{
	const struct hvp_register_assoc assoc = { .name = name, .value.word = { value } };

	REQUIRE_RESULT(set_registers(vcpu, id, index, &assoc, 1), SUCCESS, 1);
}

/* Flat, 64 KiB, 16 bits, present, at 0: type and attributes of code and of data */
#define REAL_CODE	0x009b
#define REAL_DATA	0x0093

static void child_begin_at(struct child *child, u32 index, u64 rip)
{
	static const u32 segments[] = {
		HVP_REGISTER_CS, HVP_REGISTER_SS, HVP_REGISTER_DS, HVP_REGISTER_ES,
		HVP_REGISTER_FS, HVP_REGISTER_GS,
	};
	struct hvp_register_assoc assocs[ARRAY_SIZE(segments) + 4] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(segments); i++) {
		const struct hvp_segment_register segment = {
			.limit = 0xffff,
			.attributes = i ? REAL_DATA : REAL_CODE,
		};

		assocs[i].name = segments[i];
		memcpy(&assocs[i].value, &segment, sizeof(segment));
	}
	assocs[i++].name = HVP_REGISTER_INTERNAL_ACTIVITY_STATE;
	assocs[i++] = (struct hvp_register_assoc){
		.name = HVP_REGISTER_RIP, .value.word = { rip },
	};
	assocs[i++] = (struct hvp_register_assoc){
		.name = HVP_REGISTER_RFLAGS, .value.word = { 2 },
	};
	assocs[i++] = (struct hvp_register_assoc){
		.name = HVP_REGISTER_RSP, .value.word = { HVP_PAGE_SIZE - 0x100 * index },
	};
	REQUIRE_RESULT(set_registers(child->vcpu, child->id, index, assocs, i), SUCCESS, i);
}

void child_add_vp(struct child *child, u32 index, u64 rip)
{
	u64 page = guest_alloc(child->vcpu->guest);

	deposit_new(child->vcpu, child->id, NULL, 60);
	REQUIRE_STATUS(create_vp(child->vcpu, child->id, index), SUCCESS);
	REQUIRE_STATUS(map_state_page(child->vcpu, child->id, index, HVP_STATE_PAGE_INTERCEPT,
				      page), SUCCESS);
	child_begin_at(child, index, rip);
}

struct child new_child(struct vcpu *vcpu)
{
	return new_child_of(vcpu, create_active_child(vcpu));
}

struct child new_child_of(struct vcpu *vcpu, u64 id)
{
	struct child child = { .vcpu = vcpu, .id = id };

	deposit_new(vcpu, child.id, NULL, 100);
	child_map(&child, 0, MAP_RWX, 1, &child.code);
	REQUIRE_STATUS(create_vp(vcpu, child.id, 0), SUCCESS);
	child.intercepts = guest_alloc(vcpu->guest);
	REQUIRE_STATUS(map_state_page(vcpu, child.id, 0, HVP_STATE_PAGE_INTERCEPT,
				      child.intercepts), SUCCESS);
	child_begin_at(&child, 0, 0);
	return child;
}

void *child_page(struct child *child, u64 parent_gpn)
{
	return guest_host(child->vcpu->guest, parent_gpn * HVP_PAGE_SIZE);
}

void child_code(struct child *child, const void *code, size_t size)
{
	memcpy(child_page(child, child->code), code, size);
}

void child_map(struct child *child, u64 gpn, u32 flags, unsigned int count, u64 *sources)
{
	guest_alloc_list(child->vcpu->guest, sources, count);
	REQUIRE_RESULT(map_gpa_pages(child->vcpu, child->id, gpn, flags, sources, count),
		       SUCCESS, count);
}

struct hvp_dispatch_vp_out child_run(struct child *child)
{
	struct hvp_dispatch_vp_out out;

	do {
		REQUIRE_STATUS(dispatch_vp(child->vcpu, child->id, 0,
					   HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND, &out),
			       SUCCESS);
	} while (out.state == HVP_DISPATCH_READY && out.event != HVP_DISPATCH_EVENT_INTERCEPT);
	return out;
}

const struct hvp_message *child_intercept(struct child *child)
{
	struct hvp_dispatch_vp_out out = child_run(child);

	REQUIRE_EQUAL(out.state, HVP_DISPATCH_READY);
	REQUIRE_EQUAL(out.event, HVP_DISPATCH_EVENT_INTERCEPT);
	return child_page(child, child->intercepts);
}

void child_deny(struct child *child, u64 gpn)
{
	REQUIRE_RESULT(map_gpa_pages(child->vcpu, child->id, gpn, HVP_MAP_NO_ACCESS, NULL, 1),
		       SUCCESS, 1);
}

u64 child_wants_page(struct child *child, u64 rip, u64 gpn)
{
	const struct hvp_message *message = child_intercept(child);
	u64 source;

	EXPECT_EQUAL(message->header.type, HVP_MESSAGE_GPA_INTERCEPT);
	EXPECT_EQUAL(message->payload.memory.header.access, 1);
	EXPECT_EQUAL(message->payload.memory.header.rip, rip);
	EXPECT_EQUAL(message->payload.memory.gpa / HVP_PAGE_SIZE, gpn);
	child_map(child, gpn, MAP_RWX, 1, &source);
	memset(child_page(child, source), 0xff, HVP_PAGE_SIZE);
	return source;
}

void prepare_vp_call(struct vcpu *vcpu, u16 code, u64 id)
{
	const struct hvp_contract_call *call = hvp_contract_of(code);
	bool names_vp = call->statuses & HVP_CAN(INVALID_VP_INDEX) &&
			hvp_contract_at(call, HVP_FIELD_STATS_TYPE) < 0;

	if (names_vp || code == HVP_CALL_MAP_GPA_PAGES || code == HVP_CALL_INSTALL_INTERCEPT)
		deposit_new(vcpu, id, NULL, 50);
	if (names_vp && code != HVP_CALL_CREATE_VP)
		REQUIRE_STATUS(create_vp(vcpu, id, 0), SUCCESS);
	if (code == HVP_CALL_UNMAP_VP_STATE_PAGE)
		REQUIRE_STATUS(map_state_page(vcpu, id, 0, HVP_STATE_PAGE_REGISTERS,
					      guest_alloc(vcpu->guest)), SUCCESS);
	/* Port 1 is what contract_make_input() names. */
	if (code == HVP_CALL_CREATE_PORT || code == HVP_CALL_CONNECT_PORT ||
	    code == HVP_CALL_DISCONNECT_PORT || code == HVP_CALL_DELETE_PORT)
		deposit_new(vcpu, HVP_PARTITION_ID_SELF, NULL, 1);
	if (code == HVP_CALL_CONNECT_PORT || code == HVP_CALL_DISCONNECT_PORT ||
	    code == HVP_CALL_DELETE_PORT)
		REQUIRE_STATUS(create_port(vcpu, 1, id), SUCCESS);
	if (code == HVP_CALL_DISCONNECT_PORT)
		REQUIRE_STATUS(connect_port(vcpu, 1, id, 0, 0, 0), SUCCESS);
}
