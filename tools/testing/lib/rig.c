// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program on libtcmuser beside a simulated kernel: see rig.h.
 */
#include "rig.h"

#include <string.h>

struct rig rig;

static pthread_mutex_t said_lock = PTHREAD_MUTEX_INITIALIZER;

static void take_message(void *priv, enum tcmuser_level level,
			 const char *message)
{
	size_t len;

	pthread_mutex_lock(&said_lock);
	len = strlen(rig.said);
	if (len + strlen(message) + 2 < sizeof(rig.said)) {
		strcpy(rig.said + len, message);
		strcat(rig.said, "\n");
	}
	pthread_mutex_unlock(&said_lock);
}

bool rig_has_said(const char *text)
{
	bool ret;

	pthread_mutex_lock(&said_lock);
	ret = strstr(rig.said, text);
	pthread_mutex_unlock(&said_lock);
	return ret;
}

static int on_open(struct tcmuser_dev *dev)
{
	if (rig.open_result)
		return rig.open_result;
	rig.nr_opened++;
	return 0;
}

static void on_close(struct tcmuser_dev *dev)
{
	rig.nr_closed++;
}

int rig_good(struct tcmuser_cmd *cmd)
{
	return 0;
}

int rig_pend(struct tcmuser_cmd *cmd)
{
	u32 nr = rig.nr_pending;

	rig.pending[nr] = cmd;
	__atomic_store_n(&rig.nr_pending, nr + 1, __ATOMIC_RELEASE);
	return TCMUSER_PENDING;
}

void rig_begin(int (*cdb)(struct tcmuser_cmd *cmd))
{
	memset(&rig, 0, sizeof(rig));
	rig.handler = (struct tcmuser_handler){
		.size = sizeof(rig.handler), .name = "h",
		.open = on_open, .close = on_close, .cdb = cdb,
	};
	sim_begin();
	rig.sim = sim_new(7, RIG_NAME, RIG_RING, RIG_BLOCKS);
}

void rig_start(unsigned int flags)
{
	CHECK_EQ(tcmuser_new(&rig.ctx, flags | TCMUSER_NO_EVENTS), 0);
	tcmuser_set_log(rig.ctx, take_message, NULL, TCMUSER_DEBUG);
	CHECK_EQ(tcmuser_add_handler(rig.ctx, &rig.handler), 0);
	CHECK_EQ(tcmuser_start(rig.ctx), 0);
}

void rig_end(void)
{
	tcmuser_free(rig.ctx);
	rig.ctx = NULL;
	sim_end();
}

u16 rig_send(u8 byte)
{
	const u8 cdb[6] = { 0x00, byte };

	return sim_send(rig.sim, cdb, sizeof(cdb), NULL, 0);
}

void rig_wait_pending(u32 nr)
{
	SIM_WAIT_FOR(__atomic_load_n(&rig.nr_pending, __ATOMIC_ACQUIRE) >= nr);
}
