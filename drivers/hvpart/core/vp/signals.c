// SPDX-License-Identifier: GPL-2.0
/*
 * Telling a parent that virtual processors which were blocked can go on (contract, virtual
 * processors, section 5, rule 4), and that doorbells have been rung: a message in slot 0 of the
 * SynIC message page of one of its virtual processors, and the interrupt that SINT0 names.
 *
 * All messages go to the same one, so that its thread alone writes to the slot.  What cannot
 * be put into it waits, once for each virtual processor, until the guest has read what is
 * there (EOM) or sets up its SynIC.
 */

#include <linux/string.h>
#include <hvpart/guest.h>
#include <hvpart/host.h>
#include "../hierarchy.h"
#include "../partition.h"
#include "../space.h"
#include "child.h"
#include "message.h"
#include "signals.h"

#define HVP_SYNIC_ENABLED	BIT_ULL(0)	/* of SCONTROL and of SIMP */
#define HVP_SINT_VECTOR		GENMASK_ULL(7, 0)
#define HVP_SINT_MASKED		BIT_ULL(16)
#define HVP_SINT_POLLING	BIT_ULL(18)	/* no interrupt, but messages */

/* HV_MESSAGE_FLAGS: another one waits until EOM is written */
#define HVP_MESSAGE_PENDING	0x01

/**
 * hvp_signals_init() - nobody waits
 * @signals:	the queue
 */
void hvp_signals_init(struct hvp_signals *signals)
{
	raw_spin_lock_init(&signals->lock);
	INIT_LIST_HEAD(&signals->waiting);
}

static bool hvp_vp_takes_messages(const struct hvp_vp *vp)
{
	return READ_ONCE(vp->scontrol) & HVP_SYNIC_ENABLED &&
	       READ_ONCE(vp->pages[HVP_VP_PAGE_SIM]) & HVP_SYNIC_ENABLED &&
	       !(READ_ONCE(vp->sint0) & HVP_SINT_MASKED);
}

/**
 * hvp_signals_retarget() - a virtual processor's SynIC is another one: who gets messages now?
 * @vps:	all of the partition's
 *
 * Context: May sleep.
 */
void hvp_signals_retarget(struct hvp_vps *vps)
{
	struct hvp_vp *vp, *target = NULL;
	unsigned long number;

	/* The last to look is the last to say. */
	spin_lock(&vps->retargeting);
	xa_for_each(&vps->list, number, vp) {
		if (hvp_vp_takes_messages(vp)) {
			target = vp;
			break;
		}
	}
	WRITE_ONCE(vps->message_target, target);
	spin_unlock(&vps->retargeting);
	/* Pairs with hvp_signals_attend(). */
	smp_mb();
}

/**
 * hvp_signals_wait() - is there anything to tell?
 * @space:	of the parent
 *
 * Context: Any.
 * Return: true if there is.
 */
bool hvp_signals_wait(struct hvp_space *space)
{
	return !list_empty_careful(&space->signals.waiting) || hvp_doorbells_wait(space);
}

/**
 * hvp_signals_attend() - have whoever tells a parent look for what there is to tell
 * @space:	of the parent
 * @host:	what it runs on
 *
 * Context: Any, hard interrupts included.
 */
void hvp_signals_attend(struct hvp_space *space, struct hvp_host *host)
{
	struct hvp_vp *target;

	/* Whoever sets up a SynIC says so, and then looks for what waits. */
	smp_mb();
	target = READ_ONCE(space->vps->message_target);
	if (target)
		host->ops->attend(host, target);
}

/**
 * hvp_signal() - something has happened that may let a virtual processor go on
 * @vp:		the virtual processor
 *
 * Whether it can, its next dispatch finds out.  So its parent, which does not dispatch it as long
 * as it has been answered as blocked, is told once that it is not; unless it is suspended, and then
 * whoever ends that has to say so.
 *
 * Context: Any, hard interrupts included.
 */
void hvp_signal(struct hvp_child_vp *vp)
{
	struct hvp_space *space = vp->partition->parent->space;
	unsigned long flags;

	if (!READ_ONCE(vp->blocked))
		return;
	raw_spin_lock_irqsave(&space->signals.lock, flags);
	if (READ_ONCE(vp->blocked) && !hvp_child_vp_is_suspended(vp)) {
		WRITE_ONCE(vp->blocked, false);
		if (list_empty(&vp->signal))
			list_add_tail(&vp->signal, &space->signals.waiting);
	}
	raw_spin_unlock_irqrestore(&space->signals.lock, flags);
	hvp_signals_attend(space, vp->partition->hierarchy->host);
}

/**
 * hvp_signal_forget() - a virtual processor is not to be told of any more
 * @vp:		the virtual processor
 *
 * Context: Any.
 */
void hvp_signal_forget(struct hvp_child_vp *vp)
{
	struct hvp_signals *signals = &vp->partition->parent->space->signals;
	unsigned long flags;

	raw_spin_lock_irqsave(&signals->lock, flags);
	list_del_init(&vp->signal);
	raw_spin_unlock_irqrestore(&signals->lock, flags);
}

/**
 * hvp_signal_suspend() - set the register DISPATCH_SUSPEND
 * @vp:		the virtual processor, locked
 * @suspend:	its parent is to be told nothing of it, and counts what it has been told
 *
 * Nobody counts one more after this: what its parent has not been told yet, it is told when this
 * ends.
 *
 * Context: Any.
 */
