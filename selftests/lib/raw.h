/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A daemon's view of the shared memory, with every offset as a number: what an
 * independent program relies on, not what our header says.
 */
#ifndef TCMU_RAW_H
#define TCMU_RAW_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RAW_PAD = 0, RAW_CMD = 1, RAW_TMR = 2 };

/* In the mailbox: a daemon says that it fills the buffers of reads */
#define RAW_FILLS	72

/* Flags that a daemon may set in an answer */
enum { RAW_UNKNOWN_OP = 1, RAW_READ_LEN = 2, RAW_KEEP_BUF = 4 };

struct raw {
	int fd;
	uint8_t *map;
	size_t map_len;
	uint32_t ring_off, ring_size;
	uint32_t next;			/* first entry not fetched */
	uint32_t tail;			/* first entry not given back */
	uint32_t disk_blocks;		/* of 512 bytes, for raw_serve() */
	pthread_t server;
	volatile bool serving;
};

/* An entry, as it was when it was fetched */
struct raw_entry {
	uint32_t pos, len;
	int op;
	uint16_t id;
	uint8_t kflags, uflags;
	uint32_t iov_cnt, bidi_cnt, dif_cnt;
	uint64_t cdb_off;
	uint8_t *cdb;			/* in place */
	uint8_t *at;			/* in place */
};

struct raw_answer {
	uint16_t id;			/* 0: the one of the slot */
	uint8_t uflags;
	uint8_t status;
	uint32_t read_len;
	const uint8_t *sense;		/* 96 bytes, or NULL */
};

int raw_open(struct raw *raw, int uio);
void raw_close(struct raw *raw);

uint32_t raw_u32(const struct raw *raw, size_t off);
void raw_set_u32(struct raw *raw, size_t off, uint32_t val);
/* Version 2 and the flags that the distribution's module has, others or not */
bool raw_mailbox_ok(const struct raw *raw);
uint64_t raw_u64(const struct raw *raw, size_t off);
uint32_t raw_head(const struct raw *raw);
uint32_t raw_tail(const struct raw *raw);
void raw_set_tail(struct raw *raw, uint32_t tail);

/* The next entry within @ms, pads left out unless @pads; false: none */
bool raw_fetch(struct raw *raw, struct raw_entry *entry, int ms, bool pads);
uint64_t raw_iov_base(const struct raw_entry *entry, int i);
uint64_t raw_iov_len(const struct raw_entry *entry, int i);
void raw_fill(struct raw *raw, const struct raw_entry *entry, uint8_t byte);
size_t raw_gather(struct raw *raw, const struct raw_entry *entry, void *buf,
		  size_t size);

/* Answer in the slot at the tail, step over it and over what is no command */
void raw_answer(struct raw *raw, const struct raw_answer *answer);
/* Tell the kernel; returns what write(2) did */
int raw_kick(struct raw *raw);
/* Both, for one good answer */
void raw_good(struct raw *raw, uint16_t id);
/* The answer to INQUIRY is that of a processor device, others are GOOD; no kick */
void raw_answer_control(struct raw *raw, const struct raw_entry *entry);
/* Step over a task management entry at the tail */
void raw_step_over(struct raw *raw);

/*
 * A thread that answers everything: INQUIRY as a processor device, rest GOOD. With
 * disk_blocks it is a disk of that size, full of zeros.
 */
void raw_serve(struct raw *raw);
void raw_serve_end(struct raw *raw);

#endif /* TCMU_RAW_H */
