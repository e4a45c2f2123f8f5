// SPDX-License-Identifier: GPL-2.0
/*
 * Documentation/hypercalls.rst and hypercalls-mshv.rst as code: which answer a call
 * gets, and what it changes.  Written from there and not from the core.
 */

#include "fuzz.h"
#include "../../../drivers/hvpart/core/active.h"
#include "../../../drivers/hvpart/core/partition.h"

#define BOOLEAN		.reserved = ~1ULL
#define UP_TO(least, most) .minimum = least, .maximum = most
#define READ(number)	{ READ_ONLY, number }

const struct contract_property contract_properties[CONTRACT_PROPERTIES] = {
	{ EARLY, 0x00010000, .reserved = 0xffcce608ffffd000 },
	{ EARLY, 0x00010001 },
	{ EARLY, 0x00050012, .reserved = 0xffe },
	{ EARLY, 0x00050026 },
	{ EARLY, 0x00060006, UP_TO(0, 52), .initial = MACHINE_ADDRESS_BITS },
	{ EARLY, 0x00090007, .initial = BIT(1) | BIT(4) | BIT(6), .banks = true },
	{ REGULAR, 0x00020000, BOOLEAN },
	{ REGULAR, 0x00020001, UP_TO(0, 0x10000) },
	{ REGULAR, 0x00020002, UP_TO(0, 0x10000), .initial = 0x10000 },
	{ REGULAR, 0x00020003, UP_TO(1, 10000), .initial = 100 },
	{ REGULAR, 0x00020004 },
	{ REGULAR, 0x00030003, BOOLEAN },
	{ REGULAR, 0x00050000, UP_TO(1, 8192), .clamp = true, .initial = 1 },
	{ REGULAR, 0x00050002, BOOLEAN },
	{ REGULAR, 0x00050003, UP_TO(1, 256), .initial = 256 },
	{ REGULAR, 0x00050004 },
	{ REGULAR, 0x00050005, BOOLEAN },
	{ REGULAR, 0x0005000e },
	{ REGULAR, 0x0005000f },
	{ REGULAR, 0x00050017, BOOLEAN },
	{ REGULAR, 0x00060004 },
	{ CLOCK, 0x00030005, UP_TO(0, S64_MAX / 100) },
	READ(0x00050010), READ(0x00060000),
	READ(0x00060002), READ(0x00060003), READ(0x00060005),
	READ(0x00060007), READ(0x00060008), READ(0x00060009),
	READ(0x0006000a), READ(0x0006000b), READ(0x00070000),
	READ(0x00080000), READ(0x00020005),
	{ READ_ONLY, 0x00090009, .banks = true },
};

/* Where a property is kept is the core's own affair. */
static u64 *contract_value(struct book *book, const struct contract_property *property)
{
	unsigned int slot = hvp_property_row(property->code)->slot;

	return property->kind == EARLY ? &book->early[slot] : &book->regular[slot];
}

static const struct contract_property *contract_property(u32 code)
{
	unsigned int i;

	for (i = 0; i < CONTRACT_PROPERTIES; i++) {
		if (contract_properties[i].code == code)
			return &contract_properties[i];
	}
	return NULL;
}

static bool contract_proximity_malformed(struct hvp_proximity proximity)
{
	if (proximity.flags & 0x7ffffffe)
		return true;
	return proximity.flags & 0x80000000 &&
	       (proximity.id > 63 || !node_online(proximity.id));
}

static bool contract_placed_well(u64 gpa, size_t bytes, unsigned int gpa_bits)
{
	return !bytes || (gpa % 8 == 0 && gpa % 4096 + bytes <= 4096 &&
			  (gpa_bits > 63 || gpa >> gpa_bits == 0));
}

/* Checks 2 to 5 */
static bool contract_control_malformed(const struct call *call)
{
	u64 control = call->call.control;
	unsigned int count = call_rep_count(call);
	unsigned int start = call_rep_start(call);

	return control & 0xf000f00078000000 || control & BIT(31) ||	/* reserved; nested */
	       (control >> 17 & 0x3ff && !call->row->varhead) ||	/* variable header */
	       (call->row->rep ? start >= count : count || start) ||
	       (control & BIT(16) && !call->row->fast);			/* fast */
}

/* Whom the input names, if anybody; SELF resolved. */
static u64 contract_target_id(const struct call *call)
{
	int place = hvp_contract_at(call->row, HVP_FIELD_ID);
	u64 id = place < 0 ? HVP_PARTITION_ID_INVALID : call->in[place];

	return id == HVP_PARTITION_ID_SELF ? call->caller : id;
}

/* Checks 2 to 10.  Return: the status, or SUCCESS if the call's own checks come next. */
static enum hvp_status contract_check(struct guest *guest, const struct call *call,
				      struct books *books)
{
	const struct hvp_contract_call *row = call->row;
	bool fast = call->call.control & BIT(16);
	struct book *target;

	if (contract_control_malformed(call))
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	if ((!fast && !contract_placed_well(call->call.input, call->in_bytes,
					    call->gpa_bits)) ||
	    !contract_placed_well(call->call.output, call->out_bytes, call->gpa_bits))
		return HVP_STATUS_INVALID_ALIGNMENT;
	if (row->privilege & ~call->privileges)
		return HVP_STATUS_ACCESS_DENIED;
	if ((!fast && call->in_bytes && !guest_readable(guest, call->call.input)) ||
	    (call->out_bytes && !guest_writable(guest, call->call.output)))
		return HVP_STATUS_INVALID_HYPERCALL_INPUT;
	if (!call->caller)
		return HVP_STATUS_NO_RESOURCES;
	if (!row->names_child && !row->names_self)
		return HVP_STATUS_SUCCESS;
	target = books_find(books, contract_target_id(call));
	if (!target)
		return HVP_STATUS_INVALID_PARTITION_ID;
	if (!(row->names_child && target->parent == call->caller) &&
	    !(row->names_self && target->id == call->caller))
		return HVP_STATUS_ACCESS_DENIED;
	if (!(row->states & BIT(target->state)))
		return HVP_STATUS_INVALID_PARTITION_STATE;
	return HVP_STATUS_SUCCESS;
}

/* What a call's own structures cost, in the domain that they are to be in. */
static bool contract_can_pay(const struct book *book, unsigned int pages,
			     struct hvp_proximity proximity)
{
	if (proximity.flags & 1)
		proximity.flags = 0;
	return book_available(book, proximity) >= pages;
}

static enum hvp_status contract_create(const struct hvp_limits *limits, const struct call *call,
				       struct books *books)
{
	const struct hvp_create_partition_in *in = &call->create;
	const struct book *parent = books_find(books, call->caller);

	/* Bits 0, 1, 4, 8, 9, 10, 13, 15, 16, 19, 20 and 22 */
	if (in->flags & ~0x59a713ULL || contract_proximity_malformed(in->proximity) ||
	    in->isolation)
		return HVP_STATUS_INVALID_PARAMETER;
	if (parent->depth >= limits->depth)
		return HVP_STATUS_PARTITION_TOO_DEEP;
	if (!contract_can_pay(parent, hvp_partition_pages(), in->proximity))
		return HVP_STATUS_INSUFFICIENT_MEMORY;
	if (books->count > limits->partitions)
		return HVP_STATUS_NO_RESOURCES;
	return HVP_STATUS_SUCCESS;
}

static bool contract_has_children(const struct books *books, u64 id)
{
	unsigned int i;

	for (i = 0; i < books->count; i++) {
		if (books->book[i].parent == id)
			return true;
	}
	return false;
}

static enum hvp_status contract_get_property(const struct call *call, const struct book *target)
{
	const struct contract_property *property = contract_property(call->property.code);

	if (!(property && property->kind == EARLY) && target->state != HVP_STATE_ACTIVE)
		return HVP_STATUS_INVALID_PARTITION_STATE;
	return property ? HVP_STATUS_SUCCESS : HVP_STATUS_UNKNOWN_PROPERTY;
}

/* A clock can be set while it stands still. */
static bool contract_is_read_only(const struct contract_property *property,
				  const struct book *target)
{
	return property->kind == READ_ONLY ||
	       (property->kind == CLOCK &&
		!target->regular[hvp_property_row(0x00030003)->slot]);
}

