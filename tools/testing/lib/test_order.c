// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers in any order, and task management: what is in work is known by its id.
 */
#include "rig.h"

#include <string.h>

/* The n-th of @nr commands to be answered, in an order that is no order */
static u32 shuffled(u32 n, u32 nr)
{
	return n * 7 % nr;
}

static void answer_shuffled(u32 nr)
{
	struct tcmuser_cmd *cmd;
	u32 i, n;
	u16 id;

	for (i = 0; i < nr; i++) {
		n = shuffled(i, nr);
		cmd = rig.pending[n];
		id = cmd->id;
		CHECK_EQ(tcmuser_cmd_cdb(cmd, NULL)[1], n);
		tcmuser_cmd_status(cmd, n * 4);
		tcmuser_cmd_complete(cmd, TCMUSER_SENSE);
		/* only the right command was answered, and by its own status */
		CHECK_EQ(rig.sim->cmds[id].nr_answers, 1);
		CHECK_EQ(rig.sim->cmds[id].answer.status, n * 4);
	}
}

TEST("answers in any order go to their commands, at once")
{
	u32 i;

	rig_begin(rig_pend);
	rig_start(0);
	for (i = 0; i < 10; i++)
		CHECK(rig_send(i));
	rig_wait_pending(10);
	answer_shuffled(10);
	CHECK(!rig.sim->broken);
	CHECK_EQ(rig.sim->nr_done, 10);
	rig_end();
}

TEST("an answer overwrites no request that was not fetched")
{
	u32 i, round;

	rig_begin(rig_pend);
	rig_start(0);
	for (round = 0; round < 50; round++) {
		for (i = 0; i < 10; i++)
			CHECK(rig_send(round + i));
		rig_wait_pending(10);
		for (i = 10; i--;) {
			CHECK_EQ(rig.pending[i]->cdb[1], round + i);
			tcmuser_cmd_complete(rig.pending[i], 0);
			rig.nr_pending = 0;
		}
	}
	CHECK(!rig.sim->broken);
	CHECK_EQ(rig.sim->nr_done, 500);
	rig_end();
}

TEST("a driver that wants answers in ring order gets them so")
{
	u32 i, first = 0;

	rig_begin(rig_pend);
	rig.sim->ring.mbox->flags &= ~TCMU_MAILBOX_FLAG_CAP_OOOC;
	rig_start(0);
	for (i = 0; i < 10; i++)
		CHECK(rig_send(i));
	rig_wait_pending(10);
	/* 0 is last */
	for (i = 9; i; i--) {
		tcmuser_cmd_complete(rig.pending[i], 0);
		CHECK_EQ(rig.sim->nr_done, first);
	}
	tcmuser_cmd_complete(rig.pending[0], 0);
	CHECK(!rig.sim->broken);
	CHECK_EQ(rig.sim->nr_done, 10);
	rig_end();
}

static void reset_and_send(void)
{
	sim_reset(rig.sim);
	rig.sim->ring.mbox->flags &= rig.sim->data ? ~0 :
				     ~TCMU_MAILBOX_FLAG_CAP_OOOC;
	CHECK(rig_send(100));
	rig_wait_pending(11);
}

static void check_reset(void)
{
	u32 i;

	for (i = 0; i < 10; i++)
		CHECK(rig_send(i));
	rig_wait_pending(10);
	tcmuser_cmd_complete(rig.pending[3], 0);
	reset_and_send();
	/* late answers, of commands that are no more */
	for (i = 0; i < 10; i++)
		if (i != 3)
			tcmuser_cmd_complete(rig.pending[i], 0);
	CHECK(!rig.sim->broken);
	tcmuser_cmd_complete(rig.pending[10], 0);
	CHECK(!rig.sim->broken);
	SIM_WAIT_FOR(rig_has_said("reset"));
	/* it goes on */
	CHECK(rig_send(101));
	rig_wait_pending(12);
	tcmuser_cmd_complete(rig.pending[11], 0);
	CHECK(!rig.sim->broken);
	CHECK_EQ(rig.sim->cmds[1].live, false);
}

TEST("a ring that is reset while commands are in work is begun anew")
{
	char mark;

	rig_begin(rig_pend);
	rig.sim->data = &mark;
	rig_start(0);
	check_reset();
	rig_end();
}

TEST("the same with answers in ring order")
{
	rig_begin(rig_pend);
	rig.sim->ring.mbox->flags &= ~TCMU_MAILBOX_FLAG_CAP_OOOC;
	rig_start(0);
	check_reset();
	rig_end();
}

