# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Telling step by step what guest and host do. Sourced after guest.sh.

number=0

say()
{
	printf '%s\n' "$*"
}

step()
{
	number=$((number + 1))
	say ""
	say "$number. $*"
}

# host COMMAND - typed by root on the host
host()
{
	say "   host# $1"
	eval "$1" 2>&1 | sed 's/^/   /'
}

# guest COMMAND - and its status
guest()
{
	local status=0

	say "   guest# $1"
	in_guest "$1" >/tmp/output || status=$?
	sed 's/^/   /' /tmp/output
	return $status
}

fail()
{
	say "   ^^^ this should not have happened"
	tail -n 20 $console | sed 's/^/   /'
	kill_guest
	exit 1
}

# timed COMMAND... - and say how long it took
timed()
{
	local start status=0

	start=$(date +%s)
	"$@" || status=$?
	say "   ($(($(date +%s) - start)) s)"
	return $status
}

show_partitions()
{
	host "cat $(folder)/partitions"
}