static enum hvp_status contract_set_property(const struct call *call, const struct book *target)
{
	const struct contract_property *property = contract_property(call->property.code);
	u64 value = call->property.value;

	if (target->state != (property && property->kind == EARLY ? HVP_STATE_UNINITIALIZED :
			      HVP_STATE_ACTIVE))
		return HVP_STATUS_INVALID_PARTITION_STATE;
	if (!property)
		return HVP_STATUS_UNKNOWN_PROPERTY;
	if (contract_is_read_only(property, target))
		return HVP_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
	if (value & property->reserved)
		return HVP_STATUS_INVALID_PARAMETER;
	if (property->code == 0x00010000 && value & ~call->privileges)
		return HVP_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
	if (property->maximum && !property->clamp &&
	    (value < property->minimum || value > property->maximum))
		return HVP_STATUS_PROPERTY_VALUE_OUT_OF_RANGE;
	return HVP_STATUS_SUCCESS;
}

static enum hvp_status contract_next_child(const struct call *call, struct books *books)
{
	struct book *previous = books_find(books, call->next_child.previous_child_id);

	if (!call->next_child.previous_child_id)
		return HVP_STATUS_SUCCESS;
	return previous && previous->parent == contract_target_id(call) ?
	       HVP_STATUS_SUCCESS : HVP_STATUS_INVALID_PARTITION_ID;
}

/* Can a page be taken from the guest, to be deposited or mapped? */
static enum hvp_status contract_take_page(struct guest *guest, const struct call *call, u64 gfn)
{
	struct guest_page *page = guest_page(guest, gfn);

	if (!page || page->owner || page->stats || hierarchy_maps(call->hierarchy, gfn) ||
	    page->kind == GUEST_NOT_RAM ||
	    page->kind == GUEST_READ_ONLY || page->kind == GUEST_UNMAPPED ||
	    guest_host_page(guest, gfn)->node >= HVP_PROXIMITY_DOMAINS)
		return HVP_STATUS_OPERATION_DENIED;
	if (page->kind == GUEST_IN_USE || gfn == call->call.input >> HVP_PAGE_SHIFT)
		return HVP_STATUS_OBJECT_IN_USE;
	return HVP_STATUS_SUCCESS;
}

static bool contract_shows_state(const struct books *books, u64 gfn)
{
	unsigned int i, vp, type;

	for (i = 0; i < books->count; i++) {
		const struct book *book = &books->book[i];

		for (vp = 0; vp < book->vp_count; vp++) {
			for (type = 0; type < HVP_NR_STATE_PAGES; type++) {
				if (book->vps[vp].mapped & 1U << type &&
				    book->vps[vp].gfn[type] == gfn)
					return true;
			}
		}
	}
	return false;
}

/* One element of a deposit; @list: those before it, which are in the pool by then. */
static enum hvp_status contract_deposit_element(struct guest *guest, const struct call *call,
						const struct books *books, const u64 *list,
						unsigned int start, unsigned int element)
{
	u64 gfn = list[element];
	enum hvp_status status = contract_take_page(guest, call, gfn);
	unsigned int i;

	if (contract_shows_state(books, gfn))
		return HVP_STATUS_OBJECT_IN_USE;
	if (status == HVP_STATUS_OPERATION_DENIED)
		return status;
	for (i = start; i < element; i++) {
		if (list[i] == gfn)
			return HVP_STATUS_OPERATION_DENIED;
	}
	return status;
}

static bool contract_over_limit(const struct guest *guest, const struct hvp_limits *limits,
				const struct books *books, unsigned int more)
{
	return books_deposited(books) + books_located(books) + more > limits->pages ||
	       guest->locked + more > guest->locked_limit;
}

static struct answer contract_deposit(struct guest *guest, const struct hvp_limits *limits,
				      const struct call *call, const struct books *books)
{
	unsigned int start = call_rep_start(call), count = call_rep_count(call);
	const u64 *list = &call->in[1];
	struct answer answer = { HVP_STATUS_SUCCESS, start };
	bool over = contract_over_limit(guest, limits, books, count - start);

	for (; answer.reps < count; answer.reps++) {
		answer.status = contract_deposit_element(guest, call, books, list, start,
							 answer.reps);
		if (!answer.status && over)
			answer.status = HVP_STATUS_NO_RESOURCES;
		if (answer.status)
			break;
	}
	return answer;
}

/*
 * Which pages are taken is for the core to choose, and so how many it comes across that
 * cannot be given back.
 */
struct answer contract_withdraw(const struct call *call, struct books *books)
{
	struct book *target = books_find(books, contract_target_id(call));
	struct hvp_proximity proximity = call->proximity.proximity;
	unsigned int start = call_rep_start(call), count = call_rep_count(call);
	unsigned int available;

	if (contract_proximity_malformed(proximity))
		return (struct answer){ HVP_STATUS_INVALID_PARAMETER, start };
	if (proximity.flags & 1)
		proximity.flags = 0;
	available = book_available(target, proximity) - call->lost;
	if (available >= count - start)
		return (struct answer){ HVP_STATUS_SUCCESS, count };
	return (struct answer){ HVP_STATUS_NO_RESOURCES, start + available };
}

/* A virtual processor of a child's, or NULL. */
static struct book_vp *contract_vp(const struct book *target, u32 index)
{
	unsigned int i;

	for (i = 0; i < target->vp_count; i++) {
		if (target->vps[i].index == index)
			return (struct book_vp *)&target->vps[i];
	}
	return NULL;
}

static enum hvp_status contract_create_vp(const struct hvp_limits *limits,
					  const struct books *books, const struct call *call,
					  const struct book *target)
{
	const struct hvp_create_vp_in *in = &call->create_vp;
	unsigned int vps = 0, i;

	if (in->flags || contract_proximity_malformed(in->proximity))
		return HVP_STATUS_INVALID_PARAMETER;
	if (in->vp_index > 255 || contract_vp(target, in->vp_index))
		return HVP_STATUS_INVALID_VP_INDEX;
	if (!contract_can_pay(target, hvp_child_vp_pages(), in->proximity))
		return HVP_STATUS_INSUFFICIENT_MEMORY;
	for (i = 0; i < books->count; i++)
		vps += books->book[i].vps_kept;
	if (vps >= limits->vps)
		return HVP_STATUS_NO_RESOURCES;
	return HVP_STATUS_SUCCESS;
}

static enum hvp_status contract_interrupt(const struct call *call, const struct book *target)
{
	const struct hvp_assert_interrupt_in *in = &call->interrupt;
	bool there = in->modes & 2 ? target->vp_count : in->destination < 64 &&
			contract_vp(target, in->destination);

	if (in->modes > 3 || in->vtl || in->vector > 255 || in->type > 7 ||
	    in->type == 3 || (in->type < 2 && in->vector < 16) ||
	    (in->type > 1 && in->type < 6 && in->vector))
		return HVP_STATUS_INVALID_PARAMETER;
	/* Who all is at a logical destination is for the machine to say. */
	if (!there || in->destination >> 32)
		return HVP_STATUS_INVALID_VP_INDEX;
	return in->type == 7 && machine_plan.busy ? HVP_STATUS_ACKNOWLEDGED :
						    HVP_STATUS_SUCCESS;
}

/* What a call that names a virtual processor answers, as far as that matters. */
static struct answer contract_vp_call(const struct call *call, const struct book *target,
				      unsigned int start)
{
	struct answer answer = { .reps = start };
	u32 index = call->in[1];

	if (!contract_vp(target, index))
		answer.status = HVP_STATUS_INVALID_VP_INDEX;
	else if (call->row->code == HVP_CALL_DISPATCH_VP && call->in[1] >> 39)
		answer.status = HVP_STATUS_INVALID_PARAMETER;
	else if (call->row->rep && call->in[1] >> 32 & 0xff)
		answer.status = HVP_STATUS_INVALID_PARAMETER;
	else if (call->row->code == HVP_CALL_TRANSLATE_VIRTUAL_ADDRESS &&
		 (!(call->in[2] & 7) || call->in[2] & ~0x3fULL))
		answer.status = HVP_STATUS_INVALID_PARAMETER;
	else if (call->row->code != HVP_CALL_DELETE_VP)
		answer.open = call->row->rep;
	if (call->row->rep && !answer.status)
		answer.reps = call_rep_count(call);
	return answer;
}

