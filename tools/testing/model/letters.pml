/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The barriers of tcmu/ring.h. Each is there, unless -DNO_X takes it away: then
 * the access stays, and orders nothing.
 */
#ifdef NO_A
#define A	false
#else
#define A	true
#endif
#ifdef NO_B
#define B	false
#else
#define B	true
#endif
#ifdef NO_C
#define C	false
#else
#define C	true
#endif
#ifdef NO_D
#define D	false
#else
#define D	true
#endif
#ifdef NO_E
#define E	false
#else
#define E	true
#endif
#ifdef NO_F
#define F	false
#else
#define F	true
#endif
#ifdef NO_G
#define G	false
#else
#define G	true
#endif
#ifdef NO_H
#define H	false
#else
#define H	true
#endif
#ifdef NO_I
#define I	false
#else
#define I	true
#endif
#ifdef NO_J
#define J	false
#else
#define J	true
#endif
