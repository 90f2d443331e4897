// SPDX-License-Identifier: GPL-2.0-only
/*
 * A daemon's system calls, by several threads at once, rightly and wrongly; and what
 * can be done with its mapping and its file.
 */
#include "files.h"
#include "guard.h"
#include "harness.h"
#include "hostile.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE	4096ul

static void call_write(struct dice *dice, int fd)
{
	static const int lens[] = { 4, 4, 4, 4, 0, 1, 3, 5, 8, 4096 };
	static uint8_t any[4096];

	if (write(fd, any, lens[dice_below(dice, 10)]) < 0)
		return;
}

static void call_read(struct dice *dice, int fd)
{
	static const int lens[] = { 4, 4, 4, 4, 0, 1, 3, 5, 8, 4096 };
	uint8_t any[4096];

	if (read(fd, any, lens[dice_below(dice, 10)]) < 0)
		return;
}

static void call_any(struct dice *dice, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = dice_next(dice) & 0x7fff };
	struct iovec iov[2] = { { &pfd, 2 }, { &pfd, 2 } };
	uint32_t any = dice_next(dice);

	switch (dice_below(dice, 8)) {
	case 0:
		poll(&pfd, 1, dice_below(dice, 4));
		break;
	case 1:
		ioctl(fd, dice_edge(dice, 32), &any);
		break;
	case 2:
		lseek(fd, dice_edge(dice, 64), dice_below(dice, 5));
		break;
	case 3:
		fcntl(fd, F_SETFL, O_NONBLOCK | (any & 1 ? O_ASYNC : 0));
		break;
	case 4:
		if (pwrite(fd, &any, 4, dice_edge(dice, 63)) < 0)
			break;
		break;
	case 5:
		if (writev(fd, iov, 2) < 0)
			break;
		break;
	case 6:
		fsync(fd);
		break;
	default:
		/* from memory that is not there */
		if (write(fd, (void *)dice_edge(dice, 64), 4) < 0)
			break;
	}
}

void *hostile_call(void *arg)
{
	struct hostile_one *one = arg;
	struct hostile *h = one->hostile;
	struct dice dice;
	uint64_t step;

	signal(SIGIO, SIG_IGN);
	for (step = 0; !h->stop; step++) {
		dice = dice_at(h->seed, BY_CALLS + one->nr, step);
		pthread_rwlock_rdlock(&h->attached);
		switch (dice_below(&dice, 3)) {
		case 0:
			call_write(&dice, h->lun->raw.fd);
			break;
		case 1:
			call_read(&dice, h->lun->raw.fd);
			break;
		default:
			call_any(&dice, h->lun->raw.fd);
		}
		pthread_rwlock_unlock(&h->attached);
		hostile_count(&h->calls);
		usleep(2000 + dice_below(&dice, 10000));
	}
	return NULL;
}

/* ---- a second mapping ------------------------------------------------------ */

struct view {
	struct hostile *hostile;
	struct dice dice;
	int fd;
	uint8_t *map;
	size_t len;
};

static size_t some_page(struct view *v)
{
	uint32_t nr = v->len / PAGE;

	/* the ring, the first of the area, anything */
	switch (dice_below(&v->dice, 4)) {
	case 0:
		return dice_below(&v->dice, 64) * PAGE;
	case 1:
		return v->hostile->lun->raw.ring_size / PAGE * PAGE + PAGE +
		       dice_below(&v->dice, 64) * PAGE;
	default:
		return dice_below(&v->dice, nr) * PAGE;
	}
}

/* From a page on, to the end at most */
static size_t some_len(struct view *v, size_t off)
{
	size_t len = (1 + dice_below(&v->dice, 64)) * PAGE;

	return len < v->len - off ? len : v->len - off;
}

/* Data only: what answers mean is for others to spoil */
static void touch(struct view *v, int times)
{
	size_t off;
	uint64_t val;

	while (times--) {
		off = some_page(v);
		guard_load(&val, v->map + off, sizeof(val));
		if (off >= v->hostile->lun->raw.ring_size)
			guard_store(v->map + off, &v->dice, sizeof(val));
	}
}

static void change(struct view *v)
{
	static const int advice[] = { MADV_DONTNEED, MADV_WILLNEED,
		MADV_DONTFORK, MADV_REMOVE, MADV_FREE, MADV_COLD, MADV_PAGEOUT,
		MADV_HUGEPAGE, MADV_POPULATE_READ, MADV_POPULATE_WRITE };
	size_t off = some_page(v), len = some_len(v, off);

	switch (dice_below(&v->dice, 6)) {
	case 0:
		munmap(v->map + off, len);
		break;
	case 1:
		mprotect(v->map + off, len, dice_below(&v->dice, 8));
		break;
	case 2:
		madvise(v->map + off, len, advice[dice_below(&v->dice, 10)]);
		break;
	case 3:
		msync(v->map + off, len, MS_SYNC);
		break;
	case 4:
		/* longer, or elsewhere */
		mremap(v->map + off, len, len + PAGE, 0);
		break;
	default:
		mlock(v->map + off, len);
	}
}

