// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an errno is for the initiator, and the two formats of sense data.
 */
#include "fake.h"

#include <errno.h>

#define BLOCK 512

static uint8_t buf[2 * BLOCK];

/* By numbers, as initiators have them: status, or sense of a read and of a write */
static const struct {
	int error;
	int status;
	int read;
	int write;
} table[] = {
	{ EAGAIN, 0x08, -1, -1 },
	{ EBUSY, 0x08, -1, -1 },
	{ EINTR, 0x08, -1, -1 },
	{ ENOMEM, 0x28, -1, -1 },
	{ ENOBUFS, 0x28, -1, -1 },
	{ EBADE, 0x18, -1, -1 },
	{ EIO, 2, 0x031100, 0x030c00 },
	{ ENODATA, 2, 0x031100, 0x030c00 },
	{ EBADMSG, 2, 0x031100, 0x030c00 },
	{ EILSEQ, 2, 0x031100, 0x030c00 },
	{ EUCLEAN, 2, 0x031100, 0x030c00 },
	{ ENOSPC, 2, 0x072707, 0x072707 },
	{ EDQUOT, 2, 0x072707, 0x072707 },
	{ EROFS, 2, 0x072700, 0x072700 },
	{ EPERM, 2, 0x072700, 0x072700 },
	{ EACCES, 2, 0x072700, 0x072700 },
	{ EOPNOTSUPP, 2, 0x052000, 0x052000 },
	{ ENOSYS, 2, 0x052000, 0x052000 },
	{ EINVAL, 2, 0x052400, 0x052400 },
	{ ERANGE, 2, 0x052100, 0x052100 },
	{ EFBIG, 2, 0x052100, 0x052100 },
	{ EOVERFLOW, 2, 0x052100, 0x052100 },
	{ ENOTCONN, 2, 0x020800, 0x020800 },
	{ ECONNREFUSED, 2, 0x020800, 0x020800 },
	{ ECONNRESET, 2, 0x020800, 0x020800 },
	{ EHOSTUNREACH, 2, 0x020800, 0x020800 },
	{ ENETUNREACH, 2, 0x020800, 0x020800 },
	{ EPIPE, 2, 0x020800, 0x020800 },
	{ ESHUTDOWN, 2, 0x020800, 0x020800 },
	{ ENODEV, 2, 0x020400, 0x020400 },
	{ ENXIO, 2, 0x020400, 0x020400 },
	{ ENOMEDIUM, 2, 0x023a00, 0x023a00 },
	{ ETIMEDOUT, 2, 0x0b3e02, 0x0b3e02 },
	{ ETIME, 2, 0x0b3e02, 0x0b3e02 },
	{ ECANCELED, 2, 0x0b0006, 0x0b0006 },
	/* any other */
	{ EDOM, 2, 0x044400, 0x044400 },
	{ 4095, 2, 0x044400, 0x044400 },
	{ 1000000, 2, 0x044400, 0x044400 },
};

static void check_row(unsigned int i)
{
	fake.fail = -table[i].error;
	fake_cdb10(0x28, 0, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), table[i].read);
	CHECK_EQ(answer.status, table[i].status);
	fake_cdb10(0x2a, 0, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), table[i].write);
	CHECK_EQ(answer.status, table[i].status);
}

TEST("each errno has its status and sense, for reads and for writes")
{
	unsigned int mode, i;

	for (mode = 0; mode < FAKE_MODES; mode++) {
		fake_open(BLOCK, 8, mode);
		for (i = 0; i < ARRAY_SIZE(table); i++)
			check_row(i);
		fake_close();
	}
}

TEST("a failing discard, zero and flush are errors of a write")
{
	fake_open(BLOCK, 8, FAKE_SYNC);
	fake.fail = -EIO;
	memset(buf, 0, sizeof(buf));
	fake_cdb16(0x93, 0x08, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), SENSE(3, 0x0c00));
	CHECK_EQ(fake.discards, 1);
	fake_cdb16(0x93, 0, 0, 1);
	CHECK_EQ(fake_sense(buf, BLOCK), SENSE(3, 0x0c00));
	CHECK_EQ(fake.zeroes, 1);
	fake_cdb10(0x35, 0, 0, 0);
	CHECK_EQ(fake_sense(NULL, 0), SENSE(3, 0x0c00));
	fake_close();
}

TEST("fixed format is 18 bytes, with the field that is wrong and the information")
{
	struct sense sense = { .key = 0xe, .asc_ascq = 0x1d00, .has_info = true,
			       .info = 0xfedcba98 };
	uint8_t bytes[SENSE_MAX];

	CHECK_EQ(sense_build(bytes, &sense, false), 18);
	CHECK(!memcmp(bytes, "\xf0\0\x0e\xfe\xdc\xba\x98\x0a\0\0\0\0\x1d\0\0\0\0\0",
		      18));
	sense = (struct sense){ .key = 5, .asc_ascq = 0x2400,
				.pointed = SENSE_IN_CDB, .byte = 0x107 };
	CHECK_EQ(sense_build(bytes, &sense, false), 18);
	CHECK(!memcmp(bytes, "\x70\0\x05\0\0\0\0\x0a\0\0\0\0\x24\0\0\xc0\x01\x07",
		      18));
}

TEST("descriptor format has a descriptor for each of them")
{
	struct sense sense = { .key = 0xe, .asc_ascq = 0x1d00, .has_info = true,
			       .info = 0x123456789abcdef0, .byte = 9,
			       .pointed = SENSE_IN_LIST };
	uint8_t bytes[SENSE_MAX];

	CHECK_EQ(sense_build(bytes, &sense, true), 28);
	CHECK(!memcmp(bytes, "\x72\x0e\x1d\0\0\0\0\x14", 8));
	CHECK(!memcmp(bytes + 8, "\0\x0a\x80\0\x12\x34\x56\x78\x9a\xbc\xde\xf0", 12));
	CHECK(!memcmp(bytes + 20, "\x02\x06\0\0\x80\0\x09\0", 8));
	/* that is what 32 bits cannot hold, whoever asked for the other format */
	CHECK_EQ(sense_build(bytes, &sense, false), 28);
	sense = (struct sense){ .key = 2, .asc_ascq = 0x0400 };
	CHECK_EQ(sense_build(bytes, &sense, true), 8);
	CHECK(!memcmp(bytes, "\x72\x02\x04\0\0\0\0\0", 8));
}

TEST("a refused CDB is told which byte is wrong")
{
	fake_open(BLOCK, 8, FAKE_SYNC);
	fake_cdb10(0x28, 0, 0, 1);
	cdb[9] = 0x04;			/* NACA */
	CHECK_EQ(fake_sense(buf, BLOCK), BAD_CDB);
	CHECK_EQ(answer.sense[15], 0xc0);
	CHECK_EQ(get_be16(answer.sense + 16), 9);
	fake_close();
}
