// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory in pieces.
 */
#include "tcmuser.h"

#include <string.h>

/*
 * Call @fn for each part of the pieces that lies in the @len bytes behind the
 * first @skip; how many bytes there were.
 */
static size_t each_part(const struct iovec *iov, int cnt, size_t skip, size_t len,
			void (*fn)(void *piece, void *arg, size_t len), char *arg)
{
	size_t part, done = 0;
	int i;

	for (i = 0; i < cnt && done < len; i++) {
		if (skip >= iov[i].iov_len) {
			skip -= iov[i].iov_len;
			continue;
		}
		part = iov[i].iov_len - skip;
		if (part > len - done)
			part = len - done;
		fn((char *)iov[i].iov_base + skip, arg ? arg + done : NULL, part);
		done += part;
		skip = 0;
	}
	return done;
}

static void put(void *piece, void *from, size_t len)
{
	memcpy(piece, from, len);
}

static void get(void *piece, void *to, size_t len)
{
	memcpy(to, piece, len);
}

static void zero(void *piece, void *unused, size_t len)
{
	memset(piece, 0, len);
}

size_t tcmuser_iov_put(const struct iovec *iov, int cnt, size_t skip,
		       const void *from, size_t len)
{
	return each_part(iov, cnt, skip, len, put, (char *)from);
}

size_t tcmuser_iov_get(const struct iovec *iov, int cnt, size_t skip, void *to,
		       size_t len)
{
	return each_part(iov, cnt, skip, len, get, to);
}

size_t tcmuser_iov_zero(const struct iovec *iov, int cnt, size_t skip,
			size_t len)
{
	return each_part(iov, cnt, skip, len, zero, NULL);
}

size_t tcmuser_iov_len(const struct iovec *iov, int cnt)
{
	size_t len = 0;
	int i;

	for (i = 0; i < cnt; i++)
		len += iov[i].iov_len;
	return len;
}
