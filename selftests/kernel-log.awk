# SPDX-License-Identifier: GPL-2.0-only
#
# awk -f kernel-log.awk LOG: what a kernel in trouble has said there. A warning is
# printed whole but for its registers. With -v foreign=1 prints, for a person,
# what would have been let through.
#
# What is let through, each with its reason, is in foreign_report().

function foreign_report(text)
{
	# 6.1: an iSCSI session is unbound on a work queue for reclaim, where
	# device_del() waits for the SCSI target's runtime suspend, if that is
	# just running. Nothing of any target driver takes part.
	if (text ~ /WQ_MEM_RECLAIM iscsi_ctrl_[0-9:]+__iscsi_unbind_session .* is flushing !WQ_MEM_RECLAIM pm:pm_runtime_work/)
		return 1
	if (text ~ /WARNING: possible circular locking/)
		return foreign_cycle(text)
	if (text ~ /WARNING: suspicious RCU usage/)
		return foreign_walk(text)
	return text ~ /BUG: KCSAN/ && foreign_race(text)
}

# 7.2: UIO takes away a device's attributes under info_lock, for which it waits in its
# mmap(); sysfs writes the names in a directory to user memory under its own locks. It
# is a cycle of these four, whoever unregisters; one with any other lock in it is not.
function foreign_cycle(text,	lines, n, i)
{
	if (text !~ /already holding lock:\n[^\n]*\(&idev->info_lock\)[^\n]* at: uio_unregister_device\+/)
		return 0
	n = split(text, lines, "\n")
	for (i = 1; i <= n; i++)
		if (lines[i] ~ /^ *-> #[0-9]+ / &&
		    lines[i] !~ /-> #[0-9]+ \((&idev->info_lock|&mm->mmap_lock|&root->kernfs_(supers_)?rwsem)\)/)
			return 0
	return text ~ /\n *-> #0 /
}

# 7.2: the core walks its lists of LUNs under the mutex of who changes them, and does
# not say so to the list's macro. Without the mutex, or below a call of ours, it is news.
function foreign_walk(text)
{
	return text ~ /\n[^\n]*drivers\/target\/target_core_(tpg|device)\.c:[0-9]+ RCU-list traversed in non-reader section/ &&
		text ~ /\n #[0-9]+: [^\n]*\((&se_tpg->tpg_lun_mutex|&acl->lun_entry_mutex|&nacl->lun_entry_mutex)\)/ &&
		text !~ /\[(target_core_user|planted)\]/
}

# Between others: the whole kernel has many races, of which most are meant and not
# marked. In ours one of the two sides has the module among its calls.
function foreign_race(text)
{
	# 6.1: the core takes a command for TMRs under its t_state_lock, and looks
	# whether it is one without, when a backend ends it, before it looks again
	if (text ~ /data-race in __target_check_io_state \/ target_cmd_interrupted/)
		return 1
	# 6.1: who walks a stack asks whose code an address is, while the list of
	# modules changes: a latch's two trees are made for that
	if (text ~ /data-race in __mod_tree_[a-z_.0-9]* \/ mod_find/)
		return 1
	# 6.1: poll() forgets that it was woken, then looks for itself: fs/select.c
	# says why; its waker has a barrier and no mark
	if (text ~ /data-race in poll_schedule_timeout[a-z.0-9]* \/ pollwake/)
		return 1
	# no side: who has turned interrupts off the last time, long before; the locks
	# that are held; what was running when an interrupt came
	gsub(/[^\n]*(hard|soft)irqs last[^\n]*/, "", text)
	gsub(/\n #[0-9]+: [^\n]*/, "", text)
	gsub(/\n asm_(sysvec|common)_[^\n]*(\n [^\n]+)*/, "", text)
	return text !~ /\[(target_core_user|planted)\]/
}

function end_of_report()
{
	if (report != "" && !foreign_report(report) == !foreign)
		printf "%s", report
	report = ""
	kind = ""
}

function add_to_report()
{
	if ($0 !~ registers)
		report = report $0 "\n"
}

BEGIN {
	trouble = "WARNING:|BUG:|Oops|KASAN:|UBSAN:|KCSAN:|Kernel panic" \
		"|INFO: (rcu|task|possible|lockdep)|suspicious RCU" \
		"|possible (circular|recursive|irq|deadlock)" \
		"|inconsistent lock state|scheduling while atomic" \
		"|soft lockup|blocked for more than|Call Trace" \
		"|general protection|refcount_t:|list_(add|del) corruption" \
		"|Out of memory|kmemleak: [1-9]"
	# ours, and what tests write into the log about themselves
	harmless = "^(target_core_user|tcmu-test|selftest): "
	registers = "^(Modules linked|Hardware|Code:|(R[^I]|[CDEF])[A-Z0-9]+:|DR|PKRU)"
}

# /dev/kmsg has a line's own newlines as \x0a
{ sub(/^\[ *[0-9.]+\] /, ""); gsub(/\\x0a */, "") }

/\[ cut here \]/ {
	end_of_report()
	kind = "cut"
}

kind == "cut" {
	add_to_report()
	if (/\[ end trace /)
		end_of_report()
	next
}

# Sanitizers put a report between two lines; lockdep ends with who has called
/^=====+$/ {
	if (kind == "sanitizer") {
		add_to_report()
		end_of_report()
	} else {
		end_of_report()
		kind = "line"
		fence = $0
	}
	next
}

# The line above it may be lost, or another processor's is in between
(kind == "" || kind == "line") && /^(BUG: K[AC]SAN|UBSAN)/ {
	report = kind == "line" ? fence "\n" : ""
	kind = "sanitizer"
}

kind == "line" {
	kind = ""
	if (/^(WARNING|BUG|\[ BUG)/) {
		kind = "lockdep"
		report = fence "\n"
	}
}

kind == "calls" && !/^ / { end_of_report() }

kind == "lockdep" && /^Call Trace/ { kind = "calls"; report = report $0 "\n"; next }

kind != "" { add_to_report(); next }

$0 ~ trouble && $0 !~ harmless && !foreign

END { end_of_report() }