/* Of state that is well-formed, what is in it and where it is are left open. */
static struct answer contract_state(const struct call *call, const struct book *target)
{
	bool set = call->row->code == HVP_CALL_SET_VP_STATE;
	unsigned int words = call->call.control >> 17 & 0x3ff;
	u32 type = call->in[2];
	bool in_page = type - 0x80000000U < 4;

	if (!contract_vp(target, call->in[1]))
		return (struct answer){ HVP_STATUS_INVALID_VP_INDEX };
	if (call->in[1] >> 32 & 0xff || (!in_page && type != 4) ||
	    words != (in_page ? 1 : set ? 25 : 0))
		return (struct answer){ HVP_STATUS_INVALID_PARAMETER };
	if (in_page && (call->in[5] >> 52 ||
			(call->gpa_bits < 64 && call->in[5] << 12 >> call->gpa_bits)))
		return (struct answer){ HVP_STATUS_INVALID_PARAMETER };
	return (struct answer){ HVP_STATUS_SUCCESS, .open = in_page || set };
}

static bool contract_intercept_malformed(u32 type, u32 access)
{
	return type > 2 || access & (type == 2 ? ~4U : ~3U);
}

/* More rules about something: @most of them, as far as nothing is replaced. */
static struct answer contract_rules(struct answer answer, u64 rules, u64 blocks,
				    unsigned int most)
{
	/* Whether one is new is for the core to know. */
	answer.open = rules + most > blocks * HVP_RULES_PER_BLOCK ||
		      rules + most > HVP_MOST_RULES;
	return answer;
}

static struct answer contract_install(const struct call *call, const struct book *target,
				      struct answer answer)
{
	u32 access = call->in[1], type = call->in[1] >> 32;

	if (contract_intercept_malformed(type, access))
		answer.status = HVP_STATUS_INVALID_PARAMETER;
	else if (type)
		return contract_rules(answer, target->rules, target->rule_blocks, 1);
	return answer;
}

static struct answer contract_register(const struct call *call, const struct book *target,
				       struct answer answer)
{
	u32 index = call->in[1], type = call->in[1] >> 32, access = call->in[2] >> 32;
	const struct book_vp *vp = index == ~0U ? NULL : contract_vp(target, index);

	if (index != ~0U && !vp) {
		answer.status = HVP_STATUS_INVALID_VP_INDEX;
	} else if (type == 1 ? !access || access > 3 || (u32)call->in[3] > 1 : type != 2) {
		answer.status = HVP_STATUS_INVALID_PARAMETER;
	} else {
		return contract_rules(answer, vp ? vp->rules : target->rules,
				      vp ? vp->rule_blocks : target->rule_blocks,
				      type == 1 && access == 3 ? 2 : 1);
	}
	return answer;
}

static struct answer contract_cpuid_values(const struct call *call, const struct book *target,
					   struct answer answer)
{
	if (!contract_vp(target, call->in[1]))
		answer.status = HVP_STATUS_INVALID_VP_INDEX;
	else if (call->in[1] >> 34)
		answer.status = HVP_STATUS_INVALID_PARAMETER;
	else
		answer.reps = call_rep_count(call);
	return answer;
}

/* Is it a page that there can be?  Offset 0: index; 4: type; 6: VTL; 7: flags */
static bool contract_state_page_malformed(const struct call *call, bool map)
{
	const struct hvp_state_page_in *in = &call->state_page.object;

	return in->type > 1 || in->vtl || (map && in->flags != 1);
}

static enum hvp_status contract_unmap_state(const struct call *call, const struct book *target)
{
	const struct hvp_state_page_in *in = &call->state_page.object;
	const struct book_vp *vp = contract_vp(target, in->vp_index);

	if (!vp && target->state == HVP_STATE_ACTIVE &&
	    (in->vp_index > HVP_HIGHEST_VP_INDEX || !test_bit(in->vp_index, target->vps_deleted)))
		return HVP_STATUS_INVALID_VP_INDEX;
	if (contract_state_page_malformed(call, false))
		return HVP_STATUS_INVALID_PARAMETER;
	if (!vp || vp->mapped >> in->type & 1)
		return HVP_STATUS_SUCCESS;
	return target->state == HVP_STATE_ACTIVE ? HVP_STATUS_INVALID_PARAMETER :
						   HVP_STATUS_SUCCESS;
}

/* Is there such an object? */
static enum hvp_status contract_stats_object(const struct guest *guest, const struct call *call,
					     const struct book *target)
{
	const struct hvp_stats_page_in *in = &call->stats.object;
	unsigned int i;

	if (in->reserved || in->identity.reserved1 || in->identity.reserved2 ||
	    in->identity.area > 1)
		return HVP_STATUS_INVALID_PARAMETER;
	if (in->type == 0x00010001)
		return in->identity.vp_index ? HVP_STATUS_INVALID_PARAMETER :
					       HVP_STATUS_SUCCESS;
	if (in->type != 0x00010002)
		return HVP_STATUS_INVALID_PARAMETER;
	if (target->id != HVP_PARTITION_ID_ROOT)
		return contract_vp(target, in->identity.vp_index) ? HVP_STATUS_SUCCESS :
								    HVP_STATUS_INVALID_VP_INDEX;
	for (i = 0; i < guest->vps.count; i++) {
		if (in->identity.vp_index == GUEST_VP_INDEX(i))
			return HVP_STATUS_SUCCESS;
	}
	return HVP_STATUS_INVALID_VP_INDEX;
}

/* What the caller has mapped of it. */
static struct mapped *contract_mapped(const struct call *call, struct book *target)
{
	const struct hvp_stats_page_in *in = &call->stats.object;
	unsigned int i;

	for (i = 0; i < target->mapped_count; i++) {
		struct mapped *mapped = &target->mapped[i];

		if (mapped->type == in->type && mapped->payer == call->caller &&
		    mapped->vp_index == in->identity.vp_index &&
		    mapped->area == in->identity.area)
			return mapped;
	}
	return NULL;
}

static enum hvp_status contract_map(struct guest *guest, const struct hvp_limits *limits,
				    const struct call *call, struct books *books,
				    struct book *target)
{
	bool lent = call->row->code == HVP_CALL_MAP_STATS_PAGE;
	enum hvp_status status = contract_stats_object(guest, call, target);

	if (!status && contract_mapped(call, target))
		status = HVP_STATUS_OBJECT_IN_USE;
	if (!status && !lent)
		status = contract_take_page(guest, call, call->stats.map_location);
	if (!status && !contract_can_pay(books_find(books, call->caller), 1 + lent,
					 (struct hvp_proximity){}))
		status = HVP_STATUS_INSUFFICIENT_MEMORY;
	if (!status && !lent && contract_over_limit(guest, limits, books, 1))
		status = HVP_STATUS_NO_RESOURCES;
	return status;
}

static enum hvp_status contract_map_state(struct guest *guest, const struct hvp_limits *limits,
					  const struct call *call, const struct books *books,
					  const struct book *target)
{
	const struct hvp_state_page_in *in = &call->state_page.object;
	const struct book_vp *vp = contract_vp(target, in->vp_index);
	enum hvp_status status;

	if (!vp)
		return HVP_STATUS_INVALID_VP_INDEX;
	if (contract_state_page_malformed(call, true))
		return HVP_STATUS_INVALID_PARAMETER;
	if (vp->mapped >> in->type & 1)
		return HVP_STATUS_OBJECT_IN_USE;
	status = contract_take_page(guest, call, call->state_page.map_location);
	if (!status && contract_over_limit(guest, limits, books, 1))
		status = HVP_STATUS_NO_RESOURCES;
	return status;
}

/* What of its flags alone can be told; elements and who pays are left open. */
static struct answer contract_map_gpa(const struct call *call)
{
	struct answer answer = { .reps = call_rep_start(call) };
	bool map = call->row->code == HVP_CALL_MAP_GPA_PAGES;
	u32 flags = call->in[2];
	bool large = flags & (map ? 0x80000000 : 2);

	if (flags & ~(map ? 0x9f31800fU : 3U) ||
	    (map && flags & 0xf && !(flags & 1)) || (map && !(flags & 0x1000f)) ||
	    (large && call->in[1] % 512)) {
		answer.status = HVP_STATUS_INVALID_PARAMETER;
		return answer;
	}
	answer.open = true;
	answer.reps = call_rep_count(call);
	return answer;
}

