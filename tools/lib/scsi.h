/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The library's emulation of a disk: every command that the handler's cdb callback
 * has not taken. Rooms: scsi.c (what goes for all commands), opcodes.c (which there
 * are), sense.c, block.c (READ, WRITE, SYNCHRONIZE CACHE), compare.c (VERIFY, COMPARE
 * AND WRITE), same.c (WRITE SAME), unmap.c, inquiry.c, spc.c (READ CAPACITY, the
 * small ones), mode.c, disk.c.
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

/* Additional sense codes, SPC-4 4.5.6: ASC in the upper byte, ASCQ in the lower */
enum {
	ASC_NOT_READY = 0x0400,
	ASC_WRITE_ERROR = 0x0c00,
	ASC_READ_ERROR = 0x1100,
	ASC_LIST_LENGTH = 0x1a00,
	ASC_MISCOMPARE = 0x1d00,
	ASC_INVALID_OPCODE = 0x2000,
	ASC_LBA_OUT_OF_RANGE = 0x2100,
	ASC_INVALID_CDB = 0x2400,
	ASC_INVALID_LIST = 0x2600,
	ASC_WRITE_PROTECTED = 0x2700,
	ASC_CAPACITY_CHANGED = 0x2a09,
	ASC_SAVING_NOT_SUPPORTED = 0x3900,
};

/* What the block limits page says, and what is refused beyond */
#define UNMAP_MAX_DESC 256
#define UNMAP_MAX_BLOCKS 0x100000
#define SAME_MAX_BLOCKS 0xffff
#define COMPARE_MAX_BLOCKS 255
/* Of the library's own buffers: to compare with, to write a pattern from */
#define SCRATCH_BYTES (256 << 10)

/* CDBs and parameter data are big-endian */
static inline uint16_t get_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)get_be16(p) << 16 | get_be16(p + 2);
}

static inline uint64_t get_be64(const uint8_t *p)
{
	return (uint64_t)get_be32(p) << 32 | get_be32(p + 4);
}

static inline void put_be16(uint8_t *p, uint16_t val)
{
	p[0] = val >> 8;
	p[1] = (uint8_t)val;
}

static inline void put_be32(uint8_t *p, uint32_t val)
{
	put_be16(p, val >> 16);
	put_be16(p + 2, (uint16_t)val);
}

static inline void put_be64(uint8_t *p, uint64_t val)
{
	put_be32(p, val >> 32);
	put_be32(p + 4, (uint32_t)val);
}

/*
 * Carry out a command. Returns as steps do (cmd.h): %TCMUSER_PENDING, or its result
 * or the first step's.
 */
int scsi_execute(struct tcmuser_cmd *cmd);

/* ---- sense.c ------------------------------------------------------------------- */

#define SENSE_MAX 32

/* Sense data but for its format */
struct sense {
	uint8_t key;
	uint16_t asc_ascq;
	bool has_info;
	uint64_t info;
	uint8_t pointed;		/* SENSE_IN_CDB, SENSE_IN_LIST; 0: no field */
	uint16_t byte;			/* the field that is wrong */
};

#define SENSE_IN_CDB 0xc0
#define SENSE_IN_LIST 0x80

/* Its bytes, in either format; returns how many */
size_t sense_build(uint8_t buf[SENSE_MAX], const struct sense *sense,
		   bool descriptor);

/* CHECK CONDITION; these return %TCMUSER_SENSE */
int sense_set(struct tcmuser_cmd *cmd, const struct sense *sense);
int sense_bad_cdb(struct tcmuser_cmd *cmd, unsigned int byte);
int sense_bad_list(struct tcmuser_cmd *cmd, unsigned int byte);
int sense_bad_list_length(struct tcmuser_cmd *cmd);

/* The answer that an errno stands for: sense into the command, its status set */
void sense_errno(struct tcmuser_cmd *cmd, int error);

/* ---- opcodes.c ------------------------------------------------------------------ */

#define OP_ACTION 0x01			/* has a service action in byte 1 */
#define OP_WRITES 0x02			/* not on a read-only disk */
#define OP_NO_ATTENTION 0x04		/* SAM-5 5.14: does not report one */
#define OP_PROTECT 0x08			/* bits 5 to 7 of byte 1: protection */
#define OP_UNMAP 0x10			/* only with TCMUSER_CAN_DISCARD */

