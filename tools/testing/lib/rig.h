/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program on libtcmuser beside a simulated kernel: a handler "h" that does what
 * the test wants of it.
 */
#ifndef RIG_H
#define RIG_H

/* before the harness, which includes <linux/uio.h> */
#include "context.h"
#include "queue.h"
#include "sim.h"

#define RIG_NAME	"tcm-user/0/disk/h/conf"
#define RIG_RING	4096
#define RIG_BLOCKS	64

struct rig {
	struct sim *sim;
	struct tcmuser *ctx;
	struct tcmuser_handler handler;
	/* what the handler's callbacks have seen */
	struct tcmuser_cmd *pending[SIM_IDS];
	u32 nr_pending;			/* atomic */
	u32 nr_opened;
	u32 nr_closed;
	int open_result;
	char said[4096];		/* what was logged */
};

extern struct rig rig;

/*
 * A kernel, a device, and a handler whose cdb callback is @cdb; nothing is started
 * yet, so that the test may change things.
 */
void rig_begin(int (*cdb)(struct tcmuser_cmd *cmd));
void rig_start(unsigned int flags);
void rig_end(void);

/* Callbacks */
int rig_good(struct tcmuser_cmd *cmd);		/* ends well at once */
int rig_pend(struct tcmuser_cmd *cmd);		/* goes to rig.pending */

/* A command without data, of which the second byte is @byte */
u16 rig_send(u8 byte);
/* Wait until so many are pending */
void rig_wait_pending(u32 nr);
bool rig_has_said(const char *text);

#endif /* RIG_H */
