/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _HVPART_DISPATCH_H
#define _HVPART_DISPATCH_H

#include <hvpart/abi.h>
#include <hvpart/guest.h>

struct hvp_request;

enum hvp_status hvp_dispatch_request(struct hvp_request *request, const struct hvp_call *call,
				     const struct hvp_caller *caller);
void hvp_dispatch_end(struct hvp_request *request);
u64 hvp_dispatch(const struct hvp_call *call, const struct hvp_caller *caller,
		 struct hvp_guest *guest);

#endif /* _HVPART_DISPATCH_H */
