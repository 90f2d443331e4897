/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shared memory without an order of its own, for the models that include this.
 *
 * A word is the list of all that was ever stored to it. A load takes any of
 * those, but none older than what its thread knows of: so each location becomes
 * visible on its own, to each thread at another time. What a thread knows is a
 * view: one place in each word's list. A release store leaves the view of its
 * thread at the value, an acquire load that takes the value joins it; a full
 * barrier joins, both ways, a view that all full barriers share. This is the
 * release/acquire part of C11's memory model, as an operational one.
 *
 * Plain memory (entries, answers, records) has no list: two accesses to it, one
 * of them a write, must be ordered by release and acquire, or the model fails.
 * Vector clocks tell. A program without such races sees of its plain memory what
 * it would see if nothing were ever late, so that this is all there is to check.
 *
 * An order that is only by a dependency or a branch does not count here. It does
 * in the kernel's memory model: the kernel is on the safe side.
 *
 * To be defined before: WORDS, THREADS, STORES (the longest list), PLAIN.
 */

typedef View {
	byte at[WORDS];		/* nothing older is taken from this word */
	byte clock[THREADS];	/* what of the others has happened before */
};

typedef Word {
	byte nr;
	byte val[STORES];
	View view[STORES];
};

typedef Bytes {
	byte val;
	byte writer;
	byte written;		/* the writer's clock */
	byte read[THREADS];	/* each reader's */
};

Word word[WORDS];
View know[THREADS];
byte fences[WORDS];
Bytes bytes[PLAIN];
byte pick;			/* 0 but within load() */
hidden byte x;

/* Of arrays, which are no arguments to an inline; within a d_step */
#define each(nr, what)							\
	x = 0;								\
	do								\
	:: x < (nr) -> what; x++					\
	:: else -> break						\
	od;								\
	x = 0

#define join(to, from, nr)						\
	each(nr, if :: to[x] < from[x] -> to[x] = from[x] :: else fi)

#define copy(to, from, nr)						\
	each(nr, to[x] = from[x])

inline weak_init()
{
	d_step {
		each(WORDS, word[x].nr = 1);
		each(THREADS, know[x].clock[x] = 1)
	}
}

/* @order: is it a release? */
inline store(me, w, order, value)
{
	d_step {
		assert(word[w].nr < STORES);
		know[me].at[w] = word[w].nr;
		word[w].val[word[w].nr] = value;
		word[w].view[word[w].nr].at[w] = word[w].nr;
		if
		:: order ->
			copy(word[w].view[word[w].nr].at, know[me].at, WORDS);
			copy(word[w].view[word[w].nr].clock, know[me].clock, THREADS);
			know[me].clock[me]++
		:: else
		fi;
		word[w].nr++
	}
}

/* @order: is it an acquire? */
inline load(me, w, order, into)
{
	atomic {
		pick = know[me].at[w];
		do
		:: pick + 1 < word[w].nr -> pick++
		:: break
		od;
		d_step {
			know[me].at[w] = pick;
			into = word[w].val[pick];
			if
			:: order ->
				join(know[me].at, word[w].view[pick].at, WORDS);
				join(know[me].clock, word[w].view[pick].clock, THREADS)
			:: else
			fi;
			pick = 0
		}
	}
}

/* The clocks do not go by it: nothing plain is ordered by a barrier alone */
inline fence(me, there)
{
	d_step {
		if
		:: there ->
			join(know[me].at, fences, WORDS);
			copy(fences, know[me].at, WORDS)
		:: else
		fi
	}
}

inline plain_write(me, b, value)
{
	d_step {
		assert(know[me].clock[bytes[b].writer] >= bytes[b].written);
		each(THREADS, assert(know[me].clock[x] >= bytes[b].read[x]);
		     bytes[b].read[x] = 0);
		bytes[b].writer = me;
		bytes[b].written = know[me].clock[me];
		bytes[b].val = value
	}
}

inline plain_read(me, b, value)
{
	d_step {
		assert(know[me].clock[bytes[b].writer] >= bytes[b].written);
		bytes[b].read[me] = know[me].clock[me];
		assert(bytes[b].val == value)
	}
}
