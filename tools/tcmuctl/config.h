/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a new device is called, and what its daemon is told to serve.
 */
#ifndef CONFIG_H
#define CONFIG_H

#include "world.h"

#include <stddef.h>
#include <stdint.h>

#define CONFIG_SIZE 256		/* of a dev_config, with its end */

/*
 * Those that return an int return 0, or an exit status after an error message.
 */

/*
 * "HANDLER/CONFIG". What does not get through configfs and targetcli becomes %XX
 * for tcmud's handlers, and is refused for others.
 */
int config_join(char text[CONFIG_SIZE], const char *handler,
		const char *config);

/* tcmud has a handler or a filter of this name */
bool config_is_tcmud(const char *handler);

/* A name that a directory may have, and that DEV can say */
int config_check_name(const char *name);

/* One that no device in @world has yet, made of what is served */
void config_name(char name[NAME_SIZE], const struct world *world,
		 const char *handler, const char *config);

/* backfile.c: what the handler 'file' serves */
struct backfile {
	char config[PATH_MAX];	/* its path from the root, and options */
	char path[PATH_MAX];	/* without options and escapes */
	bool made;
};

/*
 * Make the file, sparse and of *size bytes, unless it is there. One that is there
 * must not be smaller, and is what *size becomes if that is 0.
 */
int backfile_prepare(struct backfile *file, const char *config, uint64_t *size);

/*
 * An exit status, after an error message, if one of @world stores its data there: two
 * file systems would spoil each other. Not if shared=1 is among the options.
 */
int backfile_check_unused(const struct backfile *file,
			  const struct world *world);

/* Remove it if it was made here */
void backfile_undo(const struct backfile *file);

#endif /* CONFIG_H */
