// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring's two ends against each other, one step at a time.
 */
#include "pair.h"

TEST("a new ring is empty, and its mailbox says what it is")
{
	struct pair *pair = pair_new(512);
	const u32 *words = (u32 *)pair->ring.mbox;
	struct tcmu_cmd_entry *entry;
	u32 i;

	CHECK_EQ(words[0], 0x003f0002);		/* flags, version */
	CHECK_EQ(words[1], 128);		/* cmdr_off */
	CHECK_EQ(words[2], 512);		/* cmdr_size */
	for (i = 3; i < 32; i++)
		CHECK_EQ(words[i], 0);
	CHECK_EQ(tcmu_ring_user_peek(&pair->user, &entry), 0);
	CHECK_EQ(pair_reap(pair), 0);
}

TEST("an entry arrives as it was written, and can be answered")
{
	struct pair *pair = pair_new(512);
	struct tcmu_cmd_entry *entry;
	u32 i;

	CHECK_EQ(pair_put(pair, 128, 0x5a), 0);
	CHECK_EQ(tcmu_ring_user_peek(&pair->user, &entry), 1);
	CHECK_EQ(entry->hdr.len_op, 128 | TCMU_OP_CMD);
	for (i = 6; i < 128; i++)
		CHECK_EQ(((u8 *)entry)[i], 0x5a);
	CHECK_EQ(pair_reap(pair), 0);
	tcmu_ring_user_release(&pair->user, 128);
	CHECK_EQ(pair_reap(pair), 1);
}

TEST("what was reserved is forgotten unless it is submitted")
{
	struct pair *pair = pair_new(512);
	struct tcmu_ring_slot a, b;

	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 128, &a), 0);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 64, &b), 0);
	CHECK_EQ(a.pos, b.pos);
	CHECK_EQ(pair->ring.mbox->cmd_head, 0);
	CHECK(!pair_answer(pair));
	b.op = TCMU_OP_TMR;
	*(u32 *)tcmu_ring_slot_ptr(&pair->ring, b.pos) = 64 | TCMU_OP_TMR;
	tcmu_ring_submit(&pair->ring, &b);
	CHECK_EQ(pair_answer(pair), 64 | TCMU_OP_TMR);
	CHECK_EQ(pair_reap(pair), 1);
}

TEST("the reaper is told place, length and opcode of each entry")
{
	struct pair *pair = pair_new(512);
	struct tcmu_ring_slot slot;
	u32 tail;

	pair_goto(pair, 128);
	CHECK_EQ(pair_put(pair, 200, 1), 0);
	CHECK(pair_answer(pair));
	CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), 0);
	CHECK_EQ(tail, 328);
	CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), 1);
	CHECK_EQ(slot.pos, 128);
	CHECK_EQ(slot.len, 200);
	CHECK_EQ(slot.op, TCMU_OP_CMD);
	CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), 0);
}

/*
 * One entry of @len at @pos of an empty ring: either it fits before the end, or
 * a pad takes the rest and the entry begins at 0.
 */
static void check_wrap(u32 size, u32 pos, u32 len)
{
	struct pair *pair = pair_new(size);
	u32 rest = size - pos;
	bool pad = rest < len;
	u32 head = pad ? len : (pos + len) % size;

	pair_goto(pair, pos);
	CHECK_EQ(pair_put(pair, len, 7), 0);
	CHECK_EQ(pair->ring.mbox->cmd_head, head);
	if (pad)
		CHECK_EQ(pair_answer(pair), rest | TCMU_OP_PAD);
	CHECK_EQ(pair_answer(pair), len | TCMU_OP_CMD);
	CHECK_EQ(pair_answer(pair), 0);
	CHECK_EQ(pair->ring.mbox->cmd_tail, head);
	CHECK_EQ(pair_reap(pair), pad ? 2 : 1);
}

