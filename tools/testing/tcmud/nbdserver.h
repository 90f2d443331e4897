/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A small NBD server that can be told to misbehave. Of the protocol it has the old
 * handshake and simple replies, which is all that a client has to know.
 */
#ifndef NBDSERVER_H
#define NBDSERVER_H

#include "uapi.h"
#include "unit.h"

#include <pthread.h>

/* Flags of the protocol */
#define NBDSERVER_READ_ONLY 0x002
#define NBDSERVER_FLUSH 0x004
#define NBDSERVER_FUA 0x008
#define NBDSERVER_TRIM 0x020
#define NBDSERVER_ZERO 0x040
#define NBDSERVER_MULTI 0x100

struct nbdserver {
	const char *path;
	u8 *data;
	u64 size;		/* what it says when somebody connects; atomic */
	u16 flags;
	/* atomic, all of them */
	int connections;	/* so far */
	int open;		/* now */
	int commands;
	int fua;		/* commands with that flag */
	int breaks_after;	/* so many commands, then the connection breaks; 0: never */
	bool mute;		/* takes commands and answers none */
	bool fails;		/* answers by EIO */
	/* its own */
	int fd;
	bool stop;
	bool runs;
	pthread_t thread;
};

/* @server->path, data, size and flags are set. 0 or -errno */
int nbdserver_start(struct nbdserver *server);
/* Ends it, and each connection */
void nbdserver_stop(struct nbdserver *server);

#endif /* NBDSERVER_H */
