/*
 * The types of the running kernel and of its modules, as the runner needs them:
 * a few by name, and what these lead to. Reads no more than that asks for:
 * libbpf would copy and note all of them, which takes longer than all else that
 * the runner does for a small script.
 */
#ifndef SPILE_BPF_KERNEL_TYPES_H
#define SPILE_BPF_KERNEL_TYPES_H

#include <bpf/btf.h>
#include <stdint.h>

struct kernel_types;

/* Of the module, whose types go on from those of the kernel (@base, which must
 * stay open), or for NULL of the kernel. NULL when there are none. */
struct kernel_types *kernel_types_open(const char *module,
				       const struct kernel_types *base);
void kernel_types_close(struct kernel_types *types);

/* NULL for void and for ids that there are not. */
const struct btf_type *kernel_type(const struct kernel_types *types,
				   uint32_t id);

/* The id of the first type of this kind and name, or 0. Of a module only its
 * own are looked at. */
uint32_t kernel_type_named(const struct kernel_types *types, const char *name,
			   int kind);

/* The text at an offset of the types; "" when there is none. */
const char *kernel_types_text(const struct kernel_types *types,
			      uint32_t offset);

#endif
