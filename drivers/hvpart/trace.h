/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hvpart

#if !defined(_HVPART_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _HVPART_TRACE_H

#include <linux/tracepoint.h>
#include <hvpart/abi.h>
#include <hvpart/guest.h>
#include "core/call/control.h"
#include "core/memory/pool.h"
#include "core/state.h"

/*
 * Numbers with the names that they have everywhere else.  Literals and not
 * enumerators, since tools take them from the event's format as they are; the
 * last entry takes the place that a list macro's trailing comma leaves.
 */
#define hvp_status_entry(value, name)		{ value, #name },
#define hvp_call_entry(code, NAME, name, in, out, text) { code, text },
#define hvp_state_entry(value, name, text)	{ value, text },
#define hvp_use_entry(value, name, text)	{ value, text },

#define show_hvp_status(status) \
	__print_symbolic(status, HVP_STATUS_LIST(hvp_status_entry) { 0xffff, "?" })
#define show_hvp_call(code) \
	__print_symbolic(code, HVP_CALL_LIST(hvp_call_entry) { 0xffff, "?" })
#define show_hvp_state(state) \
	__print_symbolic(state, HVP_STATE_LIST(hvp_state_entry) { 0xff, "?" })
#define show_hvp_use(use) \
	__print_symbolic(use, HVP_USE_LIST(hvp_use_entry) { 0xff, "?" })

TRACE_EVENT(hvpart_call,
	TP_PROTO(const struct hvp_call *call, u64 caller),
	TP_ARGS(call, caller),

	TP_STRUCT__entry(
		__field(u16, code)
		__field(u16, rep_count)
		__field(u16, rep_start)
		__field(bool, fast)
		__field(u64, caller)
		__field(u64, control)
		__field(u64, input)
		__field(u64, output)
	),

	TP_fast_assign(
		__entry->code = hvp_control_code(call->control);
		__entry->rep_count = hvp_control_rep_count(call->control);
		__entry->rep_start = hvp_control_rep_start(call->control);
		__entry->fast = hvp_control_fast(call->control);
		__entry->caller = caller;
		__entry->control = call->control;
		__entry->input = call->input;
		__entry->output = call->output;
	),

	TP_printk("%s caller=%llu control=0x%llx %s=0x%llx output=0x%llx reps=%u-%u",
		  show_hvp_call(__entry->code), __entry->caller, __entry->control,
		  __entry->fast ? "fast" : "input", __entry->input, __entry->output,
		  __entry->rep_start, __entry->rep_count)
);

TRACE_EVENT(hvpart_call_done,
	TP_PROTO(u16 code, u64 target, u16 status, unsigned int reps_done),
	TP_ARGS(code, target, status, reps_done),

	TP_STRUCT__entry(
		__field(u16, code)
		__field(u16, status)
		__field(u16, reps_done)
		__field(u64, target)
	),

	TP_fast_assign(
		__entry->code = code;
		__entry->status = status;
		__entry->reps_done = reps_done;
		__entry->target = target;
	),

	TP_printk("%s target=%llu status=%s reps=%u", show_hvp_call(__entry->code),
		  __entry->target, show_hvp_status(__entry->status), __entry->reps_done)
);

TRACE_EVENT(hvpart_created,
	TP_PROTO(u64 id, u64 parent, u64 flags),
	TP_ARGS(id, parent, flags),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, parent)
		__field(u64, flags)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->parent = parent;
		__entry->flags = flags;
	),

	TP_printk("partition=%llu parent=%llu flags=0x%llx", __entry->id, __entry->parent,
		  __entry->flags)
);

TRACE_EVENT(hvpart_state,
	TP_PROTO(u64 id, enum hvp_state from, enum hvp_state to),
	TP_ARGS(id, from, to),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u8, from)
		__field(u8, to)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->from = from;
		__entry->to = to;
	),

	TP_printk("partition=%llu %s -> %s", __entry->id, show_hvp_state(__entry->from),
		  show_hvp_state(__entry->to))
);

DECLARE_EVENT_CLASS(hvpart_pages,
	TP_PROTO(u64 id, unsigned int pages),
	TP_ARGS(id, pages),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, pages)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->pages = pages;
	),

	TP_printk("partition=%llu pages=%u", __entry->id, __entry->pages)
);

DEFINE_EVENT(hvpart_pages, hvpart_deposited,
	TP_PROTO(u64 id, unsigned int pages),
	TP_ARGS(id, pages)
);

DEFINE_EVENT(hvpart_pages, hvpart_withdrawn,
	TP_PROTO(u64 id, unsigned int pages),
	TP_ARGS(id, pages)
);

DECLARE_EVENT_CLASS(hvpart_use,
	TP_PROTO(u64 id, enum hvp_pool_use use, unsigned int pages),
	TP_ARGS(id, use, pages),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, pages)
		__field(u8, use)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->pages = pages;
		__entry->use = use;
	),

	TP_printk("partition=%llu for=%s pages=%u", __entry->id, show_hvp_use(__entry->use),
		  __entry->pages)
);

DEFINE_EVENT(hvpart_use, hvpart_charged,
	TP_PROTO(u64 id, enum hvp_pool_use use, unsigned int pages),
	TP_ARGS(id, use, pages)
);

DEFINE_EVENT(hvpart_use, hvpart_uncharged,
	TP_PROTO(u64 id, enum hvp_pool_use use, unsigned int pages),
	TP_ARGS(id, use, pages)
);

#endif /* _HVPART_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
