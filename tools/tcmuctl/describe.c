// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device, as JSON.
 */
#include "describe.h"

#include "fs.h"
#include "out.h"
#include "stats.h"

#include <stdio.h>
#include <string.h>

static json_object *server(const struct uio *uio)
{
	json_object *object;

	if (!uio || !uio->pid)
		return NULL;
	object = json_object_new_object();
	out_put_number(object, "pid", uio->pid);
	out_put_text(object, "comm", uio->comm);
	return object;
}

static json_object *luns(const struct world *world, const struct dev *dev)
{
	json_object *array = json_object_new_array(), *object;
	const struct lun *lun = NULL;
	char node[NAME_SIZE + 8];

	while ((lun = world_lun(world, dev, lun))) {
		object = json_object_new_object();
		out_put_text(object, "lun", lun->name);
		snprintf(node, sizeof(node), "/dev/%s", lun->disk);
		out_put_text(object, "disk", lun->disk[0] ? node : NULL);
		out_put_text(object, "scsi", lun->scsi);
		json_object_array_add(array, object);
	}
	return array;
}

static void put_node(json_object *object, const struct uio *uio)
{
	char node[32];

	if (uio)
		snprintf(node, sizeof(node), "/dev/uio%u", uio->nr);
	out_put_text(object, "uio", uio ? node : NULL);
	out_put(object, "served_by", server(uio));
}

json_object *describe(const struct world *world, const struct dev *dev)
{
	json_object *object = json_object_new_object();

	out_put_text(object, "device", dev->id);
	out_put_text(object, "handler", dev->handler);
	out_put_text(object, "config", dev->config);
	out_put_number(object, "size", dev->size);
	out_put_text(object, "state", dev->state);
	put_node(object, world_uio(world, dev));
	out_put(object, "luns", luns(world, dev));
	return object;
}

/* ---- more -------------------------------------------------------------------- */

static json_object *queues(const struct world *world, const struct dev *dev)
{
	json_object *array = json_object_new_array(), *object;
	const struct uio *uio = NULL;

	while ((uio = world_next_uio(world, dev, uio))) {
		object = json_object_new_object();
		out_put_number(object, "queue", uio->queue);
		put_node(object, uio);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *attributes(const struct dev *dev)
{
	json_object *object = json_object_new_object();
	struct names names = fs_names("%s/attrib", dev->dir);
	char text[OUT_TEXT];
	unsigned int i;

	for (i = 0; i < names.nr; i++)
		if (strncmp(names.name[i], "stat_", 5) &&
		    fs_read(text, sizeof(text), "%s/attrib/%s", dev->dir,
			    names.name[i]) >= 0)
			out_put_text(object, names.name[i], text);
	fs_names_free(&names);
	return object;
}

/* "T10 VPD Unit Serial Number: SERIAL" */
static void put_serial(json_object *object, const struct dev *dev)
{
	const char *at;
	char text[512];

	fs_read(text, sizeof(text), "%s/wwn/vpd_unit_serial", dev->dir);
	at = strstr(text, ": ");
	out_put_text(object, "serial", at ? at + 2 : NULL);
}

static json_object *kinds(const uint64_t *count)
{
	json_object *object = json_object_new_object();
	int i;

	for (i = 0; i < STATS_KINDS; i++)
		out_put_number(object, stats_kinds[i], count[i]);
	return object;
}

static json_object *buckets(const struct hist *hist)
{
	json_object *array = json_object_new_array(), *object;
	unsigned int i;

	for (i = 0; i < hist->nr; i++) {
		object = json_object_new_object();
		if (hist->limit[i] == UINT64_MAX)
			out_put(object, "below_ns", NULL);
		else
			out_put_number(object, "below_ns", hist->limit[i]);
		out_put_number(object, "count", hist->count[i]);
		json_object_array_add(array, object);
	}
	return array;
}

static json_object *latency(const struct hist *hist)
{
	json_object *object = json_object_new_object();

	out_put_number(object, "count", hist_total(hist));
	out_put_double(object, "mean_ns", hist_mean(hist));
	out_put_double(object, "p50_ns", hist_percentile(hist, 50));
	out_put_double(object, "p90_ns", hist_percentile(hist, 90));
	out_put_double(object, "p99_ns", hist_percentile(hist, 99));
	out_put_double(object, "p999_ns", hist_percentile(hist, 99.9));
	out_put(object, "histogram", buckets(hist));
	return object;
}

static json_object *counters(const struct stats *stats)
{
	json_object *object = json_object_new_object();

	out_put(object, "commands", kinds(stats->cmds));
	out_put(object, "bytes", kinds(stats->bytes));
	out_put_number(object, "full", stats->full);
	out_put_number(object, "timeouts", stats->timeouts);
	out_put_number(object, "late", stats->late);
	out_put_number(object, "broken", stats->broken);
	return object;
}

static json_object *core_counters(const struct stats *stats)
{
	json_object *object = json_object_new_object();

	out_put_number(object, "commands", stats->core_cmds);
	out_put_number(object, "read_mib", stats->core_read_mib);
	out_put_number(object, "write_mib", stats->core_write_mib);
	return object;
}

static json_object *latencies(const struct stats *stats)
{
	json_object *object = json_object_new_object();
	int i;

	for (i = 0; i < STATS_KINDS; i++)
		out_put(object, stats_kinds[i], latency(&stats->latency[i]));
	return object;
}

void describe_more(json_object *object, const struct world *world,
		   const struct dev *dev)
{
	struct stats stats;

	stats_read(&stats, world, dev);
	out_put_text(object, "path", dev->dir);
	put_serial(object, dev);
	out_put(object, "queues", queues(world, dev));
	out_put(object, "inflight", stats.inflight < 0 ? NULL :
		json_object_new_int64(stats.inflight));
	out_put(object, "attributes", attributes(dev));
	out_put(object, "statistics", stats.ours ? counters(&stats) : NULL);
	out_put(object, "core_statistics", stats.has_core ?
		core_counters(&stats) : NULL);
	out_put(object, "latency", stats.ours ? latencies(&stats) : NULL);
}
