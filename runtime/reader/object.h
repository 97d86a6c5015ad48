/*
 * What a session runs, once it is in the kernel: a BPF object or a module. Both
 * have the same description, shared page and output; runtime/bpf fills this in,
 * for modules with runtime/kmod/user.
 */
#ifndef SPILE_READER_OBJECT_H
#define SPILE_READER_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "runtime/common/manifest.h"
#include "runtime/common/wire.h"
#include "runtime/reader/ring.h"

struct bpf_object;
struct stacks;
struct symbols;
struct trampolines;

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
	bool user_stacks, user_names;	/* it walks, and names, programs' code */
	struct stacks *stacks;		/* runtime/bpf/stacks.h, or NULL */
	bool multi_uprobes;		/* runtime/bpf/multi.h */
	struct trampolines *trampolines;	/* runtime/bpf/trampoline.h, or NULL */
};

struct load_options {
	const char *path;
	char *const *settings;	/* name=value */
	size_t setting_count;
	uint64_t output_size;	/* -s: bytes, or 0 for what the object says */
	pid_t target;		/* target() */
	pid_t namespaces;	/* of whom, or 0: the runner's own */
	bool has_descendants;	/* it ran before, and may have started others */
	const char *command;	/* -c, or NULL */
	const char *const *objects;	/* whose functions are to be known */
	size_t object_count;
	struct symbols *symbols;	/* the reader's */
};

#endif
