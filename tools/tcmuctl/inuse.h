/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether somebody on this machine uses a disk.
 */
#ifndef INUSE_H
#define INUSE_H

#include "world.h"

#define INUSE_TEXT 512

/* Of "sda": true with the reason in @why: "/dev/sda1 is mounted on /mnt" */
bool inuse_disk(const char *disk, char why[INUSE_TEXT]);

/* Of any disk of a device */
bool inuse_dev(const struct world *world, const struct dev *dev,
	       char why[INUSE_TEXT]);

#endif /* INUSE_H */
