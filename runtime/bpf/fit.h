/* Probes of an object that are not for this kernel or this session. */
#ifndef SPILE_BPF_FIT_H
#define SPILE_BPF_FIT_H

#include "runtime/reader/object.h"

/*
 * Leaves out, before the object is loaded, the programs of probes whose pairs
 * say so (struct manifest_probe): when, unless, descendants. They are neither
 * loaded nor attached.
 */
void fit_object(struct object *object, const struct load_options *options);

/* The same for a module, when it is loaded, and where its probes on data are.
 * 0, or -1 with a sentence in *ret_error (malloc'd). */
int fit_module(struct object *object, const struct load_options *options,
	       char **ret_error);

#endif
