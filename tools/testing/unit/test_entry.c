// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands in an entry, byte by byte: the numbers are those of the known
 * ABI, and not those of the header.
 */
#include "entry.h"
#include "unit.h"

#include <string.h>

static u64 get(const u8 *bytes, u32 off, u32 size)
{
	u64 val = 0;

	memcpy(&val, bytes + off, size);
	return val;
}

static const u8 cdb[260] = {
	0x7f, 2, 3, 4, 5, 6, 7, 252, 9, 10, 11, 12, 13, 14, 15, 16, 17,
};

static struct tcmu_entry_cmd read_10(const struct tcmu_run *runs, u32 nr_runs,
				     u64 len)
{
	return (struct tcmu_entry_cmd){
		.id = 0x1234,
		.cdb = cdb,
		.cdb_len = 10,
		.data = { runs, nr_runs, len },
		.area_off = 0x800000,
		.blk_size = 4096,
	};
}

/* In memory of just that length, so that AddressSanitizer sees its ends */
static u8 *put(const struct tcmu_entry_cmd *cmd, u64 off, u32 *len)
{
	u8 *slot;

	*len = tcmu_entry_cmd_len(cmd->data.nr_runs + cmd->bidi.nr_runs,
				  cmd->cdb_len);
	slot = unit_alloc(*len);
	memset(slot, 0xff, *len);
	tcmu_entry_put_cmd(slot, off, *len, cmd);
	return slot;
}

TEST("the shortest command is 112 bytes and its CDB, in eights")
{
	u32 len;

	for (len = 1; len <= 260; len++)
		CHECK_EQ(tcmu_entry_cmd_len(0, len), 112 + (len + 7) / 8 * 8);
}

TEST("five iovecs make an entry longer, four do not")
{
	CHECK_EQ(tcmu_entry_cmd_len(1, 6), 120);
	CHECK_EQ(tcmu_entry_cmd_len(4, 6), 120);
	CHECK_EQ(tcmu_entry_cmd_len(5, 6), 136);
	CHECK_EQ(tcmu_entry_cmd_len(100, 16), 48 + 1600 + 16);
}

TEST("no number of iovecs overflows the length")
{
	CHECK_EQ(tcmu_entry_cmd_len(0xffffffff, 16),
		 48 + 16 * 0xffffffffULL + 16);
}

TEST("a command without data has no iovecs, and its CDB behind 112 bytes")
{
	struct tcmu_entry_cmd cmd = read_10(NULL, 0, 0);
	u32 len, i;
	u8 *e = put(&cmd, 128 + 4096, &len);

	CHECK_EQ(len, 128);
	CHECK_EQ(get(e, 0, 4), 128 | 1);
	CHECK_EQ(get(e, 4, 2), 0x1234);
	CHECK_EQ(get(e, 6, 2), 0);
	CHECK_EQ(get(e, 8, 4), 0);
	CHECK_EQ(get(e, 12, 4), 0);
	CHECK_EQ(get(e, 16, 4), 0);
	CHECK_EQ(get(e, 24, 8), 128 + 4096 + 112);
	for (i = 32; i < 112; i++)
		CHECK_EQ(e[i], 0);
	CHECK(!memcmp(e + 112, cdb, 10));
	for (i = 122; i < 128; i++)
		CHECK_EQ(e[i], 0);
}

TEST("CDBs of all lengths are copied, and the rest is zero")
{
	static const u32 lens[] = { 6, 10, 12, 16, 32, 252, 260 };
	struct tcmu_entry_cmd cmd = read_10(NULL, 0, 0);
	u32 i, j, len;
	u8 *e;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		cmd.cdb_len = lens[i];
		e = put(&cmd, 0, &len);
		CHECK(!memcmp(e + get(e, 24, 8), cdb, lens[i]));
		for (j = 112 + lens[i]; j < len; j++)
			CHECK_EQ(e[j], 0);
	}
}

TEST("one run of blocks is one iovec of the bytes that are used")
{
	static const struct tcmu_run run = { 5, 3 };
	struct tcmu_entry_cmd cmd = read_10(&run, 1, 2 * 4096 + 512);
	u32 len;
	u8 *e = put(&cmd, 0, &len);

	CHECK_EQ(get(e, 8, 4), 1);
	CHECK_EQ(get(e, 48, 8), 0x800000 + 5 * 4096);
	CHECK_EQ(get(e, 56, 8), 2 * 4096 + 512);
}

