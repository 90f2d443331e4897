// SPDX-License-Identifier: GPL-2.0-only
/*
 * The shared memory as a daemon finds it: mailbox, mapping, entries.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define DATA_OFF	0x800000

static struct lun lun;

TEST(mailbox_has_version_2_and_the_known_flags)
{
	lun_up(&lun, NULL);
	EXPECT(raw_mailbox_ok(&lun.raw));
	EXPECT_EQ(raw_u32(&lun.raw, 4), 128);
	EXPECT_EQ(raw_u32(&lun.raw, 8), 8 * 1048576 - 128);
	EXPECT_EQ(raw_head(&lun.raw), raw_tail(&lun.raw));
}

TEST(mapping_has_ring_and_area)
{
	lun_up(&lun, "max_data_area_mb=16,cmd_ring_size_mb=2");
	EXPECT_EQ(lun.raw.map_len, 18 * 1048576);
	EXPECT_EQ(lun.raw.ring_size, 2 * 1048576 - 128);
}

static int try_mmap(size_t len, off_t off)
{
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
			 lun.raw.fd, off);

	if (map == MAP_FAILED)
		return -errno;
	munmap(map, len);
	return 0;
}

TEST(mmap_takes_exactly_the_whole_map)
{
	lun_up(&lun, NULL);
	EXPECT_EQ(try_mmap(lun.raw.map_len, 0), 0);
	EXPECT_EQ(try_mmap(lun.raw.map_len - 4096, 0), -EINVAL);
	EXPECT_EQ(try_mmap(lun.raw.map_len + 4096, 0), -EINVAL);
	EXPECT_EQ(try_mmap(lun.raw.map_len, 4096), -EINVAL);
}

TEST(second_open_is_busy_until_the_first_is_closed)
{
	struct raw other;

	lun_up(&lun, NULL);
	EXPECT_EQ(raw_open(&other, lun.uio), -EBUSY);
	raw_close(&lun.raw);
	EXPECT_EQ(raw_open(&lun.raw, lun.uio), 0);
}

TEST(reads_and_writes_of_the_file_have_four_bytes)
{
	char buf[8] = "";

	lun_up(&lun, NULL);
	EXPECT_EQ(write(lun.raw.fd, buf, 4), 4);
	EXPECT_EQ(write(lun.raw.fd, buf, 8), -1);
	EXPECT_EQ(errno, EINVAL);
	EXPECT_EQ(read(lun.raw.fd, buf, 8), -1);
	EXPECT_EQ(errno, EINVAL);
	while (read(lun.raw.fd, buf, 4) == 4)
		;
	EXPECT_EQ(errno, EAGAIN);
}

TEST(a_command_signals_the_file)
{
	struct pollfd pfd;
	struct raw_entry entry;
	struct io io;
	char buf[4];

	lun_up(&lun, NULL);
	while (read(lun.raw.fd, buf, 4) == 4)
		;
	pfd = (struct pollfd){ .fd = lun.raw.fd, .events = POLLIN };
	EXPECT_EQ(poll(&pfd, 1, 0), 0);
	io_tur(&io, &lun);
	EXPECT_EQ(poll(&pfd, 1, 5000), 1);
	EXPECT_EQ(pfd.revents, POLLIN);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
}

TEST(entry_of_a_command_without_data)
{
	struct raw_entry entry;
	struct io io;

	lun_up(&lun, NULL);
	io_tur(&io, &lun);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.op, RAW_CMD);
	EXPECT_EQ(entry.len, 120);
	EXPECT_EQ(entry.id, 1);
	EXPECT_EQ(entry.kflags, 0);
	EXPECT_EQ(entry.uflags, 0);
	EXPECT_EQ(entry.iov_cnt, 0);
	EXPECT_EQ(entry.bidi_cnt, 0);
	EXPECT_EQ(entry.dif_cnt, 0);
	EXPECT_EQ(entry.cdb_off, 128 + entry.pos + 112);
	EXPECT(!memcmp(entry.cdb, "\0\0\0\0\0\0\0\0", 8));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

TEST(entry_of_a_write)
{
	static uint8_t out[6 * 4096], in[6 * 4096];
	struct raw_entry entry;
	struct io io;
	size_t i;

	lun_up(&lun, NULL);
	for (i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + i / 4096;
	io_rw(&io, &lun, 10, SG_OUT, 0x123456, out, 5 * 4096 + 512);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.len, 128);
	EXPECT_EQ(entry.iov_cnt, 1);
	EXPECT_EQ(raw_iov_base(&entry, 0), DATA_OFF);
	EXPECT_EQ(raw_iov_len(&entry, 0), 5 * 4096 + 512);
	EXPECT(!memcmp(entry.cdb, io.cdb, 10));
	EXPECT_EQ(raw_gather(&lun.raw, &entry, in, sizeof(in)),
		  5 * 4096 + 512);
	EXPECT(!memcmp(in, out, 5 * 4096 + 512));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
	EXPECT_EQ(io.hdr.resid, 0);
}

TEST(entry_of_a_read)
{
	static uint8_t in[3 * 4096];
	struct raw_entry entry;
	struct io io;
	size_t i;

	lun_up(&lun, NULL);
	io_rw(&io, &lun, 16, SG_IN, 7, in, sizeof(in));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.len, 128);
	EXPECT_EQ(entry.iov_cnt, 1);
	EXPECT_EQ(raw_iov_len(&entry, 0), sizeof(in));
	EXPECT(!memcmp(entry.cdb, io.cdb, 16));
	raw_fill(&lun.raw, &entry, 0x5a);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	for (i = 0; i < sizeof(in) && in[i] == 0x5a; i++)
		;
	EXPECT_EQ(i, sizeof(in));
}

TEST(ids_are_the_lowest_free_ones)
{
	struct raw_entry entry;
	struct io io[3];
	int i;

	lun_up(&lun, NULL);
	for (i = 0; i < 3; i++) {
		io_tur(&io[i], &lun);
		ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
		EXPECT_EQ(entry.id, i + 1);
	}
	/* 2 ends first, in the first slot */
	raw_good(&lun.raw, 2);
	io_end(&io[1], 5000);
	io_tur(&io[1], &lun);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.id, 2);
	raw_good(&lun.raw, 1);
	raw_good(&lun.raw, 3);
	raw_good(&lun.raw, 2);
	for (i = 0; i < 3; i++)
		io_end(&io[i], 5000);
	/* not the one that was given back last */
	io_tur(&io[0], &lun);
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT_EQ(entry.id, 1);
	raw_good(&lun.raw, 1);
	io_end(&io[0], 5000);
}

