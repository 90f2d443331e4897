/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The orders that are not the ring's: see "Barriers" in tcmu-internals.rst.
 *
 *	-DPART=WAITING	something is given back, while a command joins the list of
 *			those that wait: one of both sees the other
 *	-DPART=STATE	an id that somebody guesses: who finds its slot in state RING
 *			finds all of it
 *	-DPART=LEVELS	the bitmaps of tcmu/area.c, whose operations are full
 *			barriers: a number that is free is found from the top
 *	-DPART=HELD	a signal that is held back: who has news need not send another
 *			one, or the program does not see the news that it wakes it for
 */
#define WAITING	1
#define STATE	2
#define LEVELS	3
#define HELD	4

#if PART == LEVELS

#define GIVERS	2
#define TAKES	3

/* Numbers, one word of them; the word above; the one above that */
byte level[3];
byte gone;		/* givers that are ready */

inline set_free(from, mask)
{
	l = from;
	do
	:: l < 3 ->
		d_step {
			old = level[l];
			level[l] = level[l] | (l == from -> mask : 1)
		}
		if
		:: old -> break
		:: else -> l++
		fi
	:: l == 3 -> break
	od;
	old = 0;
	l = 0
}

/* The word on level @from is empty */
inline set_empty(from)
{
	up = from + 1;
	do
	:: up < 3 ->
		d_step { was = level[up]; level[up] = 0 };
#ifndef NO_LOOK_AGAIN
		if
		:: level[up - 1] -> set_free(up, 1); break
		:: else
		fi;
#endif
		if
		:: was == 0 -> break
		:: else -> up++
		fi
	:: up == 3 -> break
	od;
	was = 0;
	up = 0
}

/* Number @nr was taken when all began, and goes back */
proctype giver(byte nr)
{
	byte l, old;

	set_free(0, 1 << nr);
	gone++
}

inline take_one()
{
	d_step {
		bits = level[0];
		mask = bits & -bits
	}
	d_step { bits = level[0]; level[0] = level[0] & ~mask }
	if
	:: bits == mask -> set_empty(0)
	:: else
	fi;
	d_step { bits = 0; mask = 0 }
}

/* From the top to the numbers; an empty word on the way says so above */
proctype taker()
{
	byte l, old, up, was, bits, mask, tries;

	do
	:: tries < TAKES ->
		tries++;
		if
		:: level[2] == 0
		:: level[2] && level[1] == 0 -> set_empty(1)
		:: level[2] && level[1] && level[0] == 0 -> set_empty(0)
		:: level[2] && level[1] && level[0] -> take_one()
		fi
	:: tries == TAKES -> break
	od
}

proctype quiet()
{
	timeout;
	/* what is free is found */
	assert(!level[0] || (level[1] && level[2]));
	assert(gone == GIVERS)
}

init {
	atomic {
		run giver(0);
		run giver(1);
		run taker();
		run quiet()
	}
}

#else

#define ONE	0
#define OTHER	1
#define PROGRAM	2
#define THREADS	3
#define STORES	2
#define PLAIN	1

#ifdef NO_KICK_BARRIER
#define KICK_BARRIER	false
#else
#define KICK_BARRIER	true
#endif
#ifdef NO_JOIN_BARRIER
#define JOIN_BARRIER	false
#else
#define JOIN_BARRIER	true
#endif
#ifdef NO_NEWS_BARRIER
#define NEWS_BARRIER	false
#else
#define NEWS_BARRIER	true
#endif
#ifdef NO_TIMER_BARRIER
#define TIMER_BARRIER	false
#else
#define TIMER_BARRIER	true
#endif
#ifdef NO_RELEASE
#define RELEASE		false
#else
#define RELEASE		true
#endif
#ifdef NO_ACQUIRE
#define ACQUIRE		false
#else
#define ACQUIRE		true
#endif

#if PART == WAITING
#define ROOM		0
#define NR_WAITING	1
#define WORDS		2
#elif PART == HELD
#define CMD_HEAD	0
#define LET_GO		1
#define BY_TIMER	2
#define BY_GIVER	3
#define WORDS		4
#else
#define CMD_STATE	0
#define WORDS		1
#endif
#include "weak.pml"

#if PART == WAITING
bool work;

/* tcmu_wait_kick() */
proctype giver()
{
	byte got;

	store(ONE, ROOM, true, 1);
	fence(ONE, KICK_BARRIER);
	load(ONE, NR_WAITING, true, got);
	if
	:: got -> work = true
	:: else
	fi
}

/* tcmu_wait_join(): queue_work() is a full barrier */
proctype joiner()
{
	byte got;

	store(OTHER, NR_WAITING, true, 1);
	fence(OTHER, JOIN_BARRIER);
	load(OTHER, ROOM, true, got);
	if
	:: got
	/* one that waits for ever is an invalid end state */
	:: got == 0 -> work
	fi
}
#elif PART == HELD
bool timer_sent, giver_sent;

/* tcmu_event_batch() */
proctype giver()
{
	byte got;

	store(ONE, CMD_HEAD, true, 1);
	fence(ONE, NEWS_BARRIER);
	load(ONE, LET_GO, false, got);
	if
	:: got ->
		store(ONE, BY_GIVER, true, 1);
		giver_sent = true
	:: else
	fi
}

/* tcmu_event_timerfn(): what follows the barrier, the event, is a release by it */
proctype joiner()
{
	store(OTHER, LET_GO, false, 1);
	fence(OTHER, TIMER_BARRIER);
	store(OTHER, BY_TIMER, true, 1);
	timer_sent = true
}

/* An event was sent when it is waited for no more, and is seen some time later */
inline wake_by(w, sent)
{
	sent;
	do
	:: got -> break
	:: got == 0 -> load(PROGRAM, w, true, got)
	od;
	got = 0;
	load(PROGRAM, CMD_HEAD, true, head)
}

/* One that waits for ever is an invalid end state */
proctype program()
{
	byte got, head;

	wake_by(BY_TIMER, timer_sent);
	if
	:: head
	:: head == 0 ->
		wake_by(BY_GIVER, giver_sent);
		assert(head)
	fi
}
#else
#define RING	1
#define SLOT	7

proctype giver()
{
	plain_write(ONE, 0, SLOT);
	store(ONE, CMD_STATE, RELEASE, RING)
}

proctype joiner()
{
	byte got;

	load(OTHER, CMD_STATE, ACQUIRE, got);
	if
	:: got == RING -> plain_read(OTHER, 0, SLOT)
	:: else
	fi
}
#endif

init {
	atomic {
		weak_init();
		run giver();
		run joiner();
#if PART == HELD
		run program()
#endif
	}
}
#endif
