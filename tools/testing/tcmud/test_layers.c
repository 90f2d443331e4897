// SPDX-License-Identifier: GPL-2.0-only
/*
 * What filters do to requests, and the stores that are no files.
 */
#include "rig.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <tcmuser.h>
#include <unistd.h>

/* ---- ram and null -------------------------------------------------------- */

TEST("ram keeps what is written, and is zero where nothing was")
{
	u8 *in = unit_alloc(64 * KIB), *out = unit_alloc(64 * KIB);

	rig_fill(in, 64 * KIB, 1);
	CHECK_EQ(rig_open("ram/", 16 * MIB), 0);
	CHECK_EQ(rig_write(1536, 64 * KIB, in), 0);
	CHECK_EQ(rig_read(1536, 64 * KIB, out), 0);
	CHECK(!memcmp(in, out, 64 * KIB));
	CHECK_EQ(rig_read(8 * MIB, 64 * KIB, out), 0);
	CHECK(rig_is_zero(out, 64 * KIB));
	rig_close();
}

TEST("ram: what is discarded or zeroed is zero, to the byte")
{
	u8 *in = unit_alloc(64 * KIB), *out = unit_alloc(64 * KIB);
	int op;

	for (op = IO_DISCARD; op <= IO_ZERO; op++) {
		rig_fill(in, 64 * KIB, op);
		CHECK_EQ(rig_open("ram/", MIB), 0);
		CHECK_EQ(rig_write(0, 64 * KIB, in), 0);
		CHECK_EQ(rig_do(op, 1024, 33 * KIB, NULL), 0);
		CHECK_EQ(rig_do(op, 40 * KIB, 512, NULL), 0);
		memset(in + 1024, 0, 33 * KIB);
		memset(in + 40 * KIB, 0, 512);
		CHECK_EQ(rig_read(0, 64 * KIB, out), 0);
		CHECK(!memcmp(in, out, 64 * KIB));
		rig_close();
	}
}

TEST("ram grows and shrinks, and keeps what is left")
{
	u8 *in = unit_alloc(4 * KIB), *out = unit_alloc(4 * KIB);

	rig_fill(in, 4 * KIB, 3);
	CHECK_EQ(rig_open("ram/", MIB), 0);
	CHECK_EQ(rig_write(512 * KIB, 4 * KIB, in), 0);
	CHECK_EQ(rig_read(MIB, 4 * KIB, out), -EIO);
	CHECK_EQ(disk_resize(rig.disk, 64 * MIB), 0);
	CHECK_EQ(rig_read(63 * MIB, 4 * KIB, out), 0);
	CHECK_EQ(rig_read(512 * KIB, 4 * KIB, out), 0);
	CHECK(!memcmp(in, out, 4 * KIB));
	CHECK_EQ(disk_resize(rig.disk, 512 * KIB), 0);
	CHECK_EQ(rig_read(512 * KIB, 4 * KIB, out), -EIO);
	rig_close();
}

TEST("null reads zeroes and takes everything")
{
	u8 *buf = unit_alloc(4 * KIB);

	rig_fill(buf, 4 * KIB, 3);
	CHECK_EQ(rig_open("null/", MIB), 0);
	CHECK_EQ(rig_write(0, 4 * KIB, buf), 0);
	CHECK_EQ(rig_do(IO_DISCARD, 0, MIB, NULL), 0);
	CHECK_EQ(rig_do(IO_FLUSH, 0, 0, NULL), 0);
	CHECK_EQ(rig_read(0, 4 * KIB, buf), 0);
	CHECK(rig_is_zero(buf, 4 * KIB));
	rig_close();
}

/* ---- readonly ------------------------------------------------------------ */

