#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# What selftests/kernel-log.awk finds in a kernel's log.

judge=$(dirname "$0")/../../../selftests/kernel-log.awk
failed=0
nr=0

# says NAME WANTED [OPTION...] <LOG
says() {
	local name=$1 wanted=$2 got

	shift 2
	nr=$((nr + 1))
	got=$(awk "$@" -f "$judge")
	if [ "$got" = "$wanted" ]; then
		echo "ok $nr - $name"
	else
		echo "# '$got', should be '$wanted'"
		echo "not ok $nr - $name"
		failed=1
	fi
}

# report TEXT: as a kernel prints it
report() {
	cat <<-END
	[   21.361413] ------------[ cut here ]------------
	[   21.361557] $1
	[   21.362219] WARNING: CPU: 0 PID: 9 at kernel/x.c:1 f+0xb4/0x100
	[   21.362377] Modules linked in: libiscsi refcount
	[   21.363523] RSP: 0018:ff687554c0053cd8 EFLAGS: 00000082
	[   21.363936] Call Trace:
	[   21.364459]  g+0xaa/0x2a0
	[   21.364459] ---[ end trace 0000000000000000 ]---
	END
}

# what is to be said of it
shown() {
	cat <<-END
	------------[ cut here ]------------
	$1
	WARNING: CPU: 0 PID: 9 at kernel/x.c:1 f+0xb4/0x100
	Call Trace:
	 g+0xaa/0x2a0
	---[ end trace 0000000000000000 ]---
	END
}

iscsi='workqueue: WQ_MEM_RECLAIM iscsi_ctrl_0:1:__iscsi_unbind_session'
iscsi+=' [scsi_transport_iscsi] is flushing !WQ_MEM_RECLAIM pm:pm_runtime_work'
ours='workqueue: WQ_MEM_RECLAIM tcmu:tcmu_wait_workfn is flushing'
ours+=' !WQ_MEM_RECLAIM pm:pm_runtime_work'

# race FUNCTION [LINES]: as KCSAN has it, one line before and one behind
race() {
	cat <<-END
	[    9.1] sd 0:0:0:0: Attached SCSI disk
	[    9.2] ==================================================================
	[    9.2] BUG: KCSAN: data-race in $1 / other
	[    9.2] read to 0xffff888003d8a0e0 of 8 bytes by task 99 on cpu 1:
	[    9.2]  $1${2:+
	$2}
	[    9.2] Reported by Kernel Concurrency Sanitizer on:
	[    9.2] ==================================================================
	[    9.3] sd 0:0:0:0: BUG: behind
	END
}

raced() {
	race "$@" | sed -e 's/^\[ *[0-9.]*\] //' -e 1d
}

# lockdep: as it is on x86, with one line behind
deadlock() {
	cat <<-END
	[    5.5] ======================================================
	[    5.5] WARNING: possible circular locking dependency detected
	[    5.5] insmod/73 is trying to acquire lock:
	[    5.5] stack backtrace:
	[    5.5] Call Trace:
	[    5.5]  <TASK>
	[    5.5]  abba+0x5c/0x80 [planted]
	[    5.5]  </TASK>
	[    5.6] sd 0:0:0:0: Attached SCSI disk
	END
}

# at the end of a line, where blanks would be
nothing=''
# cycle HELD [LOCK]: UIO's of 7.2, as lockdep has it, with one more lock in it
cycle() {
	cat <<-END
	[   12.2] ======================================================
	[   12.2] WARNING: possible circular locking dependency detected
	[   12.2] rmdir/57 is trying to acquire lock:
	[   12.2] 64db (&root->kernfs_supers_rwsem){++++}-{3:3}, at: kernfs_remove_by_name_ns+0x1/0x2
	[   12.2] $nothing
	               but task is already holding lock:
	[   12.2] 6642 (&idev->info_lock){+.+.}-{3:3}, at: $1+0x84/0x200
	[   12.2] $nothing
	               -> #3 (&idev->info_lock){+.+.}-{3:3}:
	[   12.2]         f+0x1/0x2 [target_core_user]
	               -> #2 (${2:-&mm->mmap_lock}){++++}-{3:3}:
	               -> #1 (&root->kernfs_rwsem){++++}-{3:3}:
	               -> #0 (&root->kernfs_supers_rwsem){++++}-{3:3}:
	[   12.2]  #3: a08e (register_lock){+.+.}-{3:3}, at: tcmu_uio_unregister+0x1 [target_core_user]
	[   12.2] Call Trace:
	[   12.2]  tcmu_uio_unregister+0x1a/0xd0 [target_core_user]
	[   12.3] sd 0:0:0:0: BUG: behind
	END
}

