/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_IOMODE_H
#define TCMU_IOMODE_H

#include <linux/types.h>
#include <target/target_core_base.h>

struct tcmu_answer;
struct tcmu_dev;
struct tcmu_queue;
struct tcmu_req;

u32 tcmu_io_max_sectors(const struct tcmu_dev *dev);
void tcmu_io_configure(struct tcmu_dev *dev);
void tcmu_io_make_req(struct tcmu_req *req, struct se_cmd *se_cmd, u8 opcode,
		      u8 flags, u64 lba, u32 nolb);
sense_reason_t tcmu_io_parse_cdb(struct se_cmd *se_cmd);
void tcmu_io_complete(struct tcmu_queue *q, const struct tcmu_req *req,
		      const struct tcmu_answer *answer);

#endif /* TCMU_IOMODE_H */
