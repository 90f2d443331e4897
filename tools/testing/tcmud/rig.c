// SPDX-License-Identifier: GPL-2.0-only
/*
 * A disk without a device: see rig.h.
 */
#include "rig.h"

#include "clock.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rig rig = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.cond = PTHREAD_COND_INITIALIZER,
};

static char dir[64];

static void ended(void *priv, int result, uint32_t sense)
{
	struct rig_call *call = priv;

	if (rig.on_end)
		rig.on_end(call);
	pthread_mutex_lock(&rig.lock);
	call->result = result;
	call->sense = sense;
	call->ns = clock_now() - call->begin;
	call->ended = true;
	pthread_cond_broadcast(&rig.cond);
	pthread_mutex_unlock(&rig.lock);
}

static void log_text(void *owner, int level, const char *message)
{
	size_t used;

	pthread_mutex_lock(&rig.lock);
	used = strlen(rig.said);
	snprintf(rig.said + used, sizeof(rig.said) - used, "%s\n", message);
	pthread_mutex_unlock(&rig.lock);
}

static void resized(void *owner, uint64_t bytes)
{
}

static const struct disk_host host = {
	.ended = ended,
	.log = log_text,
	.resized = resized,
};

int rig_open(const char *config, u64 size)
{
	rig.shape = (struct disk_shape){
		.size = size,
		.block_size = rig.shape.block_size ? : 512,
		.nr_queues = 2,
	};
	rig.said[0] = 0;
	rig.on_end = NULL;
	return disk_open(&rig.disk, &host, NULL, &rig.shape, config);
}

void rig_close(void)
{
	disk_close(rig.disk);
	rig.disk = NULL;
}

void rig_start(struct rig_call *call)
{
	int ret;

	call->ask.priv = call;
	call->begin = clock_now();
	ret = disk_start(rig.disk, &call->ask);
	if (ret)
		ended(call, ret, 0);
}

bool rig_ended(struct rig_call *call)
{
	bool is;

	pthread_mutex_lock(&rig.lock);
	is = call->ended;
	pthread_mutex_unlock(&rig.lock);
	return is;
}

void rig_wait(struct rig_call *call)
{
	pthread_mutex_lock(&rig.lock);
	while (!call->ended)
		pthread_cond_wait(&rig.cond, &rig.lock);
	pthread_mutex_unlock(&rig.lock);
}

int rig_do(enum io_op op, u64 off, u64 len, void *buf)
{
	struct rig_call call = {
		.ask = { .op = op, .off = off, .len = len },
		.iov = { { buf, len } },
	};

	if (buf) {
		call.ask.iov = call.iov;
		call.ask.cnt = 1;
	}
	rig_start(&call);
	disk_submit(rig.disk, 0);
	rig_wait(&call);
	return call.result;
}

bool rig_has_said(const char *text)
{
	bool has;

	pthread_mutex_lock(&rig.lock);
	has = strstr(rig.said, text);
	pthread_mutex_unlock(&rig.lock);
	return has;
}

void rig_fill(void *buf, u64 len, u32 seed)
{
	u64 state = seed + 1, i;

	for (i = 0; i < len; i++)
		((u8 *)buf)[i] = unit_random(&state);
}

bool rig_is_zero(const void *buf, u64 len)
{
	const u8 *bytes = buf;

	while (len && !bytes[len - 1])
		len--;
	return !len;
}

static void remove_dir(void)
{
	char text[128];

	snprintf(text, sizeof(text), "rm -rf %s", dir);
	if (system(text))
		fprintf(stderr, "%s is left\n", dir);
}

const char *rig_path(const char *name)
{
	char *path = unit_alloc(128);

	if (!dir[0]) {
		strcpy(dir, "/var/tmp/tcmud-test-XXXXXX");
		if (!mkdtemp(dir))
			abort();
		atexit(remove_dir);
	}
	snprintf(path, 128, "%s/%s", dir, name);
	unlink(path);
	return path;
}

const char *rig_config(const char *format, ...)
{
	static char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return text;
}
