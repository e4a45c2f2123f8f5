// SPDX-License-Identifier: GPL-2.0
/* Letting allocations fail, by the kernel's own fault injection. */

#include <linux/sched.h>
#include <linux/slab.h>
#include "../core/caches.h"
#include "faults.h"

#ifdef CONFIG_FAULT_INJECTION
/**
 * hvp_fail_allocation() - let one allocation of this task alone fail
 * @nth:	the n-th from now, 0 for none
 */
void hvp_fail_allocation(unsigned int nth)
{
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
void hvp_fail_allocation(unsigned int nth)
{
}

unsigned int hvp_allocations_left(void)
{
	return 0;
}
#endif

/**
 * hvp_can_fail_allocations() - is fault injection there and switched on?
 *
 * Return: whether an allocation like those of the core can be made to fail.
 */
bool hvp_can_fail_allocations(void)
{
	void *object;

	hvp_fail_allocation(1);
	object = kmalloc(8, HVP_GFP);
	hvp_fail_allocation(0);
	kfree(object);
	return !object;
}
