/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of mshv-ioctls begin with (rust-vmm/mshv 0.7, src/ioctls/system.rs). */
#ifndef _RUST_VMM_H
#define _RUST_VMM_H

/*
 * make_default_partition_create_arg() and create_vm_with_args(): a partition without what
 * the library does not know.  Returns a descriptor, or -errno, or a hypercall's status, negative.
 */
int rust_vmm_create_default(int mshv);

/* create_vm(): with the synthetic features that may be assigned, not initialized */
int rust_vmm_create_vm(int mshv);

/* And then vm.initialize() */
int rust_vmm_create_active(int mshv);

#endif /* _RUST_VMM_H */