struct opcode {
	uint8_t opcode;
	uint8_t action;
	uint8_t len;			/* of the CDB */
	uint8_t flags;
	int (*run)(struct tcmuser_cmd *cmd);
	uint8_t usage[16];		/* SPC-4 6.35.3: CDB usage data */
};

/* NULL: the disk does not know it */
const struct opcode *opcode_find(const struct tcmuser_cmd *cmd);
int opcode_report(struct tcmuser_cmd *cmd);

/* ---- the rooms: a function for each opcode ---------------------------------------- */

int block_read(struct tcmuser_cmd *cmd);
int block_write(struct tcmuser_cmd *cmd);
int block_write_verify(struct tcmuser_cmd *cmd);
int block_sync(struct tcmuser_cmd *cmd);
int block_prefetch(struct tcmuser_cmd *cmd);

/*
 * The command's range, from its CDB or from elsewhere, into step.off and step.len;
 * %TCMUSER_SENSE if the disk does not have it.
 */
int block_range(struct tcmuser_cmd *cmd);
int block_set_range(struct tcmuser_cmd *cmd, uint64_t lba, uint64_t count);
uint32_t block_count(const struct tcmuser_cmd *cmd);
uint64_t block_lba(const struct tcmuser_cmd *cmd);
/* How much of what is left of the range is done next, at most @limit if that is
 * a block
 */
size_t block_chunk(const struct tcmuser_cmd *cmd, size_t limit);
/* Write the range from the buffer, from step.base on; then it is stable if it has
 * to be
 */
int block_write_range(struct tcmuser_cmd *cmd, cmd_then then);
/* What was written is on stable storage, if FUA or the lack of a cache want it */
int block_stable(struct tcmuser_cmd *cmd, cmd_then then);

int compare_verify(struct tcmuser_cmd *cmd);
int compare_and_write(struct tcmuser_cmd *cmd);
/* A range that was written, from step.off on, against the buffer; by BYTCHK */
int compare_written(struct tcmuser_cmd *cmd);
struct compare_lock *compare_new(void);
void compare_free(struct compare_lock *lock);
/* The command ends: who has the lock now, and is to be run. NULL: nobody */
struct tcmuser_cmd *compare_unlock(struct tcmuser_cmd *cmd);

int same_write(struct tcmuser_cmd *cmd);
int unmap_blocks(struct tcmuser_cmd *cmd);

int spc_test_unit_ready(struct tcmuser_cmd *cmd);
int spc_request_sense(struct tcmuser_cmd *cmd);
int spc_read_capacity10(struct tcmuser_cmd *cmd);
int spc_read_capacity16(struct tcmuser_cmd *cmd);
int spc_start_stop(struct tcmuser_cmd *cmd);
int spc_prevent_allow(struct tcmuser_cmd *cmd);
int spc_report_luns(struct tcmuser_cmd *cmd);
int inquiry_run(struct tcmuser_cmd *cmd);
int mode_sense(struct tcmuser_cmd *cmd);
int mode_select(struct tcmuser_cmd *cmd);

/* ---- disk.c ---------------------------------------------------------------------- */

/* From configfs @dir and the handler; before open is called. 0, -EINVAL for
 * a block size that is none, an error of reading
 */
int disk_init(struct disk *disk, const struct tcmuser_handler *handler,
	      const char *dir);
int disk_start(struct disk *disk);	/* after open: 0 or -errno */
void disk_end(struct disk *disk);
/* The size changes: CAPACITY DATA HAS CHANGED for the next command */
void disk_resize(struct disk *disk, uint64_t bytes);
/* emulate_write_cache has changed; without a cache each write is followed by flush */
void disk_set_write_cache(struct disk *disk, bool on);
uint64_t disk_blocks(const struct disk *disk);
/* Too large for fixed-format sense data: the D_SENSE bit */
bool disk_wants_descriptors(const struct disk *disk);
/* WRITE SAME can deallocate: the LBPWS bits */
bool disk_same_unmaps(const struct disk *disk);

/* What INQUIRY calls the disk. It may be set after the disk has come up, so it is
 * read when it is asked for.
 */
struct disk_names {
	char serial[256];		/* made up if there is none */
	char vendor[9];
	char product[17];
	char revision[5];
};

void disk_read_names(const char *dir, struct disk_names *names);

#endif /* TCMUSER_SCSI_H */
