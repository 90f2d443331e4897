// SPDX-License-Identifier: GPL-2.0-only
/*
 * The initiator's end: see sg.h.
 */
#include "sg.h"

#include "files.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

int io_timeout_ms = 300000;

static void put_be(uint8_t *to, uint32_t val, int len)
{
	while (len--) {
		to[len] = val;
		val >>= 8;
	}
}

void io_cdb(struct io *io, int cdb_len, int dir, uint32_t lba)
{
	static const uint8_t read[] = { [6] = 0x08, [10] = 0x28, [12] = 0xa8,
					[16] = 0x88 };
	bool out = dir == SG_OUT;

	memset(io->cdb, 0, sizeof(io->cdb));
	io->cdb[0] = read[cdb_len] + (out ? 2 : 0);
	switch (cdb_len) {
	case 6:
		put_be(io->cdb + 1, lba & 0x1fffff, 3);
		io->cdb[4] = 1;
		break;
	case 16:
		put_be(io->cdb + 6, lba, 4);
		io->cdb[13] = 1;
		break;
	default:
		put_be(io->cdb + 2, lba, 4);
		io->cdb[cdb_len == 10 ? 8 : 9] = 1;
	}
	io->hdr.cmd_len = cdb_len;
}

void io_start(struct io *io, struct lun *lun, int dir, void *buf, size_t len)
{
	sg_io_hdr_t *hdr = &io->hdr;

	io->fd = open(lun->sg, O_RDWR | O_CLOEXEC);
	ASSERT(io->fd >= 0);
	hdr->interface_id = 'S';
	hdr->dxfer_direction = dir;
	hdr->dxferp = buf;
	hdr->dxfer_len = len;
	hdr->cmdp = io->cdb;
	hdr->sbp = io->sense;
	hdr->mx_sb_len = sizeof(io->sense);
	hdr->timeout = io_timeout_ms;
	ASSERT_EQ(write(io->fd, hdr, sizeof(*hdr)), sizeof(*hdr));
}

void io_rw(struct io *io, struct lun *lun, int cdb_len, int dir, uint32_t lba,
	   void *buf, size_t len)
{
	memset(io, 0, sizeof(*io));
	io_cdb(io, cdb_len, dir, lba);
	io_start(io, lun, dir, buf, len);
}

void io_tur(struct io *io, struct lun *lun)
{
	memset(io, 0, sizeof(*io));
	io->hdr.cmd_len = 6;
	io_start(io, lun, SG_NONE, NULL, 0);
}

bool io_wait(struct io *io, int ms)
{
	struct pollfd pfd = { .fd = io->fd, .events = POLLIN };

	if (io->fd < 0)
		return true;
	if (poll(&pfd, 1, ms) != 1)
		return false;
	ASSERT_EQ(read(io->fd, &io->hdr, sizeof(io->hdr)), sizeof(io->hdr));
	close(io->fd);
	io->fd = -1;
	return true;
}

void io_end(struct io *io, int ms)
{
	ASSERT(io_wait(io, ms));
}

uint32_t io_sense(const struct io *io)
{
	const uint8_t *s = io->sense;

	if (!io->hdr.sb_len_wr)
		return 0;
	if ((s[0] & 0x7f) >= 0x72)
		return SENSE(s[1] & 0xf, s[2], s[3]);
	return SENSE(s[2] & 0xf, s[12], s[13]);
}

int io_status(const struct io *io)
{
	return io->hdr.status;
}

bool io_is_good(const struct io *io)
{
	return !io->hdr.status && !io->hdr.host_status;
}

int sg_lun_reset(struct lun *lun)
{
	int what = SG_SCSI_RESET_DEVICE;
	int fd = open(lun->sg, O_RDWR | O_CLOEXEC);
	int ret;

	/* as any call, it may be without memory */
	if (fd < 0)
		return -errno;
	ret = ioctl(fd, SG_SCSI_RESET, &what) ? -errno : 0;
	close(fd);
	return ret;
}