TEST("an entry of each length wraps or pads rightly at each offset")
{
	const u32 size = 512;
	u32 pos, len, room;

	for (pos = PAIR_MIN_LEN; pos <= size - 8; pos += 8)
		for (len = PAIR_MIN_LEN; len <= size / 2; len += 8) {
			room = size - pos >= len ? len : size - pos + len;
			if (room < size && size - pos >= PAIR_MIN_LEN)
				check_wrap(size, pos, len);
		}
}

TEST("an exact fit at the end of the ring has no pad")
{
	struct pair *pair = pair_new(512);
	struct tcmu_ring_slot slot;

	pair_goto(pair, 384);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 128, &slot), 0);
	CHECK_EQ(slot.pad, 0);
	CHECK_EQ(slot.pos, 384);
	CHECK_EQ(pair_put(pair, 128, 1), 0);
	CHECK_EQ(pair->ring.mbox->cmd_head, 0);
	CHECK_EQ(pair_answer(pair), 128 | TCMU_OP_CMD);
	CHECK_EQ(pair->ring.mbox->cmd_tail, 0);
	CHECK_EQ(pair_reap(pair), 1);
}

TEST("a pad may be as short as eight bytes, and touches nothing else")
{
	struct pair *pair = pair_new(512);
	u8 *end = (u8 *)pair->ring.mbox + pair->bytes;
	u32 i;

	pair_goto(pair, 256);
	CHECK_EQ(pair_put(pair, 248, 0xee), 0);
	CHECK(pair_answer(pair));
	CHECK_EQ(pair_reap(pair), 1);
	memset(end - 8, 0xff, 8);
	CHECK_EQ(pair_put(pair, 120, 1), 0);
	CHECK_EQ(*(u32 *)(end - 8), 8 | TCMU_OP_PAD);
	CHECK_EQ(*(u32 *)(end - 4), 0);
	for (i = 9; i < 8 + 200; i++)
		CHECK_EQ(end[-(int)i], 0xee);
	CHECK_EQ(pair_answer(pair), 8 | TCMU_OP_PAD);
	CHECK_EQ(pair_answer(pair), 120 | TCMU_OP_CMD);
}

TEST("a pad is always followed by an entry")
{
	struct pair *pair = pair_new(512);
	u32 i, len_op, pads = 0;

	for (i = 0; i < 1000; i++) {
		CHECK_EQ(pair_put(pair, 120 + i % 5 * 24, 1), 0);
		len_op = pair_answer(pair);
		if (tcmu_hdr_get_op(len_op) == TCMU_OP_PAD) {
			pads++;
			len_op = pair_answer(pair);
		}
		CHECK_EQ(tcmu_hdr_get_op(len_op), TCMU_OP_CMD);
		CHECK_EQ(pair_answer(pair), 0);
		CHECK(pair_reap(pair) >= 1);
	}
	CHECK(pads > 100);
}

/* Fill from @pos by entries of @len, and then by shorter ones */
static void check_full(u32 pos)
{
	struct pair *pair = pair_new(4096);
	u32 used = 0;
	u32 len;

	pair_goto(pair, pos);
	for (len = 256; len >= 120; len -= 8)
		while (4096 - used > 1024 || len < 256) {
			if (pair_put(pair, len, 1))
				break;
			used = (pair->ring.head + 4096 - pos) % 4096;
		}
	CHECK_EQ(pair_put(pair, 120, 1), -ENOSPC);
	CHECK(4096 - used < 120 + 8 + 120);
}

TEST("a full ring takes nothing more, wherever it began")
{
	u32 pos;

	for (pos = 128; pos <= 4096 - 128; pos += 8)
		check_full(pos);
}

TEST("at most all but eight bytes of the ring are in use")
{
	struct pair *pair = pair_new(1024);
	struct tcmu_ring_slot slot;
	u32 i;

	for (i = 0; i < 7; i++)
		CHECK_EQ(pair_put(pair, 128, i), 0);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 128, &slot), -ENOSPC);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 120, &slot), 0);
	CHECK_EQ(pair_put(pair, 120, 7), 0);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 8, &slot), -ENOSPC);
	CHECK_EQ(pair->ring.mbox->cmd_head, 1016);
	for (i = 0; i < 8; i++)
		CHECK(pair_answer(pair));
	CHECK_EQ(pair_reap(pair), 8);
}

