/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a command in one queue: from the initiator into the ring, or the
 * waiting list; out of it by an answer, the timer, a reset, or the death of the
 * program. What is under a lock in the module is one step here; what is done
 * without is many. How memory is ordered is for ring.pml and pairs.pml.
 *
 *	-DPART=WAIT	more commands than room, and a program that answers
 *	-DPART=EXPIRE	... and they expire, and the ring is reset
 *	-DPART=KEEP	... and buffers are kept, and the ring is reset
 *	-DPART=GONE	... and buffers are kept, and the program dies
 *	-DPART=BLOCK	... and the device is blocked meanwhile
 *	-DPART=ABORT	... and the initiator aborts a command
 *	-DPART=HOLD	a program dies, and the next one goes on where it was
 *	-DPART=FAIL	... with recovery=fail
 *	-DPART=REPLAY	... with recovery=replay; expiry and aborts at any time
 *	-DPART=LATE	... and the next one may come too late
 *	-DPART=AGAIN	... and that one dies, too
 *
 * Invariants. No command is completed twice: complete(). None is lost, and none
 * waits in front of free room, and all that was taken was given back: quiet().
 * No id, block or place in the ring has two owners: take(), put(), copy(), fetch().
 * In a blocked queue nothing enters the ring: enter(). What is replayed was neither
 * completed nor aborted, and comes in its order: rebuild().
 */
#define WAIT	1
#define EXPIRE	2
#define KEEP	3
#define BLOCK	4
#define ABORT	5
#define HOLD	6
#define FAIL	7
#define REPLAY	8
#define LATE	9
#define AGAIN	10
#define GONE	11

#define IN(part) (PART == part)
#define DIES	(IN(GONE) || IN(HOLD) || IN(FAIL) || IN(REPLAY) || IN(LATE) || \
		 IN(AGAIN))
#define KEEPS	(IN(KEEP) || IN(GONE))
#define ABORTS	(IN(ABORT) || IN(REPLAY))
#define EXPIRES	(IN(EXPIRE) || IN(HOLD) || IN(REPLAY))
#define RESETS	(IN(EXPIRE) || IN(KEEP))
#define REBUILDS (IN(REPLAY) || IN(LATE) || IN(AGAIN))
#define LIVES	(IN(AGAIN) -> 3 : 2)

#ifndef CMDS
#define CMDS	(IN(WAIT) -> 3 : (IN(AGAIN) -> 1 : 2))	/* of the initiator, numbered from 1 */
#endif
#ifndef BLOCKS
#define BLOCKS	((IN(HOLD) || IN(REPLAY)) -> 2 : 1)	/* each needs one */
#endif
#define IDS	3
#define PLACES	2		/* in the ring */
#define NONE	255

mtype = { FREE, BUILDING, RING, DONE, EXPIRED, KEPT };

/* The initiator's side */
bool completed[4];
bool aborted[4];
bool looked;			/* for the aborted one on the list, for the last time */
byte turn[4];		/* when it has entered a ring first; ghost */
byte turns;

/* Slots: of what the module has, and what only this model knows */
typedef Slot {
	mtype state;
	byte cmd;		/* 0 when the initiator has its answer */
	byte block;
	byte order;
	bool keep;		/* what the answer says */
	bool used;		/* the id's bit */
	byte whose;		/* cmd, as it was; ghost */
};
Slot slot[IDS];
bool busy_block[2];
byte order;

/* The ring; its entries are ids, and of which command they are */
byte place[PLACES];
byte place_cmd[PLACES];
byte head, tail, cleaned;	/* counted from the last reset on */
byte nr_resets;

/* The queue */
bool waits;			/* nobody is there, and all is settled; ghost */
bool blocked, blocked_for_sure, abandoned, awaited, is_open;
byte wait[3];
byte nr_waiting;
byte placing;			/* the command that the work has in hand */
bool work;			/* it is queued */
bool over;			/* recovery_time_out */
byte lives;			/* programs that there were */
hidden byte i, j, stay;

