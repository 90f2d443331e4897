// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's end of a ring, while somebody writes what he likes to the shared
 * memory: what is in the ring is what was put there, whatever is written, and the
 * slots of two entries never overlap.
 */
#include "fuzz.h"
#include "ring.h"

#include <errno.h>

#define MAX_ENTRIES	128

/* What is in the ring, as the kernel has put it there; [0] is the oldest */
struct model {
	struct tcmu_ring_slot slot[MAX_ENTRIES];
	u32 nr;
	u32 walked;		/* of them, by the reaper since it cleaned */
};

static struct tcmu_ring ring;
static struct model model;
static u32 bytes;

static void add(u32 pos, u32 len, u32 op)
{
	u32 i;

	MUST(model.nr < MAX_ENTRIES && pos + len <= ring.size);
	for (i = 0; i < model.nr; i++)
		MUST(pos >= model.slot[i].pos + model.slot[i].len ||
		     pos + len <= model.slot[i].pos);
	model.slot[model.nr++] = (struct tcmu_ring_slot){ pos, len, 0, op };
}

static void put(struct input *in)
{
	struct tcmu_ring_slot slot;
	u32 len = input_below(in, 80) * 8;
	u32 head = ring.head;
	int ret;

	/* no real entry is shorter */
	if (len < 32)
		len = 32;
	ret = tcmu_ring_reserve(&ring, len, &slot);
	MUST(ret == 0 || ret == -ENOSPC || ret == -EMSGSIZE);
	MUST((ret == -EMSGSIZE) == (len > tcmu_ring_max_entry(&ring)));
	if (ret)
		return;
	slot.op = input_below(in, 2) ? TCMU_OP_TMR : TCMU_OP_CMD;
	if (slot.pad)
		add(head, slot.pad, TCMU_OP_PAD);
	add(slot.pos, slot.len, slot.op);
	memset(tcmu_ring_slot_ptr(&ring, slot.pos), 0xa5, slot.len);
	tcmu_ring_submit(&ring, &slot);
}

/* Is there a border of entries, among those that were not walked? */
static bool is_border(u32 tail)
{
	u32 i;

	if (tail == ring.head)
		return true;
	for (i = model.walked; i < model.nr; i++)
		if (model.slot[i].pos == tail)
			return true;
	return false;
}

static int walk(u32 tail)
{
	const struct tcmu_ring_slot *want;
	struct tcmu_ring_slot slot;
	int ret;

	while ((ret = tcmu_ring_next(&ring, tail, &slot)) == 1) {
		MUST(model.walked < model.nr);
		want = &model.slot[model.walked++];
		MUST(slot.pos == want->pos && slot.len == want->len);
		MUST(slot.op == want->op);
	}
	return ret;
}

static void clean(void)
{
	tcmu_ring_clean(&ring);
	model.nr -= model.walked;
	memmove(model.slot, model.slot + model.walked,
		model.nr * sizeof(model.slot[0]));
	model.walked = 0;
}

static void reap(void)
{
	bool border;
	u32 tail;

	if (tcmu_ring_tail(&ring, &tail)) {
		MUST(!is_border(ring.mbox->cmd_tail) ||
		     ring.mbox->cmd_tail >= ring.size);
		return;
	}
	border = is_border(tail);
	MUST(walk(tail) == (border ? 0 : -EPROTO));
	clean();
}

static void reset(void)
{
	tcmu_ring_reset(&ring);
	memset(&model, 0, sizeof(model));
	MUST(ring.mbox->cmd_head == 0 && ring.mbox->cmdr_size == ring.size);
}

static void honest_tail(struct input *in)
{
	u32 nr = input_below(in, model.nr + 1);

	ring.mbox->cmd_tail = nr == model.nr ? ring.head : model.slot[nr].pos;
}

static void step(struct input *in)
{
	switch (input_below(in, 8)) {
	case 0:
	case 1:
		put(in);
		break;
	case 2:
		reap();
		break;
	case 3:
		honest_tail(in);
		reap();
		break;
	case 4:
		ring.mbox->cmd_tail = input_below(in, ring.size / 4) * 8;
		break;
	case 5:
		ring.mbox->cmd_tail = input_u32(in);
		break;
	case 6:
		((u8 *)ring.mbox)[input_u16(in) % bytes] = input_u8(in);
		break;
	default:
		if (input_u8(in) == 7)
			reset();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	void *mem, *recs;

	bytes = TCMU_RING_OFF + 64 * (8 + input_below(&in, 24));
	mem = must_alloc(bytes);
	recs = must_alloc(tcmu_ring_nr_recs(bytes) * sizeof(u32));
	memset(&model, 0, sizeof(model));
	tcmu_ring_init(&ring, mem, bytes, bytes, recs);
	while (in.size)
		step(&in);
	free(recs);
	free(mem);
	return 0;
}
