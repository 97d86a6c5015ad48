/*
 * Reading members of kernel structs whose offsets the runner finds (rows of
 * offsets.def).
 */
#ifndef SPILE_BPF_OFFSETS_H
#define SPILE_BPF_OFFSETS_H

#include <linux/types.h>

/* 24 bytes each (manifest.h, struct manifest_reloc), behind those of the
 * script. */
extern const volatile __u64 spile_relocs[];
extern const __u32 rt_first_reloc;

enum rt_offset {
#define OFFSET(id, path) AT_##id,
#include "runtime/bpf/lib/offsets.def"
#undef OFFSET
};

#define AT(id) (spile_relocs[3 * (rt_first_reloc + AT_##id)])

/* A member that is a word; 0 when it cannot be read. */
#define READ(from, id) ({ \
	__u64 word_ = 0; \
	bpf_probe_read_kernel(&word_, sizeof(word_), \
			      (const char *)(from) + AT(id)); \
	word_; \
})

#endif
