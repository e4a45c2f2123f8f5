/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_HOST_CPU_H
#define _HVPART_HOST_CPU_H

#include <linux/types.h>

u64 hvp_host_processor_vendor(void);
u64 hvp_host_processor_features(unsigned int bank);
u64 hvp_host_xsave_features(void);
u64 hvp_host_xsave_states(u64 disabled_features);
u64 hvp_host_xsave_size(u64 states);
u64 hvp_host_clflush_size(void);
u64 hvp_host_physical_address_bits(void);
u64 hvp_host_clock_frequency(void);

#endif /* _HVPART_HOST_CPU_H */
