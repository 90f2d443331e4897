// SPDX-License-Identifier: GPL-2.0-only
/*
 * target_core_user: an ordinary program as a SCSI disk
 *
 * The target core hands a SCSI command to this module; the module puts it into
 * a ring that a program has mapped, wakes the program, and ends the command
 * with what the program answers, or by itself when the program is too slow,
 * lies, or dies.
 *
 * Objects
 * =======
 *
 * struct tcmu_dev is a LUN. The core holds one reference from alloc_device to
 * free_device, and each queue one.
 *
 * struct tcmu_queue is a ring, a data area, and the UIO device by which one
 * program has them. The device holds one reference while it is enabled, and
 * each mapping one: memory that a program can touch outlives the device.
 *
 * struct tcmu_cmd is the slot of a command; its place in a table is the
 * command's id. It has one owner at a time, and its state says whom: the
 * submitter, the ring, whoever ends it, or the program (expired, kept). A slot
 * leaves the ring under done_lock only, so that answer, expiry and reset
 * cannot all end it. Its memory stays until the queue goes, so that an id from
 * the program can be looked up whatever it is.
 *
 * struct tcmu_req is what the program is asked in one slot. In passthrough mode
 * that is the initiator's command as it is; in I/O mode the core's SBC emulation
 * interprets the command and has it done by one or several of them.
 *
 * Life of a device
 * ================
 *
 *	NEW -> CONFIGURED -> LIVE <-> BLOCKED -> DYING -> NEW
 *
 * enable makes it CONFIGURED (queues and UIO devices exist) and, when no program
 * objects, LIVE; else it is NEW again. rmdir makes it DYING, and so does an enable
 * that fails in the core; when its queues are gone, it is NEW, and with rmdir it is
 * freed. Who may still run when a queue is stopped, and why each ends:
 *
 * - submitters: the core removes a device only when no LUN refers to it, and a
 *   LUN goes only when its commands are ended; those that are ended already but
 *   still on their way out of here are waited for (tcmu_queue.submitters);
 * - plugged batches: the core holds the device's directory while one is open;
 * - write(2), open and release of the UIO file: uio_unregister_device() waits
 *   for those that run, and lets none in afterwards;
 * - page faults and mappings: hold a reference to the queue;
 * - the timers: timer_shutdown_sync(); their works: cancel_work_sync();
 * - a held-back event: hrtimer_cancel(), behind all who send events; the UIO
 *   device is kept until then, though programs cannot reach it any more;
 * - reclaim, its work and its shrinker: the queue is taken off its list, under
 *   the list's mutex;
 * - netlink answers: look only at requests, and at the owner of a request's
 *   queue; the one of the device is ended before tcmu_nl_notify() returns;
 * - configfs files: the core releases a device when none of them is open.
 *
 * Lock order
 * ==========
 *
 *	configfs, then	cfg_lock (device) -> nl_lock
 *			cfg_lock -> info_lock, queues_lock, ring_lock
 *			cfg_lock -> done_lock, to show counters
 *			cfg_lock -> register_lock -> info_lock
 *	reclaim:	queues_lock -> done_lock -> ring_lock
 *			queues_lock -> map_sem -> i_mmap_rwsem; the shrinker
 *			only tries the first two
 *	uio:		info_lock -> done_lock, map_sem
 *	submission:	grow_lock -> done_lock -> ring_lock
 *	fault:		mmap_lock -> map_sem
 *	answers:	nl_lock -> map_sem
 *
 * alloc_lock, signal_lock and wait_lock are innermost. Nothing is allocated with
 * waiting, copied or completed under done_lock, ring_lock or one of those. The
 * barrier pairs of the ring are in tcmu/ring.h, that of the waiting list at
 * tcmu_wait_kick().
 */
#include "tcmu/configfs.h"
#include "tcmu/device.h"
#include "tcmu/netlink.h"
#include "tcmu/plug.h"
#include "tcmu/reclaim.h"
#include "tcmu/tcmu.h"
#include "tcmu/tmr.h"
#include "tcmu/uio.h"
#include "tcmu/wait.h"

#include <linux/module.h>
#include <target/target_core_backend.h>

/* The kernel's own copy of the header has no such name: see the Makefile */
static_assert(TCMU_MAX_CMD_ID == U16_MAX);

struct workqueue_struct *tcmu_wq;

static int tcmu_attach_hba(struct se_hba *hba, u32 host_id)
{
	hba->hba_ptr = (void *)(uintptr_t)host_id;
	return 0;
}

static void tcmu_detach_hba(struct se_hba *hba)
{
	hba->hba_ptr = NULL;
}

static struct target_backend_ops tcmu_ops = {
	.name			= "user",
	.owner			= THIS_MODULE,
	.transport_flags_default = TRANSPORT_FLAG_PASSTHROUGH,
	.transport_flags_changeable = TRANSPORT_FLAG_PASSTHROUGH_ALUA |
				      TRANSPORT_FLAG_PASSTHROUGH_PGR,
	.attach_hba		= tcmu_attach_hba,
	.detach_hba		= tcmu_detach_hba,
	.alloc_device		= tcmu_alloc_device,
	.configure_device	= tcmu_configure_device,
	.destroy_device		= tcmu_destroy_device,
	.free_device		= tcmu_free_device,
	.plug_device		= tcmu_plug,
	.unplug_device		= tcmu_unplug,
	.parse_cdb		= tcmu_parse_cdb,
	.tmr_notify		= tcmu_tmr_notify,
	.set_configfs_dev_params = tcmu_control_store,
	.show_configfs_dev_params = tcmu_info_show,
	.get_device_type	= sbc_get_device_type,
	.get_blocks		= tcmu_get_blocks,
};

static int __init tcmu_init(void)
{
	int ret;

	tcmu_wq = alloc_workqueue("tcmu", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!tcmu_wq)
		return -ENOMEM;
	ret = tcmu_reclaim_setup();
	if (ret)
		goto err_wq;
	ret = tcmu_wait_setup();
	if (ret)
		goto err_reclaim;
	ret = tcmu_uio_setup();
	if (ret)
		goto err_wait;
	ret = tcmu_nl_setup();
	if (ret)
		goto err_uio;
	ret = tcmu_configfs_setup(&tcmu_ops);
	if (ret)
		goto err_nl;
	ret = transport_backend_register(&tcmu_ops);
	if (ret)
		goto err_configfs;
	return 0;

err_configfs:
	tcmu_configfs_teardown(&tcmu_ops);
err_nl:
	tcmu_nl_teardown();
err_uio:
	tcmu_uio_teardown();
err_wait:
	tcmu_wait_teardown();
err_reclaim:
	tcmu_reclaim_exit();
err_wq:
	destroy_workqueue(tcmu_wq);
	return ret;
}

static void __exit tcmu_exit(void)
{
	target_backend_unregister(&tcmu_ops);
	tcmu_configfs_teardown(&tcmu_ops);
	tcmu_nl_teardown();
	tcmu_uio_teardown();
	tcmu_wait_teardown();
	tcmu_reclaim_exit();
	destroy_workqueue(tcmu_wq);
	/* the last devices may still be on their way through RCU */
	rcu_barrier();
}

module_init(tcmu_init);
module_exit(tcmu_exit);

MODULE_DESCRIPTION("SCSI target backstores that are served from userspace");
MODULE_AUTHOR("target_core_user maintainers");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
