/*
 * Why the kernel does not load a module, and what to do about it: from the number
 * that it gives and from what stands in the module.
 */
#ifndef SPILE_KMOD_USER_REFUSAL_H
#define SPILE_KMOD_USER_REFUSAL_H

struct object;

/* What the module tells of itself by that key (.modinfo); "" if nothing. */
const char *refusal_info(const struct object *object, const char *key);

/* -1, with a sentence in *ret_error (malloc'd). */
int refusal_explain(const struct object *object, int error, const char *name,
		    char **ret_error);

#endif
