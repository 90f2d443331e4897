// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is taken back when something that was begun cannot be finished.
 */
#include "undo.h"

#include "slow.h"
#include "tcmuctl.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct step {
	bool is_dir;
	char *path;
};

static struct step *steps;
static unsigned int nr_steps;

static void add(bool is_dir, const char *path)
{
	steps = say_alloc(steps, nr_steps + 1, sizeof(*steps));
	steps[nr_steps].is_dir = is_dir;
	steps[nr_steps].path = say_copy(path);
	nr_steps++;
}

void undo_rmdir(const char *path)
{
	add(true, path);
}

void undo_unlink(const char *path)
{
	add(false, path);
}

static void take_back(const struct step *step)
{
	static const char what[] = "taking back what was done";
	int err;

	if (step->is_dir)
		err = slow_rmdir(what, step->path);
	else
		err = slow_unlink(what, step->path, NULL, NULL);
	if (err)
		say_note("%s stays: %s", step->path, strerror(-err));
}

void undo_all(void)
{
	/* Ctrl-C has brought us here; another one ends one step */
	while (nr_steps) {
		slow_go_on();
		take_back(&steps[nr_steps - 1]);
		free(steps[--nr_steps].path);
	}
	undo_nothing();
}

void undo_nothing(void)
{
	while (nr_steps)
		free(steps[--nr_steps].path);
	free(steps);
	steps = NULL;
}
