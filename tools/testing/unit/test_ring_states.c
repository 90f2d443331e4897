// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every state that a small ring can get into by a number of steps, against a
 * queue that is too simple to be wrong.
 */
#include "pair.h"

#include <stdlib.h>

#define SIZE		512U
#define MAX_QUEUE	16
#define MAX_DEPTH	9

/* The queue: what was put, in order; [0] is the oldest that is not reaped */
struct model {
	u32 len[MAX_QUEUE];
	u32 pos[MAX_QUEUE];
	u32 nr;			/* in the ring */
	u32 done;		/* of those, answered */
	u32 head;
};

/* All there is of a state, to go back to it */
struct state {
	struct pair pair;
	struct model model;
	u8 mem[TCMU_RING_OFF + SIZE];
	u32 recs[(TCMU_RING_OFF + SIZE) / TCMU_RING_REC_STEP];
};

static const u32 lengths[] = { 120, 152, 256 };
static unsigned long nr_states;

static void save(const struct pair *pair, const struct model *model,
		 struct state *state)
{
	state->pair = *pair;
	state->model = *model;
	memcpy(state->mem, pair->ring.mbox, pair->bytes);
	memcpy(state->recs, pair->ring.recs, sizeof(state->recs));
}

static void restore(struct pair *pair, struct model *model,
		    const struct state *state)
{
	*pair = state->pair;
	*model = state->model;
	memcpy(pair->ring.mbox, state->mem, pair->bytes);
	memcpy(pair->ring.recs, state->recs, sizeof(state->recs));
}

static u32 oldest(const struct model *model)
{
	return model->nr ? model->pos[0] : model->head;
}

static void model_push(struct model *model, u32 pos, u32 len)
{
	model->pos[model->nr] = pos;
	model->len[model->nr++] = len;
	model->head = (pos + len) % SIZE;
}

/* Does it fit, with its pad, in what is not in use but for the last 8 bytes? */
static bool model_put(struct model *model, u32 len)
{
	u32 free = (oldest(model) + SIZE - model->head - 1) % SIZE;
	u32 rest = SIZE - model->head;
	u32 pad = rest < len ? rest : 0;

	if (free < pad + len)
		return false;
	if (pad)
		model_push(model, model->head, pad);
	model_push(model, model->head, len);
	return true;
}

static void check_put(struct pair *pair, struct model *model, u32 len)
{
	bool fits = model_put(model, len);

	CHECK_EQ(pair_put(pair, len, 1), fits ? 0 : -ENOSPC);
	CHECK_EQ(pair->ring.mbox->cmd_head, model->head);
}

static void check_answer(struct pair *pair, struct model *model)
{
	u32 len_op = pair_answer(pair);

	if (model->done == model->nr) {
		CHECK_EQ(len_op, 0);
		return;
	}
	CHECK_EQ(tcmu_hdr_get_len(len_op), model->len[model->done]);
	model->done++;
}

static void check_reap(struct pair *pair, struct model *model)
{
	u32 i;

	CHECK_EQ(pair_reap(pair), model->done);
	model->nr -= model->done;
	for (i = 0; i < model->nr; i++) {
		model->len[i] = model->len[i + model->done];
		model->pos[i] = model->pos[i + model->done];
	}
	model->done = 0;
	CHECK_EQ(pair->ring.cleaned, oldest(model));
}

/* One step; tells if there is another way to go on from here */
static bool act(struct pair *pair, struct model *model, u32 what)
{
	if (what < ARRAY_SIZE(lengths))
		check_put(pair, model, lengths[what]);
	else if (what == ARRAY_SIZE(lengths))
		check_answer(pair, model);
	else if (what == ARRAY_SIZE(lengths) + 1)
		check_reap(pair, model);
	else
		return false;
	return true;
}

static void explore(struct pair *pair, struct model *model, u32 depth,
		    struct state *stack)
{
	u32 what;

	nr_states++;
	if (!depth)
		return;
	save(pair, model, stack);
	for (what = 0; act(pair, model, what); what++) {
		explore(pair, model, depth - 1, stack + 1);
		restore(pair, model, stack);
	}
}

TEST("what five kinds of steps, nine in a row, make of a ring is as modelled")
{
	static const u32 begins[] = { 0, 136, 384, 400 };
	struct state *stack = unit_alloc(MAX_DEPTH * sizeof(*stack));
	struct model model;
	u32 i, depth;

	for (i = 0; i < ARRAY_SIZE(begins); i++) {
		struct pair *pair = pair_new(SIZE);

		pair_goto(pair, begins[i]);
		memset(&model, 0, sizeof(model));
		model.head = begins[i];
		depth = i ? MAX_DEPTH - 1 : MAX_DEPTH;
		CHECK(tcmu_ring_nr_recs(pair->bytes) ==
		      ARRAY_SIZE(stack->recs));
		explore(pair, &model, depth, stack);
	}
	unit_note("%lu states", nr_states);
}

TEST("a million random steps agree with the model")
{
	struct pair *pair = pair_new(SIZE);
	struct model model = { .nr = 0 };
	u64 seed = 7;
	u32 i;

	for (i = 0; i < 1000000; i++)
		act(pair, &model, unit_random(&seed) % 5);
}
