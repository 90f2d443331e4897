// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation on the way of a command fails in turn, in the work queues that
 * bring it to the program: the initiator sees no error, and right data. So with
 * task management.
 * timeout: 1200
 * kernel: debug
 */
#include "fault.h"
#include "files.h"
#include "harness.h"
#include "sg.h"
#include "store.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#define MIB	1048576
#define BLOCK	512
#define SIZE	(64 * 1024)
#define MANY	700		/* more than the first records of a ring */

static struct lun lun;
static struct store store;
static uint8_t out[SIZE], in[SIZE], scratch[BLOCK];

static void clean_up(void)
{
	store_serve_end(&store);
	lun_down(&lun);
}

static void begin(void)
{
	fault_setup();
	store_make(&store, MIB);
	test_at_end(clean_up);
}

static void up(const char *control)
{
	static uint8_t round;
	size_t i;

	lun_up(&lun, control);
	for (i = 0; i < sizeof(out); i++)
		out[i] = i / 7 + i / BLOCK + round;
	round++;
	memset(store.bytes, 0, store.size);
}

static void down(void)
{
	store_serve_end(&store);
	lun_down(&lun);
}

static void start(struct io *io, int dir, uint32_t block, void *buf, size_t len)
{
	memset(io, 0, sizeof(*io));
	io_cdb(io, 10, dir, block);
	io->cdb[7] = len / BLOCK >> 8;
	io->cdb[8] = len / BLOCK;
	io_start(io, &lun, dir, buf, len);
}

/* Statuses that say "later" are tried again by the initiator, until its time is over */
static int result(struct io *io)
{
	io_end(io, 30000);
	if (io_is_good(io))
		return 0;
	printf("# status %#x, sense %#x, host %#x\n", io_status(io),
	       io_sense(io), io->hdr.host_status);
	return -EIO;
}

static int move(int dir, void *buf, size_t len)
{
	struct io io;

	start(&io, dir, 8, buf, len);
	return result(&io);
}

static void is_stored(int ret)
{
	EXPECT_EQ(ret, 0);
	EXPECT(!memcmp(store.bytes + 8 * BLOCK, out, sizeof(out)));
	EXPECT(!memcmp(in, out, sizeof(in)));
	down();
}

/* ---- the first commands of a device ---------------------------------------------- */

static void before_first(void)
{
	up("max_data_area_mb=2,hw_max_sectors=1024");
	store_serve(&store, &lun.raw);
}

static int do_first(void)
{
	int ret = move(SG_OUT, out, sizeof(out));

	return ret ?: move(SG_IN, in, sizeof(in));
}

TEST_LIMIT(first_commands_wait_for_memory, 400)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "first commands", .where = FAULT_WORKERS,
		.before = before_first, .work = do_first,
		.after = is_stored }) > 10);
}

/* ---- a command for which there is no slot yet --------------------------------------- */

#define SLOTS	31		/* of the first lot of them */

static struct io in_slots[SLOTS];

static void before_slots(void)
{
	int i;

	up("max_data_area_mb=1,hw_max_sectors=1024");
	for (i = 0; i < SLOTS; i++)
		start(&in_slots[i], SG_IN, i, scratch, BLOCK);
	sleep_ms(50);
}

static int do_slots(void)
{
	struct io io;
	int i, ret;

	start(&io, SG_OUT, 8, out, sizeof(out));
	sleep_ms(20);
	store_serve(&store, &lun.raw);
	ret = result(&io);
	for (i = 0; i < SLOTS; i++)
		ret = result(&in_slots[i]) ?: ret;
	memcpy(in, store.bytes + 8 * BLOCK, sizeof(in));
	return ret;
}

TEST_LIMIT(a_command_waits_for_memory_for_its_slot, 400)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "more slots", .where = FAULT_WORKERS,
		.before = before_slots, .work = do_slots,
		.after = is_stored }) > 10);
}

/* ---- a buffer of many pieces ------------------------------------------------------- */

#define PIECES	64

static struct io held[PIECES];

/* Every second block of the area is in use */
static void before_pieces(void)
{
	struct raw_entry entry;
	struct raw_answer answer = { 0 };
	uint16_t ids[PIECES];
	int i;

	up("max_data_area_mb=1,hw_max_sectors=1024");
	for (i = 0; i < PIECES; i++) {
		start(&held[i], SG_IN, i, scratch, BLOCK);
		ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
		ids[i] = entry.id;
	}
	for (i = 0; i < PIECES; i += 2) {
		answer.id = ids[i];
		raw_answer(&lun.raw, &answer);
	}
	ASSERT_EQ(raw_kick(&lun.raw), 0);
	for (i = 0; i < PIECES; i += 2)
		ASSERT_EQ(result(&held[i]), 0);
	for (i = 1; i < PIECES; i += 2)
		held[i / 2] = held[i];
}

