// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a dev_config says: see config.h.
 */
#include "config.h"

#include "conf.h"
#include "layer.h"
#include "value.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int check_fail(char *why, size_t size, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(why, size, format, args);
	va_end(args);
	return -error;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%XX" stands for, or 0 */
static int escaped(const char *text, size_t len)
{
	if (len < 3 || hex(text[1]) < 0 || hex(text[2]) < 0)
		return 0;
	return hex(text[1]) << 4 | hex(text[2]);
}

char *config_unescape(const char *text, size_t len)
{
	char *copy = malloc(len + 1), *to = copy;
	size_t i;

	for (i = 0; copy && i < len; i++) {
		*to = text[i];
		if (text[i] == '%') {
			*to = escaped(text + i, len - i);
			i += 2;
			if (!*to) {
				free(copy);
				return NULL;
			}
		}
		to++;
	}
	if (copy)
		*to = 0;
	return copy;
}

/* Offers what there is */
static int no_such_kind(const struct config_part *part, char *why, size_t size)
{
	const struct layer_ops *const *kind;
	char names[256] = "";
	size_t used = 0;

	for (kind = layer_kinds; *kind && used < sizeof(names); kind++)
		used += snprintf(names + used, sizeof(names) - used, " %s",
				 (*kind)->name);
	return check_fail(why, size, EINVAL, "no handler '%.*s'; there are:%s",
			  (int)part->name_len, part->name, names);
}

/* Returns where the next part begins, or NULL */
static const char *split_filter(struct config_part *part, const char *rest)
{
	part->options = rest;
	part->options_len = strcspn(rest, "/");
	rest += part->options_len;
	return *rest ? rest + 1 : NULL;
}

static void split_store(struct config_part *part, const char *rest)
{
	part->path = rest;
	part->path_len = strcspn(rest, "?");
	rest += part->path_len;
	if (*rest)
		rest++;
	part->options = rest;
	part->options_len = strlen(rest);
}

int config_split(const char *config, config_kinds kinds,
		 struct config_part parts[CONFIG_MAX_PARTS], char *why,
		 size_t size)
{
	const struct layer_ops *kind;
	struct config_part *part;
	int n;

	for (n = 0; n < CONFIG_MAX_PARTS; n++) {
		part = &parts[n];
		memset(part, 0, sizeof(*part));
		part->name = config;
		part->name_len = strcspn(config, "/");
		kind = kinds(part->name, part->name_len);
		if (!kind)
			return no_such_kind(part, why, size);
		config += part->name_len;
		if (*config)
			config++;
		if (!kind->filter) {
			split_store(part, config);
			return n + 1;
		}
		config = split_filter(part, config);
		if (!config)
			return check_fail(why, size, EINVAL,
					  "%s is a filter: say %s", kind->name,
					  kind->usage);
	}
	return check_fail(why, size, EINVAL, "more than %d filters",
			  CONFIG_MAX_PARTS - 1);
}

/* ---- options ------------------------------------------------------------ */

static bool set_text(char **value, const char *text)
{
	free(*value);
	*value = strdup(text);
	return *value;
}

static bool set_value(const struct config_option *option, void *priv, const char *text)
{
	void *at = (char *)priv + option->offset;

	switch (option->type) {
	case OPTION_BOOL:
		return value_bool(text, at);
	case OPTION_NUMBER:
		return value_number(text, at);
	case OPTION_SIZE:
		return value_size(text, at);
	case OPTION_TIME:
		return value_time(text, at);
	case OPTION_RATIO:
		return value_ratio(text, at);
	case OPTION_ERRNO:
		return value_errno(text, at);
	case OPTION_OPS:
		return value_ops(text, at);
	case OPTION_SENSE:
		return value_sense(text, at);
	case OPTION_TEXT:
		return set_text(at, text);
	}
	return false;
}

