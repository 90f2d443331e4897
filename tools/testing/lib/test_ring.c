// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reaches a callback, and what its answer looks like in the ring.
 */
#include "rig.h"

#include <errno.h>
#include <string.h>

static struct {
	u8 cdb[260];
	size_t cdb_len;
	size_t data_len;
	int cnt;
} seen;

static int look(struct tcmuser_cmd *cmd)
{
	const u8 *cdb = tcmuser_cmd_cdb(cmd, &seen.cdb_len);

	memcpy(seen.cdb, cdb, seen.cdb_len);
	tcmuser_cmd_iov(cmd, &seen.cnt, &seen.data_len);
	return 0;
}

static void check_cdb_len(u8 opcode, u32 len)
{
	u8 cdb[32] = { opcode, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 };

	CHECK_EQ(sim_do(rig.sim, cdb, len, NULL, 0, false), 0);
	CHECK_EQ(seen.cdb_len, len);
	CHECK(!memcmp(seen.cdb, cdb, len));
}

TEST("a callback gets the CDB, as long as its group says")
{
	rig_begin(look);
	rig_start(0);
	check_cdb_len(0x12, 6);
	check_cdb_len(0x28, 10);
	check_cdb_len(0x5a, 10);
	check_cdb_len(0xa8, 12);
	check_cdb_len(0x88, 16);
	check_cdb_len(0xc1, 10);
	rig_end();
}

TEST("a CDB of variable length is as long as it says, up to 260 bytes")
{
	u8 cdb[260] = { 0x7f, [7] = 24 };

	rig_begin(look);
	rig_start(0);
	CHECK_EQ(sim_do(rig.sim, cdb, 32, NULL, 0, false), 0);
	CHECK_EQ(seen.cdb_len, 32);
	cdb[7] = 252;
	cdb[259] = 0xee;
	CHECK_EQ(sim_do(rig.sim, cdb, 260, NULL, 0, false), 0);
	CHECK_EQ(seen.cdb_len, 260);
	CHECK_EQ(seen.cdb[259], 0xee);
	rig_end();
}

static int fill(struct tcmuser_cmd *cmd)
{
	const struct iovec *iov;
	size_t len;
	int cnt;

	iov = tcmuser_cmd_iov(cmd, &cnt, &len);
	for (; cnt; cnt--, iov++)
		memset(iov->iov_base, 0xa5, iov->iov_len);
	return 0;
}

TEST("what a callback puts into the buffer is what was read")
{
	static const u8 cdb[6] = { 0x08 };
	u8 data[3 * SIM_BLOCK + 5];
	u32 i;

	rig_begin(fill);
	rig_start(0);
	memset(data, 0, sizeof(data));
	CHECK_EQ(sim_do(rig.sim, cdb, 6, data, sizeof(data), true), 0);
	for (i = 0; i < sizeof(data); i++)
		CHECK_EQ(data[i], 0xa5);
	rig_end();
}

static u8 got[3 * SIM_BLOCK + 5];

static int gather(struct tcmuser_cmd *cmd)
{
	const struct iovec *iov;
	size_t len;
	int cnt;

	iov = tcmuser_cmd_iov(cmd, &cnt, &len);
	seen.cnt = cnt;
	return tcmuser_iov_get(iov, cnt, 0, got, sizeof(got)) == len ? 0 : -EIO;
}

TEST("a buffer in many pieces is gathered whole")
{
	static const u8 cdb[6] = { 0x0a };
	struct tcmu_run runs[SIM_RUNS], *run;
	u8 data[sizeof(got)];
	u32 i;

	rig_begin(gather);
	/* take every other block */
	CHECK_EQ(tcmu_area_alloc(&rig.sim->blocks, 16, runs, SIM_RUNS), 1);
	for (i = 1; i < 16; i += 2) {
		run = &(struct tcmu_run){ i, 1 };
		tcmu_area_free(&rig.sim->blocks, run, 1);
	}
	rig_start(0);
	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 7;
	CHECK_EQ(sim_do(rig.sim, cdb, 6, data, sizeof(data), false), 0);
	CHECK_EQ(seen.cnt, 4);
	CHECK(!memcmp(data, got, sizeof(data)));
	rig_end();
}

static int sense(struct tcmuser_cmd *cmd)
{
	return tcmuser_cmd_sense(cmd, 3, 0x1100);
}

TEST("sense data goes out with CHECK CONDITION, and nothing behind it")
{
	static const u8 cdb[6] = { 0x08 };
	u8 *got_sense, data[5 * SIM_BLOCK];
	u32 i;

	rig_begin(sense);
	rig_start(0);
	CHECK_EQ(sim_do(rig.sim, cdb, 6, data, sizeof(data), false), 2);
	got_sense = rig.sim->cmds[1].sense;
	CHECK_EQ(got_sense[0] & 0x7f, 0x70);
	CHECK_EQ(got_sense[2] & 0xf, 3);
	CHECK_EQ(got_sense[12], 0x11);
	for (i = 18; i < TCMU_SENSE_BUFFERSIZE; i++)
		CHECK_EQ(got_sense[i], 0);
	rig_end();
}

