// SPDX-License-Identifier: GPL-2.0-only
/*
 * rawd: a disk in memory, served by the raw ABI, that misbehaves on demand.
 *
 *	rawd [option...] UIO MIB
 *
 * UIO is the N of /dev/uioN, MIB the size of the disk. Options:
 *
 *	--delay MS	answer each command that much later
 *	--drop N	never answer every Nth read or write
 *	--reorder	answer what is there in reverse order
 *	--die N		kill -9 itself with the Nth read or write in hand
 *	--lie N		answer the Nth read or write with an id that is not there
 *	--file PATH	keep the disk in a file, so that a next rawd has it
 *	--tmr		say what a task management entry says, and go on
 *	--io		as for I/O mode: know its four commands, say what each
 *			CDB is, and exit with status 4 at any other
 *
 * SIGUSR1 stops answering, SIGUSR2 goes on. Like coreos/go-tcmu it reads
 * hard-coded offsets and exits with status 3 at an opcode other than PAD and
 * CMD (without --tmr). A new one goes on at the tail of the last one.
 */
#include "files.h"
#include "raw.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define BLOCK		512
#define MAX_BATCH	1024

static struct raw raw;
static uint8_t *disk;
static uint64_t disk_len;
static volatile sig_atomic_t hangs;
static unsigned long nr_rw;
static struct {
	long delay, drop, die, lie;
	int reorder, tmr, io;
	const char *file;
} opt;

static uint64_t get_be(const uint8_t *from, int len)
{
	uint64_t val = 0;

	while (len--)
		val = val << 8 | *from++;
	return val;
}

static void put_be(uint8_t *to, uint64_t val, int len)
{
	while (len--) {
		to[len] = val;
		val >>= 8;
	}
}

/* Copy between the command's buffer and @mem, at most @len bytes */
static void copy(const struct raw_entry *entry, uint8_t *mem, size_t len,
		 bool to_buffer)
{
	uint32_t i;
	size_t n;

	for (i = 0; i < entry->iov_cnt && len; i++) {
		uint8_t *at = raw.map + raw_iov_base(entry, i);

		n = raw_iov_len(entry, i);
		n = n < len ? n : len;
		if (to_buffer)
			memcpy(at, mem, n);
		else
			memcpy(mem, at, n);
		mem += n;
		len -= n;
	}
}

static int refuse(uint8_t *sense, int key, int asc)
{
	memset(sense, 0, 96);
	sense[0] = 0x70;
	sense[2] = key;
	sense[7] = 10;
	sense[12] = asc;
	return 2;
}

static int inquiry(const struct raw_entry *entry, uint8_t *sense)
{
	uint8_t data[96] = { [2] = 5, [3] = 2, [4] = 91, [7] = 2 };
	const uint8_t *cdb = entry->cdb;

	memcpy(data + 8, "TCMU    rawd            0001", 28);
	if (cdb[1] & 1) {
		memset(data, 0, sizeof(data));
		data[1] = cdb[2];
		if (cdb[2] == 0x00)
			memcpy(data + 3, "\x02\x00\x80", 3);
		else if (cdb[2] == 0x80)
			memcpy(data + 3, "\x04rawd", 5);
		else
			return refuse(sense, 5, 0x24);
	}
	copy(entry, data, sizeof(data), true);
	return 0;
}

static int read_capacity(const struct raw_entry *entry, bool is_16)
{
	uint64_t last = disk_len / BLOCK - 1;
	uint8_t data[32] = { 0 };

	put_be(data, last, is_16 ? 8 : 4);
	put_be(data + (is_16 ? 8 : 4), BLOCK, 4);
	copy(entry, data, is_16 ? 32 : 8, true);
	return 0;
}

static int mode_sense(const struct raw_entry *entry, bool is_10)
{
	uint8_t data[8] = { 0 };

	if (is_10)
		data[1] = 6;
	else
		data[0] = 3;
	copy(entry, data, is_10 ? 8 : 4, true);
	return 0;
}

