/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A disk in memory, and commands without a ring, for tests of the library's disk
 * emulation.
 *
 *	fake_open(512, 1000, FAKE_SYNC);
 *	fake_cdb16(0x88, 0, 0, 8);
 *	fake_run(NULL, buf, sizeof(buf));
 *	CHECK_GOOD();
 *
 * A command and each piece of its buffer are allocated by themselves, and freed
 * when it is answered: whoever goes beyond a piece, or touches the command later,
 * is found out by AddressSanitizer.
 */
#ifndef FAKE_H
#define FAKE_H

#include "cmd.h"
#include "queue.h"
#include "scsi.h"
#include "unit.h"

#include <string.h>

/* How callbacks end */
enum fake_mode {
	FAKE_SYNC,	/* they return the result */
	FAKE_INSIDE,	/* they complete the command, and say PENDING then */
	FAKE_THREAD,	/* another thread completes it */
	FAKE_MODES,
};

/*
 * What a test sees and says; all but @ram is what the last command did, or makes
 * the next one's callbacks fail.
 */
struct fake {
	enum fake_mode mode;
	uint8_t *ram;
	int fail;			/* callbacks end so, ... */
	int fail_after;			/* ... after so many */
	unsigned int reads;
	unsigned int writes;
	unsigned int flushes;
	unsigned int discards;
	unsigned int zeroes;
	unsigned int callbacks;
	unsigned int flags;		/* of the last write */
	size_t longest;			/* of reads and writes */
	bool lies;			/* a range that no callback should see */
	struct tcmuser_handler handler;
	struct tcmuser_queue queue;
	struct tcmuser_dev dev;
};

/* How the last command ended */
struct fake_answer {
	uint8_t status;
	uint8_t key;
	uint16_t asc;
	bool has_info;
	uint64_t info;
	uint8_t sense_len;
	uint8_t sense[96];
	bool has_read_len;
	size_t read_len;
	unsigned int answers;		/* to how many commands */
};

extern struct fake fake;
extern struct fake_answer answer;
extern uint8_t cdb[260];

/* All features that the callbacks have; to be changed before the first command */
void fake_open(uint32_t block_size, uint64_t blocks, enum fake_mode mode);
/* The same without memory: for ranges that are refused */
void fake_open_huge(uint32_t block_size, uint64_t blocks);
void fake_close(void);

/* CDBs into cdb[]; @bits is byte 1 */
void fake_cdb6(uint8_t opcode, uint8_t byte1, uint8_t byte2, uint8_t byte4);
void fake_cdb10(uint8_t opcode, uint8_t bits, uint32_t lba, uint16_t count);
void fake_cdb12(uint8_t opcode, uint8_t bits, uint32_t lba, uint32_t count);
void fake_cdb16(uint8_t opcode, uint8_t bits, uint64_t lba, uint32_t count);

/*
 * Run cdb[], of its usual length, by @start, NULL for cmd_start(). @buf goes into
 * the command's pieces first, and comes back from them.
 */
void fake_run(void (*start)(struct tcmuser_cmd *cmd), void *buf, size_t len);

/* The parts of it, for tests with many commands: answers are counted alone */
struct tcmuser_cmd *fake_cmd(const uint8_t *from, const void *buf, size_t len);
void fake_wait(unsigned int answers);

/* fake_run() and the answer, at once */
int fake_status(void *buf, size_t len);
/* key << 16 | ASC << 8 | ASCQ; -1 without CHECK CONDITION */
int fake_sense(void *buf, size_t len);

void fake_fill(void *buf, size_t len, uint64_t seed);

#define CHECK_GOOD() CHECK_EQ(answer.status, 0)

#define SENSE(key, asc) ((key) << 16 | (asc))
#define BAD_CDB SENSE(5, 0x2400)
#define BAD_LIST SENSE(5, 0x2600)
#define BAD_LENGTH SENSE(5, 0x1a00)
#define BAD_OPCODE SENSE(5, 0x2000)
#define BAD_LBA SENSE(5, 0x2100)

#endif /* FAKE_H */
