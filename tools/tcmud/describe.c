// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kinds of layers, told to people and as JSON: see kinds.h.
 */
#include "kinds.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>

void kind_describe(const struct layer_ops *kind, FILE *file)
{
	const struct config_option *option = kind->options;

	fprintf(file, "%s\n%s\n", kind->desc, kind->usage);
	for (; option && option->name; option++)
		fprintf(file, "  %-12s %s\n", option->name, option->help);
}

char *kind_text(const struct layer_ops *kind)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);

	if (!file)
		return NULL;
	kind_describe(kind, file);
	if (!fclose(file))
		return text;
	free(text);
	return NULL;
}

int kinds_print(FILE *file)
{
	const struct layer_ops *const *kind;

	for (kind = layer_kinds; *kind; kind++) {
		fprintf(file, "%s%s: ", kind == layer_kinds ? "" : "\n",
			(*kind)->name);
		kind_describe(*kind, file);
	}
	return ferror(file) ? -EIO : 0;
}

/* ---- JSON --------------------------------------------------------------- */

static const char *type_name(enum config_type type)
{
	static const char *const names[] = {
		[OPTION_BOOL] = "bool",
		[OPTION_NUMBER] = "number",
		[OPTION_SIZE] = "size",
		[OPTION_TIME] = "time",
		[OPTION_RATIO] = "ratio",
		[OPTION_ERRNO] = "errno",
		[OPTION_OPS] = "ops",
		[OPTION_SENSE] = "sense",
		[OPTION_TEXT] = "text",
	};

	return names[type];
}

static void add_text(struct json_object *object, const char *key,
		     const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *options_json(const struct config_option *option)
{
	struct json_object *array = json_object_new_array(), *object;

	for (; option && option->name; option++) {
		object = json_object_new_object();
		add_text(object, "name", option->name);
		add_text(object, "type", type_name(option->type));
		add_text(object, "help", option->help);
		json_object_array_add(array, object);
	}
	return array;
}

static struct json_object *kind_json(const struct layer_ops *kind)
{
	struct json_object *object = json_object_new_object();

	add_text(object, "name", kind->name);
	add_text(object, "kind", kind->filter ? "filter" : "store");
	add_text(object, "desc", kind->desc);
	add_text(object, "usage", kind->usage);
	json_object_object_add(object, "options", options_json(kind->options));
	return object;
}

int kinds_print_json(FILE *file)
{
	struct json_object *array = json_object_new_array();
	int flags = JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE;
	const struct layer_ops *const *kind;

	for (kind = layer_kinds; *kind; kind++)
		json_object_array_add(array, kind_json(*kind));
	fprintf(file, "%s\n", json_object_to_json_string_ext(array, flags));
	json_object_put(array);
	return ferror(file) ? -EIO : 0;
}
