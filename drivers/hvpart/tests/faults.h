/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_TESTS_FAULTS_H
#define _HVPART_TESTS_FAULTS_H

#include <linux/types.h>

void hvp_fail_allocation(unsigned int nth);
unsigned int hvp_allocations_left(void);
bool hvp_can_fail_allocations(void);

#endif /* _HVPART_TESTS_FAULTS_H */
