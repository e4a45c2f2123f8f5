// SPDX-License-Identifier: GPL-2.0
/*
 * HvCreateVp, HvDeleteVp, HvMapVpStatePage, HvUnmapVpStatePage, status by status: contract, virtual
 * processors, section 4.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "refused_pages.h"
#include "vps.h"

#define SELF	HVP_PARTITION_ID_SELF
#define NOBODY	77

static u64 call_with(struct vcpu *vcpu, u16 code, const void *input, size_t size)
{
	memcpy(vcpu->input, input, size);
	return hypercall(vcpu, code, vcpu->input_gpa, vcpu->output_gpa);
}

static u64 new_rich_child(struct vcpu *vcpu)
{
	u64 id = create_active_child(vcpu);

	deposit_new(vcpu, id, NULL, 200);
	return id;
}

static void whose(void)
{
	struct vcpu *vcpu = new_guest();
	static const struct {
		u64 id;
		enum hvp_status status;
	} others[] = {
		{ NOBODY, HVP_STATUS_INVALID_PARTITION_ID }, { SELF, HVP_STATUS_ACCESS_DENIED },
	};
	const u64 early = create_child(vcpu);
	const u64 late = create_finalized_child(vcpu), page = guest_alloc(vcpu->guest);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(others); i++) {
		const u64 id = others[i].id;

		EXPECT_EQUAL(create_vp(vcpu, id, 0), others[i].status);
		EXPECT_EQUAL(delete_vp(vcpu, id, 0, FORM_FAST), others[i].status);
		EXPECT_EQUAL(map_state_page(vcpu, id, 0, 0, page), others[i].status);
		EXPECT_EQUAL(unmap_state_page(vcpu, id, 0, 0), others[i].status);
	}
	EXPECT_STATUS(create_vp(vcpu, early, 0), INVALID_PARTITION_STATE);
	EXPECT_STATUS(create_vp(vcpu, late, 999), INVALID_PARTITION_STATE);
	EXPECT_STATUS(delete_vp(vcpu, early, 0, FORM_MEMORY), INVALID_PARTITION_STATE);
	EXPECT_STATUS(delete_vp(vcpu, late, 0, FORM_FAST), INVALID_PARTITION_STATE);
	EXPECT_STATUS(map_state_page(vcpu, early, 0, 7, page), INVALID_PARTITION_STATE);
	EXPECT_STATUS(map_state_page(vcpu, late, 0, 0, page), INVALID_PARTITION_STATE);
	EXPECT_STATUS(unmap_state_page(vcpu, early, 0, 0), INVALID_PARTITION_STATE);
	/* Linux' driver is not to fail there. */
	EXPECT_STATUS(unmap_state_page(vcpu, late, 0, 0), SUCCESS);
	EXPECT_STATUS(unmap_state_page(vcpu, late, 0, 1), SUCCESS);
}

static void made_wrongly(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = new_rich_child(vcpu);
	struct hvp_create_vp_in in = { .partition_id = id };

	in.flags = 1;
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_CREATE_VP, &in, sizeof(in)), INVALID_PARAMETER);
	/* Before the index */
	in.vp_index = 256;
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_CREATE_VP, &in, sizeof(in)), INVALID_PARAMETER);
	in.flags = 0;
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_CREATE_VP, &in, sizeof(in)), INVALID_VP_INDEX);
	in.vp_index = 0;
	in.proximity.flags = 0x4;
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_CREATE_VP, &in, sizeof(in)), INVALID_PARAMETER);
	in.proximity.flags = 0;
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_CREATE_VP, &in, sizeof(in)), SUCCESS);
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_CREATE_VP, &in, sizeof(in)), INVALID_VP_INDEX);
	EXPECT_STATUS(create_vp(vcpu, id, ~0), INVALID_VP_INDEX);
	EXPECT_STATUS(create_vp(vcpu, id, 255), SUCCESS);
}

/* The index comes before the pool. */
static void the_pool_pays(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = create_active_child(vcpu);
	struct hvp_memory_balance_out before, after;
	u64 result = 0;
	unsigned int i;

	withdraw_all(vcpu, id);
	EXPECT_STATUS(create_vp(vcpu, id, 0), INSUFFICIENT_MEMORY);
	EXPECT_STATUS(create_vp(vcpu, id, 256), INVALID_VP_INDEX);
	before = balance_of(vcpu, id);
	for (i = 0; i < MAX_CHARGE; i++) {
		result = create_vp(vcpu, id, 0);
		if (result_status(result) != HVP_STATUS_INSUFFICIENT_MEMORY)
			break;
		deposit_new(vcpu, id, NULL, 1);
	}
	REQUIRE_STATUS(result, SUCCESS);
	EXPECT_STATUS(delete_vp(vcpu, id, 0, FORM_MEMORY), SUCCESS);
	after = balance_of(vcpu, id);
	EXPECT_EQUAL(after.pages_in_use, before.pages_in_use);
	EXPECT_EQUAL(after.pages_available, i);
}

