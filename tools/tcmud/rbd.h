/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store rbd: what is used of librados and librbd. They are loaded when the first
 * image is opened, for they are large, and most who have this daemon have no Ceph.
 */
#ifndef TCMUD_RBD_H
#define TCMUD_RBD_H

#include <rados/librados.h>
#include <rbd/librbd.h>
#include <stddef.h>

/* As their headers declare them; rbdload.c has their names once more */
struct rbd_calls {
	__typeof__(rados_create) *rados_create;
	__typeof__(rados_conf_read_file) *rados_conf_read_file;
	__typeof__(rados_conf_set) *rados_conf_set;
	__typeof__(rados_connect) *rados_connect;
	__typeof__(rados_shutdown) *rados_shutdown;
	__typeof__(rados_ioctx_create) *rados_ioctx_create;
	__typeof__(rados_ioctx_destroy) *rados_ioctx_destroy;
	__typeof__(rados_ioctx_set_namespace) *rados_ioctx_set_namespace;
	__typeof__(rbd_open) *rbd_open;
	__typeof__(rbd_open_read_only) *rbd_open_read_only;
	__typeof__(rbd_close) *rbd_close;
	__typeof__(rbd_get_size) *rbd_get_size;
	__typeof__(rbd_resize) *rbd_resize;
	__typeof__(rbd_aio_create_completion) *rbd_aio_create_completion;
	__typeof__(rbd_aio_get_return_value) *rbd_aio_get_return_value;
	__typeof__(rbd_aio_release) *rbd_aio_release;
	__typeof__(rbd_aio_readv) *rbd_aio_readv;
	__typeof__(rbd_aio_writev) *rbd_aio_writev;
	__typeof__(rbd_aio_flush) *rbd_aio_flush;
	__typeof__(rbd_aio_discard) *rbd_aio_discard;
	__typeof__(rbd_aio_write_zeroes) *rbd_aio_write_zeroes;
	__typeof__(rbd_update_watch) *rbd_update_watch;
	__typeof__(rbd_update_unwatch) *rbd_update_unwatch;
};

/* The calls; NULL with a reason if the libraries are not there. Any thread. */
const struct rbd_calls *rbd_load(char *why, size_t size);

#endif /* TCMUD_RBD_H */
