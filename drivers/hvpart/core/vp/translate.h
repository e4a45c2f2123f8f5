/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_VP_TRANSLATE_H
#define _HVPART_VP_TRANSLATE_H

#include <hvpart/abi.h>
#include <hvpart/vp_state.h>

struct hvp_gpa_map;
struct hvp_guest;

bool hvp_translate_flags_are_valid(u64 flags);
enum hvp_translate_result hvp_translate(struct hvp_gpa_map *map, struct hvp_guest *guest,
					const struct hvp_vp_state *state, u64 gva, u64 flags,
					u64 *gpa_page);

#endif /* _HVPART_VP_TRANSLATE_H */