static struct answer contract_access_state(const struct call *call)
{
	struct answer answer = { .reps = call_rep_start(call) };
	u64 flags = call->in[1];

	if (flags & ~0xfULL || (flags & 3) == 3 || (flags & 12) == 12) {
		answer.status = HVP_STATUS_INVALID_PARAMETER;
		return answer;
	}
	/* There may be less in the map. */
	answer.open = true;
	answer.reps = call_rep_count(call);
	return answer;
}

static enum hvp_status contract_unmap(const struct guest *guest, const struct call *call,
				      struct book *target)
{
	enum hvp_status status = contract_stats_object(guest, call, target);

	if (!status && !contract_mapped(call, target))
		status = HVP_STATUS_INVALID_PARAMETER;
	return status;
}

/* A partition that is named besides the target. */
static enum hvp_status contract_other(struct books *books, const struct call *call, u64 id,
				      bool child)
{
	const struct book *other = books_find(books, id == HVP_PARTITION_ID_SELF ? call->caller :
							   id);

	if (!other)
		return HVP_STATUS_INVALID_PARTITION_ID;
	if (child ? other->parent != call->caller : other->id != call->caller)
		return HVP_STATUS_ACCESS_DENIED;
	return child && other->state != HVP_STATE_ACTIVE ? HVP_STATUS_INVALID_PARTITION_STATE :
							   HVP_STATUS_SUCCESS;
}

static struct book_port *contract_port(struct book *owner, u32 id)
{
	unsigned int i;

	for (i = 0; i < owner->port_count; i++) {
		if (owner->ports[i].id == id)
			return &owner->ports[i];
	}
	return NULL;
}

/* By the connection of a child. */
static struct book_port *contract_connected(struct book *owner, u64 child, u32 id)
{
	unsigned int i;

	for (i = 0; i < owner->port_count; i++) {
		struct book_port *port = &owner->ports[i];

		if (port->connected && port->child == child && port->connection_id == id)
			return port;
	}
	return NULL;
}

static enum hvp_status contract_create_port(const struct hvp_limits *limits,
					    const struct call *call, struct books *books,
					    struct book *target)
{
	const struct hvp_create_port_in *in = &call->create_port;
	enum hvp_status status;
	unsigned int ports = 0, i;

	status = contract_other(books, call, in->connection_partition_id, true);
	if (status)
		return status;
	if (in->type != 4 || in->port_vtl || in->connection_vtl || in->sint != 5 ||
	    in->vp_index != ~0U || contract_proximity_malformed(in->proximity))
		return HVP_STATUS_INVALID_PARAMETER;
	if (!in->port_id || in->port_id >> 24 || contract_port(target, in->port_id))
		return HVP_STATUS_INVALID_PORT_ID;
	if (!contract_can_pay(target, 1, in->proximity))
		return HVP_STATUS_INSUFFICIENT_MEMORY;
	for (i = 0; i < books->count; i++)
		ports += books->book[i].port_count;
	return ports < limits->ports ? HVP_STATUS_SUCCESS : HVP_STATUS_NO_RESOURCES;
}

static enum hvp_status contract_connect_port(const struct call *call, struct books *books,
					     const struct book *target)
{
	const struct hvp_connect_port_in *in = &call->connect_port;
	struct book *owner = books_find(books, call->caller);
	struct hvp_partition *partition;
	const struct book_port *port;
	enum hvp_status status;
	bool beyond;

	status = contract_other(books, call, in->port_partition_id, false);
	if (status)
		return status;
	partition = hvp_hierarchy_find(call->hierarchy, target->id);
	beyond = in->gpa >> HVP_PAGE_SHIFT >= partition->child.map.pages;
	hvp_partition_put(partition);
	if (in->type != 4 || in->vtl || in->flags & ~0x80000007ULL || (in->flags & 7) > 4 ||
	    beyond || contract_proximity_malformed(in->proximity))
		return HVP_STATUS_INVALID_PARAMETER;
	if (!in->connection_id || in->connection_id >> 24 ||
	    contract_connected(owner, target->id, in->connection_id))
		return HVP_STATUS_INVALID_CONNECTION_ID;
	port = contract_port(owner, in->port_id);
	if (!port || port->child != target->id)
		return HVP_STATUS_INVALID_PORT_ID;
	return port->connected ? HVP_STATUS_OBJECT_IN_USE : HVP_STATUS_SUCCESS;
}

static enum hvp_status contract_disconnect_port(const struct call *call, struct books *books,
						const struct book *target)
{
	const struct hvp_disconnect_port_in *in = &call->connection;

	if (in->flags > 1)
		return HVP_STATUS_INVALID_PARAMETER;
	return in->flags && contract_connected(books_find(books, call->caller), target->id,
					       in->connection_id) ?
	       HVP_STATUS_SUCCESS : HVP_STATUS_INVALID_CONNECTION_ID;
}

/* The answer if the host has memory enough and nobody interferes. */
struct answer contract_answer(struct guest *guest, const struct hvp_limits *limits,
			      struct call *call, struct books *books)
{
	struct answer answer = { .status = contract_check(guest, call, books) };
	struct book *target;

	if (!contract_control_malformed(call))
		answer.reps = call_rep_start(call);
	if (answer.status)
		return answer;
	target = books_find(books, contract_target_id(call));

	switch (call->row->code) {
	case HVP_CALL_CREATE_PARTITION:
		answer.status = contract_create(limits, call, books);
		break;
	case HVP_CALL_INITIALIZE_PARTITION:
		if (!contract_can_pay(target, hvp_active_pages(), target->creation.proximity))
			answer.status = HVP_STATUS_INSUFFICIENT_MEMORY;
		break;
	case HVP_CALL_FINALIZE_PARTITION:
		if (contract_has_children(books, target->id))
			answer.status = HVP_STATUS_OPERATION_DENIED;
		break;
	case HVP_CALL_DELETE_PARTITION:
		if (book_deposited(target))
			answer.status = HVP_STATUS_OPERATION_DENIED;
		break;
	case HVP_CALL_GET_PARTITION_PROPERTY:
		answer.status = contract_get_property(call, target);
		break;
	case HVP_CALL_GET_PARTITION_PROPERTY_EX:
		answer.status = contract_get_property(call, target);
		if (!answer.status && call->property.value)
			answer.status = HVP_STATUS_INVALID_PARAMETER;
		break;
	case HVP_CALL_SET_PARTITION_PROPERTY:
		answer.status = contract_set_property(call, target);
		break;
	case HVP_CALL_MAP_STATS_PAGE:
	case HVP_CALL_MAP_STATS_PAGE2:
		answer.status = contract_map(guest, limits, call, books, target);
		break;
	case HVP_CALL_UNMAP_STATS_PAGE:
		answer.status = contract_unmap(guest, call, target);
		break;
	case HVP_CALL_GET_NEXT_CHILD_PARTITION:
		answer.status = contract_next_child(call, books);
		break;
	case HVP_CALL_CREATE_VP:
		answer.status = contract_create_vp(limits, books, call, target);
		break;
	case HVP_CALL_ASSERT_VIRTUAL_INTERRUPT:
		answer.status = contract_interrupt(call, target);
		break;
	case HVP_CALL_MAP_VP_STATE_PAGE:
		answer.status = contract_map_state(guest, limits, call, books, target);
		break;
	case HVP_CALL_UNMAP_VP_STATE_PAGE:
		answer.status = contract_unmap_state(call, target);
		break;
	case HVP_CALL_MAP_GPA_PAGES:
	case HVP_CALL_UNMAP_GPA_PAGES:
		answer = contract_map_gpa(call);
		break;
	case HVP_CALL_GET_GPA_PAGES_ACCESS_STATE:
		answer = contract_access_state(call);
		break;
	case HVP_CALL_GET_VP_STATE:
	case HVP_CALL_SET_VP_STATE:
		answer = contract_state(call, target);
		break;
	case HVP_CALL_DELETE_VP:
	case HVP_CALL_GET_VP_REGISTERS:
	case HVP_CALL_SET_VP_REGISTERS:
	case HVP_CALL_TRANSLATE_VIRTUAL_ADDRESS:
	case HVP_CALL_DISPATCH_VP:
		answer = contract_vp_call(call, target, answer.reps);
		break;
	case HVP_CALL_INSTALL_INTERCEPT:
		answer = contract_install(call, target, answer);
		break;
	case HVP_CALL_REGISTER_INTERCEPT_RESULT:
		answer = contract_register(call, target, answer);
		break;
	case HVP_CALL_GET_VP_CPUID_VALUES:
		answer = contract_cpuid_values(call, target, answer);
		break;
	case HVP_CALL_CREATE_PORT:
		answer.status = contract_create_port(limits, call, books, target);
		break;
	case HVP_CALL_CONNECT_PORT:
		answer.status = contract_connect_port(call, books, target);
		break;
	case HVP_CALL_DISCONNECT_PORT:
		answer.status = contract_disconnect_port(call, books, target);
		break;
	case HVP_CALL_DELETE_PORT:
		if (!contract_port(target, call->port.port_id))
			answer.status = HVP_STATUS_INVALID_PORT_ID;
		break;
	case HVP_CALL_NOTIFY_PORT_RING_EMPTY:
		if ((u32)call->in[0] > 15)
			answer.status = HVP_STATUS_INVALID_PARAMETER;
		break;
	case HVP_CALL_DEPOSIT_MEMORY:
		answer = contract_deposit(guest, limits, call, books);
		break;
	case HVP_CALL_WITHDRAW_MEMORY:
		answer = contract_withdraw(call, books);
		break;
	case HVP_CALL_GET_MEMORY_BALANCE:
		if (contract_proximity_malformed(call->proximity.proximity))
			answer.status = HVP_STATUS_INVALID_PARAMETER;
		break;
	}
	return answer;
}

