// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices come, change and go: which are taken, what their creator is told, and
 * what is left to the next program.
 */
#include "rig.h"

#include "sysfs.h"
#include "uio.h"

#include <errno.h>
#include <string.h>

static const struct tcmuser_event rig_event = {
	.name = RIG_NAME, .uio = 7, .dev_id = 1, .write_cache = -1,
};

static int tell(struct tcmuser_event event)
{
	event.name = event.name ? event.name : rig_event.name;
	event.uio = event.uio ? event.uio : rig_event.uio;
	event.dev_id = rig_event.dev_id;
	if (event.has_size || event.config || event.type != TCMUSER_EVENT_RECONFIG)
		event.write_cache = -1;
	return context_event(rig.ctx, &event);
}

static int change_config(const char *to)
{
	return tell((struct tcmuser_event){ .type = TCMUSER_EVENT_RECONFIG,
					    .config = to });
}

static int change_size(u64 to)
{
	return tell((struct tcmuser_event){ .type = TCMUSER_EVENT_RECONFIG,
					    .has_size = true, .dev_size = to });
}

static int change_cache(int on)
{
	return tell((struct tcmuser_event){ .type = TCMUSER_EVENT_RECONFIG,
					    .write_cache = on });
}

/* A device of that name beside the rig's, which is taken or not */
static struct sim *other(u32 uio, const char *name)
{
	return sim_new(uio, name, RIG_RING, RIG_BLOCKS);
}

TEST("devices of the handler's name are taken, and no others")
{
	struct sim *same, *bare, *longer, *none;

	rig_begin(rig_good);
	same = other(8, "tcm-user/0/b/h/other");
	bare = other(9, "tcm-user/0/c/h");
	longer = other(10, "tcm-user/0/d/hh/x");
	none = other(11, "tcm-user/0/e");
	rig_start(0);
	CHECK(rig.sim->taken && same->taken && bare->taken);
	CHECK(!longer->taken && !none->taken);
	CHECK_EQ(rig.nr_opened, 3);
	rig_end();
	CHECK_EQ(rig.nr_closed, 3);
}

static char config[64], name[64];
static u64 size;

static int look_at(struct tcmuser_dev *dev)
{
	strcpy(config, tcmuser_dev_config(dev));
	strcpy(name, tcmuser_dev_name(dev));
	size = tcmuser_dev_size(dev);
	CHECK_EQ(tcmuser_dev_block_size(dev), 512);
	CHECK_EQ(tcmuser_dev_nr_queues(dev), 1);
	CHECK(tcmuser_dev_handler(dev) == &rig.handler);
	return 0;
}

TEST("open sees name, config and size")
{
	rig_begin(rig_good);
	rig.handler.open = look_at;
	rig_start(0);
	CHECK(!strcmp(name, "0/disk"));
	CHECK(!strcmp(config, "conf"));
	CHECK_EQ(size, 1048576);
	rig_end();
}

TEST("a device that exists is blocked, reset and let go again")
{
	rig_begin(rig_good);
	rig_start(0);
	CHECK(sim_file_is(SIM_DISK "/action/block_dev", "0"));
	CHECK(sim_file_is(SIM_DISK "/action/reset_ring", "1"));
	rig_end();
}

TEST("but not if the program says so, nor one that is new")
{
	rig_begin(rig_good);
	rig_start(TCMUSER_NO_RESET);
	CHECK(rig.sim->taken);
	CHECK(!sim_file_is(SIM_DISK "/action/reset_ring", "1"));
	rig_end();

	rig_begin(rig_good);
	rig.sim->taken = true;
	rig_start(0);
	rig.sim->taken = false;
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_ADDED }), 0);
	CHECK(rig.sim->taken);
	CHECK(!sim_file_is(SIM_DISK "/action/reset_ring", "1"));
	rig_end();
}

TEST("a device that another program serves is neither touched nor answered for")
{
	rig_begin(rig_good);
	rig.sim->taken = true;
	rig_start(0);
	CHECK_EQ(rig.nr_opened, 0);
	CHECK(!sim_file_is(SIM_DISK "/action/reset_ring", "1"));
	CHECK(!rig_has_said("cannot"));
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_ADDED }),
		 CONTEXT_NO_ANSWER);
	CHECK_EQ(change_config("h/x"), CONTEXT_NO_ANSWER);
	rig_end();
	CHECK(rig.sim->taken);
}

