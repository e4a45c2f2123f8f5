# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# A guest that uses /dev/mshv: booting it, talking to it, and what the host sees of it.
# Sourced, in the host's virtual machine, whose shell is busybox'.

here=/hvpart
files=$here/guest

# What the user has brought along. QEMU's options are words.
client=$here/client
qemu_options=$(cat $client/qemu-options 2>/dev/null)

# A test's options for QEMU, and what starts it if not this shell: words
guest_options=
as_user=

# On a machine whose CPUs are emulated, and so are those of its guest. A kernel may be slow, too.
slowness=${HVPART_SLOWNESS:-1}
boot_limit=$((120 * slowness))
# For nothing to be said. The longest that a test program may be busy with one test, as it
# says itself, is 240.
silence_limit=$((300 * slowness))

guest_pid=
guest_dir=/tmp/guest
console=$guest_dir/console

# What Linux would miss, and say so. The version is the newest that the driver knows.
hyperv="hv-relaxed,hv-vapic,hv-vpindex,hv-runtime,hv-synic,hv-stimer,hv-stimer-direct"
hyperv="$hyperv,hv-time,hv-frequencies,hv-tlbflush,hv-ipi,hv-version-id-build=27751"

kernel_arguments="console=ttyS0,115200 loglevel=8 panic=-1 no_timer_check mitigations=off"

# In QEMU 7.2 the emulated CPU's thread and others change the same word of interrupts that are
# pending, and one that is lost so is not seen before the next one: a CPU that waits for its
# timer may wait for ever. The RTC sees to a next one. Its alarm is always set, as it is pushed
# on before it comes, by somebody who waits for nobody.
rtc=/sys/class/rtc/rtc0
keep_alarm()
{
	local set now

	while sleep 1; do
		set=
		read -r set <$rtc/wakealarm
		read -r now <$rtc/since_epoch
		if [ -n "$set" ]; then
			echo "+=$((now + 3 - set))"
		else
			echo +3
		fi >$rtc/wakealarm
	done
}
keep_alarm >/dev/null 2>&1 &
renice -n -20 -p $! >/dev/null

# What kexec boots: the same kernel, and what QEMU's -initrd began with. And the user's files.
initrd=/tmp/initrd
build_initrd()
{
	rm -rf /tmp/root
	mkdir -p /tmp/root/kexec
	cp "$files/$1" /tmp/root/kexec/kernel
	cp $files/initramfs /tmp/root/kexec/
	cp -R $client/root/. /tmp/root/
	[ ! -e $client/command ] || cp $client/command /tmp/root/client/.command
	{ cat $files/initramfs; (cd /tmp/root && find . | cpio -o -H newc 2>/dev/null); } >$initrd
	rm -rf /tmp/root
}

# ordinary_user COMMAND... - as somebody who may use KVM, but has the limits that all have
ordinary_user()
{
	if ! grep -q ^user: /etc/passwd 2>/dev/null; then
		echo "root:x:0:0::/:/bin/sh" >/etc/passwd
		echo "user:x:1000:100::/:/bin/sh" >>/etc/passwd
		echo "kvm:x:101:user" >/etc/group
		chgrp 101 /dev/kvm
		chmod 660 /dev/kvm
	fi
	# The default of Linux since 5.16, in KiB
	# shellcheck disable=SC2016 # of that shell
	exec su -c 'ulimit -l 8192; exec "$@"' -- user sh "$@"
}

