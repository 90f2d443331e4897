// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's end, for tests of libtcmuser: see sim.h. This is the ring.
 */
#include "sim.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

void sim_nap(void)
{
	static const struct timespec ms = { .tv_nsec = 1000000 };

	nanosleep(&ms, NULL);
}

/* ---- into the ring --------------------------------------------------------------- */

void sim_event(struct sim *sim)
{
	sim->nr_events++;
	/* a full pipe has news enough */
	if (write(sim->event[1], "", 1) < 0)
		sim->nr_events--;
}

/* lock is held */
static void submit(struct sim *sim, struct tcmu_ring_slot *slot, u32 op)
{
	slot->op = op;
	tcmu_ring_submit(&sim->ring, slot);
	if (sim->deaf || !tcmu_ring_is_awake(sim->ring.mbox))
		sim_event(sim);
}

/* lock is held */
static int take_blocks(struct sim *sim, struct sim_cmd *cmd, u32 len)
{
	u32 nr = (len + SIM_BLOCK - 1) / SIM_BLOCK;
	int ret;

	cmd->nr_runs = 0;
	if (!nr)
		return 0;
	ret = tcmu_area_alloc(&sim->blocks, nr, cmd->runs, SIM_RUNS);
	if (ret < 0)
		return ret;
	cmd->nr_runs = ret;
	return 0;
}

/* @copy is called for each piece of the buffer */
static void each_piece(struct sim *sim, struct sim_cmd *cmd, u32 len,
		       void (*copy)(char *piece, char *arg, u32 len), char *arg)
{
	u32 i, part, done = 0;

	for (i = 0; i < cmd->nr_runs && done < len; i++) {
		part = cmd->runs[i].nr * SIM_BLOCK;
		if (part > len - done)
			part = len - done;
		copy(sim->map + sim->area_off + cmd->runs[i].first * SIM_BLOCK,
		     arg ? arg + done : NULL, part);
		done += part;
	}
}

static void put_piece(char *piece, char *from, u32 len)
{
	if (from)
		memcpy(piece, from, len);
	else
		memset(piece, 0, len);
}

static void get_piece(char *piece, char *to, u32 len)
{
	memcpy(to, piece, len);
}

/* lock is held */
static void drop(struct sim *sim, u16 id)
{
	struct tcmu_run run = { id - 1, 1 };
	struct sim_cmd *cmd = &sim->cmds[id];

	cmd->live = false;
	tcmu_area_free(&sim->blocks, cmd->runs, cmd->nr_runs);
	cmd->nr_runs = 0;
	tcmu_area_free(&sim->ids, &run, 1);
}

/* lock is held. An id of a command that has its buffer; 0 is none. */
static u16 new_cmd(struct sim *sim, const void *data, u32 len)
{
	struct tcmu_run run;
	struct sim_cmd *cmd;

	if (tcmu_area_alloc(&sim->ids, 1, &run, 1) != 1)
		return 0;
	cmd = &sim->cmds[run.first + 1];
	if (take_blocks(sim, cmd, len)) {
		tcmu_area_free(&sim->ids, &run, 1);
		return 0;
	}
	cmd->data_len = len;
	cmd->tag = sim->nr_sent;
	each_piece(sim, cmd, len, put_piece, (char *)data);
	return run.first + 1;
}

/* lock is held */
static bool put_cmd(struct sim *sim, u16 id, const void *cdb, u32 cdb_len)
{
	struct sim_cmd *cmd = &sim->cmds[id];
	struct tcmu_entry_cmd entry = {
		.id = id, .cdb = cdb, .cdb_len = cdb_len,
		.data = { cmd->runs, cmd->nr_runs, cmd->data_len },
		.area_off = sim->area_off, .blk_size = SIM_BLOCK,
	};
	u32 len = tcmu_entry_cmd_len(cmd->nr_runs, cdb_len);
	struct tcmu_ring_slot slot;

	if (tcmu_ring_reserve(&sim->ring, len, &slot))
		return false;
	tcmu_entry_put_cmd(tcmu_ring_slot_ptr(&sim->ring, slot.pos),
			   TCMU_RING_OFF + slot.pos, len, &entry);
	cmd->live = true;
	memcpy(cmd->cdb, cdb, cdb_len);
	sim->nr_sent++;
	submit(sim, &slot, TCMU_OP_CMD);
	return true;
}

u16 sim_send(struct sim *sim, const void *cdb, u32 cdb_len, const void *data,
	     u32 len)
{
	u16 id;

	pthread_mutex_lock(&sim->lock);
	id = sim->broken ? 0 : new_cmd(sim, data, len);
	if (id && !put_cmd(sim, id, cdb, cdb_len)) {
		drop(sim, id);
		id = 0;
	}
	pthread_mutex_unlock(&sim->lock);
	return id;
}

