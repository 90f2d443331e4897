// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a new device is called, and what its daemon is told to serve.
 */
#include "config.h"

#include "tcmuctl.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Layers of tcmud(8) */
static const char *const tcmud[] = {
	"file", "ram", "null", "nbd", "rbd", "delay", "error", "log",
	"readonly",
};

bool config_is_tcmud(const char *handler)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tcmud); i++)
		if (!strcmp(tcmud[i], handler))
			return true;
	return false;
}

/* Letters and digits of any alphabet, and what does no harm in a path */
static bool is_word(const char *text)
{
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) &&
		    !strchr("_-+.", *text) && !(*text & 0x80))
			return false;
	return true;
}

/*
 * ',' separates settings in control; targetcli takes ':' and blanks for the end of
 * dev_config when it saves; all else that is no character is of no use.
 */
static bool gets_through(char c)
{
	return (unsigned char)c > ' ' && c != ',' && c != ':' && c != 0x7f;
}

static int refuse(const char *handler, char c)
{
	char what[] = "a control character";

	if ((unsigned char)c >= ' ' && c != 0x7f)
		snprintf(what, sizeof(what), "'%c'", c);
	say_usage("CONFIG has %s in it, which configfs or targetcli takes amiss", what);
	return say_usage("write it as %%%02X if handler '%s' understands that",
			 (unsigned char)c, handler);
}

int config_join(char text[CONFIG_SIZE], const char *handler, const char *config)
{
	/* it takes them */
	bool escapes = config_is_tcmud(handler);
	size_t len;

	if (!*handler || !is_word(handler) || strlen(handler) >= CONFIG_SIZE)
		return say_usage("'%s' is no name of a handler: see tcmuctl handlers",
				 handler);
	/* with the slash also without a config: tcmu-runner and targetcli want it */
	len = snprintf(text, CONFIG_SIZE, "%s/", handler);
	for (; *config && len < CONFIG_SIZE; config++) {
		if (gets_through(*config))
			len += snprintf(text + len, CONFIG_SIZE - len, "%c",
					*config);
		else if (escapes)
			len += snprintf(text + len, CONFIG_SIZE - len, "%%%02X",
					(unsigned char)*config);
		else
			return refuse(handler, *config);
	}
	if (len >= CONFIG_SIZE)
		return say_usage("CONFIG is too long: with the handler it may have %d bytes",
				 CONFIG_SIZE - 1);
	return 0;
}

int config_check_name(const char *name)
{
	if (!is_word(name) || name[0] == '.')
		return say_usage("--name: '%s' has more in it than letters, digits and _-+.",
				 name);
	if (strlen(name) > 100)
		return say_usage("--name: more than 100 bytes");
	return 0;
}

static bool is_taken(const struct world *world, const char *name)
{
	unsigned int i;

	for (i = 0; i < world->nr_devs; i++)
		if (!strcmp(world->devs[i].name, name))
			return true;
	return false;
}

/* The last part of a path, up to its options */
static void base(char name[NAME_SIZE], const char *config)
{
	size_t len = strcspn(config, "?"), begin, i;

	while (len && config[len - 1] == '/')
		len--;
	for (begin = len; begin && config[begin - 1] != '/'; begin--)
		;
	while (begin < len && config[begin] == '.')
		begin++;
	len -= begin;
	len = len > 64 ? 64 : len;
	memcpy(name, config + begin, len);
	name[len] = 0;
	for (i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) &&
		    !strchr("_-+.", name[i]))
			name[i] = '_';
}

void config_name(char name[NAME_SIZE], const struct world *world,
		 const char *handler, const char *config)
{
	char first[NAME_SIZE];
	unsigned int nr;

	base(first, config);
	if (!first[0])
		base(first, handler);
	strcpy(name, first);
	for (nr = 2; is_taken(world, name); nr++)
		snprintf(name, NAME_SIZE, "%.100s-%u", first, nr);
}
