// SPDX-License-Identifier: GPL-2.0-only
/*
 * A daemon's view of the shared memory: see raw.h.
 */
#include "raw.h"

#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

uint32_t raw_u32(const struct raw *raw, size_t off)
{
	return __atomic_load_n((uint32_t *)(raw->map + off), __ATOMIC_ACQUIRE);
}

void raw_set_u32(struct raw *raw, size_t off, uint32_t val)
{
	__atomic_store_n((uint32_t *)(raw->map + off), val, __ATOMIC_RELEASE);
}

bool raw_mailbox_ok(const struct raw *raw)
{
	return (raw_u32(raw, 0) & 0x000fffff) == 0x000f0002;
}

uint64_t raw_u64(const struct raw *raw, size_t off)
{
	uint64_t val;

	memcpy(&val, raw->map + off, sizeof(val));
	return val;
}

uint32_t raw_head(const struct raw *raw)
{
	return raw_u32(raw, 12);
}

uint32_t raw_tail(const struct raw *raw)
{
	return raw_u32(raw, 64);
}

void raw_set_tail(struct raw *raw, uint32_t tail)
{
	raw->tail = tail;
	raw_set_u32(raw, 64, tail);
}

int raw_open(struct raw *raw, int uio)
{
	char path[32];

	memset(raw, 0, sizeof(*raw));
	raw->map_len = file_num("/sys/class/uio/uio%d/maps/map0/size", uio);
	snprintf(path, sizeof(path), "/dev/uio%d", uio);
	raw->fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (raw->fd < 0)
		return -errno;
	raw->map = mmap(NULL, raw->map_len, PROT_READ | PROT_WRITE, MAP_SHARED,
			raw->fd, 0);
	if (raw->map == MAP_FAILED) {
		close(raw->fd);
		return -errno;
	}
	raw->ring_off = raw_u32(raw, 4);
	raw->ring_size = raw_u32(raw, 8);
	raw->tail = raw_tail(raw);
	raw->next = raw->tail;
	return 0;
}

void raw_close(struct raw *raw)
{
	raw_serve_end(raw);
	if (!raw->map)
		return;
	munmap(raw->map, raw->map_len);
	close(raw->fd);
	raw->map = NULL;
}

static uint32_t step(const struct raw *raw, uint32_t pos, uint32_t len)
{
	return (pos + len) % raw->ring_size;
}

static void read_entry(struct raw *raw, struct raw_entry *entry, uint32_t pos)
{
	size_t off = raw->ring_off + pos;
	uint32_t len_op = raw_u32(raw, off);

	memset(entry, 0, sizeof(*entry));
	entry->pos = pos;
	entry->at = raw->map + off;
	entry->len = len_op & ~7u;
	entry->op = len_op & 7;
	if (entry->len < 8) {
		fprintf(stderr, "entry at %u has length %u\n", pos, entry->len);
		exit(3);
	}
	memcpy(&entry->id, entry->at + 4, 2);
	entry->kflags = entry->at[6];
	entry->uflags = entry->at[7];
	if (entry->op != RAW_CMD)
		return;
	entry->iov_cnt = raw_u32(raw, off + 8);
	entry->bidi_cnt = raw_u32(raw, off + 12);
	entry->dif_cnt = raw_u32(raw, off + 16);
	entry->cdb_off = raw_u64(raw, off + 24);
	entry->cdb = raw->map + entry->cdb_off;
}

/* Sleep in poll(2), as daemons do */
static bool wait_for_entry(struct raw *raw, int ms)
{
	struct pollfd pfd = { .fd = raw->fd, .events = POLLIN };
	long end = now_ms() + ms;
	uint32_t count;

	while (raw_head(raw) == raw->next) {
		if (poll(&pfd, 1, 10) == 1 && read(raw->fd, &count, 4) != 4 &&
		    errno != EAGAIN)
			return false;
		if (now_ms() >= end)
			return raw_head(raw) != raw->next;
	}
	return true;
}

bool raw_fetch(struct raw *raw, struct raw_entry *entry, int ms, bool pads)
{
	do {
		if (!wait_for_entry(raw, ms))
			return false;
		read_entry(raw, entry, raw->next);
		raw->next = step(raw, raw->next, entry->len);
	} while (!pads && entry->op == RAW_PAD);
	return true;
}

static uint64_t entry_u64(const struct raw_entry *entry, size_t off)
{
	uint64_t val;

	memcpy(&val, entry->at + off, sizeof(val));
	return val;
}

uint64_t raw_iov_base(const struct raw_entry *entry, int i)
{
	return entry_u64(entry, 48 + 16 * i);
}

uint64_t raw_iov_len(const struct raw_entry *entry, int i)
{
	return entry_u64(entry, 56 + 16 * i);
}

