// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store ram: memory that is taken when it is written to, and given back when it
 * is discarded. It goes when the disk is closed.
 */
#include "layer.h"

#include "stack.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <tcmuser.h>
#include <unistd.h>

struct ram {
	bool huge;
	unsigned char *map;
	uint64_t size;
	size_t page;
	pthread_rwlock_t lock;	/* held for writing where map moves */
};

static const struct config_option options[] = {
	{ "huge", OPTION_BOOL, offsetof(struct ram, huge),
	  "1: ask for transparent huge pages; 0" },
	{}
};

static int ram_open(struct layer *layer)
{
	struct ram *ram = layer->priv;

	ram->size = layer->stack->size;
	ram->page = sysconf(_SC_PAGESIZE);
	ram->map = mmap(NULL, ram->size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram->map == MAP_FAILED)
		return layer_fail(layer, errno, "no address space for %llu bytes",
				  (unsigned long long)ram->size);
	madvise(ram->map, ram->size, MADV_DONTDUMP);
	if (ram->huge)
		madvise(ram->map, ram->size, MADV_HUGEPAGE);
	pthread_rwlock_init(&ram->lock, NULL);
	layer->features = TCMUSER_CAN_DISCARD | TCMUSER_CAN_ZERO |
		TCMUSER_CAN_FUA | TCMUSER_DISCARD_ZEROES | TCMUSER_FILLS |
		TCMUSER_NAPS;
	layer->discard_granularity = ram->page;
	return 0;
}

static void ram_close(struct layer *layer)
{
	struct ram *ram = layer->priv;

	munmap(ram->map, ram->size);
	pthread_rwlock_destroy(&ram->lock);
}

static void copy(struct ram *ram, const struct io *io)
{
	unsigned char *at = ram->map + io->off;
	const struct iovec *iov = io->iov;
	int i;

	for (i = 0; i < io->cnt; i++) {
		if (io->op == IO_READ)
			memcpy(iov[i].iov_base, at, iov[i].iov_len);
		else
			memcpy(at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
}

/* Whole pages are given back; what is left and right of them is overwritten */
static void zero(struct ram *ram, uint64_t off, uint64_t len)
{
	uint64_t mask = ram->page - 1, end = off + len;
	uint64_t first = (off + mask) & ~mask, last = end & ~mask;

	if (first >= last ||
	    madvise(ram->map + first, last - first, MADV_DONTNEED)) {
		memset(ram->map + off, 0, len);
		return;
	}
	memset(ram->map + off, 0, first - off);
	memset(ram->map + last, 0, end - last);
}

static int carry_out(struct ram *ram, const struct io *io)
{
	if (io->op == IO_FLUSH)
		return 0;
	if (io->off > ram->size || io->len > ram->size - io->off)
		return -EIO;
	if (io->op == IO_READ || io->op == IO_WRITE)
		copy(ram, io);
	else
		zero(ram, io->off, io->len);
	return 0;
}

static void ram_io(struct layer *layer, struct io *io)
{
	struct ram *ram = layer->priv;
	int ret;

	pthread_rwlock_rdlock(&ram->lock);
	ret = carry_out(ram, io);
	pthread_rwlock_unlock(&ram->lock);
	io_done(layer, io, ret);
}

static int ram_resize(struct layer *layer, uint64_t bytes)
{
	struct ram *ram = layer->priv;
	void *map;
	int ret = 0;

	pthread_rwlock_wrlock(&ram->lock);
	map = mremap(ram->map, ram->size, bytes, MREMAP_MAYMOVE);
	if (map == MAP_FAILED) {
		ret = -errno;
	} else {
		ram->map = map;
		ram->size = bytes;
	}
	pthread_rwlock_unlock(&ram->lock);
	return ret ? layer_fail(layer, -ret, "no address space for %llu bytes",
				(unsigned long long)bytes) : 0;
}

const struct layer_ops ram_layer = {
	.name = "ram",
	.desc = "memory of the daemon; the data goes with it",
	.usage = "ram/",
	.options = options,
	.priv_size = sizeof(struct ram),
	.open = ram_open,
	.close = ram_close,
	.io = ram_io,
	.resize = ram_resize,
};
