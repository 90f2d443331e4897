// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store nbd: a disk of an NBD server. Options, opening and closing.
 */
#include "nbd.h"

#include "clock.h"
#include "stack.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <tcmuser.h>

static const struct config_option options[] = {
	{ "export", OPTION_TEXT, offsetof(struct nbd, export),
	  "which disk of the server; the default one" },
	{ "timeout", OPTION_TIME, offsetof(struct nbd, timeout),
	  "how long a request may wait for a server that is gone; 25s" },
	{ "connect", OPTION_TIME, offsetof(struct nbd, connect),
	  "how long an attempt to connect may take; 10s" },
	{ "connections", OPTION_NUMBER, offsetof(struct nbd, connections),
	  "1 to 16, if the server allows for several; 1" },
	{}
};

static void nbd_defaults(void *priv)
{
	struct nbd *nbd = priv;

	nbd->timeout = 25 * NS_PER_S;
	nbd->connect = 10 * NS_PER_S;
	nbd->connections = 1;
}

/* ---- where it is -------------------------------------------------------- */

static void free_address(struct nbd_address *address)
{
	free(address->a);
	free(address->b);
	free(address->export);
	memset(address, 0, sizeof(*address));
}

/* The part up to the next '/', without escapes; *path goes behind it */
static char *next_part(const char **path)
{
	size_t len = strcspn(*path, "/");
	char *part = config_unescape(*path, len);

	*path += len;
	if (**path)
		(*path)++;
	return part;
}

static int parse_tcp(struct nbd_address *address, const char *path, char *why,
		     size_t size)
{
	address->place = NBD_TCP;
	address->a = next_part(&path);
	address->b = next_part(&path);
	if (*path)
		address->export = config_unescape(path, strlen(path));
	if (address->a && *address->a && address->b && *address->b &&
	    (!*path || address->export))
		return 0;
	return check_fail(why, size, EINVAL, "say nbd/tcp/HOST/PORT/EXPORT");
}

static int parse_one(struct nbd_address *address, enum nbd_place place,
		     const char *text, char *why, size_t size)
{
	address->place = place;
	address->a = config_unescape(text, strlen(text));
	if (address->a && *address->a)
		return 0;
	return check_fail(why, size, EINVAL, "bad %%-escape, or nothing: '%s'",
			  text);
}

static int parse_address(struct nbd_address *address, const char *path,
			 char *why, size_t size)
{
	if (*path == '/')
		return parse_one(address, NBD_UNIX, path, why, size);
	if (!strncmp(path, "uri/", 4))
		return parse_one(address, NBD_URI, path + 4, why, size);
	if (!strncmp(path, "tcp/", 4))
		return parse_tcp(address, path + 4, why, size);
	return check_fail(why, size, EINVAL,
			  "say nbd//PATH/OF/SOCKET, nbd/tcp/HOST/PORT/EXPORT or nbd/uri/URI");
}

static int nbd_check(const void *priv, const char *path, char *why, size_t size)
{
	const struct nbd *nbd = priv;
	struct nbd_address address = {};
	int ret = parse_address(&address, path, why, size);

	if (!ret && nbd->export && address.export)
		ret = check_fail(why, size, EINVAL,
				 "the export is said twice");
	free_address(&address);
	if (!ret && (nbd->connections < 1 || nbd->connections > NBD_MAX_LINKS))
		ret = check_fail(why, size, EINVAL,
				 "connections=%" PRIu64 ": it should be 1 to %d",
				 nbd->connections, NBD_MAX_LINKS);
	return ret;
}

/* ---- opening ------------------------------------------------------------ */

static int check_facts(struct nbd *nbd)
{
	const struct nbd_facts *facts = &nbd->facts;
	struct layer *layer = nbd->layer;
	struct stack *stack = layer->stack;

	if (facts->size != stack->size)
		return layer_fail(layer, EINVAL, "the server's disk has %" PRIu64
				  " bytes, the device %" PRIu64
				  ": make it with dev_size=%" PRIu64,
				  facts->size, stack->size, facts->size);
	if (stack->block_size % facts->min_block)
		return layer_fail(layer, EINVAL,
				  "the server wants blocks of %u bytes, the device has %u: make it with hw_block_size=%u",
				  facts->min_block, stack->block_size,
				  facts->min_block);
	return 0;
}