TEST("a reset before anything was answered is seen, too")
{
	rig_begin(rig_pend);
	rig_start(0);
	CHECK(rig_send(1));
	CHECK(rig_send(2));
	rig_wait_pending(2);
	sim_reset(rig.sim);
	CHECK(rig_send(3));
	rig_wait_pending(3);
	CHECK_EQ(rig.pending[2]->cdb[1], 3);
	tcmuser_cmd_complete(rig.pending[0], 0);
	tcmuser_cmd_complete(rig.pending[1], 0);
	CHECK(rig.sim->cmds[1].live);
	tcmuser_cmd_complete(rig.pending[2], 0);
	CHECK(!rig.sim->cmds[1].live);
	CHECK(!rig.sim->broken);
	rig_end();
}

/* ---- task management ------------------------------------------------------------- */

static struct {
	u32 nr;			/* atomic */
	int type;
	size_t cnt;
	u8 bytes[16];
	bool complete;
} tmr;

static void on_tmr(struct tcmuser_dev *dev, int type,
		   struct tcmuser_cmd *const *cmds, size_t nr)
{
	size_t i;

	tmr.type = type;
	tmr.cnt = nr;
	for (i = 0; i < nr; i++) {
		if (tmr.complete)
			tcmuser_cmd_complete(cmds[i], 0);
		/* valid until this returns, ended or not */
		tmr.bytes[i] = tcmuser_cmd_cdb(cmds[i], NULL)[1];
	}
	__atomic_fetch_add(&tmr.nr, 1, __ATOMIC_RELEASE);
}

static void tmr_begin(void)
{
	memset(&tmr, 0, sizeof(tmr));
	rig_begin(rig_pend);
	rig.handler.tmr = on_tmr;
	rig_start(0);
}

static void wait_tmr(u32 nr)
{
	SIM_WAIT_FOR(__atomic_load_n(&tmr.nr, __ATOMIC_ACQUIRE) == nr);
}

TEST("a handler with a tmr callback is told of task management")
{
	static const u16 none[1];

	tmr_begin();
	CHECK(sim_file_is(SIM_DISK "/attrib/tmr_notification", "1\n"));
	sim_tmr(rig.sim, TCMU_TMR_LUN_RESET, none, 0);
	wait_tmr(1);
	CHECK_EQ(tmr.type, TCMU_TMR_LUN_RESET);
	CHECK_EQ(tmr.cnt, 0);
	rig_end();
	CHECK(!rig.sim->broken);
}

TEST("and of those of the aborted commands that are in work")
{
	u16 ids[5] = { 2, 200, 4, 2, 0 };
	u32 i;

	tmr_begin();
	for (i = 0; i < 4; i++)
		CHECK(rig_send(10 + i));
	rig_wait_pending(4);
	tcmuser_cmd_complete(rig.pending[3], 0);
	sim_tmr(rig.sim, TCMU_TMR_ABORT_TASK, ids, 5);
	wait_tmr(1);
	CHECK_EQ(tmr.type, TCMU_TMR_ABORT_TASK);
	CHECK_EQ(tmr.cnt, 1);
	CHECK_EQ(tmr.bytes[0], 11);
	for (i = 0; i < 3; i++)
		tcmuser_cmd_complete(rig.pending[i], 0);
	CHECK_EQ(rig.sim->nr_done, 4);
	rig_end();
}

TEST("which stay valid while the callback ends them")
{
	u16 ids[3] = { 1, 2, 3 };
	u32 i;

	tmr_begin();
	tmr.complete = true;
	for (i = 0; i < 3; i++)
		CHECK(rig_send(10 + i));
	rig_wait_pending(3);
	sim_tmr(rig.sim, TCMU_TMR_ABORT_TASK_SET, ids, 3);
	wait_tmr(1);
	CHECK_EQ(tmr.cnt, 3);
	for (i = 0; i < 3; i++)
		CHECK_EQ(tmr.bytes[i], 10 + i);
	CHECK(sim_wait_done(rig.sim, 3));
	/* and are used again */
	CHECK(rig_send(20));
	rig_wait_pending(4);
	tcmuser_cmd_complete(rig.pending[3], 0);
	CHECK(!rig.sim->broken);
	rig_end();
}

TEST("a handler without one is not, and gets over such an entry")
{
	rig_begin(rig_good);
	rig_start(0);
	CHECK(sim_file_is(SIM_DISK "/attrib/tmr_notification", "0\n"));
	sim_tmr(rig.sim, TCMU_TMR_LUN_RESET, (u16 []) { 1, 2 }, 2);
	CHECK_EQ(sim_do(rig.sim, (u8 [6]) { 0 }, 6, NULL, 0, false), 0);
	CHECK(!rig.sim->broken);
	rig_end();
}
