/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_DEVICE_H
#define TCMU_DEVICE_H

#include <linux/types.h>
#include <target/target_core_base.h>

struct tcmu_dev;

struct se_device *tcmu_alloc_device(struct se_hba *hba, const char *name);
int tcmu_configure_device(struct se_device *se_dev);
void tcmu_destroy_device(struct se_device *se_dev);
void tcmu_free_device(struct se_device *se_dev);
sector_t tcmu_get_blocks(struct se_device *se_dev);
sense_reason_t tcmu_parse_cdb(struct se_cmd *se_cmd);

void tcmu_dev_put(struct tcmu_dev *dev);
bool tcmu_dev_is_new(const struct tcmu_dev *dev);
int tcmu_dev_set_config(struct tcmu_dev *dev, const char *config, size_t len);
void tcmu_dev_set_size(struct tcmu_dev *dev, u64 size);
void tcmu_dev_block(struct tcmu_dev *dev, bool block);
void tcmu_dev_reset(struct tcmu_dev *dev, int err);

#endif /* TCMU_DEVICE_H */
