/*
 * Functions of the kernel by its trampolines (fentry, fexit): what a kernel function
 * costs that way is a fraction of a kprobe, and no return is ever missed. A
 * probe that can has a second program for it (manifest.h: trampoline). Whether
 * the kernel can is found by trying: before loading with an empty program on the
 * same function; when attaching, with the program itself. So the program of the
 * kprobe is loaded too, and takes over where the kernel refuses.
 */
#ifndef SPILE_BPF_TRAMPOLINE_H
#define SPILE_BPF_TRAMPOLINE_H

#include <stdbool.h>

struct attach;
struct bpf_object;
struct bpf_program;
struct manifest;
struct manifest_probe;
struct probe;
struct trampolines;

/* What stands between libbpf and such programs, from before an object is opened to
 * its end; NULL without memory: then there are none. */
struct trampolines *trampolines_create(void);
void trampolines_free(struct trampolines *trampolines);

/* Before the programs are loaded: finds what those for trampolines are attached to,
 * and leaves out those that the kernel has no use for. */
void trampolines_prepare(struct trampolines *trampolines,
			 struct bpf_object *object,
			 const struct manifest *manifest);

/* After: the probe's program that is to be attached so, or NULL. */
struct bpf_program *trampoline_of(struct bpf_object *object,
				  const struct manifest_probe *about);

/* Attaches the probe that way. If the kernel refuses, no probe of the same
 * function is attached so any more: an entry and a return see the same. Those that
 * were are attached by @other; false, and the caller attaches this one so. */
bool trampoline_attach(struct attach *attach, struct probe *probe,
		       int (*other)(struct attach *, struct probe *, char **));

#endif
