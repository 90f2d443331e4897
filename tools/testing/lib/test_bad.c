// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring that makes no sense costs its device, and nothing else: the library says
 * why, and closes it.
 */
#include "rig.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct lie {
	u32 off;		/* in the entry */
	u64 value;
	u32 size;
};

static void tell_lie(void *entry, void *arg)
{
	const struct lie *lie = arg;
	struct tcmu_cmd_entry *cmd = entry;

	cmd->hdr.cmd_id = 9;
	cmd->req.cdb_off = (char *)entry + 112 - rig.sim->map;
	memcpy((char *)entry + lie->off, &lie->value, lie->size);
}

static void check_given_up(const char *why)
{
	SIM_WAIT_FOR(rig_has_said("cannot be served any more"));
	if (!rig_has_said(why))
		unit_fail(__FILE__, __LINE__, "it says: %s", rig.said);
	CHECK_EQ(tcmuser_dispatch(rig.ctx), 0);
	CHECK_EQ(rig.nr_closed, 1);
	CHECK(!rig.sim->taken);
	CHECK_EQ(rig.nr_pending, 0);
}

/* One entry of 128 bytes that lies */
static void check_lie(u32 op, struct lie lie, const char *why)
{
	rig_begin(rig_pend);
	rig_start(0);
	sim_put(rig.sim, 128, op, tell_lie, &lie);
	check_given_up(why);
	rig_end();
}

TEST("an entry without length stops the device")
{
	check_lie(TCMU_OP_CMD, (struct lie){ 0, TCMU_OP_CMD, 4 },
		  "an entry has no length");
	check_lie(7, (struct lie){ 0, 7, 4 }, "an entry has no length");
	check_lie(TCMU_OP_PAD, (struct lie){ 0, 0, 4 }, "an entry has no length");
}

TEST("an entry past the head or the end of the ring stops it")
{
	check_lie(TCMU_OP_CMD, (struct lie){ 0, 136 | TCMU_OP_CMD, 4 },
		  "runs past the head");
	check_lie(TCMU_OP_CMD, (struct lie){ 0, 0xfffffff8 | TCMU_OP_CMD, 4 },
		  "runs past the end");
	check_lie(TCMU_OP_PAD, (struct lie){ 0, RIG_RING - 128 + 8, 4 },
		  "runs past the end");
}

TEST("a command too short for its answer stops it")
{
	check_lie(TCMU_OP_CMD, (struct lie){ 0, 104 | TCMU_OP_CMD, 4 },
		  "no room for its answer");
	check_lie(TCMU_OP_CMD, (struct lie){ 0, 8 | TCMU_OP_CMD, 4 },
		  "no room for its answer");
}

TEST("a command without an id stops it")
{
	check_lie(TCMU_OP_CMD, (struct lie){ 4, 0, 2 }, "no id");
}

TEST("a CDB outside its entry stops it")
{
	static const u64 offs[] = { 0, 40, 128, 128 + 47, 128 + 128, 4096,
				    1ULL << 32, -1ULL, -8ULL };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(offs); i++)
		check_lie(TCMU_OP_CMD, (struct lie){ 24, offs[i], 8 },
			  "a CDB is not in its entry");
}

TEST("a CDB that runs past its entry stops it")
{
	/* its opcode is the byte at 127: 0xff, 10 bytes */
	check_lie(TCMU_OP_CMD, (struct lie){ 24, 128 + 127, 8 },
		  "a CDB is longer");
	/* variable length: 8 + 0xff */
	check_lie(TCMU_OP_CMD, (struct lie){ 112, 0xff0000000000007f, 8 },
		  "a CDB is longer");
}

TEST("more pieces than the entry holds stop it")
{
	check_lie(TCMU_OP_CMD, (struct lie){ 8, 6, 4 }, "more pieces");
	check_lie(TCMU_OP_CMD, (struct lie){ 8, 0xffffffff, 4 }, "more pieces");
	check_lie(TCMU_OP_CMD, (struct lie){ 8, 0x10000001, 4 }, "more pieces");
	check_lie(TCMU_OP_CMD, (struct lie){ 12, 6, 4 }, "more pieces");
	/* the sum wraps in 32 bits */
	check_lie(TCMU_OP_CMD, (struct lie){ 8, 0xffffffff00000001, 8 },
		  "more pieces");
}

struct piece {
	u64 base;
	u64 len;
};

static void put_piece(void *entry, void *arg)
{
	struct lie lie = { 8, 1, 4 };

	tell_lie(entry, &lie);
	memcpy((char *)entry + 48, arg, sizeof(struct piece));
}

TEST("a buffer outside the data area stops it")
{
	const u64 size = RIG_RING + RIG_BLOCKS * SIM_BLOCK;
	const struct piece pieces[] = {
		{ 0, 512 }, { RIG_RING - 1, 512 }, { 128, 8 },
		{ size, 1 }, { size - 1, 2 }, { RIG_RING, size },
		{ RIG_RING, -1ULL }, { -1ULL, 1 }, { -8ULL, 16 },
		{ size + 1, 0 }, { 1ULL << 63, 1ULL << 63 },
	};
	struct piece piece;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		piece = pieces[i];
		rig_begin(rig_pend);
		rig_start(0);
		sim_put(rig.sim, 128, TCMU_OP_CMD, put_piece, &piece);
		check_given_up("a buffer is not in the data area");
		rig_end();
	}
}

