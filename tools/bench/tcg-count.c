// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcg-count: a plugin of QEMU's emulator (TCG) that counts what the guest executes,
 * in windows that the guest names.
 *
 *	qemu-system-x86_64 -plugin ./tcg-count.so,out=FILE ...
 *
 * The guest opens a window by the instruction TCMU_MARK(0), which does nothing else,
 * and closes it by TCMU_MARK(1): see mark.h. For each window FILE gets a line
 * 'window N', counted from 0, and then a line for each block of instructions that was
 * run in it: its address, its instructions, how often. Which function that is, the
 * guest's /proc/kallsyms knows: report.py puts both together. Programs that are
 * loaded anywhere have one address in common: each process has them elsewhere, and
 * after an hour of windows there were millions of their blocks to look through.
 *
 * Exact but for a block that an exception has left half-way, which counts as whole.
 * For one virtual CPU: two would add to the same counters.
 */
#include "mark.h"
#include "tcg-plugin.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Instructions that are run one after the other; kept until the end */
struct block {
	uint64_t vaddr;
	uint64_t runs;
	uint64_t before;	/* runs when the window was opened */
	uint32_t insns;
	struct block *next;
};

#define NR_BUCKETS	65536
/* Static programs, such as the daemon, are below this; report.py knows it, too */
#define PROGRAMS	0x10000000

static struct block *buckets[NR_BUCKETS];
static unsigned int nr_windows;
static bool is_open;
static FILE *out;

static struct block **bucket_of(uint64_t vaddr)
{
	return &buckets[(vaddr ^ vaddr >> 16) % NR_BUCKETS];
}

/* The same instructions may be translated again, and are counted on */
static struct block *block_get(uint64_t vaddr, uint32_t insns)
{
	struct block **bucket = bucket_of(vaddr);
	struct block *block;

	for (block = *bucket; block; block = block->next)
		if (block->vaddr == vaddr && block->insns == insns)
			return block;
	block = calloc(1, sizeof(*block));
	if (!block)
		abort();
	block->vaddr = vaddr;
	block->insns = insns;
	block->next = *bucket;
	*bucket = block;
	return block;
}

static void window_open(void)
{
	struct block *block;
	size_t i;

	for (i = 0; i < NR_BUCKETS; i++)
		for (block = buckets[i]; block; block = block->next)
			block->before = block->runs;
	is_open = true;
}

static void window_close(void)
{
	struct block *block;
	size_t i;

	if (!is_open)
		return;
	is_open = false;
	fprintf(out, "window %u\n", nr_windows++);
	for (i = 0; i < NR_BUCKETS; i++)
		for (block = buckets[i]; block; block = block->next)
			if (block->runs != block->before)
				fprintf(out, "%" PRIx64 " %" PRIu32 " %" PRIu64 "\n",
					block->vaddr, block->insns,
					block->runs - block->before);
	fflush(out);
}

static void on_mark(unsigned int vcpu, void *data)
{
	if ((uintptr_t)data)
		window_close();
	else
		window_open();
}

/* The last byte of the mark says which it is */
static void look_for_mark(struct qemu_plugin_insn *insn)
{
	static const uint8_t mark[] = { TCMU_MARK_BYTES };
	const uint8_t *bytes = qemu_plugin_insn_data(insn);
	uintptr_t which;

	if (qemu_plugin_insn_size(insn) != sizeof(mark) + 1 ||
	    memcmp(bytes, mark, sizeof(mark)))
		return;
	which = bytes[sizeof(mark)];
	qemu_plugin_register_vcpu_insn_exec_cb(insn, on_mark, CB_NO_REGS,
					       (void *)which);
}

static void on_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
	uint64_t vaddr = qemu_plugin_tb_vaddr(tb);
	size_t insns = qemu_plugin_tb_n_insns(tb);
	bool is_kernel = vaddr >> 63;
	struct block *block;
	size_t i;

	if (!is_kernel && vaddr > PROGRAMS)
		vaddr = PROGRAMS;
	block = block_get(vaddr, insns);
	qemu_plugin_register_vcpu_tb_exec_inline(tb, INLINE_ADD_U64,
						 &block->runs, 1);
	if (is_kernel)
		return;
	for (i = 0; i < insns; i++)
		look_for_mark(qemu_plugin_tb_get_insn(tb, i));
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc,
			char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4)) {
		fprintf(stderr, "tcg-count: use out=FILE, and nothing else\n");
		return -1;
	}
	out = fopen(argv[0] + 4, "w");
	if (!out) {
		perror(argv[0] + 4);
		return -1;
	}
	qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
	return 0;
}