static void end_child(struct view *v, pid_t pid)
{
	if (dice_one_in(&v->dice, 2))
		kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void fork_one(struct view *v)
{
	pid_t pid = fork();

	if (!pid) {
		touch(v, 4);
		change(v);
		call_write(&v->dice, v->fd);
		_exit(0);
	}
	if (pid > 0)
		end_child(v, pid);
}

static void send_fd(int to, int fd)
{
	char byte = 0, control[CMSG_SPACE(sizeof(fd))] = { 0 };
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	sendmsg(to, &msg, 0);
}

static int receive_fd(int from)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	int fd;

	if (recvmsg(from, &msg, 0) < 0 || !CMSG_FIRSTHDR(&msg))
		return -1;
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Another process maps and writes, or the file is left inside of a socket */
static void pass_fd(struct view *v)
{
	bool take = dice_one_in(&v->dice, 2);
	pid_t pid = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair))
		return;
	send_fd(pair[0], v->fd);
	if (take)
		pid = fork();
	if (!pid) {
		v->fd = receive_fd(pair[1]);
		v->map = mmap(NULL, v->len, PROT_READ | PROT_WRITE, MAP_SHARED,
			      v->fd, 0);
		if (v->map != MAP_FAILED)
			touch(v, 8);
		call_write(&v->dice, v->fd);
		_exit(0);
	}
	close(pair[0]);
	close(pair[1]);
	if (pid > 0)
		end_child(v, pid);
}

/* The kernel reads and writes there by itself */
static void lend(struct view *v)
{
	size_t off = some_page(v);
	struct iovec local = { v->map + off, PAGE };
	struct iovec remote = { v->map + some_page(v), PAGE };
	int pipes[2];

	if (off < v->hostile->lun->raw.ring_size || pipe(pipes))
		return;
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	fcntl(pipes[1], F_SETFL, O_NONBLOCK);
	if (vmsplice(pipes[1], &local, 1, SPLICE_F_NONBLOCK) >= 0)
		madvise(v->map + off, PAGE, MADV_DONTNEED);
	if (dice_one_in(&v->dice, 2) &&
	    read(pipes[0], v->map + off, PAGE) < 0)
		goto out;
	process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
out:
	close(pipes[0]);
	close(pipes[1]);
}

static void odd_mmap(struct view *v)
{
	static const int flags[] = { MAP_SHARED, MAP_PRIVATE,
		MAP_SHARED | MAP_POPULATE, MAP_PRIVATE | MAP_POPULATE };
	size_t len = v->len, off = 0;
	uint8_t *map;

	if (dice_one_in(&v->dice, 2))
		len = (1 + dice_below(&v->dice, 8192)) * PAGE;
	if (dice_one_in(&v->dice, 2))
		off = dice_edge(&v->dice, 44) * PAGE;
	map = mmap(NULL, len, dice_below(&v->dice, 8),
		   flags[dice_below(&v->dice, 4)], v->fd, off);
	if (map == MAP_FAILED)
		return;
	guard_store(map + v->len - PAGE, &v->dice, 8);
	guard_store(map + v->hostile->lun->raw.ring_size + 128, &v->dice, 8);
	munmap(map, len);
}

static void open_again(struct view *v)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/uio%d", v->hostile->lun->uio);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd >= 0)
		close(fd);
}

static void play(struct view *v)
{
	static void (*const games[])(struct view *v) = {
		change, change, fork_one, pass_fd, lend, lend, odd_mmap,
		odd_mmap, open_again,
	};
	int n = 1 + dice_below(&v->dice, 3);

	touch(v, 8);
	while (n--)
		games[dice_below(&v->dice, ARRAY_SIZE(games))](v);
}

/* In a process of its own, so that a hole in the mapping is nobody else's room */
static void map_once(struct hostile *h, struct dice dice)
{
	struct view v = { .hostile = h, .dice = dice, .fd = h->lun->raw.fd,
			  .len = h->lun->raw.map_len };
	pid_t pid = fork();

	if (pid) {
		waitpid(pid, NULL, 0);
		return;
	}
	v.map = mmap(NULL, v.len, PROT_READ | PROT_WRITE, MAP_SHARED, v.fd, 0);
	if (v.map != MAP_FAILED)
		play(&v);
	_exit(0);
}

void *hostile_map(void *arg)
{
	struct hostile *h = arg;
	uint64_t step;

	for (step = 0; !h->stop; step++) {
		pthread_rwlock_rdlock(&h->attached);
		map_once(h, dice_at(h->seed, BY_MAPPING, step));
		pthread_rwlock_unlock(&h->attached);
		hostile_count(&h->mappings);
		sleep_ms(50);
	}
	return NULL;
}