static void comes_and_goes(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = new_rich_child(vcpu);

	EXPECT_STATUS(delete_vp(vcpu, id, 3, FORM_FAST), INVALID_VP_INDEX);
	EXPECT_STATUS(create_vp(vcpu, id, 3), SUCCESS);
	EXPECT_STATUS(delete_vp(vcpu, id, 3, FORM_FAST), SUCCESS);
	EXPECT_STATUS(delete_vp(vcpu, id, 3, FORM_MEMORY), INVALID_VP_INDEX);
	EXPECT_STATUS(delete_vp(vcpu, id, 256, FORM_MEMORY), INVALID_VP_INDEX);
}

static void state_pages(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = new_rich_child(vcpu);
	const u64 page = guest_alloc(vcpu->guest), other = guest_alloc(vcpu->guest);
	struct hvp_map_state_page_in in = {
		.object = { .partition_id = id, .flags = HVP_STATE_PAGE_LOCATED },
		.map_location = page,
	};
	u64 i, *words = guest_host(vcpu->guest, page * HVP_PAGE_SIZE);

	REQUIRE_STATUS(create_vp(vcpu, id, 0), SUCCESS);
	EXPECT_STATUS(map_state_page(vcpu, id, 1, 0, page), INVALID_VP_INDEX);
	EXPECT_STATUS(map_state_page(vcpu, id, 1, 9, page), INVALID_VP_INDEX);
	EXPECT_STATUS(map_state_page(vcpu, id, 0, 2, page), INVALID_PARAMETER);
	EXPECT_STATUS(map_state_page(vcpu, id, 0, 0xffff, page), INVALID_PARAMETER);
	in.object.vtl = 1;
	EXPECT_STATUS(call_with(vcpu, HVP_CALL_MAP_VP_STATE_PAGE, &in, sizeof(in)),
		      INVALID_PARAMETER);
	EXPECT_STATUS(unmap_state_page(vcpu, id, 0, 0), INVALID_PARAMETER);
	EXPECT_STATUS(unmap_state_page(vcpu, id, 0, 2), INVALID_PARAMETER);
	EXPECT_STATUS(unmap_state_page(vcpu, id, 1, 2), INVALID_VP_INDEX);
	EXPECT_STATUS(unmap_state_page(vcpu, id, 256, 0), INVALID_VP_INDEX);

	EXPECT_STATUS(map_state_page(vcpu, id, 0, HVP_STATE_PAGE_INTERCEPT, page), SUCCESS);
	/* Whole, at once */
	for (i = 0; i < HVP_PAGE_SIZE / 8; i++)
		EXPECT_EQUAL(words[i], 0);
	EXPECT_STATUS(map_state_page(vcpu, id, 0, HVP_STATE_PAGE_INTERCEPT, other), OBJECT_IN_USE);
	EXPECT_STATUS(map_state_page(vcpu, id, 0, HVP_STATE_PAGE_REGISTERS, page),
		      OPERATION_DENIED);
	EXPECT_STATUS(map_state_page(vcpu, id, 0, HVP_STATE_PAGE_REGISTERS, other), SUCCESS);
	EXPECT_STATUS(deposit_memory(vcpu, SELF, &page, 1), OBJECT_IN_USE);
	EXPECT_STATUS(deposit_memory(vcpu, SELF, &other, 1), OBJECT_IN_USE);
	memset(words, 0x55, HVP_PAGE_SIZE);
	EXPECT_STATUS(unmap_state_page(vcpu, id, 0, HVP_STATE_PAGE_INTERCEPT), SUCCESS);
	EXPECT_EQUAL(words[0], 0);
	EXPECT_EQUAL(words[511], 0);
	EXPECT_STATUS(unmap_state_page(vcpu, id, 0, HVP_STATE_PAGE_INTERCEPT), INVALID_PARAMETER);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &page, 1), SUCCESS, 1);

	/* It goes with its virtual processor. */
	EXPECT_STATUS(delete_vp(vcpu, id, 0, FORM_FAST), SUCCESS);
	EXPECT_STATUS(unmap_state_page(vcpu, id, 0, HVP_STATE_PAGE_REGISTERS), SUCCESS);
	EXPECT_RESULT(deposit_memory(vcpu, SELF, &other, 1), SUCCESS, 1);
}

/* As statistics pages, they cannot be anywhere. */
static void a_refused_page(const void *data)
{
	const struct refused_page *row = data;
	struct vcpu *vcpu = guest_for_refused_page(row);
	const u64 id = new_rich_child(vcpu), page = row->page(vcpu);
	u64 result;

	REQUIRE_STATUS(create_vp(vcpu, id, 0), SUCCESS);
	result = map_state_page(vcpu, id, 0, HVP_STATE_PAGE_INTERCEPT, page);
	EXPECT(result_status(result) != HVP_STATUS_SUCCESS);
}

