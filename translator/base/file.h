/* Files, folders and paths. */
#ifndef SPILE_BASE_FILE_H
#define SPILE_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "translator/base/vec.h"

struct arena;

/* Names in a folder, in the order of their bytes. */
struct file_names {
	VEC(const char *) names;
};

/* The whole file as NUL-terminated bytes in the arena, its size in
 * @ret_size. NULL and errno on failure (EISDIR for a folder). */
char *file_read(struct arena *arena, const char *path, size_t *ret_size);

/* Replaces @path with the bytes at once: readers see the old or the new file,
 * never a part. 0, or -1 and errno. */
int file_write(const char *path, const void *bytes, size_t size);

/* Names in @path that do not begin with a dot. 0, or -1 and errno. */
int file_list(struct arena *arena, const char *path,
	      struct file_names *ret_names);

bool file_exists(const char *path);
bool file_is_folder(const char *path);

/* Creates the folder and its parents. 0, or -1 and errno. */
int file_make_folder(const char *path);

/* Removes a file or a whole folder; what is missing is no error. */
int file_remove(const char *path);

/* The part of @path after its last slash. */
const char *file_base(const char *path);

/* The folder that holds the running program, in the arena; NULL if unknown. */
const char *file_program_folder(struct arena *arena);

#endif
