// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes that write to a LUN and know what has to be there: see verify.h.
 *
 * A block holds its number and the version of its last write, all over.
 */
#include "verify.h"

#include "files.h"
#include "harness.h"
#include "sg.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_BLOCKS	512		/* of one command */
#define LATE_MS		100000		/* then it is lost */

struct worker {
	struct verify *v;
	struct verify_worker *self;
	uint32_t first;			/* block */
	uint32_t random;
	uint32_t writes;
};

uint32_t verify_random(uint32_t *state, uint32_t below)
{
	uint32_t x = *state ?: 1;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	*state = x;
	return x % below;
}

static void fail(struct verify_worker *self, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void fail(struct verify_worker *self, const char *fmt, ...)
{
	va_list ap;

	if (self->failed)
		return;
	va_start(ap, fmt);
	vsnprintf(self->why, sizeof(self->why), fmt, ap);
	va_end(ap);
	self->failed = true;
}

/* Version 0 is what a disk holds that was never written */
static uint64_t word(uint32_t block, uint32_t version, int i)
{
	uint64_t base = (uint64_t)version << 32 | block;

	return version ? base ^ i * 0x9e3779b97f4a7c15 : 0;
}

static uint64_t word_at(const uint8_t *buf, int i)
{
	uint64_t val;

	memcpy(&val, buf + 8 * i, 8);
	return val;
}

void verify_fill(uint8_t *buf, uint32_t block, uint32_t version)
{
	uint64_t val;
	int i;

	for (i = 0; i < VERIFY_BLOCK / 8; i++) {
		val = word(block, version, i);
		memcpy(buf + 8 * i, &val, 8);
	}
}

/* Which bytes of @a and @b are equal? */
static uint8_t same_bytes(uint64_t a, uint64_t b)
{
	uint8_t same = 0;
	int i;

	for (i = 0; i < 8; i++)
		same |= ((a ^ b) >> 8 * i & 0xff ? 0 : 1) << i;
	return same;
}

int verify_wrong_word(const uint8_t *buf, uint32_t block, uint32_t version,
		      uint32_t first, uint32_t last)
{
	uint32_t other;
	uint8_t found;
	uint64_t val;
	int i;

	for (i = 0; i < VERIFY_BLOCK / 8; i++) {
		val = word_at(buf, i);
		found = same_bytes(val, word(block, version, i));
		for (other = first; found != 0xff && other <= last; other++)
			found |= same_bytes(val, word(block, other, i));
		if (found != 0xff)
			return i;
	}
	return -1;
}

/* Could task management have ended what began at @since? */
static bool was_reset(const struct verify *v, long since)
{
	return v->resets || v->reset_end >= since;
}

/*
 * The first command after a reset gets a unit attention (SAM-5, 5.14) and is not
 * executed, however much later it comes: the others may all have waited meanwhile.
 */
static bool is_told_of_reset(const struct verify *v, struct io *io)
{
	return v->reset_end && io_status(io) == CHECK && io_sense(io) == 0x62903;
}

static bool is_too_late(const struct verify *v, struct io *io)
{
	return v->late && io_status(io) == CHECK &&
	       io_sense(io) == LU_COMM_FAILURE;
}

/*
 * 0, or -1: it has ended in a way that says nothing of the data. That is so for all
 * that task management may have ended, since the loopback fabric gives its initiator
 * GOOD for a command that was aborted.
 */
static int transfer(struct verify *v, struct verify_worker *self, int dir,
		    uint32_t block, uint32_t nr, uint8_t *buf)
{
	long since = now_ms();
	struct io io;

	memset(&io, 0, sizeof(io));
	io_cdb(&io, 10, dir, block);
	io.cdb[7] = nr >> 8;
	io.cdb[8] = nr;
	self->started++;
	io_start(&io, v->lun, dir, buf, nr * VERIFY_BLOCK);
	if (!io_wait(&io, LATE_MS)) {
		fail(self, "a command at %u did not end", block);
		return -1;
	}
	self->ended++;
	if (was_reset(v, since)) {
		self->torn++;
		return -1;
	}
	if (io_is_good(&io))
		return 0;
	if (is_told_of_reset(v, &io) || is_too_late(v, &io)) {
		self->torn++;
		return -1;
	}
	fail(self, "a command at %u ended with status %#x, sense %#x, host %#x after %ld ms",
	     block, io_status(&io), io_sense(&io), io.hdr.host_status,
	     now_ms() - since);
	return -1;
}

/* Reads, whatever is torn down meanwhile */
static void read_surely(struct verify *v, struct verify_worker *self,
			uint32_t block, uint32_t nr, uint8_t *buf)
{
	while (transfer(v, self, SG_IN, block, nr, buf) && !self->failed)
		sleep_ms(20);
}

/* What is there, but for writes from @first to @last that nobody knows about */
static void check(struct verify *v, struct verify_worker *self, uint32_t block,
		  uint32_t nr, uint8_t *buf, uint32_t first, uint32_t last)
{
	uint32_t i;
	int wrong;

	read_surely(v, self, block, nr, buf);
	for (i = 0; i < nr && !self->failed; i++) {
		const uint8_t *at = buf + i * VERIFY_BLOCK;
		uint32_t version = v->version[block + i];

		wrong = verify_wrong_word(at, block + i, version, first, last);
		if (wrong < 0)
			continue;
		fail(self, "block %u (%u of %u at %u), version %u, or %u to %u: word %d is wrong: %016"
		     PRIx64 ", the first %016" PRIx64 ", the last %016" PRIx64,
		     block + i, i, nr, block, version, first, last, wrong,
		     word_at(at, wrong), word_at(at, 0),
		     word_at(at, VERIFY_BLOCK / 8 - 1));
	}
}

/*
 * Until it is known to be done. Each try is another version, so that one that was
 * ended, and is done later all the same, is found.
 */
static void write_blocks(struct worker *w, uint32_t block, uint32_t nr,
			 uint8_t *buf)
{
	uint32_t first = w->writes + 1;
	uint32_t i;

	do {
		w->writes++;
		for (i = 0; i < nr; i++)
			verify_fill(buf + i * VERIFY_BLOCK, block + i,
				    w->writes);
		if (!transfer(w->v, w->self, SG_OUT, block, nr, buf))
			break;
		check(w->v, w->self, block, nr, buf, first, w->writes);
	} while (!w->self->failed);
	for (i = 0; i < nr; i++)
		w->v->version[block + i] = w->writes;
}

static void one(struct worker *w)
{
	static uint8_t buf[MAX_BLOCKS * VERIFY_BLOCK];
	uint32_t most = verify_random(&w->random, 4) ? 16 : MAX_BLOCKS;
	uint32_t nr = 1 + verify_random(&w->random, most);
	uint32_t block = w->first +
			 verify_random(&w->random, VERIFY_PART - nr + 1);

	if (verify_random(&w->random, 2))
		write_blocks(w, block, nr, buf);
	else
		check(w->v, w->self, block, nr, buf, 1, 0);
}

static void work(struct worker *w)
{
	test_forked();
	while (!w->v->stop && !w->self->failed) {
		w->self->paused = false;
		/* who pauses: pause, then who is paused */
		__sync_synchronize();
		if (!w->v->pause) {
			one(w);
			continue;
		}
		w->self->paused = true;
		sleep_ms(2);
	}
	w->self->paused = true;
}

struct verify *verify_start(struct lun *lun, uint32_t seed)
{
	struct verify *v;
	int i;

	v = mmap(NULL, sizeof(*v), PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT(v != MAP_FAILED);
	v->lun = lun;
	fflush(stdout);
	for (i = 0; i < VERIFY_WORKERS; i++) {
		struct worker w = { v, &v->workers[i], i * VERIFY_PART,
				    seed + 7919 * i, 0 };

		w.self->pid = fork();
		ASSERT(w.self->pid >= 0);
		if (w.self->pid)
			continue;
		work(&w);
		_exit(0);
	}
	return v;
}

static bool all_paused(const struct verify *v)
{
	int i;

	for (i = 0; i < VERIFY_WORKERS; i++)
		if (!v->workers[i].paused)
			return false;
	return true;
}

void verify_pause(struct verify *v)
{
	v->pause = true;
	__sync_synchronize();
	ASSERT(WAIT_FOR(LATE_MS + 10000, all_paused(v)));
}

void verify_go(struct verify *v)
{
	v->pause = false;
}

bool verify_all(struct verify *v)
{
	static uint8_t buf[MAX_BLOCKS * VERIFY_BLOCK];
	static struct verify_worker self;
	uint32_t block;

	for (block = 0; block < VERIFY_BLOCKS; block += MAX_BLOCKS)
		check(v, &self, block, MAX_BLOCKS, buf, 1, 0);
	if (self.failed)
		test_fail(__FILE__, __LINE__, "%s", self.why);
	return !self.failed;
}

bool verify_failed(struct verify *v)
{
	bool failed = false;
	int i;

	for (i = 0; i < VERIFY_WORKERS; i++) {
		if (!v->workers[i].failed)
			continue;
		test_fail(__FILE__, __LINE__, "worker %d: %s", i,
			  v->workers[i].why);
		failed = true;
	}
	return failed;
}

long verify_commands(const struct verify *v)
{
	long sum = 0;
	int i;

	for (i = 0; i < VERIFY_WORKERS; i++) {
		EXPECT_EQ(v->workers[i].started, v->workers[i].ended);
		sum += v->workers[i].ended;
	}
	return sum;
}

long verify_torn(const struct verify *v)
{
	long sum = 0;
	int i;

	for (i = 0; i < VERIFY_WORKERS; i++)
		sum += v->workers[i].torn;
	return sum;
}

void verify_end(struct verify *v)
{
	int i, status;

	v->stop = true;
	for (i = 0; i < VERIFY_WORKERS; i++) {
		if (!v->workers[i].pid)
			continue;
		if (waitpid(v->workers[i].pid, &status, 0) < 0 || status)
			test_fail(__FILE__, __LINE__, "worker %d died", i);
		v->workers[i].pid = 0;
	}
}
