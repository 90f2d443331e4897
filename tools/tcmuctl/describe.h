/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device, as JSON.
 */
#ifndef DESCRIBE_H
#define DESCRIBE_H

#include "world.h"

#include <json-c/json.h>

/* What 'list' shows of it */
struct json_object *describe(const struct world *world, const struct dev *dev);

/* What 'show' shows beyond that: files of attrib, counters and latencies */
void describe_more(json_object *object, const struct world *world,
		   const struct dev *dev);

#endif /* DESCRIBE_H */
