/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An instruction that a program in the guest executes to tell the emulator's plugin
 * something: a no-op of seven bytes, with an address in it that no compiler makes.
 */
#ifndef TCMU_BENCH_MARK_H
#define TCMU_BENCH_MARK_H

/* nopl ADDRESS(%rax); the last byte of the address is @which */
#define TCMU_MARK_BYTES	0x0f, 0x1f, 0x80, 0x54, 0x43, 0x4d

#define TCMU_MARK(which)						\
	__asm__ volatile(".byte 0x0f, 0x1f, 0x80, 0x54, 0x43, 0x4d, %c0"	\
			 : : "i"(which) : "memory")

#endif /* TCMU_BENCH_MARK_H */
