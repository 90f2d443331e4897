/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The library's emulation of a disk: every command that the handler's cdb callback
 * has not taken. Rooms: scsi.c (dispatch, sense), block.c (READ, WRITE, SYNCHRONIZE
 * CACHE), compare.c (VERIFY, COMPARE AND WRITE), same.c (WRITE SAME), unmap.c,
 * spc.c (INQUIRY, VPD, READ CAPACITY, the small ones), mode.c, disk.c.
 */
#ifndef TCMUSER_SCSI_H
#define TCMUSER_SCSI_H

#include "internal.h"

/* SAM-5 5.3.1 */
enum {
	STATUS_GOOD = 0x00,
	STATUS_CHECK_CONDITION = 0x02,
	STATUS_CONDITION_MET = 0x04,
	STATUS_BUSY = 0x08,
	STATUS_RESERVATION_CONFLICT = 0x18,
	STATUS_TASK_SET_FULL = 0x28,
	STATUS_ACA_ACTIVE = 0x30,
	STATUS_TASK_ABORTED = 0x40,
};

/* SPC-4 4.5.6 */
enum {
	KEY_NO_SENSE = 0x0,
	KEY_NOT_READY = 0x2,
	KEY_MEDIUM_ERROR = 0x3,
	KEY_HARDWARE_ERROR = 0x4,
	KEY_ILLEGAL_REQUEST = 0x5,
	KEY_UNIT_ATTENTION = 0x6,
	KEY_DATA_PROTECT = 0x7,
	KEY_ABORTED_COMMAND = 0xb,
	KEY_MISCOMPARE = 0xe,
};

/*
 * Carry out a command. Returns as steps do (cmd.h): %TCMUSER_PENDING, or its result
 * or the first step's.
 */
int scsi_execute(struct tcmuser_cmd *cmd);

/* The answer that an errno stands for: sense into the command, its status set */
void scsi_errno(struct tcmuser_cmd *cmd, int error);

/* disk.c: from configfs @dir and the handler; before open is called */
void disk_init(struct disk *disk, const struct tcmuser_handler *handler,
	       const char *dir);
int disk_start(struct disk *disk);	/* after open: 0 or -errno */
void disk_end(struct disk *disk);
/* The size changes: CAPACITY DATA HAS CHANGED for the next command */
void disk_resize(struct disk *disk, uint64_t bytes);

#endif /* TCMUSER_SCSI_H */
