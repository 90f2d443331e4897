// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store nbd, with a server that goes, comes back, says nothing, or changes.
 */
#include "nbdserver.h"
#include "rig.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <tcmuser.h>
#include <unistd.h>

#define ALL (NBDSERVER_FLUSH | NBDSERVER_FUA | NBDSERVER_TRIM | NBDSERVER_ZERO)
#define GET(at) __atomic_load_n(at, __ATOMIC_SEQ_CST)
#define SET(at, to) __atomic_store_n(at, to, __ATOMIC_SEQ_CST)

static struct nbdserver server;

static void start(u16 flags)
{
	memset(&server, 0, sizeof(server));
	server.path = rig_path("sock");
	server.size = 4 * MIB;
	server.data = unit_alloc(64 * MIB);
	server.flags = flags;
	CHECK_EQ(nbdserver_start(&server), 0);
}

void unit_tidy(void)
{
	if (rig.disk)
		rig_close();
	if (server.runs)
		nbdserver_stop(&server);
}

static int open_disk(const char *options)
{
	return rig_open(rig_config("nbd/%s?%s", server.path, options), 4 * MIB);
}

static void check_data(u64 size)
{
	u8 *in = unit_alloc(size), *out = unit_alloc(size);

	rig_fill(in, size, size);
	CHECK_EQ(rig_write(64 * KIB, size, in), 0);
	CHECK_EQ(rig_read(64 * KIB, size, out), 0);
	CHECK(!memcmp(in, out, size));
	CHECK(!memcmp(in, server.data + 64 * KIB, size));
}

TEST("what is written is at the server, and is read again")
{
	start(ALL);
	CHECK_EQ(open_disk(""), 0);
	check_data(512);
	check_data(MIB);
	CHECK_EQ(rig_do(IO_FLUSH, 0, 0, NULL), 0);
	CHECK_EQ(rig_do(IO_ZERO, 64 * KIB, 512 * KIB, NULL), 0);
	CHECK(rig_is_zero(server.data + 64 * KIB, 512 * KIB));
	CHECK_EQ(rig_do(IO_DISCARD, 0, 4 * MIB, NULL), 0);
	CHECK(rig_is_zero(server.data, 4 * MIB));
	rig_close();
	nbdserver_stop(&server);
}

TEST("a request of several pieces is one command")
{
	u8 *in = unit_alloc(8 * KIB), *out = unit_alloc(8 * KIB);
	struct rig_call call = {
		.iov = { { in, KIB }, { in + KIB, 512 },
			 { in + 4 * KIB, 2 * KIB }, { in + 2 * KIB, 512 } },
		.ask = { .op = IO_WRITE, .len = 4 * KIB, .cnt = 4 },
	};

	start(ALL);
	rig_fill(in, 8 * KIB, 1);
	CHECK_EQ(open_disk(""), 0);
	call.ask.iov = call.iov;
	rig_start(&call);
	disk_submit(rig.disk, 0);
	rig_wait(&call);
	CHECK_EQ(call.result, 0);
	CHECK_EQ(GET(&server.commands), 1);
	CHECK(!memcmp(server.data, in, 1536));
	CHECK(!memcmp(server.data + 1536, in + 4 * KIB, 2 * KIB));
	CHECK(!memcmp(server.data + 3584, in + 2 * KIB, 512));
	call.ask.op = IO_READ;
	call.ended = false;
	call.iov[2].iov_base = out + 4 * KIB;
	rig_start(&call);
	disk_submit(rig.disk, 0);
	rig_wait(&call);
	CHECK(!memcmp(out + 4 * KIB, in + 4 * KIB, 2 * KIB));
	rig_close();
	nbdserver_stop(&server);
}

TEST("a request that is larger than what servers take becomes several commands")
{
	u64 size = 40 * MIB;
	u8 *in = unit_alloc(size);

	start(ALL);
	server.size = 64 * MIB;
	rig_fill(in, size, 2);
	CHECK_EQ(rig_open(rig_config("nbd/%s", server.path), 64 * MIB), 0);
	CHECK_EQ(rig_write(MIB, size, in), 0);
	CHECK_EQ(GET(&server.commands), 2);
	CHECK(!memcmp(server.data + MIB, in, size));
	memset(in, 0, size);
	CHECK_EQ(rig_read(MIB, size, in), 0);
	CHECK(!memcmp(server.data + MIB, in, size));
	rig_close();
	nbdserver_stop(&server);
}

