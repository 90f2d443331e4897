// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the program's end of the ring refuses.
 */
#include "pair.h"

TEST("a mailbox of another version is refused")
{
	struct pair *pair = pair_new(512);

	pair->ring.mbox->version = 1;
	CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
				     pair->bytes), -EPROTO);
	pair->ring.mbox->version = 3;
	CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
				     pair->bytes), -EPROTO);
}

TEST("a ring that runs past the mapping is refused")
{
	struct pair *pair = pair_new(512);

	CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
				     pair->bytes - 1), -EPROTO);
	pair->ring.mbox->cmdr_off = 136;
	CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
				     pair->bytes), -EPROTO);
	pair->ring.mbox->cmdr_off = 0xfffffff8;
	pair->ring.mbox->cmdr_size = 128;
	CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
				     pair->bytes), -EPROTO);
}

TEST("a tail off the ring is refused")
{
	struct pair *pair = pair_new(512);

	pair->ring.mbox->cmd_tail = 512;
	CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
				     pair->bytes), -EPROTO);
}

TEST("a program that starts again finds what was not answered")
{
	struct pair *pair = pair_new(1024);
	struct tcmu_cmd_entry *entry;
	u32 id;

	for (id = 1; id <= 4; id++)
		CHECK_EQ(pair_put(pair, 128, id), 0);
	CHECK(pair_answer(pair));
	CHECK_EQ(tcmu_ring_user_peek(&pair->user, &entry), 1);
	CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
				     pair->bytes), 0);
	for (id = 2; id <= 4; id++) {
		CHECK_EQ(tcmu_ring_user_peek(&pair->user, &entry), 1);
		CHECK_EQ(entry->hdr.cmd_id, id);
	}
	CHECK_EQ(tcmu_ring_user_peek(&pair->user, &entry), 0);
}

TEST("an entry of no length, or past the end of the ring, is refused")
{
	static const u32 bad[] = { 0, 1, 7, 520, 0xfffffff9 };
	struct tcmu_cmd_entry *entry;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct pair *pair = pair_new(512);

		CHECK_EQ(pair_put(pair, 120, 1), 0);
		*(u32 *)tcmu_ring_slot_ptr(&pair->ring, 0) = bad[i];
		CHECK_EQ(tcmu_ring_user_peek(&pair->user, &entry), -EPROTO);
		CHECK_EQ(tcmu_ring_user_peek(&pair->user, &entry), -EPROTO);
	}
}

TEST("entries may be fetched ahead of what is given back")
{
	struct pair *pair = pair_new(1024);
	struct tcmu_cmd_entry *entry[3];
	u32 i;

	for (i = 0; i < 3; i++)
		CHECK_EQ(pair_put(pair, 128, i + 1), 0);
	for (i = 0; i < 3; i++)
		CHECK_EQ(tcmu_ring_user_peek(&pair->user, &entry[i]), 1);
	CHECK_EQ(pair_reap(pair), 0);
	for (i = 0; i < 3; i++) {
		CHECK_EQ(entry[i]->hdr.cmd_id, i + 1);
		tcmu_ring_user_release(&pair->user, 128);
		CHECK_EQ(pair_reap(pair), 1);
	}
}
