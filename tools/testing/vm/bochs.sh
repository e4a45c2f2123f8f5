# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154
#
# An Intel processor, with VMX, as Bochs emulates it. Sourced by run.
#
# What time it is in there depends on the instructions executed and on nothing else: a
# guest cannot be too slow for its own clock.

# setup_bochs ARGS - $emulator, with $output, for a guest whose kernel gets these arguments
#
# There is no loader but the disk's: GRUB, on a CD. Debian's Bochs is the one with a
# debugger, which has to be told to begin. "term" is the one display that is neither a
# window nor a port of the host's; it wants a terminal.
setup_bochs()
{
	mkdir -p "$tmp/cd/boot/grub" || exit 1
	cp "$dir/vmlinuz" "$tmp/cd/" || exit 1
	gzip -1 <"$tmp/initramfs" >"$tmp/cd/initramfs" || exit 1
	cat >"$tmp/cd/boot/grub/grub.cfg" <<-EOF
		linux /vmlinuz $1
		initrd /initramfs
		boot
	EOF
	grub-mkrescue -o "$tmp/cd.iso" "$tmp/cd" >"$tmp/errors" 2>&1 ||
		die "grub-mkrescue: $(tail -n 1 "$tmp/errors")"
	cat >"$tmp/bochsrc" <<-EOF
		display_library: term
		cpu: model=broadwell_ult, count=$smp, ips=100000000, reset_on_triple_fault=0
		memory: guest=$memory, host=$memory
		romimage: file=/usr/share/bochs/BIOS-bochs-latest
		vgaromimage: file=/usr/share/vgabios/vgabios.bin
		ata0-master: type=cdrom, path=$tmp/cd.iso, status=inserted
		boot: cdrom
		clock: sync=none
		com1: enabled=1, mode=file, dev=$tmp/console
		com2: enabled=1, mode=file, dev=$tmp/out
		com3: enabled=1, mode=file, dev=$tmp/status
		sound: driver=dummy
		speaker: enabled=0
		log: $tmp/bochs.log
		panic: action=fatal
	EOF
	echo c >"$tmp/commands"
	output=/dev/null
	# A hang-up does not end it.
	emulator=(script -qec "TERM=vt100 exec setpriv --pdeathsig KILL \
			bochs-bin -q -f $tmp/bochsrc -rc $tmp/commands" "$tmp/errors")
}