TEST("space comes back only when the answers have been cleaned")
{
	struct pair *pair = pair_new(1024);
	struct tcmu_ring_slot slot;
	u32 tail;

	while (!pair_put(pair, 120, 1))
		;
	CHECK(pair_answer(pair));
	CHECK_EQ(pair_put(pair, 120, 1), -ENOSPC);
	CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), 0);
	CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), 1);
	CHECK_EQ(pair_put(pair, 120, 1), -ENOSPC);
	tcmu_ring_clean(&pair->ring);
	/* 64 bytes to the end, 120 at the beginning: a pad needs 8 more */
	CHECK_EQ(pair_put(pair, 112, 1), 0);
}

TEST("an entry longer than half the ring is refused for ever")
{
	struct pair *pair = pair_new(512);
	struct tcmu_ring_slot slot;

	CHECK_EQ(tcmu_ring_max_entry(&pair->ring), 256);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 256, &slot), 0);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 264, &slot), -EMSGSIZE);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, ~7U, &slot), -EMSGSIZE);
	CHECK_EQ(pair_put(pair, 256, 1), 0);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 264, &slot), -EMSGSIZE);
}

TEST("the longest entry fits into an empty ring at each offset")
{
	u32 pos;

	for (pos = PAIR_MIN_LEN; pos <= 512 - PAIR_MIN_LEN; pos += 8) {
		struct pair *pair = pair_new(520);

		pair_goto(pair, pos);
		CHECK_EQ(pair_put(pair, 256, 1), 0);
	}
}

TEST("the shortest entries fill a ring to its last bytes, and each has its record")
{
	u32 size;

	for (size = 512; size <= 1536; size += 8) {
		struct pair *pair = pair_new(size);
		u32 nr = 0;

		while (!pair_put(pair, PAIR_MIN_LEN, nr))
			nr++;
		CHECK_EQ(nr, (size - 1) / PAIR_MIN_LEN);
		CHECK_EQ(pair_put(pair, PAIR_MIN_LEN, 0), -ENOSPC);
		while (nr--)
			CHECK_EQ(pair_answer(pair), PAIR_MIN_LEN | TCMU_OP_CMD);
		CHECK_EQ(pair_answer(pair), 0);
		CHECK_EQ(pair_reap(pair), (size - 1) / PAIR_MIN_LEN);
	}
}

TEST("command entries fill a ring from each offset on")
{
	u32 size, pos;

	for (size = 512; size <= 1536; size += 8)
		for (pos = 120; pos < 240; pos += 8) {
			struct pair *pair = pair_new(size);
			u32 room;

			pair_goto(pair, pos);
			while (!pair_put(pair, 120, 1))
				;
			room = (pos + size - pair->ring.head - 1) % size;
			CHECK(room < 120 + 120);
			CHECK(size - pair->ring.head < 120 || room < 120);
		}
}

/* The rest of a ring gets memory while @walked of @nr entries are walked */
static void check_moved(u32 start, u32 nr, u32 walked)
{
	struct pair *pair = pair_new_with(4096, 1024);
	struct tcmu_ring_slot slot;
	u32 i, tail;

	for (i = 0; i < start; i++) {
		CHECK_EQ(pair_put(pair, 32, 0), 0);
		CHECK(pair_answer(pair));
		CHECK_EQ(pair_reap(pair), 1);
	}
	for (i = 0; i < nr; i++)
		CHECK_EQ(pair_put(pair, 32 + 8 * (i % 4), i), 0);
	for (i = 0; i < walked; i++)
		CHECK(pair_answer(pair));
	CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), 0);
	for (i = 0; i < walked; i++)
		CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), 1);

	tcmu_ring_move(&pair->ring, pair->ring.mbox, pair->bytes,
		       pair_recs(pair->bytes));
	tcmu_ring_clean(&pair->ring);
	for (i = walked; i < nr; i++)
		CHECK_EQ(tcmu_hdr_get_len(pair_answer(pair)), 32 + 8 * (i % 4));
	CHECK_EQ(pair_reap(pair), nr - walked);
	while (!pair_put(pair, 32, 0))
		;
	CHECK(4096 - pair->ring.head <= 32 || pair->ring.cleaned >= 32);
}