TEST("why open fails is what the creator is told, and is logged")
{
	rig_begin(rig_good);
	rig.open_result = -ENOENT;
	rig_start(0);
	CHECK(!rig.sim->taken);
	CHECK(rig_has_said("0/disk: cannot be served by 'h': No such file"));
	CHECK(sim_file_is(SIM_DISK "/action/block_dev", "0"));
	rig.open_result = -EACCES;
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_ADDED }),
		 -EACCES);
	rig.open_result = 5;
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_ADDED }), -EIO);
	rig.open_result = -100000;
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_ADDED }), -EIO);
	CHECK_EQ(rig.nr_closed, 0);
	/* what is behind the disk is busy, not the device */
	rig.open_result = -EBUSY;
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_ADDED }), -EBUSY);
	rig.open_result = 0;
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_ADDED }), 0);
	CHECK(rig.sim->taken);
	/* told twice */
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_ADDED }), 0);
	CHECK_EQ(rig.nr_opened, 1);
	rig_end();
}

TEST("a device of somebody else's handler is not answered for, unless asked to")
{
	struct tcmuser_event event = { .type = TCMUSER_EVENT_ADDED, .uio = 8,
				       .name = "tcm-user/0/b/foreign/x" };
	struct sim *sim;

	rig_begin(rig_good);
	sim = other(8, event.name);
	rig_start(0);
	CHECK_EQ(tell(event), CONTEXT_NO_ANSWER);
	event.type = TCMUSER_EVENT_REMOVED;
	CHECK_EQ(tell(event), CONTEXT_NO_ANSWER);
	rig_end();

	rig_begin(rig_good);
	sim = other(8, event.name);
	rig_start(TCMUSER_REFUSES);
	event.type = TCMUSER_EVENT_ADDED;
	CHECK_EQ(tell(event), -ENOENT);
	CHECK(rig_has_said("0/b: no handler for the config 'foreign/x'"));
	event.type = TCMUSER_EVENT_REMOVED;
	CHECK_EQ(tell(event), 0);
	/* who has it answers */
	sim->taken = true;
	CHECK_EQ(tell(event), CONTEXT_NO_ANSWER);
	rig_end();
}

TEST("a device that is removed is closed before that is answered")
{
	rig_begin(rig_good);
	rig_start(0);
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_REMOVED }), 0);
	CHECK_EQ(rig.nr_closed, 1);
	CHECK(!rig.sim->taken);
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_REMOVED }), 0);
	CHECK_EQ(rig.nr_closed, 1);
	rig_end();
}

TEST("a device that vanishes is closed")
{
	rig_begin(rig_good);
	rig_start(0);
	sim_remove(rig.sim);
	SIM_WAIT_FOR(rig_has_said("gone"));
	CHECK_EQ(tcmuser_dispatch(rig.ctx), 0);
	CHECK_EQ(rig.nr_closed, 1);
	rig_end();
}

TEST("a new device in the place of one that has vanished is taken")
{
	struct sim *old;

	rig_begin(rig_good);
	rig_start(0);
	old = rig.sim;
	sim_remove(old);
	/* nobody has dispatched that it is dead */
	old->uio = 99;
	rig.sim = other(7, RIG_NAME);
	CHECK_EQ(tell((struct tcmuser_event){ .type = TCMUSER_EVENT_ADDED }), 0);
	CHECK(rig.sim->taken);
	CHECK(!old->taken);
	CHECK_EQ(rig.nr_closed, 1);
	CHECK_EQ(sim_do(rig.sim, (u8 [6]) { 0 }, 6, NULL, 0, false), 0);
	rig_end();
}

TEST("without the module there is nothing to start")
{
	struct tcmuser *ctx;

	sysfs_root = "/nowhere";
	CHECK_EQ(tcmuser_new(&ctx, TCMUSER_NO_EVENTS), 0);
	CHECK_EQ(tcmuser_start(ctx), -ENODEV);
	tcmuser_free(ctx);
	sysfs_root = "";
}