void hvp_signal_suspend(struct hvp_child_vp *vp, bool suspend)
{
	struct hvp_signals *signals = &vp->partition->parent->space->signals;
	unsigned long flags;

	raw_spin_lock_irqsave(&signals->lock, flags);
	WRITE_ONCE(vp->dispatch_suspend, suspend);
	if (suspend && !list_empty(&vp->signal)) {
		list_del_init(&vp->signal);
		WRITE_ONCE(vp->blocked, true);
	}
	raw_spin_unlock_irqrestore(&signals->lock, flags);
}

/*
 * Take from the queue what one message can tell.  Those are counted as told, which they will
 * have been when anybody can know of it: the parent asks for the count of one that it has
 * suspended (contract, virtual processors, section 5).  Linux's driver leaves off where it meets
 * one of a partition that has gone meanwhile, so a message is about one partition.
 */
static unsigned int hvp_signals_take(struct hvp_signals *signals, struct hvp_message *message)
{
	struct hvp_signalled_vp told[HVP_SIGNAL_PAIRS];
	struct hvp_child_vp *vp;
	unsigned int count = 0;
	bool more;

	raw_spin_lock_irq(&signals->lock);
	while (count < HVP_SIGNAL_PAIRS && !list_empty(&signals->waiting)) {
		vp = list_first_entry(&signals->waiting, struct hvp_child_vp, signal);
		if (count && told[0].partition_id != vp->partition->id)
			break;
		list_del_init(&vp->signal);
		told[count++] = (struct hvp_signalled_vp) {
			.partition_id = vp->partition->id,
			.vp_index = vp->vp.index,
		};
		atomic64_inc(&vp->signals);
	}
	more = !list_empty(&signals->waiting);
	raw_spin_unlock_irq(&signals->lock);
	if (!count)
		return 0;
	hvp_message_signal_pairs(message, told, count);
	if (more)
		message->header.flags = HVP_MESSAGE_PENDING;
	return count;
}

/* Is the slot free?  If not, the guest is asked to say so when it is. */
static bool hvp_slot_is_free(struct hvp_guest *guest, u64 slot)
{
	struct hvp_message_header header;

	if (guest->ops->read(guest, slot, &header, sizeof(header)))
		return false;
	if (header.type == HVP_MESSAGE_NONE)
		return true;
	header.flags |= HVP_MESSAGE_PENDING;
	if (guest->ops->write(guest, slot + offsetof(struct hvp_message_header, flags),
			      &header.flags, sizeof(header.flags)))
		return false;
	/* It may have looked at the flag just before. */
	smp_mb();
	return !guest->ops->read(guest, slot, &header.type, sizeof(header.type)) &&
	       header.type == HVP_MESSAGE_NONE;
}

/* The type comes last: whoever sees it sees the message. */
static bool hvp_slot_fill(struct hvp_guest *guest, u64 slot, const struct hvp_message *message)
{
	size_t type = sizeof(message->header.type);

	if (guest->ops->write(guest, slot + type, (const void *)message + type,
			      sizeof(*message) - type))
		return false;
	/* The guest looks at the type first. */
	smp_wmb();
	return !guest->ops->write(guest, slot, message, type);
}

/* What a message is to tell first.  Return: is there anything? */
static bool hvp_signals_fill(struct hvp_space *space, struct hvp_message *message)
{
	if (!READ_ONCE(space->doorbells.untold))
		return hvp_signals_take(&space->signals, message);
	WRITE_ONCE(space->doorbells.untold, false);
	hvp_message_sint_event(message, HVP_DOORBELL_SINT);
	if (!list_empty_careful(&space->signals.waiting))
		message->header.flags = HVP_MESSAGE_PENDING;
	return true;
}

/**
 * hvp_signals_deliver() - tell a parent what there is to tell
 * @space:	of the parent
 * @guest:	its memory, in a vCPU thread
 * @vp:		the virtual processor whose thread this is
 * @vector:	receives the interrupt that is to be raised
 *
 * Context: May sleep; in the thread of @vp, no lock held.
 * Return: whether one is to be raised.
 */
bool hvp_signals_deliver(struct hvp_space *space, struct hvp_guest *guest, struct hvp_vp *vp,
			 u8 *vector)
{
	u64 slot = vp->pages[HVP_VP_PAGE_SIM] & ~(u64)(HVP_PAGE_SIZE - 1);
	struct hvp_message message;

	if (!hvp_signals_wait(space) || !hvp_vp_takes_messages(vp))
		return false;
	/* Of what the guest finds by itself there is no message. */
	if (!hvp_doorbells_put(space, guest, vp) && list_empty_careful(&space->signals.waiting))
		return false;
	memset(&message, 0, sizeof(message));
	/* What is taken from the queue has been told: see that it can be. */
	if (!hvp_slot_is_free(guest, slot) || !hvp_slot_fill(guest, slot, &message) ||
	    !hvp_signals_fill(space, &message))
		return false;
	if (!hvp_slot_fill(guest, slot, &message))
		return false;
	*vector = vp->sint0 & HVP_SINT_VECTOR;
	return !(vp->sint0 & HVP_SINT_POLLING);
}
