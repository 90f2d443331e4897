// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tails that a program must not write: each is -EPROTO, and harms nothing.
 */
#include "pair.h"

static void set_tail(struct pair *pair, u32 tail)
{
	pair->ring.mbox->cmd_tail = tail;
}

/* Three entries of 128 bytes in the ring, from @pos on */
static struct pair *three_at(u32 pos)
{
	struct pair *pair = pair_new(1024);
	u32 i;

	pair_goto(pair, pos);
	for (i = 0; i < 3; i++)
		CHECK_EQ(pair_put(pair, 128, i + 1), 0);
	return pair;
}

TEST("an unaligned tail is refused")
{
	struct pair *pair = three_at(0);
	u32 tail, pos;

	for (pos = 0; pos < 1024; pos++) {
		if (pos % 8 == 0)
			continue;
		set_tail(pair, pos);
		CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), -EPROTO);
	}
}

TEST("a tail off the ring is refused")
{
	static const u32 bad[] = {
		1024, 1032, 2048, 0x7ffffff8, 0x80000000, 0xfffffff8,
	};
	struct pair *pair = three_at(896);
	u32 tail, i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		set_tail(pair, bad[i]);
		CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), -EPROTO);
	}
}

TEST("a tail beyond the head is refused")
{
	struct pair *pair = three_at(128);
	u32 tail, pos;

	for (pos = 520; pos < 1024; pos += 8) {
		set_tail(pair, pos);
		CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), -EPROTO);
	}
}

TEST("a tail behind what was cleaned is refused")
{
	struct pair *pair = three_at(128);
	u32 tail, pos;

	CHECK(pair_answer(pair));
	CHECK_EQ(pair_reap(pair), 1);
	for (pos = 0; pos < 256; pos += 8) {
		set_tail(pair, pos);
		CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), -EPROTO);
	}
	set_tail(pair, 256);
	CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), 0);
}

TEST("a tail that moves back after it was walked is refused")
{
	struct pair *pair = three_at(128);
	struct tcmu_ring_slot slot;
	u32 tail;

	CHECK(pair_answer(pair));
	CHECK(pair_answer(pair));
	CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), 0);
	CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), 1);
	CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), 1);
	set_tail(pair, 256);
	CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), -EPROTO);
}

/* Every tail, with the entries at @pos: only their boundaries are taken */
static void check_all_tails(u32 pos)
{
	u32 nr, tail, off;

	for (tail = 0; tail < 1024; tail += 8) {
		struct pair *pair = three_at(pos);
		u32 end = pair->ring.head;
		u32 start = pos == 1024 ? 0 : pos;
		bool ok = false;
		int ret;

		set_tail(pair, tail);
		ret = pair_reap(pair);
		off = start;
		for (nr = 0; !ok; nr++) {
			if (off == tail) {
				CHECK_EQ(ret, nr);
				ok = true;
			}
			if (off == end)
				break;
			off = off + 128 > 1024 ? 0 : (off + 128) % 1024;
		}
		if (!ok)
			CHECK_EQ(ret, -EPROTO);
	}
}

TEST("a tail inside an entry or a pad is refused, wherever they lie")
{
	u32 pos;

	for (pos = 512; pos <= 1024 - 32; pos += 8)
		check_all_tails(pos);
}

TEST("the entries before a tail that lies inside an entry are still given")
{
	struct pair *pair = three_at(0);
	struct tcmu_ring_slot slot;
	u32 tail;

	set_tail(pair, 256 + 64);
	CHECK_EQ(tcmu_ring_tail(&pair->ring, &tail), 0);
	CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), 1);
	CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), 1);
	CHECK_EQ(slot.pos, 128);
	CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), -EPROTO);
	CHECK_EQ(tcmu_ring_next(&pair->ring, tail, &slot), -EPROTO);
}

TEST("a refused tail changes nothing: a right one is taken after it")
{
	static const u32 bad[] = { 4, 64, 136, 520, 1024, 0xfffffff8 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		struct pair *pair = three_at(0);

		set_tail(pair, bad[i]);
		CHECK_EQ(pair_reap(pair), -EPROTO);
		CHECK_EQ(pair_put(pair, 128, 4), 0);
		set_tail(pair, 512);
		CHECK(pair_reap(pair) >= 3);
		CHECK_EQ(pair->ring.cleaned, 512);
	}
}

TEST("a reset heals a ring with a refused tail")
{
	struct pair *pair = three_at(256);

	set_tail(pair, 260);
	CHECK_EQ(pair_reap(pair), -EPROTO);
	tcmu_ring_reset(&pair->ring);
	CHECK_EQ(tcmu_ring_user_init(&pair->user, pair->ring.mbox,
				     pair->bytes), 0);
	CHECK_EQ(pair_reap(pair), 0);
	CHECK_EQ(pair_put(pair, 128, 1), 0);
	CHECK(pair_answer(pair));
	CHECK_EQ(pair_reap(pair), 1);
}

TEST("no tail of 32 bits makes the reaper leave the ring or loop")
{
	struct pair *pair = three_at(896);
	u64 seed = 1;
	u32 i;
	int ret;

	for (i = 0; i < 2000000; i++) {
		set_tail(pair, unit_random(&seed) >> (i % 32));
		ret = pair_reap(pair);
		CHECK(ret == -EPROTO || (ret >= 0 && ret <= 8));
		CHECK(pair->ring.walked < 1024);
		if (pair->ring.cleaned == pair->ring.head)
			pair_put(pair, 32 + unit_random(&seed) % 60 * 8, 1);
	}
}
