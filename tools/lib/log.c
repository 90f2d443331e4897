// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What the library has to say, one line at a time.
 */
#include "context.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES 1024

/* Names and configs are other people's text: a line stays one, and harmless */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

static void write_line(struct tcmuser *ctx, enum tcmuser_level level, char *line)
{
	make_printable(line);
	pthread_mutex_lock(&ctx->log.lock);
	if (ctx->log.fn)
		ctx->log.fn(ctx->log.priv, level, line);
	else
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
	pthread_mutex_unlock(&ctx->log.lock);
}

static void write_message(struct tcmuser *ctx, enum tcmuser_level level,
			  const struct tcmuser_dev *dev, const char *format,
			  va_list args)
{
	char line[LINE_MAX_BYTES];
	int saved = errno, len = 0;

	if (level > __atomic_load_n(&ctx->log.level, __ATOMIC_RELAXED))
		return;
	if (dev)
		len = snprintf(line, sizeof(line), "%s: ", dev->name);
	if (len < 0 || (size_t)len >= sizeof(line))
		len = 0;
	vsnprintf(line + len, sizeof(line) - len, format, args);
	write_line(ctx, level, line);
	errno = saved;
}

void tcmuser_log(struct tcmuser *ctx, enum tcmuser_level level,
		 const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_message(ctx, level, NULL, format, args);
	va_end(args);
}

void tcmuser_dev_log(struct tcmuser_dev *dev, enum tcmuser_level level,
		     const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_message(dev->ctx, level, dev, format, args);
	va_end(args);
}

int tcmuser_dev_error(struct tcmuser_dev *dev, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	write_message(dev->ctx, TCMUSER_ERROR, dev, format, args);
	va_end(args);
	return -EINVAL;
}

void tcmuser_set_log(struct tcmuser *ctx, tcmuser_log_fn log, void *priv,
		     enum tcmuser_level level)
{
	pthread_mutex_lock(&ctx->log.lock);
	ctx->log.fn = log;
	ctx->log.priv = priv;
	__atomic_store_n(&ctx->log.level, level, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&ctx->log.lock);
}

const char *tcmuser_version(void)
{
	return TCMU_TOOLS_VERSION;
}
