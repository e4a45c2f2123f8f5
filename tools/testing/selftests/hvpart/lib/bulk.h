/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages and calls by the million: without all that the library checks of each call, which
 * takes longer than some calls.
 */
#ifndef _HVPART_BULK_H
#define _HVPART_BULK_H

#include "guest.h"

/* A call; returns the result value. */
u64 bulk_call(struct vcpu *vcpu, u64 control, const void *input, unsigned int size);

/*
 * So many pages more, all there and none a part of a huge page, which would be cheaper to
 * pin. The library knows nothing of them, and does not unmap them.
 */
void bulk_add_pages(struct guest *guest, unsigned int count);
/* The page number of one of them. */
u64 bulk_page(unsigned int index);
/* The next @count of them, behind @from, into one pool. */
void bulk_deposit(struct vcpu *vcpu, u64 id, unsigned int *from, unsigned int count);

#endif
