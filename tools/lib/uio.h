/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * UIO devices of the driver: their names, where they are, their system calls.
 */
#ifndef TCMUSER_UIO_H
#define TCMUSER_UIO_H

#include <stddef.h>
#include <stdint.h>

#define UIO_NAME_MAX 1024

/**
 * struct uio_name - what a UIO device's name says
 * @host: the number of the backstore's host
 * @name: the backstore's name
 * @config: dev_config; "" for a queue but the first
 * @queue: which queue of the device
 */
struct uio_name {
	unsigned int host;
	char name[256];
	char config[UIO_NAME_MAX];
	unsigned int queue;
};

/* -EINVAL for the name of somebody else's device */
int uio_parse(const char *text, struct uio_name *name);

/* The name of uio@nr */
int uio_read_name(unsigned int nr, char *buf, size_t size);
int uio_map_size(unsigned int nr, size_t *size);

/*
 * Call @fn for each device of the driver, in order of their numbers, until it
 * returns something else than 0, which is returned.
 */
int uio_each(int (*fn)(void *arg, unsigned int nr, const struct uio_name *name),
	     void *arg);

/**
 * struct uio_ops - what touches a UIO device; others in tests
 * @open: /dev/uioN; a file descriptor or -errno
 * @close: another program may have it now
 * @map: the whole of it, or NULL with errno
 * @unmap: the same
 * @kick: there are answers: 0 or -errno
 * @ack: the event has been seen: 0 or -errno
 */
struct uio_ops {
	int (*open)(unsigned int nr);
	void (*close)(int fd);
	void *(*map)(int fd, size_t size);
	void (*unmap)(void *map, size_t size);
	int (*kick)(int fd);
	int (*ack)(int fd);
};

extern struct uio_ops uio_ops;

#endif /* TCMUSER_UIO_H */
