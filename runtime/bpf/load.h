/*
 * An object in the kernel: opened, checked, fitted to this kernel and this
 * session, loaded. Nothing is pinned: all of it goes with the process. What is
 * not BPF but a kernel module is left to runtime/kmod/user.
 */
#ifndef SPILE_BPF_LOAD_H
#define SPILE_BPF_LOAD_H

#include "runtime/reader/object.h"

/*
 * Two steps, for what must be known between them (object->manifest).
 * Each: 0, or -1 with a text in *ret_error (malloc'd; may have several lines).
 * After a failure object_close() releases what there is.
 */
int object_open(struct object *object, const char *path, char **ret_error);
int object_load(struct object *object, const struct load_options *options,
		char **ret_error);
void object_close(struct object *object);

/* Gives globals the values of the command line (again). 0, or -1 with a sentence in
 * *ret_error (malloc'd). */
int object_set(struct object *object, char *const *settings, size_t count,
	       char **ret_error);

/* The value that a global, a number or a text, has now, as a text. */
bool object_global(const struct object *object,
		   const struct manifest_global *global, char *value,
		   size_t room);

#endif
