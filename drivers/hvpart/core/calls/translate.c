// SPDX-License-Identifier: GPL-2.0
/* HvTranslateVirtualAddress. */

#include "../call/request.h"
#include "../call/table.h"
#include "../partition.h"
#include <hvpart/abi/messages.h>
#include "../vp/translate.h"

/**
 * hvp_translate_virtual_address() - HvTranslateVirtualAddress
 * @request:	the call
 *
 * Context: Outside KVM's loop.
 * Return: SUCCESS, or in check order:
 * * what hvp_child_vp_use() returns
 * * INVALID_PARAMETER: no access is asked for; a reserved flag; another VTL
 * * NO_RESOURCES: host memory
 */
enum hvp_status hvp_translate_virtual_address(struct hvp_request *request)
{
	const struct hvp_translate_in *in = &request->in.translate_virtual_address;
	struct hvp_translate_out *out = &request->out.translate_virtual_address;
	struct hvp_child_vp *vp;
	enum hvp_status status;

	status = hvp_child_vp_use(request->target, in->vp_index, &vp);
	if (status)
		return status;
	if (!hvp_translate_flags_are_valid(in->flags)) {
		status = HVP_STATUS_INVALID_PARAMETER;
	} else {
		hvp_child_vp_take_page(vp);
		status = hvp_child_vp_want(vp, BIT(HVP_VP_SPECIAL) | BIT(HVP_VP_GENERAL));
	}
	if (!status)
		out->result = hvp_translate(&request->target->child.map, request->guest,
					    &vp->state, in->gva_page << HVP_PAGE_SHIFT,
					    in->flags, &out->gpa_page);
	if (!status)
		out->cache_type = HVP_CACHE_WRITE_BACK;
	hvp_child_vp_unuse(vp);
	return status;
}