/* What stands in slots of others' is answered by id; then all goes in order */
static int do_pieces(void)
{
	struct raw_entry entry;
	struct raw_answer answer = { 0 };
	struct io io;
	int i, ret;

	start(&io, SG_OUT, 8, out, sizeof(out));
	ASSERT(raw_fetch(&lun.raw, &entry, 30000, false));
	EXPECT(entry.iov_cnt > 4);
	EXPECT_EQ(raw_gather(&lun.raw, &entry, store.bytes + 8 * BLOCK,
			     sizeof(out)), sizeof(out));
	answer.id = entry.id;
	raw_answer(&lun.raw, &answer);
	ASSERT_EQ(raw_kick(&lun.raw), 0);
	ret = result(&io);
	memcpy(in, store.bytes + 8 * BLOCK, sizeof(in));
	lun_set(&lun, "action/reset_ring", "2");
	for (i = 0; i < PIECES / 2; i++)
		io_end(&held[i], 10000);
	return ret;
}

TEST_LIMIT(a_buffer_of_many_pieces_waits_for_memory, 400)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "many pieces", .where = FAULT_WORKERS,
		.before = before_pieces, .work = do_pieces,
		.after = is_stored }) > 5);
}

/* ---- commands that wait, and a ring that grows ---------------------------------------- */

static void before_full(void)
{
	up("max_data_area_mb=1,hw_max_sectors=2048");
}

/* The area holds four of them; the others get in line */
static int do_full(void)
{
	static uint8_t bufs[8][MIB / 4];
	struct io io[8];
	int i, ret = 0;

	for (i = 0; i < 8; i++)
		start(&io[i], SG_IN, 0, bufs[i], MIB / 4);
	sleep_ms(100);
	store_serve(&store, &lun.raw);
	for (i = 0; i < 8; i++)
		ret = result(&io[i]) ?: ret;
	return ret;
}

static void after_full(int ret)
{
	EXPECT_EQ(ret, 0);
	down();
}

TEST_LIMIT(commands_in_line_bear_want_of_memory, 400)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "full area", .where = FAULT_WORKERS,
		.before = before_full, .work = do_full,
		.after = after_full }) > 5);
}

static struct io many[MANY];
static uint8_t blocks[MANY][BLOCK];

static int do_many(void)
{
	int i, ret = 0;

	for (i = 0; i < MANY; i++) {
		memset(blocks[i], i, BLOCK);
		start(&many[i], SG_OUT, i, blocks[i], BLOCK);
	}
	WAIT_FOR(2000, raw_head(&lun.raw) > 64 * 1024);
	store_serve(&store, &lun.raw);
	for (i = 0; i < MANY; i++)
		ret = result(&many[i]) ?: ret;
	for (i = 0; i < MANY; i++)
		EXPECT(!memcmp(store.bytes + i * BLOCK, blocks[i], BLOCK));
	return ret;
}

static void before_many(void)
{
	up("max_data_area_mb=8");
}

TEST_LIMIT(a_ring_that_grows_waits_for_memory, 600)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "many commands", .where = FAULT_WORKERS, .step = 11,
		.before = before_many, .work = do_many,
		.after = after_full }) > 5);
}

/* ---- task management -------------------------------------------------------------------- */

static struct io aborted;
static pthread_t late;

/* A reset waits for the command, which is answered when it has begun */
static void *serve_late(void *unused)
{
	sleep_ms(60);
	store_serve(&store, &lun.raw);
	return NULL;
}

static void before_reset(void)
{
	/* an announcement makes all of the ring resident */
	up("max_data_area_mb=1,hw_max_sectors=1024,cmd_ring_size_mb=1");
	ASSERT_EQ(lun_set(&lun, "attrib/tmr_notification", "1"), 0);
	start(&aborted, SG_IN, 0, scratch, BLOCK);
	ASSERT(WAIT_FOR(5000, raw_head(&lun.raw) != lun.raw.next));
	ASSERT_EQ(pthread_create(&late, NULL, serve_late, NULL), 0);
}

static int do_reset(void)
{
	return sg_lun_reset(&lun);
}

/* Whether or not the program is told of it, the device works */
static void after_reset(int ret)
{
	if (ret && ret != -ENOMEM && ret != -EFAULT && ret != -EIO)
		EXPECT_EQ(ret, 0);
	pthread_join(late, NULL);
	io_end(&aborted, 10000);
	/* is told that it was reset */
	io_tur(&aborted, &lun);
	io_end(&aborted, 10000);
	EXPECT_EQ(move(SG_OUT, out, sizeof(out)), 0);
	EXPECT(!memcmp(store.bytes + 8 * BLOCK, out, sizeof(out)));
	down();
}

TEST_LIMIT(a_reset_ends_without_memory, 600)
{
	begin();
	EXPECT(fault_each(&(struct fault_path){
		.name = "LUN reset", .where = FAULT_HERE | FAULT_WORKERS,
		.step = 3, .before = before_reset, .work = do_reset,
		.after = after_reset }) > 5);
}
