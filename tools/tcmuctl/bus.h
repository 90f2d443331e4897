/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The daemon's D-Bus interface, org.kernel.TCMUService1.
 */
#ifndef BUS_H
#define BUS_H

#include <json-c/json.h>

/*
 * Its handlers: an array of { handler, description }. NULL if it is not there, with
 * *err set to a negative errno.
 */
struct json_object *bus_handlers(int *err);

/*
 * Why the handler would not take @config; empty if it would, or there is nobody who
 * could be asked
 */
void bus_check(const char *handler, const char *config, char *why, size_t size);

#endif /* BUS_H */
