/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers that people write and read.
 */
#ifndef SIZE_H
#define SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for what the functions below write */
#define SIZE_TEXT 32

/*
 * Bytes: a whole number, maybe with K, M, G, T or P, all powers of 1024, which Ki or
 * KiB stand for as well. Returns 0, -EINVAL, or -ERANGE for more than 64 bits.
 */
int size_parse(const char *text, uint64_t *bytes);

/* A whole decimal number and nothing else; the same errors */
int size_number(const char *text, uint64_t *number);

/* 1536 is "1.5K"; returns @text */
const char *size_text(char text[SIZE_TEXT], double bytes);

/* Nanoseconds: 1500 is "1.5us" */
const char *size_time(char text[SIZE_TEXT], double ns);

/* 12345 is "12.3k" */
const char *size_count(char text[SIZE_TEXT], double count);

#endif /* SIZE_H */
