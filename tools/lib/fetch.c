// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What stands in the ring, copied out and checked. The library may run on any
 * driver, and the ring is memory that anybody with the file can write: each field
 * is read once, and bounded before it is used.
 */
#include "queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int bad(const char **why, const char *text)
{
	*why = text;
	return -EPROTO;
}

/* Bytes from @from forward to @to */
static uint32_t distance(const struct tcmuser_queue *q, uint32_t from, uint32_t to)
{
	return to >= from ? to - from : q->ring.size - from + to;
}

static int check_place(const struct tcmuser_queue *q,
		       const struct queue_entry *entry, const char **why)
{
	if (entry->len < sizeof(struct tcmu_cmd_entry_hdr))
		return bad(why, "an entry has no length");
	if (entry->len > q->ring.size - entry->pos)
		return bad(why, "an entry runs past the end of the ring");
	if (entry->len > distance(q, entry->pos, entry->head))
		return bad(why, "an entry runs past the head");
	return 1;
}

int fetch_peek(struct tcmuser_queue *q, struct queue_entry *entry,
	       const char **why)
{
	uint32_t len_op;

	entry->head = smp_load_acquire(&q->ring.mbox->cmd_head); /* B */
	entry->pos = q->ring.next;
	if (entry->head == entry->pos)
		return 0;
	if (entry->head >= q->ring.size || entry->head % TCMU_OP_ALIGN_SIZE)
		return bad(why, "the head is not in the ring");
	entry->at = tcmu_ring_user_at(&q->ring, entry->pos);
	len_op = READ_ONCE(entry->at->hdr.len_op);
	entry->len = tcmu_hdr_get_len(len_op);
	entry->op = tcmu_hdr_get_op(len_op);
	entry->id = 0;
	if (entry->op == TCMU_OP_CMD && entry->len >= sizeof(*entry->at))
		entry->id = READ_ONCE(entry->at->hdr.cmd_id);
	return check_place(q, entry, why);
}

/* ---- the CDB ---------------------------------------------------------------------- */

/* SPC-4 4.3: the first three bits of the opcode say how long it is */
static size_t cdb_size(const uint8_t *cdb, size_t avail)
{
	static const uint8_t size[8] = { 6, 10, 10, 12, 16, 12, 10, 10 };

	if (cdb[0] == 0x7f)
		return avail > 7 ? 8 + (size_t)cdb[7] : SIZE_MAX;
	return size[cdb[0] >> 5];
}

static int copy_cdb(struct tcmuser_queue *q, const struct queue_entry *entry,
		    struct tcmuser_cmd *cmd, const char **why)
{
	uint64_t start = (uint64_t)q->ring.off + entry->pos;
	uint64_t off = READ_ONCE(entry->at->req.cdb_off);
	size_t avail;

	/* in its entry: anywhere else nobody says that there is memory */
	if (off < start + offsetof(struct tcmu_cmd_entry, req.iov) ||
	    off >= start + entry->len)
		return bad(why, "a CDB is not in its entry");
	avail = start + entry->len - off;
	if (avail > sizeof(cmd->cdb))
		avail = sizeof(cmd->cdb);
	memcpy(cmd->cdb, (char *)q->map + off, avail);
	cmd->cdb_len = cdb_size(cmd->cdb, avail);
	if (cmd->cdb_len > avail)
		return bad(why, "a CDB is longer than its entry");
	return 0;
}

/* ---- the data buffer ----------------------------------------------------------------- */

static int make_room(struct tcmuser_cmd *cmd, uint32_t cnt)
{
	struct iovec *iov;
	uint32_t max = cmd->iov_max ? cmd->iov_max : 4;

	if (cnt <= (uint32_t)cmd->iov_max)
		return 0;
	while (max < cnt)
		max *= 2;
	iov = reallocarray(cmd->iov, max, sizeof(*iov));
	if (!iov)
		return -ENOMEM;
	cmd->iov = iov;
	cmd->iov_max = max;
	return 0;
}

/* From an offset in the mapping to an address, which is never one of the ring's */
static int place_piece(const struct tcmuser_queue *q, struct iovec *iov)
{
	uint64_t off = (uintptr_t)iov->iov_base;

	if (off < (uint64_t)q->ring.off + q->ring.size || off > q->map_size ||
	    iov->iov_len > q->map_size - off)
		return -EPROTO;
	iov->iov_base = (char *)q->map + off;
	return 0;
}

static int place_pieces(const struct tcmuser_queue *q, struct tcmuser_cmd *cmd,
			const char **why)
{
	int i;

	cmd->data_len = 0;
	for (i = 0; i < cmd->iov_cnt; i++) {
		if (place_piece(q, &cmd->iov[i]) ||
		    cmd->iov[i].iov_len > q->map_size - cmd->data_len)
			return bad(why, "a buffer is not in the data area");
		cmd->data_len += cmd->iov[i].iov_len;
	}
	return 0;
}

static int copy_iov(struct tcmuser_queue *q, const struct queue_entry *entry,
		    struct tcmuser_cmd *cmd, const char **why)
{
	size_t base = offsetof(struct tcmu_cmd_entry, req.iov);
	uint32_t cnt = READ_ONCE(entry->at->req.iov_cnt);
	uint32_t bidi = READ_ONCE(entry->at->req.iov_bidi_cnt);

	if ((uint64_t)cnt + bidi > (entry->len - base) / sizeof(struct iovec))
		return bad(why, "a buffer has more pieces than its entry");
	if (make_room(cmd, cnt))
		return -ENOMEM;
	if (cnt)
		memcpy(cmd->iov, (char *)entry->at + base,
		       cnt * sizeof(struct iovec));
	cmd->iov_cnt = cnt;
	return place_pieces(q, cmd, why);
}

/* ---- entries -------------------------------------------------------------------------- */

static void make_new(struct tcmuser_cmd *cmd, uint16_t id)
{
	cmd->id = id;
	cmd->status = 0;
	cmd->sense_len = 0;
	cmd->held = false;
	cmd->ended = false;
	cmd->written = false;
	cmd->has_read_len = false;
	cmd->used = false;
	cmd->flags = 0;
	cmd->read_len = 0;
	cmd->priv = NULL;
	cmd->then = NULL;
	memset(&cmd->step, 0, sizeof(cmd->step));
}

int fetch_cmd(struct tcmuser_queue *q, const struct queue_entry *entry,
	      struct tcmuser_cmd *cmd, const char **why)
{
	int ret;

	if (entry->len < sizeof(*entry->at))
		return bad(why, "a command has no room for its answer");
	if (!entry->id)
		return bad(why, "a command has no id");
	make_new(cmd, entry->id);
	ret = copy_cdb(q, entry, cmd, why);
	return ret ? ret : copy_iov(q, entry, cmd, why);
}

int fetch_tmr(const struct queue_entry *entry, const char **why)
{
	const struct tcmu_tmr_entry *tmr = (void *)entry->at;
	uint32_t cnt;

	if (entry->len < sizeof(*tmr))
		return bad(why, "a task management function is cut off");
	cnt = READ_ONCE(tmr->cmd_cnt);
	if (cnt > (entry->len - sizeof(*tmr)) / sizeof(tmr->cmd_ids[0]))
		return bad(why, "a task management function has more ids than its entry");
	return cnt;
}
