// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A RAM disk on libtcmuser, explained in Documentation/target/tutorial.rst
 *
 *	cc disk.c -o disk $(pkg-config --cflags --libs libtcmuser)
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tcmuser.h>

#define ROOM (256 << 20)	/* memory that is never written costs nothing */

static int ram_resize(struct tcmuser_dev *dev, uint64_t bytes)
{
	if (bytes > ROOM)
		return tcmuser_dev_error(dev, "256 MiB at most, please");
	return 0;
}

static int ram_open(struct tcmuser_dev *dev)
{
	int err = ram_resize(dev, tcmuser_dev_size(dev));
	void *memory;

	if (err)
		return err;
	memory = calloc(1, ROOM);
	tcmuser_dev_set_priv(dev, memory);
	return memory ? 0 : -ENOMEM;
}

static void ram_close(struct tcmuser_dev *dev)
{
	free(tcmuser_dev_priv(dev));
}

static int ram_read(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		    size_t len, uint64_t off)
{
	char *memory = tcmuser_dev_priv(tcmuser_cmd_dev(cmd));

	tcmuser_iov_put(iov, cnt, 0, memory + off, len);
	return 0;
}

static int ram_write(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		     size_t len, uint64_t off)
{
	char *memory = tcmuser_dev_priv(tcmuser_cmd_dev(cmd));

	tcmuser_iov_get(iov, cnt, 0, memory + off, len);
	return 0;
}

int main(void)
{
	const struct tcmuser_handler ram = {
		.size = sizeof(ram), .name = "ram",
		.open = ram_open, .close = ram_close, .resize = ram_resize,
		.read = ram_read, .write = ram_write,
	};
	int err = tcmuser_serve(&ram);

	if (err)
		fprintf(stderr, "disk: %s\n", strerror(-err));
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
