/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When a kernel patches its code, other CPUs may come by. It leads them around by
 * a breakpoint while it does so. QEMU's emulation, with a thread for each CPU, may
 * translate the breakpoint once more in the very moment in which it is patched
 * away, and never notice; the kernel then dies of "Oops: int3" or hangs. These keep
 * tests from provoking that.
 */
#ifndef _HVPART_CODE_PATCHING_H
#define _HVPART_CODE_PATCHING_H

/*
 * Let KVM have VMs for as long as this process or a child of it lives.
 *
 * KVM patches the kernel, even the scheduler, when the first VM comes and when the
 * last one goes; likewise for vCPUs with and without a local APIC in the kernel.
 * Tests make a VM hundreds of times over, and once in some dozens of times it went
 * wrong. It is faster this way, too.
 */
void keep_kvm_busy(void);

/*
 * Under emulation, have this process and its children on one CPU, for a test that
 * patches code on purpose while it is being used.
 */
void stay_on_one_cpu_if_emulated(void);

#endif
