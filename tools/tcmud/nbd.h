/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The store nbd, in rooms: nbd.c (options, opening, closing), nbdlink.c (a connection
 * and its thread), nbdhandle.c (what is asked of libnbd), nbdcmd.c (commands).
 */
#ifndef TCMUD_NBD_H
#define TCMUD_NBD_H

#include "layer.h"

#include <libnbd.h>
#include <pthread.h>

#define NBD_MAX_LINKS 16

/* What a server says of itself */
struct nbd_facts {
	uint64_t size;
	uint32_t min_block;
	uint32_t max_block;	/* the most bytes of a read or write */
	uint32_t preferred;
	bool read_only;
	bool can_flush;
	bool can_fua;
	bool can_trim;
	bool can_zero;
	bool can_multi;
};

/* Where the server is */
enum nbd_place {
	NBD_UNIX,	/* a = path */
	NBD_TCP,	/* a = host, b = port */
	NBD_URI,	/* a = URI */
};

struct nbd_address {
	enum nbd_place place;
	char *a;
	char *b;
	char *export;
};

struct nbd_frame {
	struct nbd_frame *next;	/* of the link's lists */
	struct nbd_link *link;
	struct io *io;
	uint64_t since;		/* when it came, or when the connection was lost */
	unsigned char *buf;	/* all of the data in one piece */
	bool bounce;		/* it is not the request's own */
	bool lost;		/* the connection broke: it has to be sent again */
	unsigned int left;	/* commands that libnbd knows, and who sends them */
	unsigned int sent;	/* ... and how many of them it took */
	unsigned int answered;
	int error;
};

struct nbd_list {
	struct nbd_frame *first;
	struct nbd_frame **last;
};

/* A connection. What has no lock is its thread's alone. */
struct nbd_link {
	struct nbd *nbd;
	unsigned int nr;
	pthread_t thread;
	int wake;		/* eventfd: something came, or stop */
	pthread_mutex_t lock;
	pthread_cond_t cond;	/* the first attempt to connect has ended */
	struct nbd_list came;	/* under the lock, as what follows */
	bool woken;
	bool stop;
	bool renew;		/* connect again: the server's size has changed */
	int first;		/* how the first attempt ended; 1: not yet */
	char why[256];		/* ... if it failed */
	/* the thread's */
	struct nbd_handle *handle;
	bool ready;
	bool was_up;
	struct nbd_list waiting;	/* to be sent */
	unsigned int in_flight;
	uint64_t moved;		/* when a command has ended or was sent last */
	uint64_t retry;		/* when to connect again */
	uint64_t pause;		/* ... and how long it was waited for last */
	uint64_t began;		/* to connect */
	struct nbd_facts facts;
};

struct nbd {
	/* options */
	char *export;
	uint64_t timeout;
	uint64_t connect;
	uint64_t connections;
	/* the rest */
	struct layer *layer;
	struct nbd_address address;
	struct nbd_facts facts;	/* when it was opened */
	uint64_t size;		/* atomic: the server has at least so much */
	unsigned int nr_links;
	struct nbd_link *links[NBD_MAX_LINKS];
};

/* nbdlink.c */
int nbd_link_new(struct nbd *nbd, unsigned int nr);
void nbd_link_free(struct nbd_link *link);
/* A request, by any thread; nbd_link_wake() has it looked at */
void nbd_link_add(struct nbd_link *link, struct nbd_frame *frame);
void nbd_link_wake(struct nbd_link *link);
/* Connect anew, since the server's facts have changed */
void nbd_link_renew(struct nbd_link *link);

/* nbdhandle.c */
struct nbd_handle *nbd_handle_new(const struct nbd_address *address);
void nbd_handle_free(struct nbd_handle *handle);
int nbd_handle_facts(struct nbd_handle *handle, struct nbd_facts *facts);
/* Connect, ask, and leave. 0 or -errno, with nbd_get_error() */
int nbd_handle_ask(const struct nbd_address *address, uint64_t ns,
		   struct nbd_facts *facts);

/* nbdcmd.c */
void nbd_list_init(struct nbd_list *list);
void nbd_list_add(struct nbd_list *list, struct nbd_frame *frame);
struct nbd_frame *nbd_list_take(struct nbd_list *list);
/* Send a request as one or more commands. By the link's thread. */
void nbd_cmd_send(struct nbd_link *link, struct nbd_frame *frame);
/* It is over, one way or the other */
void nbd_cmd_end(struct nbd_frame *frame, int result);

#endif /* TCMUD_NBD_H */
