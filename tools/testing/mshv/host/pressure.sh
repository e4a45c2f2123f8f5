# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# What a host does to the memory of the VMMs on it: swaps it out, moves it, merges it, makes
# huge pages of it. Sourced by what runs there.

pressed=/sys/fs/cgroup/pressed
mm=/sys/kernel/mm

# Of what this shell starts from now on.
pressure_prepare()
{
	modprobe zram
	echo 1G >/sys/block/zram0/disksize
	mkswap /dev/zram0 >/dev/null
	swapon /dev/zram0
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p $pressed
	echo $$ >$pressed/cgroup.procs
	echo always >$mm/transparent_hugepage/enabled
	echo 10 >$mm/transparent_hugepage/khugepaged/scan_sleep_millisecs
	echo 4096 >$mm/transparent_hugepage/khugepaged/pages_to_scan
	echo 10 >$mm/ksm/sleep_millisecs
	echo 2000 >$mm/ksm/pages_to_scan
}

# pressure SECONDS - and what has come of it, a line for each kind
#
# Where much is swapped no huge pages are made: in the end there is time to bring it back.
pressure()
{
	local end

	end=$(($(date +%s) + $1))
	count_events >/tmp/events-before
	echo 1 >$mm/ksm/run
	while [ "$(date +%s)" -lt "$end" ]; do
		[ "$(date +%s)" -ge $((end - $1 / 4)) ] || echo 64M >$pressed/memory.reclaim
		echo 1 >/proc/sys/vm/compact_memory
		sleep 1
	done 2>/dev/null
	count_events | join_counts /tmp/events-before
	# Everybody gets a page of his own again.
	echo 2 >$mm/ksm/run
}

count_events()
{
	awk '$1 ~ /^(pswpout|pswpin|pgmigrate_success|thp_collapse_alloc)$/ { print $1, $2 }' \
		/proc/vmstat
	echo "ksm_pages_sharing $(cat $mm/ksm/pages_sharing)"
}

# join_counts FILE - how many more than there
join_counts()
{
	awk 'NR == FNR { before[$1] = $2; next } { print $1, $2 - before[$1] }' "$1" -
}
