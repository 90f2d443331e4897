/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What commands print: one JSON value, shown as such or as text.
 */
#ifndef OUT_H
#define OUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#define OUT_TEXT 4096

/* A cell of a table */
typedef void (*out_cell)(json_object *value, char text[OUT_TEXT]);

/**
 * struct column - of a table
 * @title: above it
 * @key: of the member of each row; NULL: the row itself is what @cell gets
 * @cell: its text; NULL: as it is, "-" for null and nothing
 * @right: aligned on the right
 */
struct column {
	const char *title;
	const char *key;
	out_cell cell;
	bool right;
};

/* Print and free an array of objects; the columns end with one without a title */
void out_table(json_object *rows, const struct column *columns);

/* Only its text, with a line of titles if @titles; @rows stays the caller's */
void out_rows(json_object *rows, const struct column *columns, bool titles);

/* Print one JSON value and free it; on one line if @line */
void out_json(json_object *value, bool line);

/* Cells: bytes, nanoseconds, and numbers that may be large; null is "-" */
void out_bytes(json_object *value, char text[OUT_TEXT]);
void out_time(json_object *value, char text[OUT_TEXT]);
void out_count(json_object *value, char text[OUT_TEXT]);
/* An array of strings, with blanks between them */
void out_words(json_object *value, char text[OUT_TEXT]);

/* Members of objects; no text and NULL are null */
void out_put(json_object *object, const char *key, json_object *value);
void out_put_text(json_object *object, const char *key, const char *text);
void out_put_number(json_object *object, const char *key, uint64_t number);
void out_put_double(json_object *object, const char *key, double number);
void out_put_bool(json_object *object, const char *key, bool is);

/* A member of an object as text, or NULL */
const char *out_member(json_object *object, const char *key);

/* Text that others wrote: what is no printable character becomes '?' */
void out_safe(char *text);

#endif /* OUT_H */