TEST("iovecs follow the runs, and the last piece may be partial")
{
	static const struct tcmu_run runs[] = {
		{ 0, 1 }, { 7, 2 }, { 3, 1 }, { 100, 1 }, { 50, 4 },
	};
	struct tcmu_entry_cmd cmd = read_10(runs, 5, 5 * 4096 + 3 * 4096 + 1);
	u32 len, i;
	u8 *e = put(&cmd, 256, &len);

	CHECK_EQ(len, 48 + 5 * 16 + 16);
	CHECK_EQ(get(e, 8, 4), 5);
	for (i = 0; i < 5; i++)
		CHECK_EQ(get(e, 48 + 16 * i, 8),
			 0x800000 + runs[i].first * 4096);
	for (i = 0; i < 4; i++)
		CHECK_EQ(get(e, 56 + 16 * i, 8), runs[i].nr * 4096);
	CHECK_EQ(get(e, 56 + 16 * 4, 8), 3 * 4096 + 1);
	CHECK_EQ(get(e, 24, 8), 256 + 48 + 5 * 16);
	CHECK(!memcmp(e + 128, cdb, 10));
}

TEST("offsets beyond 4 GiB are kept whole")
{
	static const struct tcmu_run run = { 0x7ffffff0, 8 };
	struct tcmu_entry_cmd cmd = read_10(&run, 1, 0x100000000ULL + 512);
	u32 len;
	u8 *e;

	cmd.blk_size = 0x40000000;
	cmd.area_off = 0x100000001000ULL;
	e = put(&cmd, 0x123456789aULL * 8, &len);
	CHECK_EQ(get(e, 48, 8),
		 0x100000001000ULL + 0x7ffffff0ULL * 0x40000000);
	CHECK_EQ(get(e, 56, 8), 0x100000000ULL + 512);
	CHECK_EQ(get(e, 24, 8), 0x123456789aULL * 8 + 112);
}

TEST("a task management entry has its type, its ids, and zeros to eight bytes")
{
	static const u16 ids[] = { 1, 0xffff, 0x0102, 7, 9 };
	u32 len = tcmu_entry_tmr_len(5), i;
	u8 *e = unit_alloc(len);

	CHECK_EQ(len, 48);
	memset(e, 0xff, len);
	tcmu_entry_put_tmr(e, len, 5, ids, 5);
	CHECK_EQ(get(e, 0, 4), 48 | 2);
	CHECK_EQ(get(e, 4, 4), 0);
	CHECK_EQ(get(e, 8, 1), 5);
	CHECK_EQ(get(e, 12, 4), 5);
	CHECK_EQ(get(e, 16, 8), 0);
	CHECK_EQ(get(e, 24, 8), 0);
	for (i = 0; i < 5; i++)
		CHECK_EQ(get(e, 32 + 2 * i, 2), ids[i]);
	CHECK_EQ(get(e, 42, 6), 0);
}

TEST("a task management entry may name no command, or every one there is")
{
	CHECK_EQ(tcmu_entry_tmr_len(0), 32);
	CHECK_EQ(tcmu_entry_tmr_len(1), 40);
	CHECK_EQ(tcmu_entry_tmr_len(4), 40);
	CHECK_EQ(tcmu_entry_tmr_len(65535), 32 + 131072);
}

TEST("an answer is taken from where a program writes it")
{
	struct tcmu_answer answer;
	u8 *e = unit_alloc(112);

	e[4] = 0x34;
	e[5] = 0x12;
	e[6] = 0xff;
	e[7] = 6;
	e[8] = 0x18;
	e[9] = 0xff;
	e[12] = 0x78;
	e[15] = 0x80;
	e[16] = 0x70;
	tcmu_entry_get_answer(e, &answer);
	CHECK_EQ(tcmu_entry_get_id(e), 0x1234);
	CHECK_EQ(answer.uflags, 6);
	CHECK_EQ(answer.status, 0x18);
	CHECK_EQ(answer.read_len, 0x80000078);
	CHECK(tcmu_entry_sense(e) == e + 16);
}

TEST("a length of zero, none, or too much vouches for the whole read")
{
	struct tcmu_answer answer = { .uflags = 2 };

	CHECK_EQ(tcmu_answer_read_len(&answer, 4096), 4096);
	answer.read_len = 1;
	CHECK_EQ(tcmu_answer_read_len(&answer, 4096), 1);
	answer.read_len = 4095;
	CHECK_EQ(tcmu_answer_read_len(&answer, 4096), 4095);
	answer.read_len = 0xffffffff;
	CHECK_EQ(tcmu_answer_read_len(&answer, 4096), 4096);
	answer.uflags = 1 | 4;
	answer.read_len = 5;
	CHECK_EQ(tcmu_answer_read_len(&answer, 4096), 4096);
}
