/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_DISCARD_H
#define TCMU_DISCARD_H

struct se_cmd;
struct tcmu_queue;
struct tcmu_req;

void tcmu_discard_take_over(struct se_cmd *se_cmd);
void tcmu_discard_go_on(struct tcmu_queue *q, const struct tcmu_req *req);

#endif /* TCMU_DISCARD_H */
