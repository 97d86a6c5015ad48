/*
 * An object in the kernel: opened, checked, fitted to this kernel and this
 * session, loaded. Nothing is pinned: all of it goes with the process. What is
 * not BPF but a kernel module is left to runtime/kmod/user.
 */
#ifndef SPILE_BPF_LOAD_H
#define SPILE_BPF_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/bpf/ring.h"
#include "runtime/common/manifest.h"
#include "runtime/common/wire.h"

struct bpf_object;

struct object {
	struct manifest *manifest;
	struct bpf_object *bpf;
	struct wire_shared *shared;	/* the map spile_shared itself */
	struct ring ring;
	int ring_fd;
	size_t bytes;			/* of the file */
	void *image;			/* the file; until it is loaded */
	bool is_module;			/* a kernel module: bpf is NULL */
	int device;			/* of the module, or -1 */
	char *module;			/* its name, once it is loaded */
};

struct load_options {
	const char *path;
	char *const *settings;	/* name=value */
	size_t setting_count;
	uint64_t output_size;	/* -s: bytes, or 0 for what the object says */
	pid_t target;		/* target() */
};

/*
 * Two steps, for what must be known between them (object->manifest).
 * Each: 0, or -1 with a text in *ret_error (malloc'd; may have several lines).
 * After a failure object_close() releases what there is.
 */
int object_open(struct object *object, const char *path, char **ret_error);
int object_load(struct object *object, const struct load_options *options,
		char **ret_error);
void object_close(struct object *object);

#endif