TEST("the disk can do what the server says that it can")
{
	u32 can;

	start(ALL);
	CHECK_EQ(open_disk(""), 0);
	can = disk_top(rig.disk)->features;
	CHECK_EQ(can, TCMUSER_CAN_FLUSH | TCMUSER_CAN_FUA |
		 TCMUSER_CAN_DISCARD | TCMUSER_CAN_ZERO | TCMUSER_FILLS);
	rig_close();
	nbdserver_stop(&server);
	start(NBDSERVER_READ_ONLY | ALL);
	CHECK_EQ(open_disk(""), 0);
	can = disk_top(rig.disk)->features;
	CHECK(can & TCMUSER_READ_ONLY);
	CHECK(!(can & TCMUSER_CAN_DISCARD));
	rig_close();
	nbdserver_stop(&server);
	start(0);
	CHECK_EQ(open_disk(""), 0);
	CHECK_EQ(disk_top(rig.disk)->features, TCMUSER_FILLS);
	rig_close();
	nbdserver_stop(&server);
}

TEST("FUA reaches the server")
{
	u8 *buf = unit_alloc(512);
	struct rig_call call = {
		.ask = { .op = IO_WRITE, .fua = true, .len = 512, .cnt = 1 },
		.iov = { { buf, 512 } },
	};

	start(ALL);
	CHECK_EQ(open_disk(""), 0);
	CHECK_EQ(rig_write(0, 512, buf), 0);
	CHECK_EQ(GET(&server.fua), 0);
	call.ask.iov = call.iov;
	rig_start(&call);
	disk_submit(rig.disk, 0);
	rig_wait(&call);
	CHECK_EQ(call.result, 0);
	CHECK_EQ(GET(&server.fua), 1);
	rig_close();
	nbdserver_stop(&server);
}

TEST("an error of the server is the request's, and the next one goes well")
{
	u8 *buf = unit_alloc(512);

	start(ALL);
	CHECK_EQ(open_disk(""), 0);
	SET(&server.fails, true);
	CHECK_EQ(rig_read(0, 512, buf), -EIO);
	CHECK_EQ(rig_write(0, 512, buf), -EIO);
	SET(&server.fails, false);
	CHECK_EQ(rig_read(0, 512, buf), 0);
	CHECK_EQ(GET(&server.connections), 1);
	rig_close();
	nbdserver_stop(&server);
}

/* ---- opening ------------------------------------------------------------- */

TEST("without a server there is no disk, and it is told why")
{
	const char *path = rig_path("nobody");

	CHECK(rig_open(rig_config("nbd/%s", path), MIB) < 0);
	CHECK(rig_has_said("No such file or directory"));
}

TEST("a server with a disk of another size is refused, with both sizes")
{
	start(ALL);
	CHECK_EQ(rig_open(rig_config("nbd/%s", server.path), MIB), -EINVAL);
	CHECK(rig_has_said("the server's disk has 4194304 bytes, the device 1048576"));
	CHECK(rig_has_said("dev_size=4194304"));
	WAIT_FOR(!GET(&server.open));
	nbdserver_stop(&server);
}

TEST("several connections are made where the server allows for it, and only there")
{
	start(ALL | NBDSERVER_MULTI);
	CHECK_EQ(open_disk("connections=3"), 0);
	CHECK_EQ(GET(&server.connections), 3);
	check_data(64 * KIB);
	rig_close();
	WAIT_FOR(!GET(&server.open));
	nbdserver_stop(&server);
	start(ALL);
	CHECK_EQ(open_disk("connections=3"), 0);
	CHECK_EQ(GET(&server.connections), 1);
	CHECK(rig_has_said("allows for one connection"));
	rig_close();
	nbdserver_stop(&server);
}

/* ---- connections that break ---------------------------------------------- */

static struct rig_call calls[64];

/* 64 writes, and none of them lost */
static void write_all(u8 *buf)
{
	int i;

	memset(calls, 0, sizeof(calls));
	for (i = 0; i < 64; i++) {
		calls[i].iov[0] = (struct iovec){ buf + 4096 * i, 4096 };
		calls[i].ask = (struct disk_ask){
			.op = IO_WRITE, .off = 4096 * i, .len = 4096, .cnt = 1,
			.iov = calls[i].iov, .queue = i % 2,
		};
		rig_start(&calls[i]);
	}
	disk_submit(rig.disk, 0);
	disk_submit(rig.disk, 1);
}

static void check_all(u8 *buf)
{
	int i;

	for (i = 0; i < 64; i++) {
		rig_wait(&calls[i]);
		CHECK_EQ(calls[i].result, 0);
	}
	CHECK(!memcmp(server.data, buf, 64 * 4096));
}

