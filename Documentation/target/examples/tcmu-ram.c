// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * tcmu-ram: a RAM disk, as the smallest complete daemon for target_core_user.
 * Documentation/target/tcmu.rst explains it piece by piece.
 *
 *	gcc -O2 -o tcmu-ram tcmu-ram.c
 *	./tcmu-ram 0/ram	serves /sys/kernel/config/target/core/user_0/ram
 */

/* With it <fcntl.h> defines struct iovec, and <linux/uio.h> does so again */
#undef _GNU_SOURCE

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/target_core_user.h>

#define CORE_DIR	"/sys/kernel/config/target/core"
#define UIO_DIR		"/sys/class/uio"

enum { GOOD = 0x00, CHECK_CONDITION = 0x02 };
enum { ILLEGAL_REQUEST = 0x05 };
enum {
	BAD_OPCODE = 0x2000,	/* additional sense code and qualifier */
	BAD_LBA = 0x2100,
	BAD_CDB = 0x2400,
};

struct disk {
	int fd;			/* of the UIO device */
	char *map;
	struct tcmu_mailbox *mbox;
	uint32_t next;		/* ring offset of the entry to do next */
	char *mem;
	uint32_t block_size;
	uint64_t nr_blocks;
};

/* A command that is being worked on */
struct request {
	const uint8_t *cdb;
	const struct iovec *iov;
	uint32_t iov_cnt;
	uint32_t done;		/* bytes of the data buffer dealt with */
	uint8_t status;
	uint16_t asc;		/* with CHECK_CONDITION */
};

static uint64_t get_be(const uint8_t *p, int len)
{
	uint64_t val = 0;

	while (len--)
		val = val << 8 | *p++;
	return val;
}

static void put_be(uint8_t *p, int len, uint64_t val)
{
	while (len--) {
		p[len] = val;
		val >>= 8;
	}
}

static void fail(struct request *req, uint16_t asc)
{
	req->status = CHECK_CONDITION;
	req->asc = asc;
}

/* [data] */
/* Copy between @mem and the command's data buffer, as far as that goes */
static void transfer(struct disk *disk, struct request *req, char *mem,
		     uint64_t len, bool to_initiator)
{
	uint64_t n;
	uint32_t i;
	char *data;

	for (i = 0; i < req->iov_cnt && len; i++) {
		data = disk->map + (uintptr_t)req->iov[i].iov_base;
		n = req->iov[i].iov_len < len ? req->iov[i].iov_len : len;
		if (to_initiator)
			memcpy(data, mem, n);
		else
			memcpy(mem, data, n);
		mem += n;
		len -= n;
		req->done += n;
	}
}

/* [end data] */
/* Answer with a few bytes, no more than the CDB allows for */
static void reply(struct disk *disk, struct request *req, void *buf,
		  uint64_t len, uint64_t allowed)
{
	transfer(disk, req, buf, len < allowed ? len : allowed, true);
}

/* [commands] */
static void do_rw(struct disk *disk, struct request *req, uint64_t lba,
		  uint64_t count, bool is_read)
{
	if (lba > disk->nr_blocks || count > disk->nr_blocks - lba) {
		fail(req, BAD_LBA);
		return;
	}
	transfer(disk, req, disk->mem + lba * disk->block_size,
		 count * disk->block_size, is_read);
}

static void do_inquiry(struct disk *disk, struct request *req)
{
	uint8_t buf[64] = { 0 };
	uint32_t len = 36;

	if (req->cdb[1] & 1) {		/* a page of vital product data */
		buf[1] = req->cdb[2];
		switch (req->cdb[2]) {
		case 0x00:
			len = 7;
			memcpy(buf + 4, "\x00\x80\x83", 3);
			break;
		case 0x80:
			len = 4 + 8;
			memcpy(buf + 4, "TCMU-RAM", 8);
			break;
		case 0x83:		/* T10 vendor identification, ASCII */
			len = 8 + 16;
			memcpy(buf + 4, "\2\1\0\020EXAMPLE RAM DISK", 20);
			break;
		default:
			fail(req, BAD_CDB);
			return;
		}
		put_be(buf + 2, 2, len - 4);
	} else {
		buf[2] = 0x05;		/* SPC-3 */
		buf[3] = 0x02;
		buf[4] = len - 5;
		buf[7] = 0x02;		/* command queuing */
		memcpy(buf + 8, "EXAMPLE RAM DISK        1.0 ", 28);
	}
	reply(disk, req, buf, len, get_be(req->cdb + 3, 2));
}

