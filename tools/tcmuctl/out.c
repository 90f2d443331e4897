// SPDX-License-Identifier: GPL-2.0-only
/*
 * What commands print: tables, and JSON.
 */
#include "out.h"

#include "size.h"
#include "tcmuctl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 24

/* Also from ends of UTF-8 sequences; a terminal's commands are below 0x20 and 0x7f */
void out_safe(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

const char *out_member(json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

/* ---- cells ------------------------------------------------------------------- */

static void dash(char text[OUT_TEXT])
{
	strcpy(text, "-");
}

static void plain(json_object *value, char text[OUT_TEXT])
{
	const char *from = value ? json_object_get_string(value) : NULL;

	if (!from || !*from)
		dash(text);
	else
		snprintf(text, OUT_TEXT, "%s", from);
}

void out_bytes(json_object *value, char text[OUT_TEXT])
{
	if (value)
		size_text(text, json_object_get_double(value));
	else
		dash(text);
}

void out_time(json_object *value, char text[OUT_TEXT])
{
	if (value)
		size_time(text, json_object_get_double(value));
	else
		dash(text);
}

void out_count(json_object *value, char text[OUT_TEXT])
{
	if (value)
		size_count(text, json_object_get_double(value));
	else
		dash(text);
}

void out_words(json_object *value, char text[OUT_TEXT])
{
	size_t i, len = 0, nr = value ? json_object_array_length(value) : 0;
	json_object *word;

	text[0] = 0;
	for (i = 0; i < nr && len < OUT_TEXT; i++) {
		word = json_object_array_get_idx(value, i);
		len += snprintf(text + len, OUT_TEXT - len, "%s%s",
				i ? " " : "", json_object_get_string(word));
	}
	if (!nr)
		dash(text);
}

/* ---- tables ------------------------------------------------------------------ */

static void cell(json_object *row, const struct column *column,
		 char text[OUT_TEXT])
{
	json_object *value = row;

	if (column->key)
		value = json_object_object_get(row, column->key);
	if (column->cell)
		column->cell(value, text);
	else
		plain(value, text);
	out_safe(text);
}

/* Characters, not bytes: those of UTF-8 that go on are not counted */
static int width(const char *text)
{
	int nr = 0;

	for (; *text; text++)
		nr += (*text & 0xc0) != 0x80;
	return nr;
}

static void pad(int nr)
{
	printf("%*s", nr > 0 ? nr : 0, "");
}

static void print_cell(const struct column *column, const char *text, int wide)
{
	if (column->right)
		pad(wide - width(text));
	printf("%s", text);
	if (!column[1].title)
		return;
	if (!column->right)
		pad(wide - width(text));
	printf("  ");
}

static void measure(json_object *rows, const struct column *columns, int *wide)
{
	size_t i, nr = json_object_array_length(rows);
	char text[OUT_TEXT];
	int k, len;

	for (k = 0; columns[k].title && k < COLUMNS_MAX; k++) {
		wide[k] = width(columns[k].title);
		for (i = 0; i < nr; i++) {
			cell(json_object_array_get_idx(rows, i), &columns[k],
			     text);
			len = width(text);
			wide[k] = len > wide[k] ? len : wide[k];
		}
	}
}

void out_rows(json_object *rows, const struct column *columns, bool titles)
{
	size_t i, nr = json_object_array_length(rows);
	char text[OUT_TEXT];
	int wide[COLUMNS_MAX];
	int k;

	measure(rows, columns, wide);
	for (k = 0; titles && columns[k].title && k < COLUMNS_MAX; k++)
		print_cell(&columns[k], columns[k].title, wide[k]);
	if (titles)
		printf("\n");
	for (i = 0; i < nr; i++) {
		for (k = 0; columns[k].title && k < COLUMNS_MAX; k++) {
			cell(json_object_array_get_idx(rows, i), &columns[k],
			     text);
			print_cell(&columns[k], text, wide[k]);
		}
		printf("\n");
	}
}

void out_table(json_object *rows, const struct column *columns)
{
	if (global.json) {
		out_json(rows, false);
		return;
	}
	if (json_object_array_length(rows))
		out_rows(rows, columns, true);
	json_object_put(rows);
}

void out_json(json_object *value, bool line)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	flags |= line ? JSON_C_TO_STRING_PLAIN :
		 JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;
	printf("%s\n", json_object_to_json_string_ext(value, flags));
	fflush(stdout);
	json_object_put(value);
}

/* ---- members ----------------------------------------------------------------- */

void out_put(json_object *object, const char *key, json_object *value)
{
	json_object_object_add(object, key, value);
}

/* How many bytes the character that @at begins with has; 0 if it is no UTF-8 */
static size_t utf8_len(const unsigned char *at)
{
	size_t len, i;

	if (*at < 0x80)
		return 1;
	if (*at < 0xc2 || *at > 0xf4)
		return 0;
	len = *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
	for (i = 1; i < len; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

/* Names of files may be any bytes, JSON not */
void out_put_text(json_object *object, const char *key, const char *text)
{
	char *copy, *at;
	size_t len;

	if (!text || !*text) {
		out_put(object, key, NULL);
		return;
	}
	copy = say_copy(text);
	for (at = copy; *at; at += len ?: 1) {
		len = utf8_len((unsigned char *)at);
		if (!len)
			*at = '?';
	}
	out_put(object, key, json_object_new_string(copy));
	free(copy);
}

void out_put_number(json_object *object, const char *key, uint64_t number)
{
	out_put(object, key, json_object_new_uint64(number));
}

/* Three digits are enough for all that is no whole number here */
void out_put_double(json_object *object, const char *key, double number)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", isfinite(number) ? number : 0);
	out_put(object, key, json_object_new_double_s(atof(text), text));
}

void out_put_bool(json_object *object, const char *key, bool is)
{
	out_put(object, key, json_object_new_boolean(is));
}
