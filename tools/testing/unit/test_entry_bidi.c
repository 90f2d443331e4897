// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands with both buffers. No fabric that can be set up without hardware
 * sends them, so that this is where they are shown: the allocator gives blocks
 * to each buffer, and a program finds its way by the entry alone.
 */
#include "area.h"
#include "entry.h"
#include "unit.h"

#include <string.h>

#define BLK	4096U
#define NR_BLK	64U
#define AREA	0x10000U

/* XDWRITEREAD(10) of SBC-3 */
static const u8 cdb[10] = { 0x53, 0, 0, 0, 0, 16, 0, 0, 16, 0 };

struct bidi {
	struct tcmu_area area;
	struct tcmu_run out[NR_BLK], in[NR_BLK];
	u8 *map;
	u32 len;
};

/* Of two blocks one is in use, so that no two blocks of a buffer touch */
static void scatter(struct tcmu_area *area)
{
	struct tcmu_run run;
	u32 i;

	CHECK_EQ(tcmu_area_alloc(area, NR_BLK, &run, 1), 1);
	for (i = 0; i < NR_BLK; i += 2) {
		run = (struct tcmu_run){ i, 1 };
		tcmu_area_free(area, &run, 1);
	}
}

static struct bidi *bidi_put(u64 out_len, u64 in_len)
{
	struct bidi *b = unit_alloc(sizeof(*b));
	struct tcmu_entry_cmd cmd = {
		.id = 9, .cdb = cdb, .cdb_len = sizeof(cdb),
		.area_off = AREA, .blk_size = BLK,
	};
	int out, in;

	tcmu_area_init(&b->area, unit_alloc(tcmu_area_bytes(NR_BLK)), NR_BLK);
	scatter(&b->area);
	out = tcmu_area_alloc(&b->area, (out_len + BLK - 1) / BLK, b->out,
			      NR_BLK);
	in = tcmu_area_alloc(&b->area, (in_len + BLK - 1) / BLK, b->in, NR_BLK);
	CHECK(out > 0 && in > 0);
	cmd.data = (struct tcmu_entry_buf){ b->out, out, out_len };
	cmd.bidi = (struct tcmu_entry_buf){ b->in, in, in_len };
	b->map = unit_alloc(AREA + NR_BLK * BLK);
	b->len = tcmu_entry_cmd_len(out + in, sizeof(cdb));
	tcmu_entry_put_cmd(b->map + 128, 128, b->len, &cmd);
	return b;
}

static struct tcmu_cmd_entry *entry_of(struct bidi *b)
{
	return (void *)(b->map + 128);
}

/* As a program does: offsets from the mapping, in the order of the iovecs */
static u64 fill(struct bidi *b, const struct iovec *iov, u32 nr, u8 byte)
{
	u64 len = 0;

	for (; nr--; iov++) {
		u8 *p = b->map + (uintptr_t)iov->iov_base;
		size_t i;

		for (i = 0; i < iov->iov_len; i++) {
			CHECK_EQ(p[i], 0);
			p[i] = byte;
		}
		len += iov->iov_len;
	}
	return len;
}

TEST("the iovecs of Data-Out come first, and those of Data-In are counted apart")
{
	struct bidi *b = bidi_put(2 * BLK, 3 * BLK);
	struct tcmu_cmd_entry *e = entry_of(b);

	CHECK_EQ(e->req.iov_cnt, 2);
	CHECK_EQ(e->req.iov_bidi_cnt, 3);
	CHECK_EQ((uintptr_t)e->req.iov[0].iov_base, AREA + 0 * BLK);
	CHECK_EQ((uintptr_t)e->req.iov[1].iov_base, AREA + 2 * BLK);
	CHECK_EQ((uintptr_t)e->req.iov[2].iov_base, AREA + 4 * BLK);
	CHECK_EQ((uintptr_t)e->req.iov[4].iov_base, AREA + 8 * BLK);
}

TEST("the two buffers never share a block, also when both end inside one")
{
	struct bidi *b = bidi_put(BLK + 512, 2 * BLK + 512);
	struct tcmu_cmd_entry *e = entry_of(b);

	/* fill() checks that each byte is met once */
	CHECK_EQ(fill(b, e->req.iov, 2, 0xaa), BLK + 512);
	CHECK_EQ(fill(b, e->req.iov + 2, 3, 0xbb), 2 * BLK + 512);
}

TEST("the CDB is behind the iovecs of both buffers")
{
	struct bidi *b = bidi_put(4 * BLK, 5 * BLK);
	struct tcmu_cmd_entry *e = entry_of(b);

	CHECK_EQ(b->len, 48 + 9 * 16 + 16);
	CHECK_EQ(e->req.cdb_off, 128 + 48 + 9 * 16);
	CHECK(!memcmp(b->map + e->req.cdb_off, cdb, sizeof(cdb)));
}

TEST("neighbouring blocks of the two buffers are not joined")
{
	static const struct tcmu_run out = { 0, 2 }, in = { 2, 2 };
	struct tcmu_entry_cmd cmd = {
		.cdb = cdb, .cdb_len = sizeof(cdb), .blk_size = BLK,
		.data = { &out, 1, 2 * BLK }, .bidi = { &in, 1, 2 * BLK },
	};
	struct tcmu_cmd_entry *e = unit_alloc(tcmu_entry_cmd_len(2, 10));

	tcmu_entry_put_cmd(e, 0, tcmu_entry_cmd_len(2, 10), &cmd);
	CHECK_EQ(e->req.iov_cnt, 1);
	CHECK_EQ(e->req.iov_bidi_cnt, 1);
	CHECK_EQ(e->req.iov[0].iov_len, 2 * BLK);
	CHECK_EQ((uintptr_t)e->req.iov[1].iov_base, 2 * BLK);
	CHECK_EQ(e->req.iov[1].iov_len, 2 * BLK);
}
