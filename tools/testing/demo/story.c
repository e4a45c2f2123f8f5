// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a child partition, told while it happens: every hypercall with
 * its arguments, the status by name and what the pools hold, then what the
 * host sees.  Runs on a host with hvpart.ko loaded.  What the child does itself is
 * in program.c.
 */

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "story.h"

/* More than any call charges; the guest deposits until the call succeeds. */
#define ENOUGH_PAGES	64

static unsigned int surprises;

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void step(const char *text)
{
	static int number;

	say("\n%d. %s", ++number, text);
}

bool told(u16 code, const char *arguments, u64 result, u16 expected, const char *note)
{
	u16 status = result_status(result);

	say("     %-22s 0x%04x  %-34s -> %s%s%s", call_name(code), code, arguments,
	    status_name(status), *note ? "  " : "", note);
	if (status == expected)
		return true;
	say("     ^^^ this should have been %s", status_name(expected));
	surprises++;
	return false;
}

void surprise(const char *format, ...)
{
	va_list args;

	printf("     ^^^ ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	surprises++;
}

static void tell_pool(struct vcpu *vcpu, u64 id, const char *whose)
{
	struct hvp_memory_balance_out balance = {};
	char arguments[64], note[64];
	u64 result = get_memory_balance(vcpu, id, NULL, &balance);

	snprintf(arguments, sizeof(arguments), "partition %llu", id);
	snprintf(note, sizeof(note), "%s pool: %llu available, %llu in use", whose,
		 balance.pages_available, balance.pages_in_use);
	told(HVP_CALL_GET_MEMORY_BALANCE, arguments, result, HVP_STATUS_SUCCESS, note);
}

void deposit(struct vcpu *vcpu, u64 id, unsigned int count)
{
	u64 pages[ENOUGH_PAGES];
	char arguments[64];
	u64 result;

	guest_alloc_list(vcpu->guest, pages, count);
	result = deposit_memory(vcpu, id, pages, count);
	snprintf(arguments, sizeof(arguments), "partition %llu, %u page%s from 0x%llx", id,
		 count, count == 1 ? "" : "s", pages[0]);
	told(HVP_CALL_DEPOSIT_MEMORY, arguments, result, HVP_STATUS_SUCCESS, "");
}

static void withdraw_everything(struct vcpu *vcpu, u64 id)
{
	u64 pages[WITHDRAW_MAX_REPS];
	char arguments[64], note[64];
	u64 result = withdraw_memory(vcpu, id, NULL, pages, WITHDRAW_MAX_REPS);

	snprintf(arguments, sizeof(arguments), "partition %llu, up to %u pages", id,
		 (unsigned int)WITHDRAW_MAX_REPS);
	snprintf(note, sizeof(note), "%u pages returned, zeroed; none left", result_reps(result));
	told(HVP_CALL_WITHDRAW_MEMORY, arguments, result, HVP_STATUS_NO_RESOURCES, note);
}

static bool call_by_id(struct vcpu *vcpu, u16 code, u64 id, u16 expected)
{
	char arguments[64];

	snprintf(arguments, sizeof(arguments), "partition %llu", id);
	return told(code, arguments, partition_id_call(vcpu, code, id, FORM_FAST), expected, "");
}

static bool create(struct vcpu *vcpu, u16 expected, u64 *id)
{
	const struct hvp_create_partition_in in = {
		.flags = HVP_CREATE_EXO_PARTITION | HVP_CREATE_INTERCEPT_MESSAGE_PAGE |
			 HVP_CREATE_LAPIC,
		.compatibility_version = 0x0609,
	};
	char arguments[64], note[64] = "";
	u64 result = create_partition(vcpu, &in, id);

	snprintf(arguments, sizeof(arguments), "flags 0x%llx", in.flags);
	if (result_success(result))
		snprintf(note, sizeof(note), "its ID is %llu", *id);
	return told(HVP_CALL_CREATE_PARTITION, arguments, result, expected, note);
}

static void show_folder(struct guest *guest)
{
	char command[160];

	say("\n   # cat /sys/kernel/debug/hvpart/%d-%d/partitions", getpid(), guest->vm_fd);
	snprintf(command, sizeof(command),
		 "sed 's/^/   /' /sys/kernel/debug/hvpart/%d-%d/partitions", getpid(),
		 guest->vm_fd);
	fflush(stdout);
	if (system(command))
		surprises++;
}

void show_lines(struct guest *guest, const char *file, const char *pattern)
{
	char command[256];

	say("\n   # grep '^%s' /sys/kernel/debug/hvpart/%d-%d/%s", pattern, getpid(), guest->vm_fd,
	    file);
	snprintf(command, sizeof(command),
		 "sed -n 's/^\\(%s\\)/   &/p' /sys/kernel/debug/hvpart/%d-%d/%s", pattern,
		 getpid(), guest->vm_fd, file);
	fflush(stdout);
	if (system(command))
		surprises++;
}

static void wait_until_gone(struct guest *guest, const char *folder)
{
	guest_destroy(guest);
	say("\n   # ls %s", folder);
	if (access(folder, F_OK)) {
		say("   ls: %s: No such file or directory", folder);
	} else {
		say("   ^^^ it is still there");
		surprises++;
	}
}

int main(void)
{
	struct guest *guest = guest_create(NULL);
	struct vcpu *vcpu = &guest->vcpus[0];
	char folder[64], note[64];
	u64 own = 0, child = 0;
	u64 result;

	snprintf(folder, sizeof(folder), "/sys/kernel/debug/hvpart/%d-%d", getpid(),
		 guest->vm_fd);
	say("A KVM guest runs that may create partitions, ask for its ID and deposit");
	say("memory (CPUID 0x40000003.EBX bits 0 to 2). To Microsoft's hypervisor, and so to");
	say("hvpart, it is a partition itself: the root, which may have children.");

	step("The guest asks who it is.");
	result = get_partition_id(vcpu, &own);
	snprintf(note, sizeof(note), "it is partition %llu", own);
	told(HVP_CALL_GET_PARTITION_ID, "", result, HVP_STATUS_SUCCESS, note);

	step("It creates a child. A partition costs memory, which its creator pays for\n"
	     "   from a pool of pages. That pool is still empty, so the guest deposits and\n"
	     "   tries again.");
	create(vcpu, HVP_STATUS_INSUFFICIENT_MEMORY, &child);
	deposit(vcpu, own, 4);
	if (!create(vcpu, HVP_STATUS_SUCCESS, &child))
		return 1;
	tell_pool(vcpu, own, "own");

	step("It initializes the child, which brings it to life. For what an active\n"
	     "   partition needs, the child's own pool pays: that too is empty at first.");
	call_by_id(vcpu, HVP_CALL_INITIALIZE_PARTITION, child, HVP_STATUS_INSUFFICIENT_MEMORY);
	deposit(vcpu, child, 16);
	call_by_id(vcpu, HVP_CALL_INITIALIZE_PARTITION, child, HVP_STATUS_SUCCESS);
	tell_pool(vcpu, child, "the child's");

	step("Once is enough: an active partition cannot be initialized again.");
	call_by_id(vcpu, HVP_CALL_INITIALIZE_PARTITION, child,
		   HVP_STATUS_INVALID_PARTITION_STATE);

	step("This is what the host sees meanwhile:");
	show_folder(guest);

	tell_of_a_virtual_processor(vcpu, child);

	step("The end of the child: it is finalized, its memory withdrawn, and deleted. What\n"
	     "   creation cost is the creator's again.");
	call_by_id(vcpu, HVP_CALL_FINALIZE_PARTITION, child, HVP_STATUS_SUCCESS);
	withdraw_everything(vcpu, child);
	call_by_id(vcpu, HVP_CALL_DELETE_PARTITION, child, HVP_STATUS_SUCCESS);
	call_by_id(vcpu, HVP_CALL_INITIALIZE_PARTITION, child,
		   HVP_STATUS_INVALID_PARTITION_ID);
	withdraw_everything(vcpu, own);
	show_folder(guest);

	step("The VM ends, and with it everything that the host kept for it.");
	wait_until_gone(guest, folder);
	return surprises ? 1 : 0;
}
