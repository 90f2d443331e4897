/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TCMU_UIO_H
#define TCMU_UIO_H

#include <linux/types.h>

struct tcmu_queue;

int tcmu_uio_setup(void);
void tcmu_uio_teardown(void);
int tcmu_uio_register(struct tcmu_queue *q);
void tcmu_uio_unregister(struct tcmu_queue *q);
void tcmu_uio_put(struct tcmu_queue *q);
bool tcmu_uio_may_answer(struct tcmu_queue *q);
char *tcmu_uio_make_name(const struct tcmu_queue *q, const char *config);
void tcmu_uio_rename(struct tcmu_queue *q, char *name);

#endif /* TCMU_UIO_H */