# walk WHERE LOCK [CALLER]: lists under RCU
walk() {
	cat <<-END
	[    2.7] =============================
	[    2.7] WARNING: suspicious RCU usage
	[    2.7] -----------------------------
	[    2.7] $1 RCU-list traversed in non-reader section!!
	[    2.7] 1 lock held by ln/57:
	[    2.7]  #0: 6704 ($2){+.+.}-{3:3}, at: core_tpg_add_node_to_devs+0x31/0x50
	[    2.7] Call Trace:
	[    2.7]  ${3:-core_tpg_add_lun+0x1/0x2}
	[    2.8] sd 0:0:0:0: BUG: behind
	END
}

# whole REPORT...: what is said when it is not let through
whole() {
	"$@" | sed -e 's/^\[ *[0-9.]*\] //' | grep -v '^R[0-9A-Z]*:'
}

echo 1..31
says "a quiet log says nothing" '' <<-END
	[    4.391313] squashfs: version 4.0 (2009/01/31) Phillip Lougher
	[    5.1] target_core_user: disk: a message of ours: WARNING: no
	[    6.1] tcmu-test: test_iscsi 1: no BUG: here
	[    0.0] rcu: Hierarchical SRCU implementation.
	[    0.0] kprobes: All kprobes are optimized if possible.
END
says "a line of trouble is said" 'BUG: sleeping function called' \
	<<<'[    4.391313] BUG: sleeping function called'
stalled='rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
INFO: task kworker/u4:1:25 blocked for more than 20 seconds.
WARNING: possible circular locking dependency detected
BUG: KASAN: slab-use-after-free in f+0x1/0x2'
says "stalls, hangs, lock cycles and sanitizers are said" "$stalled" \
	<<<"$stalled"
says "a warning is said without its registers" "$(shown "$ours")" \
	< <(report "$ours")
says "a warning that is cut off is said" "$(shown "$ours" | head -n 3)" \
	< <(report "$ours" | head -n 3)
says "a foreign report is let through" '' < <(report "$iscsi")
says "a report of ours behind a foreign one is said" "$(shown "$ours")" \
	< <(report "$iscsi"; report "$ours")
says "what is let through can be shown" "$(shown "$iscsi")" -v foreign=1 \
	< <(report "$iscsi"; report "$ours")
says "a race of ours is said whole" "$(raced 'f+0x1/0x2 [target_core_user]')" \
	< <(race 'f+0x1/0x2 [target_core_user]')
says "a race between others is let through" 'sd 0:0:0:0: BUG: behind' \
	< <(race f+0x1/0x2)
says "... though another processor's line is in between" \
	'sd 0:0:0:0: BUG: behind' \
	< <(race f+0x1/0x2 | sed '2a [    9.2] sd 0:0:0:0: Power-on or device reset')
says "... which does not hide one of ours" \
	"$(raced 'f+0x1/0x2 [target_core_user]' | sed 1d)" \
	< <(race 'f+0x1/0x2 [target_core_user]' | sed '2a [    9.2] sd 0:0:0:0: on')
says "who has turned interrupts off before is not in the race" \
	'sd 0:0:0:0: BUG: behind' < <(race f+0x1/0x2 \
	'softirqs last disabled at (1): [<f1>] g+0x1/0x2 [target_core_user]')
