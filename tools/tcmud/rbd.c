// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store rbd: an image of a Ceph cluster.
 *
 * librbd takes an image's exclusive lock, where it has that feature, with the first
 * write, and gives it away when another client asks for it.
 */
#if HAVE_RBD

#include "layer.h"

#include "clock.h"
#include "pool.h"
#include "rbd.h"
#include "stack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <tcmuser.h>

struct rbd {
	/* options */
	char *id;
	char *conf;
	char *space;
	char *snap;
	uint64_t timeout;
	bool resize;
	/* the rest */
	struct layer *layer;
	const struct rbd_calls *calls;
	char *pool_name;
	char *image_name;
	rados_t cluster;
	rados_ioctx_t ioctx;
	rbd_image_t image;
	uint64_t watch;
	bool watched;
	struct pool *pool;	/* one thread, to look after a new size */
	struct work looker;
	bool looking;		/* atomic: that work is to be done */
	bool shut_out;		/* atomic: that was said */
};

struct rbd_frame {
	struct rbd *rbd;
	struct io *io;
};

static const struct config_option options[] = {
	{ "id", OPTION_TEXT, offsetof(struct rbd, id),
	  "the user, without 'client.'; admin" },
	{ "conf", OPTION_TEXT, offsetof(struct rbd, conf),
	  "Ceph's configuration; where Ceph looks for it" },
	{ "namespace", OPTION_TEXT, offsetof(struct rbd, space),
	  "of the pool; the default one" },
	{ "snap", OPTION_TEXT, offsetof(struct rbd, snap),
	  "a snapshot of the image, for reading only" },
	{ "timeout", OPTION_TIME, offsetof(struct rbd, timeout),
	  "of connecting to the cluster; 15s" },
	{ "resize", OPTION_BOOL, offsetof(struct rbd, resize),
	  "1: a new size of the disk is made one of the image, too; 0" },
	{}
};

static void rbd_defaults(void *priv)
{
	struct rbd *rbd = priv;

	rbd->timeout = 15 * NS_PER_S;
}

/* "pool/image" */
static int split(const char *path, char **pool, char **image)
{
	size_t len = strcspn(path, "/");

	*pool = config_unescape(path, len);
	*image = path[len] ? config_unescape(path + len + 1,
					     strlen(path + len + 1)) : NULL;
	return *pool && **pool && *image && **image ? 0 : -EINVAL;
}

static int rbd_check(const void *priv, const char *path, char *why, size_t size)
{
	char *pool, *image;
	int ret = split(path, &pool, &image);

	free(pool);
	free(image);
	return ret ? check_fail(why, size, EINVAL, "say rbd/POOL/IMAGE") : 0;
}

/* ---- opening ------------------------------------------------------------ */

static int fail(struct rbd *rbd, int ret, const char *what, const char *name)
{
	return layer_fail(rbd->layer, -ret, "%s %s: %s", what, name,
			  strerror(-ret));
}

static int fail_image(struct rbd *rbd, int ret)
{
	if (!rbd->snap)
		return fail(rbd, ret, "image", rbd->image_name);
	return layer_fail(rbd->layer, -ret, "image %s, snapshot %s: %s",
			  rbd->image_name, rbd->snap, strerror(-ret));
}

/* Ceph waits five minutes for monitors that are not there */
static void set_timeout(struct rbd *rbd)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64,
		 (rbd->timeout + NS_PER_S - 1) / NS_PER_S);
	rbd->calls->rados_conf_set(rbd->cluster, "client_mount_timeout", text);
}

static int connect_cluster(struct rbd *rbd)
{
	const struct rbd_calls *calls = rbd->calls;
	const char *user = rbd->id ? rbd->id : "admin";
	int ret = calls->rados_create(&rbd->cluster, rbd->id);

	if (ret) {
		rbd->cluster = NULL;
		return fail(rbd, ret, "librados, user", user);
	}
	ret = calls->rados_conf_read_file(rbd->cluster, rbd->conf);
	if (ret)
		return fail(rbd, ret, "Ceph's configuration",
			    rbd->conf ? rbd->conf : "(option conf)");
	set_timeout(rbd);
	ret = calls->rados_connect(rbd->cluster);
	return ret ? fail(rbd, ret, "connecting to the cluster as", user) : 0;
}

