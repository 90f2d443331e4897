// SPDX-License-Identifier: GPL-2.0-only
/*
 * Blocking, resetting, and daemons that die.
 */
#include "files.h"
#include "harness.h"
#include "sg.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static struct lun lun;
static uint8_t buf[4096];

static void fetch(struct raw_entry *entry)
{
	ASSERT(raw_fetch(&lun.raw, entry, 5000, false));
}

TEST(a_blocked_device_is_busy)
{
	struct raw_entry entry;
	char state[32];
	struct io io;

	lun_up(&lun, NULL);
	io_timeout_ms = 500;
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "1"), 0);
	lun_get(&lun, "action/block_dev", state, sizeof(state));
	EXPECT(!strcmp(state, "blocked"));
	io_tur(&io, &lun);
	io_end(&io, 10000);
	EXPECT_EQ(io_status(&io), BUSY);
	EXPECT_EQ(io.hdr.sb_len_wr, 0);
	EXPECT(!raw_fetch(&lun.raw, &entry, 0, false));
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "0"), 0);
	io_tur(&io, &lun);
	fetch(&entry);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

TEST(no_entry_comes_after_the_write_that_blocks)
{
	enum { NR = 32 };
	static struct io io[NR];
	struct raw_entry entry;
	uint32_t head;
	int i, round;

	lun_up(&lun, NULL);
	for (round = 0; round < 10; round++) {
		for (i = 0; i < NR; i++)
			io_tur(&io[i], &lun);
		ASSERT_EQ(lun_set(&lun, "action/block_dev", "1"), 0);
		head = raw_head(&lun.raw);
		sleep_ms(20);
		EXPECT_EQ(raw_head(&lun.raw), head);
		while (raw_fetch(&lun.raw, &entry, 0, false))
			raw_good(&lun.raw, 0);
		ASSERT_EQ(lun_set(&lun, "action/block_dev", "0"), 0);
		raw_serve(&lun.raw);
		for (i = 0; i < NR; i++)
			io_end(&io[i], 10000);
		raw_serve_end(&lun.raw);
	}
}

TEST(blocking_takes_the_answers_that_are_there)
{
	struct raw_entry entry;
	struct io io;

	lun_up(&lun, NULL);
	io_tur(&io, &lun);
	fetch(&entry);
	raw_answer(&lun.raw, &(struct raw_answer){ 0 });
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "1"), 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

static void reset_with(const char *level, struct io *io)
{
	struct raw_entry entry;

	lun_up(&lun, NULL);
	io_timeout_ms = 500;
	io_rw(io, &lun, 10, SG_IN, 0, buf, sizeof(buf));
	fetch(&entry);
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "1"), 0);
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", level), 0);
	EXPECT_EQ(raw_head(&lun.raw), 0);
	EXPECT_EQ(raw_tail(&lun.raw), 0);
	io_end(io, 5000);
	lun_set(&lun, "action/block_dev", "0");
	lun.raw.next = 0;
	lun.raw.tail = 0;
}

TEST(reset_1_ends_commands_with_busy)
{
	struct io io;

	reset_with("1", &io);
	EXPECT_EQ(io_status(&io), BUSY);
}

TEST(reset_2_ends_commands_with_an_error)
{
	struct raw_entry entry;
	struct io io;

	reset_with("2", &io);
	EXPECT_EQ(io_status(&io), CHECK);
	EXPECT_EQ(io_sense(&io), LU_COMM_FAILURE);
	io_tur(&io, &lun);
	fetch(&entry);
	EXPECT_EQ(entry.pos, 0);
	EXPECT_EQ(entry.id, 1);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

TEST(actions_want_an_enabled_device_and_good_values)
{
	static const char * const bad_reset[] = { "0", "3", "x", "" };
	size_t i;

	lun_create(&lun, "dev_config=raw//test");
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "1"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", "1"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "1"), -EINVAL);
	ASSERT_EQ(lun_enable(&lun), 0);
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "2"), -EINVAL);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(lun_set(&lun, "action/reset_ring", bad_reset[i]),
			  -EINVAL);
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", "1"), 0);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "0"), -EINVAL);
	EXPECT_EQ(lun_set(&lun, "action/free_kept_buf", "65536"), -ERANGE);
}

/* A daemon of its own process that takes one command and is killed with it */
static void daemon_that_dies(void)
{
	struct raw_entry entry;
	struct raw raw;
	int pipefd[2];
	char c;
	pid_t pid;

	ASSERT_EQ(pipe(pipefd), 0);
	pid = fork();
	if (!pid) {
		if (raw_open(&raw, lun.uio) ||
		    !raw_fetch(&raw, &entry, 5000, false))
			_exit(1);
		if (write(pipefd[1], "x", 1) != 1)
			_exit(1);
		pause();
	}
	ASSERT_EQ(read(pipefd[0], &c, 1), 1);
	kill(pid, SIGKILL);
	ASSERT_EQ(waitpid(pid, NULL, 0), pid);
}

