// SPDX-License-Identifier: GPL-2.0-only
/*
 * The search for the best nap, against disks of which is known what that is.
 */
#include "pace.h"
#include "unit.h"

#include <stdlib.h>

#define USEC 1000ULL

/**
 * struct load - somebody who keeps a number of commands outstanding
 * @depth: how many
 * @call: nanoseconds that a command takes when the program is called for it
 * @cost: and when it is found by a nap
 * @collects: the ring gets fuller with the first nap, which is not more speed
 */
struct load {
	u32 depth;
	u64 call;
	u64 cost;
	bool collects;
};

/* One at a time; few; many */
static const struct load one = { 1, 28 * USEC, 20 * USEC, false };
static const struct load few = { 8, 28 * USEC, 20 * USEC, false };
static const struct load many = { 32, 28 * USEC, 20 * USEC, false };
/* Large ones: what a nap saves is little of what they take */
static const struct load large = { 8, 73 * USEC, 70 * USEC, false };
/* Naps are of no use, however many there are */
static const struct load steady = { 32, 20 * USEC, 20 * USEC, false };

/* The same, but the first nap finds what all the calls before have left in the ring */
static const struct load collecting = { 32, 20 * USEC, 20 * USEC, true };

struct run {
	struct tcmu_pace pace;
	bool napped;
	u64 now;
	u64 done;
	u32 nap;
};

static void round_of(struct run *run, const struct load *load)
{
	u64 nr = run->nap / load->cost;

	if (!run->nap) {
		nr = 1;
		run->now += load->call;
	} else {
		nr = nr < 1 ? 1 : nr > load->depth ? load->depth : nr;
		run->now += run->nap > nr * load->cost ? run->nap :
							 nr * load->cost;
		/* the nap itself costs, too */
		run->now += 6 * USEC;
		if (load->collects && !run->napped)
			nr += load->depth - 1;
	}
	run->napped = run->nap;
	run->done += nr;
	if (tcmu_pace_round(&run->pace, nr))
		tcmu_pace_judge(&run->pace, run->now);
	run->nap = tcmu_pace_length(&run->pace);
}

/* Commands a second over the last of @rounds rounds */
static u64 rate_of(struct run *run, const struct load *load, u32 rounds)
{
	u64 since, done;
	u32 i;

	for (i = 0; i < rounds / 2; i++)
		round_of(run, load);
	since = run->now;
	done = run->done;
	for (; i < rounds; i++)
		round_of(run, load);
	return (run->done - done) * 1000000000ULL / (run->now - since);
}

/* How many of so many rounds are naps */
static u32 naps_of(struct run *run, const struct load *load, u32 rounds)
{
	u32 naps = 0;

	while (rounds--) {
		naps += run->nap > 0;
		round_of(run, load);
	}
	return naps;
}

static struct run *new_run(u64 most)
{
	struct run *run = calloc(1, sizeof(*run));

	run->now = 1;
	tcmu_pace_limit(&run->pace, most);
	return run;
}

TEST("many at once are served by naps, and more of them get done")
{
	struct run *run = new_run(1000 * USEC);

	CHECK(rate_of(run, &many, 20000) > 45000);
	CHECK(run->pace.settled > 0);
	free(run);
}

TEST("a few at once are not made to wait for a nap that is too long")
{
	struct run *run = new_run(1000 * USEC);

	/* eight take 160 us */
	CHECK(rate_of(run, &few, 20000) > 40000);
	CHECK(run->pace.settled == 2 || run->pace.settled == 1);
	free(run);
}

TEST("one at a time is called for, but in a trial of a few commands")
{
	struct run *run = new_run(1000 * USEC);
	u64 best = 1000000000ULL / one.call;

	CHECK(rate_of(run, &one, 20000) > best / 100 * 98);
	CHECK_EQ(run->pace.settled, 0);
	free(run);
}

TEST("one at a time hardly ever waits: fewer than one command in 1000, in the long run")
{
	struct run *run = new_run(100 * USEC);
	u32 nr = 200000;
	u32 waited;

	rate_of(run, &one, nr);
	waited = naps_of(run, &one, nr);
	CHECK(waited > 0);
	CHECK(waited < nr / 1000);
	free(run);
}

TEST("where naps are of no use there are none")
{
	struct run *run = new_run(1000 * USEC);

	rate_of(run, &steady, 20000);
	CHECK_EQ(run->pace.settled, 0);
	free(run);
}