static void do_read_capacity(struct disk *disk, struct request *req, bool big)
{
	uint64_t last = disk->nr_blocks - 1;
	uint8_t buf[32] = { 0 };

	if (!big) {
		put_be(buf, 4, last > UINT32_MAX ? UINT32_MAX : last);
		put_be(buf + 4, 4, disk->block_size);
		reply(disk, req, buf, 8, 8);
		return;
	}
	put_be(buf, 8, last);
	put_be(buf + 8, 4, disk->block_size);
	reply(disk, req, buf, sizeof(buf), get_be(req->cdb + 10, 4));
}

/* A header and no pages: there is no cache, and nothing else to tell */
static void do_mode_sense(struct disk *disk, struct request *req, bool ten)
{
	uint8_t buf[8] = { 0 };

	if (ten) {
		buf[1] = sizeof(buf) - 2;
		reply(disk, req, buf, sizeof(buf), get_be(req->cdb + 7, 2));
	} else {
		buf[0] = 4 - 1;
		reply(disk, req, buf, 4, req->cdb[4]);
	}
}

static void do_command(struct disk *disk, struct request *req)
{
	const uint8_t *cdb = req->cdb;
	bool is_read = !(cdb[0] & 2);

	switch (cdb[0]) {
	case 0x00:			/* TEST UNIT READY */
	case 0x1b:			/* START STOP UNIT */
	case 0x35:			/* SYNCHRONIZE CACHE (10), (16) */
	case 0x91:
		break;
	case 0x08:			/* READ and WRITE (6) */
	case 0x0a:
		do_rw(disk, req, get_be(cdb + 1, 3) & 0x1fffff,
		      cdb[4] ? cdb[4] : 256, is_read);
		break;
	case 0x28:			/* (10) */
	case 0x2a:
		do_rw(disk, req, get_be(cdb + 2, 4), get_be(cdb + 7, 2),
		      is_read);
		break;
	case 0xa8:			/* (12) */
	case 0xaa:
		do_rw(disk, req, get_be(cdb + 2, 4), get_be(cdb + 6, 4),
		      is_read);
		break;
	case 0x88:			/* (16) */
	case 0x8a:
		do_rw(disk, req, get_be(cdb + 2, 8), get_be(cdb + 10, 4),
		      is_read);
		break;
	case 0x12:
		do_inquiry(disk, req);
		break;
	case 0x1a:
	case 0x5a:
		do_mode_sense(disk, req, cdb[0] == 0x5a);
		break;
	case 0x25:
		do_read_capacity(disk, req, false);
		break;
	case 0x9e:			/* SERVICE ACTION IN (16) */
		if ((cdb[1] & 0x1f) == 0x10)
			do_read_capacity(disk, req, true);
		else
			fail(req, BAD_CDB);
		break;
	default:
		fail(req, BAD_OPCODE);
	}
}

/* [answer] */
/* The answer goes where the request was: nothing of that is read any more */
static void put_answer(struct disk *disk, struct tcmu_cmd_entry *entry,
		       const struct request *req)
{
	uint8_t *sense = (uint8_t *)entry->rsp.sense_buffer;

	entry->rsp.scsi_status = req->status;
	if (req->status == CHECK_CONDITION) {
		memset(sense, 0, TCMU_SENSE_BUFFERSIZE);
		sense[0] = 0x70;	/* current error, fixed format */
		sense[2] = ILLEGAL_REQUEST;
		sense[7] = 10;
		put_be(sense + 12, 2, req->asc);
	} else if (req->done &&
		   (disk->mbox->flags & TCMU_MAILBOX_FLAG_CAP_READ_LEN)) {
		entry->rsp.read_len = req->done;
		entry->hdr.uflags |= TCMU_UFLAG_READ_LEN;
	}
}

static void do_entry(struct disk *disk, struct tcmu_cmd_entry *entry)
{
	struct request req = {
		.cdb = (uint8_t *)disk->map + entry->req.cdb_off,
		.iov = (void *)((char *)entry +
				offsetof(struct tcmu_cmd_entry, req.iov)),
		.iov_cnt = entry->req.iov_cnt,
	};

	do_command(disk, &req);
	put_answer(disk, entry, &req);
}

