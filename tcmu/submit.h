/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_SUBMIT_H
#define TCMU_SUBMIT_H

#include <target/target_core_base.h>

struct tcmu_cmd;
struct tcmu_queue;
struct tcmu_req;

sense_reason_t tcmu_submit_cmd(struct se_cmd *se_cmd);
int tcmu_submit_req(struct tcmu_queue *q, const struct tcmu_req *req);
int tcmu_submit_place(struct tcmu_queue *q, const struct tcmu_req *req);
int tcmu_submit_enter_locked(struct tcmu_queue *q, struct tcmu_cmd *cmd);
void tcmu_submit_wait(struct tcmu_queue *q);

#endif /* TCMU_SUBMIT_H */
