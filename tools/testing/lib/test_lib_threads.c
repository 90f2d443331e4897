// SPDX-License-Identifier: GPL-2.0-only
/*
 * Callbacks and completions in many threads at once: what ThreadSanitizer makes of
 * the library's locks, and of its end of the ring.
 */
#include "rig.h"

#include <errno.h>
#include <sched.h>
#include <string.h>

#define NR_CMDS 30000U

/* ---- what the kernel expects --------------------------------------------------------- */

static u32 wrong;		/* of the kernel's end: its lock */

/* A command's number is in its CDB and its data; its answer has to be the same */
static u8 status_of(u32 nr)
{
	return nr % 60 * 4 + 12;
}

static void on_done(struct sim *sim, struct sim_cmd *cmd, u16 id)
{
	u32 nr;

	memcpy(&nr, cmd->cdb + 2, sizeof(nr));
	if (cmd->answer.status != status_of(nr) || cmd != &sim->cmds[id])
		wrong++;
}

static void *send_all(void *arg)
{
	u8 cdb[10] = { 0x28 };
	u32 nr;

	for (nr = 0; nr < NR_CMDS && !sim_is_broken(rig.sim); nr++) {
		memcpy(cdb + 2, &nr, sizeof(nr));
		while (!sim_send(rig.sim, cdb, 10, &nr, nr % 2 ? 4 : 0) &&
		       !sim_is_broken(rig.sim))
			sched_yield();
		/* now and then let it fall asleep */
		if (nr % 128 == 0)
			sim_nap();
	}
	return arg;
}

/* The answer, and what is wrong with the command */
static int answer_to(struct tcmuser_cmd *cmd)
{
	const struct iovec *iov;
	u32 nr, data;
	size_t len;
	int cnt;

	memcpy(&nr, tcmuser_cmd_cdb(cmd, NULL) + 2, sizeof(nr));
	iov = tcmuser_cmd_iov(cmd, &cnt, &len);
	if (len != (nr % 2 ? 4 : 0))
		return tcmuser_cmd_status(cmd, 4);
	if (len && (tcmuser_iov_get(iov, cnt, 0, &data, 4) != 4 || data != nr))
		return tcmuser_cmd_status(cmd, 8);
	return tcmuser_cmd_status(cmd, status_of(nr));
}

/* Ten seconds for each part, so that the time limit is for hangs alone */
static void wait_all(void)
{
	u32 nr;

	while ((nr = sim_nr_done(rig.sim)) < NR_CMDS)
		if (!sim_wait_done(rig.sim, nr + 1))
			unit_fail(__FILE__, __LINE__,
				  "%u of %u commands are answered, then none", nr,
				  NR_CMDS);
}

static void check_all(void)
{
	CHECK(!rig.sim->broken);
	CHECK_EQ(rig.sim->nr_done, NR_CMDS);
	CHECK_EQ(wrong, 0);
	unit_note("%u commands, %u events, %u writes", NR_CMDS,
		  rig.sim->nr_events, rig.sim->nr_kicks);
}

static void run_all(void)
{
	pthread_t sender;

	wrong = 0;
	rig.sim->on_done = on_done;
	CHECK(!pthread_create(&sender, NULL, send_all, NULL));
	wait_all();
	pthread_join(sender, NULL);
	/* its thread may still be telling the kernel of nothing */
	rig_end();
	check_all();
}

TEST("a handler that answers at once: no command is slept through")
{
	rig_begin(answer_to);
	rig_start(0);
	run_all();
}

TEST("the same on a driver that sends an event for each command")
{
	rig_begin(answer_to);
	rig.sim->ring.mbox->flags &= ~TCMU_MAILBOX_FLAG_CAP_AWAKE;
	rig.sim->deaf = true;
	rig_start(0);
	run_all();
	CHECK(rig.sim->nr_events > NR_CMDS / 2);
}

TEST("the callbacks of a handler with threads run side by side")
{
	rig_begin(answer_to);
	rig.handler.threads = 4;
	rig_start(0);
	run_all();
}

/* ---- completions from other threads ------------------------------------------------- */

#define NR_COMPLETERS 3

static struct {
	pthread_mutex_t lock;
	struct tcmuser_cmd *cmds[SIM_IDS];
	u32 nr;
	bool end;
	u64 seed;
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int into_pool(struct tcmuser_cmd *cmd)
{
	pthread_mutex_lock(&pool.lock);
	pool.cmds[pool.nr++] = cmd;
	pthread_mutex_unlock(&pool.lock);
	return TCMUSER_PENDING;
}

/* Any of those that are there */
static struct tcmuser_cmd *out_of_pool(bool *end)
{
	struct tcmuser_cmd *cmd = NULL;
	u32 i;

