// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ABI as numbers: those of the known contract, and those of a program that
 * was compiled with the distribution's header.
 */
#include "facts.h"
#include "unit.h"

#include <string.h>

static long long ours(const char *name)
{
	const struct fact *fact;

	for (fact = facts_ours; fact->name; fact++)
		if (!strcmp(fact->name, name))
			return fact->value;
	unit_fail(__FILE__, __LINE__, "there is no fact '%s'", name);
}

static void check_facts(const struct fact *want)
{
	long long have;

	for (; want->name; want++) {
		have = ours(want->name);
		if (have != want->value)
			unit_fail(__FILE__, __LINE__, "%s is %lld, not %lld",
				  want->name, have, want->value);
	}
}

TEST("the mailbox has its known layout")
{
	static const struct fact want[] = {
		{ "sizeof struct tcmu_mailbox", 128 },
		{ "tcmu_mailbox.version", 0 },
		{ "sizeof tcmu_mailbox.version", 2 },
		{ "tcmu_mailbox.flags", 2 },
		{ "sizeof tcmu_mailbox.flags", 2 },
		{ "tcmu_mailbox.cmdr_off", 4 },
		{ "tcmu_mailbox.cmdr_size", 8 },
		{ "tcmu_mailbox.cmd_head", 12 },
		{ "sizeof tcmu_mailbox.cmd_head", 4 },
		{ "tcmu_mailbox.cmd_tail", 64 },
		{ "sizeof tcmu_mailbox.cmd_tail", 4 },
		{ NULL, 0 }
	};

	check_facts(want);
}

TEST("the header of an entry has its known layout")
{
	static const struct fact want[] = {
		{ "sizeof struct tcmu_cmd_entry_hdr", 8 },
		{ "tcmu_cmd_entry_hdr.len_op", 0 },
		{ "sizeof tcmu_cmd_entry_hdr.len_op", 4 },
		{ "tcmu_cmd_entry_hdr.cmd_id", 4 },
		{ "sizeof tcmu_cmd_entry_hdr.cmd_id", 2 },
		{ "tcmu_cmd_entry_hdr.kflags", 6 },
		{ "tcmu_cmd_entry_hdr.uflags", 7 },
		{ NULL, 0 }
	};

	check_facts(want);
}

TEST("a command entry has its known layout")
{
	static const struct fact want[] = {
		{ "sizeof struct tcmu_cmd_entry", 112 },
		{ "tcmu_cmd_entry.req.iov_cnt", 8 },
		{ "tcmu_cmd_entry.req.iov_bidi_cnt", 12 },
		{ "tcmu_cmd_entry.req.iov_dif_cnt", 16 },
		{ "tcmu_cmd_entry.req.cdb_off", 24 },
		{ "sizeof tcmu_cmd_entry.req.cdb_off", 8 },
		{ "tcmu_cmd_entry.req.__pad1", 32 },
		{ "tcmu_cmd_entry.req.__pad2", 40 },
		{ "tcmu_cmd_entry.req.iov", 48 },
		{ "sizeof tcmu_cmd_entry.req.iov[0]", 16 },
		{ "tcmu_cmd_entry.rsp.scsi_status", 8 },
		{ "sizeof tcmu_cmd_entry.rsp.scsi_status", 1 },
		{ "tcmu_cmd_entry.rsp.read_len", 12 },
		{ "sizeof tcmu_cmd_entry.rsp.read_len", 4 },
		{ "tcmu_cmd_entry.rsp.sense_buffer", 16 },
		{ "sizeof tcmu_cmd_entry.rsp.sense_buffer", 96 },
		{ NULL, 0 }
	};

	check_facts(want);
}

TEST("a task management entry has its known layout")
{
	static const struct fact want[] = {
		{ "sizeof struct tcmu_tmr_entry", 32 },
		{ "tcmu_tmr_entry.tmr_type", 8 },
		{ "sizeof tcmu_tmr_entry.tmr_type", 1 },
		{ "tcmu_tmr_entry.cmd_cnt", 12 },
		{ "sizeof tcmu_tmr_entry.cmd_cnt", 4 },
		{ "tcmu_tmr_entry.__pad3", 16 },
		{ "tcmu_tmr_entry.__pad4", 24 },
		{ "tcmu_tmr_entry.cmd_ids", 32 },
		{ "sizeof tcmu_tmr_entry.cmd_ids[0]", 2 },
		{ NULL, 0 }
	};

	check_facts(want);
}

