/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_RESIZE_H
#define TCMU_RESIZE_H

struct se_cmd;
struct tcmu_dev;

void tcmu_resize_init(struct tcmu_dev *dev);
void tcmu_resize_exit(struct tcmu_dev *dev);
void tcmu_resize_happened_locked(struct tcmu_dev *dev);
void tcmu_resize_take_over(struct se_cmd *se_cmd);

#endif /* TCMU_RESIZE_H */
