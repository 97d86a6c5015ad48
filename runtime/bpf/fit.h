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

#endif
