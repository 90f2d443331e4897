/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backstore of ours, and a loopback LUN on it.
 */
#ifndef TCMU_LUN_H
#define TCMU_LUN_H

#include "raw.h"

#define CORE	"/sys/kernel/config/target/core"
#define PARAMS	"/sys/module/target_core_user/parameters"

struct lun {
	char name[32];
	char dir[96];		/* in configfs */
	int uio;		/* N of /dev/uioN, -1 before enable */
	char sg[32];		/* /dev/sgN when linked */
	struct raw raw;		/* the daemon's end, when it is attached */
	struct raw other;	/* of a second queue, when it is attached */
};

/*
 * 1: the device has two queues, and the test is the daemon of the second one; the
 * first one is served by a thread. The test's commands go to its own.
 */
extern int lun_queue;
/* N of /dev/uioN of a queue, or -1 */
int lun_queue_uio(const struct lun *lun, int queue);
/* From here on the calling thread's commands go to this queue of two */
void lun_use_queue(int queue);

/* mkdir, and a write to control if @control is not NULL; stops on failure */
void lun_create(struct lun *lun, const char *control);
/* The next one gets this name, and not one of its own */
void lun_name_next(const char *name);
int lun_enable(struct lun *lun);
int lun_set(struct lun *lun, const char *file, const char *value);
int lun_get(struct lun *lun, const char *file, char *buf, int size);
long lun_num(struct lun *lun, const char *file);
/* Column @col of attrib/stat_@table, in the line that begins with @row; or -1 */
long long lun_stat(struct lun *lun, const char *table, const char *row, int col);
/* Attach a daemon and link the LUN; afterwards the test is the daemon */
void lun_link(struct lun *lun);
void lun_unlink(struct lun *lun);
int lun_remove(struct lun *lun);

/*
 * All of it: create with @control, enable, attach, link. What is left at the
 * end of the test is taken away.
 */
void lun_up(struct lun *lun, const char *control);
void lun_down(struct lun *lun);

#endif /* TCMU_LUN_H */
