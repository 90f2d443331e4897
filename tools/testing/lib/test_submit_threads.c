// SPDX-License-Identifier: GPL-2.0-only
/*
 * A handler that gathers in its callbacks and starts in submit: whatever thread
 * calls back, a submit follows, in the queue's own thread.
 */
#include "rig.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>

#define NR_QUEUES 3
#define NR_CMDS 3000U

/* As a ring of requests is: filled by any thread, handed over by submit */
static struct {
	pthread_mutex_t lock;
	struct tcmuser_cmd *gathered[NR_QUEUES][SIM_IDS];
	u32 nr_gathered[NR_QUEUES];
	struct tcmuser_cmd *started[NR_QUEUES * SIM_IDS];
	u32 nr_started;
	pthread_t submitter[NR_QUEUES];
	bool mixed;		/* submit was called by two threads */
	bool end;
} io = { .lock = PTHREAD_MUTEX_INITIALIZER };

static int gather(struct tcmuser_cmd *cmd)
{
	unsigned int queue = tcmuser_cmd_queue(cmd);

	pthread_mutex_lock(&io.lock);
	io.gathered[queue][io.nr_gathered[queue]++] = cmd;
	pthread_mutex_unlock(&io.lock);
	return TCMUSER_PENDING;
}

static int on_read(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		   size_t len, uint64_t off)
{
	tcmuser_iov_zero(iov, cnt, 0, len);
	return gather(cmd);
}

static int on_write(struct tcmuser_cmd *cmd, const struct iovec *iov, int cnt,
		    size_t len, uint64_t off)
{
	return gather(cmd);
}

static void on_submit(struct tcmuser_dev *dev, unsigned int queue)
{
	u32 i;

	pthread_mutex_lock(&io.lock);
	if (!io.submitter[queue])
		io.submitter[queue] = pthread_self();
	io.mixed |= !pthread_equal(io.submitter[queue], pthread_self());
	for (i = 0; i < io.nr_gathered[queue]; i++)
		io.started[io.nr_started++] = io.gathered[queue][i];
	io.nr_gathered[queue] = 0;
	pthread_mutex_unlock(&io.lock);
}

static void *complete_started(void *arg)
{
	struct tcmuser_cmd *cmd;
	bool end = false;

	while (!end) {
		pthread_mutex_lock(&io.lock);
		cmd = io.nr_started ? io.started[--io.nr_started] : NULL;
		end = io.end && !cmd;
		pthread_mutex_unlock(&io.lock);
		if (cmd)
			tcmuser_cmd_complete(cmd, 0);
		else
			sched_yield();
	}
	return arg;
}

/* ---- commands of several steps ------------------------------------------------------ */

static struct sim *sims[NR_QUEUES];
static u32 wrong;

static void on_done(struct sim *sim, struct sim_cmd *cmd, u16 id)
{
	if (cmd->answer.status)
		__atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
}

struct job {
	struct sim *sim;
	u8 cdb[16];
	u32 cdb_len;
	u32 len;
};

static void *send_job(void *arg)
{
	static const u8 zeroes[1024];
	struct job *job = arg;
	u32 nr;

	for (nr = 0; nr < NR_CMDS && !sim_is_broken(job->sim); nr++)
		while (!sim_send(job->sim, job->cdb, job->cdb_len, zeroes,
				 job->len) && !sim_is_broken(job->sim))
			sched_yield();
	return arg;
}

static void begin(u32 nr_queues)
{
	char name[32];
	u32 i;

	memset(io.submitter, 0, sizeof(io.submitter));
	io.mixed = false;
	io.end = false;
	wrong = 0;
	rig_begin(NULL);
	rig.handler.read = on_read;
	rig.handler.write = on_write;
	rig.handler.flush = gather;
	rig.handler.submit = on_submit;
	sims[0] = rig.sim;
	for (i = 1; i < nr_queues; i++) {
		snprintf(name, sizeof(name), "tcmu-queue/0/disk/%u", i);
		sims[i] = sim_new(20 + i, name, RIG_RING, RIG_BLOCKS);
	}
	for (i = 0; i < nr_queues; i++)
		sims[i]->on_done = on_done;
	rig_start(0);
}

static void wait_job(struct sim *sim)
{
	u32 nr;

	while ((nr = sim_nr_done(sim)) < NR_CMDS)
		if (!sim_wait_done(sim, nr + 1))
			unit_fail(__FILE__, __LINE__,
				  "%u of %u commands are answered, then none", nr,
				  NR_CMDS);
}

static void run(u32 nr_queues, const struct job *job)
{
	pthread_t senders[NR_QUEUES], completers[2];
	struct job jobs[NR_QUEUES];
	u32 i;

	begin(nr_queues);
	for (i = 0; i < 2; i++)
		CHECK(!pthread_create(&completers[i], NULL, complete_started,
				      NULL));
	for (i = 0; i < nr_queues; i++) {
		jobs[i] = *job;
		jobs[i].sim = sims[i];
		CHECK(!pthread_create(&senders[i], NULL, send_job, &jobs[i]));
	}
	for (i = 0; i < nr_queues; i++) {
		wait_job(sims[i]);
		pthread_join(senders[i], NULL);
	}
	rig_end();
	pthread_mutex_lock(&io.lock);
	io.end = true;
	pthread_mutex_unlock(&io.lock);
	for (i = 0; i < 2; i++)
		pthread_join(completers[i], NULL);
	CHECK_EQ(wrong, 0);
	CHECK(!io.mixed);
}

/* FUA, which this handler does not know: write, and then flush */
static const struct job write_and_flush = {
	.cdb = { 0x2a, 0x08, [8] = 2 }, .cdb_len = 10, .len = 1024,
};

/* Of one block: read, compare, write, and one at a time */
static const struct job compare_and_write = {
	.cdb = { 0x89, [13] = 1 }, .cdb_len = 16, .len = 1024,
};

TEST("what further steps gather is submitted, too")
{
	run(1, &write_and_flush);
}

TEST("the same with several queues")
{
	run(NR_QUEUES, &write_and_flush);
}

TEST("a command that waits for one of another queue goes on in its own")
{
	run(1, &compare_and_write);
	run(NR_QUEUES, &compare_and_write);
}
