// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a supervisor does to a hostile daemon's device so that it goes on, and what
 * the kernel counts of it.
 */
#include "files.h"
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hostile_reset(struct hostile *h, const char *how)
{
	pthread_mutex_lock(&h->ring);
	lun_set(h->lun, "action/reset_ring", how);
	h->lun->raw.tail = 0;
	h->lun->raw.next = 0;
	h->nr_kept = 0;
	h->nr_slots = 0;
	pthread_mutex_unlock(&h->ring);
	hostile_count(&h->resets);
}

/* Is it broken, and whole now? */
bool hostile_heal(struct hostile *h)
{
	struct dice dice = dice_at(h->seed, BY_SUPERVISOR, h->resets);
	char state[32];

	if (lun_get(h->lun, "attrib/ring_state", state, sizeof(state)) ||
	    strcmp(state, "broken"))
		return false;
	hostile_reset(h, dice_one_in(&dice, 4) ? "1" : "2");
	return true;
}

long long hostile_stat(struct hostile *h, const char *file, int col)
{
	char text[4097], path[64], *at;

	snprintf(path, sizeof(path), "attrib/stat_%s", file);
	if (lun_get(h->lun, path, text, sizeof(text)))
		return -1;
	at = strstr(text, "\nall ");
	for (; at && col; col--) {
		at = strchr(at, ' ');
		at += !!at;
	}
	return at ? atoll(at) : -1;
}

long long hostile_taken(struct hostile *h)
{
	enum { READS = 1, WRITES, OTHERS, LATE = 3 };

	return hostile_stat(h, "commands", READS) +
	       hostile_stat(h, "commands", WRITES) +
	       hostile_stat(h, "commands", OTHERS) +
	       hostile_stat(h, "events", LATE);
}

void hostile_config_sane(struct hostile *h)
{
	file_write("0", PARAMS "/block_netlink");
	file_write("1", PARAMS "/netlink_timeout");
	file_write("2048", PARAMS "/global_max_data_area_mb");
	lun_set(h->lun, "action/block_dev", "0");
	lun_set(h->lun, "attrib/qfull_time_out", "2");
	lun_set(h->lun, "attrib/tmr_notification", "1");
	lun_set(h->lun, "control", "dev_size=1048576,hw_block_size=512");
}
