/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a dev_config says.
 *
 *	STORE/PATH?OPTION=VALUE&OPTION=VALUE
 *	FILTER/OPTION=VALUE&OPTION=VALUE/CONFIG
 *
 * Any character may be written as %XX, and these have to be: '%' anywhere, '?' in
 * a path, '&' in a value, '/' in a filter's options; and what does not get through
 * configfs and targetcli: ',' ':' and blanks.
 */
#ifndef TCMUD_CONFIG_H
#define TCMUD_CONFIG_H

#include <stddef.h>

/* Filters of one disk, and the store */
#define CONFIG_MAX_PARTS 9

enum config_type {
	OPTION_BOOL = 1,	/* bool */
	OPTION_NUMBER,		/* uint64_t */
	OPTION_SIZE,		/* uint64_t, bytes; 64k, 1M, 2G, 1T */
	OPTION_TIME,		/* uint64_t, ns; 10us, 5ms, 2s */
	OPTION_RATIO,		/* double, 0 to 1 */
	OPTION_ERRNO,		/* int: EIO or 5 */
	OPTION_OPS,		/* unsigned int, of IO_BIT(): read+write */
	OPTION_SENSE,		/* uint32_t, 0xKKAAQQ: 3.11.00 */
	OPTION_TEXT,		/* char *, of malloc() */
};

/* One that a kind of layer knows; without name at the end of a list */
struct config_option {
	const char *name;
	enum config_type type;
	size_t offset;		/* in the layer's priv */
	const char *help;
};

/* A part of a dev_config; the texts are within it */
struct config_part {
	const char *name;
	size_t name_len;
	const char *path;	/* a store's */
	size_t path_len;
	const char *options;
	size_t options_len;
};

struct layer_ops;

/* Which kind of layer a name is; so that tests have their own */
typedef const struct layer_ops *(*config_kinds)(const char *name, size_t len);

/**
 * config_split - cut a dev_config into its parts
 * @config: the whole of it
 * @kinds: who knows names
 * @parts: outermost first; the last one is a store
 * @why: a message for the user, of @size bytes
 *
 * Return: how many parts, or a negative errno.
 */
int config_split(const char *config, config_kinds kinds,
		 struct config_part parts[CONFIG_MAX_PARTS], char *why,
		 size_t size);

/**
 * config_options - parse options, and those of tcmud.conf that are not among them
 * @part: which ones
 * @known: what the kind of layer knows
 * @priv: where values go; what is not said is left alone
 * @why: a message for the user, of @size bytes
 *
 * Return: 0 or a negative errno. Texts in @priv are to be freed in any case, by
 * config_free_options().
 */
int config_options(const struct config_part *part, const struct config_option *known,
		   void *priv, char *why, size_t size);
void config_free_options(const struct config_option *known, void *priv);

/**
 * config_unescape - a copy of @text without its escapes
 * @text: of @len bytes
 *
 * Return: to be freed; NULL if there is a bad escape, %00 among them, or no memory.
 */
char *config_unescape(const char *text, size_t len);

#endif /* TCMUD_CONFIG_H */