static int open_pool(struct rbd *rbd)
{
	const struct rbd_calls *calls = rbd->calls;
	int ret = calls->rados_ioctx_create(rbd->cluster, rbd->pool_name,
					    &rbd->ioctx);

	if (ret) {
		rbd->ioctx = NULL;
		return fail(rbd, ret, "pool", rbd->pool_name);
	}
	if (rbd->space)
		calls->rados_ioctx_set_namespace(rbd->ioctx, rbd->space);
	return 0;
}

static int open_image(struct rbd *rbd)
{
	const struct rbd_calls *calls = rbd->calls;
	bool read_only = rbd->snap || rbd->layer->read_only;
	int ret;

	ret = (read_only ? calls->rbd_open_read_only : calls->rbd_open)
		(rbd->ioctx, rbd->image_name, &rbd->image, rbd->snap);
	if (!ret)
		return 0;
	rbd->image = NULL;
	return fail_image(rbd, ret);
}

static int check_size(struct rbd *rbd)
{
	uint64_t size, want = rbd->layer->stack->size;
	int ret = rbd->calls->rbd_get_size(rbd->image, &size);

	if (ret)
		return fail_image(rbd, ret);
	if (size == want)
		return 0;
	return layer_fail(rbd->layer, EINVAL, "image %s has %" PRIu64
			  " bytes, the device %" PRIu64
			  ": make it with dev_size=%" PRIu64,
			  rbd->image_name, size, want, size);
}

/* ---- the image's size changes behind us --------------------------------- */

static void look(struct work *work)
{
	struct rbd *rbd = (struct rbd *)((char *)work -
					 offsetof(struct rbd, looker));
	struct stack *stack = rbd->layer->stack;
	uint64_t size;

	__atomic_store_n(&rbd->looking, false, __ATOMIC_SEQ_CST);
	if (rbd->calls->rbd_get_size(rbd->image, &size))
		return;
	if (size != __atomic_load_n(&stack->size, __ATOMIC_RELAXED) &&
	    stack->host->resized)
		stack->host->resized(stack->priv, size);
}

/* By a thread of librbd, which must not ask it anything itself */
static void updated(void *arg)
{
	struct rbd *rbd = arg;

	if (!__atomic_exchange_n(&rbd->looking, true, __ATOMIC_SEQ_CST))
		pool_add(rbd->pool, &rbd->looker);
}

static void watch(struct rbd *rbd)
{
	int ret;

	if (rbd->snap)
		return;
	rbd->looker.fn = look;
	rbd->pool = pool_new(1);
	if (!rbd->pool)
		return;
	ret = rbd->calls->rbd_update_watch(rbd->image, &rbd->watch, updated, rbd);
	rbd->watched = !ret;
}

static void close_all(struct rbd *rbd)
{
	const struct rbd_calls *calls = rbd->calls;

	if (rbd->watched)
		calls->rbd_update_unwatch(rbd->image, rbd->watch);
	pool_free(rbd->pool);
	if (rbd->image)
		calls->rbd_close(rbd->image);
	if (rbd->ioctx)
		calls->rados_ioctx_destroy(rbd->ioctx);
	if (rbd->cluster)
		calls->rados_shutdown(rbd->cluster);
	free(rbd->pool_name);
	free(rbd->image_name);
}

static int open_all(struct rbd *rbd)
{
	char why[256] = "";
	int ret;

	rbd->calls = rbd_load(why, sizeof(why));
	if (!rbd->calls)
		return layer_fail(rbd->layer, ENOPKG, "%s", why);
	ret = split(rbd->layer->path, &rbd->pool_name, &rbd->image_name);
	if (!ret)
		ret = connect_cluster(rbd);
	if (!ret)
		ret = open_pool(rbd);
	if (!ret)
		ret = open_image(rbd);
	return ret ? ret : check_size(rbd);
}

static int rbd_layer_open(struct layer *layer)
{
	struct rbd *rbd = layer->priv;
	int ret;

	rbd->layer = layer;
	ret = open_all(rbd);
	if (ret) {
		close_all(rbd);
		return ret;
	}
	watch(rbd);
	layer->features = TCMUSER_CAN_FLUSH;
	if (rbd->snap)
		layer->features |= TCMUSER_READ_ONLY;
	else if (!layer->read_only)
		layer->features |= TCMUSER_CAN_DISCARD | TCMUSER_CAN_ZERO;
	return 0;
}

