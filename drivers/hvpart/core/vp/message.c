// SPDX-License-Identifier: GPL-2.0
/*
 * Messages to a parent: why a virtual processor needs it, which ones want to run, and that
 * doorbells have been rung.
 */

#include <linux/minmax.h>
#include <linux/string.h>
#include "message.h"
#include "register_table.h"

#define HVP_CR0_PE		BIT_ULL(0)
#define HVP_CR0_AM		BIT_ULL(18)
#define HVP_EFER_LMA		BIT_ULL(10)
#define HVP_CR8_MASK		0xf
#define HVP_LONGEST_INSTRUCTION	15

static const u8 accesses[] = {
	[HVP_ACCESS_READ] = HVP_INTERCEPT_READ,
	[HVP_ACCESS_WRITE] = HVP_INTERCEPT_WRITE,
	[HVP_ACCESS_EXECUTE] = HVP_INTERCEPT_EXECUTE,
};

static void hvp_segment_fill(struct hvp_segment_register *segment,
			     const struct hvp_vp_state *state, u32 number)
{
	u64 value[2];

	hvp_register_get(hvp_register_row(number), state, value);
	memcpy(segment, value, sizeof(*segment));
}

/* SS has the privilege level in every mode: CS is of another one if it is conforming. */
static u16 hvp_execution_state(const struct hvp_vp_state *state)
{
	u16 execution = (state->segments[HVP_SS].attributes & HVP_SEGMENT_DPL_MASK) >>
			HVP_SEGMENT_DPL_SHIFT;

	if (state->cr0 & HVP_CR0_PE)
		execution |= HVP_EXECUTION_CR0_PE;
	if (state->cr0 & HVP_CR0_AM)
		execution |= HVP_EXECUTION_CR0_AM;
	if (state->efer & HVP_EFER_LMA)
		execution |= HVP_EXECUTION_EFER_LMA;
	if (state->event_pending)
		execution |= HVP_EXECUTION_INTERRUPTION_PENDING;
	if (state->interrupt_shadow)
		execution |= HVP_EXECUTION_INTERRUPT_SHADOW;
	return execution;
}

/*
 * A length that no instruction has is not known: one that is wrong moves RIP astray.  @exit: NULL
 * if it is not by an instruction
 */
static void hvp_intercept_fill(struct hvp_intercept_header *header, u32 vp_index,
			       const struct hvp_exit *exit, const struct hvp_vp_state *state)
{
	header->vp_index = vp_index;
	header->length_and_cr8 = (state->cr8 & HVP_CR8_MASK) << HVP_INTERCEPT_CR8_SHIFT;
	header->execution_state = hvp_execution_state(state);
	hvp_segment_fill(&header->cs, state, HVP_REGISTER_CS);
	header->rip = state->rip;
	header->rflags = state->rflags;
	if (!exit || exit->reason == HVP_EXIT_UNRECOVERABLE)
		return;
	header->access = accesses[exit->access];
	if (exit->instruction_length <= HVP_LONGEST_INSTRUCTION)
		header->length_and_cr8 |= exit->instruction_length;
}

static u8 hvp_instruction_fill(u8 *bytes, const struct hvp_exit *exit)
{
	u8 count = min_t(u8, exit->instruction_count, HVP_INSTRUCTION_BYTES);

	memcpy(bytes, exit->instruction, count);
	return count;
}

static void hvp_io_port_fill(struct hvp_io_port_message *message,
			     const struct hvp_exit *exit, const struct hvp_vp_state *state)
{
	message->port = exit->port;
	message->access_info = (exit->size & HVP_IO_SIZE_MASK) |
			       (exit->string ? HVP_IO_STRING : 0) |
			       (exit->rep ? HVP_IO_REP : 0);
	message->instruction_count = hvp_instruction_fill(message->instruction, exit);
	message->rax = state->gpr[HVP_RAX];
	hvp_segment_fill(&message->ds, state, HVP_REGISTER_DS);
	hvp_segment_fill(&message->es, state, HVP_REGISTER_ES);
	message->rcx = state->gpr[HVP_RCX];
	message->rsi = state->gpr[HVP_RSI];
	message->rdi = state->gpr[HVP_RDI];
}

static void hvp_memory_fill(struct hvp_memory_message *message,
			    const struct hvp_exit *exit, const struct hvp_vp_state *state)
{
	message->cache_type = HVP_CACHE_WRITE_BACK;
	message->instruction_count = hvp_instruction_fill(message->instruction, exit);
	message->tpr_priority = state->cr8 & HVP_CR8_MASK;
	message->gpa = exit->gpa;
	if (exit->gva_valid) {
		/* Clients take the GPA for the GVA's translation if they are told so. */
		message->access_info = HVP_MEMORY_GVA_VALID | HVP_MEMORY_GVA_GPA_VALID;
		message->gva = exit->gva;
	}
}

static void hvp_msr_fill(struct hvp_msr_message *message, const struct hvp_exit *exit,
			 const struct hvp_vp_state *state)
{
	message->msr = exit->msr;
	message->rdx = state->gpr[HVP_RDX];
	message->rax = state->gpr[HVP_RAX];
}

static void hvp_cpuid_fill(struct hvp_cpuid_message *message, const struct hvp_exit *exit,
			   const struct hvp_vp_state *state)
{
	message->rax = state->gpr[HVP_RAX];
	message->rcx = state->gpr[HVP_RCX];
	message->rdx = state->gpr[HVP_RDX];
	message->rbx = state->gpr[HVP_RBX];
	message->default_rax = exit->cpuid[0];
	message->default_rbx = exit->cpuid[1];
	message->default_rcx = exit->cpuid[2];
	message->default_rdx = exit->cpuid[3];
}

