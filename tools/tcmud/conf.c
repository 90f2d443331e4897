// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcmud.conf: see conf.h.
 */
#include "conf.h"

#include "layer.h"

#include <ctype.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct entry {
	struct entry *next;
	char *key;
	char *value;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;

static void free_entries(struct entry *entry)
{
	struct entry *next;

	for (; entry; entry = next) {
		next = entry->next;
		free(entry->key);
		free(entry->value);
		free(entry);
	}
}

static char *trim(char *text)
{
	char *end;

	while (isspace((unsigned char)*text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = 0;
	return text;
}

static const struct config_option *
find_option(const struct config_option *option, const char *name)
{
	for (; option && option->name; option++) {
		if (!strcmp(option->name, name))
			return option;
	}
	return NULL;
}

/* So that a slip of the pen does not go unnoticed */
static bool known_key(const char *key)
{
	const char *dot = strchr(key, '.');
	const struct layer_ops *kind;

	if (!dot)
		return !strcmp(key, "log-level") || !strcmp(key, "dbus") ||
			!strcmp(key, "refuse");
	kind = layer_kind(key, dot - key);
	return kind && find_option(kind->options, dot + 1);
}

static int add(struct entry **list, const char *key, const char *value)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	entry->next = *list;
	*list = entry;
	entry->key = strdup(key);
	entry->value = strdup(value);
	return entry->key && entry->value ? 0 : -ENOMEM;
}

/* Returns 0, or -errno with a message without place */
static int parse_line(struct entry **list, char *line, char *why, size_t size)
{
	char *value;

	line[strcspn(line, "#")] = 0;
	line = trim(line);
	if (!*line)
		return 0;
	value = strchr(line, '=');
	if (!value)
		return check_fail(why, size, EINVAL,
				  "'%s' is not 'key = value'", line);
	*value++ = 0;
	line = trim(line);
	if (!known_key(line))
		return check_fail(why, size, EINVAL,
				  "there is no setting '%s'", line);
	return add(list, line, trim(value));
}

static int parse(FILE *file, const char *path, struct entry **list, char *why,
		 size_t size)
{
	char line[512], text[256];
	unsigned int nr = 0;
	int ret;

	while (fgets(line, sizeof(line), file)) {
		nr++;
		text[0] = 0;
		ret = parse_line(list, line, text, sizeof(text));
		if (ret)
			return check_fail(why, size, -ret, "%s:%u: %s", path, nr,
					  text[0] ? text : strerror(-ret));
	}
	return ferror(file) ? check_fail(why, size, EIO, "%s cannot be read",
					 path) : 0;
}

static void replace(struct entry *list)
{
	struct entry *old;

	pthread_mutex_lock(&lock);
	old = entries;
	entries = list;
	pthread_mutex_unlock(&lock);
	free_entries(old);
}

int conf_load(const char *path, bool must_exist, char *why, size_t size)
{
	struct entry *list = NULL;
	FILE *file = fopen(path, "re");
	int ret = 0;

	if (!file && (errno != ENOENT || must_exist))
		return check_fail(why, size, errno, "%s: %s", path,
				  strerror(errno));
	if (file) {
		ret = parse(file, path, &list, why, size);
		fclose(file);
	}
	if (ret)
		free_entries(list);
	else
		replace(list);
	return ret;
}

char *conf_get(const char *key)
{
	struct entry *entry;
	char *value = NULL;

	pthread_mutex_lock(&lock);
	for (entry = entries; entry && !value; entry = entry->next) {
		if (!strcmp(entry->key, key))
			value = strdup(entry->value);
	}
	pthread_mutex_unlock(&lock);
	return value;
}

char *conf_get_option(const char *layer, size_t len, const char *option)
{
	char key[128];
	int n = snprintf(key, sizeof(key), "%.*s.%s", (int)len, layer, option);

	return n < (int)sizeof(key) ? conf_get(key) : NULL;
}

void conf_free(void)
{
	replace(NULL);
}