static void rbd_layer_close(struct layer *layer)
{
	close_all(layer->priv);
}

/* ---- requests ----------------------------------------------------------- */

/*
 * Another client wanted the image's lock and had no answer from us: the cluster takes
 * nothing from this client any more. That is for good. What was begun here must not
 * reach the image after what the other one has written meanwhile.
 */
static void say_shut_out(struct rbd *rbd)
{
	if (__atomic_exchange_n(&rbd->shut_out, true, __ATOMIC_RELAXED))
		return;
	layer_log(rbd->layer, LOG_ERR, "image %s: another client has broken this one's lock, and the cluster takes nothing from it now; start tcmud again to use the image here",
		  rbd->image_name);
}

static void completed(rbd_completion_t completion, void *arg)
{
	struct rbd_frame *frame = arg;
	const struct rbd_calls *calls = frame->rbd->calls;
	ssize_t ret = calls->rbd_aio_get_return_value(completion);

	calls->rbd_aio_release(completion);
	if (ret == -ESHUTDOWN)
		say_shut_out(frame->rbd);
	/* a read returns how many bytes there were */
	io_done(frame->rbd->layer, frame->io, ret < 0 ? ret : 0);
}

static int start(struct rbd *rbd, const struct io *io,
		 rbd_completion_t completion)
{
	const struct rbd_calls *calls = rbd->calls;

	switch (io->op) {
	case IO_READ:
		return calls->rbd_aio_readv(rbd->image, io->iov, io->cnt,
					    io->off, completion);
	case IO_WRITE:
		return calls->rbd_aio_writev(rbd->image, io->iov, io->cnt,
					     io->off, completion);
	case IO_FLUSH:
		return calls->rbd_aio_flush(rbd->image, completion);
	case IO_DISCARD:
		return calls->rbd_aio_discard(rbd->image, io->off, io->len,
					      completion);
	case IO_ZERO:
		return calls->rbd_aio_write_zeroes(rbd->image, io->off, io->len,
						   completion, 0, 0);
	default:
		return -EOPNOTSUPP;
	}
}

static void rbd_io(struct layer *layer, struct io *io)
{
	struct rbd *rbd = layer->priv;
	struct rbd_frame *frame = io_frame(layer, io);
	rbd_completion_t completion;
	int ret;

	frame->rbd = rbd;
	frame->io = io;
	ret = rbd->calls->rbd_aio_create_completion(frame, completed,
						    &completion);
	if (!ret) {
		ret = start(rbd, io, completion);
		if (!ret)
			return;
		rbd->calls->rbd_aio_release(completion);
	}
	io_done(layer, io, ret);
}

static int rbd_layer_resize(struct layer *layer, uint64_t bytes)
{
	struct rbd *rbd = layer->priv;
	uint64_t size;
	int ret = rbd->calls->rbd_get_size(rbd->image, &size);

	if (ret || size == bytes)
		return ret;
	if (!rbd->resize)
		return layer_fail(layer, EINVAL, "image %s has %" PRIu64
				  " bytes: change it there, or say resize=1",
				  rbd->image_name, size);
	if (bytes < size)
		return layer_fail(layer, EINVAL,
				  "images are not made smaller here: say 'rbd resize --allow-shrink'");
	ret = rbd->calls->rbd_resize(rbd->image, bytes);
	return ret ? fail_image(rbd, ret) : 0;
}

const struct layer_ops rbd_layer = {
	.name = "rbd",
	.desc = "an image of a Ceph cluster",
	.usage = "rbd/POOL/IMAGE?OPTION=VALUE&...",
	.options = options,
	.priv_size = sizeof(struct rbd),
	.frame_size = sizeof(struct rbd_frame),
	.defaults = rbd_defaults,
	.check = rbd_check,
	.open = rbd_layer_open,
	.close = rbd_layer_close,
	.io = rbd_io,
	.resize = rbd_layer_resize,
};

#endif /* HAVE_RBD */
