# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Kernels that are built from the source that Debian has packaged, and that source, also
# a few headers of it, as they are; sourced by "kernel", whose $what, $cache and $tmp this
# uses.

# built_here: whether $what is not Debian's. Its configuration, or what of the
# fragments has its part in it, is a part of its name: another one makes another
# kernel.
source=linux-source-6.12 find_source=update_lists
built_here()
{
	build_options=() build_time="5 to 20 minutes"
	case $what in
	*-debug)	fragments=(machine.config debug.config) ;;
	# Of the kernel nothing is instrumented, see kcsan.config.
	*-kcsan)	fragments=(machine.config kcsan.config)
			build_options=(KCSAN_SANITIZE=n) ;;
	# Debian 12 has none of that series.
	*-mshv)		source=linux-source-7.3 find_source=use_backports
			fragments=(mshv.config) ;;
	*)		return 1 ;;
	esac
	built_name=linux-$what-$(cd "$here" && { grep -h CONFIG_ "${fragments[@]}"
		echo "${build_options[@]}"; } | sha256sum | cut -c 1-12)
}

# Download the package $source with the source of Linux.
get_source()
{
	known()
	{
		apt-cache "${apt_options[@]}" show "$source" >/dev/null 2>&1
	}
	known || { "$find_source" && known; } || die "apt has no $source"
	download "$tmp" "$source" || { update_lists && download "$tmp" "$source"; } || exit 1
}

# configure SRC BUILD FRAGMENT...
configure()
{
	local src=$1 build=$2
	shift 2

	make -C "$src" O="$build" tinyconfig &&
	(cd "$src" && scripts/kconfig/merge_config.sh -m -O "$build" \
		"$build/.config" "${@/#/$here/}") &&
	make -C "$src" O="$build" olddefconfig
}

# build_kernel SRC ROOT - from the source in SRC, everything into ROOT
build_kernel()
{
	local src=$1 root=$2 release jobs

	jobs=$(nproc)
	configure "$src" "$root/build" "${fragments[@]}" &&
	make -C "$src" O="$root/build" -j"$jobs" \
		"${build_options[@]}" bzImage modules &&
	release=$(cat "$root/build/include/config/kernel.release") &&
	make -C "$src" O="$root/build" INSTALL_MOD_PATH="$root" \
		DEPMOD=true modules_install &&
	rm -f "$root/lib/modules/$release/build" "$root/lib/modules/$release/source" &&
	depmod -b "$root" "$release" &&
	cp "$root/build/arch/x86/boot/bzImage" "$root/vmlinuz" &&
	cp "$root/build/.config" "$root/config" &&
	echo "$release" >"$root/release"
}

# build_guest SRC ROOT - likewise for a guest: two kernels without modules
build_guest()
{
	local src=$1 root=$2 build=$2/build jobs

	jobs=$(nproc)
	configure "$src" "$build" "${fragments[@]}" &&
	make -C "$src" O="$build" -j"$jobs" bzImage &&
	cp "$build/arch/x86/boot/bzImage" "$root/vmlinuz-nodebugfs" &&
	"$src/scripts/config" --file "$build/.config" --enable DEBUG_FS &&
	make -C "$src" O="$build" olddefconfig &&
	make -C "$src" O="$build" -j"$jobs" bzImage &&
	cp "$build/arch/x86/boot/bzImage" "$root/vmlinuz" &&
	cp "$build/.config" "$root/config" &&
	make -C "$src" O="$build" scripts_unifdef &&
	mkdir -p "$root/include/linux" &&
	(cd "$build" && sh "$src/scripts/headers_install.sh" \
		"$src/include/uapi/linux/mshv.h" "$root/include/linux/mshv.h") &&
	cp "$build/include/config/kernel.release" "$root/release"
}

# What modules are built with is less than a tenth of what the kernel was.
trim_kernel()
{
	local src=$1 root=$2

	find "$root/build" \( -name '*.o' -o -name '*.a' -o -name '*.ko' -o -name '.*.cmd' \) \
		-not -path '*/scripts/*' -not -path '*/tools/*' -delete &&
	rm -f "$root/build/vmlinux" "$root/build/arch/x86/boot/bzImage" &&
	rm -rf "${src:?}"/{Documentation,crypto,drivers,fs,net,samples,sound} \
		"$src"/tools/{perf,testing} &&
	find "$src/arch" -mindepth 1 -maxdepth 1 -not -name x86 -exec rm -rf {} +
}

# No module is built for a guest.
trim_guest()
{
	rm -rf "$1" "${2:?}/build"
}

# extract DIR TAR-OPTION... - from the source's archive in its package to DIR
extract()
{
	local dir=$1
	shift

	set -o pipefail
	dpkg --fsys-tarfile "$tmp"/*.deb | tar -xO --wildcards "*/$source.tar.xz" |
		tar -xJ -C "$dir" "$@"
}

get_built_kernel()
{
	local root option kind=kernel

	[[ $what != *-mshv ]] || kind=guest
	# Kbuild writes the names of both directories into what it generates, so
	# they are built where they stay, under a name that nobody looks at yet.
	root=$cache/$built_name
	rm -rf "$root"
	mkdir -p "$root/source" "$root/build" || exit 1
	"$here/packages" build kernel || exit 1
	get_source
	progress "extracting $source" extract "$root/source" --strip-components=1 || exit 1
	progress "building $what, $build_time on two CPUs" \
		"build_$kind" "$root/source" "$root" || exit 1
	while read -r option; do
		grep -qxF -e "$option" -e "# ${option%=n} is not set" "$root/config" ||
			die "$what did not take $option"
	done < <(cd "$here" && grep -hE '^CONFIG' "${fragments[@]}")
	progress "trimming $what" "trim_$kind" "$root/source" "$root" || exit 1
	sync -f "$root" &&
	ln -s "$built_name" "$tmp/link" &&
	mv -T "$tmp/link" "$cache/$what" || exit 1
}

get_selftest_headers()
{
	local dir=$tmp/headers file

	get_source
	mkdir "$dir" || exit 1

	# The whole archive has to be uncompressed for a few small files.
	progress "extracting the headers from $source" extract "$dir" \
		--strip-components=4 --wildcards \
		'*/tools/testing/selftests/kselftest.h' \
		'*/tools/testing/selftests/kselftest_harness.h' || exit 1
	for file in kselftest.h kselftest_harness.h; do
		[ -s "$dir/$file" ] || die "$source has no $file"
	done
	publish "$dir" "headers-$source" || exit 1
}

get_linux_source()
{
	get_source
	mkdir "$tmp/linux" || exit 1
	progress "extracting $source" extract "$tmp/linux" --strip-components=1 || exit 1
	publish "$tmp/linux" "$source" || exit 1
}
