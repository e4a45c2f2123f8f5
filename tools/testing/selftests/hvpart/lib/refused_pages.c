// SPDX-License-Identifier: GPL-2.0
#include <sys/mman.h>

#include "partitions.h"
#include "refused_pages.h"

#define MSR_ENABLE	1
#define SELF		HVP_PARTITION_ID_SELF

static u64 hole(struct vcpu *vcpu)
{
	(void)vcpu;
	return GUEST_HOLE_GPA >> HVP_PAGE_SHIFT;
}

static u64 local_apic(struct vcpu *vcpu)
{
	(void)vcpu;
	return GUEST_MMIO_GPA >> HVP_PAGE_SHIFT;
}

static u64 behind_ram(struct vcpu *vcpu)
{
	return vcpu->guest->config.ram >> HVP_PAGE_SHIFT;
}

static u64 read_only_slot(struct vcpu *vcpu)
{
	return guest_add_page(vcpu->guest, KVM_MEM_READONLY, PROT_READ | PROT_WRITE);
}

static u64 read_only_mapping(struct vcpu *vcpu)
{
	return guest_add_page(vcpu->guest, 0, PROT_READ);
}

static u64 no_mapping(struct vcpu *vcpu)
{
	return guest_add_page(vcpu->guest, 0, PROT_NONE);
}

static u64 page_2_to_40(struct vcpu *vcpu)
{
	(void)vcpu;
	return 1ULL << 40;
}

/* Shifted left by 12 without a check, this is a good page. */
static u64 page_2_to_52_and_good_one(struct vcpu *vcpu)
{
	return 1ULL << 52 | guest_alloc(vcpu->guest);
}

static u64 page_2_to_32_and_good_one(struct vcpu *vcpu)
{
	return 1ULL << 32 | guest_alloc(vcpu->guest);
}

static u64 page_all_ones(struct vcpu *vcpu)
{
	(void)vcpu;
	return ~0ULL;
}

static u64 beyond_phys_bits(struct vcpu *vcpu)
{
	return 1ULL << (vcpu_phys_bits(vcpu) - HVP_PAGE_SHIFT);
}

static u64 deposited_before(struct vcpu *vcpu)
{
	u64 gpn;

	deposit_new(vcpu, SELF, &gpn, 1);
	return gpn;
}

static u64 deposited_elsewhere(struct vcpu *vcpu)
{
	u64 gpn;

	deposit_new(vcpu, create_child(vcpu), &gpn, 1);
	return gpn;
}

static u64 in_use_elsewhere(struct vcpu *vcpu)
{
	u64 id = create_child(vcpu);
	u64 gpn, first = 0;

	do {
		deposit_new(vcpu, id, &gpn, 1);
		if (!first)
			first = gpn;
	} while (!result_success(initialize_partition(vcpu, id, FORM_FAST)));
	return first;
}

static u64 hypercall_page(struct vcpu *vcpu)
{
	(void)vcpu;
	return GUEST_HYPERCALL_GPA >> HVP_PAGE_SHIFT;
}

u64 page_enabled_by(struct vcpu *vcpu, u32 msr)
{
	u64 gpn = guest_alloc(vcpu->guest);

	guest_set_msr(vcpu, msr, gpn << HVP_PAGE_SHIFT | MSR_ENABLE);
	return gpn;
}

static u64 message_page(struct vcpu *vcpu)
{
	return page_enabled_by(vcpu, MSR_HYPERV_SIMP);
}

static u64 event_page(struct vcpu *vcpu)
{
	return page_enabled_by(vcpu, MSR_HYPERV_SIEFP);
}

static u64 assist_page(struct vcpu *vcpu)
{
	return page_enabled_by(vcpu, MSR_HYPERV_VP_ASSIST);
}

static u64 message_page_of_another(struct vcpu *vcpu)
{
	return page_enabled_by(vcpu + 1, MSR_HYPERV_SIMP);
}

static u64 event_page_of_another(struct vcpu *vcpu)
{
	return page_enabled_by(vcpu + 1, MSR_HYPERV_SIEFP);
}

