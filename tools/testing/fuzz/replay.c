// SPDX-License-Identifier: GPL-2.0-only
/*
 * A fuzz target without libFuzzer: runs each input of its corpus, a file with one
 * input a line, in hexadecimal.
 */
#include "fuzz.h"

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Returns how many bytes, which take the place of their digits */
static size_t decode(char *line)
{
	size_t nr = 0;

	while (digit(line[2 * nr]) >= 0 && digit(line[2 * nr + 1]) >= 0) {
		line[nr] = digit(line[2 * nr]) << 4 | digit(line[2 * nr + 1]);
		nr++;
	}
	return nr;
}

/* A copy of its own: what is behind it is not to be read */
static void run(const char *bytes, size_t size)
{
	uint8_t *data = malloc(size);

	if (!data)
		exit(2);
	memcpy(data, bytes, size);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(void)
{
	FILE *file = fopen(CORPUS, "r");
	char *line = NULL;
	size_t max = 0;
	int nr = 0;

	printf("1..1\n");
	while (file && getline(&line, &max, file) > 0) {
		if (*line == '#')
			continue;
		run(line, decode(line));
		nr++;
	}
	free(line);
	printf("%sok 1 - what the fuzzer found once does no harm: %d inputs\n",
	       nr ? "" : "not ", nr);
	return !nr || fclose(file) ? 1 : 0;
}