TEST("readonly lets reads through, and nothing that writes")
{
	u8 *buf = unit_alloc(4 * KIB);

	CHECK_EQ(rig_open("readonly//ram/", MIB), 0);
	CHECK_EQ(rig_read(0, 4 * KIB, buf), 0);
	CHECK_EQ(rig_do(IO_FLUSH, 0, 0, NULL), 0);
	CHECK_EQ(rig_write(0, 4 * KIB, buf), -EROFS);
	CHECK_EQ(rig_do(IO_DISCARD, 0, 4 * KIB, NULL), -EROFS);
	CHECK_EQ(rig_do(IO_ZERO, 0, 4 * KIB, NULL), -EROFS);
	CHECK(disk_top(rig.disk)->features & TCMUSER_READ_ONLY);
	CHECK(!(disk_top(rig.disk)->features & TCMUSER_CAN_DISCARD));
	rig_close();
}

TEST("readonly counts within other filters, too")
{
	u8 *buf = unit_alloc(4 * KIB);

	CHECK_EQ(rig_open("log//readonly//delay/all=1us/ram/", MIB), 0);
	CHECK_EQ(rig_write(0, 4 * KIB, buf), -EROFS);
	CHECK(disk_top(rig.disk)->features & TCMUSER_READ_ONLY);
	rig_close();
}

/* ---- error --------------------------------------------------------------- */

TEST("error lets those fail that were named, by the error that was")
{
	u8 *buf = unit_alloc(4 * KIB);

	CHECK_EQ(rig_open("error/op=write+flush&errno=ENOSPC/ram/", MIB), 0);
	CHECK_EQ(rig_read(0, 4 * KIB, buf), 0);
	CHECK_EQ(rig_write(0, 4 * KIB, buf), -ENOSPC);
	CHECK_EQ(rig_do(IO_FLUSH, 0, 0, NULL), -ENOSPC);
	rig_close();
	CHECK_EQ(rig_open("error//ram/", MIB), 0);
	CHECK_EQ(rig_read(0, 4 * KIB, buf), -EIO);
	rig_close();
}

TEST("error spares some first, and ends after some")
{
	u8 *buf = unit_alloc(4 * KIB);
	int i, failed = 0;

	CHECK_EQ(rig_open("error/after=3&count=2/ram/", MIB), 0);
	for (i = 0; i < 10; i++) {
		if (rig_read(0, 512, buf)) {
			CHECK(i == 3 || i == 4);
			failed++;
		}
	}
	CHECK_EQ(failed, 2);
	rig_close();
}

TEST("error knows bad places of the disk")
{
	u8 *buf = unit_alloc(4 * KIB);

	CHECK_EQ(rig_open("error/from=64k&to=68k/ram/", MIB), 0);
	CHECK_EQ(rig_read(60 * KIB, 4 * KIB, buf), 0);
	CHECK_EQ(rig_read(68 * KIB, 4 * KIB, buf), 0);
	CHECK_EQ(rig_read(64 * KIB, 512, buf), -EIO);
	CHECK_EQ(rig_read(62 * KIB, 4 * KIB, buf), -EIO);
	CHECK_EQ(rig_read(67 * KIB, 4 * KIB, buf), -EIO);
	rig_close();
}

TEST("error hits about as many as its rate says")
{
	u8 *buf = unit_alloc(512);
	int i, failed = 0;

	CHECK_EQ(rig_open("error/rate=0.2/null/", MIB), 0);
	for (i = 0; i < 10000; i++)
		failed += rig_read(0, 512, buf) != 0;
	CHECK(failed > 1700 && failed < 2300);
	rig_close();
}

TEST("error gives sense data")
{
	u8 *buf = unit_alloc(512);
	struct rig_call call = {
		.ask = { .op = IO_READ, .len = 512, .cnt = 1 },
		.iov = { { buf, 512 } },
	};

	CHECK_EQ(rig_open("error/sense=3.11.01/null/", MIB), 0);
	call.ask.iov = call.iov;
	rig_start(&call);
	rig_wait(&call);
	CHECK(call.result < 0);
	CHECK_EQ(call.sense, 0x031101);
	disk_submit(rig.disk, 0);
	rig_close();
}

/* ---- delay --------------------------------------------------------------- */

static void init_read(struct rig_call *call, u8 *buf)
{
	memset(call, 0, sizeof(*call));
	call->ask.op = IO_READ;
	call->ask.len = 512;
	call->ask.cnt = 1;
	call->ask.iov = call->iov;
	call->iov[0].iov_base = buf;
	call->iov[0].iov_len = 512;
}

