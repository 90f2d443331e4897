// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way of a command through its callbacks: who goes on, how deep the stack
 * gets, and what programs may do that they should not.
 */
#include "fake.h"

#include <errno.h>
#include <pthread.h>

#define BLOCK 512
#define BLOCKS 4096

static uint8_t buf[BLOCKS * BLOCK];

static void *verify_all(void *arg)
{
	/* a callback for each block: 40 000 of them */
	fake.dev.disk.max_transfer = BLOCK;
	fake_cdb16(0x8f, 0, 0, 40000);
	fake_run(NULL, NULL, 0);
	return NULL;
}

TEST("callbacks that complete by themselves make the stack no deeper")
{
	pthread_attr_t attr;
	pthread_t thread;

	fake_open_huge(BLOCK, 40000);
	fake.mode = FAKE_INSIDE;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 << 10);
	CHECK_EQ(pthread_create(&thread, &attr, verify_all, NULL), 0);
	pthread_join(thread, NULL);
	pthread_attr_destroy(&attr);
	CHECK_GOOD();
	CHECK_EQ(fake.reads, 40000);
	fake_close();
}

static int cdb_result;
static unsigned int cdb_calls;

static int own_cdb(struct tcmuser_cmd *cmd)
{
	size_t len;

	cdb_calls++;
	if (tcmuser_cmd_cdb(cmd, &len)[0] != 0xc0)
		return TCMUSER_NOT_HANDLED;
	if (cdb_result == TCMUSER_SENSE)
		return tcmuser_cmd_sense(cmd, 0xb, 0x1234);
	return cdb_result;
}

TEST("the cdb callback sees all commands, and leaves what it likes to the library")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake.handler.cdb = own_cdb;
	cdb_calls = 0;
	fake_cdb10(0x28, 0, 1, 1);
	CHECK_EQ(fake_status(buf, BLOCK), 0);
	CHECK(!memcmp(buf, fake.ram + BLOCK, BLOCK));
	fake_cdb10(0xc0, 0, 0, 0);
	cdb_result = 0;
	CHECK_EQ(fake_status(NULL, 0), 0);
	CHECK_EQ(fake.callbacks, 0);
	cdb_result = TCMUSER_SENSE;
	CHECK_EQ(fake_sense(NULL, 0), SENSE(0xb, 0x1234));
	cdb_result = -EBUSY;
	CHECK_EQ(fake_status(NULL, 0), STATUS_BUSY);
	CHECK_EQ(cdb_calls, 4);
	fake_close();
}

static int answer_data(struct tcmuser_cmd *cmd)
{
	const struct iovec *iov;
	size_t len;
	int cnt;

	iov = tcmuser_cmd_iov(cmd, &cnt, &len);
	tcmuser_iov_put(iov, cnt, 0, "hello", 5);
	tcmuser_cmd_set_priv(cmd, &cnt);
	if (tcmuser_cmd_priv(cmd) != &cnt || tcmuser_cmd_flags(cmd))
		return -EINVAL;
	/* more than there is room for counts as that */
	tcmuser_cmd_set_read_len(cmd, len > 5 ? 5 : 100);
	return 0;
}

TEST("the cdb callback may fill the buffer, and say how much of it is valid")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake.handler.cdb = answer_data;
	fake_cdb10(0xc0, 0, 0, 0);
	CHECK_EQ(fake_status(buf, 10), 0);
	CHECK(!memcmp(buf, "hello", 5));
	CHECK_EQ(answer.read_len, 5);
	CHECK_EQ(fake_status(buf, 3), 0);
	CHECK_EQ(answer.read_len, 3);
	fake_close();
}

static int later(struct tcmuser_cmd *cmd)
{
	tcmuser_cmd_complete(cmd, TCMUSER_NOT_HANDLED);
	return TCMUSER_PENDING;
}

TEST("a cdb callback may say so later that it does not handle a command")
{
	fake_open(BLOCK, BLOCKS, FAKE_THREAD);
	fake.handler.cdb = later;
	fake_cdb10(0x28, 0, 1, 1);
	CHECK_EQ(fake_status(buf, BLOCK), 0);
	CHECK(!memcmp(buf, fake.ram + BLOCK, BLOCK));
	fake_close();
}

static int odd_result;

static int odd_read(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		    size_t len, uint64_t off)
{
	if (odd_result != TCMUSER_PENDING)
		return odd_result;
	tcmuser_cmd_complete(cmd, TCMUSER_PENDING);
	return TCMUSER_PENDING;
}

TEST("results that make no sense are errors, and end the command")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake.handler.read = odd_read;
	fake_cdb10(0x28, 0, 1, 1);
	odd_result = 77;
	CHECK_EQ(fake_sense(buf, BLOCK), SENSE(3, 0x1100));
	odd_result = TCMUSER_PENDING;
	CHECK_EQ(fake_sense(buf, BLOCK), SENSE(3, 0x1100));
	odd_result = TCMUSER_NOT_HANDLED;
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_OPCODE);
	fake_close();
}

static int completes_and_returns(struct tcmuser_cmd *cmd, const struct iovec *iov,
				 int cnt, size_t len, uint64_t off)
{
	tcmuser_cmd_complete(cmd, -EIO);
	return 0;
}

TEST("a callback that completes and returns a result ends the command once")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake.handler.read = completes_and_returns;
	fake_cdb10(0x28, 0, 1, 1);
	CHECK_EQ(fake_status(buf, BLOCK), 0);
	fake_close();
}

TEST("a handler without read or write refuses them, and is a disk otherwise")
{
	fake_open(BLOCK, BLOCKS, FAKE_SYNC);
	fake.handler.read = NULL;
	fake.handler.write = NULL;
	fake_cdb10(0x28, 0, 1, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_OPCODE);
	fake_cdb10(0x2a, 0, 1, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_OPCODE);
	fake_cdb6(0x00, 0, 0, 0);
	CHECK_EQ(fake_status(NULL, 0), 0);
	fake_close();
}