void raw_fill(struct raw *raw, const struct raw_entry *entry, uint8_t byte)
{
	uint32_t i;

	for (i = 0; i < entry->iov_cnt; i++)
		memset(raw->map + raw_iov_base(entry, i), byte,
		       raw_iov_len(entry, i));
}

size_t raw_gather(struct raw *raw, const struct raw_entry *entry, void *buf,
		  size_t size)
{
	size_t done = 0, len;
	uint32_t i;

	for (i = 0; i < entry->iov_cnt && done < size; i++) {
		len = raw_iov_len(entry, i);
		if (len > size - done)
			len = size - done;
		memcpy((char *)buf + done, raw->map + raw_iov_base(entry, i),
		       len);
		done += len;
	}
	return done;
}

void raw_step_over(struct raw *raw)
{
	struct raw_entry entry;

	read_entry(raw, &entry, raw->tail);
	raw_set_tail(raw, step(raw, raw->tail, entry.len));
}

void raw_answer(struct raw *raw, const struct raw_answer *answer)
{
	struct raw_entry entry;
	uint16_t id = answer->id;

	for (;;) {
		read_entry(raw, &entry, raw->tail);
		if (entry.op == RAW_CMD)
			break;
		raw->tail = step(raw, raw->tail, entry.len);
	}
	if (id)
		memcpy(entry.at + 4, &id, 2);
	entry.at[7] = answer->uflags;
	entry.at[8] = answer->status;
	memcpy(entry.at + 12, &answer->read_len, 4);
	if (answer->sense)
		memcpy(entry.at + 16, answer->sense, 96);
	raw_set_tail(raw, step(raw, raw->tail, entry.len));
}

int raw_kick(struct raw *raw)
{
	uint32_t any = 0;

	return write(raw->fd, &any, 4) == 4 ? 0 : -errno;
}

void raw_good(struct raw *raw, uint16_t id)
{
	struct raw_answer answer = { .id = id };

	raw_answer(raw, &answer);
	raw_kick(raw);
}

/* The begin of a read's data; the rest of it is zeros */
static void put_data(struct raw *raw, const struct raw_entry *entry,
		     const uint8_t *data, size_t len)
{
	if (!entry->iov_cnt)
		return;
	if (len > raw_iov_len(entry, 0))
		len = raw_iov_len(entry, 0);
	memcpy(raw->map + raw_iov_base(entry, 0), data, len);
}

static void put_inquiry(struct raw *raw, const struct raw_entry *entry)
{
	uint8_t inquiry[36] = {
		0x03, 0, 5, 2, 31, 0, 0, 2,
		'R', 'A', 'W', ' ', ' ', ' ', ' ', ' ',
		'p', 'r', 'o', 'c', 'e', 's', 's', 'o', 'r',
	};

	if (raw->disk_blocks)
		inquiry[0] = 0;
	put_data(raw, entry, inquiry, sizeof(inquiry));
}

/* READ CAPACITY (16) */
static void put_capacity(struct raw *raw, const struct raw_entry *entry)
{
	uint32_t last = raw->disk_blocks - 1;
	uint8_t capacity[32] = { 0, 0, 0, 0, last >> 24, last >> 16, last >> 8,
				 last, 0, 0, 512 >> 8, 0 };

	put_data(raw, entry, capacity, sizeof(capacity));
}

void raw_answer_control(struct raw *raw, const struct raw_entry *entry)
{
	static const uint8_t sense[96] = { 0x70, 0, 5, [7] = 10, [12] = 0x24 };
	struct raw_answer answer = { .id = entry->id };

	if (entry->cdb[0] == 0x12 && (entry->cdb[1] & 1)) {
		answer.status = 2;
		answer.sense = sense;
	} else if (entry->cdb[0] == 0x12) {
		put_inquiry(raw, entry);
	} else if (entry->cdb[0] == 0x9e && raw->disk_blocks) {
		put_capacity(raw, entry);
	}
	raw_answer(raw, &answer);
}

static void serve_one(struct raw *raw, const struct raw_entry *entry)
{
	if (entry->op != RAW_CMD)
		return;
	raw_answer_control(raw, entry);
	raw_kick(raw);
}

static void *serve(void *arg)
{
	struct raw *raw = arg;
	struct raw_entry entry;

	while (raw->serving)
		if (raw_fetch(raw, &entry, 10, false))
			serve_one(raw, &entry);
	return NULL;
}

void raw_serve(struct raw *raw)
{
	raw->serving = true;
	pthread_create(&raw->server, NULL, serve, raw);
}

void raw_serve_end(struct raw *raw)
{
	if (!raw->serving)
		return;
	raw->serving = false;
	pthread_join(raw->server, NULL);
}
