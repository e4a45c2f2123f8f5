/* SPDX-License-Identifier: GPL-2.0 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM hvpart

#if !defined(_HVPART_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _HVPART_TRACE_H

#include <linux/tracepoint.h>
#include <hvpart/abi.h>
#include <hvpart/abi/gpa.h>
#include <hvpart/abi/vp.h>
#include <hvpart/guest.h>
#include <hvpart/machine.h>
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
#define hvp_exit_entry(value, name, text)	{ value, text },
#define hvp_access_entry(value, name, text)	{ value, text },

#define show_hvp_status(status) \
	__print_symbolic(status, HVP_STATUS_LIST(hvp_status_entry) { 0xffff, "?" })
#define show_hvp_call(code) \
	__print_symbolic(code, HVP_CALL_LIST(hvp_call_entry) { 0xffff, "?" })
#define show_hvp_state(state) \
	__print_symbolic(state, HVP_STATE_LIST(hvp_state_entry) { 0xff, "?" })
#define show_hvp_use(use) \
	__print_symbolic(use, HVP_USE_LIST(hvp_use_entry) { 0xff, "?" })

#define show_hvp_exit(reason) \
	__print_symbolic(reason, HVP_EXIT_LIST(hvp_exit_entry) { 0xff, "?" })
#define show_hvp_access(access) \
	__print_symbolic(access, HVP_ACCESS_LIST(hvp_access_entry) { 0xff, "?" })
/* HV_VP_DISPATCH_STATE; 0 if the call has not come that far */
#define show_hvp_dispatch_state(state) \
	__print_symbolic(state, { 0, "refused" }, { 1, "blocked" }, { 2, "ready" })
/* HV_VP_DISPATCH_EVENT */
#define show_hvp_dispatch_event(event) \
	__print_symbolic(event, { 0, "none" }, { 1, "suspend" }, { 2, "intercept" })
/* HV_INTERRUPT_TYPE */
#define show_hvp_interrupt(type) \
	__print_symbolic(type, { 0, "fixed" }, { 1, "lowest-priority" }, { 2, "smi" }, \
			 { 4, "nmi" }, { 5, "init" }, { 7, "extint" })

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

TRACE_EVENT(hvpart_mapped,
	TP_PROTO(u64 id, u64 gfn, u64 pages, u32 rights),
	TP_ARGS(id, gfn, pages, rights),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, gpa)
		__field(u64, pages)
		__field(u32, rights)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->gpa = gfn << 12;
		__entry->pages = pages;
		__entry->rights = rights;
	),

	TP_printk("partition=%llu gpa=0x%llx pages=%llu rights=%s%s%s%s", __entry->id,
		  __entry->gpa, __entry->pages,
		  __entry->rights & 1 ? "r" : "-", __entry->rights & 2 ? "w" : "-",
		  __entry->rights & 4 ? "k" : "-", __entry->rights & 8 ? "u" : "-")
);

TRACE_EVENT(hvpart_unmapped,
	TP_PROTO(u64 id, u64 gfn, u64 pages),
	TP_ARGS(id, gfn, pages),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, gpa)
		__field(u64, pages)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->gpa = gfn << 12;
		__entry->pages = pages;
	),

	TP_printk("partition=%llu gpa=0x%llx pages=%llu", __entry->id, __entry->gpa,
		  __entry->pages)
);

DECLARE_EVENT_CLASS(hvpart_vp,
	TP_PROTO(u64 id, u32 vp),
	TP_ARGS(id, vp),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, vp)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->vp = vp;
	),

	TP_printk("partition=%llu vp=%u", __entry->id, __entry->vp)
);

DEFINE_EVENT(hvpart_vp, hvpart_vp_created,
	TP_PROTO(u64 id, u32 vp),
	TP_ARGS(id, vp)
);

DEFINE_EVENT(hvpart_vp, hvpart_vp_deleted,
	TP_PROTO(u64 id, u32 vp),
	TP_ARGS(id, vp)
);

DEFINE_EVENT(hvpart_vp, hvpart_dispatch,
	TP_PROTO(u64 id, u32 vp),
	TP_ARGS(id, vp)
);

TRACE_EVENT(hvpart_dispatch_done,
	TP_PROTO(u64 id, u32 vp, const struct hvp_dispatch_vp_out *answer),
	TP_ARGS(id, vp, answer),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, vp)
		__field(u32, state)
		__field(u32, event)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->vp = vp;
		__entry->state = answer->state;
		__entry->event = answer->event;
	),

	TP_printk("partition=%llu vp=%u state=%s event=%s", __entry->id, __entry->vp,
		  show_hvp_dispatch_state(__entry->state),
		  show_hvp_dispatch_event(__entry->event))
);

TRACE_EVENT(hvpart_exit,
	TP_PROTO(u64 id, u32 vp, const struct hvp_exit *exit, u64 rip),
	TP_ARGS(id, vp, exit, rip),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, at)
		__field(u64, rip)
		__field(u32, vp)
		__field(u8, reason)
		__field(u8, access)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->vp = vp;
		__entry->reason = exit->reason;
		__entry->access = exit->access;
		__entry->at = exit->reason == HVP_EXIT_IO ? exit->port :
			      exit->reason == HVP_EXIT_MSR ? exit->msr : exit->gpa;
		__entry->rip = rip;
	),

	TP_printk("partition=%llu vp=%u reason=%s at=0x%llx access=%s rip=0x%llx",
		  __entry->id, __entry->vp, show_hvp_exit(__entry->reason), __entry->at,
		  show_hvp_access(__entry->access), __entry->rip)
);

TRACE_EVENT(hvpart_doorbell,
	TP_PROTO(u64 id, u32 vp, u32 port, u64 gpa, u8 size, u64 value),
	TP_ARGS(id, vp, port, gpa, size, value),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u64, gpa)
		__field(u64, value)
		__field(u32, vp)
		__field(u32, port)
		__field(u8, size)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->vp = vp;
		__entry->port = port;
		__entry->gpa = gpa;
		__entry->size = size;
		__entry->value = value;
	),

	TP_printk("partition=%llu vp=%u port=%u gpa=0x%llx size=%u value=0x%llx",
		  __entry->id, __entry->vp, __entry->port, __entry->gpa, __entry->size,
		  __entry->value)
);

TRACE_EVENT(hvpart_interrupt,
	TP_PROTO(u64 id, const struct hvp_interrupt *interrupt),
	TP_ARGS(id, interrupt),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(u32, destination)
		__field(u8, type)
		__field(u8, vector)
		__field(bool, logical)
		__field(bool, level)
	),

	TP_fast_assign(
		__entry->id = id;
		__entry->destination = interrupt->destination;
		__entry->type = interrupt->type;
		__entry->vector = interrupt->vector;
		__entry->logical = interrupt->logical;
		__entry->level = interrupt->level;
	),

	TP_printk("partition=%llu %s vector=0x%02x %s=%u%s", __entry->id,
		  show_hvp_interrupt(__entry->type), __entry->vector,
		  __entry->logical ? "logical" : "apic", __entry->destination,
		  __entry->level ? " level" : "")
);

#endif /* _HVPART_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
