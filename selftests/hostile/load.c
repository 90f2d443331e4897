// SPDX-License-Identifier: GPL-2.0-only
/*
 * Initiators: commands of all kinds, as many as there may be at a time, and no
 * expectation of what becomes of them but that they end.
 */
#include "files.h"
#include "hostile.h"
#include "sg.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the sg driver takes from one file */
#define SG_DEPTH	16
#define MAX_BYTES	(64 * 1024)
#define BLOCK		512
#define DISK_BLOCKS	2048
#define DISK_BYTES	(DISK_BLOCKS * BLOCK)

/* One that is on its way; its place in the array is its name */
struct order {
	struct io io;
	uint8_t *buf;
	bool out;
};

struct initiator {
	struct hostile *hostile;
	uint32_t nr;
	uint64_t step;
	int fd;
	int out;
	struct order orders[SG_DEPTH];
};

/*
 * CDBs that the core passes on, and for a device in I/O mode those that it makes
 * commands of. No reservations: they are the core's own.
 */
static void draw_cdb(struct dice *dice, struct io *io, uint32_t blocks)
{
	static const uint8_t others[] = { 0x00, 0x03, 0x12, 0x1a, 0x1b, 0x25,
		0x2f, 0x35, 0x41, 0x42, 0x5a, 0x89, 0x8f, 0x91, 0x93, 0x9e,
		0xc0, 0xd7, 0xff };
	static const uint8_t lens[] = { 6, 10, 12, 16 };
	int dir = dice_one_in(dice, 2) ? SG_OUT : SG_IN;

	io->hdr.dxfer_direction = dir;
	io_cdb(io, lens[dice_below(dice, 4)], dir, dice_below(dice, DISK_BLOCKS));
	switch (io->hdr.cmd_len) {
	case 10:
		io->cdb[8] = blocks;
		break;
	case 12:
		io->cdb[9] = blocks;
		break;
	case 16:
		io->cdb[13] = blocks;
		break;
	}
	if (!dice_one_in(dice, 8))
		return;
	dice_fill(dice, io->cdb + 1, 15);
	io->cdb[0] = others[dice_below(dice, sizeof(others))];
	io->hdr.cmd_len = 16;
}

static void draw_order(struct initiator *me, struct order *order)
{
	struct dice dice = dice_at(me->hostile->seed, BY_LOAD + me->nr,
				   me->step++);
	uint32_t blocks = 1 + dice_below(&dice, dice_one_in(&dice, 8) ? 128 : 16);
	sg_io_hdr_t *hdr = &order->io.hdr;

	memset(&order->io, 0, sizeof(order->io));
	draw_cdb(&dice, &order->io, blocks);
	hdr->interface_id = 'S';
	hdr->cmdp = order->io.cdb;
	hdr->sbp = order->io.sense;
	hdr->mx_sb_len = sizeof(order->io.sense);
	hdr->timeout = 4000;
	hdr->usr_ptr = order;
	hdr->dxferp = order->buf;
	hdr->dxfer_len = blocks * BLOCK;
	if (dice_one_in(&dice, 16))
		hdr->dxfer_len -= dice_below(&dice, BLOCK);
	if (dice_one_in(&dice, 16)) {
		hdr->dxfer_direction = SG_NONE;
		hdr->dxferp = NULL;
		hdr->dxfer_len = 0;
	}
}

static bool send_one(struct initiator *me)
{
	struct order *order = me->orders;

	while (order->out)
		order++;
	draw_order(me, order);
	if (write(me->fd, &order->io.hdr, sizeof(order->io.hdr)) < 0) {
		hostile_count(&me->hostile->errors);
		return false;
	}
	order->out = true;
	me->out++;
	return true;
}

static void take_back(struct initiator *me)
{
	struct pollfd pfd = { .fd = me->fd, .events = POLLIN };
	struct order *order;
	sg_io_hdr_t hdr;

	poll(&pfd, 1, 5);
	memset(&hdr, 0, sizeof(hdr));
	hdr.interface_id = 'S';
	while (read(me->fd, &hdr, sizeof(hdr)) == sizeof(hdr)) {
		order = hdr.usr_ptr;
		order->out = false;
		me->out--;
		hostile_count(&me->hostile->commands);
	}
}

static bool sg_begin(struct initiator *me)
{
	int i;

	for (i = 0; i < SG_DEPTH; i++) {
		me->orders[i].buf = malloc(MAX_BYTES);
		if (!me->orders[i].buf)
			return false;
	}
	me->fd = open(me->hostile->lun->sg, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	return me->fd >= 0;
}

static void sg_end(struct initiator *me)
{
	int i;

	close(me->fd);
	for (i = 0; i < SG_DEPTH; i++)
		free(me->orders[i].buf);
	free(me);
}

void *hostile_sg(void *arg)
{
	struct hostile_one *one = arg;
	struct hostile *h = one->hostile;
	struct initiator *me = calloc(1, sizeof(*me));

	me->hostile = h;
	me->nr = one->nr;
	if (!sg_begin(me))
		abort();
	while (!h->quiet || me->out) {
		while (!h->quiet && me->out < SG_DEPTH && send_one(me))
			;
		take_back(me);
	}
	sg_end(me);
	return NULL;
}

static int open_disk(struct hostile *h)
{
	char path[48];

	snprintf(path, sizeof(path), "/dev/%s", h->disk);
	return open(path, O_RDWR | O_CLOEXEC | O_DIRECT);
}

/* One call makes many commands: see max_sectors_kb in test_hostile.c */
void *hostile_block(void *arg)
{
	struct hostile_one *one = arg;
	struct hostile *h = one->hostile;
	void *buf = aligned_alloc(4096, DISK_BYTES);
	int fd = open_disk(h);
	struct dice dice;
	uint64_t step;
	uint32_t at, nr;
	ssize_t ret;

	if (!buf || fd < 0)
		abort();
	for (step = 0; !h->quiet; step++) {
		dice = dice_at(h->seed, BY_LOAD + one->nr, step);
		at = dice_below(&dice, DISK_BLOCKS);
		nr = 1 + dice_below(&dice, DISK_BLOCKS - at);
		ret = dice_one_in(&dice, 2) ?
			pread(fd, buf, nr * BLOCK, at * BLOCK) :
			pwrite(fd, buf, nr * BLOCK, at * BLOCK);
		hostile_count(ret < 0 ? &h->errors : &h->commands);
		/* a disk that is offline refuses at once */
		if (ret < 0)
			sleep_ms(1);
	}
	close(fd);
	free(buf);
	return NULL;
}
