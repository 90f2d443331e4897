/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The initiator's end: SCSI commands through /dev/sgN, any number at a time.
 */
#ifndef TCMU_SG_H
#define TCMU_SG_H

#include "lun.h"

#include <scsi/sg.h>

enum {
	SG_NONE = SG_DXFER_NONE,
	SG_IN = SG_DXFER_FROM_DEV,
	SG_OUT = SG_DXFER_TO_DEV,
};

/*
 * The initiator's own time limit. It also bounds how long the initiator tries
 * BUSY and TASK SET FULL again before it shows them; an abort comes with it if
 * the command was not answered at all.
 */
extern int io_timeout_ms;

/* One command on its way */
struct io {
	int fd;
	uint8_t cdb[32];
	uint8_t sense[96];
	sg_io_hdr_t hdr;
};

/* CDBs of 6, 10, 12 and 16 bytes that the core passes on as they are */
void io_cdb(struct io *io, int cdb_len, int dir, uint32_t lba);

void io_start(struct io *io, struct lun *lun, int dir, void *buf, size_t len);
/* The same with a CDB of @cdb_len bytes that names @lba */
void io_rw(struct io *io, struct lun *lun, int cdb_len, int dir, uint32_t lba,
	   void *buf, size_t len);
/* TEST UNIT READY: no data */
void io_tur(struct io *io, struct lun *lun);
/* Has it ended within @ms? */
bool io_wait(struct io *io, int ms);
/* Must have ended by then */
void io_end(struct io *io, int ms);

/* key << 16 | asc << 8 | ascq of fixed or descriptor sense; 0 without */
uint32_t io_sense(const struct io *io);
int io_status(const struct io *io);
bool io_is_good(const struct io *io);

#define SENSE(key, asc, ascq)	((key) << 16 | (asc) << 8 | (ascq))
#define LU_COMM_FAILURE		SENSE(2, 8, 0)
#define INVALID_FIELD		SENSE(5, 0x24, 0)
enum { GOOD = 0, CHECK = 2, BUSY = 8, TASK_SET_FULL = 0x28, ABORTED = 0x40 };

/* LUN reset, in the caller's context: returns when it is done */
int sg_lun_reset(struct lun *lun);

#endif /* TCMU_SG_H */
