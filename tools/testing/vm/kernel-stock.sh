# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Kernels as Debian has packaged them for this machine's release; sourced by "kernel",
# whose $what, $update, $cache and $tmp this uses.

# The direct dependencies of package $1 whose names start with linux-
dependencies()
{
	apt-cache "${apt_options[@]}" depends --important "$1" 2>/dev/null |
		sed -n 's/^ [ |]*\(Pre\)\?Depends: \(linux-[^ ]*\)$/\2/p'
}

# Set $release to the newest one of series $what: what Debian's meta package
# depends on. The default kernel's has no series in its name.
find_release()
{
	local meta image

	for meta in "linux-image-$what-amd64" linux-image-amd64; do
		for image in $(dependencies "$meta"); do
			release=${image#linux-image-}
			[[ $release != "$what".* ]] || return 0
		done
	done
	return 1
}

# Debian's headers consist of several packages: the configured tree, the files
# which are the same for all configurations, and the tools from scripts/ and
# tools/. The last one has its own version.
find_packages()
{
	packages=("linux-image-$release" "linux-headers-$release")
	local name found=0

	for name in $(dependencies "linux-headers-$release"); do
		case $name in
		linux-headers-*-common|linux-kbuild-*)
			packages+=("$name")
			found=$((found + 1))
			;;
		esac
	done
	[ "$found" -ge 2 ]
}

# uncompress FILE >VMLINUX
#
# See setup_sects, payload_offset and payload_length in the kernel's
# Documentation/x86/boot.rst. The last four bytes of the payload are its size
# when uncompressed.
uncompress()
{
	local setup offset length cat

	setup=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1") &&
	offset=$(od -An -tu4 -j $((0x248)) -N 4 "$1") &&
	length=$(od -An -tu4 -j $((0x24c)) -N 4 "$1") || return
	payload()
	{
		tail -c +$(((setup + 1) * 512 + offset + 1)) "$1" |
			head -c $((length - 4))
	}
	case $(payload "$1" | od -An -tx1 -N 4 | tr -d ' ') in
	fd377a58)	cat=xzcat ;;
	28b52ffd)	cat=zstdcat ;;
	*)		return 1 ;;
	esac
	payload "$1" | "$cat"
}

get_stock_kernel()
{
	local root=$tmp/root modules link headers

	find_release || { update_lists && find_release; } ||
		die "apt on this machine has no Debian kernel $what"
	! is_newest || return 0
	find_packages || die "cannot tell the packages of linux-headers-$release"

	# The mirror may have dropped the version which the lists know.
	if ! download "$tmp" "${packages[@]}"; then
		update_lists || exit 1
		find_release && find_packages && download "$tmp" "${packages[@]}" ||
			exit 1
	fi

	progress "unpacking $release" unpack "$tmp" "$root" || exit 1

	headers=usr/src/linux-headers-$release
	if ! { mv "$root/boot/vmlinuz-$release" "$root/vmlinuz" &&
	       mv "$root/boot/config-$release" "$root/config" &&
	       rm -rf "${root:?}/boot" "${root:?}/usr/share" &&
	       ln -s "$headers" "$root/build" &&
	       uncompress "$root/vmlinuz" >"$root/vmlinux"; }; then
		die "unexpected content of linux-image-$release"
	fi
	echo "$release" >"$root/release" || exit 1

	# Newer packages have everything below /usr, for merged-/usr systems.
	if [ ! -e "$root/lib/modules" ] && [ -d "$root/usr/lib/modules" ]; then
		mkdir -p "$root/lib" &&
		ln -s ../usr/lib/modules "$root/lib/modules" || exit 1
	fi
	modules=$root/lib/modules/$release
	[ -d "$modules/kernel" ] || die "no modules in linux-image-$release"

	# These lead to /usr/src of the host.
	for link in build source; do
		rm -f "$modules/$link"
	done
	ln -s "../../../$headers" "$modules/build" || exit 1

	# One line, "include /usr/src/linux-headers-...-common/Makefile". Not
	# replaced by an absolute name, so that the cache can be moved.
	# shellcheck disable=SC2016 # for make, not for this shell
	sed -i 's|^include /usr/src/|include $(dir $(realpath $(lastword $(MAKEFILE_LIST))))../|' \
		"$root/build/Makefile" || exit 1
	for link in Makefile scripts/mod/modpost Module.symvers; do
		[ -e "$root/build/$link" ] ||
			die "linux-headers-$release has no $link"
	done

	progress "depmod $release" depmod -b "$root" "$release" || exit 1
	publish "$root" "linux-$release" || exit 1
}
