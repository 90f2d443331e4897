// SPDX-License-Identifier: GPL-2.0-only
/*
 * The daemon of a device that others race for: it does what is asked, but nothing
 * that may have been given up meanwhile, and it may lose its file at any time.
 */
#include "files.h"
#include "harness.h"
#include "races.h"

#include <unistd.h>

/* With a time limit of a second, what is older may be done for nobody */
#define TOO_OLD_MS	500

enum { STATUS_BUSY = 8 };

static void refuse(struct raw *raw, const struct raw_entry *entry)
{
	struct raw_answer answer = { .id = entry->id, .status = STATUS_BUSY };

	raw_answer(raw, &answer);
}

/* With the ring: since the last look an entry can have become so old */
static void answer_all(struct races *r)
{
	long begin = now_ms();
	bool late = begin - r->looked > TOO_OLD_MS;
	struct raw *raw = &r->lun->raw;
	struct raw_entry entry;

	while (raw_fetch(raw, &entry, 0, false)) {
		if (entry.op != RAW_CMD)
			continue;
		if (late || now_ms() - begin > TOO_OLD_MS)
			refuse(raw, &entry);
		else
			store_do(&r->store, raw, &entry);
		raw_kick(raw);
	}
	raw_kick(raw);
	r->looked = begin;
}

static void *serve(void *arg)
{
	struct races *r = arg;

	while (!r->over) {
		pthread_mutex_lock(&r->ring);
		if (r->attached && now_ms() >= r->deaf_until)
			answer_all(r);
		pthread_mutex_unlock(&r->ring);
		usleep(300);
	}
	return NULL;
}

static void *answer_events(void *arg)
{
	struct races *r = arg;
	struct nl_event event;

	while (!r->over) {
		if (nl_next(&r->nl, &event, 20))
			nl_reply(&r->nl, &event, 0);
	}
	return NULL;
}

void races_daemon_start(struct races *r)
{
	pthread_mutex_init(&r->ring, NULL);
	ASSERT_EQ(raw_open(&r->lun->raw, r->lun->uio), 0);
	r->map_len = r->lun->raw.map_len;
	r->attached = true;
	r->looked = now_ms();
	ASSERT_EQ(nl_start(&r->nl), 0);
	ASSERT_EQ(nl_features(&r->nl, 1), 0);
	ASSERT_EQ(pthread_create(&r->daemon, NULL, serve, r), 0);
	ASSERT_EQ(pthread_create(&r->talker, NULL, answer_events, r), 0);
}

void races_daemon_end(struct races *r)
{
	r->over = true;
	pthread_join(r->daemon, NULL);
	pthread_join(r->talker, NULL);
	nl_end(&r->nl);
}

int races_file(struct races *r)
{
	int fd = -1;

	pthread_mutex_lock(&r->ring);
	if (r->attached)
		fd = dup(r->lun->raw.fd);
	pthread_mutex_unlock(&r->ring);
	return fd;
}

void races_reopen(struct races *r, const char *recovery, int ms)
{
	struct raw raw;

	lun_set(r->lun, "attrib/recovery", recovery);
	pthread_mutex_lock(&r->ring);
	if (!r->attached) {
		pthread_mutex_unlock(&r->ring);
		return;
	}
	r->attached = false;
	raw_close(&r->lun->raw);
	pthread_mutex_unlock(&r->ring);
	sleep_ms(ms);
	/* somebody else's copy of the file may be open still */
	ASSERT(WAIT_FOR(20000, !raw_open(&raw, r->lun->uio)));
	pthread_mutex_lock(&r->ring);
	/* the ring may have been reset since it was opened */
	raw.next = raw_tail(&raw);
	raw.tail = raw.next;
	r->lun->raw = raw;
	r->attached = true;
	pthread_mutex_unlock(&r->ring);
}

void races_reset(struct races *r, const char *kind)
{
	pthread_mutex_lock(&r->ring);
	lun_set(r->lun, "action/reset_ring", kind);
	if (r->attached) {
		r->lun->raw.next = 0;
		r->lun->raw.tail = 0;
	}
	pthread_mutex_unlock(&r->ring);
}

void races_deafen(struct races *r, int ms)
{
	r->deaf_until = now_ms() + ms;
}
