# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=dash
#
# Cases, as TAP: a guest is booted, things are checked, it ends, and nothing is left. Sourced
# after guest.sh.

number=0 pass=0 fail=0 skip=0
guest=

# result ok|"not ok" NAME [REMARK]
result()
{
	number=$((number + 1))
	printf '%s\n' "$1 $number $guest: $2${3:+ $3}"
	case $1$3 in
	"ok# SKIP"*)	skip=$((skip + 1)) ;;
	ok*)		pass=$((pass + 1)) ;;
	*)		fail=$((fail + 1)) ;;
	esac
}

# check NAME COMMAND... - whether it succeeds; its output only if not
check()
{
	local name=$1 output
	shift

	if output=$("$@" 2>&1); then
		result ok "$name"
	else
		echo "$output" | sed 's/^\(# \)\?/# /'
		result "not ok" "$name"
		return 1
	fi
}

# is NAME EXPECTED SEEN
is()
{
	if [ "$2" = "$3" ]; then
		result ok "$1"
	else
		echo "# expected $2, is $3"
		result "not ok" "$1"
	fi
}

# program NAME [VARIABLE=VALUE] - a test program of the guest's; its results count as ours
program()
{
	local plan='' results=0 line name status=0

	in_guest "${2:-} $1" >/tmp/output || status=$?
	while IFS= read -r line; do
		case $line in
		"1.."*)
			plan=${line#1..}
			;;
		"ok "*|"not ok "*)
			results=$((results + 1))
			# "ok 3 fixture.name # SKIP why"
			name=${line#*ok }
			name=${name#* }
			case $line in
			*"# SKIP"*)	result ok "$1: ${name%% #*}" "# ${name#*# }" ;;
			*)		result "${line%% [0-9]*}" "$1: ${name%% #*}" ;;
			esac
			;;
		"# Totals"*|"# Starting"*|"# PASSED"*|"#  RUN "*|"#            OK "*|TAP*)
			;;
		*)
			echo "# ${line#\# }"
			;;
		esac
	done </tmp/output
	if [ "$plan" != $results ]; then
		echo "# plan ${plan:-none}, results $results, status $status"
		result "not ok" "$1"
	fi
}

# pinned - how many pages are, which are QEMU's, besides those in the guest's own pool: what
# the driver has mapped for good.  VmPin counts whole huge pages.
pinned()
{
	echo 1 >/proc/sys/vm/stat_refresh
	awk -v deposited="$(own deposited)" \
		'$1 == "nr_foll_pin_acquired" { pinned += $2 }
		 $1 == "nr_foll_pin_released" { pinned -= $2 }
		 END { print pinned - deposited }' /proc/vmstat
}

# nothing_left - of children: their structures, their pages
nothing_left()
{
	local status=0 children in_use pinned

	children=$(children) in_use=$(own in_use_children) pinned=$(pinned)
	[ "$children" = 0 ] || { echo "$children partitions left"; status=1; }
	[ "$in_use" = 0 ] || { echo "$in_use pages in use for children"; status=1; }
	[ "$pinned" = "$pinned_first" ] || {
		echo "$pinned pages pinned, $pinned_first when the guest had booted"
		status=1
	}
	return $status
}

