/*
 * Maps that the library uses and every generated program defines (section
 * ".maps", these names): the backend writes the definitions, linking resolves
 * the references here. Also the few helpers that everybody needs with them.
 */
#ifndef SPILE_BPF_MAPS_H
#define SPILE_BPF_MAPS_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/common/wire.h"

struct rt_map;

/* ARRAY, 1 entry, BPF_F_MMAPABLE, value struct wire_shared. */
extern struct rt_map spile_shared;
/* RINGBUF. */
extern struct rt_map spile_output;

#define RT_INLINE static inline __attribute__((always_inline))
/* External, so that the backend finds it by name; gone after inlining. */
#define RT_PRIM __attribute__((always_inline))
/* Verified by the kernel by itself. */
#define RT_GLOBAL __attribute__((noinline))

RT_INLINE struct wire_shared *rt_shared(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&spile_shared, &zero);
}

/* A record found no room. */
RT_INLINE void rt_count_lost(void)
{
	struct wire_shared *shared = rt_shared();

	if (shared)
		__sync_fetch_and_add(&shared->lost, 1);
}

/* A text was cut at MAXSTRINGLEN. */
RT_INLINE void rt_count_truncated(void)
{
	struct wire_shared *shared = rt_shared();

	if (shared)
		__sync_fetch_and_add(&shared->truncated, 1);
}

#endif
