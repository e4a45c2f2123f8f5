# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# How something gets into the cache: by one script at a time, and in one step when it is
# complete. Sourced after common.sh. $what is its name there.

# A Debian tree is root's.
remove()
{
	rm -rf "$@" 2>/dev/null || as_root rm -rf "$@"
}

# lock_cache - nobody else puts something there until this script ends; $tmp is a new
# directory until then. Fails, without a word, when one had to be waited for, who may have
# done it.
lock_cache()
{
	local waited=

	mkdir -p "$cache" || exit 1
	exec 9>"$cache/lock" || exit 1
	if ! flock -n 9; then
		msg "waiting for another one to finish"
		flock 9
		waited=1
	fi
	# Leftovers are not in use, this is the only one running.
	remove "$cache"/tmp.*
	tmp=$(mktemp -d "$cache/tmp.XXXXXX") || exit 1
	trap 'stop_jobs; remove "$tmp"' EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
	[ -z "$waited" ]
}

# publish DIR NAME - move a directory to its place with that name. $cache/$what is a symbolic
# link to it, for replacing it in one step. The directory itself never changes, and what the
# link led to before remains: somebody may be using it.
publish()
{
	ln -s "$2" "$tmp/link" &&
	remove "${cache:?}/$2" &&
	sync -f "$1" &&
	mv -T "$1" "$cache/$2" &&
	mv -T "$tmp/link" "$cache/$what"
}
