/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the daemon writes into the shared memory, drawn and written apart: what is
 * drawn depends on the dice alone.
 */
#ifndef TCMU_LIE_H
#define TCMU_LIE_H

#include "hostile.h"

enum lie_id { ID_OWN, ID_DEAD, ID_ANY };

/* Each bit is a field that an answer lies about; one at least is set */
enum {
	LIE_LEN_OP = 1, LIE_KFLAGS = 2, LIE_UFLAGS = 4, LIE_READ_LEN = 8,
	LIE_PADS = 16, LIE_SENSE = 32, LIE_IOVS = 64, LIE_CDB = 128,
};

struct lie {
	uint32_t fields;
	uint32_t len_op;
	uint32_t read_len;
	uint16_t id;
	uint8_t id_how;			/* enum lie_id */
	uint8_t kflags, uflags, status;
	uint8_t pads[3];
	uint8_t cdb;
	uint64_t iov[2];
	uint8_t sense[96];
};

enum batch_tail { TAIL_END, TAIL_FAR, TAIL_BACK, TAIL_INSIDE, TAIL_ANY };

enum batch_free { FREE_KEPT, FREE_DEAD, FREE_LIVE, FREE_ANY, NR_FREE };

/* How several answers are released */
struct batch {
	uint32_t most;			/* entries */
	uint32_t rotate;		/* out of order: their ids by so many */
	uint32_t tail;			/* enum batch_tail */
	uint32_t any;
	uint32_t late_ms;		/* answered so much later */
	uint32_t kick;
	uint32_t free;			/* enum batch_free */
};

enum scribble_where {
	AT_MAILBOX, AT_HEADER, AT_BODY, AT_IOVS, AT_RING, AT_DATA, NR_WHERE,
};

struct scribble {
	uint32_t where;			/* enum scribble_where */
	uint32_t slot;
	uint32_t off;
	uint32_t width;			/* bytes: 1, 2, 4 or 8 */
	uint64_t val;
	uint32_t back;			/* put back what was there */
	uint32_t kick;
	uint32_t rest_us;
};

void lie_draw(uint64_t seed, uint64_t n, bool io_mode, struct lie *lie);
void batch_draw(uint64_t seed, uint64_t n, struct batch *batch);
void scribble_draw(uint64_t seed, uint64_t n, struct scribble *scribble);

/* All that is drawn up to step @n, in one number for each of the three */
void lie_digests(uint64_t seed, uint64_t n, bool io_mode, uint64_t digest[3]);

/* @id: the one that is answered, unless the lie knows better */
void lie_write(struct raw *raw, const struct slot *slot, uint16_t id,
	       const struct lie *lie);
void scribble_write(struct hostile *h, const struct scribble *scribble);

#endif /* TCMU_LIE_H */