/*
 * A charge moves pages from available to in use.  From which domains is for the
 * core to choose, as far as the proximity info leaves it open.
 */
static void contract_charge(struct book *book, const struct book *after, enum hvp_pool_use use,
			    unsigned int pages, struct hvp_proximity proximity)
{
	bool valid = proximity.flags & 0x80000000;
	unsigned int sum = 0;
	unsigned int node;

	for (node = 0; node < HVP_PROXIMITY_DOMAINS; node++) {
		unsigned int available = book->deposited[node] - book->in_use[node];
		unsigned int charged = after->in_use[node] - book->in_use[node];

		if (charged > available)
			shim_die("partition %llu: %u pages of node %u charged, %u are there",
				 book->id, charged, node, available);
		if (valid && node == proximity.id &&
		    charged != min_t(unsigned int, pages, available))
			shim_die("partition %llu: %u pages charged on the wanted node",
				 book->id, charged);
		sum += charged;
	}
	if (sum != pages)
		shim_die("partition %llu: %u pages charged, not %u", book->id, sum, pages);
	memcpy(book->in_use, after->in_use, sizeof(book->in_use));
	book->used_for[use] += pages;
}

static void contract_uncharge(struct book *book, const struct book *after,
			      enum hvp_pool_use use, unsigned int pages)
{
	unsigned int node;

	for (node = 0; node < HVP_PROXIMITY_DOMAINS; node++)
		pages -= book->in_use[node] - after->in_use[node];
	if (pages)
		shim_die("partition %llu: %d pages too few were given back", book->id, pages);
	book->used_for[use] = after->used_for[use];
	memcpy(book->in_use, after->in_use, sizeof(book->in_use));
}

static void contract_expect_output(const struct call *call, u64 expected)
{
	if (call->out[0] != expected)
		shim_die("%s: %#llx returned, not %#llx", call->row->name, call->out[0],
			 expected);
}

static void contract_apply_create(struct call *call, struct books *books, struct books *after)
{
	struct book *parent = books_find(books, call->caller);
	struct book *child = &books->book[books->count];
	unsigned int i;

	contract_expect_output(call, ++books->last_id);
	if (after->count != books->count + 1)
		shim_die("HvCreatePartition has made %d partitions",
			 after->count - books->count);
	contract_charge(parent, books_find(after, parent->id), HVP_USE_CHILDREN,
			hvp_partition_pages(), call->create.proximity);
	*child = (struct book){
		.id = books->last_id,
		.parent = parent->id,
		.state = HVP_STATE_UNINITIALIZED,
		.depth = parent->depth + 1,
	};
	child->creation.flags = call->create.flags;
	child->creation.proximity = call->create.proximity;
	child->creation.compatibility_version = call->create.compatibility_version;
	child->creation.disabled_processor_features[0] =
		call->create.disabled_processor_features[0];
	child->creation.disabled_processor_features[1] =
		call->create.disabled_processor_features[1];
	child->creation.disabled_xsave_features = call->create.disabled_xsave_features;
	for (i = 0; i < CONTRACT_PROPERTIES; i++) {
		if (contract_properties[i].kind == EARLY)
			*contract_value(child, &contract_properties[i]) =
				contract_properties[i].initial;
	}
	books->count++;
}

static void contract_apply_initialize(struct book *target, const struct book *after)
{
	unsigned int i;

	contract_charge(target, after, HVP_USE_PARTITION, hvp_active_pages(),
			target->creation.proximity);
	target->state = HVP_STATE_ACTIVE;
	target->active = true;
	for (i = 0; i < CONTRACT_PROPERTIES; i++) {
		if (contract_properties[i].kind == REGULAR)
			*contract_value(target, &contract_properties[i]) =
				contract_properties[i].initial;
	}
}

/* A page is no statistics page any more.  Return: what its payer has got back. */
static unsigned int contract_unmapped(struct guest *guest, const struct mapped *mapped)
{
	struct guest_page *page = guest_page(guest, mapped->gfn);

	if (mapped->lent ? page->owner != mapped->payer || !page->lent : !page->stats)
		shim_die("page %#llx has been a statistics page", mapped->gfn);
	page->lent = false;
	page->stats = false;
	page->lost = false;
	return 1 + mapped->lent;
}

/* So are a virtual processor's state pages.  Return: how many. */
static unsigned int contract_state_unmapped(struct guest *guest, struct book_vp *vp)
{
	unsigned int type, pages = 0;

	for (type = 0; type < HVP_NR_STATE_PAGES; type++) {
		if (!(vp->mapped >> type & 1))
			continue;
		if (!guest_page(guest, vp->gfn[type])->stats)
			shim_die("page %#llx has been a state page", vp->gfn[type]);
		guest_page(guest, vp->gfn[type])->stats = false;
		guest_page(guest, vp->gfn[type])->lost = false;
		pages++;
	}
	return pages;
}

/* It has neither virtual processors nor memory. */
static void contract_forget_child(struct book *target)
{
	target->vp_count = 0;
	target->vps_kept = 0;
	memset(target->vps, 0, sizeof(target->vps));
	target->rules = 0;
	target->rule_blocks = 0;
	target->map_nodes = 0;
	target->map_mapped = 0;
	target->map_no_access = 0;
}

static void contract_apply_create_vp(const struct call *call, struct book *target,
				     const struct book *then)
{
	struct book_vp *vp = &target->vps[target->vp_count++];

	target->vps_kept++;
	contract_charge(target, then, HVP_USE_VPS, hvp_child_vp_pages(),
			call->create_vp.proximity);
	/* They are in the order of their indexes. */
	while (vp > target->vps && vp[-1].index > call->create_vp.vp_index) {
		*vp = vp[-1];
		vp--;
	}
	*vp = (struct book_vp){ .index = call->create_vp.vp_index };
	clear_bit(vp->index, target->vps_deleted);
}

static void contract_apply_delete_vp(struct guest *guest, const struct call *call,
				     struct book *target, const struct book *then,
				     struct books *books, struct books *after)
{
	struct book_vp *vp = contract_vp(target, call->in[1]);
	u64 used_for = target->used_for[HVP_USE_VPS] - hvp_child_vp_pages();
	struct book *parent = books_find(books, target->parent);
	unsigned int i, own = 0, parents = 0, zeroed;
	u64 statistics, rules;

