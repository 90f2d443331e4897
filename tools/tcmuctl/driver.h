/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's modules.
 */
#ifndef DRIVER_H
#define DRIVER_H

#include <stdbool.h>

/* Load it unless it is there; 0, or EXIT_FAILURE after an error message */
int driver_ready(void);

/* This project's, not the distribution's */
bool driver_is_ours(void);

/*
 * Say what an error means that a daemon may have answered, or that came because none
 * did. @what could not be done to a device of @handler. Returns EXIT_FAILURE.
 */
int driver_error(const char *what, const char *handler, int err);

#endif /* DRIVER_H */
