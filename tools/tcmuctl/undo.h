/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is taken back when something that was begun cannot be finished.
 */
#ifndef UNDO_H
#define UNDO_H

/* Done so far: a directory of configfs, a link there, a file */
void undo_rmdir(const char *path);
void undo_unlink(const char *path);

/* Take back all of it, the last one first. Says what it could not remove. */
void undo_all(void);

/* It is finished: nothing will be taken back */
void undo_nothing(void);

#endif /* UNDO_H */