TEST("entries stay what they are while a ring gets more memory")
{
	u32 start, nr, walked;

	for (start = 0; start < 9; start++)
		for (nr = 0; nr <= 6; nr++)
			for (walked = 0; walked <= nr; walked++)
				check_moved(start, nr, walked);
}

TEST("who needs more memory is told so, and where")
{
	struct pair *pair = pair_new_with(4096, 256);
	struct tcmu_ring_slot slot;
	u32 to = 512;
	u32 nr = 0;
	int ret;

	while ((ret = pair_put(pair, 120, 0)) != -ENOSPC) {
		if (!ret) {
			nr++;
			continue;
		}
		CHECK_EQ(ret, -EFAULT);
		CHECK_EQ(tcmu_ring_reserve(&pair->ring, 120, &slot), -EFAULT);
		CHECK_EQ(slot.pos, 120 * nr);
		CHECK(slot.pos + slot.len > pair->ring.mapped);
		CHECK(slot.pos + slot.len <= to);
		tcmu_ring_move(&pair->ring, pair->ring.mbox, TCMU_RING_OFF + to,
			       pair_recs(TCMU_RING_OFF + to));
		to *= 2;
	}
	CHECK_EQ(nr, 4095 / 120);
	CHECK_EQ(pair->ring.mapped, 4096);
}

TEST("a pad needs memory up to the end of the ring")
{
	struct pair *pair = pair_new_with(1024, 960);
	struct tcmu_ring_slot slot;

	pair_goto(pair, 920);
	CHECK_EQ(pair_put(pair, 40, 0), 0);
	CHECK(pair_answer(pair));
	CHECK_EQ(pair_reap(pair), 1);
	CHECK_EQ(tcmu_ring_reserve(&pair->ring, 120, &slot), -EFAULT);
	CHECK_EQ(slot.pad, 64);
	CHECK_EQ(slot.pos, 0);
	CHECK_EQ(pair_put(pair, 120, 0), -EFAULT);
	tcmu_ring_move(&pair->ring, pair->ring.mbox, pair->bytes,
		       pair_recs(pair->bytes));
	CHECK_EQ(pair_put(pair, 120, 0), 0);
}

TEST("a reset ring is empty at offset 0, and works")
{
	struct pair *pair = pair_new(512);
	u32 i;

	for (i = 0; i < 40; i++) {
		memset(pair->ring.mbox, 0xff, sizeof(struct tcmu_mailbox));
		tcmu_ring_reset(&pair->ring);
		CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
					     pair->bytes), 0);
		CHECK_EQ(pair->ring.mbox->flags, 0x3f);
		CHECK_EQ(pair->ring.mbox->cmd_head, 0);
		CHECK_EQ(pair_answer(pair), 0);
		CHECK_EQ(pair_reap(pair), 0);
		CHECK_EQ(pair_put(pair, 120 + i % 7 * 8, 1), 0);
		CHECK_EQ(pair_put(pair, 120, 1), 0);
		CHECK(pair_answer(pair));
		if (i % 2)
			CHECK_EQ(pair_reap(pair), 1);
	}
}

TEST("what the program does to the mailbox and to entries changes no length")
{
	struct pair *pair = pair_new(1024);
	u32 i;

	for (i = 0; i < 200; i++) {
		CHECK_EQ(pair_put(pair, 160, 1), 0);
		memset(tcmu_ring_slot_ptr(&pair->ring, 0), i, 1024);
		memset(pair->ring.mbox, i, 64);		/* all but cmd_tail */
		pair->ring.mbox->cmd_tail = pair->ring.head;
		CHECK(pair_reap(pair) >= 1);
		CHECK_EQ(pair->ring.cleaned, pair->ring.head);
	}
}