/* ---------------------------------------------------------------- ends */

inline complete(c)
{
	d_step {
		/* no command is completed twice */
		assert(!completed[c]);
		completed[c] = true
	}
}

/* Something was given back */
inline kick()
{
	if
	:: nr_waiting > 0 -> work = true
	:: else
	fi
}

/* Blocks, then the id */
inline put(s)
{
	d_step {
		slot[s].state = FREE;
		assert(slot[s].used && busy_block[slot[s].block]);
		busy_block[slot[s].block] = false
	}
	d_step {
		slot[s].used = false;
		slot[s].whose = 0;
		slot[s].keep = false;
		slot[s].order = 0;
		slot[s].block = 0;
		slot[s].cmd = 0
	}
}

/* Bytes between the initiator's buffer and the block, without a lock */
inline copy(s)
{
	assert(slot[s].used && busy_block[slot[s].block])
}

/* All in @list, a bitmap: one that is in nobody else's hand */
inline end_slots(list, c)
{
	do
	:: list & 1 -> end_slot(0, list, c)
	:: list & 2 -> end_slot(1, list, c)
	:: list & 4 -> end_slot(2, list, c)
	:: list == 0 -> break
	od;
	kick()
}

inline end_slot(s, list, c)
{
	d_step {
		list = list & ~(1 << s);
		c = slot[s].cmd;
		slot[s].cmd = 0
	}
	put(s);
	if
	:: c -> complete(c)
	:: else
	fi;
	c = 0
}

/* ---------------------------------------------------------------- in */

/* Entered under ring_lock, and may be under done_lock too */
inline enter(s)
{
	assert(!blocked_for_sure);
	assert(head - cleaned < PLACES);
	place[head % PLACES] = s;
	place_cmd[head % PLACES] = slot[s].whose;
	head++;
	slot[s].order = order;
	order++;
	slot[s].state = RING
}

inline take(c, s, ret)
{
	atomic {
		if
		:: !slot[0].used -> s = 0
		:: slot[0].used && !slot[1].used -> s = 1
		:: slot[0].used && slot[1].used && !slot[2].used -> s = 2
		/* there are more ids than commands, or this is an end */
		fi;
		assert(slot[s].state == FREE && slot[s].whose == 0);
		slot[s].used = true;
		slot[s].cmd = c;
		slot[s].whose = c
	}
	atomic {
		if
		:: !busy_block[0] -> slot[s].block = 0
		:: busy_block[0] && BLOCKS == 2 && !busy_block[1] ->
			slot[s].block = 1
		:: else -> ret = 1
		fi;
		if
		:: ret == 0 ->
			busy_block[slot[s].block] = true;
			slot[s].state = BUILDING
		:: else ->
			slot[s].used = false;
			slot[s].whose = 0;
			slot[s].cmd = 0
		fi
	}
}

#define GATE(c)	(aborted[c] -> 3 : ((blocked || abandoned) -> 2 : 0))

/* 0; 1: no room; 2: BUSY; 3: aborted */
inline put_into_ring(c, s, ret)
{
	ret = GATE(c);
	if
	:: ret == 0 ->
		take(c, s, ret)
	:: else
	fi;
	if
	:: ret == 0 ->
		copy(s);
		atomic {
#ifndef NO_SECOND_GATE
			ret = GATE(c);
#endif
			if
			:: ret == 0 && head - cleaned < PLACES ->
				enter(s);
				turn[c] = turns;
				turns++
			:: ret == 0 && head - cleaned >= PLACES -> ret = 1
			:: else
			fi
		}
		if
		:: ret -> put(s)
		:: else
		fi
	:: else
	fi;
	s = 0
}

