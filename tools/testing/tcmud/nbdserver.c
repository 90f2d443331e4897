// SPDX-License-Identifier: GPL-2.0-only
/*
 * A small NBD server: see nbdserver.h.
 */
#include "nbdserver.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define GET(at) __atomic_load_n(at, __ATOMIC_SEQ_CST)
#define ADD(at, n) __atomic_add_fetch(at, n, __ATOMIC_SEQ_CST)

#define REQUEST_MAGIC 0x25609513
#define REPLY_MAGIC 0x67446698

enum { CMD_READ, CMD_WRITE, CMD_DISC, CMD_FLUSH, CMD_TRIM, CMD_CACHE, CMD_ZERO };

struct request {
	u32 magic;
	u16 flags;
	u16 type;
	u64 cookie;
	u64 off;
	u32 len;
} __attribute__((packed));

struct connection {
	struct nbdserver *server;
	int fd;
};

/* Waits no longer than the server lives */
static bool get(struct connection *con, void *to, size_t len)
{
	struct pollfd pfd = { .fd = con->fd, .events = POLLIN };
	ssize_t n;

	while (len) {
		if (GET(&con->server->stop))
			return false;
		if (poll(&pfd, 1, 20) < 1)
			continue;
		n = read(con->fd, to, len);
		if (n <= 0)
			return false;
		to = (char *)to + n;
		len -= n;
	}
	return true;
}

static bool put(struct connection *con, const void *from, size_t len)
{
	ssize_t n;

	while (len) {
		n = send(con->fd, from, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
		from = (const char *)from + n;
		len -= n;
	}
	return true;
}

static bool greet(struct connection *con)
{
	struct {
		char magic[8];
		u64 old;
		u64 size;
		u32 flags;
		u8 zeroes[124];
	} __attribute__((packed)) hello = {
		.magic = "NBDMAGIC",
		.old = htobe64(0x420281861253ull),
		.size = htobe64(GET(&con->server->size)),
		.flags = htobe32(con->server->flags | 1),
	};

	return put(con, &hello, sizeof(hello));
}

static bool reply(struct connection *con, const struct request *request,
		  u32 error, const void *data, size_t len)
{
	struct {
		u32 magic;
		u32 error;
		u64 cookie;
	} __attribute__((packed)) head = {
		.magic = htobe32(REPLY_MAGIC),
		.error = htobe32(error),
		.cookie = request->cookie,
	};

	return put(con, &head, sizeof(head)) && (!len || put(con, data, len));
}

/* A command's data has to be taken whatever becomes of the command */
static bool carry_out(struct connection *con, const struct request *request)
{
	struct nbdserver *server = con->server;
	u64 off = be64toh(request->off);
	u32 len = be32toh(request->len);
	u16 type = be16toh(request->type);
	bool fails = GET(&server->fails);

	if (type == CMD_WRITE && !get(con, server->data + off, len))
		return false;
	if (GET(&server->mute))
		return true;
	if (!fails && (type == CMD_TRIM || type == CMD_ZERO))
		memset(server->data + off, 0, len);
	if (fails)
		return reply(con, request, EIO, NULL, 0);
	return reply(con, request, 0, server->data + off,
		     type == CMD_READ ? len : 0);
}

static bool one(struct connection *con)
{
	struct nbdserver *server = con->server;
	struct request request;
	int nr, limit = GET(&server->breaks_after);

	if (!get(con, &request, sizeof(request)))
		return false;
	if (be16toh(request.type) == CMD_DISC)
		return false;
	nr = ADD(&server->commands, 1);
	if (be16toh(request.flags) & 1)
		ADD(&server->fua, 1);
	if (limit && nr % limit == 0)
		return false;
	return carry_out(con, &request);
}

static void *serve(void *arg)
{
	struct connection *con = arg;
	bool more = greet(con);

	while (more && !GET(&con->server->stop))
		more = one(con);
	close(con->fd);
	ADD(&con->server->open, -1);
	free(con);
	return NULL;
}

static void begin(struct nbdserver *server, int fd)
{
	struct connection *con = malloc(sizeof(*con));
	pthread_t thread;

	con->server = server;
	con->fd = fd;
	ADD(&server->connections, 1);
	ADD(&server->open, 1);
	if (pthread_create(&thread, NULL, serve, con))
		abort();
	pthread_detach(thread);
}

static void *listen_to(void *arg)
{
	struct nbdserver *server = arg;
	struct pollfd pfd = { .fd = server->fd, .events = POLLIN };
	int fd;

	while (!GET(&server->stop)) {
		if (poll(&pfd, 1, 20) < 1)
			continue;
		fd = accept(server->fd, NULL, NULL);
		if (fd >= 0)
			begin(server, fd);
	}
	return NULL;
}

int nbdserver_start(struct nbdserver *server)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", server->path);
	unlink(server->path);
	__atomic_store_n(&server->stop, false, __ATOMIC_SEQ_CST);
	server->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (server->fd < 0 ||
	    bind(server->fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(server->fd, 8))
		return -errno;
	server->runs = !pthread_create(&server->thread, NULL, listen_to, server);
	return server->runs ? 0 : -EAGAIN;
}

void nbdserver_stop(struct nbdserver *server)
{
	__atomic_store_n(&server->stop, true, __ATOMIC_SEQ_CST);
	pthread_join(server->thread, NULL);
	server->runs = false;
	close(server->fd);
	unlink(server->path);
	while (GET(&server->open))
		usleep(1000);
}