static sigjmp_buf jump;

static void on_bus(int sig)
{
	siglongjmp(jump, 1);
}

static bool is_mapped(size_t off)
{
	bool mapped = false;

	signal(SIGBUS, on_bus);
	if (!sigsetjmp(jump, 1)) {
		*(volatile uint8_t *)(lun.raw.map + off);
		mapped = true;
	}
	signal(SIGBUS, SIG_DFL);
	return mapped;
}

TEST(area_outside_of_commands_raises_sigbus)
{
	struct raw_entry entry;
	uint8_t buf[4096];
	struct io io;

	lun_up(&lun, NULL);
	EXPECT(is_mapped(0));
	EXPECT(is_mapped(DATA_OFF - 1));
	EXPECT(!is_mapped(lun.raw.map_len - 1));
	io_rw(&io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	ASSERT(raw_fetch(&lun.raw, &entry, 5000, false));
	EXPECT(is_mapped(raw_iov_base(&entry, 0) + 4095));
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
}

TEST(children_share_the_mapping)
{
	lun_up(&lun, NULL);
	if (!fork())
		_exit(raw_mailbox_ok(&lun.raw) ? 0 : 1);
	ASSERT(WAIT_FOR(5000, waitpid(-1, NULL, WNOHANG) > 0));
	EXPECT_EQ(munmap(lun.raw.map + 4096, 4096), 0);
	EXPECT_EQ(raw_u32(&lun.raw, 4), 128);
}
