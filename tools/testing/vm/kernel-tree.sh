# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Kernels of another Debian release than this machine's, each in a minimal Debian of that
# release with the compiler that its headers want; sourced by "kernel" after
# kernel-stock.sh, which has how a release's packages are found, and vmlinux in vmlinuz.

# The newest headers package of the major version $1 that apt knows
newest_headers()
{
	apt-cache "${apt_options[@]}" pkgnames linux-headers-"$1". |
		grep -E '^linux-headers-[0-9.]+([-~]rc[0-9]+)?(\+[a-z0-9]+)?-amd64$' |
		sort -V | tail -n 1
}

# find_newest MAJOR - set $release to the newest one that any release of Debian has the
# headers of, and $suites_of_release to where that is
find_newest()
{
	local suite headers newest=''

	for suite in "trixie trixie-backports" sid "sid experimental"; do
		# shellcheck disable=SC2086 # suites are words
		use_suites "$tmp/suites/${suite// /-}" $suite || return
		headers=$(newest_headers "$1") || true
		[ -n "$headers" ] || continue
		[ "$(printf '%s\n' "$headers" "$newest" | sort -V | tail -n 1)" != "$newest" ] ||
			continue
		newest=$headers suites_of_release=$suite
	done
	release=${newest#linux-headers-}
	[ -n "$release" ]
}

# A kernel of another Debian than this machine's: a tree of that, with the kernel's headers,
# the compiler that they want, and the kernel itself, but for newest-N
get_kernel_tree()
{
	local root=$tmp/root packages dir

	"$here/packages" tree || exit 1
	mkdir -p "$tmp/suites"
	case $what in
	newest-*)
		find_newest "${what#newest-}" || die "no release of Debian has such a kernel"
		packages=("linux-headers-$release")
		;;
	*)
		suites_of_release="trixie trixie-backports"
		if ! use_backports || ! find_release; then
			die "no Debian kernel $what in $suites_of_release"
		fi
		packages=("linux-headers-$release" "linux-binary-$release" "linux-modules-$release")
		;;
	esac
	! is_newest || return 0
	make_tree "$root" "$suites_of_release" "${packages[@]}" binutils make perl || exit 1
	as_root chown "$(id -u):$(id -g)" "$root" || exit 1

	dir=usr/lib/modules/$release
	ln -s "usr/src/linux-headers-$release" "$root/build"
	cp "$root/build/.config" "$root/config" || die "no configuration in linux-headers-$release"
	echo "$release" >"$root/release"
	if [[ $what != newest-* ]]; then
		ln -s "$dir/vmlinuz" "$root/vmlinuz"
		uncompress "$root/vmlinuz" >"$root/vmlinux" ||
			die "unexpected content of linux-binary-$release"
		progress "depmod $release" as_root depmod -b "$root" "$release" || exit 1
	fi
	publish "$root" "$what-$release" || exit 1
}