# without_own_warnings - a log, without what the guest's driver warns of with nobody else's fault.
# It finalizes a partition, then ends to watch the memory of its regions: what is taken away between
# the two, by compaction say, it declares inaccessible, which is too late, INVALID_PARTITION_STATE,
# -EIO. Nobody has that memory any more; if it was that status, mapping_succeeds tells. And a VMM
# may be killed while the driver brings a page of its child in; to one that is not, a page that
# cannot be had is an exit, which the tests see.
without_own_warnings()
{
	awk '/\[ cut here \]/ { block = $0; inside = 1; own = 0; next }
	     !inside || /misc mshv/ { print; next }
	     { block = block "\n" $0 }
	     /WARNING: .* at mshv_region_interval_invalidate\+/ { own = 1 }
	     /WARNING: .* at __mmu_notifier_invalidate_range_start\+/ { own = 1 }
	     /WARNING: .* at mshv_region_handle_gfn_fault\+/ { own = 1 }
	     /\[ end trace / { if (!own) print block; inside = 0 }
	     END { if (inside) print block }'
}

# The guest's log since the last time it was looked at: what would make somebody wonder
# whether this is the hypervisor that the driver was written for. In "harmless": QEMU's
# timers of Hyper-V are not in direct mode, which Linux without VMBus needs; an emulated
# CPU's speed varies; and what we wrote ourselves.
log_seen=0
new_log()
{
	tail -c +$((log_seen + 1)) $console | tr -d '\r'
}

log_is_clean()
{
	new_log | without_own_warnings |
		grep -E -e 'BUG:|WARNING|Oops|Call Trace|unchecked MSR|Hyper-V: .*error' \
			-e 'oom-killer|blocked for more than|stall|starved' \
			-e '[Uu]nexpected|[Uu]nmapped|[Ff]ailed|[Uu]nvalidated|panic' \
			-e HV_STATUS_ |
		grep -vEf harmless >/tmp/complaints
	if [ -s /tmp/complaints ]; then
		cat /tmp/complaints
		# What is around the first one tells why.
		new_log | awk '/BUG:|Oops|Call Trace/ { seen = 1 } seen && count++ < 100'
		return 1
	fi
}

# statuses_are_expected - has no call got a status that the driver does not count on? Memory is
# short until the driver has deposited some, and it withdraws until there is none left.
statuses_are_expected()
{
	! awk '$3 != "SUCCESS" && $3 != "INSUFFICIENT_MEMORY"' /sys/kernel/debug/hvpart/stats |
		grep -vE -e 'HvWithdrawMemory NO_RESOURCES' \
			-e 'HvMapGpaPages INVALID_PARTITION_STATE'
}

# mapping_succeeds - has HvMapGpaPages got no status but that and those that without_own_warnings
# and statuses_are_expected speak of?
mapping_succeeds()
{
	! awk '$2 == "HvMapGpaPages" &&
	       $3 !~ /^(SUCCESS|INSUFFICIENT_MEMORY|INVALID_PARTITION_STATE)$/' \
		/sys/kernel/debug/hvpart/stats | grep .
}

# end_of_log - what comes now is the next boot's
end_of_log()
{
	check "$1: guest's log" log_is_clean
	log_seen=$(wc -c <$console)
}

# boot NAME KERNEL CPUS
boot()
{
	guest="$1, $3 CPU"
	[ "$3" = 1 ] || guest="$guest""s"
	log_seen=0 began=$(date +%s) passed_before=$pass failed_before=$fail boots=1
	if start_guest "$2" "$3" >/tmp/output 2>&1; then
		result ok "boot"
		pinned_first=$(pinned)
		booted=$(($(date +%s) - began))
		return 0
	fi
	sed 's/^/# /' /tmp/output
	tail -n 60 $console | sed 's/^/# /'
	sed 's/^/# QEMU: /' $guest_dir/errors
	result "not ok" "boot"
	return 1
}

# The end of a VMM on the host that did not expect it
end()
{
	end_of_log "end"
	check "end: HvMapGpaPages" mapping_succeeds
	kill_guest
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ -n "$(folder)" ] || break
		usleep 100000
	done
	is "nothing is left of a killed VMM" "" "$(folder)"
	row "$guest" $boots "$booted" $(($(date +%s) - began)) $((pass - passed_before)) \
		$((fail - failed_before))
}

row()
{
	printf '# %-28s %5s %8s %8s %7s %7s\n' "$@" >>/tmp/table
}

begin()
{
	started=$(date +%s)
	row "guest" boots first "all (s)" passed failed
}

# finish - say what has come out
finish()
{
	echo "1..$number"
	cat /tmp/table
	printf '# figures: %s: %s s, first boot of a guest %s s\n' "$(basename "$0")" \
		$(($(date +%s) - started)) "$booted"
	echo "# totals: pass=$pass fail=$fail skip=$skip"
	[ $fail = 0 ]
}
