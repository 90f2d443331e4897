/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * org.kernel.TCMUService1 on the system bus: by it targetcli finds handlers, and asks
 * whether a config is one.
 */
#ifndef TCMUD_BUS_H
#define TCMUD_BUS_H

#include <stddef.h>

/**
 * bus_start - have the name, and a thread that answers
 * @why: why not, of @size bytes
 *
 * After serve_register().
 *
 * Return: 0; -EEXIST if another daemon has the name; another negative errno.
 */
int bus_start(char *why, size_t size);

/* Give the name back. Harmless without bus_start(). */
void bus_stop(void);

#endif /* TCMUD_BUS_H */