static void put_many(void *entry, void *arg)
{
	struct lie lie = { 8, *(u32 *)arg, 4 };
	struct piece *pieces = (void *)((char *)entry + 48);
	u32 i;

	tell_lie(entry, &lie);
	((struct tcmu_cmd_entry *)entry)->req.cdb_off =
		(char *)(pieces + *(u32 *)arg) - rig.sim->map;
	for (i = 0; i < *(u32 *)arg; i++)
		pieces[i] = (struct piece){ RIG_RING, RIG_BLOCKS * SIM_BLOCK };
}

TEST("a buffer that is longer than the mapping in all stops it")
{
	u32 nr = 20;

	rig_begin(rig_pend);
	rig_start(0);
	sim_put(rig.sim, 48 + 20 * 16 + 8, TCMU_OP_CMD, put_many, &nr);
	check_given_up("a buffer is not in the data area");
	rig_end();
}

TEST("the id of a command that is in work stops it, when that is ended")
{
	struct lie lie = { 4, 1, 2 };

	rig_begin(rig_pend);
	rig_start(0);
	CHECK_EQ(rig_send(0), 1);
	rig_wait_pending(1);
	sim_put(rig.sim, 128, TCMU_OP_CMD, tell_lie, &lie);
	SIM_WAIT_FOR(rig_has_said("has the id of one"));
	CHECK(rig.sim->taken);
	tcmuser_cmd_complete(rig.pending[0], 0);
	CHECK_EQ(tcmuser_dispatch(rig.ctx), 0);
	CHECK_EQ(rig.nr_closed, 1);
	rig_end();
}

TEST("a task management function that is cut off, or names too many, stops it")
{
	struct lie lie = { 0, 24 | TCMU_OP_TMR, 4 };

	check_lie(TCMU_OP_TMR, lie, "is cut off");
	lie = (struct lie){ 12, 49, 4 };
	check_lie(TCMU_OP_TMR, lie, "more ids");
	lie = (struct lie){ 12, 0x80000001, 4 };
	check_lie(TCMU_OP_TMR, lie, "more ids");
}

TEST("a head that is off the ring, or no multiple of 8, stops it")
{
	static const u32 heads[] = { RIG_RING - 128, 0xfffffff8, 4, 129 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		rig_begin(rig_pend);
		rig_start(0);
		smp_store_release(&rig.sim->ring.mbox->cmd_head, heads[i]);
		sim_event(rig.sim);
		check_given_up("the head is not in the ring");
		rig_end();
	}
}

/* The device is not taken at all */
static void check_refused(u32 off, u32 value, u32 size)
{
	rig_begin(rig_pend);
	memcpy(rig.sim->map + off, &value, size);
	rig_start(0);
	CHECK(rig_has_said("cannot be served by 'h'"));
	CHECK_EQ(rig.nr_opened, 0);
	CHECK(!rig.sim->taken);
	rig_end();
}

TEST("a mailbox of another version is refused")
{
	check_refused(0, 1, 2);
	check_refused(0, 3, 2);
	check_refused(0, 0, 2);
}

TEST("a mailbox that makes no sense is refused")
{
	/* cmdr_off */
	check_refused(4, 0, 4);
	check_refused(4, 64, 4);
	check_refused(4, 132, 4);
	check_refused(4, RIG_RING + RIG_BLOCKS * SIM_BLOCK, 4);
	check_refused(4, 0xfffffff8, 4);
	/* cmdr_size */
	check_refused(8, 0, 4);
	check_refused(8, 0xfffffff8, 4);
	check_refused(8, RIG_RING - 124, 4);
	/* cmd_tail */
	check_refused(64, 4, 4);
	check_refused(64, RIG_RING - 128, 4);
	check_refused(64, 0xffffffff, 4);
}

TEST("a mapping without room for a mailbox is refused")
{
	rig_begin(rig_pend);
	sim_file("/sys/class/uio/uio7/maps/map0/size", "0x40\n");
	rig_start(0);
	CHECK(rig_has_said("cannot be served by 'h'"));
	rig_end();
}

/* It ends by an error or goes on, and never touches what it may not */
TEST("rings full of random bytes do no harm")
{
	u64 seed = 42;
	u32 round, i;

	for (round = 0; round < 100; round++) {
		rig_begin(rig_good);
		rig_start(0);
		for (i = TCMU_RING_OFF; i < RIG_RING; i += 4)
			*(u32 *)(rig.sim->map + i) = unit_random(&seed) &
						     unit_random(&seed);
		*(u32 *)(rig.sim->map + TCMU_RING_OFF) = 128 | (round & 7);
		smp_store_release(&rig.sim->ring.mbox->cmd_head, 512);
		sim_event(rig.sim);
		sim_nap();
		rig_end();
	}
}
