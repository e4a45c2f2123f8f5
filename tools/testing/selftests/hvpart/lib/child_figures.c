// SPDX-License-Identifier: GPL-2.0
/* Figures of children: their memory, their registers, and what it takes to run them. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "child_figures.h"
#include "figures.h"
#include "vps.h"

#define RAM			(64UL << 20)
#define REGISTERS		18
#define MOST_FIGURES		8

/* As new_child() begins them: 16 bits, at 0.  What exits is not done, and so exits again. */
static const u8 out_code[] = { 0xe6, 0x80 };		/* out %al, $0x80 */
static const u8 read_code[] = { 0xa0, 0x00, 0x50 };	/* mov 0x5000, %al */
static const u8 halt_code[] = { 0xf4 };
static const u8 spin_code[] = { 0xeb, 0xfe };

static struct vcpu *new_parent(bool synic)
{
	struct guest_config config = {
		.ram = RAM, .privileges = GUEST_ALL_PRIVILEGES, .synic = synic,
	};

	return &guest_create(&config)->vcpus[0];
}

static struct hvp_dispatch_vp_in child_of(struct vcpu *vcpu, const u8 *code, size_t size)
{
	struct child child = new_child(vcpu);

	child_code(&child, code, size);
	return (struct hvp_dispatch_vp_in){
		.partition_id = child.id, .flags = HVP_DISPATCH_CLEAR_INTERCEPT_SUSPEND,
	};
}

static void measure(struct batch *batch, const char * const *names, const unsigned int *sizes,
		    unsigned int count)
{
	static struct samples samples[MOST_FIGURES];
	unsigned int i, round;

	for (round = 0; round <= figures_rounds; round++) {
		batch_run(batch);
		for (i = 0; i < count; i++) {
			u16 status = result_status(batch_result(batch, 1 + i));

			if (status != HVP_STATUS_SUCCESS)
				die("%s: %s", names[i], status_name(status));
			if (round)
				samples_add(&samples[i], batch_cost(batch, 1 + i));
		}
	}
	for (i = 0; i < count; i++)
		figures_report(names[i], sizes ? sizes[i] : 0, &samples[i], figures_unknown);
	batch_destroy(batch);
}

static void measure_dispatches(void)
{
	static const char * const names[] = {
		"HvDispatchVp to port I/O", "HvDispatchVp to an unmapped page",
		"HvDispatchVp to HLT",
	};
	struct vcpu *vcpu = new_parent(false);
	struct batch *batch = batch_create(vcpu, ARRAY_SIZE(names), 1);
	const struct hvp_dispatch_vp_in in[] = {
		child_of(vcpu, out_code, sizeof(out_code)),
		child_of(vcpu, read_code, sizeof(read_code)),
		child_of(vcpu, halt_code, sizeof(halt_code)),
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(in); i++)
		batch_add_call(batch, HVP_CALL_DISPATCH_VP, &in[i], sizeof(in[i]));
	measure(batch, names, NULL, ARRAY_SIZE(names));
	guest_destroy(vcpu->guest);
}

static void measure_registers(void)
{
	static const char * const names[] = {
		"HvGetVpRegisters", "HvSetVpRegisters", "HvTranslateVirtualAddress",
	};
	static const unsigned int sizes[] = { REGISTERS, REGISTERS, 0 };
	struct vcpu *vcpu = new_parent(false);
	struct batch *batch = batch_create(vcpu, ARRAY_SIZE(names), 2);
	const struct child child = new_child(vcpu);
	struct {
		struct hvp_vp_in vp;
		u32 names[REGISTERS];
	} get = { .vp.partition_id = child.id };
	struct {
		struct hvp_vp_in vp;
		struct hvp_register_assoc assocs[REGISTERS];
	} set = { .vp.partition_id = child.id };
	const struct hvp_translate_in translate = {
		.partition_id = child.id, .flags = HVP_TRANSLATE_READ,
	};
	unsigned int i;

	/* All general ones, RIP and RFLAGS */
	for (i = 0; i < REGISTERS; i++) {
		get.names[i] = HVP_REGISTER_RAX + i;
		set.assocs[i].name = HVP_REGISTER_RAX + i;
	}
	set.assocs[REGISTERS - 1].value.word[0] = 2;
	batch_add_call(batch, HVP_CALL_GET_VP_REGISTERS | CONTROL_REPS(REGISTERS), &get,
		       sizeof(get));
	batch_add_call(batch, HVP_CALL_SET_VP_REGISTERS | CONTROL_REPS(REGISTERS), &set,
		       sizeof(set));
	batch_add_call(batch, HVP_CALL_TRANSLATE_VIRTUAL_ADDRESS, &translate, sizeof(translate));
	measure(batch, names, sizes, ARRAY_SIZE(names));
	guest_destroy(vcpu->guest);
}

