// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is told to people on stderr, and memory for a program that may end when
 * there is none.
 */
#include "tcmuctl.h"

#include "out.h"
#include "slow.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct global global;

static void say(const char *format, va_list args)
{
	char text[2 * PATH_MAX];

	vsnprintf(text, sizeof(text), format, args);
	out_safe(text);
	slow_quiet();
	fflush(stdout);
	fprintf(stderr, "tcmuctl: %s\n", text);
}

/* Return: EXIT_FAILURE, for those who end with it */
int say_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return EXIT_FAILURE;
}

/* The same for what should have been called otherwise */
int say_usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
	return EXIT_USAGE;
}

void say_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say(format, args);
	va_end(args);
}

/* As reallocarray(3), which clears nothing, but for new memory */
void *say_alloc(void *old, size_t nr, size_t size)
{
	void *mem = old ? reallocarray(old, nr, size) : calloc(nr, size);

	if (!mem && nr && size)
		exit(say_error("%s", strerror(ENOMEM)));
	return mem;
}

char *say_copy(const char *text)
{
	size_t len = strlen(text) + 1;

	return memcpy(say_alloc(NULL, len, 1), text, len);
}