/* A state page counts with those that are deposited. */
static void as_many_pages_as_the_host_allows(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = new_rich_child(vcpu), page = guest_alloc(vcpu->guest);

	REQUIRE_STATUS(create_vp(vcpu, id, 0), SUCCESS);
	module_parameter_set("max_pages", 0);
	EXPECT_STATUS(map_state_page(vcpu, id, 0, HVP_STATE_PAGE_INTERCEPT, page),
		      NO_RESOURCES);
	module_parameter_set("max_pages", 1 << 20);
	EXPECT_STATUS(map_state_page(vcpu, id, 0, HVP_STATE_PAGE_INTERCEPT, page), SUCCESS);
}

static void as_many_as_the_host_allows(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = new_rich_child(vcpu), other = new_rich_child(vcpu);

	module_parameter_set("max_vps", 1);
	EXPECT_STATUS(create_vp(vcpu, id, 0), SUCCESS);
	EXPECT_STATUS(create_vp(vcpu, id, 1), NO_RESOURCES);
	EXPECT_STATUS(create_vp(vcpu, other, 0), NO_RESOURCES);
	module_parameter_set("max_vps", 2);
	EXPECT_STATUS(create_vp(vcpu, other, 0), SUCCESS);
	EXPECT_STATUS(create_vp(vcpu, id, 1), NO_RESOURCES);
	finalize_child(vcpu, other);
	EXPECT_STATUS(create_vp(vcpu, id, 1), SUCCESS);
}

/* KVM keeps what it has made for one that is deleted, until there is none left of its child. */
static void deleted_ones_count(void)
{
	struct vcpu *vcpu = new_guest();
	const u64 id = new_rich_child(vcpu), other = new_rich_child(vcpu);
	struct hvp_memory_balance_out before = balance_of(vcpu, id), after;

	module_parameter_set("max_vps", 2);
	EXPECT_STATUS(create_vp(vcpu, id, 0), SUCCESS);
	EXPECT_STATUS(create_vp(vcpu, id, 1), SUCCESS);
	EXPECT_STATUS(delete_vp(vcpu, id, 1, FORM_FAST), SUCCESS);
	EXPECT_STATUS(create_vp(vcpu, id, 2), NO_RESOURCES);
	EXPECT_STATUS(create_vp(vcpu, other, 0), NO_RESOURCES);
	/* The last one */
	EXPECT_STATUS(delete_vp(vcpu, id, 0, FORM_FAST), SUCCESS);
	after = balance_of(vcpu, id);
	EXPECT_EQUAL(after.pages_in_use, before.pages_in_use);
	EXPECT_STATUS(create_vp(vcpu, other, 0), SUCCESS);
	EXPECT_STATUS(create_vp(vcpu, other, 1), SUCCESS);
	EXPECT_STATUS(delete_vp(vcpu, other, 0, FORM_MEMORY), SUCCESS);
	EXPECT_STATUS(create_vp(vcpu, id, 0), NO_RESOURCES);
	finalize_child(vcpu, other);
	EXPECT_STATUS(create_vp(vcpu, id, 0), SUCCESS);
	EXPECT_STATUS(create_vp(vcpu, id, 1), SUCCESS);
	EXPECT_STATUS(create_vp(vcpu, id, 2), NO_RESOURCES);
}

#define LAST_PID	"/proc/sys/kernel/ns_last_pid"

static unsigned int folders_of_children(void)
{
	DIR *folders = opendir("/sys/kernel/debug/kvm");
	struct dirent *entry;
	unsigned int count = 0;

	if (!folders)
		die("/sys/kernel/debug/kvm: %m");
	while ((entry = readdir(folders)))
		count += !strncmp(entry->d_name, "hvpart-", 7);
	closedir(folders);
	return count;
}

/* KVM names a folder after the thread that makes the VM, and another one may get its ID. */
static void each_child_has_a_folder(void)
{
	const unsigned int children = 4, before = folders_of_children();
	struct vcpu *vcpu = new_guest();
	int log = log_from_now();
	char last_pid[16] = "";
	unsigned int i;
	FILE *file;

	/* Kernels without it get to other IDs. */
	file = fopen(LAST_PID, "re");
	if (file) {
		if (fscanf(file, "%15s", last_pid) != 1)
			die("%s: %m", LAST_PID);
		fclose(file);
	}
	for (i = 0; i < children; i++) {
		const u64 id = create_active_child(vcpu);

		deposit_new(vcpu, id, NULL, 60);
		if (file)
			write_text(LAST_PID, last_pid);
		EXPECT_STATUS(create_vp(vcpu, id, 0), SUCCESS);
		/* The thread's end */
		usleep(20000);
	}
	EXPECT_EQUAL(folders_of_children(), before + children);
	EXPECT(!log_says(log, "duplicate directory"));
}

static const struct test_case cases[] = {
	CASE(whose),
	CASE(made_wrongly),
	CASE(the_pool_pays),
	CASE(comes_and_goes),
	CASE(state_pages),
	CASE(as_many_pages_as_the_host_allows),
	CASE(as_many_as_the_host_allows),
	CASE(deleted_ones_count),
	CASE(each_child_has_a_folder),
};

int main(void)
{
	cases_add(cases, ARRAY_SIZE(cases));
	cases_add_rows(a_refused_page, refused_pages);
	return cases_run();
}
