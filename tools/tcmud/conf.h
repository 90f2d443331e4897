/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tcmud.conf: lines "key = value", and comments behind '#'.
 *
 *	log-level = info
 *	dbus = no
 *	refuse = yes
 *	nbd.timeout = 10s	an option of a layer, where dev_config has none
 */
#ifndef TCMUD_CONF_H
#define TCMUD_CONF_H

#include <stdbool.h>
#include <stddef.h>

/**
 * conf_load - read the file, in place of what was read before
 * @path: the file
 * @must_exist: otherwise one that is missing is an empty one
 * @why: a message for the user, of @size bytes
 *
 * Return: 0 or a negative errno, and what was read before stays.
 */
int conf_load(const char *path, bool must_exist, char *why, size_t size);

/* A copy of the value of a key, to be freed, or NULL. Any thread. */
char *conf_get(const char *key);
/* The same for "LAYER.OPTION" */
char *conf_get_option(const char *layer, size_t len, const char *option);

/* Forget all of it */
void conf_free(void);

#endif /* TCMUD_CONF_H */
