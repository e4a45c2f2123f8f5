/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_TESTS_FAULTS_H
#define _HVPART_TESTS_FAULTS_H

#include <linux/types.h>

/* No call makes more allocations than that. */
#define HVP_MANY_ALLOCATIONS	400

struct kunit;

void hvp_fail_allocation(unsigned int nth, bool and_later);
unsigned int hvp_allocations_left(void);
void hvp_require_failing_allocations(struct kunit *test);

#endif /* _HVPART_TESTS_FAULTS_H */