	pthread_mutex_lock(&pool.lock);
	*end = pool.end && !pool.nr;
	if (pool.nr) {
		i = unit_random(&pool.seed) % pool.nr;
		cmd = pool.cmds[i];
		pool.cmds[i] = pool.cmds[--pool.nr];
	}
	pthread_mutex_unlock(&pool.lock);
	return cmd;
}

static void *complete_all(void *arg)
{
	struct tcmuser_cmd *cmd;
	bool end = false;

	while (!end) {
		cmd = out_of_pool(&end);
		if (cmd)
			tcmuser_cmd_complete(cmd, answer_to(cmd));
		else
			sched_yield();
	}
	return arg;
}

static pthread_t completers[NR_COMPLETERS];

static void start_completers(void)
{
	u32 i;

	pool.end = false;
	pool.seed = 99;
	for (i = 0; i < NR_COMPLETERS; i++)
		CHECK(!pthread_create(&completers[i], NULL, complete_all, NULL));
}

static void end_completers(void)
{
	u32 i;

	pthread_mutex_lock(&pool.lock);
	pool.end = true;
	pthread_mutex_unlock(&pool.lock);
	for (i = 0; i < NR_COMPLETERS; i++)
		pthread_join(completers[i], NULL);
}

TEST("commands are completed by several threads, in any order")
{
	rig_begin(into_pool);
	rig_start(0);
	start_completers();
	run_all();
	end_completers();
}

TEST("the same in ring order")
{
	rig_begin(into_pool);
	rig.sim->ring.mbox->flags &= ~TCMU_MAILBOX_FLAG_CAP_OOOC;
	rig_start(0);
	start_completers();
	run_all();
	end_completers();
}

static int into_pool_or_not(struct tcmuser_cmd *cmd)
{
	u32 nr;

	memcpy(&nr, tcmuser_cmd_cdb(cmd, NULL) + 2, sizeof(nr));
	return nr % 3 ? into_pool(cmd) : answer_to(cmd);
}

TEST("some at once, some later, by workers and others")
{
	rig_begin(into_pool_or_not);
	rig.handler.threads = 2;
	rig_start(0);
	start_completers();
	run_all();
	end_completers();
}

/* ---- coming and going ------------------------------------------------------------------ */

TEST("programs that come and go under load lose nothing and answer nothing twice")
{
	pthread_t sender;
	u32 i;

	rig_begin(into_pool_or_not);
	rig.sim->on_done = on_done;
	wrong = 0;
	start_completers();
	CHECK(!pthread_create(&sender, NULL, send_all, NULL));
	for (i = 0; i < 50; i++) {
		rig.handler.threads = i % 3;
		rig_start(TCMUSER_NO_RESET);
		sim_wait_done(rig.sim, NR_CMDS / 50 * i);
		tcmuser_free(rig.ctx);
	}
	rig_start(TCMUSER_NO_RESET);
	wait_all();
	pthread_join(sender, NULL);
	rig_end();
	end_completers();
	check_all();
}

static u32 nr_tmr_cmds;

static void on_tmr(struct tcmuser_dev *dev, int type,
		   struct tcmuser_cmd *const *cmds, size_t nr)
{
	u32 number;

	/* they may be ended meanwhile, but are there */
	while (nr--) {
		memcpy(&number, tcmuser_cmd_cdb(cmds[nr], NULL) + 2,
		       sizeof(number));
		nr_tmr_cmds += number < NR_CMDS;
		sched_yield();
	}
}

static void *send_tmrs(void *arg)
{
	u16 ids[20];
	u32 i;

	for (i = 0; i < ARRAY_SIZE(ids); i++)
		ids[i] = i + 1;
	for (i = 0; i < 300; i++) {
		sim_tmr(rig.sim, TCMU_TMR_LUN_RESET, ids, ARRAY_SIZE(ids));
		sim_nap();
	}
	return arg;
}

TEST("commands are ended by other threads while a task management callback looks")
{
	pthread_t thread;

	rig_begin(into_pool);
	rig.handler.tmr = on_tmr;
	rig_start(0);
	start_completers();
	CHECK(!pthread_create(&thread, NULL, send_tmrs, NULL));
	run_all();
	pthread_join(thread, NULL);
	end_completers();
	unit_note("%u commands were shown to callbacks", nr_tmr_cmds);
}
