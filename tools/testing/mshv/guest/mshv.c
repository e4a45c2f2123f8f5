// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/mshv.h>

#include "mshv.h"

#define BIT(n)	(1ULL << (n))

/* What rust-vmm and OpenVMM ask for. */
#define FLAGS	(BIT(MSHV_PT_BIT_LAPIC) | BIT(MSHV_PT_BIT_X2APIC) | \
		 BIT(MSHV_PT_BIT_GPA_SUPER_PAGES))

static int or_errno(int result)
{
	return result < 0 ? -errno : result;
}

int mshv_open(void)
{
	return or_errno(open(MSHV_DEVICE, O_RDWR | O_CLOEXEC));
}

int mshv_create(int mshv)
{
	struct mshv_create_partition create = { .pt_flags = FLAGS };

	return or_errno(ioctl(mshv, MSHV_CREATE_PARTITION, &create));
}

int mshv_create_v2(int mshv, __u64 disabled_features0, __u64 disabled_features1)
{
	struct mshv_create_partition_v2 create = {
		.pt_flags = FLAGS | BIT(MSHV_PT_BIT_CPU_AND_XSAVE_FEATURES),
		.pt_num_cpu_fbanks = MSHV_NUM_CPU_FEATURES_BANKS,
		.pt_cpu_fbanks = { disabled_features0, disabled_features1 },
	};

	/* The number of the ioctl is the same for both structures. */
	return or_errno(ioctl(mshv, MSHV_CREATE_PARTITION, &create));
}

int mshv_initialize(int partition)
{
	return or_errno(ioctl(partition, MSHV_INITIALIZE_PARTITION));
}

int mshv_activate(int partition)
{
	int error;

	if (partition < 0)
		return partition;
	error = mshv_initialize(partition);
	if (!error)
		return partition;
	close(partition);
	return error;
}

int mshv_create_active(int mshv)
{
	return mshv_activate(mshv_create(mshv));
}

/* A call of @reps elements, of which none may be left, or of none */
static int call(int fd, __u16 code, __u16 reps, void *in, size_t in_size, void *out,
		size_t out_size)
{
	struct mshv_root_hvcall call = {
		.code = code,
		.reps = reps,
		.in_sz = in_size,
		.out_sz = out_size,
		.in_ptr = (uintptr_t)in,
		.out_ptr = (uintptr_t)out,
	};
	int error = or_errno(ioctl(fd, MSHV_ROOT_HVCALL, &call));

	/* A call that got another status than SUCCESS fails with an errno, too. */
	if (call.status)
		return call.status;
	return error ?: call.reps == reps ? 0 : -EIO;
}

int mshv_call(int fd, __u16 code, void *in, size_t in_size, void *out, size_t out_size)
{
	return call(fd, code, 0, in, in_size, out, out_size);
}

int mshv_rep_call(int fd, __u16 code, __u16 reps, void *in, size_t in_size, void *out,
		  size_t out_size)
{
	return call(fd, code, reps, in, in_size, out, out_size);
}

int mshv_get_property(int fd, __u32 code, __u64 *value)
{
	struct hvp_get_property_in in = { .code = code };

	return mshv_call(fd, HVP_CALL_GET_PARTITION_PROPERTY, &in, sizeof(in), value,
			 sizeof(*value));
}

int mshv_get_property_ex(int fd, __u32 code, struct hvp_get_property_ex_out *value)
{
	struct hvp_get_property_ex_in in = { .code = code };

	return mshv_call(fd, HVP_CALL_GET_PARTITION_PROPERTY_EX, &in, sizeof(in), value,
			 sizeof(*value));
}

int mshv_set_property(int partition, __u32 code, __u64 value)
{
	struct hvp_set_property_in in = { .code = code, .value = value };

	return mshv_call(partition, HVP_CALL_SET_PARTITION_PROPERTY, &in, sizeof(in), NULL, 0);
}