	set_bit(vp->index, target->vps_deleted);
	zeroed = contract_state_unmapped(guest, vp);
	for (i = 0; i < target->mapped_count; i++) {
		struct mapped *mapped = &target->mapped[i];

		if (mapped->type != HVP_STATS_VP || mapped->vp_index != vp->index)
			continue;
		zeroed += !mapped->lent;
		*(mapped->payer == target->id ? &own : &parents) +=
			contract_unmapped(guest, mapped);
		target->mapped_count--;
		memmove(mapped, mapped + 1,
			(char *)&target->mapped[target->mapped_count] - (char *)mapped);
		memset(&target->mapped[target->mapped_count], 0, sizeof(*mapped));
		i--;
	}
	if (call->zeroed != zeroed)
		shim_die("%u pages zeroed, %u unmapped", call->zeroed, zeroed);
	statistics = target->used_for[HVP_USE_STATISTICS] - own;
	rules = vp->rule_blocks * hvp_rule_block_pages();
	contract_uncharge(target, then, HVP_USE_VPS, hvp_child_vp_pages() + own + rules);
	target->used_for[HVP_USE_VPS] = used_for;
	target->used_for[HVP_USE_RULES] -= rules;
	target->used_for[HVP_USE_STATISTICS] = statistics;
	if (parents) {
		statistics = parent->used_for[HVP_USE_STATISTICS] - parents;
		contract_uncharge(parent, books_find(after, parent->id), HVP_USE_STATISTICS,
				  parents);
		parent->used_for[HVP_USE_STATISTICS] = statistics;
	}
	if (!--target->vp_count)
		target->vps_kept = 0;
	memmove(vp, vp + 1, (char *)&target->vps[target->vp_count] - (char *)vp);
	memset(&target->vps[target->vp_count], 0, sizeof(*vp));
}

/* Rules have come, for all virtual processors or for one, and what they cost with them. */
static void contract_apply_rules(const struct call *call, struct book *target,
				 const struct book *then)
{
	struct book_vp *vp = contract_vp(target, call->in[1]);
	const struct book_vp *vp_then = contract_vp(then, call->in[1]);
	bool all = call->row->code == HVP_CALL_INSTALL_INTERCEPT || (u32)call->in[1] == ~0U;
	u64 *rules = all ? &target->rules : &vp->rules;
	u64 *blocks = all ? &target->rule_blocks : &vp->rule_blocks;
	u64 rules_then = all ? then->rules : vp_then->rules;
	u64 blocks_then = all ? then->rule_blocks : vp_then->rule_blocks;

	if (rules_then - *rules > 2 || blocks_then != DIV_ROUND_UP(rules_then, HVP_RULES_PER_BLOCK))
		shim_die("%llu rules in %llu blocks, after %llu", rules_then, blocks_then, *rules);
	contract_charge(target, then, HVP_USE_RULES,
			(blocks_then - *blocks) * hvp_rule_block_pages(), (struct hvp_proximity){});
	*rules = rules_then;
	*blocks = blocks_then;
}

static void contract_apply_map_state(struct guest *guest, const struct call *call,
				     struct book *target)
{
	const struct hvp_state_page_in *in = &call->state_page.object;
	struct book_vp *vp = contract_vp(target, in->vp_index);

	vp->mapped |= BIT(in->type);
	vp->gfn[in->type] = call->state_page.map_location;
	guest_page(guest, call->state_page.map_location)->stats = true;
}

static void contract_apply_unmap_state(struct guest *guest, const struct call *call,
				       struct book *target)
{
	const struct hvp_state_page_in *in = &call->state_page.object;
	struct book_vp *vp = contract_vp(target, in->vp_index);
	struct book_vp page = {};

	if (!vp || !(vp->mapped >> in->type & 1))
		return;
	page.mapped = BIT(in->type);
	page.gfn[in->type] = vp->gfn[in->type];
	contract_state_unmapped(guest, &page);
	vp->mapped &= ~BIT(in->type);
	vp->gfn[in->type] = 0;
	if (call->zeroed != 1)
		shim_die("%u pages zeroed, one unmapped", call->zeroed);
}

/* Each page of the list is what it is to be, unless a later one is the same. */
static void contract_apply_map_gpa(const struct call *call, unsigned int reps,
				   struct book *target, const struct book *then)
{
	struct hvp_partition *partition = hvp_hierarchy_find(call->hierarchy, target->id);
	bool map = call->row->code == HVP_CALL_MAP_GPA_PAGES;
	u32 flags = call->in[2];
	unsigned int pages = flags & (map ? 0x80000000 : 2) ? 512 : 1;
	struct hvp_gpa_page page;
	unsigned int i;

	for (i = call_rep_start(call); i < reps && target->state == HVP_STATE_ACTIVE; i++) {
		hvp_gpa_map_find(&partition->child.map, call->in[1] + (u64)i * pages, &page);
		if (map && !(flags & 0x10000) ?
		    page.kind != HVP_GPA_MAPPED || page.rights != (flags & 0xf) ||
		    page.source != call->in[3 + i] :
		    map ? page.kind != HVP_GPA_NO_ACCESS : page.kind == HVP_GPA_MAPPED)
			shim_die("page %#llx is not what it was mapped as",
				 call->in[1] + (u64)i * pages);
	}
	hvp_partition_put(partition);
	target->used_for[HVP_USE_MEMORY_MAP] = then->used_for[HVP_USE_MEMORY_MAP];
	memcpy(target->in_use, then->in_use, sizeof(target->in_use));
	target->map_nodes = then->map_nodes;
	target->map_mapped = then->map_mapped;
	target->map_no_access = then->map_no_access;
}

/* What is not tracked is all dirty; what is has never been written to before it has run. */
static void contract_apply_access_state(const struct call *call, unsigned int reps,
					struct book *target)
{
	struct hvp_partition *partition = hvp_hierarchy_find(call->hierarchy, target->id);
	const u8 *states = (const u8 *)call->out;
	bool tracked = *contract_value(target, contract_property(0x00050005));
	unsigned int i;

	for (i = call_rep_start(call); i < reps && !call->failed[GUEST_WRITE]; i++) {
		if (states[i] != 3 && (states[i] || !tracked))
			shim_die("element %u: %#x", i, states[i]);
		if (states[i] && tracked && !partition->child.machine)
			shim_die("element %u is dirty", i);
	}
	hvp_partition_put(partition);
}

static void contract_apply_create_port(const struct call *call, struct book *target,
				       const struct book *then)
{
	contract_charge(target, then, HVP_USE_PORTS, 1, call->create_port.proximity);
	target->ports[target->port_count++] = (struct book_port){
		.id = call->create_port.port_id,
		.child = call->create_port.connection_partition_id,
	};
}

static void contract_apply_connect_port(const struct call *call, struct book *owner)
{
	const struct hvp_connect_port_in *in = &call->connect_port;
	struct book_port *port = contract_port(owner, in->port_id);

	port->connected = true;
	port->connection_id = in->connection_id;
	port->size = in->flags & 7 ? 1 << ((in->flags & 7) - 1) : 0;
	port->any_value = in->flags >> 31;
	port->gpa = in->gpa;
	port->value = in->value;
}

static void contract_apply_disconnect_port(struct book_port *port)
{
	*port = (struct book_port){ .id = port->id, .child = port->child };
}

static void contract_apply_delete_port(const struct call *call, struct book *target,
				       const struct book *then)
{
	struct book_port *port = contract_port(target, call->port.port_id);
	u64 used_for = target->used_for[HVP_USE_PORTS] - 1;

	contract_uncharge(target, then, HVP_USE_PORTS, 1);
	target->used_for[HVP_USE_PORTS] = used_for;
	target->port_count--;
	memmove(port, port + 1, (char *)&target->ports[target->port_count] - (char *)port);
	memset(&target->ports[target->port_count], 0, sizeof(*port));
}

/* Its own ports are gone, and those of its parent are not connected to it. */
static void contract_forget_ports(struct book *target, struct book *parent)
{
	unsigned int i;

	target->port_count = 0;
	memset(target->ports, 0, sizeof(target->ports));
	for (i = 0; i < parent->port_count; i++) {
		if (parent->ports[i].child == target->id)
			contract_apply_disconnect_port(&parent->ports[i]);
	}
}

static void contract_apply_finalize(struct guest *guest, struct call *call,
				    struct book *target, const struct book *after,
				    struct books *books, struct books *all_after)
{
	struct book *parent = books_find(books, target->parent);
	u64 own = 0, parents = 0, located = 0;
	unsigned int i;
	u64 used_for;