TEST(a_new_daemon_goes_on_where_a_killed_one_stopped)
{
	static uint8_t out[4096], in[4096];
	struct raw_entry entry;
	struct io io[3];
	int i;

	lun_up(&lun, NULL);
	raw_close(&lun.raw);
	for (i = 0; i < 3; i++) {
		memset(out, 0x40 + i, sizeof(out));
		io_rw(&io[i], &lun, 10, SG_OUT, i, out, sizeof(out));
	}
	daemon_that_dies();
	ASSERT(WAIT_FOR(5000, !raw_open(&lun.raw, lun.uio)));
	for (i = 0; i < 3; i++) {
		fetch(&entry);
		EXPECT_EQ(entry.cdb[5], i);
		raw_gather(&lun.raw, &entry, in, sizeof(in));
		EXPECT_EQ(in[0], 0x40 + i);
		EXPECT_EQ(in[4095], 0x40 + i);
		raw_good(&lun.raw, 0);
		io_end(&io[i], 5000);
		EXPECT(io_is_good(&io[i]));
	}
}

TEST(a_new_daemon_may_start_from_a_reset_ring)
{
	struct raw_entry entry;
	struct io io;

	lun_up(&lun, NULL);
	raw_close(&lun.raw);
	io_tur(&io, &lun);
	daemon_that_dies();
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "1"), 0);
	EXPECT_EQ(lun_set(&lun, "action/reset_ring", "1"), 0);
	ASSERT(WAIT_FOR(5000, !raw_open(&lun.raw, lun.uio)));
	EXPECT_EQ(lun_set(&lun, "action/block_dev", "0"), 0);
	/* the initiator tries BUSY again */
	fetch(&entry);
	EXPECT_EQ(entry.pos, 0);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

TEST(commands_wait_for_a_daemon_that_comes_later)
{
	struct raw_entry entry;
	struct io io;

	lun_up(&lun, NULL);
	raw_close(&lun.raw);
	io_tur(&io, &lun);
	EXPECT(!io_wait(&io, 300));
	ASSERT_EQ(raw_open(&lun.raw, lun.uio), 0);
	fetch(&entry);
	raw_good(&lun.raw, 0);
	io_end(&io, 5000);
	EXPECT(io_is_good(&io));
}

TEST(a_mapping_outlives_its_device)
{
	struct pollfd pfd;
	uint32_t val;

	lun_up(&lun, NULL);
	lun_unlink(&lun);
	EXPECT_EQ(lun_remove(&lun), 0);
	EXPECT(raw_mailbox_ok(&lun.raw));
	raw_set_u32(&lun.raw, 1048576, 0x12345678);
	EXPECT_EQ(raw_u32(&lun.raw, 1048576), 0x12345678);
	EXPECT_EQ(read(lun.raw.fd, &val, 4), -1);
	EXPECT_EQ(errno, EIO);
	EXPECT_EQ(write(lun.raw.fd, &val, 4), -1);
	EXPECT_EQ(errno, EINVAL);
	pfd = (struct pollfd){ .fd = lun.raw.fd, .events = POLLIN };
	EXPECT_EQ(poll(&pfd, 1, 0), 1);
	EXPECT(pfd.revents & POLLERR);
}

TEST(a_device_goes_without_its_daemon)
{
	lun_up(&lun, NULL);
	raw_close(&lun.raw);
	lun_unlink(&lun);
	EXPECT_EQ(lun_remove(&lun), 0);
}

TEST(a_device_goes_under_a_stopped_daemon)
{
	struct raw raw;
	long from;
	pid_t pid;

	lun_up(&lun, NULL);
	lun_unlink(&lun);
	raw_close(&lun.raw);
	pid = fork();
	if (!pid) {
		raw_open(&raw, lun.uio);
		raise(SIGSTOP);
		_exit(!raw_mailbox_ok(&raw));
	}
	ASSERT_EQ(waitpid(pid, NULL, WUNTRACED), pid);
	from = now_ms();
	EXPECT_EQ(lun_remove(&lun), 0);
	EXPECT(now_ms() - from < 5000);
	kill(pid, SIGCONT);
	ASSERT_EQ(waitpid(pid, (int[]){ 0 }, 0), pid);
}

TEST(a_device_that_a_lun_refers_to_stays)
{
	lun_up(&lun, NULL);
	EXPECT_EQ(rmdir(lun.dir), -1);
	EXPECT(errno == EBUSY || errno == ENOTEMPTY);
}
