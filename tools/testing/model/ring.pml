/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ring of tcmu/ring.h on a machine that orders nothing by itself, with the
 * barriers that have letters there. -DNO_X takes barrier X away.
 *
 * Three threads: who submits, the program, and who reaps; an entry is one place
 * long (what lengths and pads do is for test_ring_states and test_ring_arith).
 *
 *	-DPART=POLLING	an honest program that looks at the ring all the time
 *	-DPART=SLEEPING	one that sleeps, and says so in 'awake'
 *	-DPART=LYING	one that writes any tail at any time
 *
 * What is checked: entry bytes are complete when they are seen; a slot is not
 * used again while it is read; an answer is complete when it is taken; a record
 * is written when it is read, and not used again while it is; free space is
 * never over-counted; the tail of an honest program is never refused; no
 * wake-up is lost.
 */
#define POLLING		1
#define SLEEPING	2
#define LYING		3

#ifndef PART
#define PART		POLLING
#endif

/* Places, of which one stays free; each has a record */
#define SIZE		3
#if PART == SLEEPING
#define ENTRIES		2
#else
#define ENTRIES		4
#endif

/* Who */
#define KERNEL		0
#define PROGRAM		1
#define REAPER		2
#define THREADS		3

/* Words, each stored to by one thread and loaded by one other */
#define CMD_HEAD	0
#define CMD_TAIL	1
#define HEAD		2
#define CLEANED		3
#define AWAKE		4
#if PART == SLEEPING
#define WORDS		5
#define STORES		(4 * ENTRIES + 2)
#else
#define WORDS		4
#define STORES		(ENTRIES + 2)
#endif

/* Plain memory */
#define SLOT(nr)	((nr) % SIZE)
#define REC(nr)		(SIZE + (nr) % SIZE)
#define PLAIN		(2 * SIZE)

/* What stands there: nothing can be taken for something else */
#define ENTRY(nr)	((nr) + 1)
#define ANSWER(nr)	((nr) + 1 + ENTRIES)

#include "letters.pml"
#include "weak.pml"

byte cleaned;		/* how far the reaper really is */
byte events;		/* of the UIO device, that the program has not seen */
bool broken;

inline wake_program()
{
	fence(KERNEL, I);
	load(KERNEL, AWAKE, false, got);
	if
	:: got == 0 -> events++
	:: else
	fi;
	got = 0
}

proctype kernel()
{
	byte nr, free_to;
#if PART == SLEEPING
	byte got;
#endif

	do
	:: nr == ENTRIES -> break
	:: nr < ENTRIES ->
		load(KERNEL, CLEANED, H, free_to);
		if
		:: nr - free_to >= SIZE - 1 -> skip
		:: else ->
			/* free space is never over-counted */
			assert(nr - cleaned < SIZE - 1);
			plain_write(KERNEL, SLOT(nr), ENTRY(nr));
			plain_write(KERNEL, REC(nr), ENTRY(nr));
			nr++;
			store(KERNEL, HEAD, E, nr);
			store(KERNEL, CMD_HEAD, A, nr);
#if PART == SLEEPING
			wake_program();
#endif
		fi;
		free_to = 0
	od
}

#if PART == LYING
/* Any tail, twice; what it does to the entries is nothing to the kernel */
proctype program()
{
	byte tail, lies;

	do
	:: lies == 2 -> break
	:: lies < 2 ->
		if
		:: tail = 0
		:: tail = 1
		:: tail = 2
		:: tail = 3
		fi;
		store(PROGRAM, CMD_TAIL, C, tail);
		lies++
	od
}
#else
inline fetch()
{
	plain_read(PROGRAM, SLOT(next), ENTRY(next));
	next++
}

inline answer()
{
	plain_write(PROGRAM, SLOT(tail), ANSWER(tail));
	tail++;
	store(PROGRAM, CMD_TAIL, C, tail)
}

/*
 * An event that is never sent is an invalid end state here. There is no reaper in
 * this part: one that looks at the ring for ever would hide it.
 */
inline sleep_unless_news()
{
	store(PROGRAM, AWAKE, false, 0);
	fence(PROGRAM, J);
	load(PROGRAM, CMD_HEAD, false, got);
	if
	:: got == next ->
		d_step { events > 0 -> events = 0 }
	:: else
	fi;
	store(PROGRAM, AWAKE, false, 1)
}

proctype program()
{
	byte next, tail, got;

	do
	:: tail == ENTRIES -> break
	:: tail < next -> answer()
	:: next < ENTRIES ->
		load(PROGRAM, CMD_HEAD, B, got);
		if
		:: got > next -> fetch()
#if PART == SLEEPING
		:: got == next && tail == next -> sleep_unless_news()
#endif
		:: got == next
		fi;
		got = 0
	od
}
#endif

#if PART != SLEEPING
inline take(nr)
{
	plain_read(REAPER, REC(nr), ENTRY(nr));
#if PART == LYING
	/* that there is something at all, and that it is this round's */
	plain_read(REAPER, SLOT(nr), ENTRY(nr))
#else
	plain_read(REAPER, SLOT(nr), ANSWER(nr))
#endif
}

proctype reaper()
{
	byte walked, tail, head;

	do
	:: walked == ENTRIES || broken -> break
	:: walked < ENTRIES && !broken ->
		load(REAPER, CMD_TAIL, D, tail);
		load(REAPER, HEAD, F, head);
		if
		:: tail < walked || tail > head ->
			broken = true
		:: tail >= walked && tail <= head && tail > walked ->
			do
			:: walked < tail ->
				take(walked);
				walked++
			:: walked == tail -> break
			od;
			d_step {
				cleaned = walked;
				store(REAPER, CLEANED, G, walked)
			}
		:: tail == walked -> skip
		fi;
		/* an honest program's tail is never refused */
		assert(PART == LYING || !broken);
		d_step { tail = 0; head = 0 }
#if PART == LYING
	:: break
#endif
	od
}

#endif

init {
	atomic {
		weak_init();
		run kernel();
		run program();
#if PART != SLEEPING
		run reaper()
#endif
	}
}
