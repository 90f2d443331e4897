/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_CONFIGFS_H
#define TCMU_CONFIGFS_H

#include <linux/configfs.h>
#include <linux/types.h>
#include <target/target_core_backend.h>

struct tcmu_dev;

extern struct configfs_attribute *tcmu_attrib_attrs[];
extern struct configfs_attribute *tcmu_stat_attrs[];
extern struct configfs_attribute *tcmu_action_attrs[];

struct tcmu_dev *tcmu_attrib_to_dev(struct config_item *item);
size_t tcmu_core_attrs_max(void);
void tcmu_core_attrs_append(struct configfs_attribute **to);
int tcmu_configfs_setup(struct target_backend_ops *ops);
void tcmu_configfs_teardown(struct target_backend_ops *ops);
ssize_t tcmu_control_store(struct se_device *se_dev, const char *page,
			   ssize_t count);
ssize_t tcmu_info_show(struct se_device *se_dev, char *page);

#endif /* TCMU_CONFIGFS_H */