# start_guest KERNEL CPUS - boot it and wait until it can be talked to
#
# No option of QEMU's has to do with hvpart; the user's come last, so that they count. It is
# started by the linker that it came with. The guest has its files twice, as it boots.
start_guest()
{
	local memory

	memory=$((160 + 3 * $(du -sm $client | cut -f 1)))
	rm -rf $guest_dir
	mkdir $guest_dir
	: >$console
	build_initrd "$1" || return
	mkfifo $guest_dir/agent.in $guest_dir/agent.out
	chmod -R a+rwX $guest_dir
	# shellcheck disable=SC2086 # words
	$as_user $here/qemu/ld.so --library-path $here/qemu/lib $here/qemu/qemu-system-x86_64 \
		-L $here/qemu/firmware -nodefaults -no-user-config -display none \
		-monitor none -machine q35 -accel kvm -cpu "qemu64,kvm=off,$hyperv" \
		-smp "$2,sockets=$2" -m $memory -kernel "$files/$1" -initrd $initrd \
		-append "$kernel_arguments" \
		-chardev file,id=console,path=$console \
		-device isa-serial,chardev=console,index=0 \
		-chardev pipe,id=agent,path=$guest_dir/agent \
		-device isa-serial,chardev=agent,index=1 \
		$qemu_options $guest_options \
		>$guest_dir/errors 2>&1 &
	guest_pid=$!
	# Both ways open: neither side waits for the other, here or there.
	exec 5<>$guest_dir/agent.in 6<>$guest_dir/agent.out
	wait_for_guest
}

# wait_for_guest - until it has booted, for the first time or again
wait_for_guest()
{
	from_guest ready "$boot_limit"
}

# no_answer - what its threads are doing: each one's state and the time it has had, in 1/100 s;
# and what its children's processors are
no_answer()
{
	echo "# no answer from the guest"
	for _ in 1 2 3; do
		awk '{ name = $0; sub(/.*\(/, "", name); sub(/\).*/, "", name)
		       printf "# %s: %s, %d + %d\n", name, $(NF - 49), $(NF - 38), $(NF - 37) }' \
			/proc/"$guest_pid"/task/*/stat
		sed -n 's/^vp /# vp /p' "$(folder)"/partition/*
		sleep 1
	done
}

# listen_no_longer SECONDS - say so to who listens to the guest, when QEMU has ended or has said
# nothing for so long
#
# A "read -t" that gives up in the middle of a line would lose the beginning of it.
listen_no_longer()
{
	while sleep 5; do
		if ! grep -q '^State:.[^Z]' "/proc/$guest_pid/status" 2>/dev/null; then
			printf '\n# QEMU has ended\n'
			return
		elif [ $(($(date +%s) - $(date -r $guest_dir/heard +%s))) -ge "$1" ]; then
			printf '\n'
			no_answer
			printf '# nothing has come for %s s\n' "$1"
			return
		fi
	done >&6 2>/dev/null
}

# from_guest WORD SECONDS - show what it says up to a line that begins with WORD; $answer
# is the rest of that. No line may take longer than that.
from_guest()
{
	local line status=1

	: >$guest_dir/heard
	listen_no_longer "$2" &
	while read -r line <&6; do
		: >$guest_dir/heard
		case $line in
		"$1"|"$1 "*)
			answer=${line#"$1"}
			status=0
			break
			;;
		esac
		echo "$line"
		case $line in
		"# QEMU has ended"|"# nothing has come"*)	break ;;
		esac
	done
	kill $! 2>/dev/null
	wait $! 2>/dev/null
	return $status
}

# tell_guest COMMAND - without waiting for an end
tell_guest()
{
	printf '%s\n' "$1" >&5
}

# in_guest COMMAND - its output and its status
in_guest()
{
	tell_guest "$1"
	from_guest exit "$silence_limit" || return 125
	return "$((answer))"
}

kill_guest()
{
	[ -n "$guest_pid" ] || return 0
	kill -KILL "$guest_pid" 2>/dev/null
	wait "$guest_pid" 2>/dev/null
	guest_pid=
	exec 5>&- 6<&-
}

# The guest's folder in hvpart's debugfs, if it has one
folder()
{
	local folder

	for folder in /sys/kernel/debug/hvpart/"$guest_pid"-*; do
		[ ! -d "$folder" ] || echo "$folder"
	done
}

# children - how many partitions there are besides the guest itself
children()
{
	local folder

	folder=$(folder)
	[ -n "$folder" ] || { echo 0; return; }
	tail -n +2 "$folder/partitions" | awk '$2 != "-" { count++ } END { print count + 0 }'
}

# own KEY - of the guest's own partition: the value of a line of its file
own()
{
	awk -v key="$1" '$1 == key { print $2 }' "$(folder)/partition/1" 2>/dev/null
}
