/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A library with libtcmuser's interface and without a kernel, for tests of the Python
 * module: a test adds devices and sends commands by the functions below.
 */
#ifndef FAKE_H
#define FAKE_H

#include <tcmuser.h>

enum fake_op {
	FAKE_READ,
	FAKE_WRITE,
	FAKE_FLUSH,
	FAKE_DISCARD,
	FAKE_ZERO,
	FAKE_CDB,
	FAKE_READ_THEN_WRITE,	/* of the same range, as one command */
};

/* How a command has ended */
struct fake_end {
	int result;
	unsigned int status;
	unsigned int key;
	unsigned int asc_ascq;
	size_t read_len;
	unsigned int calls;	/* of the handler */
};

/* A device comes: the next tcmuser_dispatch() opens it */
void fake_add(struct tcmuser *ctx, const char *config, uint64_t size);
/* What its open has returned, and the device, unless that has failed */
int fake_opened(struct tcmuser *ctx, int nr, struct tcmuser_dev **dev);
/* What tcmuser_new() was given */
unsigned int fake_flags(const struct tcmuser *ctx);
void fake_event(struct tcmuser *ctx, const struct tcmuser_event *event);

int fake_check(struct tcmuser *ctx, const char *config, char *why, size_t size);
int fake_resize(struct tcmuser_dev *dev, uint64_t bytes);
int fake_reconfig(struct tcmuser_dev *dev, const char *config);
void fake_tmr(struct tcmuser_dev *dev, int type);

/*
 * A command by a thread of its own, in so many pieces of memory; @data is what is
 * written, and where goes what was read. Waits for its end, 10 s at most.
 */
int fake_command(struct tcmuser_dev *dev, enum fake_op op, void *data,
		 int pieces, size_t len, uint64_t off, unsigned int flags,
		 struct fake_end *end);

/* Since the library was loaded */
int fake_nr_freed(void);

/* fake.c and fake_cmd.c */
struct tcmuser_dev {
	struct tcmuser *ctx;
	const struct tcmuser_handler *handler;
	const char *config;
	uint64_t size;
	uint32_t features;
	uint32_t limits[3];
	void *priv;
	struct tcmuser_cmd *running;
	int result;
};

#endif /* FAKE_H */
