// SPDX-License-Identifier: GPL-2.0-only
/*
 * COMPARE AND WRITE by many threads at once: a counter on the disk that loses no
 * step, whoever completes the callbacks.
 */
#include "fake.h"

#define BLOCK 512
#define THREADS 8
#define ROUNDS 200
#define BURST 20000

static unsigned int stepped;

/* What the disk says, without asking the command that is to be raced */
static uint32_t look(void)
{
	return __atomic_load_n((uint32_t *)fake.ram, __ATOMIC_RELAXED);
}

/*
 * The callbacks of a test that races must not race in memory themselves: the lock
 * of the library is to be what keeps them apart. TSAN sees when it does not.
 */
static void make_step(uint8_t *buf, uint32_t from)
{
	uint32_t to = from + 1;

	memset(buf, 0, 2 * BLOCK);
	memcpy(buf, &from, sizeof(from));
	memcpy(buf + BLOCK, &to, sizeof(to));
}

static void compare_cdb(uint8_t *to)
{
	memset(to, 0, 16);
	to[0] = 0x89;
	to[13] = 1;
}

/* Guesses: most of them fail, by the others' */
static void *guess(void *arg)
{
	uint8_t buf[2 * BLOCK], mine[16];
	unsigned int i;

	compare_cdb(mine);
	for (i = 0; i < ROUNDS; i++) {
		make_step(buf, __atomic_load_n(&stepped, __ATOMIC_RELAXED));
		cmd_start(fake_cmd(mine, buf, sizeof(buf)));
	}
	return NULL;
}

static int (*ram_write)(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
			size_t len, uint64_t off);

static int count_write(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		       size_t len, uint64_t off)
{
	__atomic_fetch_add(&stepped, 1, __ATOMIC_RELAXED);
	return ram_write(cmd, iov, cnt, len, off);
}

static void race(enum fake_mode mode)
{
	pthread_t threads[THREADS];
	unsigned int i;

	fake_open(BLOCK, 8, mode);
	memset(fake.ram, 0, BLOCK);
	ram_write = fake.handler.write;
	fake.handler.write = count_write;
	stepped = 0;
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, guess, NULL);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	fake_wait(THREADS * ROUNDS);
	CHECK(!fake.lies);
	CHECK(stepped > 0);
	CHECK_EQ(look(), stepped);
	fake_close();
}

TEST("no step of a counter is lost, when callbacks return")
{
	race(FAKE_SYNC);
}

TEST("no step of a counter is lost, when callbacks complete by themselves")
{
	race(FAKE_INSIDE);
}

TEST("no step of a counter is lost, when another thread completes")
{
	race(FAKE_THREAD);
}

/* A command whose read is held back, so that all that come later wait for it */
static struct tcmuser_cmd *held;

static int hold_first(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		      size_t len, uint64_t off)
{
	tcmuser_iov_put(iov, cnt, 0, fake.ram + off, len);
	if (held)
		return 0;
	held = cmd;
	return TCMUSER_PENDING;
}

TEST("those that wait are run in turn by the thread that ends the first, in no depth")
{
	uint8_t buf[2 * BLOCK], mine[16];
	unsigned int i;

	fake_open(BLOCK, 8, FAKE_SYNC);
	memset(fake.ram, 0, BLOCK);
	held = NULL;
	fake.handler.read = hold_first;
	compare_cdb(mine);
	for (i = 0; i < BURST; i++) {
		make_step(buf, i);
		cmd_start(fake_cmd(mine, buf, sizeof(buf)));
	}
	CHECK_EQ(answer.answers, 0);
	tcmuser_cmd_complete(held, 0);
	CHECK_EQ(answer.answers, BURST);
	CHECK_EQ(look(), BURST);
	fake_close();
}