TEST("versions, flags and opcodes have their known values")
{
	static const struct fact want[] = {
		{ "TCMU_MAILBOX_VERSION", 2 },
		{ "TCMU_MAILBOX_FLAG_CAP_OOOC", 1 },
		{ "TCMU_MAILBOX_FLAG_CAP_READ_LEN", 2 },
		{ "TCMU_MAILBOX_FLAG_CAP_TMR", 4 },
		{ "TCMU_MAILBOX_FLAG_CAP_KEEP_BUF", 8 },
		{ "TCMU_OP_PAD", 0 },
		{ "TCMU_OP_CMD", 1 },
		{ "TCMU_OP_TMR", 2 },
		{ "TCMU_OP_MASK", 7 },
		{ "TCMU_OP_ALIGN_SIZE", 8 },
		{ "TCMU_UFLAG_UNKNOWN_OP", 1 },
		{ "TCMU_UFLAG_READ_LEN", 2 },
		{ "TCMU_UFLAG_KEEP_BUF", 4 },
		{ "TCMU_SENSE_BUFFERSIZE", 96 },
		{ NULL, 0 }
	};

	check_facts(want);
	CHECK(!strcmp(TCMU_VERSION, "2.0"));
}

TEST("task management functions have their known numbers")
{
	static const struct fact want[] = {
		{ "TCMU_TMR_UNKNOWN", 0 },
		{ "TCMU_TMR_ABORT_TASK", 1 },
		{ "TCMU_TMR_ABORT_TASK_SET", 2 },
		{ "TCMU_TMR_CLEAR_ACA", 3 },
		{ "TCMU_TMR_CLEAR_TASK_SET", 4 },
		{ "TCMU_TMR_LUN_RESET", 5 },
		{ "TCMU_TMR_TARGET_WARM_RESET", 6 },
		{ "TCMU_TMR_TARGET_COLD_RESET", 7 },
		{ "TCMU_TMR_LUN_RESET_PRO", 128 },
		{ NULL, 0 }
	};

	check_facts(want);
}

/* Numbers of messages and attributes may only grow at the end */
static void check_prefix(const struct fact *facts, const struct fact *old)
{
	const struct fact *fact;

	for (; old->name; old++) {
		if (!strcmp(old->name, "TCMU_CMD_MAX") ||
		    !strcmp(old->name, "TCMU_ATTR_MAX")) {
			CHECK(ours(old->name) >= old->value);
			continue;
		}
		for (fact = facts; fact->name; fact++)
			if (!strcmp(fact->name, old->name))
				break;
		if (!fact->name || fact->value != old->value)
			unit_fail(__FILE__, __LINE__, "%s is %lld, not %lld",
				  old->name, fact->value, old->value);
	}
}

TEST("the distribution's header gives the same sizes, offsets and constants")
{
	check_prefix(facts_ours, facts_dist);
}

TEST("the distribution's header packs a len_op in the same way")
{
	u32 op, len;

	for (op = 0; op < 8; op++)
		for (len = 0; len < 4096; len += 8) {
			CHECK_EQ(facts_ours_set(0, op, len), len | op);
			CHECK_EQ(facts_dist_set(0, op, len), len | op);
			CHECK_EQ(facts_ours_set(~0U, op, len),
				 facts_dist_set(~0U, op, len));
		}
}

TEST("the distribution's header unpacks a len_op in the same way")
{
	u32 len_op, len, dist_len;
	int op, dist_op;

	for (len_op = 1; len_op; len_op *= 2) {
		facts_ours_get(len_op | 1, &op, &len);
		facts_dist_get(len_op | 1, &dist_op, &dist_len);
		CHECK_EQ(op, dist_op);
		CHECK_EQ(len, dist_len);
	}
}

TEST("the length of an entry may take all of bits 3 to 31")
{
	CHECK_EQ(tcmu_hdr_get_len(0xfffffff9), 0xfffffff8U);
	CHECK_EQ(tcmu_hdr_get_op(0xfffffff9), TCMU_OP_CMD);
	CHECK_EQ(facts_ours_set(0, TCMU_OP_TMR, 0xfffffff8U), 0xfffffffaU);
}
