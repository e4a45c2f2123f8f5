/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_KVM_PROCESSOR_H
#define _HVPART_KVM_PROCESSOR_H

#include <hvpart/host.h>

extern struct hvp_processor hvp_host_processor;

void hvp_host_processor_find(void);

#endif /* _HVPART_KVM_PROCESSOR_H */