/* @ret: 0, or 3 for one that was aborted */
inline join(c, ret)
{
	atomic {
#ifndef NO_JOIN_LOOK
		ret = (aborted[c] -> 3 : 0);
#else
		ret = 0;
#endif
		if
		:: ret == 0 ->
			/* who aborts it has looked for it, and waits for its end */
			assert(!aborted[c] || !looked);
			first = nr_waiting == 0;
			wait[nr_waiting] = c;
			nr_waiting++
		:: else
		fi
	}
#ifndef NO_TRY_AGAIN
	if
	:: first -> work = true
	:: else
	fi;
#endif
	first = false
}

proctype initiator(byte c)
{
	byte s, ret;
	bool first;

	ret = GATE(c);
	if
	:: ret == 0 && nr_waiting > 0 -> join(c, ret)
	:: ret == 0 && nr_waiting == 0 ->
		put_into_ring(c, s, ret);
		if
		:: ret == 1 -> join(c, ret)
		:: else
		fi;
#ifndef NO_KICK_BEHIND
		kick()
#endif
	:: else
	fi;
	if
	:: ret -> complete(c)
	:: else
	fi
}

/* Take the one at @at off the list; under wait_lock */
inline unlink(at)
{
	j = at;
	do
	:: j + 1 < nr_waiting -> wait[j] = wait[j + 1]; j++
	:: else -> break
	od;
	nr_waiting--;
	wait[nr_waiting] = 0;
	j = 0
}

proctype wait_work()
{
	byte s, ret, c;

end:	do
	:: d_step { work -> work = false };
		do
		:: d_step { nr_waiting > 0 -> placing = wait[0]; c = placing };
			put_into_ring(c, s, ret);
			d_step {
				placing = 0;
				if
				:: ret != 1 ->
					assert(wait[0] == c);
					unlink(0)
				:: else
				fi
			}
			if
			:: ret > 1 -> ret = 0; complete(c)
			:: ret == 1 -> ret = 0; break
			:: ret == 0
			fi
		:: nr_waiting == 0 -> break
		od;
		c = 0
	od
}

/* ---------------------------------------------------------------- out */

/* Under done_lock: the answers, as a bitmap */
inline reap(list)
{
	d_step {
		do
		:: cleaned < tail ->
			i = place[cleaned % PLACES];
			/* its id is its own until it is taken */
			assert(slot[i].state == RING || slot[i].state == EXPIRED);
			assert(slot[i].whose == place_cmd[cleaned % PLACES]);
			slot[i].state = DONE;
			list = list | (1 << i);
			place[cleaned % PLACES] = 0;
			place_cmd[cleaned % PLACES] = 0;
			cleaned++
		:: else -> break
		od;
		i = 0;
		resets = nr_resets;
		owner = lives
	}
}

#ifdef NO_RESETS
#define SAME_RING true
#else
#define SAME_RING (resets == nr_resets)
#endif
#ifdef NO_OPEN
#define IS_OPEN true
#else
#define IS_OPEN is_open
#endif
#ifdef NO_OWNER
#define SAME_OWNER true
#else
#define SAME_OWNER (owner == lives)
#endif

inline finish(s, list, c)
{
	d_step {
		list = list & ~(1 << s);
		c = slot[s].cmd
	}
	if
	:: c -> copy(s); slot[s].cmd = 0
	:: else
	fi;
	d_step {
		kept = slot[s].keep && SAME_RING && IS_OPEN && SAME_OWNER;
		if
		:: kept -> slot[s].state = KEPT
		:: else
		fi
	}
	if
	:: !kept -> put(s)
	:: else
	fi;
	kept = false;
	if
	:: c -> complete(c)
	:: else
	fi;
	c = 0
}

inline drain(list, c)
{
	reap(list);
	do
	:: list & 1 -> finish(0, list, c)
	:: list & 2 -> finish(1, list, c)
	:: list & 4 -> finish(2, list, c)
	:: list == 0 -> break
	od;
	resets = 0;
	owner = 0;
#ifndef NO_KICK
	kick()
#endif
}