/* Called for each read and write: what is to go wrong with this one? */
static bool misbehave(void)
{
	nr_rw++;
	if (opt.die && nr_rw == (unsigned long)opt.die)
		raise(SIGKILL);
	return opt.drop && nr_rw % opt.drop == 0;
}

static int read_write(const struct raw_entry *entry, uint8_t *sense)
{
	const uint8_t *cdb = entry->cdb;
	uint64_t lba, blocks;

	switch (cdb[0] >> 5) {
	case 0:
		lba = get_be(cdb + 1, 3) & 0x1fffff;
		blocks = cdb[4] ? cdb[4] : 256;
		break;
	case 1:
		lba = get_be(cdb + 2, 4);
		blocks = get_be(cdb + 7, 2);
		break;
	case 4:
		lba = get_be(cdb + 2, 8);
		blocks = get_be(cdb + 10, 4);
		break;
	default:
		lba = get_be(cdb + 2, 4);
		blocks = get_be(cdb + 6, 4);
	}
	if (lba > disk_len / BLOCK || blocks > disk_len / BLOCK - lba)
		return refuse(sense, 5, 0x21);
	copy(entry, disk + lba * BLOCK, blocks * BLOCK, !(cdb[0] & 2));
	return 0;
}

/* WRITE SAME(16): a block again and again, or with UNMAP and NDOB zeroes */
static int write_same(const struct raw_entry *entry, uint8_t *sense)
{
	uint64_t lba = get_be(entry->cdb + 2, 8);
	uint64_t blocks = get_be(entry->cdb + 10, 4);
	uint8_t block[BLOCK] = { 0 };

	if (lba > disk_len / BLOCK || blocks > disk_len / BLOCK - lba)
		return refuse(sense, 5, 0x21);
	if (!(entry->cdb[1] & 1))
		copy(entry, block, BLOCK, false);
	for (; blocks; blocks--, lba++)
		memcpy(disk + lba * BLOCK, block, BLOCK);
	return 0;
}

static int execute_io(const struct raw_entry *entry, uint8_t *sense)
{
	int i;

	for (i = 0; i < 16; i++)
		printf("%s%02x", i ? " " : "", entry->cdb[i]);
	printf("\n");
	switch (entry->cdb[0]) {
	case 0x88: case 0x8a:
		return misbehave() ? -1 : read_write(entry, sense);
	case 0x91:	/* SYNCHRONIZE CACHE */
		return 0;
	case 0x93:
		return write_same(entry, sense);
	default:
		fprintf(stderr, "rawd: opcode %#x\n", entry->cdb[0]);
		exit(4);
	}
}

/* Status of a command, or -1 if it gets no answer */
static int execute(const struct raw_entry *entry, uint8_t *sense)
{
	switch (entry->cdb[0]) {
	case 0x00:	/* TEST UNIT READY */
	case 0x1b:	/* START STOP UNIT */
	case 0x35:	/* SYNCHRONIZE CACHE */
	case 0x91:
		return 0;
	case 0x12:
		return inquiry(entry, sense);
	case 0x25:
		return read_capacity(entry, false);
	case 0x9e:
		if ((entry->cdb[1] & 0x1f) == 0x10)
			return read_capacity(entry, true);
		return refuse(sense, 5, 0x20);
	case 0x1a:
		return mode_sense(entry, false);
	case 0x5a:
		return mode_sense(entry, true);
	case 0x08: case 0x28: case 0xa8: case 0x88:	/* READ */
	case 0x0a: case 0x2a: case 0xaa: case 0x8a:	/* WRITE */
		return misbehave() ? -1 : read_write(entry, sense);
	default:
		return refuse(sense, 5, 0x20);
	}
}

static void answer(const struct raw_entry *entry)
{
	uint8_t sense[96];
	struct raw_answer how = { .id = entry->id };
	int status = opt.io ? execute_io(entry, sense) : execute(entry, sense);

	if (opt.delay)
		sleep_ms(opt.delay);
	if (status < 0)
		return;
	how.status = status;
	how.sense = status ? sense : NULL;
	if (opt.lie && nr_rw == (unsigned long)opt.lie)
		how.id = 0xfffe;
	raw_answer(&raw, &how);
}

