/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the fuzz targets share: a reader of the input, and a check that ends the
 * run. A target is one function, which libFuzzer calls, or replay.c.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/kernel.h>
#include <linux/types.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

/* The next bytes as a number; what is not there is 0 */
static inline u64 input_get(struct input *in, size_t bytes)
{
	u64 val = 0;

	if (bytes > in->size)
		bytes = in->size;
	memcpy(&val, in->data, bytes);
	in->data += bytes;
	in->size -= bytes;
	return val;
}

static inline u8 input_u8(struct input *in)
{
	return input_get(in, 1);
}

static inline u16 input_u16(struct input *in)
{
	return input_get(in, 2);
}

static inline u32 input_u32(struct input *in)
{
	return input_get(in, 4);
}

/* A number below @limit */
static inline u32 input_below(struct input *in, u32 limit)
{
	return input_get(in, limit > 256 ? 2 : 1) % limit;
}

/* Memory of just this size, so that what is behind it is not to be touched */
static inline void *must_alloc(size_t bytes)
{
	void *mem = aligned_alloc(64, (bytes + 63) / 64 * 64);

	if (!mem)
		exit(2);
	memset(mem, 0, bytes);
	return mem;
}

#define MUST(cond)							\
	do {								\
		if (!(cond)) {						\
			fprintf(stderr, "%s:%d: %s does not hold\n",	\
				__FILE__, __LINE__, #cond);		\
			abort();					\
		}							\
	} while (0)

#endif /* FUZZ_H */