/* Those that wait, but for the one in hand, end: under wait_lock */
inline flush_waiters(c)
{
	do
	:: d_step {
#ifdef NO_IN_HAND
			nr_waiting > 0 -> c = wait[0]; unlink(0)
#else
			nr_waiting > 0 && wait[0] != placing -> c = wait[0]; unlink(0)
#endif
		};
		complete(c)
#ifndef NO_IN_HAND
	:: d_step {
			nr_waiting > 1 && wait[0] == placing -> c = wait[1]; unlink(1)
		};
		complete(c)
#endif
	:: d_step { nr_waiting == 0 || (nr_waiting == 1 && wait[0] == placing) };
		break
	od;
	c = 0
}

/* ---------------------------------------------------------------- the program */

/* One that it knows of, and that the kernel knows of too */
#define MINE(s)	(((keeps >> (s)) & 1) && slot[s].state == KEPT)
#define KEPT_ID	(MINE(0) -> 0 : (MINE(1) -> 1 : (MINE(2) -> 2 : NONE)))

/* What it has fetched is its own, unless the ring was reset */
inline fetch()
{
	d_step {
		assert(slot[place[next % PLACES]].whose == place_cmd[next % PLACES]);
		assert(slot[place[next % PLACES]].state == RING ||
		       slot[place[next % PLACES]].state == EXPIRED);
		next++
	}
}

inline answer()
{
	d_step {
		assert(slot[place[tail % PLACES]].whose == place_cmd[tail % PLACES]);
		tail++
	}
}

inline answer_and_keep()
{
	d_step {
		slot[place[tail % PLACES]].keep = true;
		keeps = keeps | (1 << place[tail % PLACES]);
		tail++
	}
}

inline free_kept()
{
	atomic {
		c = KEPT_ID;
		if
		:: c != NONE -> slot[c].state = DONE; keeps = keeps & ~(1 << c)
		:: else
		fi
	}
	if
	:: c != NONE -> put(c); c = 0; kick()
	:: else -> c = 0
	fi
}

