// SPDX-License-Identifier: GPL-2.0-only
/*
 * The store nbd: making handles of libnbd, and what servers say of themselves.
 */
#include "nbd.h"

#include "clock.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

static int connect_to(struct nbd_handle *handle,
		      const struct nbd_address *address)
{
	switch (address->place) {
	case NBD_UNIX:
		return nbd_aio_connect_unix(handle, address->a);
	case NBD_TCP:
		return nbd_aio_connect_tcp(handle, address->a, address->b);
	case NBD_URI:
		return nbd_aio_connect_uri(handle, address->a);
	}
	return -1;
}

/* A server that is gone without a word is noticed by the kernel, with TCP */
static void set_timeouts(struct nbd_handle *handle)
{
	int fd = nbd_aio_get_fd(handle), on = 1, ms = 15000;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

/* One that has begun to connect; NULL with nbd_get_error() */
struct nbd_handle *nbd_handle_new(const struct nbd_address *address)
{
	struct nbd_handle *handle = nbd_create();

	if (!handle)
		return NULL;
	/* what is asked of a disk is checked before it comes here */
	nbd_set_strict_mode(handle, LIBNBD_STRICT_MASK & ~LIBNBD_STRICT_BOUNDS);
	if ((!address->export ||
	     !nbd_set_export_name(handle, address->export)) &&
	    !connect_to(handle, address))
		return handle;
	nbd_close(handle);
	return NULL;
}

static uint32_t block_size(struct nbd_handle *handle, int which,
			   uint32_t otherwise)
{
	int64_t size = nbd_get_block_size(handle, which);

	if (size <= 0)
		return otherwise;
	return size > INT32_MAX ? INT32_MAX : size;
}

int nbd_handle_facts(struct nbd_handle *handle, struct nbd_facts *facts)
{
	int64_t size = nbd_get_size(handle);

	if (size < 0)
		return -(nbd_get_errno() ? nbd_get_errno() : EIO);
	set_timeouts(handle);
	*facts = (struct nbd_facts){
		.size = size,
		.min_block = block_size(handle, LIBNBD_SIZE_MINIMUM, 1),
		/* what each server has to take that says nothing */
		.max_block = block_size(handle, LIBNBD_SIZE_MAXIMUM, 32 << 20),
		.preferred = block_size(handle, LIBNBD_SIZE_PREFERRED, 0),
		.read_only = nbd_is_read_only(handle) > 0,
		.can_flush = nbd_can_flush(handle) > 0,
		.can_fua = nbd_can_fua(handle) > 0,
		.can_trim = nbd_can_trim(handle) > 0,
		.can_zero = nbd_can_zero(handle) > 0,
		.can_multi = nbd_can_multi_conn(handle) > 0,
	};
	if (facts->max_block > 32 << 20)
		facts->max_block = 32 << 20;
	return 0;
}

/* ---- asking, once ------------------------------------------------------- */

/* Until it is connected, or not */
static int settle(struct nbd_handle *handle, uint64_t ns)
{
	uint64_t end = clock_now() + ns, now;

	while (nbd_aio_is_connecting(handle) > 0) {
		now = clock_now();
		if (now >= end)
			return -ETIMEDOUT;
		if (nbd_poll(handle, (end - now) / NS_PER_MS + 1) < 0)
			break;
	}
	if (nbd_aio_is_ready(handle) > 0)
		return 0;
	return -(nbd_get_errno() ? nbd_get_errno() : ENOTCONN);
}

/* With a farewell, that a server which hangs does not hold up */
void nbd_handle_free(struct nbd_handle *handle)
{
	uint64_t end = clock_now() + NS_PER_S;

	if (nbd_aio_is_ready(handle) > 0 && !nbd_aio_disconnect(handle, 0)) {
		while (nbd_aio_is_closed(handle) <= 0 &&
		       nbd_aio_is_dead(handle) <= 0 && clock_now() < end)
			nbd_poll(handle, 100);
	}
	nbd_close(handle);
}

int nbd_handle_ask(const struct nbd_address *address, uint64_t ns,
		   struct nbd_facts *facts)
{
	struct nbd_handle *handle = nbd_handle_new(address);
	int ret;

	if (!handle)
		return -(nbd_get_errno() ? nbd_get_errno() : ENOTCONN);
	ret = settle(handle, ns);
	if (!ret)
		ret = nbd_handle_facts(handle, facts);
	nbd_handle_free(handle);
	return ret;
}
