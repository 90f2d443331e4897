// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers that are any bytes, and commands with any numbers: what is decoded is in
 * its bounds, and what is encoded says where each byte of the buffers is.
 */
#include "fuzz.h"

#include "entry.h"

#define MAX_RUNS	40

static void check_answer(struct input *in)
{
	u8 *slot = must_alloc(sizeof(struct tcmu_cmd_entry));
	struct tcmu_answer answer, again;
	u32 len = input_u32(in);
	u32 i, read_len;

	for (i = 0; i < sizeof(struct tcmu_cmd_entry); i++)
		slot[i] = input_u8(in);
	tcmu_entry_get_answer(slot, &answer);
	memset(&again, 0xff, sizeof(again));
	tcmu_entry_get_answer(slot, &again);
	MUST(answer.uflags == again.uflags && answer.read_len == again.read_len);
	MUST(tcmu_entry_get_id(slot) == (slot[4] | slot[5] << 8));
	MUST(answer.uflags == slot[7]);
	MUST(answer.status == slot[8]);
	read_len = tcmu_answer_read_len(&answer, len);
	MUST(read_len <= len);
	MUST(read_len || !len);
	MUST((const u8 *)tcmu_entry_sense(slot) + TCMU_SENSE_BUFFERSIZE ==
	     slot + sizeof(struct tcmu_cmd_entry));
	free(slot);
}

/* Runs that hold @len bytes or more; returns how many bytes they hold */
static u64 make_runs(struct input *in, struct tcmu_run *runs, u32 nr, u64 blk)
{
	u64 room = 0;
	u32 i;

	for (i = 0; i < nr; i++) {
		runs[i].first = input_u32(in) >> 4;
		runs[i].nr = 1 + input_u8(in);
		room += runs[i].nr * blk;
	}
	return room;
}

static void check_iovs(const struct iovec *iov, const struct tcmu_entry_cmd *cmd,
		       const struct tcmu_entry_buf *buf)
{
	u64 off, sum = 0;
	u32 i;

	for (i = 0; i < buf->nr_runs; i++) {
		off = (uintptr_t)iov[i].iov_base;
		MUST(off == cmd->area_off + buf->runs[i].first * cmd->blk_size);
		MUST(iov[i].iov_len <= buf->runs[i].nr * cmd->blk_size);
		sum += iov[i].iov_len;
	}
	MUST(sum == buf->len);
}

static void check_put(const struct tcmu_entry_cmd *cmd, u32 slot_off)
{
	u32 nr = cmd->data.nr_runs + cmd->bidi.nr_runs;
	u64 len = tcmu_entry_cmd_len(nr, cmd->cdb_len);
	struct tcmu_cmd_entry *entry = must_alloc(len);
	u64 cdb;

	MUST(len % TCMU_OP_ALIGN_SIZE == 0 && len >= sizeof(*entry));
	tcmu_entry_put_cmd(entry, slot_off, len, cmd);
	MUST(tcmu_hdr_get_len(entry->hdr.len_op) == len);
	MUST(tcmu_hdr_get_op(entry->hdr.len_op) == TCMU_OP_CMD);
	MUST(entry->hdr.cmd_id == cmd->id && !entry->req.iov_dif_cnt);
	cdb = entry->req.cdb_off - slot_off;
	MUST(cdb >= 48 + nr * sizeof(struct iovec));
	MUST(cdb + cmd->cdb_len <= len);
	MUST(!memcmp((u8 *)entry + cdb, cmd->cdb, cmd->cdb_len));
	check_iovs(entry->req.iov, cmd, &cmd->data);
	check_iovs(entry->req.iov + cmd->data.nr_runs, cmd, &cmd->bidi);
	free(entry);
}

static void check_cmd(struct input *in)
{
	struct tcmu_run data[MAX_RUNS], bidi[MAX_RUNS];
	u8 cdb[260];
	struct tcmu_entry_cmd cmd = {
		.id = input_u16(in),
		.cdb = cdb,
		.cdb_len = 6 + input_below(in, 255),
		.area_off = (u64)input_u16(in) << 12,
		.blk_size = 4096ULL << input_below(in, 4),
	};
	u64 room;
	u32 i;

	for (i = 0; i < cmd.cdb_len; i++)
		cdb[i] = i + cmd.id;
	cmd.data.nr_runs = input_below(in, MAX_RUNS + 1);
	room = make_runs(in, data, cmd.data.nr_runs, cmd.blk_size);
	cmd.data.runs = data;
	cmd.data.len = room ? room - input_u16(in) % room : 0;
	cmd.bidi.nr_runs = input_below(in, MAX_RUNS + 1);
	room = make_runs(in, bidi, cmd.bidi.nr_runs, cmd.blk_size);
	cmd.bidi.runs = bidi;
	cmd.bidi.len = room ? room - input_u16(in) % room : 0;
	check_put(&cmd, 128 + input_u16(in) * 8);
}

static void check_tmr(struct input *in)
{
	u32 i, nr = input_u8(in), type = input_u8(in);
	u32 len = tcmu_entry_tmr_len(nr);
	struct tcmu_tmr_entry *tmr = must_alloc(len);
	u16 ids[256];

	for (i = 0; i < nr; i++)
		ids[i] = input_u16(in);
	tcmu_entry_put_tmr(tmr, len, type, ids, nr);
	MUST(tcmu_hdr_get_len(tmr->hdr.len_op) == len);
	MUST(tmr->cmd_cnt == nr && tmr->tmr_type == type);
	for (i = 0; i < nr; i++)
		MUST(tmr->cmd_ids[i] == ids[i]);
	free(tmr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	switch (input_below(&in, 3)) {
	case 0:
		check_answer(&in);
		break;
	case 1:
		check_cmd(&in);
		break;
	default:
		check_tmr(&in);
	}
	return 0;
}