TEST("a connection that breaks again and again loses nothing")
{
	u8 *buf = unit_alloc(64 * 4096);

	start(ALL);
	rig_fill(buf, 64 * 4096, 4);
	CHECK_EQ(open_disk(""), 0);
	SET(&server.breaks_after, 30);
	write_all(buf);
	check_all(buf);
	CHECK(GET(&server.connections) >= 2);
	CHECK(rig_has_said("is lost"));
	CHECK(rig_has_said("is there again"));
	rig_close();
	nbdserver_stop(&server);
}

TEST("requests wait for a server that comes back")
{
	u8 *buf = unit_alloc(64 * 4096);
	int i;

	start(ALL);
	rig_fill(buf, 64 * 4096, 6);
	CHECK_EQ(open_disk("timeout=20s"), 0);
	nbdserver_stop(&server);
	write_all(buf);
	usleep(700000);
	for (i = 0; i < 64; i++)
		CHECK(!rig_ended(&calls[i]));
	CHECK_EQ(nbdserver_start(&server), 0);
	check_all(buf);
	rig_close();
	nbdserver_stop(&server);
}

TEST("requests that have waited too long fail, and later ones may go well")
{
	u8 *buf = unit_alloc(512);
	u64 begin;

	start(ALL);
	CHECK_EQ(open_disk("timeout=1s"), 0);
	nbdserver_stop(&server);
	begin = clock_now();
	CHECK_EQ(rig_read(0, 512, buf), -ENOTCONN);
	CHECK(clock_now() - begin >= NS_PER_S);
	CHECK(clock_now() - begin < 5 * NS_PER_S);
	CHECK_EQ(nbdserver_start(&server), 0);
	WAIT_FOR(rig_has_said("is there again"));
	CHECK_EQ(rig_read(0, 512, buf), 0);
	rig_close();
	nbdserver_stop(&server);
}

TEST("a server that does not answer is left, and asked again")
{
	u8 *buf = unit_alloc(64 * 4096);

	start(ALL);
	rig_fill(buf, 64 * 4096, 11);
	CHECK_EQ(open_disk("timeout=1s"), 0);
	SET(&server.mute, true);
	write_all(buf);
	WAIT_FOR(rig_has_said("is lost (the server does not answer)"));
	SET(&server.mute, false);
	check_all(buf);
	rig_close();
	nbdserver_stop(&server);
}

TEST("a server that comes back with a smaller disk is not taken")
{
	u8 *buf = unit_alloc(512);

	start(ALL);
	CHECK_EQ(open_disk("timeout=1s"), 0);
	nbdserver_stop(&server);
	server.size = MIB;
	CHECK_EQ(nbdserver_start(&server), 0);
	CHECK_EQ(rig_read(0, 512, buf), -ENOTCONN);
	CHECK(rig_has_said("the server's disk has 1048576 bytes now, not 4194304"));
	rig_close();
	nbdserver_stop(&server);
}

TEST("a disk that is closed while there is no server does not take long")
{
	u64 begin;

	start(ALL);
	CHECK_EQ(open_disk(""), 0);
	nbdserver_stop(&server);
	WAIT_FOR(rig_has_said("is lost"));
	begin = clock_now();
	rig_close();
	CHECK(clock_now() - begin < 2 * NS_PER_S);
}

/* ---- sizes --------------------------------------------------------------- */

TEST("a disk grows after the server's has, and not before")
{
	u8 *buf = unit_alloc(512);

	start(ALL);
	CHECK_EQ(open_disk(""), 0);
	CHECK_EQ(disk_resize(rig.disk, 8 * MIB), -EINVAL);
	CHECK(rig_has_said("the server's disk has 4194304 bytes: change it there"));
	SET(&server.size, 8 * MIB);
	CHECK_EQ(disk_resize(rig.disk, 8 * MIB), 0);
	CHECK_EQ(rig_write(8 * MIB - 512, 512, buf), 0);
	rig_close();
	nbdserver_stop(&server);
}

TEST("a disk goes over to another server while requests come")
{
	u8 *buf = unit_alloc(64 * 4096);

	start(ALL);
	CHECK_EQ(open_disk(""), 0);
	rig_fill(buf, 64 * 4096, 12);
	write_all(buf);
	CHECK_EQ(disk_reconfig(rig.disk, rig_config("delay/all=1ms/nbd/%s",
						    server.path)), 0);
	check_all(buf);
	CHECK_EQ(GET(&server.connections), 2);
	check_data(4096);
	rig_close();
	nbdserver_stop(&server);
}
