/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_REPLAY_H
#define TCMU_REPLAY_H

struct tcmu_queue;

void tcmu_replay_go(struct tcmu_queue *q);
void tcmu_replay_come(struct tcmu_queue *q);
void tcmu_replay_abort(struct tcmu_queue *q);
void tcmu_replay_check(struct tcmu_queue *q);

#endif /* TCMU_REPLAY_H */
