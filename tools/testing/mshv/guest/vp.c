// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "mshv.h"
#include "vp.h"

#define CODE_SEGMENT	(HVP_SEGMENT_GRANULARITY | HVP_SEGMENT_DEFAULT | HVP_SEGMENT_PRESENT | \
			 HVP_SEGMENT_NON_SYSTEM | 0xb)
#define DATA_SEGMENT	(HVP_SEGMENT_GRANULARITY | HVP_SEGMENT_DEFAULT | HVP_SEGMENT_PRESENT | \
			 HVP_SEGMENT_NON_SYSTEM | 0x3)
#define CR0_PE		0x01
#define CR0_ET		0x10

static int or_errno(int result)
{
	return result < 0 ? -errno : result;
}

int vp_create(int partition, __u32 index)
{
	struct mshv_create_vp create = { .vp_index = index };

	return or_errno(ioctl(partition, MSHV_CREATE_VP, &create));
}

int vp_get_registers_of(int vp, __u32 index, const __u32 *names,
			struct hvp_register_value *values, unsigned int count)
{
	struct {
		struct hvp_vp_in in;
		__u32 names[VP_REGISTERS];
	} input = { .in.vp_index = index };

	memcpy(input.names, names, count * sizeof(*names));
	return mshv_rep_call(vp, HVP_CALL_GET_VP_REGISTERS, count, &input,
			     sizeof(input.in) + count * sizeof(*names), values,
			     count * sizeof(*values));
}

int vp_set_registers_of(int vp, __u32 index, const struct hvp_register_assoc *assocs,
			unsigned int count)
{
	struct {
		struct hvp_vp_in in;
		struct hvp_register_assoc assocs[VP_REGISTERS];
	} input = { .in.vp_index = index };

	memcpy(input.assocs, assocs, count * sizeof(*assocs));
	return mshv_rep_call(vp, HVP_CALL_SET_VP_REGISTERS, count, &input,
			     sizeof(input.in) + count * sizeof(*assocs), NULL, 0);
}

int vp_get_registers(int vp, const __u32 *names, struct hvp_register_value *values,
		     unsigned int count)
{
	return vp_get_registers_of(vp, 0, names, values, count);
}

int vp_set_registers(int vp, const struct hvp_register_assoc *assocs, unsigned int count)
{
	return vp_set_registers_of(vp, 0, assocs, count);
}

int vp_set_values(int vp, const __u32 *names, const struct hvp_register_value *values,
		  unsigned int count)
{
	struct hvp_register_assoc assocs[VP_REGISTERS] = {};

	for (unsigned int i = 0; i < count; i++) {
		assocs[i].name = names[i];
		assocs[i].value = values[i];
	}
	return vp_set_registers(vp, assocs, count);
}

__u64 vp_get_register(int vp, __u32 name)
{
	struct hvp_register_value value;

	return vp_get_registers(vp, &name, &value, 1) ? ~0ULL : value.word[0];
}

int vp_set_register(int vp, __u32 name, __u64 value)
{
	const struct hvp_register_assoc assoc = { .name = name, .value.word = { value } };

	return vp_set_registers(vp, &assoc, 1);
}

/* Which waits for no SIPI, then. */
static int begin(int vp, __u32 index, struct hvp_register_assoc *assocs, unsigned int count,
		 __u64 rip)
{
	assocs[0] = (struct hvp_register_assoc){
		.name = HVP_REGISTER_RIP, .value.word = { rip },
	};
	assocs[1] = (struct hvp_register_assoc){
		.name = HVP_REGISTER_RFLAGS, .value.word = { 2 },
	};
	assocs[2] = (struct hvp_register_assoc){
		.name = HVP_REGISTER_INTERNAL_ACTIVITY_STATE,
	};
	return vp_set_registers_of(vp, index, assocs, count);
}

#define BEGIN	3

int vp_begin_real(int vp, __u32 index, __u64 rip)
{
	struct hvp_register_assoc assocs[BEGIN + 1] = { [BEGIN].name = HVP_REGISTER_CS };
	struct hvp_segment_register *cs = (void *)&assocs[BEGIN].value;
	int error = vp_get_registers_of(vp, index, &assocs[BEGIN].name, &assocs[BEGIN].value, 1);

	if (error)
		return error;
	cs->base = 0;
	cs->selector = 0;
	return begin(vp, index, assocs, BEGIN + 1, rip);
}

int vp_begin_flat(int vp, __u32 index, __u64 rip)
{
	static const __u32 segments[] = {
		HVP_REGISTER_CS, HVP_REGISTER_DS, HVP_REGISTER_ES, HVP_REGISTER_SS,
	};
	struct hvp_register_assoc assocs[BEGIN + 5] = {
		[BEGIN + 4] = { .name = HVP_REGISTER_CR0, .value.word = { CR0_PE | CR0_ET } },
	};

	for (unsigned int i = 0; i < 4; i++) {
		struct hvp_segment_register segment = {
			.limit = ~0U,
			.selector = i ? 0x10 : 0x8,
			.attributes = i ? DATA_SEGMENT : CODE_SEGMENT,
		};

		assocs[BEGIN + i].name = segments[i];
		memcpy(&assocs[BEGIN + i].value, &segment, sizeof(segment));
	}
	return begin(vp, index, assocs, BEGIN + 5, rip);
}

int vp_run(int vp, struct hvp_message *message)
{
	struct mshv_run_vp run;
	int error = or_errno(ioctl(vp, MSHV_RUN_VP, &run));

	if (!error)
		memcpy(message, run.msg_buf, sizeof(*message));
	return error;
}

void *vp_map_page(int vp, unsigned int offset)
{
	void *page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, vp, offset * PAGE);

	return page == MAP_FAILED ? NULL : page;
}

static int state(int vp, unsigned long request, __u8 type, void *page)
{
	struct mshv_get_set_vp_state state = {
		.type = type,
		.buf_sz = PAGE,
		.buf_ptr = (uintptr_t)page,
	};

	return or_errno(ioctl(vp, request, &state));
}

int vp_get_state(int vp, __u8 type, void *page)
{
	return state(vp, MSHV_GET_VP_STATE, type, page);
}

int vp_set_state(int vp, __u8 type, void *page)
{
	return state(vp, MSHV_SET_VP_STATE, type, page);
}

static int set_memory(int partition, __u64 gfn, void *memory, size_t size, __u8 flags)
{
	struct mshv_user_mem_region region = {
		.size = size,
		.guest_pfn = gfn,
		.userspace_addr = (uintptr_t)memory,
		.flags = flags,
	};

	return or_errno(ioctl(partition, MSHV_SET_GUEST_MEMORY, &region));
}

int mshv_map_memory(int partition, __u64 gfn, void *memory, size_t size)
{
	return set_memory(partition, gfn, memory, size,
			  1 << MSHV_SET_MEM_BIT_WRITABLE | 1 << MSHV_SET_MEM_BIT_EXECUTABLE);
}

int mshv_unmap_memory(int partition, __u64 gfn, void *memory, size_t size)
{
	return set_memory(partition, gfn, memory, size, 1 << MSHV_SET_MEM_BIT_UNMAP);
}

long free_kib(void)
{
	char line[128];
	long kib = -1;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "MemFree: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}
