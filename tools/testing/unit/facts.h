/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a program sees of the ABI, by one header or the other: facts.c is
 * compiled twice. Includes neither.
 */
#ifndef FACTS_H
#define FACTS_H

struct fact {
	const char *name;
	long long value;
};

/* By this tree's header, and by the distribution's; ended by a NULL name */
extern const struct fact facts_ours[];
extern const struct fact facts_dist[];

/* What the inline functions do to a len_op: set_op, then set_len */
unsigned int facts_ours_set(unsigned int len_op, int op, unsigned int len);
unsigned int facts_dist_set(unsigned int len_op, int op, unsigned int len);

/* ... and what they make of one */
void facts_ours_get(unsigned int len_op, int *op, unsigned int *len);
void facts_dist_get(unsigned int len_op, int *op, unsigned int *len);

#endif /* FACTS_H */
