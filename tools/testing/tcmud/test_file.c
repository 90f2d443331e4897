// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store file, by io_uring and by threads.
 */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <tcmuser.h>
#include <unistd.h>

static const char *const engines[] = { "io_uring", "threads" };

static u64 size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_size;
}

static u64 blocks_of(const char *path)
{
	struct stat st;

	return stat(path, &st) ? 0 : st.st_blocks;
}

static void check_data(const char *options)
{
	const char *path = rig_path("data");
	u64 state = 7, off, len;
	u8 *model = unit_alloc(4 * MIB), *buf = unit_alloc(MIB);
	int i;

	CHECK_EQ(rig_open(rig_config("file/%s?create=1&%s", path, options),
			  4 * MIB), 0);
	for (i = 0; i < 200; i++) {
		off = unit_random(&state) % (4 * MIB / 512) * 512;
		len = (unit_random(&state) % 512 + 1) * 512;
		len = off + len > 4 * MIB ? 4 * MIB - off : len;
		rig_fill(buf, len, i);
		switch (unit_random(&state) % 4) {
		case 0:
			CHECK_EQ(rig_do(IO_ZERO, off, len, NULL), 0);
			memset(model + off, 0, len);
			break;
		case 1:
			CHECK_EQ(rig_do(IO_DISCARD, off, len, NULL), 0);
			memset(model + off, 0, len);
			break;
		default:
			CHECK_EQ(rig_write(off, len, buf), 0);
			memcpy(model + off, buf, len);
		}
		CHECK_EQ(rig_read(off, len, buf), 0);
		CHECK(!memcmp(buf, model + off, len));
	}
	for (off = 0; off < 4 * MIB; off += MIB) {
		CHECK_EQ(rig_read(off, MIB, buf), 0);
		CHECK(!memcmp(buf, model + off, MIB));
	}
	rig_close();
}

TEST("what is written, zeroed and discarded is read again")
{
	check_data("engine=io_uring");
	check_data("engine=threads");
}

TEST("the same with sync=1")
{
	check_data("sync=1");
	check_data("sync=1&engine=threads");
}

/* Where the buffers do not lie as O_DIRECT wants them, either */
TEST("the same with direct=1, whatever the buffers")
{
	check_data("direct=1");
	check_data("direct=1&engine=threads");
}

TEST("a request of pieces that are odd and many is carried out whole")
{
	const char *path = rig_path("pieces");
	u8 *in = unit_alloc(64 * KIB), *out = unit_alloc(64 * KIB);
	struct iovec iov[2048];
	struct rig_call call = { .ask = { .op = IO_WRITE, .len = 64 * KIB } };
	int i, e;

	rig_fill(in, 64 * KIB, 5);
	for (e = 0; e < 4; e++) {
		CHECK_EQ(rig_open(rig_config("file/%s?create=1&engine=%s&direct=%d",
					     path, engines[e % 2], e / 2), MIB), 0);
		for (i = 0; i < 2048; i++) {
			iov[i].iov_base = in + 32 * i;
			iov[i].iov_len = 32;
		}
		call.ask.iov = iov;
		call.ask.cnt = 2048;
		call.ended = false;
		rig_start(&call);
		disk_submit(rig.disk, 0);
		rig_wait(&call);
		CHECK_EQ(call.result, 0);
		CHECK_EQ(rig_read(0, 64 * KIB, out), 0);
		CHECK(!memcmp(in, out, 64 * KIB));
		rig_close();
	}
}

TEST("more requests at once than a ring has places for")
{
	const char *path = rig_path("many");
	struct rig_call *calls = unit_alloc(1000 * sizeof(*calls));
	u8 *buf = unit_alloc(1000 * 512), *out = unit_alloc(1000 * 512);
	int i;

	rig_fill(buf, 1000 * 512, 8);
	CHECK_EQ(rig_open(rig_config("file/%s?create=1&depth=4", path), MIB), 0);
	for (i = 0; i < 1000; i++) {
		calls[i].iov[0].iov_base = buf + 512 * i;
		calls[i].iov[0].iov_len = 512;
		calls[i].ask = (struct disk_ask){
			.op = IO_WRITE, .off = 512 * i, .len = 512,
			.iov = calls[i].iov, .cnt = 1, .queue = i % 2,
		};
		rig_start(&calls[i]);
	}
	disk_submit(rig.disk, 0);
	disk_submit(rig.disk, 1);
	for (i = 0; i < 1000; i++) {
		rig_wait(&calls[i]);
		CHECK_EQ(calls[i].result, 0);
	}
	CHECK_EQ(rig_read(0, 1000 * 512, out), 0);
	CHECK(!memcmp(buf, out, 1000 * 512));
	rig_close();
}

