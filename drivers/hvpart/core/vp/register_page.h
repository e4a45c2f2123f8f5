/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_REGISTER_PAGE_H
#define _HVPART_VP_REGISTER_PAGE_H

#include <linux/bits.h>
#include <hvpart/abi/registers.h>
#include <hvpart/vp_state.h>

/* Groups that a register page has something of, all of which hvp_register_page_fill() reads. */
#define HVP_REGISTER_PAGE_GROUPS					\
	(BIT(HVP_VP_GENERAL) | BIT(HVP_VP_SPECIAL) | BIT(HVP_VP_DEBUG) | \
	 BIT(HVP_VP_FLOAT) | BIT(HVP_VP_XCR) | BIT(HVP_VP_EVENTS))

void hvp_register_page_fill(struct hvp_register_page *page, const struct hvp_vp_state *state);
unsigned int hvp_register_page_groups(const struct hvp_register_page *page);
unsigned int hvp_register_page_take(const struct hvp_register_page *page,
				    struct hvp_vp_state *state);

#endif /* _HVPART_VP_REGISTER_PAGE_H */
