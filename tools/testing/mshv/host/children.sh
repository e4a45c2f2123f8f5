# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Children of QEMU in the guest, as cases. Sourced after cases.sh; the guest's shell has
# sourced qemu/child.sh.
#
# A child is slow to say something, as QEMU has to read each byte: "quiet". Without the early
# scan of PCI, which makes 100,000 exits, and that of q35's 256 buses, 16,000, of no use to what is
# emulated.

words="quiet no_timer_check pci=noearly,lastbus=0"

# What four CPUs of a child do on one of the host's takes long.
silence_limit=$((2 * silence_limit))

# child NAME COMMAND - whether it succeeds, in the child
child()
{
	check "$child: $1" in_guest "child '$2'"
}

# child_boot NAME KERNEL OPTIONS
child_boot()
{
	child=$1
	check "$child: boot" in_guest "child_boot $2 '$words' $3"
}

# What every child has to be able to do: CPUS
child_works()
{
	child "finds the hypervisor" "check hypervisor"
	child "has all CPUs" "check cpus $1"
	child "timers" "check clock"
	child "memory" "check memory $((48 / $1))"
}

child_ends()
{
	child "log" "check log"
	check "$child: powers off" in_guest "echo 'poweroff -f' >&7; child_ends"
	[ -n "${together:-}" ] || check "$child: nothing is left" nothing_left
}

# child_killed NAME OPTIONS - at an instant that nobody chose
child_killed()
{
	local delay

	delay=$(($(od -An -N2 -tu2 /dev/urandom) % 20000))
	echo "# killed after $delay ms"
	in_guest "child_killed $delay 6.1 '$words' $2" >/tmp/output ||
		{ cat /tmp/output; result "not ok" "$1: killed"; return; }
	check "$1: killed: nothing is left" nothing_left
}