interrupted=' asm_sysvec_apic_timer_interrupt+0x1b/0x20
 delay_tsc+0x32/0xa0
 g+0x1/0x2 [target_core_user]

1 lock held by fio/343:
 #0: ffff8 (&dev->cfg_lock){+.+.}-{3:3}, at: g+0x1/0x2 [target_core_user]
'
behind='
write to 0xffff888003d8a0e0 of 8 bytes by task 9 on cpu 0:
 h+0x1/0x2 [target_core_user]'
says "nor is what an interrupt has come in between, or what is locked" \
	'sd 0:0:0:0: BUG: behind' < <(race f+0x1/0x2 "$interrupted")
says "... whatever interrupt it is" 'sd 0:0:0:0: BUG: behind' \
	< <(race f+0x1/0x2 "${interrupted/sysvec_apic_timer/common}")
says "... but the other side is" "$(raced f+0x1/0x2 "$interrupted$behind")" \
	< <(race f+0x1/0x2 "$interrupted$behind")
says "the core's races with itself, called by us, are let through by name" \
	'sd 0:0:0:0: BUG: behind' < <(race __target_check_io_state+0x1 "$behind" |
	sed -e '/data-race/s,+0x1 / .*, / target_cmd_interrupted,')
says "a lock cycle is said whole" \
	"$(deadlock | sed -e 's/^\[ *[0-9.]*\] //' -e '$d')" < <(deadlock)
behind='sd 0:0:0:0: BUG: behind'
says "UIO's cycle with sysfs is let through" "$behind" \
	< <(cycle uio_unregister_device)
kmsg='/^\[.*\] $/d; s/^ {12,}(\S)/[ 12.2] \\x0a\1/'
says "... as /dev/kmsg has it, too" "$behind" \
	< <(cycle uio_unregister_device | sed -E "$kmsg")
says "... but not with a lock of ours in that" \
	"$(whole cycle uio_unregister_device '&udev->cfg_lock' |
	sed -E '/^$/d; s/^ {12,}//')" \
	< <(cycle uio_unregister_device '&udev->cfg_lock' | sed -E "$kmsg")
says "... but not one with a lock of ours in it" \
	"$(whole cycle uio_unregister_device '&udev->cfg_lock')" \
	< <(cycle uio_unregister_device '&udev->cfg_lock')
says "... nor one that is found elsewhere" "$(whole cycle tcmu_uio_open)" \
	< <(cycle tcmu_uio_open)
tpg=drivers/target/target_core_tpg.c:114 mutex='&se_tpg->tpg_lun_mutex'
says "the core's walk over its LUNs is let through" "$behind" \
	< <(walk $tpg "$mutex")
says "... in its other file, too" "$behind" \
	< <(walk drivers/target/target_core_device.c:266 '&acl->lun_entry_mutex')
says "... but not without the mutex" "$(whole walk $tpg '&p->frag_sem')" \
	< <(walk $tpg '&p->frag_sem')
says "... nor below a call of ours" \
	"$(whole walk $tpg "$mutex" 'f+0x1/0x2 [target_core_user]')" \
	< <(walk $tpg "$mutex" 'f+0x1/0x2 [target_core_user]')
ours_too=/x/target_core_user.c:9
says "... nor one in a file of ours" "$(whole walk $ours_too "$mutex")" \
	< <(walk $ours_too "$mutex")
says "... nor another complaint about it" \
	"$(whole walk $tpg "$mutex" | sed 's/RCU-list.*/suspicious rcu_dereference_check() usage!/')" \
	< <(walk $tpg "$mutex" |
	sed 's/RCU-list.*/suspicious rcu_dereference_check() usage!/')
says "what follows UIO's cycle is looked at" \
	"$behind"$'\n'"$(shown "$ours")" \
	< <(cycle uio_unregister_device; report "$ours")
says "a line is nothing, and what is behind it is looked at" 'BUG: here' <<-END
	[    9.2] ==================================================================
	[    9.2] sd 0:0:0:0: Attached SCSI disk
	[    9.2] BUG: here
END
exit $failed