TEST("delay holds reads up, and what else was named, and no thread")
{
	struct rig_call calls[100];
	u8 *buf = unit_alloc(512);
	u64 begin = clock_now();
	int i;

	CHECK_EQ(rig_open("delay/read=50ms/ram/", MIB), 0);
	for (i = 0; i < 100; i++) {
		init_read(&calls[i], buf);
		rig_start(&calls[i]);
	}
	disk_submit(rig.disk, 0);
	CHECK_EQ(rig_write(0, 512, buf), 0);
	CHECK(clock_now() - begin < 40 * NS_PER_MS);
	for (i = 0; i < 100; i++) {
		rig_wait(&calls[i]);
		CHECK(calls[i].ns >= 50 * NS_PER_MS);
	}
	CHECK(clock_now() - begin < 2 * NS_PER_S);
	rig_close();
}

TEST("delay ends requests in the order of their times")
{
	struct rig_call calls[2];
	u8 *buf = unit_alloc(512);

	CHECK_EQ(rig_open("delay/read=300ms&all=10ms/null/", MIB), 0);
	init_read(&calls[0], buf);
	init_read(&calls[1], buf);
	calls[1].ask.op = IO_WRITE;
	rig_start(&calls[0]);
	rig_start(&calls[1]);
	rig_wait(&calls[1]);
	CHECK(!rig_ended(&calls[0]));
	rig_wait(&calls[0]);
	disk_submit(rig.disk, 0);
	rig_close();
}

TEST("delay adds up to its jitter")
{
	u8 *buf = unit_alloc(512);
	struct rig_call call;
	u64 least = UINT64_MAX, most = 0;
	int i;

	CHECK_EQ(rig_open("delay/jitter=20ms/null/", MIB), 0);
	for (i = 0; i < 30; i++) {
		init_read(&call, buf);
		rig_start(&call);
		rig_wait(&call);
		least = call.ns < least ? call.ns : least;
		most = call.ns > most ? call.ns : most;
	}
	disk_submit(rig.disk, 0);
	CHECK(least < 8 * NS_PER_MS);
	CHECK(most > 10 * NS_PER_MS);
	rig_close();
}

/* ---- log ----------------------------------------------------------------- */

TEST("log tells of a request what it was, and how it ended")
{
	u8 *buf = unit_alloc(4 * KIB);

	CHECK_EQ(rig_open("log//error/op=write&errno=ENOSPC/ram/", MIB), 0);
	CHECK_EQ(rig_read(8 * KIB, 4 * KIB, buf), 0);
	CHECK_EQ(rig_write(0, 512, buf), -ENOSPC);
	CHECK(rig_has_said("log: read off=8192 len=4096 queue=0"));
	CHECK(rig_has_said("ms: ok"));
	CHECK(rig_has_said("write off=0 len=512"));
	CHECK(rig_has_said("ENOSPC"));
	rig_close();
	CHECK(rig_has_said("read: 1 requests, 4096 bytes, 0 errors"));
	CHECK(rig_has_said("write: 1 requests, 512 bytes, 1 errors"));
}

TEST("log tells of slow ones only, and of errors only, if it is asked to")
{
	u8 *buf = unit_alloc(512);

	CHECK_EQ(rig_open("log/slow=20ms/delay/write=30ms/ram/", MIB), 0);
	CHECK_EQ(rig_read(0, 512, buf), 0);
	CHECK_EQ(rig_write(0, 512, buf), 0);
	CHECK(!rig_has_said("read off"));
	CHECK(rig_has_said("write off"));
	rig_close();
	CHECK_EQ(rig_open("log/errors=1/error/op=write/ram/", MIB), 0);
	CHECK_EQ(rig_read(0, 512, buf), 0);
	CHECK_EQ(rig_write(0, 512, buf), -EIO);
	CHECK(!rig_has_said("read off"));
	CHECK(rig_has_said("write off"));
	rig_close();
}

