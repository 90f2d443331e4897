// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store rbd: librados and librbd, when they are needed first.
 */
#if HAVE_RBD

#include "rbd.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static struct rbd_calls calls;

struct call {
	const char *name;
	size_t offset;
};

#define CALL(name) { #name, offsetof(struct rbd_calls, name) }

static const struct call rados_calls[] = {
	CALL(rados_create),
	CALL(rados_conf_read_file),
	CALL(rados_conf_set),
	CALL(rados_connect),
	CALL(rados_shutdown),
	CALL(rados_ioctx_create),
	CALL(rados_ioctx_destroy),
	CALL(rados_ioctx_set_namespace),
	{}
};

static const struct call rbd_calls[] = {
	CALL(rbd_open),
	CALL(rbd_open_read_only),
	CALL(rbd_close),
	CALL(rbd_get_size),
	CALL(rbd_resize),
	CALL(rbd_aio_create_completion),
	CALL(rbd_aio_get_return_value),
	CALL(rbd_aio_release),
	CALL(rbd_aio_readv),
	CALL(rbd_aio_writev),
	CALL(rbd_aio_flush),
	CALL(rbd_aio_discard),
	CALL(rbd_aio_write_zeroes),
	CALL(rbd_update_watch),
	CALL(rbd_update_unwatch),
	{}
};

static bool find(void *library, const struct call *call, char *why, size_t size)
{
	void *found;

	for (; call->name; call++) {
		found = dlsym(library, call->name);
		if (!found) {
			snprintf(why, size, "%s", dlerror());
			return false;
		}
		memcpy((char *)&calls + call->offset, &found, sizeof(found));
	}
	return true;
}

static void *load(const char *name, char *why, size_t size)
{
	void *library = dlopen(name, RTLD_NOW);

	if (!library)
		snprintf(why, size, "%s; is the package librbd1 installed?",
			 dlerror());
	return library;
}

/* Neither is unloaded again: their threads may outlive what they were asked for */
static bool load_all(char *why, size_t size)
{
	void *rados = load("librados.so.2", why, size);
	void *rbd = rados ? load("librbd.so.1", why, size) : NULL;

	return rbd && find(rados, rados_calls, why, size) &&
		find(rbd, rbd_calls, why, size);
}

const struct rbd_calls *rbd_load(char *why, size_t size)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static bool loaded;

	pthread_mutex_lock(&lock);
	if (!loaded)
		loaded = load_all(why, size);
	pthread_mutex_unlock(&lock);
	return loaded ? &calls : NULL;
}

#endif /* HAVE_RBD */
