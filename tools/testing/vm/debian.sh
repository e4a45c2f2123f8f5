# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Packages of Debian's: from this machine's apt or from other releases, and trees of these
# that programs can be run in. Sourced after common.sh.

# update_lists: false when that has been done already, or cannot be
updated=
update_lists()
{
	[ -z "$updated" ] || return 1
	updated=1
	can_be_root || {
		msg "neither root nor sudo; please run: apt-get update"
		return 1
	}
	apt_update
}

# Where this machine's apt has Debian from
find_mirror()
{
	# shellcheck disable=SC2016 # for apt-get
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		'Origin: Debian' 'Label: Debian' 'Component: main' | head -n 1
}

# A fresh machine has no lists that would tell whose they are.
debian_mirror=
need_mirror()
{
	[ -z "$debian_mirror" ] || return 0
	debian_mirror=$(find_mirror)
	[ -n "$debian_mirror" ] || { apt_update && debian_mirror=$(find_mirror); }
	[ -n "$debian_mirror" ] || { msg "apt on this machine has no Debian"; return 1; }
}

# use_suites DIR SUITE... - let apt-get and apt-cache "${apt_options[@]}" see these, and
# nothing else. Their lists are kept in DIR: neither root nor a change of the machine's own
# is needed.
apt_options=()
use_suites()
{
	local dir=$1
	shift

	need_mirror && mkdir -p "$dir"/{lists,cache} &&
	cat >"$dir/list.sources" <<-EOF || return
		Types: deb
		URIs: $debian_mirror
		Suites: $*
		Components: main
		Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
	EOF
	apt_options=(-o Dir::Etc::SourceList="$dir/list.sources"
		     -o Dir::Etc::SourceParts=/dev/null
		     -o Dir::State::Lists="$dir/lists"
		     -o Dir::Cache="$dir/cache")
	# apt's sandbox user cannot get into this directory.
	apt_options+=(-o APT::Sandbox::User=root)
	progress "apt-get update, of $*" apt-get -q "${apt_options[@]}" update
}

# apt sets its sandbox user up as the owner of what it downloads, who cannot
# get into this directory, complains and goes on without.
#
# download DIR PACKAGE...
download()
{
	local dir=$1
	shift

	progress "downloading $*" env -C "$dir" \
		apt-get -q -o APT::Sandbox::User=root "${apt_options[@]}" download "$@"
}

# unpack FROM TO - all packages in the directory FROM, without installing anything
unpack()
{
	local deb

	for deb in "$1"/*.deb; do
		dpkg -x "$deb" "$2" || return
		rm "$deb"
	done
}

# What make_tree needs to have the packages that this machine's apt has
machine_sources()
{
	need_mirror || return
	# shellcheck disable=SC2016 # for apt-get
	mapfile -t sources < <(apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) main' \
		'Created-By: Packages' 'Origin: Debian' 'Component: main')
	suites=("$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)")
}

# make_tree DIR SUITES PACKAGE... - a minimal Debian of the first suite with these
# packages, some of which may be from the others, or for "" of this machine's own; DIR is
# root's, so is what is in it
make_tree()
{
	local dir=$1 suite sources=() packages
	local -a suites
	read -ra suites <<<"$2"
	shift 2

	need_mirror || return
	[ ${#suites[@]} -gt 0 ] || machine_sources || return
	[ ${#sources[@]} -gt 0 ] || for suite in "${suites[@]}"; do
		sources+=("deb $debian_mirror $suite main")
	done
	packages=$(IFS=,; echo "$*")
	can_be_root || { msg "neither root nor sudo to make a tree of ${suites[0]}"; return 1; }
	# What it mounts must be gone when it is killed, before anybody removes the tree.
	# A kernel in it needs no initramfs.
	progress "unpacking Debian ${suites[0]} with $*" as_root env INITRD=No unshare --mount \
		mmdebstrap --mode=root --variant=apt --dpkgopt=force-unsafe-io \
		--include="$packages" "${suites[0]}" "$dir" "${sources[@]}"
}

# in_tree DIR VISIBLE COMMAND... - run a command in such a tree, as the user that we are,
# with the directory VISIBLE in its place
in_tree()
{
	local dir=$1 visible=$2
	shift 2

	# shellcheck disable=SC2016 # for the inner shell
	as_root unshare --mount sh -ec '
		tree=$1 visible=$2 user=$3
		shift 3
		mkdir -p "$tree$visible"
		mount --bind "$visible" "$tree$visible"
		mount -t proc proc "$tree/proc"
		mount --bind /dev "$tree/dev"
		exec chroot --userspec="$user" "$tree" "$@"' \
		sh "$dir" "$visible" "$(id -u):$(id -g)" "$@"
}