static u64 assist_page_of_another(struct vcpu *vcpu)
{
	return page_enabled_by(vcpu + 1, MSR_HYPERV_VP_ASSIST);
}

static u64 ring_page(struct vcpu *vcpu)
{
	u64 gpn = guest_alloc(vcpu->guest);

	/* KVM does not know it, nor can the VMM set it. */
	vcpu_write_msr(vcpu, MSR_HYPERV_SIRBP, gpn << HVP_PAGE_SHIFT | MSR_ENABLE);
	return gpn;
}

static u64 ring_page_of_another(struct vcpu *vcpu)
{
	return ring_page(vcpu + 1);
}

static u64 statistics_page(struct vcpu *vcpu)
{
	struct hvp_stats_page_in object = stats_of_partition(SELF, HVP_STATS_AREA_PARENT);
	u64 gpn = guest_alloc(vcpu->guest);

	deposit_new(vcpu, SELF, NULL, 1);
	REQUIRE_STATUS(map_stats_page2(vcpu, &object, gpn), SUCCESS);
	return gpn;
}

static u64 statistics_page_of_the_pool(struct vcpu *vcpu)
{
	struct hvp_stats_page_in object = stats_of_partition(SELF, HVP_STATS_AREA_PARENT);
	u64 gpn;

	deposit_new(vcpu, SELF, NULL, 2);
	REQUIRE_STATUS(map_stats_page(vcpu, &object, &gpn), SUCCESS);
	return gpn;
}

static u64 own_input(struct vcpu *vcpu)
{
	return vcpu->input_gpa >> HVP_PAGE_SHIFT;
}

const struct refused_page refused_pages[REFUSED_PAGES] = {
	{ "refused: a hole", hole, HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: MMIO", local_apic, HVP_STATUS_OPERATION_DENIED, true },
	{ "refused: the page behind RAM", behind_ram, HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: a page of a read-only slot", read_only_slot,
	  HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: what the host may only read", read_only_mapping,
	  HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: what the host may not touch", no_mapping,
	  HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: page 2^40", page_2_to_40, HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: page 2^52 + a good one", page_2_to_52_and_good_one,
	  HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: page 2^32 + a good one", page_2_to_32_and_good_one,
	  HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: page 2^64 - 1", page_all_ones, HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: a page beyond MAXPHYADDR", beyond_phys_bits,
	  HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: what is in the same pool", deposited_before,
	  HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: what is in another pool", deposited_elsewhere,
	  HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: what a partition uses", in_use_elsewhere,
	  HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: the hypercall page", hypercall_page, HVP_STATUS_OBJECT_IN_USE, false },
	{ "refused: the call's own input", own_input, HVP_STATUS_OBJECT_IN_USE, false },
	{ "refused: the SynIC message page", message_page, HVP_STATUS_OBJECT_IN_USE, true },
	{ "refused: the SynIC event page", event_page, HVP_STATUS_OBJECT_IN_USE, true },
	{ "refused: the VP assist page", assist_page, HVP_STATUS_OBJECT_IN_USE, true },
	{ "refused: another vCPU's message page", message_page_of_another,
	  HVP_STATUS_OBJECT_IN_USE, true },
	{ "refused: another vCPU's event page", event_page_of_another,
	  HVP_STATUS_OBJECT_IN_USE, true },
	{ "refused: another vCPU's assist page", assist_page_of_another,
	  HVP_STATUS_OBJECT_IN_USE, true },
	{ "refused: the event ring page", ring_page, HVP_STATUS_OBJECT_IN_USE, false },
	{ "refused: another vCPU's event ring page", ring_page_of_another,
	  HVP_STATUS_OBJECT_IN_USE, true },
	{ "refused: a statistics page", statistics_page, HVP_STATUS_OPERATION_DENIED, false },
	{ "refused: a statistics page of the pool", statistics_page_of_the_pool,
	  HVP_STATUS_OPERATION_DENIED, false },
};

struct vcpu *guest_for_refused_page(const struct refused_page *row)
{
	struct guest_config config = {
		.vcpus = row->synic ? 2 : 1,
		.synic = row->synic,
		.privileges = GUEST_ALL_PRIVILEGES,
	};

	return &guest_create(&config)->vcpus[0];
}