	for (i = 0; i < target->mapped_count; i++) {
		unsigned int pages = contract_unmapped(guest, &target->mapped[i]);

		if (target->mapped[i].payer == target->id)
			own += pages;
		else
			parents += pages;
		located += !target->mapped[i].lent;
	}
	for (i = 0; i < target->vp_count; i++)
		located += contract_state_unmapped(guest, &target->vps[i]);
	if (call->zeroed != located)
		shim_die("%u pages zeroed, %llu unmapped", call->zeroed, located);
	used_for = target->used_for[HVP_USE_STATISTICS] - own;
	contract_uncharge(target, after, HVP_USE_PARTITION, hvp_active_pages() + own +
			  target->used_for[HVP_USE_VPS] + target->used_for[HVP_USE_MEMORY_MAP] +
			  target->used_for[HVP_USE_RULES] + target->used_for[HVP_USE_PORTS]);
	target->used_for[HVP_USE_PORTS] = 0;
	contract_forget_ports(target, parent);
	target->used_for[HVP_USE_VPS] = 0;
	target->used_for[HVP_USE_RULES] = 0;
	target->used_for[HVP_USE_MEMORY_MAP] = 0;
	contract_forget_child(target);
	target->used_for[HVP_USE_PARTITION] = 0;
	target->used_for[HVP_USE_STATISTICS] = used_for;
	used_for = parent->used_for[HVP_USE_STATISTICS] - parents;
	contract_uncharge(parent, books_find(all_after, parent->id), HVP_USE_STATISTICS,
			  parents);
	parent->used_for[HVP_USE_STATISTICS] = used_for;
	target->mapped_count = 0;
	memset(target->mapped, 0, sizeof(target->mapped));
	target->state = HVP_STATE_FINALIZED;
	target->active = false;
	memset(target->regular, 0, sizeof(target->regular));
}

static void contract_apply_delete(struct call *call, struct book *target, struct books *books,
				  struct books *after)
{
	struct book *parent = books_find(books, call->caller);
	u64 used_for = parent->used_for[HVP_USE_CHILDREN] - hvp_partition_pages();

	contract_uncharge(parent, books_find(after, parent->id), HVP_USE_CHILDREN,
			  hvp_partition_pages());
	parent->used_for[HVP_USE_CHILDREN] = used_for;
	books->count--;
	memmove(target, target + 1,
		(char *)&books->book[books->count] - (char *)target);
}

/* Reads only what the contract gives a value to that does not depend on the host. */
static void contract_apply_get_property(struct guest *guest, struct call *call,
					struct book *target)
{
	const struct contract_property *property = contract_property(call->property.code);

	if (call->row->code == HVP_CALL_GET_PARTITION_PROPERTY_EX) {
		if (property->banks) {
			contract_expect_output(call, 1);
			call->out[0] = call->out[1];
		} else if (call->out[1]) {
			shim_die("more than the value of property %#x", property->code);
		}
	}
	if (property->kind == EARLY || property->kind == REGULAR)
		contract_expect_output(call, property->kind == REGULAR && !target->active ?
					     property->initial :
					     *contract_value(target, property));
	else if (property->code == 0x00060005)
		contract_expect_output(call, target->creation.compatibility_version);
	else if (property->code == 0x00070000)
		contract_expect_output(call, target->parent ? 0 : guest->vps.guest_os_id);
	else if (property->code == 0x00080000)
		contract_expect_output(call, 0);
	else if (property->code == 0x00020005)
		contract_expect_output(call, 1);
	else if (property->code == 0x00090009)
		contract_expect_output(call, ~0ULL);
	else if (property->code == 0x0006000a)
		contract_expect_output(call, machine.features[0] &
				       ~target->creation.disabled_processor_features[0]);
	else if (property->code == 0x0006000b)
		contract_expect_output(call, machine.features[1] &
				       ~target->creation.disabled_processor_features[1]);
	else if (property->code == 0x00060002)
		contract_expect_output(call, machine.xsave_features &
				       ~target->creation.disabled_xsave_features);
}

static void contract_apply_set_property(struct call *call, struct book *target)
{
	const struct contract_property *property = contract_property(call->property.code);
	u64 value = call->property.value;

	if (property->clamp)
		value = clamp(value, property->minimum, property->maximum);
	if (property->kind != CLOCK)
		*contract_value(target, property) = value;
}

static void contract_apply_next_child(struct call *call, struct books *books)
{
	u64 parent = contract_target_id(call);
	u64 next = 0;
	unsigned int i;

	/* Order of creation is order of IDs. */
	for (i = books->count; i-- > 0;) {
		if (books->book[i].parent == parent &&
		    books->book[i].id > call->next_child.previous_child_id)
			next = books->book[i].id;
	}
	contract_expect_output(call, next);
}

static void contract_apply_deposit(struct guest *guest, struct call *call, unsigned int reps,
				   struct book *target)
{
	unsigned int i;

	for (i = call_rep_start(call); i < reps; i++) {
		u64 gfn = call->in[1 + i];

		guest_page(guest, gfn)->owner = target->id;
		target->deposited[guest_host_page(guest, gfn)->node]++;
	}
}

/* What the guest sees of a page that it gets back; where its answer is, there is that. */
static void contract_check_zero(struct guest *guest, const struct call *call, u64 gfn)
{
	static const u8 zeroes[HVP_PAGE_SIZE];
	struct page *page = guest_host_page(guest, gfn);

	if (page && gfn != call->call.output >> HVP_PAGE_SHIFT &&
	    memcmp(page->data, zeroes, sizeof(zeroes)))
		shim_die("page %#llx is given back, and not zero", gfn);
}

static void contract_apply_withdraw(struct guest *guest, struct call *call, unsigned int reps,
				    struct book *target, const struct book *after)
{
	struct hvp_proximity proximity = call->proximity.proximity;
	unsigned int taken = reps - call_rep_start(call) + call->lost;
	unsigned int i;

	if (call->zeroed != taken)
		shim_die("%u pages zeroed, %u withdrawn", call->zeroed, taken);
	for (i = 0; i < GUEST_PAGES; i++) {
		if (!guest->pages[i].lost)
			continue;
		if (guest->pages[i].owner != target->id || guest->pages[i].lent)
			shim_die("page %#llx lost from the pool of partition %llu",
				 guest_gfn(i), target->id);
		guest->pages[i].owner = 0;
		guest->pages[i].lost = false;
	}
	for (i = call_rep_start(call); i < reps; i++) {
		struct guest_page *page = guest_page(guest, call->out[i]);

		if (!page || page->owner != target->id || page->lent)
			shim_die("page %#llx withdrawn from the pool of partition %llu",
				 call->out[i], target->id);
		page->owner = 0;
		contract_check_zero(guest, call, call->out[i]);
	}
	for (i = 0; i < HVP_PROXIMITY_DOMAINS; i++) {
		unsigned int available = target->deposited[i] - target->in_use[i];
		unsigned int from = target->deposited[i] - after->deposited[i];

		if (from > available)
			shim_die("%u pages of node %u withdrawn, %u were there", from, i,
				 available);
		if (proximity.flags & 0x80000000 && i == proximity.id &&
		    from != min_t(unsigned int, taken, available))
			shim_die("%u pages withdrawn from the wanted node", from);
		taken -= from;
	}
	if (taken)
		shim_die("pages withdrawn and deposited do not add up");
	memcpy(target->deposited, after->deposited, sizeof(target->deposited));
}

static void contract_apply_balance(struct call *call, struct book *target)
{
	struct hvp_proximity proximity = call->proximity.proximity;
	unsigned int in_use = 0;
	unsigned int i;

	for (i = 0; i < HVP_PROXIMITY_DOMAINS; i++) {
		if (!(proximity.flags & 0x80000000) || i == proximity.id)
			in_use += target->in_use[i];
	}
	contract_expect_output(call, book_available(target, proximity));
	if (call->out[1] != in_use)
		shim_die("balance: %llu pages in use, not %u", call->out[1], in_use);
}

struct virtual_processor virtual_processors[GUEST_VPS];

/* Of those that are always 0, the guest may have made something else. */
static bool contract_counter_named(const struct mapped *mapped, unsigned int place)
{
	if (mapped->type == 0x00010001)
		return place == 1 || place == 5 || place == 26 || place == 46;
	return place == 1 || place == 7;
}