/* ---- changes ------------------------------------------------------------------------ */

static int change_result;
static u32 nr_changes;

static int on_reconfig(struct tcmuser_dev *dev, const char *new_config)
{
	strcpy(config, new_config);
	nr_changes++;
	return change_result;
}

static int on_resize(struct tcmuser_dev *dev, uint64_t bytes)
{
	size = bytes;
	nr_changes++;
	return change_result;
}

TEST("a new config is the handler's to take")
{
	rig_begin(rig_good);
	rig.handler.reconfig = on_reconfig;
	rig_start(0);
	change_result = 0;
	nr_changes = 0;
	CHECK_EQ(change_config("h/new"), 0);
	CHECK(!strcmp(config, "new"));
	CHECK(!strcmp(tcmuser_dev_config(rig.ctx->devs), "new"));
	CHECK_EQ(change_config("h"), 0);
	CHECK(!strcmp(tcmuser_dev_config(rig.ctx->devs), ""));
	change_result = -EROFS;
	CHECK_EQ(change_config("h/other"), -EROFS);
	CHECK(!strcmp(tcmuser_dev_config(rig.ctx->devs), ""));
	CHECK_EQ(change_config("another/x"), -EINVAL);
	CHECK_EQ(nr_changes, 3);
	rig_end();
}

TEST("without its callback it is refused, unless it is the old one")
{
	rig_begin(rig_good);
	rig_start(0);
	CHECK_EQ(change_config("h/new"), -EOPNOTSUPP);
	CHECK_EQ(change_config("h/conf"), 0);
	rig_end();
}

TEST("a new size is the handler's to take")
{
	rig_begin(rig_good);
	rig.handler.resize = on_resize;
	rig_start(0);
	change_result = 0;
	nr_changes = 0;
	CHECK_EQ(change_size(2 << 20), 0);
	CHECK_EQ(tcmuser_dev_size(rig.ctx->devs), 2 << 20);
	CHECK_EQ(change_size(2 << 20), 0);
	CHECK_EQ(nr_changes, 1);
	change_result = -ENOSPC;
	CHECK_EQ(change_size(4 << 20), -ENOSPC);
	CHECK_EQ(tcmuser_dev_size(rig.ctx->devs), 2 << 20);
	CHECK_EQ(change_size(513), -EINVAL);
	CHECK_EQ(change_size(0), -EINVAL);
	rig_end();
}

TEST("without its callback it is taken")
{
	rig_begin(rig_good);
	rig_start(0);
	CHECK_EQ(change_size(2 << 20), 0);
	CHECK_EQ(tcmuser_dev_size(rig.ctx->devs), 2 << 20);
	rig_end();
}

TEST("the program itself may say a new size")
{
	rig_begin(rig_good);
	rig_start(0);
	CHECK_EQ(tcmuser_dev_set_size(rig.ctx->devs, 100), -EINVAL);
	CHECK_EQ(tcmuser_dev_set_size(rig.ctx->devs, 4096), 0);
	CHECK_EQ(tcmuser_dev_size(rig.ctx->devs), 4096);
	CHECK(sim_file_is(SIM_DISK "/control", "dev_size=4096"));
	rig_end();
}

TEST("the write cache is as the driver says")
{
	rig_begin(rig_good);
	rig.handler.flush = rig_good;
	rig_start(0);
	CHECK_EQ(change_cache(0), 0);
	CHECK_EQ(rig.ctx->devs->disk.write_cache, 0);
	CHECK_EQ(change_cache(1), 0);
	CHECK_EQ(rig.ctx->devs->disk.write_cache, 1);
	rig_end();
}

TEST("features without a callback, or after open, are not set")
{
	rig_begin(rig_good);
	rig_start(0);
	tcmuser_dev_set_features(rig.ctx->devs, TCMUSER_READ_ONLY);
	CHECK(!(tcmuser_dev_features(rig.ctx->devs) & TCMUSER_READ_ONLY));
	CHECK(rig_has_said("program's mistake"));
	rig_end();
}

/* ---- handing over --------------------------------------------------------------------- */

static void *end_program(void *arg)
{
	tcmuser_free(rig.ctx);
	rig.ctx = NULL;
	return arg;
}