TEST("what a first nap collects is not taken for speed")
{
	struct run *run = new_run(1000 * USEC);
	u32 naps = 0;
	u32 i;

	for (i = 0; i < 20000; i++) {
		round_of(run, &collecting);
		naps += run->pace.settled > 0;
	}
	CHECK_EQ(naps, 0);
	free(run);
}

TEST("no nap is longer than is allowed, even if that is less than it was")
{
	struct run *run = new_run(150 * USEC);
	u32 i;

	for (i = 0; i < 20000; i++) {
		round_of(run, &many);
		CHECK(run->nap <= 100 * USEC);
	}
	CHECK_EQ(run->nap, 100 * USEC);
	tcmu_pace_limit(&run->pace, 99 * USEC);
	CHECK_EQ(tcmu_pace_length(&run->pace), 0);
	CHECK(rate_of(run, &many, 20000) > 35000);
	tcmu_pace_limit(&run->pace, 0);
	for (i = 0; i < 20000; i++) {
		round_of(run, &many);
		CHECK_EQ(tcmu_pace_length(&run->pace), 0);
	}
	free(run);
}

TEST("it finds out when the load has become another one")
{
	struct run *run = new_run(1000 * USEC);
	u64 best = 1000000000ULL / one.call;
	u64 since;

	rate_of(run, &many, 20000);
	CHECK(run->pace.settled > 0);
	/* within a tenth of a second */
	since = run->now;
	while (run->pace.level || run->pace.settled) {
		round_of(run, &one);
		CHECK(run->now - since < 100000 * USEC);
	}
	CHECK(rate_of(run, &one, 20000) > best / 100 * 98);
	CHECK(rate_of(run, &many, 40000) > 45000);
	free(run);
}

TEST("large commands are not made to wait for naps that were of use to small ones")
{
	struct run *run = new_run(100 * USEC);

	rate_of(run, &many, 200000);
	CHECK(run->pace.settled > 0);
	/* three looks, and some trials that are of no use */
	CHECK(naps_of(run, &large, 4000) <= 3 * 32 + 16);
	CHECK_EQ(run->pace.settled, 0);
	free(run);
}

TEST("a pause does not end naps that are of use")
{
	struct run *run = new_run(100 * USEC);
	u32 i;

	rate_of(run, &many, 200000);
	for (i = 0; i < 100; i++) {
		naps_of(run, &many, 1000);
		run->now += 100000 * USEC;
		CHECK(naps_of(run, &many, 100) > 50);
	}
	free(run);
}

TEST("a rate that goes up and down a little makes for no more trials")
{
	static const struct load slower = { 1, 64 * USEC, 60 * USEC, false };
	static const struct load faster = { 1, 60 * USEC, 60 * USEC, false };
	struct run *run = new_run(100 * USEC);
	u32 nr = 400000;
	u32 waited = 0;
	u32 i;

	rate_of(run, &faster, 100000);
	/* one look in five says that it is too slow for them */
	for (i = 0; i < nr; i += 128)
		waited += naps_of(run, i % 640 ? &faster : &slower, 128);
	CHECK(waited < nr / 1000);
	free(run);
}

TEST("it finds out that more are outstanding, though they come as fast as before")
{
	struct run *run = new_run(100 * USEC);
	u64 done;

	rate_of(run, &one, 200000);
	CHECK_EQ(run->pace.settled, 0);
	done = run->done;
	while (!run->pace.settled) {
		round_of(run, &few);
		CHECK(run->done - done < 3000);
	}
	CHECK(rate_of(run, &one, 20000) < 40000);
	rate_of(run, &one, 200000);
	done = run->done;
	while (!run->pace.settled) {
		round_of(run, &many);
		CHECK(run->done - done < 3000);
	}
	free(run);
}

TEST("more that are outstanding without use do not make for a trial each time")
{
	struct run *run = new_run(100 * USEC);

	rate_of(run, &steady, 200000);
	CHECK(naps_of(run, &steady, 100000) < 100000 / 400);
	free(run);
}

TEST("a few commands a second are never kept waiting")
{
	static const struct load seldom = { 1, 1000 * USEC, 20 * USEC, false };
	struct run *run = new_run(1000 * USEC);

	CHECK_EQ(naps_of(run, &seldom, 20000), 0);
	free(run);
}