static int busy(struct tcmuser_cmd *cmd)
{
	return tcmuser_cmd_status(cmd, 8);
}

TEST("another status goes out as it is")
{
	rig_begin(busy);
	rig_start(0);
	CHECK_EQ(sim_do(rig.sim, (u8 [6]) { 0 }, 6, NULL, 0, false), 8);
	CHECK_EQ(rig.sim->cmds[1].answer.uflags, 0);
	rig_end();
}

static size_t short_len;

static int read_short(struct tcmuser_cmd *cmd)
{
	fill(cmd);
	tcmuser_cmd_set_read_len(cmd, short_len);
	return 0;
}

static void check_short(u8 uflags, u32 zero_from)
{
	static const u8 cdb[6] = { 0x08 };
	u8 data[1000];
	u32 i;

	CHECK_EQ(sim_do(rig.sim, cdb, 6, data, sizeof(data), true), 0);
	CHECK_EQ(rig.sim->cmds[1].answer.uflags, uflags);
	if (uflags)
		CHECK_EQ(rig.sim->cmds[1].answer.read_len, short_len);
	for (i = 0; i < sizeof(data); i++)
		CHECK_EQ(data[i], i < zero_from ? 0xa5 : 0);
}

TEST("a short read says its length")
{
	rig_begin(read_short);
	rig_start(0);
	short_len = 36;
	check_short(TCMU_UFLAG_READ_LEN, 1000);
	rig_end();
}

TEST("where a length would say nothing, what was not read is zeroes")
{
	rig_begin(read_short);
	rig_start(0);
	short_len = 0;
	check_short(0, 0);
	rig_end();

	rig_begin(read_short);
	rig.sim->ring.mbox->flags &= ~TCMU_MAILBOX_FLAG_CAP_READ_LEN;
	rig_start(0);
	short_len = 36;
	check_short(0, 36);
	rig_end();
}

TEST("what was sent before anybody looked is served first")
{
	u32 i;

	rig_begin(rig_good);
	for (i = 0; i < 10; i++)
		CHECK_EQ(rig_send(i), i + 1);
	rig_start(TCMUSER_NO_RESET);
	CHECK(sim_wait_done(rig.sim, 10));
	rig_end();
}

TEST("many commands wrap round the ring, padding and all")
{
	static const u8 opcodes[] = { 0x00, 0x28, 0x88 };
	u8 cdb[16] = { 0 };
	u32 i;

	rig_begin(rig_good);
	rig_start(0);
	for (i = 0; i < 2000; i++) {
		cdb[0] = opcodes[i % 3];
		CHECK_EQ(sim_do(rig.sim, cdb, 6 + i % 3 * 5, NULL, i % 5000,
				false), 0);
	}
	CHECK(!rig.sim->broken);
	CHECK_EQ(rig.sim->nr_done, 2000);
	rig_end();
}

TEST("one write(2) tells of many answers")
{
	u32 i;

	rig_begin(rig_good);
	for (i = 0; i < 20; i++)
		CHECK(rig_send(i));
	rig_start(TCMUSER_NO_RESET);
	CHECK(sim_wait_done(rig.sim, 20));
	/* unless this machine is so slow that they could not wait so long */
	unit_note("20 answers, %u writes", rig.sim->nr_kicks);
	CHECK(rig.sim->nr_kicks < 20);
	rig_end();
}

static u32 nr_done_before_second;

/* The first takes its time, the second until somebody has heard of the first */
static int block(struct tcmuser_cmd *cmd)
{
	u32 i;

	if (tcmuser_cmd_cdb(cmd, NULL)[1] == 0) {
		sim_nap();
		return 0;
	}
	for (i = 0; i < 1000 && !sim_nr_done(rig.sim); i++)
		sim_nap();
	nr_done_before_second = sim_nr_done(rig.sim);
	return 0;
}

TEST("an answer does not wait for the command behind it, if the handler blocks")
{
	rig_begin(block);
	CHECK(rig_send(0));
	CHECK(rig_send(1));
	rig_start(TCMUSER_NO_RESET);
	CHECK(sim_wait_done(rig.sim, 2));
	CHECK_EQ(nr_done_before_second, 1);
	rig_end();
}