TEST("who is stopped waits for what is in work, and leaves the rest in the ring")
{
	struct tcmuser_queue *q;
	pthread_t thread;
	u32 i;

	rig_begin(rig_pend);
	rig_start(0);
	for (i = 0; i < 3; i++)
		CHECK(rig_send(i));
	rig_wait_pending(3);
	q = rig.ctx->devs->queues[0];
	CHECK(!pthread_create(&thread, NULL, end_program, NULL));
	SIM_WAIT_FOR(__atomic_load_n(&q->stop, __ATOMIC_ACQUIRE));
	sim_nap();
	CHECK_EQ(rig.nr_closed, 0);
	CHECK(rig_send(3));
	/* the first is last */
	for (i = 3; i--;) {
		sim_nap();
		CHECK(rig.sim->taken);
		tcmuser_cmd_complete(rig.pending[i], 0);
	}
	pthread_join(thread, NULL);
	CHECK(!rig.sim->taken);
	CHECK_EQ(rig.nr_closed, 1);
	CHECK_EQ(rig.sim->nr_done, 3);
	CHECK(!rig.sim->broken);

	/* another one finds it */
	CHECK_EQ(rig.sim->nr_sent, 4);
	rig.handler.cdb = rig_good;
	rig_start(TCMUSER_NO_RESET);
	CHECK(sim_wait_done(rig.sim, 4));
	rig_end();
}

TEST("a stopped context dispatches no more")
{
	rig_begin(rig_good);
	rig_start(0);
	CHECK_EQ(tcmuser_dispatch(rig.ctx), 0);
	tcmuser_stop(rig.ctx);
	CHECK_EQ(tcmuser_dispatch(rig.ctx), -ECANCELED);
	CHECK_EQ(tcmuser_run(rig.ctx), 0);
	rig_end();
}

static void no_tmr(struct tcmuser_dev *dev, int type,
		   struct tcmuser_cmd *const *cmds, size_t nr)
{
}

TEST("task management is as it was, when the program has gone")
{
	rig_begin(rig_good);
	rig.handler.tmr = no_tmr;
	rig_start(0);
	CHECK(sim_file_is(SIM_DISK "/attrib/tmr_notification", "1\n"));
	tcmuser_free(rig.ctx);
	rig.ctx = NULL;
	CHECK(sim_file_is(SIM_DISK "/attrib/tmr_notification", "0\n"));
	sim_end();
}

/* ---- several queues ---------------------------------------------------------------------- */

static unsigned int nr_queues;

static int count_queues(struct tcmuser_dev *dev)
{
	nr_queues = tcmuser_dev_nr_queues(dev);
	return 0;
}

static int by_queue(struct tcmuser_cmd *cmd)
{
	return tcmuser_cmd_status(cmd, tcmuser_cmd_queue(cmd) * 4);
}

TEST("all queues of a device are served, each by itself")
{
	static const u8 cdb[6];
	struct sim *first, *second, *foreign, *gap;

	rig_begin(by_queue);
	rig.handler.open = count_queues;
	second = other(3, "tcmu-queue/0/disk/2");
	first = other(12, "tcmu-queue/0/disk/1");
	foreign = other(13, "tcmu-queue/0/disc/3");
	gap = other(14, "tcmu-queue/0/disk/4");
	rig_start(0);
	CHECK_EQ(nr_queues, 3);
	CHECK(first->taken && second->taken && !foreign->taken && !gap->taken);
	CHECK_EQ(sim_do(rig.sim, cdb, 6, NULL, 0, false), 0);
	CHECK_EQ(sim_do(first, cdb, 6, NULL, 0, false), 4);
	CHECK_EQ(sim_do(second, cdb, 6, NULL, 0, false), 8);
	rig_end();
	CHECK(!rig.sim->taken && !first->taken && !second->taken);
}

TEST("a device of which one queue is another program's is not taken")
{
	struct sim *first;

	rig_begin(rig_good);
	first = other(12, "tcmu-queue/0/disk/1");
	first->taken = true;
	rig_start(0);
	CHECK(!rig.sim->taken);
	CHECK(rig_has_said("cannot be served"));
	first->taken = false;
	rig_end();
}