/* Under done_lock: slots of these states are whose @list is */
inline take_slots(list, what)
{
	i = 0;
	do
	:: i < IDS ->
		if
		:: slot[i].used && (what) ->
			slot[i].state = DONE;
			list = list | (1 << i)
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

inline empty_ring()
{
	i = 0;
	do
	:: i < PLACES -> place[i] = 0; place_cmd[i] = 0; i++
	:: else -> break
	od;
	i = 0;
	head = 0;
	tail = 0;
	cleaned = 0;
	nr_resets++
}

inline reset(list, c)
{
	d_step {
		take_slots(list, slot[i].state == RING ||
			   slot[i].state == EXPIRED || slot[i].state == KEPT);
		empty_ring()
	}
	end_slots(list, c)
}

inline free_all_kept()
{
	d_step {
		take_slots(list, slot[i].state == KEPT)
	}
	end_slots(list, c)
}

#if REBUILDS
#include "replay.pml"
#endif

inline release()
{
	is_open = false;
#if PART == HOLD || PART == GONE
#ifndef NO_LAST_DRAIN
	drain(list, c);
#endif
#endif
	free_all_kept();
#if PART == FAIL
	drain(list, c);
	abandoned = true;
	flush_waiters(c);
	reset(list, c)
#elif REBUILDS
	replay_go()
#endif
}

proctype program()
{
	byte next, list, c, resets, owner, seen, keeps;
	bool kept;

again:
	atomic {
#if REBUILDS
		replay_come();
#endif
		abandoned = false;
		is_open = true;
		lives++;
		next = tail;
		seen = nr_resets
	}
end:	do
	/* a reset, and it looks at its mailbox again: nobody writes meanwhile */
	:: d_step { seen != nr_resets -> next = tail; seen = nr_resets; keeps = 0 }
	:: d_step { seen == nr_resets && next < head -> fetch() }
	:: d_step { seen == nr_resets && tail < next -> answer() }
#if KEEPS
	:: d_step { seen == nr_resets && tail < next -> answer_and_keep() }
	:: KEPT_ID != NONE -> free_kept()
#endif
	/* write(2); any time will do, but a last one comes */
	:: cleaned < tail -> drain(list, c)
#if DIES
	:: lives < LIVES ->
		d_step { next = 0; keeps = 0 };
		release();
		goto again
#endif
	od
}

/* ---------------------------------------------------------------- what comes between */

#if EXPIRES
/* One command, at any time */
#define LATE_ONE(s) (slot[s].used && slot[s].state == RING && !awaited)

inline expire(s)
{
#ifdef NO_DONE_LOCK
	LATE_ONE(s);
#else
	atomic {
		LATE_ONE(s);
#endif
		c = slot[s].cmd;
		slot[s].cmd = 0;
		slot[s].state = EXPIRED;
#ifndef NO_DONE_LOCK
	}
#endif
	complete(c)
}

proctype timer()
{
	byte c;

end:	do
	:: expire(0); break
	:: expire(1); break
	:: expire(2); break
	od
}
#endif

#if RESETS
proctype supervisor()
{
	byte list, c;

	reset(list, c)
}
#endif

#if PART == GONE
/* Somebody else looks for answers: action/block_dev */
proctype supervisor()
{
	byte list, c, resets, owner;
	bool kept;

	drain(list, c)
}
#endif

#if PART == BLOCK
proctype supervisor()
{
	byte list, c, resets, owner;
	bool kept;

	blocked = true;
	blocked_for_sure = true;
	drain(list, c);
	flush_waiters(c);
	blocked_for_sure = false;
	blocked = false
}
#endif

#if ABORTS
/* The core aborts command 1; wait_abort() waits for the one in hand */
proctype aborter()
{
	byte c;
#if REBUILDS
	byte list;
#endif

	aborted[1] = true;
	do
	:: d_step {
			i = 0;
			do
			:: i < nr_waiting && wait[i] != 1 -> i++
			:: else -> break
			od;
			c = i;
			i = 0;
			looked = c >= nr_waiting
		};
		if
		:: c >= nr_waiting -> break
		:: c < nr_waiting ->
			atomic {
				if
#ifdef NO_IN_HAND
				:: c < nr_waiting && wait[c] == 1 ->
#else
				:: c < nr_waiting && wait[c] == 1 && placing != 1 ->
#endif
					unlink(c);
					c = NONE
				:: else
				fi
			}
			if
			:: c == NONE -> complete(1); break
			:: else -> placing != 1
			fi
		fi
	od;
	c = 0;
#if REBUILDS
	replay_abort();
	/* an aborted one does not come again */
	d_step {
		i = 0;
		do
		:: i < IDS ->
			assert(!waits || slot[i].state != RING || slot[i].whose != 1);
			i++
		:: else -> break
		od;
		i = 0
	}
#endif
}
#endif

/* ---------------------------------------------------------------- when all is quiet */

proctype quiet()
{
	timeout;
	/* none is lost, and none waits for what is there */
	assert(completed[1] && (completed[2] || CMDS < 2) &&
	       (completed[3] || CMDS < 3));
	assert(nr_waiting == 0 && cleaned == head);
	/* all was given back */
	assert(!slot[0].used && !slot[1].used && !slot[2].used);
	assert(!busy_block[0] && !busy_block[1])
}

init {
	atomic {
		slot[0].state = FREE;
		slot[1].state = FREE;
		slot[2].state = FREE;
		run initiator(1);
		if
		:: CMDS >= 2 -> run initiator(2)
		:: else
		fi;
		if
		:: CMDS == 3 -> run initiator(3)
		:: else
		fi;
		run wait_work();
		run program();
		run quiet();
#if EXPIRES
		run timer();
#endif
#if RESETS || PART == BLOCK || PART == GONE
		run supervisor();
#endif
#if ABORTS
		run aborter();
#endif
#if PART == LATE || PART == AGAIN
		run recovery_timer();
#endif
	}
}