static void measure_maps(unsigned int count)
{
	static const char * const names[] = {
		"HvMapGpaPages", "HvMapGpaPages over others", "HvUnmapGpaPages",
	};
	const unsigned int sizes[] = { count, count, count };
	struct vcpu *vcpu = new_parent(false);
	struct batch *batch = batch_create(vcpu, ARRAY_SIZE(names), 3);
	struct {
		struct hvp_map_gpa_pages_in in;
		u64 sources[MAP_MAX_REPS];
	} list = { .in.partition_id = create_active_child(vcpu) };
	size_t size = sizeof(list.in) + 8 * count;
	unsigned int i;

	list.in.gpa_base = 0x1000;
	deposit_new(vcpu, list.in.partition_id, NULL, 100);
	for (i = 0; i < 2; i++) {
		list.in.flags = MAP_RWX;
		guest_alloc_list(vcpu->guest, list.sources, count);
		batch_add_call(batch, HVP_CALL_MAP_GPA_PAGES | CONTROL_REPS(count), &list, size);
	}
	list.in.flags = 0;
	batch_add_call(batch, HVP_CALL_UNMAP_GPA_PAGES | CONTROL_REPS(count), &list,
		       sizeof(list.in));
	measure(batch, names, sizes, ARRAY_SIZE(names));
	guest_destroy(vcpu->guest);
}

/* Returns what the guest's time-stamp counter is at that moment. */
static u64 arm_timer(struct vcpu *vcpu, u32 after)
{
	const u32 values[][2] = {
		{ 0x0f0, 0x1ff }, { 0x320, 0x40 }, { 0x3e0, 0xb }, { 0x380, after },
		/* How much of it is left */
		{ 0x390, after },
	};
	struct kvm_lapic_state lapic;
	unsigned int i;

	if (ioctl(vcpu->fd, KVM_GET_LAPIC, &lapic))
		die("KVM_GET_LAPIC: %m");
	for (i = 0; i < ARRAY_SIZE(values); i++)
		memcpy(lapic.regs + values[i][0], &values[i][1], sizeof(values[i][1]));
	if (ioctl(vcpu->fd, KVM_SET_LAPIC, &lapic))
		die("KVM_SET_LAPIC: %m");
	return guest_get_msr(vcpu, MSR_TSC);
}

/* So long after a guest has read the counter for a call, the call has been made. */
#define GUEST_LEFT	3000

/*
 * A timer of the parent's fires while its thread is in a child that never exits: how long
 * after that the parent goes on.  A cycle of the timer is a nanosecond, which is an
 * instruction where those are counted.
 */
static void measure_interrupts(void)
{
	static const u32 timers[] = { 200000, 330000, 470000, 1000000 };
	static const unsigned int shares[] = { 1, 10, 50, 90, 99, 100 };
	static struct samples samples;
	struct vcpu *vcpu = new_parent(true);
	const struct hvp_dispatch_vp_in in = child_of(vcpu, spin_code, sizeof(spin_code));
	struct batch *batch = batch_create(vcpu, 1, 1);
	unsigned int round, i;

	batch_add_call(batch, HVP_CALL_DISPATCH_VP, &in, sizeof(in));
	for (round = 0; round <= figures_rounds; round++) {
		/* Not always the same distance from the host's own timers. */
		u32 after = timers[round % ARRAY_SIZE(timers)] + 1009 * round;
		u64 due = arm_timer(vcpu, after) + after;

		/* What is left of the last time slice may end it sooner. */
		do {
			batch_run(batch);
		} while (batch_end(batch, 1) < due);
		/* One that came before the call was its guest's, who has disabled them. */
		if (round && batch_end(batch, 1) - batch_cost(batch, 1) + GUEST_LEFT < due)
			samples_add(&samples, batch_end(batch, 1) - due);
	}
	for (i = 0; i < ARRAY_SIZE(shares); i++)
		printf("# %u in 100 of them within %llu\n", shares[i],
		       (unsigned long long)samples_percentile(&samples, shares[i]));
	figures_report("interrupt of a parent that runs a child", 0, &samples, 0);
	batch_destroy(batch);
	guest_destroy(vcpu->guest);
}

void figures_of_children(bool counts_instructions)
{
	measure_dispatches();
	measure_registers();
	measure_maps(1);
	measure_maps(16);
	measure_maps(128);
	measure_maps(MAP_MAX_REPS);
	if (counts_instructions)
		measure_interrupts();
}