TEST("writes with FUA, and flushes")
{
	const char *path = rig_path("fua");
	u8 *buf = unit_alloc(4 * KIB);
	struct rig_call call = {
		.ask = { .op = IO_WRITE, .fua = true, .len = 4 * KIB, .cnt = 1 },
		.iov = { { buf, 4 * KIB } },
	};
	int i;

	for (i = 0; i < 2; i++) {
		CHECK_EQ(rig_open(rig_config("file/%s?create=1&engine=%s", path,
					     engines[i]), MIB), 0);
		CHECK(disk_top(rig.disk)->features & TCMUSER_CAN_FUA);
		CHECK(disk_top(rig.disk)->features & TCMUSER_CAN_FLUSH);
		call.ask.iov = call.iov;
		call.ended = false;
		rig_start(&call);
		disk_submit(rig.disk, 0);
		rig_wait(&call);
		CHECK_EQ(call.result, 0);
		CHECK_EQ(rig_do(IO_FLUSH, 0, 0, NULL), 0);
		rig_close();
	}
}

TEST("with sync=1 there is no write cache")
{
	const char *path = rig_path("sync");

	CHECK_EQ(rig_open(rig_config("file/%s?create=1&sync=1", path), MIB), 0);
	CHECK(!(disk_top(rig.disk)->features & TCMUSER_CAN_FLUSH));
	rig_close();
}

TEST("discarding gives the file's blocks back")
{
	const char *path = rig_path("holes");
	u8 *buf = unit_alloc(MIB);

	rig_fill(buf, MIB, 1);
	CHECK_EQ(rig_open(rig_config("file/%s?create=1", path), MIB), 0);
	CHECK_EQ(blocks_of(path), 0);
	CHECK_EQ(rig_write(0, MIB, buf), 0);
	CHECK_EQ(rig_do(IO_FLUSH, 0, 0, NULL), 0);
	CHECK(blocks_of(path) >= MIB / 512);
	CHECK_EQ(rig_do(IO_DISCARD, 0, MIB, NULL), 0);
	CHECK(blocks_of(path) < 64);
	CHECK_EQ(size_of(path), MIB);
	rig_close();
}

/* ---- opening ------------------------------------------------------------- */

TEST("create=1 makes a file of the device's size, and takes one that is there")
{
	const char *path = rig_path("created");
	u8 *in = unit_alloc(512), *out = unit_alloc(512);

	rig_fill(in, 512, 2);
	CHECK_EQ(rig_open(rig_config("file/%s?create=1", path), 3 * MIB), 0);
	CHECK_EQ(size_of(path), 3 * MIB);
	CHECK_EQ(rig_write(512, 512, in), 0);
	rig_close();
	CHECK_EQ(rig_open(rig_config("file/%s?create=1", path), MIB), 0);
	CHECK_EQ(size_of(path), 3 * MIB);
	CHECK_EQ(rig_read(512, 512, out), 0);
	CHECK(!memcmp(in, out, 512));
	rig_close();
}

TEST("a file that is smaller than the device is refused, with both sizes")
{
	const char *path = rig_path("small");

	CHECK_EQ(close(creat(path, 0600)), 0);
	CHECK_EQ(truncate(path, 4096), 0);
	CHECK_EQ(rig_open(rig_config("file/%s", path), MIB), -EINVAL);
	CHECK(rig_has_said("has 4096 bytes, the device 1048576: 'truncate -s'"));
}

TEST("readonly opens a file that is not to be written to, and writes nothing")
{
	const char *path = rig_path("ro");
	u8 *buf = unit_alloc(512);

	CHECK_EQ(close(creat(path, 0400)), 0);
	CHECK_EQ(truncate(path, MIB), 0);
	CHECK_EQ(rig_open(rig_config("readonly//file/%s", path), MIB), 0);
	CHECK_EQ(rig_read(0, 512, buf), 0);
	CHECK_EQ(rig_write(0, 512, buf), -EROFS);
	rig_close();
}

