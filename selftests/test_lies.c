// SPDX-License-Identifier: GPL-2.0-only
/*
 * A daemon that lies: the kernel is unharmed, the initiator gets an error, the
 * ring is broken once, and a reset heals it.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <stdlib.h>

static struct lun lun;

/* A device with one command in the ring, @io, fetched as @entry */
static void up_with_one(struct io *io, struct raw_entry *entry)
{
	lun_up(&lun, "cmd_ring_size_mb=1");
	lun_set(&lun, "attrib/qfull_time_out", "0");
	io_tur(io, &lun);
	ASSERT(raw_fetch(&lun.raw, entry, 5000, false));
}

static bool state_is(const char *state)
{
	char buf[32] = "";

	lun_get(&lun, "attrib/ring_state", buf, sizeof(buf));
	return !strcmp(buf, state);
}

static void expect_broken_and_heal(struct io *io)
{
	struct raw_entry entry;
	struct io other;

	EXPECT(state_is("broken"));
	/* new commands are refused */
	io_tur(&other, &lun);
	io_end(&other, 5000);
	EXPECT_EQ(io_status(&other), CHECK);
	EXPECT_EQ(io_sense(&other), LU_COMM_FAILURE);
	/* no answer is taken any more */
	EXPECT(!io_wait(io, 50));
	ASSERT_EQ(lun_set(&lun, "action/reset_ring", "2"), 0);
	io_end(io, 5000);
	EXPECT_EQ(io_sense(io), LU_COMM_FAILURE);
	EXPECT(state_is("ok"));
	EXPECT(raw_mailbox_ok(&lun.raw));
	EXPECT_EQ(raw_u32(&lun.raw, 4), 128);
	EXPECT_EQ(raw_head(&lun.raw), 0);
	EXPECT_EQ(raw_tail(&lun.raw), 0);
	lun.raw.next = 0;
	lun.raw.tail = 0;
	io_tur(&other, &lun);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_good(&lun.raw, 0);
	io_end(&other, 5000);
	EXPECT(io_is_good(&other));
}

static void lie_with_id(int id)
{
	struct raw_entry entry;
	struct io io;

	up_with_one(&io, &entry);
	entry.at[4] = id;
	entry.at[5] = id >> 8;
	raw_set_tail(&lun.raw, raw_head(&lun.raw));
	raw_kick(&lun.raw);
	expect_broken_and_heal(&io);
}

TEST(id_that_was_never_used)
{
	lie_with_id(77);
}

TEST(id_zero)
{
	lie_with_id(0);
}

TEST(id_65535)
{
	lie_with_id(65535);
}

static void lie_with_tail(uint32_t tail)
{
	struct raw_entry entry;
	struct io io;

	up_with_one(&io, &entry);
	raw_set_tail(&lun.raw, tail);
	raw_kick(&lun.raw);
	expect_broken_and_heal(&io);
}

TEST(tail_off_the_ring)
{
	lie_with_tail(1048576 - 128);
}

TEST(tail_far_off_the_ring)
{
	lie_with_tail(0xfffffff8);
}

TEST(tail_that_is_not_aligned)
{
	struct raw_entry entry;
	struct io io;

	up_with_one(&io, &entry);
	raw_set_tail(&lun.raw, raw_head(&lun.raw) - 4);
	raw_kick(&lun.raw);
	expect_broken_and_heal(&io);
}

TEST(tail_beyond_the_head)
{
	struct raw_entry entry;
	struct io io;

	up_with_one(&io, &entry);
	raw_set_tail(&lun.raw, raw_head(&lun.raw) + 8);
	raw_kick(&lun.raw);
	expect_broken_and_heal(&io);
}

TEST(tail_inside_an_entry)
{
	struct raw_entry entry;
	struct io io;

	up_with_one(&io, &entry);
	raw_set_tail(&lun.raw, entry.pos + 64);
	raw_kick(&lun.raw);
	expect_broken_and_heal(&io);
}

