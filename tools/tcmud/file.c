// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store file: a file or a block device. Options, opening and closing.
 */
#include "file.h"

#include "stack.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <tcmuser.h>
#include <unistd.h>

static const struct config_option options[] = {
	{ "direct", OPTION_BOOL, offsetof(struct file, direct),
	  "1: past the page cache, by O_DIRECT; 0" },
	{ "sync", OPTION_BOOL, offsetof(struct file, sync),
	  "1: what is written is on stable storage at once: no write cache; 0" },
	{ "create", OPTION_BOOL, offsetof(struct file, create),
	  "1: make the file, of the device's size, if there is none; 0" },
	{ "shared", OPTION_BOOL, offsetof(struct file, shared),
	  "1: take a block device that is in use, too; 0" },
	{ "shrink", OPTION_BOOL, offsetof(struct file, shrink),
	  "1: the disk may become smaller, and the file with it; 0" },
	{ "engine", OPTION_TEXT, offsetof(struct file, engine),
	  "io_uring, threads, or auto: the first that works; auto" },
	{ "depth", OPTION_NUMBER, offsetof(struct file, depth),
	  "of an io_uring, 1 to 4096; 128" },
	{}
};

static void file_defaults(void *priv)
{
	struct file *file = priv;

	file->depth = 128;
	file->fd = -1;
}

static int check_options(const struct file *file, char *why, size_t size)
{
	const char *engine = file->engine;

	if (engine && strcmp(engine, "auto") && strcmp(engine, "io_uring") &&
	    strcmp(engine, "threads"))
		return check_fail(why, size, EINVAL,
				  "engine=%s: it should be io_uring, threads or auto",
				  engine);
	if (file->depth < 1 || file->depth > 4096)
		return check_fail(why, size, EINVAL,
				  "depth=%" PRIu64 ": it should be 1 to 4096",
				  file->depth);
	return 0;
}

static int check_file(const struct file *file, const char *name, char *why,
		      size_t size)
{
	struct stat st;

	if (*name != '/')
		return check_fail(why, size, EINVAL,
				  "'%s' is no path from the root: say file//PATH",
				  name);
	if (stat(name, &st)) {
		if (errno == ENOENT && file->create)
			return 0;
		return check_fail(why, size, errno, "%s: %s%s", name,
				  strerror(errno), errno == ENOENT ?
				  " (create=1 would make it)" : "");
	}
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return check_fail(why, size, EINVAL,
				  "%s is neither a file nor a block device",
				  name);
	return 0;
}

static int file_check(const void *priv, const char *path, char *why, size_t size)
{
	char *name = config_unescape(path, strlen(path));
	int ret;

	if (!name)
		return check_fail(why, size, EINVAL, "%s: bad %%-escape", path);
	ret = check_options(priv, why, size);
	if (!ret)
		ret = check_file(priv, name, why, size);
	free(name);
	return ret;
}

/* ---- opening ------------------------------------------------------------ */

static int open_flags(const struct file *file)
{
	int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

	flags |= file->layer->read_only ? O_RDONLY : O_RDWR;
	if (file->direct)
		flags |= O_DIRECT;
	if (file->sync)
		flags |= O_DSYNC;
	return flags;
}

/* Only one that was not there gets its size from us */
static int create(struct file *file)
{
	uint64_t size = file->layer->stack->size;

	file->fd = open(file->name, open_flags(file) | O_CREAT | O_EXCL, 0600);
	if (file->fd < 0)
		return layer_fail(file->layer, errno, "%s cannot be made: %s",
				  file->name, strerror(errno));
	if (!ftruncate(file->fd, size))
		return 0;
	unlink(file->name);
	return layer_fail(file->layer, errno, "%s: cannot have %" PRIu64
			  " bytes: %s", file->name, size, strerror(errno));
}

static const char *open_hint(const struct file *file, int error)
{
	if (error == EINVAL && file->direct)
		return " (its file system may have no direct=1)";
	if (error == EROFS || error == EACCES)
		return " (readonly//file/... would not write to it)";
	return "";
}

static int open_file(struct file *file)
{
	int error;

	file->fd = open(file->name, open_flags(file));
	if (file->fd >= 0)
		return 0;
	if (errno == ENOENT && file->create)
		return create(file);
	error = errno;
	return layer_fail(file->layer, error, "%s: %s%s", file->name,
			  strerror(error), open_hint(file, error));
}

static int check_size(struct file *file)
{
	struct layer *layer = file->layer;
	uint64_t size = layer->stack->size;
	int ret = file_size(file, &file->size);

	if (ret || file->size >= size)
		return ret;
	return layer_fail(layer, EINVAL, "%s has %" PRIu64
			  " bytes, the device %" PRIu64 ": %s",
			  file->name, file->size, size, file->block ?
			  "make it with this dev_size" :
			  "'truncate -s' would make the file grow");
}

static void set_features(struct file *file)
{
	struct layer *layer = file->layer;

	layer->features = TCMUSER_FILLS | TCMUSER_CAN_FUA;
	if (!file->sync)
		layer->features |= TCMUSER_CAN_FLUSH;
	if (layer->read_only)
		return;
	layer->features |= TCMUSER_CAN_ZERO;
	if (file->can_discard)
		layer->features |= TCMUSER_CAN_DISCARD;
	if (file->can_discard && !file->block)
		layer->features |= TCMUSER_DISCARD_ZEROES;
}

static void close_file(struct file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
	free(file->name);
	file->name = NULL;
}

static int file_open(struct layer *layer)
{
	struct file *file = layer->priv;
	int ret;

	file->layer = layer;
	file->name = config_unescape(layer->path, strlen(layer->path));
	if (!file->name)
		return layer_fail(layer, ENOMEM, "no memory");
	ret = open_file(file);
	if (!ret)
		ret = file_probe(file);
	if (!ret)
		ret = check_size(file);
	if (!ret)
		ret = file_start(file);
	if (ret)
		close_file(file);
	else
		set_features(file);
	return ret;
}

static void file_close(struct layer *layer)
{
	struct file *file = layer->priv;

	file_stop(file);
	close_file(file);
}

/* ---- another size ------------------------------------------------------- */

static int set_size(struct file *file, uint64_t bytes)
{
	if (!ftruncate(file->fd, bytes))
		return 0;
	return layer_fail(file->layer, errno, "%s: cannot have %" PRIu64
			  " bytes: %s", file->name, bytes, strerror(errno));
}

static int file_resize(struct layer *layer, uint64_t bytes)
{
	struct file *file = layer->priv;
	bool shrinks = bytes < layer->stack->size;
	int ret = file_size(file, &file->size);

	if (ret)
		return ret;
	if (shrinks && !file->shrink)
		return layer_fail(layer, EINVAL,
				  "a smaller disk loses data: say shrink=1");
	if (file->block || layer->read_only)
		return bytes <= file->size ? 0 :
			layer_fail(layer, EINVAL, "%s has no more than %" PRIu64
				   " bytes", file->name, file->size);
	if (bytes > file->size || shrinks)
		return set_size(file, bytes);
	return 0;
}

const struct layer_ops file_layer = {
	.name = "file",
	.desc = "a file or a block device",
	.usage = "file//PATH?OPTION=VALUE&...",
	.options = options,
	.priv_size = sizeof(struct file),
	.frame_size = sizeof(struct file_frame),
	.defaults = file_defaults,
	.check = file_check,
	.open = file_open,
	.close = file_close,
	.io = file_io,
	.submit = file_submit,
	.resize = file_resize,
};