void sim_put(struct sim *sim, u32 len, u32 op,
	     void (*fill)(void *entry, void *arg), void *arg)
{
	struct tcmu_cmd_entry_hdr *hdr;
	struct tcmu_ring_slot slot;

	pthread_mutex_lock(&sim->lock);
	if (!tcmu_ring_reserve(&sim->ring, len, &slot)) {
		hdr = tcmu_ring_slot_ptr(&sim->ring, slot.pos);
		memset(hdr, 0, len);
		hdr->len_op = len | op;
		if (fill)
			fill(hdr, arg);
		submit(sim, &slot, op);
	}
	pthread_mutex_unlock(&sim->lock);
}

struct tmr {
	u8 type;
	const u16 *ids;
	u32 nr;
	u32 len;
};

static void fill_tmr(void *entry, void *arg)
{
	struct tmr *tmr = arg;

	tcmu_entry_put_tmr(entry, tmr->len, tmr->type, tmr->ids, tmr->nr);
}

void sim_tmr(struct sim *sim, u8 type, const u16 *ids, u32 nr)
{
	struct tmr tmr = { type, ids, nr, tcmu_entry_tmr_len(nr) };

	sim_put(sim, tmr.len, TCMU_OP_TMR, fill_tmr, &tmr);
}

/* ---- out of the ring ------------------------------------------------------------------ */

/* lock is held. false: no such command, and the ring is broken. */
static bool take_answer(struct sim *sim, const struct tcmu_ring_slot *slot)
{
	const void *at = tcmu_ring_slot_ptr(&sim->ring, slot->pos);
	u16 id = tcmu_entry_get_id(at);
	struct sim_cmd *cmd;

	if (!id || id >= SIM_IDS || !sim->cmds[id].live)
		return false;
	cmd = &sim->cmds[id];
	tcmu_entry_get_answer(at, &cmd->answer);
	if (cmd->answer.status == 2)
		memcpy(cmd->sense, tcmu_entry_sense(at), sizeof(cmd->sense));
	cmd->nr_answers++;
	sim->nr_done++;
	if (sim->on_done)
		sim->on_done(sim, cmd, id);
	drop(sim, id);
	return true;
}

/* lock is held */
static bool take_answers(struct sim *sim)
{
	struct tcmu_ring_slot slot;
	u32 tail;
	int ret;

	if (tcmu_ring_tail(&sim->ring, &tail))
		return false;
	while ((ret = tcmu_ring_next(&sim->ring, tail, &slot)) == 1)
		if (slot.op == TCMU_OP_CMD && !take_answer(sim, &slot))
			return false;
	if (ret)
		return false;
	tcmu_ring_clean(&sim->ring);
	return true;
}

void sim_take_answers(struct sim *sim)
{
	pthread_mutex_lock(&sim->lock);
	sim->nr_kicks++;
	if (!sim->broken && !take_answers(sim))
		sim->broken = true;
	pthread_cond_broadcast(&sim->progress);
	pthread_mutex_unlock(&sim->lock);
}

void sim_reset(struct sim *sim)
{
	u16 id;

	pthread_mutex_lock(&sim->lock);
	for (id = 1; id < SIM_IDS; id++)
		if (sim->cmds[id].live)
			drop(sim, id);
	tcmu_ring_reset(&sim->ring);
	sim->broken = false;
	pthread_mutex_unlock(&sim->lock);
}

/* ---- waiting ----------------------------------------------------------------------------- */

static bool wait_until(struct sim *sim, bool (*done)(struct sim *sim, u32 arg),
		       u32 arg)
{
	struct timespec end;
	bool ret;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	pthread_mutex_lock(&sim->lock);
	while (!(ret = done(sim, arg)) && !sim->broken)
		if (pthread_cond_timedwait(&sim->progress, &sim->lock, &end))
			break;
	pthread_mutex_unlock(&sim->lock);
	return ret;
}

static bool is_answered(struct sim *sim, u32 id)
{
	return !sim->cmds[id].live;
}

bool sim_wait(struct sim *sim, u16 id)
{
	return wait_until(sim, is_answered, id);
}

static bool are_done(struct sim *sim, u32 nr)
{
	return sim->nr_done >= nr;
}

bool sim_wait_done(struct sim *sim, u32 nr)
{
	return wait_until(sim, are_done, nr);
}

u32 sim_nr_done(struct sim *sim)
{
	u32 ret;

	pthread_mutex_lock(&sim->lock);
	ret = sim->nr_done;
	pthread_mutex_unlock(&sim->lock);
	return ret;
}

bool sim_is_broken(struct sim *sim)
{
	bool ret;

	pthread_mutex_lock(&sim->lock);
	ret = sim->broken;
	pthread_mutex_unlock(&sim->lock);
	return ret;
}

/* Its blocks are free by now, but nobody has taken them */
static void keep_data(struct sim *sim, struct sim_cmd *cmd, u16 id)
{
	each_piece(sim, cmd, cmd->data_len, get_piece, sim->data);
}

int sim_do(struct sim *sim, const void *cdb, u32 cdb_len, void *data, u32 len,
	   bool read)
{
	u16 id;

	sim->data = data;
	sim->on_done = read ? keep_data : NULL;
	id = sim_send(sim, cdb, cdb_len, read ? NULL : data, len);
	if (!id || !sim_wait(sim, id))
		return -1;
	sim->on_done = NULL;
	return sim->cmds[id].answer.status;
}
