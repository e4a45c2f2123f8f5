# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
#
# Shared by packages, kernel and run; sourced, not executed.

# shellcheck disable=SC2034 # used by the scripts which source this file
cache=${HVPART_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hvpart}

msg()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die()
{
	msg "$@"
	exit 1
}

usage_error()
{
	msg "$* (see --help)"
	exit 2
}

# The comment at the top of a script is its manual: print it.
help()
{
	sed -n '/^# SPDX/d; /^#!/d; /^#/!q; s/^# \{0,1\}//p' "$0"
}

# progress LABEL COMMAND [ARG...]
#
# Run COMMAND, which may take long and talk a lot: say what is going on, show
# every few seconds that it still is, and show the end of its output only when
# it fails.
progress()
{
	local label=$1 log status=0 pid start=$SECONDS next=5
	shift

	log=$(mktemp) || return
	msg "$label ..."
	# A process group of its own, for stop_jobs to find all of it.
	set -m
	"$@" </dev/null >"$log" 2>&1 &
	pid=$!
	set +m
	while kill -0 "$pid" 2>/dev/null; do
		sleep 0.1
		if [ $((SECONDS - start)) -ge "$next" ]; then
			msg "$label ... $next s"
			next=$((next + 5))
		fi
	done
	wait "$pid" || status=$?
	if [ "$status" -ne 0 ]; then
		msg "failed with status $status: $*"
		tail -n 20 "$log" >&2
	fi
	rm -f "$log"
	return "$status"
}

# Kill whatever progress has left running when a signal came.
stop_jobs()
{
	local pid

	for pid in $(jobs -p); do
		kill -- "-$pid" 2>/dev/null
	done
	wait
}

# can_be_root: asks for sudo's password if need be. To be called before
# anything runs in the background, where nobody can answer.
can_be_root()
{
	[ "$(id -u)" -eq 0 ] || { command -v sudo >/dev/null && sudo true; }
}

# as_root COMMAND [ARG...], after can_be_root
as_root()
{
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	else
		sudo -n "$@"
	fi
}

apt_update()
{
	progress "apt-get update" as_root "${apt_get[@]}" update
}

# shellcheck disable=SC2034 # used by the scripts which source this file
#
# Another apt may be at work, as on a machine which has just been started.
apt_get=(env DEBIAN_FRONTEND=noninteractive
	 apt-get -q -o DPkg::Lock::Timeout=300)
