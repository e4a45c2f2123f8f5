// SPDX-License-Identifier: GPL-2.0
/* Letting allocations fail, by the kernel's own fault injection. */

#include <kunit/test.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "../core/memory/caches.h"
#include "faults.h"

#ifdef CONFIG_FAULT_INJECTION
/**
 * hvp_fail_allocation() - let allocations of this task alone fail
 * @nth:	the n-th from now, 0 for none
 * @and_later:	all after it as well, so that there is nothing to fall back to
 */
void hvp_fail_allocation(unsigned int nth, bool and_later)
{
	current->make_it_fail = nth && and_later;
	WRITE_ONCE(current->fail_nth, nth);
}

/**
 * hvp_allocations_left() - has it failed?
 *
 * Return: how many allocations there are to be until then; 0 if it has.
 */
unsigned int hvp_allocations_left(void)
{
	return READ_ONCE(current->fail_nth);
}
#else
void hvp_fail_allocation(unsigned int nth, bool and_later)
{
}

unsigned int hvp_allocations_left(void)
{
	return 0;
}
#endif

static bool hvp_allocations_fail(bool and_later)
{
	unsigned int failed = 0;
	unsigned int i;

	hvp_fail_allocation(1, and_later);
	for (i = 0; i < 2; i++) {
		void *object = kmalloc(8, HVP_GFP);

		failed += !object;
		kfree(object);
	}
	hvp_fail_allocation(0, false);
	return failed == (and_later ? 2 : 1);
}

/**
 * hvp_require_failing_allocations() - skip the test where fault injection is off
 * @test:	the test
 *
 * What it needs is on top of allocation_failure_kunit.c.
 */
void hvp_require_failing_allocations(struct kunit *test)
{
	if (!hvp_allocations_fail(false) || !hvp_allocations_fail(true))
		kunit_skip(test, "allocations cannot be made to fail");
}