TEST(tail_that_goes_back)
{
	struct raw_entry entry;
	struct io io;

	up_with_one(&io, &entry);
	ASSERT(entry.pos > 0);
	raw_set_tail(&lun.raw, entry.pos - 8);
	raw_kick(&lun.raw);
	expect_broken_and_heal(&io);
}

TEST(second_answer_to_one_command)
{
	struct raw_entry entry[2];
	struct io io[2];

	up_with_one(&io[0], &entry[0]);
	io_tur(&io[1], &lun);
	ASSERT(raw_fetch(&lun.raw, &entry[1], 5000, false));
	raw_answer(&lun.raw, &(struct raw_answer){ .id = entry[0].id });
	raw_answer(&lun.raw, &(struct raw_answer){ .id = entry[0].id });
	raw_kick(&lun.raw);
	/* the first one counts */
	io_end(&io[0], 5000);
	EXPECT(io_is_good(&io[0]));
	expect_broken_and_heal(&io[1]);
}

TEST(answer_to_a_kept_command)
{
	struct raw_answer answer = { .uflags = RAW_KEEP_BUF };
	struct raw_entry entry[2];
	struct io io[2];

	up_with_one(&io[0], &entry[0]);
	raw_answer(&lun.raw, &answer);
	raw_kick(&lun.raw);
	io_end(&io[0], 5000);
	io_tur(&io[1], &lun);
	ASSERT(raw_fetch(&lun.raw, &entry[1], 5000, false));
	raw_good(&lun.raw, entry[0].id);
	expect_broken_and_heal(&io[1]);
}

/* What the kernel wrote is never asked again: scribbling on it is harmless */
TEST(scribbled_header_changes_nothing)
{
	struct raw_entry entry;
	struct io io;

	up_with_one(&io, &entry);
	raw_set_u32(&lun.raw, 128 + entry.pos, 0);
	raw_set_tail(&lun.raw, entry.pos + entry.len);
	entry.at[8] = GOOD;
	raw_kick(&lun.raw);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	EXPECT(state_is("ok"));
}

TEST(scribbled_mailbox_changes_nothing)
{
	struct raw_entry entry;
	struct io io;
	int i;

	up_with_one(&io, &entry);
	for (i = 0; i < 64; i += 4)
		raw_set_u32(&lun.raw, i, 0xdeadbeef);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	io_tur(&io, &lun);
	/* the head is whole again with the next command */
	ASSERT(WAIT_FOR(5000, raw_head(&lun.raw) != 0xdeadbeef));
	EXPECT_EQ(raw_head(&lun.raw), entry.pos + 2 * entry.len);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(state_is("ok"));
}

TEST(head_is_not_taken_from_the_mailbox)
{
	struct raw_entry entry;
	struct io io;
	uint32_t next;

	up_with_one(&io, &entry);
	next = raw_head(&lun.raw);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	raw_set_u32(&lun.raw, 12, 1048576 - 128 - 8);
	io_tur(&io, &lun);
	ASSERT(WAIT_FOR(5000, raw_head(&lun.raw) == next + 120));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.pos, next);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

/* Writes at random, seed printed; a reset makes it a good device again */
TEST(random_scribbling_is_survived)
{
	unsigned int seed = now_ms();
	struct raw_entry entry;
	struct io io[8];
	int i, n;

	printf("# seed %u\n", seed);
	up_with_one(&io[0], &entry);
	for (n = 0; n < 200; n++) {
		for (i = n ? 0 : 1; i < 8; i++)
			io_tur(&io[i], &lun);
		for (i = 0; i < 64; i++)
			raw_set_u32(&lun.raw, (rand_r(&seed) % 2048) * 4,
				    rand_r(&seed) % 2 ? rand_r(&seed) :
				    rand_r(&seed) % 2048);
		raw_set_u32(&lun.raw, 64, rand_r(&seed) % 4096 & ~7u);
		raw_kick(&lun.raw);
		lun_set(&lun, "action/reset_ring", "1");
		lun.raw.tail = 0;
		lun.raw.next = 0;
		raw_serve(&lun.raw);
		for (i = 0; i < 8; i++)
			io_end(&io[i], 10000);
		raw_serve_end(&lun.raw);
	}
	EXPECT(state_is("ok"));
}