/* [ring] */
/* Do what is in the ring; returns whether the kernel has to be told */
static bool drain(struct disk *disk)
{
	struct tcmu_mailbox *mbox = disk->mbox;
	struct tcmu_cmd_entry *entry;
	bool news = false;
	uint32_t head;

	head = __atomic_load_n(&mbox->cmd_head, __ATOMIC_ACQUIRE);
	while (disk->next != head) {
		entry = (void *)(disk->map + mbox->cmdr_off + disk->next);
		if (tcmu_hdr_get_op(entry->hdr.len_op) == TCMU_OP_CMD)
			do_entry(disk, entry);
		disk->next += tcmu_hdr_get_len(entry->hdr.len_op);
		if (disk->next == mbox->cmdr_size)
			disk->next = 0;
		__atomic_store_n(&mbox->cmd_tail, disk->next, __ATOMIC_RELEASE);
		news = true;
	}
	return news;
}

static void serve(struct disk *disk)
{
	uint32_t events = 0;

	for (;;) {
		while (drain(disk))
			if (write(disk->fd, &events, sizeof(events)) < 0)
				return;
		if (read(disk->fd, &events, sizeof(events)) < 0)
			return;
	}
}

/* [setup] */
static bool read_line(const char *path, char *buf, int size)
{
	FILE *file = fopen(path, "re");
	char *line;

	if (!file)
		return false;
	line = fgets(buf, size, file);
	fclose(file);
	if (line)
		line[strcspn(line, "\n")] = '\0';
	return line;
}

static uint64_t read_number(const char *dir, const char *file)
{
	char path[512], line[64];

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	if (!read_line(path, line, sizeof(line)))
		err(1, "cannot read %s", path);
	return strtoull(line, NULL, 0);
}

/* Does this UIO device belong to the device HOST/NAME? */
static bool is_named(const char *uio, const char *wanted)
{
	char path[512], name[1024];
	size_t len = strlen(wanted);

	snprintf(path, sizeof(path), UIO_DIR "/%s/name", uio);
	if (!read_line(path, name, sizeof(name)))
		return false;
	if (strncmp(name, "tcm-user/", 9) || strncmp(name + 9, wanted, len))
		return false;
	return name[9 + len] == '\0' || name[9 + len] == '/';
}

static void find_uio(const char *wanted, char *uio, size_t size)
{
	struct dirent *entry;
	bool found = false;
	DIR *dir;

	dir = opendir(UIO_DIR);
	if (!dir)
		err(1, "cannot read " UIO_DIR ": is target_core_user loaded?");
	while (!found && (entry = readdir(dir))) {
		found = is_named(entry->d_name, wanted);
		if (found)
			snprintf(uio, size, "%s", entry->d_name);
	}
	closedir(dir);
	if (!found)
		errx(1, "no device %s: is it enabled?", wanted);
}

static void map_ring(struct disk *disk, const char *uio)
{
	char path[300];
	size_t size;

	snprintf(path, sizeof(path), UIO_DIR "/%s", uio);
	size = read_number(path, "maps/map0/size");
	snprintf(path, sizeof(path), "/dev/%s", uio);
	disk->fd = open(path, O_RDWR | O_CLOEXEC);
	if (disk->fd < 0)
		err(1, "cannot open %s", path);
	disk->map = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			 disk->fd, 0);
	if (disk->map == MAP_FAILED)
		err(1, "cannot map %s", path);
	disk->mbox = (void *)disk->map;
	if (disk->mbox->version != TCMU_MAILBOX_VERSION)
		errx(1, "unknown ring version %u", disk->mbox->version);
	disk->next = disk->mbox->cmd_tail;
}

static void make_disk(struct disk *disk, const char *wanted)
{
	char path[300];
	uint64_t size;

	snprintf(path, sizeof(path), CORE_DIR "/user_%s", wanted);
	size = read_number(path, "attrib/dev_size");
	disk->block_size = read_number(path, "attrib/hw_block_size");
	disk->nr_blocks = size / disk->block_size;
	if (!disk->nr_blocks)
		errx(1, "dev_size is less than one block");
	disk->mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (disk->mem == MAP_FAILED)
		err(1, "no memory for %llu bytes", (unsigned long long)size);
}

int main(int argc, char **argv)
{
	struct disk disk = { 0 };
	char uio[256];

	if (argc != 2)
		errx(1, "usage: tcmu-ram HOST/NAME, e.g. tcmu-ram 0/ram");
	find_uio(argv[1], uio, sizeof(uio));
	make_disk(&disk, argv[1]);
	map_ring(&disk, uio);
	printf("tcmu-ram: %s serves %s\n", uio, argv[1]);
	fflush(stdout);
	serve(&disk);
	/* EIO and the like: the device was removed under us */
	printf("tcmu-ram: %s is gone: %s\n", argv[1], strerror(errno));
	return 0;
}