static void say_tmr(const struct raw_entry *entry)
{
	uint32_t i, nr;
	uint16_t id;

	memcpy(&nr, entry->at + 12, sizeof(nr));
	printf("tmr type %u, %u commands:", entry->at[8], nr);
	for (i = 0; i < nr; i++) {
		memcpy(&id, entry->at + 32 + 2 * i, sizeof(id));
		printf(" %u", id);
	}
	printf("\n");
	fflush(stdout);
}

/* Everything that is in the ring; returns how many commands that was */
static int fetch_all(struct raw_entry *batch)
{
	int nr = 0;

	while (nr < MAX_BATCH && raw_fetch(&raw, &batch[nr], 0, false)) {
		if (batch[nr].op == RAW_CMD) {
			nr++;
		} else if (opt.tmr) {
			say_tmr(&batch[nr]);
		} else {
			fprintf(stderr, "rawd: opcode %d\n", batch[nr].op);
			exit(3);
		}
	}
	return nr;
}

/*
 * Answers go into the slots at the tail, which may be those of other commands:
 * each is copied out before the first answer.
 */
static void serve(void)
{
	static struct raw_entry batch[MAX_BATCH];
	static uint8_t slots[MAX_BATCH][4096];
	struct pollfd pfd = { .fd = raw.fd, .events = POLLIN };
	uint32_t count;
	int nr, i;

	for (;;) {
		nr = hangs ? 0 : fetch_all(batch);
		for (i = 0; i < nr; i++) {
			memcpy(slots[i], batch[i].at, batch[i].len < 4096 ?
			       batch[i].len : 4096);
			batch[i].cdb = slots[i] + (batch[i].cdb - batch[i].at);
			batch[i].at = slots[i];
		}
		for (i = 0; i < nr; i++)
			answer(&batch[opt.reorder ? nr - 1 - i : i]);
		if (nr && raw_kick(&raw))
			return;
		if (poll(&pfd, 1, 200) == 1 &&
		    (pfd.revents != POLLIN || read(raw.fd, &count, 4) != 4))
			return;
	}
}

static void on_signal(int sig)
{
	hangs = sig == SIGUSR1;
}

static void make_disk(long mib)
{
	int fd = -1;

	disk_len = (uint64_t)mib << 20;
	if (opt.file) {
		fd = open(opt.file, O_RDWR | O_CREAT, 0600);
		if (fd < 0 || ftruncate(fd, disk_len)) {
			perror(opt.file);
			exit(1);
		}
	}
	disk = mmap(NULL, disk_len, PROT_READ | PROT_WRITE,
		    fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED, fd, 0);
	if (disk == MAP_FAILED) {
		perror("rawd: disk");
		exit(1);
	}
}

static void parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "delay", required_argument, NULL, 'd' },
		{ "drop", required_argument, NULL, 'n' },
		{ "die", required_argument, NULL, 'k' },
		{ "lie", required_argument, NULL, 'l' },
		{ "file", required_argument, NULL, 'f' },
		{ "reorder", no_argument, &opt.reorder, 1 },
		{ "tmr", no_argument, &opt.tmr, 1 },
		{ "io", no_argument, &opt.io, 1 },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (c) {
		case 'd':
			opt.delay = atol(optarg);
			break;
		case 'n':
			opt.drop = atol(optarg);
			break;
		case 'k':
			opt.die = atol(optarg);
			break;
		case 'l':
			opt.lie = atol(optarg);
			break;
		case 'f':
			opt.file = optarg;
			break;
		case 0:
			break;
		default:
			exit(2);
		}
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: rawd [option...] UIO MIB\n");
		exit(2);
	}
}

int main(int argc, char **argv)
{
	int ret;

	parse(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	make_disk(atol(argv[optind + 1]));
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	ret = raw_open(&raw, atoi(argv[optind]));
	if (ret) {
		fprintf(stderr, "rawd: /dev/uio%s: %s\n", argv[optind],
			strerror(-ret));
		return 1;
	}
	serve();
	return 0;
}