TEST("log says no more lines a second than it may, and how many it left out")
{
	u8 *buf = unit_alloc(512);
	char *at;
	int i, lines = 0;

	CHECK_EQ(rig_open("log/limit=5/null/", MIB), 0);
	for (i = 0; i < 200; i++)
		CHECK_EQ(rig_read(0, 512, buf), 0);
	for (at = rig.said; (at = strstr(at, "read off")); at++)
		lines++;
	/* a second may end in between */
	CHECK(lines >= 5 && lines <= 10);
	rig_close();
	CHECK(rig_has_said("lines were too many and left out"));
}

/* ---- stacks -------------------------------------------------------------- */

TEST("a request that is made as another one ends is not left lying")
{
	const char *path = rig_path("flush");
	u8 *buf = unit_alloc(512);
	static struct rig_call flush;

	CHECK_EQ(rig_open(rig_config("delay/all=1ms/file/%s?create=1", path), MIB),
		 0);
	memset(&flush, 0, sizeof(flush));
	flush.ask.op = IO_FLUSH;
	rig.on_end = NULL;
	CHECK_EQ(rig_write(0, 512, buf), 0);
	/* by the queue's thread, and nothing else submits */
	rig_start(&flush);
	disk_submit(rig.disk, 0);
	rig_wait(&flush);
	CHECK_EQ(flush.result, 0);
	rig_close();
}

static struct rig_call second;

static void start_second(struct rig_call *call)
{
	if (call == &second)
		return;
	second.ask.op = IO_FLUSH;
	rig_start(&second);
}

TEST("what the end of a request begins is started without anybody's submit")
{
	const char *path = rig_path("second");
	u8 *buf = unit_alloc(512);

	CHECK_EQ(rig_open(rig_config("file/%s?create=1", path), MIB), 0);
	memset(&second, 0, sizeof(second));
	rig.on_end = start_second;
	CHECK_EQ(rig_write(0, 512, buf), 0);
	rig_wait(&second);
	CHECK_EQ(second.result, 0);
	rig_close();
}

TEST("a config that cannot be opened leaves nothing open")
{
	CHECK_EQ(rig_open("delay/all=1ms/log//file//no/such/file", MIB), -ENOENT);
	CHECK(rig_has_said("file: /no/such/file: No such file or directory"));
}

/* ---- other configs ------------------------------------------------------- */

TEST("a disk gets another config, and goes on")
{
	u8 *buf = unit_alloc(512);

	CHECK_EQ(rig_open("ram/", MIB), 0);
	CHECK_EQ(disk_reconfig(rig.disk, "error/op=write/ram/"), 0);
	CHECK_EQ(rig_read(0, 512, buf), 0);
	CHECK_EQ(rig_write(0, 512, buf), -EIO);
	rig_close();
}

TEST("another config that cannot be opened changes nothing")
{
	const char *path = rig_path("kept");
	u8 *in = unit_alloc(512), *out = unit_alloc(512);

	rig_fill(in, 512, 9);
	CHECK_EQ(rig_open(rig_config("file/%s?create=1", path), MIB), 0);
	CHECK_EQ(rig_write(0, 512, in), 0);
	CHECK_EQ(disk_reconfig(rig.disk, "file//no/such/file"), -ENOENT);
	CHECK_EQ(disk_reconfig(rig.disk, "file/what?ever"), -EINVAL);
	CHECK_EQ(rig_read(0, 512, out), 0);
	CHECK(!memcmp(in, out, 512));
	rig_close();
}

TEST("another config cannot bring a write cache that nobody flushes")
{
	const char *path = rig_path("cache");
	u8 *buf = unit_alloc(512);

	CHECK_EQ(rig_open(rig_config("file/%s?create=1&sync=1", path), MIB), 0);
	CHECK_EQ(disk_reconfig(rig.disk, rig_config("file/%s", path)), -EINVAL);
	CHECK(rig_has_said("another kind of write cache"));
	CHECK_EQ(rig_write(0, 512, buf), 0);
	rig_close();
}