static const char *expected(enum config_type type)
{
	switch (type) {
	case OPTION_BOOL:
		return "0 or 1";
	case OPTION_NUMBER:
		return "a number";
	case OPTION_SIZE:
		return "bytes, such as 65536, 64k, 1M";
	case OPTION_TIME:
		return "a time with its unit, such as 10us, 5ms, 2s";
	case OPTION_RATIO:
		return "a number from 0 to 1";
	case OPTION_ERRNO:
		return "an error's name, such as EIO";
	case OPTION_OPS:
		return "of read, write, flush, discard, zero with '+' between";
	case OPTION_SENSE:
		return "KEY.ASC.ASCQ, such as 3.11.00";
	case OPTION_TEXT:
		break;
	}
	return "a text";
}

static int parse_value(const struct config_option *option, void *priv, const char *text,
		       char *why, size_t size)
{
	if (set_value(option, priv, text))
		return 0;
	return check_fail(why, size, EINVAL, "%s=%s: it should be %s",
			  option->name, text, expected(option->type));
}

static int no_such_option(const struct config_part *part,
			  const struct config_option *known, const char *name,
			  size_t len, char *why, size_t size)
{
	char names[256] = "";
	size_t used = 0;

	for (; known && known->name && used < sizeof(names); known++)
		used += snprintf(names + used, sizeof(names) - used, " %s",
				 known->name);
	return check_fail(why, size, EINVAL,
			  "%.*s has no option '%.*s'; there are:%s",
			  (int)part->name_len, part->name, (int)len, name,
			  names[0] ? names : " none");
}

/* One "name=value"; sets its bit in @said */
static int parse_option(const struct config_part *part,
			const struct config_option *known, const char *text, size_t len,
			uint64_t *said, void *priv, char *why, size_t size)
{
	size_t name_len = strcspn(text, "=&");
	const struct config_option *option = known;
	char *value;
	int ret;

	if (name_len > len)
		name_len = len;
	while (option && option->name &&
	       (strlen(option->name) != name_len ||
		memcmp(option->name, text, name_len)))
		option++;
	if (!option || !option->name)
		return no_such_option(part, known, text, name_len, why, size);
	if (name_len == len)
		return check_fail(why, size, EINVAL, "%s has no value: %s=...",
				  option->name, option->name);
	value = config_unescape(text + name_len + 1, len - name_len - 1);
	if (!value)
		return check_fail(why, size, EINVAL, "%.*s: bad %%-escape",
				  (int)len, text);
	*said |= 1ull << (option - known);
	ret = parse_value(option, priv, value, why, size);
	free(value);
	return ret;
}

static int parse_defaults(const struct config_part *part,
			  const struct config_option *known, uint64_t said, void *priv,
			  char *why, size_t size)
{
	const struct config_option *option;
	char *value;
	int ret = 0;

	for (option = known; !ret && option && option->name; option++) {
		if (said & 1ull << (option - known))
			continue;
		value = conf_get_option(part->name, part->name_len, option->name);
		if (value)
			ret = parse_value(option, priv, value, why, size);
		free(value);
	}
	return ret;
}

int config_options(const struct config_part *part, const struct config_option *known,
		   void *priv, char *why, size_t size)
{
	const char *text = part->options, *end = text + part->options_len;
	uint64_t said = 0;
	size_t len;
	int ret = 0;

	while (!ret && text < end) {
		len = strcspn(text, "&");
		if (len > (size_t)(end - text))
			len = end - text;
		if (len)
			ret = parse_option(part, known, text, len, &said, priv,
					   why, size);
		text += len + 1;
	}
	return ret ? ret : parse_defaults(part, known, said, priv, why, size);
}

void config_free_options(const struct config_option *known, void *priv)
{
	char **text;

	for (; known && known->name; known++) {
		text = (char **)((char *)priv + known->offset);
		if (known->type == OPTION_TEXT) {
			free(*text);
			*text = NULL;
		}
	}
}
