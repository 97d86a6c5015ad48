/*
 * Perf events on accesses to data of the kernel: what the pairs of a probe say,
 * as a breakpoint of the processor.
 */
#ifndef SPILE_BPF_WATCH_H
#define SPILE_BPF_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct manifest_probe;
struct perf_event_attr;
struct probe;

struct watch_place {
	uint64_t address, length;
};

/* Whether the probe is on accesses to data. */
bool watch_is_meant(const struct manifest_probe *probe);
/* Where they are on this kernel, or in the process @target if they are a
 * program's; fills in the place. Each: 0, or -1 with a
 * sentence in *ret_error (malloc'd). */
int watch_find(const struct manifest_probe *probe, long long target,
	       struct watch_place *ret_place, char **ret_error);
int watch_fill(struct probe *probe, struct perf_event_attr *attr,
	       char **ret_error);

#endif
