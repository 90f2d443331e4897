/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A part of life.pml: tcmu/replay.c with recovery=replay. The program has gone: its
 * commands go into a fresh ring, and wait there for the next one.
 */

/* Under done_lock and ring_lock */
inline sort_out(list, late)
{
	i = 0;
	stay = 0;
	do
	:: i < IDS ->
		if
		:: slot[i].used && slot[i].state == RING && !(late) &&
#ifdef NO_ABORTED
		   true ->
#else
		   !aborted[slot[i].whose] ->
#endif
			stay = stay | (1 << i)
#ifdef NO_EXPIRED
		:: slot[i].used && slot[i].state == EXPIRED && !(late) ->
			stay = stay | (1 << i)
		:: slot[i].used && slot[i].state == EXPIRED && (late) ->
#else
		:: slot[i].used && slot[i].state == EXPIRED ->
#endif
			slot[i].state = DONE;
			list = list | (1 << i)
		:: slot[i].used && slot[i].state == KEPT ->
			slot[i].state = DONE;
			list = list | (1 << i)
		:: slot[i].used && slot[i].state == RING &&
		   (late || aborted[slot[i].whose]) ->
			slot[i].state = DONE;
			list = list | (1 << i)
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

#define COMES(s)	((stay >> (s)) & 1)

/* The first of those that stay */
inline oldest()
{
	i = NONE;
	j = 0;
	do
	:: j < IDS ->
		if
		:: COMES(j) && i == NONE -> i = j
#ifndef NO_ORDER
		:: COMES(j) && i != NONE && slot[j].order < slot[i].order -> i = j
#endif
		:: else
		fi;
		j++
	:: else -> break
	od;
	j = 0
}

inline enter_all()
{
	do
	:: stay ->
		oldest();
		stay = stay & ~(1 << i);
		/* what comes again was not answered, has not expired, is not aborted */
		assert(!completed[slot[i].whose]);
		assert(slot[i].cmd == slot[i].whose);
		assert(!aborted[slot[i].whose]);
		/* in their order */
		assert(head == 0 || turn[place_cmd[(head + PLACES - 1) % PLACES]] <
		       turn[slot[i].whose]);
		enter(i)
	:: else -> break
	od;
	i = 0
}

#ifdef NO_SECOND_LOOK
#define STILL_OVER	true
#else
#define STILL_OVER	over
#endif

inline rebuild(late)
{
	d_step {
		if
#ifdef NO_AWAITED
		:: true ->
#else
		:: awaited && (!(late) || STILL_OVER) ->
#endif
			/* not before recovery_time_out */
			assert(!(late) || over);
			awaited = !(late);
			sort_out(list, late);
			empty_ring();
			/* the ring is nobody's: nobody finds it changed */
			assert(!is_open);
			enter_all()
		:: else
		fi
	}
	end_slots(list, c)
}

inline replay_go()
{
	drain(list, c);
	d_step { over = false; awaited = true };
	rebuild(false);
	waits = true
}

inline replay_come()
{
	waits = false;
	awaited = false
}

/* tmr_notify: the core has marked a command, and waits for its end */
inline replay_abort()
{
#ifdef NO_REPLAY_ABORT
	skip
#else
	if
	:: awaited -> rebuild(false)
	:: else
	fi
#endif
}

#if PART == LATE || PART == AGAIN
/*
 * The time is over at any moment. As in tcmu_replay_check() that is seen before the
 * locks are had.
 */
proctype recovery_timer()
{
	byte list, c;

end:	do
	:: d_step { awaited && !over -> over = true }
	:: awaited && over -> rebuild(true); break
	od
}
#endif