/**
 * hvp_message_from_exit() - tell the parent why a virtual processor has stopped
 * @message:	the message; all of it is written
 * @partition_id: the virtual processor's partition, the sender
 * @vp_index:	which one of it
 * @exit:	why
 * @state:	its registers, HVP_MESSAGE_GROUPS of them; RIP is that of the instruction, of
 *		which nothing has happened
 * @in_map:	HVP_EXIT_MEMORY: the page is in the map, without the right that was needed
 *		or without any, and not unmapped
 *
 * Contract, virtual processors, section 5, rule 2.
 *
 * Context: Any.
 * Return: true; false if the exit is not for the parent, and then the message is of type
 * HVP_MESSAGE_NONE.
 */
bool hvp_message_from_exit(struct hvp_message *message, u64 partition_id, u32 vp_index,
			   const struct hvp_exit *exit, const struct hvp_vp_state *state,
			   bool in_map)
{
	memset(message, 0, sizeof(*message));
	switch (exit->reason) {
	case HVP_EXIT_IO:
		message->header.type = HVP_MESSAGE_IO_PORT_INTERCEPT;
		message->header.payload_size = sizeof(message->payload.io_port);
		hvp_io_port_fill(&message->payload.io_port, exit, state);
		break;
	case HVP_EXIT_MEMORY:
		message->header.type = in_map ? HVP_MESSAGE_GPA_INTERCEPT :
						HVP_MESSAGE_UNMAPPED_GPA;
		message->header.payload_size = sizeof(message->payload.memory);
		hvp_memory_fill(&message->payload.memory, exit, state);
		break;
	case HVP_EXIT_MSR:
		message->header.type = HVP_MESSAGE_MSR_INTERCEPT;
		message->header.payload_size = sizeof(message->payload.msr);
		hvp_msr_fill(&message->payload.msr, exit, state);
		break;
	case HVP_EXIT_CPUID:
		message->header.type = HVP_MESSAGE_CPUID_INTERCEPT;
		message->header.payload_size = sizeof(message->payload.cpuid);
		hvp_cpuid_fill(&message->payload.cpuid, exit, state);
		break;
	case HVP_EXIT_UNRECOVERABLE:
		message->header.type = HVP_MESSAGE_UNRECOVERABLE_EXCEPTION;
		message->header.payload_size = sizeof(message->payload.unrecoverable);
		break;
	default:
		return false;
	}
	message->header.sender = partition_id;
	hvp_intercept_fill(&message->payload.unrecoverable.header, vp_index, exit, state);
	return true;
}

/**
 * hvp_message_deliverable() - tell the parent that a virtual processor takes an interrupt
 * @message:	the message; all of it is written
 * @partition_id: the virtual processor's partition, the sender
 * @vp_index:	which one of it
 * @type:	HVP_INTERRUPTION_EXTERNAL or HVP_INTERRUPTION_NMI
 * @state:	its registers, HVP_MESSAGE_GROUPS of them; RIP is where it goes on
 *
 * Context: Any.
 */
void hvp_message_deliverable(struct hvp_message *message, u64 partition_id, u32 vp_index,
			     u32 type, const struct hvp_vp_state *state)
{
	memset(message, 0, sizeof(*message));
	message->header.type = HVP_MESSAGE_INTERRUPTION_DELIVERABLE;
	message->header.payload_size = sizeof(message->payload.deliverable);
	message->header.sender = partition_id;
	hvp_intercept_fill(&message->payload.deliverable.header, vp_index, NULL, state);
	message->payload.deliverable.type = type;
}

/**
 * hvp_message_signal_pairs() - tell a scheduler that virtual processors can go on
 * @message:	the message; all of it is written
 * @vps:	these
 * @count:	how many there are, at least 1
 *
 * Its sender is the hypervisor, 0; nobody looks at it.
 *
 * Context: Any.
 * Return: how many of them are in the message, the first ones, up to HVP_SIGNAL_PAIRS.
 */
unsigned int hvp_message_signal_pairs(struct hvp_message *message,
				      const struct hvp_signalled_vp *vps, unsigned int count)
{
	struct hvp_signal_pairs_message *pairs = &message->payload.signal_pairs;
	unsigned int i;

	count = min_t(unsigned int, count, HVP_SIGNAL_PAIRS);
	memset(message, 0, sizeof(*message));
	message->header.type = HVP_MESSAGE_SCHEDULER_VP_SIGNAL_PAIR;
	message->header.payload_size = sizeof(*pairs);
	pairs->count = count;
	for (i = 0; i < count; i++) {
		pairs->partition_ids[i] = vps[i].partition_id;
		pairs->vp_indices[i] = vps[i].vp_index;
	}
	return count;
}

/**
 * hvp_message_sint_event() - tell of something in an event ring
 * @message:	the message; all of it is written
 * @sint:	whose ring
 *
 * Context: Any.
 */
void hvp_message_sint_event(struct hvp_message *message, u32 sint)
{
	memset(message, 0, sizeof(*message));
	message->header.type = HVP_MESSAGE_SINT_EVENT;
	message->header.payload_size = sizeof(message->payload.sint_event);
	message->payload.sint_event.sint = sint;
}