TEST("blocks that direct=1 cannot do are refused, with those that it can")
{
	const char *path = rig_path("align");
	int ret;

	rig.shape.block_size = 128;
	ret = rig_open(rig_config("file/%s?create=1&direct=1", path), MIB);
	rig.shape.block_size = 512;
	CHECK_EQ(ret, -EINVAL);
	CHECK(rig_has_said("make it with hw_block_size="));
}

/* ---- sizes --------------------------------------------------------------- */

TEST("a file grows with the disk")
{
	const char *path = rig_path("grow");
	u8 *buf = unit_alloc(512);

	CHECK_EQ(rig_open(rig_config("file/%s?create=1", path), MIB), 0);
	CHECK_EQ(disk_resize(rig.disk, 2 * MIB), 0);
	CHECK_EQ(size_of(path), 2 * MIB);
	CHECK_EQ(rig_read(2 * MIB - 512, 512, buf), 0);
	rig_close();
}

TEST("a disk shrinks with shrink=1 only, and the file with it")
{
	const char *path = rig_path("shrink");

	CHECK_EQ(rig_open(rig_config("file/%s?create=1", path), 2 * MIB), 0);
	CHECK_EQ(disk_resize(rig.disk, MIB), -EINVAL);
	CHECK(rig_has_said("say shrink=1"));
	CHECK_EQ(size_of(path), 2 * MIB);
	rig_close();
	CHECK_EQ(rig_open(rig_config("file/%s?shrink=1", path), 2 * MIB), 0);
	CHECK_EQ(disk_resize(rig.disk, MIB), 0);
	CHECK_EQ(size_of(path), MIB);
	rig_close();
}

TEST("reading behind the end of a file that was cut is an error, and told once")
{
	const char *path = rig_path("cut");
	u8 *buf = unit_alloc(4 * KIB);
	int i;

	for (i = 0; i < 2; i++) {
		CHECK_EQ(rig_open(rig_config("file/%s?create=1&engine=%s", path,
					     engines[i]), MIB), 0);
		CHECK_EQ(truncate(path, 2 * KIB), 0);
		CHECK_EQ(rig_read(0, 4 * KIB, buf), -EIO);
		CHECK_EQ(rig_read(64 * KIB, 4 * KIB, buf), -EIO);
		CHECK_EQ(rig_read(0, 2 * KIB, buf), 0);
		CHECK(rig_has_said("has become shorter than the device"));
		/* what is written makes it longer again */
		CHECK_EQ(rig_write(64 * KIB, 4 * KIB, buf), 0);
		CHECK_EQ(rig_read(64 * KIB, 4 * KIB, buf), 0);
		rig_close();
		CHECK_EQ(truncate(path, MIB), 0);
	}
}

/* ---- no io_uring --------------------------------------------------------- */

/* This thread, and those that it makes, may not have one */
static int forbid_io_uring(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = ARRAY_SIZE(code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) ? -errno : 0;
}

struct forbidden {
	const char *path;
	int forbid;
	int open;
	int write;
	int insist;
};

static void *without_io_uring(void *arg)
{
	struct forbidden *to = arg;
	u8 buf[512] = {};

	to->forbid = forbid_io_uring();
	to->insist = rig_open(rig_config("file/%s?create=1&engine=io_uring",
					 to->path), MIB);
	to->open = rig_open(rig_config("file/%s?create=1", to->path), MIB);
	if (!to->open) {
		to->write = rig_write(0, 512, buf);
		rig_close();
	}
	return NULL;
}

TEST("where io_uring is forbidden threads do its work, unless it was asked for")
{
	struct forbidden to = { .path = rig_path("forbidden") };
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, without_io_uring, &to), 0);
	pthread_join(thread, NULL);
	CHECK_EQ(to.forbid, 0);
	CHECK_EQ(to.insist, -EPERM);
	CHECK_EQ(to.open, 0);
	CHECK_EQ(to.write, 0);
	CHECK(rig_has_said("threads do its work"));
}
