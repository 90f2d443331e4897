/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A request on its way through the layers of a disk: see layer.h.
 */
#ifndef TCMUD_IO_H
#define TCMUD_IO_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

enum io_op {
	IO_READ,
	IO_WRITE,
	IO_FLUSH,
	IO_DISCARD,
	IO_ZERO,
	IO_OPS
};

/* For masks: read and write by bit */
#define IO_BIT(op)	(1u << (op))
#define IO_ALL		(IO_BIT(IO_OPS) - 1)
#define IO_CHANGES	(IO_BIT(IO_WRITE) | IO_BIT(IO_DISCARD) | IO_BIT(IO_ZERO))

struct stack;

/**
 * struct io - one request
 * @stack: the layers that it goes through
 * @op: what to do
 * @fua: a write: on stable storage before it ends
 * @queue: by which queue of the device it came
 * @cnt: pieces of @iov
 * @iov: the data; stays until the request ends
 * @off: byte of the disk where it begins
 * @len: bytes
 * @result: 0 or -errno, when it has ended
 * @sense: instead of what @result stands for: key, ASC, ASCQ as 0xKKAAQQ; 0: none
 * @priv: whoever started it
 * @frames: memory of the layers, zeroed: io_frame()
 */
struct io {
	struct stack *stack;
	enum io_op op;
	bool fua;
	unsigned int queue;
	int cnt;
	const struct iovec *iov;
	uint64_t off;
	uint64_t len;
	int result;
	uint32_t sense;
	void *priv;
	unsigned char frames[] __attribute__((aligned(16)));
};

const char *io_op_name(enum io_op op);

#endif /* TCMUD_IO_H */
