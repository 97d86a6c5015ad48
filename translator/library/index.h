/*
 * What the files of a tapset folder offer, noted in FOLDER.index when spile is
 * built, so that a script does not wait until all files are read: to see which
 * one has a name takes no more than this. The index says nothing about files
 * that were changed since, or came.
 *
 * A text: for each file a line "=FILE SIZE", then a line for each name, its
 * kind in front as in scan_names(): "f:pid".
 */
#ifndef SPILE_LIBRARY_INDEX_H
#define SPILE_LIBRARY_INDEX_H

#include <stddef.h>

struct arena;
struct buf;
struct library_index;

/* NULL when there is none, or none that can be used. */
struct library_index *index_read(struct arena *arena, const char *folder);

/* The names of a file at @path, that is @below the folder, each ending in NUL,
 * an empty one behind the last; or NULL if nothing is known of it as it is. */
const char *index_names(const struct library_index *index, const char *below,
			const char *path);

/* Appends the index of a folder and those below it. 0, or -1 and errno. */
int index_make(struct arena *arena, const char *folder, struct buf *out);

#endif
