// SPDX-License-Identifier: GPL-2.0-only
/*
 * The library's end of a ring whose memory is anything, and changes between two
 * looks: what is fetched lies in its place, CDB, pieces and ids too.
 */
#include "fuzz.h"

#include "queue.h"

#define BYTES	4096

static struct tcmuser_queue q;
static struct tcmuser_cmd cmd;
static volatile u8 sum;

static void touch(const void *mem, size_t len)
{
	const u8 *byte = mem;

	while (len--)
		sum += *byte++;
}

/* Most of it by words that have a sense in a ring */
static void spoil(struct input *in)
{
	static const u32 words[] = { 0, 8, 64, 112, 120, 128, 4096, ~0U };
	u32 at = input_below(in, BYTES / 4) * 4;
	u32 word = input_u8(in);

	if (word < 128)
		word = words[word % ARRAY_SIZE(words)] + (word >> 4);
	else
		word = input_u32(in);
	memcpy((u8 *)q.map + at, &word, sizeof(word));
}

/* An entry as the kernel would make it, where the next one is */
static void make_entry(struct input *in)
{
	struct tcmu_cmd_entry *entry = tcmu_ring_user_at(&q.ring, q.ring.next);
	u32 len = 32 + input_below(in, 20) * 8;

	if (len > q.ring.size - q.ring.next)
		return;
	memset(entry, 0, len);
	entry->hdr.len_op = len | input_below(in, 4);
	entry->hdr.cmd_id = input_u8(in);
	q.ring.mbox->cmd_head = (q.ring.next + len) % q.ring.size;
	if (len < sizeof(*entry))
		return;
	entry->req.iov_cnt = input_below(in, 6);
	entry->req.cdb_off = q.ring.off + q.ring.next + input_below(in, 256);
	entry->req.iov[0].iov_base = (void *)(uintptr_t)input_u16(in);
	entry->req.iov[0].iov_len = input_u16(in);
}

static void check_cmd(const struct queue_entry *entry)
{
	const u8 *begin = q.map, *piece;
	int i;

	MUST(cmd.id && cmd.cdb_len >= 6 && cmd.cdb_len <= sizeof(cmd.cdb));
	MUST(entry->len >= sizeof(struct tcmu_cmd_entry));
	touch(cmd.cdb, cmd.cdb_len);
	for (i = 0; i < cmd.iov_cnt; i++) {
		piece = cmd.iov[i].iov_base;
		MUST(piece >= begin + q.ring.off + q.ring.size);
		MUST(piece + cmd.iov[i].iov_len <= begin + BYTES);
		touch(piece, cmd.iov[i].iov_len);
	}
}

static void fetch(void)
{
	struct queue_entry entry;
	const char *why = NULL;
	int ret = fetch_peek(&q, &entry, &why);

	MUST((ret < 0) == !!why);
	if (ret <= 0)
		return;
	touch(entry.at, entry.len);
	if (entry.op == TCMU_OP_CMD && !fetch_cmd(&q, &entry, &cmd, &why))
		check_cmd(&entry);
	if (entry.op == TCMU_OP_TMR) {
		ret = fetch_tmr(&entry, &why);
		if (ret > 0)
			touch(((struct tcmu_tmr_entry *)entry.at)->cmd_ids,
			      ret * sizeof(u16));
	}
	/* as account.c does */
	q.ring.next += entry.len;
	if (q.ring.next == q.ring.size)
		q.ring.next = 0;
	MUST(q.ring.next < q.ring.size);
}

/* What a program without the library has; such a ring is aligned, if it is one */
static void peek(void)
{
	struct tcmu_ring_user ring = q.ring;
	struct tcmu_cmd_entry *entry;
	u32 nr = 0;

	ring.next &= ~7U;
	while (nr++ < 100 && tcmu_ring_user_peek(&ring, &entry) == 1) {
		if (ring.next % 8)
			return;
		touch(entry, tcmu_hdr_get_len(READ_ONCE(entry->hdr.len_op)));
	}
}

/* Is it a ring for the library? See check_ring() */
static bool attach(void)
{
	if (tcmu_ring_user_init(&q.ring, q.map, BYTES))
		return false;
	return q.ring.off >= sizeof(struct tcmu_mailbox) && !(q.ring.off % 8) &&
	       q.ring.size && !(q.ring.size % 8) && !(q.ring.tail % 8);
}

static void make_mailbox(struct input *in)
{
	q.ring.mbox->version = TCMU_MAILBOX_VERSION;
	q.ring.mbox->cmdr_off = 128;
	q.ring.mbox->cmdr_size = 512 + input_below(in, 128) * 8;
	q.ring.mbox->cmd_tail = input_below(in, 64) * 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };

	memset(&q, 0, sizeof(q));
	q.map = must_alloc(BYTES);
	q.map_size = BYTES;
	q.ring.mbox = q.map;
	make_mailbox(&in);
	while (in.size && input_below(&in, 4))
		spoil(&in);
	while (attach() && in.size) {
		if (input_below(&in, 2))
			make_entry(&in);
		if (input_below(&in, 2))
			spoil(&in);
		peek();
		fetch();
	}
	free(q.map);
	return 0;
}
