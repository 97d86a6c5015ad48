/*
 * The shared page and the ring buffer (rt.h), which the backend defines in
 * every program, and the few helpers that everybody needs with them.
 */
#ifndef SPILE_BPF_MAPS_H
#define SPILE_BPF_MAPS_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/rt.h"
#include "runtime/common/wire.h"

#define RT_INLINE static inline __attribute__((always_inline))
/* External, so that the backend finds it by name; gone after inlining. */
#define RT_PRIM __attribute__((always_inline))
/* Verified by the kernel by itself. */
#define RT_GLOBAL __attribute__((noinline))

/* A text was cut at MAXSTRINGLEN. */
RT_INLINE void rt_count_truncated(void)
{
	__sync_fetch_and_add(&spile_shared.truncated, 1);
}

#endif