static void set_features(struct nbd *nbd)
{
	const struct nbd_facts *facts = &nbd->facts;
	struct layer *layer = nbd->layer;
	uint32_t block = layer->stack->block_size;

	layer->features = TCMUSER_FILLS |
		(facts->can_flush ? TCMUSER_CAN_FLUSH : 0) |
		(facts->can_fua ? TCMUSER_CAN_FUA : 0) |
		(facts->can_trim ? TCMUSER_CAN_DISCARD : 0) |
		(facts->can_zero ? TCMUSER_CAN_ZERO : 0) |
		(facts->read_only ? TCMUSER_READ_ONLY : 0);
	if (facts->read_only)
		layer->features &= ~(TCMUSER_CAN_DISCARD | TCMUSER_CAN_ZERO);
	if (facts->preferred > block && facts->preferred % block == 0)
		layer->discard_granularity = facts->preferred;
}

/* One, and more of them if it is one that allows for it */
static int make_links(struct nbd *nbd)
{
	unsigned int nr = nbd->connections;
	int ret = nbd_link_new(nbd, 0);

	if (ret)
		return ret;
	nbd->nr_links = 1;
	nbd->facts = nbd->links[0]->facts;
	nbd->size = nbd->facts.size;
	ret = check_facts(nbd);
	if (nr > 1 && !nbd->facts.can_multi) {
		layer_log(nbd->layer, LOG_NOTICE,
			  "the server allows for one connection, not %u", nr);
		nr = 1;
	}
	while (!ret && nbd->nr_links < nr) {
		ret = nbd_link_new(nbd, nbd->nr_links);
		if (!ret)
			nbd->nr_links++;
	}
	return ret;
}

static void free_all(struct nbd *nbd)
{
	while (nbd->nr_links)
		nbd_link_free(nbd->links[--nbd->nr_links]);
	free_address(&nbd->address);
}

static int nbd_layer_open(struct layer *layer)
{
	struct nbd *nbd = layer->priv;
	char why[128];
	int ret;

	nbd->layer = layer;
	ret = parse_address(&nbd->address, layer->path, why, sizeof(why));
	if (ret)
		return layer_fail(layer, -ret, "%s", why);
	if (nbd->export && nbd->address.place != NBD_URI)
		nbd->address.export = strdup(nbd->export);
	ret = make_links(nbd);
	if (ret)
		free_all(nbd);
	else
		set_features(nbd);
	return ret;
}

static void nbd_layer_close(struct layer *layer)
{
	free_all(layer->priv);
}

/* ---- requests ----------------------------------------------------------- */

static void nbd_io(struct layer *layer, struct io *io)
{
	struct nbd *nbd = layer->priv;
	struct nbd_frame *frame = io_frame(layer, io);

	frame->io = io;
	nbd_link_add(nbd->links[io->queue % nbd->nr_links], frame);
}

static void nbd_submit(struct layer *layer, unsigned int queue)
{
	struct nbd *nbd = layer->priv;

	nbd_link_wake(nbd->links[queue % nbd->nr_links]);
}

/* The server has to have that size, and connections know the one of their beginning */
static int nbd_resize(struct layer *layer, uint64_t bytes)
{
	struct nbd *nbd = layer->priv;
	struct nbd_facts facts;
	unsigned int i;
	int ret = nbd_handle_ask(&nbd->address, nbd->connect, &facts);

	if (ret)
		return layer_fail(layer, -ret, "asking for the size: %s",
				  strerror(-ret));
	if (facts.size != bytes)
		return layer_fail(layer, EINVAL, "the server's disk has %" PRIu64
				  " bytes: change it there first", facts.size);
	__atomic_store_n(&nbd->size, bytes, __ATOMIC_RELAXED);
	for (i = 0; i < nbd->nr_links; i++)
		nbd_link_renew(nbd->links[i]);
	return 0;
}

const struct layer_ops nbd_layer = {
	.name = "nbd",
	.desc = "a disk of an NBD server, such as qemu-nbd or nbdkit",
	.usage = "nbd//PATH/OF/SOCKET, nbd/tcp/HOST/PORT/EXPORT or nbd/uri/URI",
	.options = options,
	.priv_size = sizeof(struct nbd),
	.frame_size = sizeof(struct nbd_frame),
	.defaults = nbd_defaults,
	.check = nbd_check,
	.open = nbd_layer_open,
	.close = nbd_layer_close,
	.io = nbd_io,
	.submit = nbd_submit,
	.resize = nbd_resize,
};
