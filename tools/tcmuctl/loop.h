/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Targets of the loopback fabric, which make disks on this machine.
 */
#ifndef LOOP_H
#define LOOP_H

#include "slow.h"
#include "world.h"

/* Whether the fabric takes it for a target's name */
bool loop_is_wwn(const char *wwn);

/*
 * Make @dev a LUN of target @wwn, or of a new one if that is empty, and wait up to
 * @seconds for its disk. What is done is left to undo_all() in any case. Returns 0
 * with *lun set, or EXIT_FAILURE after an error message.
 */
int loop_add(const struct dev *dev, const char *wwn, double seconds,
	     struct lun *lun);

/*
 * Remove @lun, and its target if that is empty then, unless @keep. @tick is called
 * while that waits. Returns 0, or EXIT_FAILURE after an error message.
 */
int loop_remove(const struct lun *lun, bool keep, slow_tick tick, void *arg);

#endif /* LOOP_H */
