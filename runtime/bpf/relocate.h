/* Offsets that depend on the kernel: see struct manifest_reloc. */
#ifndef SPILE_BPF_RELOCATE_H
#define SPILE_BPF_RELOCATE_H

struct bpf_object;
struct manifest;

/* Fills them into the read-only data of an object that is not loaded yet.
 * 0, or -1 with a sentence in *ret_error (malloc'd). */
int relocate(struct bpf_object *object, const struct manifest *manifest,
	     char **ret_error);

/* The same for a module, by its open device. */
int relocate_module(int device, const struct manifest *manifest,
		    char **ret_error);

#endif