static void contract_check_counters(const struct mapped *mapped, const u64 *expected, bool all)
{
	const u64 *counters = (const u64 *)mapped->page->data;
	unsigned int i;

	for (i = 0; i < HVP_PAGE_SIZE / sizeof(u64); i++) {
		if (counters[i] != expected[i] && (all || contract_counter_named(mapped, i)))
			shim_die("counter %u of statistics page %#llx is %llu, not %llu", i,
				 mapped->gfn, counters[i], expected[i]);
	}
}

/**
 * contract_check_mapped() - what a statistics page shows that has just been written
 * @books:	of the hierarchy
 * @book:	the partition that it is of
 * @mapped:	the page
 * @all:	nothing else has been in it since it was zeroed
 */
void contract_check_mapped(const struct books *books, const struct book *book,
			   const struct mapped *mapped, bool all)
{
	u64 expected[HVP_PAGE_SIZE / sizeof(u64)] = {};
	const struct virtual_processor *vp;
	unsigned int i;

	if (mapped->type == 0x00010001) {
		expected[1] = book->parent ? book->vp_count : books->vps;
		expected[5] = book_deposited(book);
		expected[26] = book->id;
		for (i = 0; i < books->count; i++)
			expected[46] += books->book[i].parent == book->id &&
					books->book[i].state == HVP_STATE_ACTIVE;
	} else if (!book->parent) {
		vp = &virtual_processors[mapped->vp_index / GUEST_VP_INDEX(1)];
		expected[1] = vp->run_time;
		expected[7] = vp->hypercalls;
	} else {
		/* How long a child has run only its machine knows. */
		expected[1] = ((const u64 *)mapped->page->data)[1];
		expected[7] = ((const u64 *)mapped->page->data)[7];
	}
	contract_check_counters(mapped, expected, all);
}

static void contract_apply_map(struct guest *guest, struct call *call, struct book *target,
			       const struct book *then, struct books *books,
			       struct books *after)
{
	bool lent = call->row->code == HVP_CALL_MAP_STATS_PAGE;
	u64 gfn = lent ? call->out[0] : call->stats.map_location;
	struct mapped *mapped = &target->mapped[target->mapped_count];
	struct book *payer = books_find(books, call->caller);
	struct guest_page *page = guest_page(guest, gfn);

	contract_charge(payer, books_find(after, payer->id), HVP_USE_STATISTICS, 1 + lent,
			(struct hvp_proximity){});
	if (!page || page->stats || page->owner != (lent ? payer->id : 0) || page->lent)
		shim_die("page %#llx is mapped", gfn);
	page->lent = lent;
	page->stats = !lent;
	if (then->mapped_count != target->mapped_count + 1)
		shim_die("partition %llu has %llu pages mapped", target->id,
			 then->mapped_count);
	mapped->type = call->stats.object.type;
	mapped->vp_index = call->stats.object.identity.vp_index;
	mapped->area = call->stats.object.identity.area;
	mapped->lent = lent;
	mapped->payer = call->caller;
	mapped->gfn = gfn;
	/* The guest may have another one there by now. */
	mapped->page = then->mapped[target->mapped_count].page;
	target->mapped_count++;
	/* A guest may have its answer written to the very page that it is about. */
	if (!lent || call->call.output >> HVP_PAGE_SHIFT != gfn)
		contract_check_mapped(after, then, mapped, true);
}

static void contract_apply_unmap(struct guest *guest, struct call *call, struct book *target,
				 struct books *books, struct books *after)
{
	struct mapped *mapped = contract_mapped(call, target);
	struct book *payer = books_find(books, call->caller);
	unsigned int pages;
	u64 used_for;

	if (!mapped)
		shim_die("unmapped what is not mapped");
	pages = contract_unmapped(guest, mapped);
	if (call->zeroed != !mapped->lent)
		shim_die("%u pages zeroed, one unmapped", call->zeroed);
	used_for = payer->used_for[HVP_USE_STATISTICS] - pages;
	contract_uncharge(payer, books_find(after, payer->id), HVP_USE_STATISTICS, pages);
	payer->used_for[HVP_USE_STATISTICS] = used_for;
	target->mapped_count--;
	memmove(mapped, mapped + 1,
		(char *)&target->mapped[target->mapped_count] - (char *)mapped);
	memset(&target->mapped[target->mapped_count], 0, sizeof(*mapped));
}

/**
 * contract_apply() - what a call has to have changed
 * @guest:	the guest
 * @call:	the call
 * @answer:	what it got
 * @books:	before the call; afterwards what is to be expected
 * @after:	after the call
 */
void contract_apply(struct guest *guest, struct call *call, struct answer answer,
		    struct books *books, struct books *after)
{
	struct book *target = books_find(books, contract_target_id(call));
	struct book_port *port;
	struct book *then;

	if (call->row->rep ? answer.reps <= call_rep_start(call) && !call->lost : answer.status)
		return;
	then = target ? books_find(after, target->id) : NULL;
	if (!target && (call->row->names_child || call->row->names_self))
		shim_die("%s: SUCCESS for a partition that is not there", call->row->name);
	if (target && !then && call->row->code != HVP_CALL_DELETE_PARTITION)
		shim_die("partition %llu has gone", target->id);

	switch (call->row->code) {
	case HVP_CALL_CREATE_PARTITION:
		return contract_apply_create(call, books, after);
	case HVP_CALL_INITIALIZE_PARTITION:
		return contract_apply_initialize(target, then);
	case HVP_CALL_FINALIZE_PARTITION:
		return contract_apply_finalize(guest, call, target, then, books, after);
	case HVP_CALL_DELETE_PARTITION:
		return contract_apply_delete(call, target, books, after);
	case HVP_CALL_GET_PARTITION_PROPERTY:
	case HVP_CALL_GET_PARTITION_PROPERTY_EX:
		return contract_apply_get_property(guest, call, target);
	case HVP_CALL_SET_PARTITION_PROPERTY:
		return contract_apply_set_property(call, target);
	case HVP_CALL_GET_PARTITION_ID:
		return contract_expect_output(call, call->caller);
	case HVP_CALL_GET_NEXT_CHILD_PARTITION:
		return contract_apply_next_child(call, books);
	case HVP_CALL_CREATE_VP:
		return contract_apply_create_vp(call, target, then);
	case HVP_CALL_INSTALL_INTERCEPT:
	case HVP_CALL_REGISTER_INTERCEPT_RESULT:
		return contract_apply_rules(call, target, then);
	case HVP_CALL_DELETE_VP:
		return contract_apply_delete_vp(guest, call, target, then, books, after);
	case HVP_CALL_MAP_VP_STATE_PAGE:
		return contract_apply_map_state(guest, call, target);
	case HVP_CALL_UNMAP_VP_STATE_PAGE:
		return contract_apply_unmap_state(guest, call, target);
	case HVP_CALL_MAP_GPA_PAGES:
	case HVP_CALL_UNMAP_GPA_PAGES:
		return contract_apply_map_gpa(call, answer.reps, target, then);
	case HVP_CALL_GET_GPA_PAGES_ACCESS_STATE:
		return contract_apply_access_state(call, answer.reps, target);
	case HVP_CALL_CREATE_PORT:
		return contract_apply_create_port(call, target, then);
	case HVP_CALL_CONNECT_PORT:
		return contract_apply_connect_port(call, books_find(books, call->caller));
	case HVP_CALL_DISCONNECT_PORT:
		port = contract_connected(books_find(books, call->caller), target->id,
					  call->connection.connection_id);
		return contract_apply_disconnect_port(port);
	case HVP_CALL_DELETE_PORT:
		return contract_apply_delete_port(call, target, then);
	case HVP_CALL_DEPOSIT_MEMORY:
		return contract_apply_deposit(guest, call, answer.reps, target);
	case HVP_CALL_WITHDRAW_MEMORY:
		return contract_apply_withdraw(guest, call, answer.reps, target, then);
	case HVP_CALL_GET_MEMORY_BALANCE:
		return contract_apply_balance(call, target);
	case HVP_CALL_MAP_STATS_PAGE:
	case HVP_CALL_MAP_STATS_PAGE2:
		return contract_apply_map(guest, call, target, then, books, after);
	case HVP_CALL_UNMAP_STATS_PAGE:
		return contract_apply_unmap(guest, call, target, books, after);
	}
}
