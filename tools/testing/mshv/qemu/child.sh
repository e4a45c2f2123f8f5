# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# QEMU in the guest, whose children are partitions. Sourced, by busybox' shell. child-init
# has what the Linux in a child understands.

qemu=/qemu/package

# One of several children
name=child

# Nobody may be there any more whom something is told.
trap '' PIPE

# qemu_mshv KERNEL WORDS OPTION... - this shell becomes Debian's QEMU, started by the linker that
# it came with; WORDS are for the kernel
#
# With an HPET, Linux emulates the RTC's interrupt, 64 times a second: the handler sets the next
# one until it is ahead of the counter, with two accesses that exit. Where all is emulated and
# much to do these take longer than that 1/64 s, and the handler, with interrupts off, for ever.
qemu_mshv()
{
	local kernel=$1 words=$2
	shift 2

	exec $qemu/ld.so --library-path $qemu/lib $qemu/qemu-system-x86_64 -L $qemu/firmware \
		-accel mshv -machine hpet=off -nodefaults -no-user-config -display none \
		-serial stdio \
		-kernel "/qemu/kernel-$kernel" -initrd "/qemu/initramfs-$kernel" \
		-append "console=ttyS0 $words" -no-reboot "$@"
}

# child_says WORD - show what it says, up to "child: WORD ..."; $answer is the rest of that.
# A child that panics has said its last, and its QEMU, which does not know, is not to be there
# for the next.
child_says()
{
	local line

	while read -r line; do
		case $line in
		"child: $1"*)
			answer=${line#"child: $1"}
			return 0
			;;
		esac
		echo "$line"
		case $line in
		*"end Kernel panic"*)
			kill -KILL "$child_pid"
			;;
		esac
	done <&8
	return 1
}

# child_boot KERNEL WORDS OPTION... - start QEMU, and show what its child says until that
# is ready
child_boot()
{
	rm -f /tmp/to-$name /tmp/from-$name
	mkfifo /tmp/to-$name /tmp/from-$name
	qemu_mshv "$@" <"/tmp/to-$name" >"/tmp/from-$name" 2>&1 &
	child_pid=$!
	exec 7>"/tmp/to-$name" 8<"/tmp/from-$name"
	child_says ready
}

# child COMMAND - run it there: its output and its status
child()
{
	echo "$1" >&7
	child_says "exit " || return 125
	return "$((answer))"
}

# uptime_now - in 1/100 s
uptime_now()
{
	tr -d . </proc/uptime | cut -d ' ' -f 1
}

# child_at_work SECONDS - the child has much to do for so long, and so has this machine, whose
# timers come in time all the same; both agree on how long that was
child_at_work()
{
	local start before after fastest=1000 slowest=0 busy took

	start=$(uptime_now)
	echo "check work $1" >&7
	while :; do sha256sum /qemu/kernel-*; done >/dev/null &
	busy=$!
	while [ "$(uptime_now)" -lt $((start + 100 * $1)) ]; do
		before=$(uptime_now)
		usleep 100000
		after=$(($(uptime_now) - before))
		[ $after -ge "$fastest" ] || fastest=$after
		[ $after -le "$slowest" ] || slowest=$after
	done
	kill $busy
	child_says "exit " >/tmp/said || return 125
	took=$(($(uptime_now) - start))
	cat /tmp/said
	[ $((answer)) = 0 ] || return 1
	took=$((took - $(sed -n 's/^took //p' /tmp/said)))
	echo "0.1 s took $fastest to $slowest/100 s, to tell the child and hear of it $took/100 s"
	[ "$fastest" -ge 9 ] && [ "$slowest" -lt 1000 ] && [ $took -ge 0 ] && [ $took -lt 3000 ]
}

# child_ends - it is about to: show the rest that it says; QEMU's status
#
# QEMU 11.1 has its CPU's thread leave the child by SIGUSR1.  One that comes while the thread
# handles an exit is lost, and so are those after it, which QEMU does not send before it has seen
# to the first.  Then it waits for that thread for ever when the child has powered off, and has
# to be told by somebody else.
child_ends()
{
	local line

	# Not cat: its sendfile() has the pipe locked while it waits for the terminal.
	while :; do
		# shellcheck disable=SC3045 # busybox knows -t
		if read -r -t 10 line; then
			echo "$line"
		elif grep -q '^State:.[^Z]' "/proc/$child_pid/status" 2>/dev/null; then
			echo "# QEMU is told once more to stop"
			kill -USR1 "$child_pid"
		else
			break
		fi
	done <&8
	exec 7>&- 8<&-
	wait "$child_pid"
}

# child_shell KERNEL - this shell becomes a QEMU whose child has a shell on this terminal
child_shell()
{
	# As child_ends does, but unasked; by then QEMU knows the signal.
	(sleep 20; while kill -USR1 $$ 2>/dev/null; do sleep 5; done) &
	qemu_mshv "$1" shell -M pc -m 256
}

# child_killed MILLISECONDS KERNEL WORDS OPTION... - QEMU is, that long after its start
child_killed()
{
	local milliseconds=$1
	shift

	qemu_mshv "$@" </dev/null >/tmp/killed 2>&1 &
	usleep $((milliseconds * 1000))
	kill -KILL $!
	wait $!
	return 0
}

# other KERNEL WORDS OPTION... - one more child, which does something while others do
other()
{
	(
		name=other
		child_boot "$@" && child "check clock" && child "check memory 8" &&
			child "check log" && echo "poweroff -f" >&7 && child_ends
	) >/tmp/other 2>&1 &
	other_pid=$!
}

# other_ends - what it said only if that did not work
other_ends()
{
	wait "$other_pid" || { cat /tmp/other; return 1; }
}