TEST("the program is awake while it works, and asleep when it does not")
{
	struct tcmu_mailbox *mbox;

	rig_begin(rig_pend);
	mbox = rig.sim->ring.mbox;
	rig_start(0);
	SIM_WAIT_FOR(!READ_ONCE(mbox->awake));
	CHECK(rig_send(0));
	CHECK_EQ(rig.sim->nr_events, 1);
	rig_wait_pending(1);
	SIM_WAIT_FOR(!READ_ONCE(mbox->awake));
	tcmuser_cmd_complete(rig.pending[0], 0);
	rig_end();
	CHECK_EQ(mbox->awake, 0);
}

static int open_napper(struct tcmuser_dev *dev)
{
	tcmuser_dev_set_features(dev, TCMUSER_NAPS);
	return 0;
}

TEST("one that naps answers all, however few or many there are, and sleeps at the end")
{
	const u32 nr = 4000;
	u32 i;

	rig_begin(rig_good);
	rig.handler.open = open_napper;
	rig_start(0);
	for (i = 0; i < nr; i++) {
		/* some bursts, for naps, and some one by one */
		while (!rig_send(i))
			sim_wait_done(rig.sim, i);
		if (i & 512)
			CHECK(sim_wait_done(rig.sim, i + 1));
	}
	CHECK(sim_wait_done(rig.sim, nr));
	SIM_WAIT_FOR(!READ_ONCE(rig.sim->ring.mbox->awake));
	CHECK(!rig.sim->broken);
	rig_end();
	CHECK_EQ(rig.sim->ring.mbox->awake, 0);
}

static int open_filler(struct tcmuser_dev *dev)
{
	tcmuser_dev_set_features(dev, TCMUSER_FILLS);
	return 0;
}

static int leave(struct tcmuser_cmd *cmd)
{
	return TCMUSER_NOT_HANDLED;
}

TEST("the kernel is told of a disk that fills, while it is served")
{
	struct tcmu_mailbox *mbox;

	rig_begin(rig_good);
	mbox = rig.sim->ring.mbox;
	rig.handler.open = open_filler;
	rig_start(0);
	CHECK(rig_send(0));
	CHECK(sim_wait_done(rig.sim, 1));
	CHECK_EQ(READ_ONCE(mbox->fills), TCMU_FILLS);
	rig_end();
	CHECK_EQ(mbox->fills, 0);
}

TEST("it is told nothing where it would not listen, or of another disk")
{
	rig_begin(rig_good);
	rig.handler.open = open_filler;
	rig.sim->ring.mbox->flags &= ~TCMU_MAILBOX_FLAG_CAP_FILLS;
	rig_start(0);
	CHECK(rig_send(0));
	CHECK(sim_wait_done(rig.sim, 1));
	CHECK_EQ(READ_ONCE(rig.sim->ring.mbox->fills), 0);
	rig_end();

	rig_begin(rig_good);
	rig_start(0);
	CHECK(rig_send(0));
	CHECK(sim_wait_done(rig.sim, 1));
	CHECK_EQ(READ_ONCE(rig.sim->ring.mbox->fills), 0);
	rig_end();
}

/* What the library answers itself, and has no data for */
TEST("a buffer that nobody looks at is zeroed, or it would show what was before")
{
	static const u8 tur[6] = { 0 };
	u8 data[1000];
	u32 i;

	rig_begin(leave);
	rig.handler.open = open_filler;
	rig_start(0);
	memset(data, 0xa5, sizeof(data));
	sim_do(rig.sim, (u8 [10]) { 0x2a }, 10, data, sizeof(data), false);
	CHECK_EQ(sim_do(rig.sim, tur, 6, data, sizeof(data), true), 0);
	for (i = 0; i < sizeof(data); i++)
		CHECK_EQ(data[i], 0);
	rig_end();
}

static void keep_fill(void *entry, void *arg)
{
	memset((char *)entry + 8, 0xee, *(u32 *)arg - 8);
}

TEST("an opcode that is not known is stepped over by its length")
{
	u32 len;

	rig_begin(rig_good);
	rig_start(0);
	for (len = 32; len < 200; len += 8) {
		sim_put(rig.sim, len, 3 + len / 8 % 5, keep_fill, &len);
		CHECK_EQ(sim_do(rig.sim, (u8 [6]) { 0 }, 6, NULL, 0, false), 0);
	}
	CHECK(!rig.sim->broken);
	rig_end();
}

TEST("entries that want no answer are given back without a command")
{
	u32 i, len = 512;

	rig_begin(rig_good);
	rig_start(0);
	for (i = 0; i < 100; i++) {
		SIM_WAIT_FOR(rig.sim->ring.mbox->cmd_tail ==
			     rig.sim->ring.mbox->cmd_head);
		sim_put(rig.sim, len, 7, NULL, NULL);
	}
	CHECK(!rig.sim->broken);
	CHECK_EQ(sim_do(rig.sim, (u8 [6]) { 0 }, 6, NULL, 0, false), 0);
	rig_end();
}
