# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# TAP of what commands say with their status; sourced, also by busybox.

number=0 failed=0

# check NAME COMMAND... - whether it succeeds; its output only if not
check()
{
	local name=$1 log
	shift

	number=$((number + 1))
	if log=$("$@" 2>&1 </dev/null); then
		echo "ok $number $name"
	else
		failed=$((failed + 1))
		echo "not ok $number $name"
		echo "$log" | tail -n 40 | sed 's/^/# /'
	fi
}

# The result of all
finish()
{
	echo "1..$number"
	echo "# totals: pass=$((number - failed)) fail=$failed skip=0"
	[ "$failed" = 0 ]
}
