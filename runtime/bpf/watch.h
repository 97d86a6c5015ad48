/*
 * Perf events on accesses to data of the kernel: what the pairs of a probe say,
 * as a breakpoint of the processor.
 */
#ifndef SPILE_BPF_WATCH_H
#define SPILE_BPF_WATCH_H

struct perf_event_attr;
struct probe;

/* Fills in the place. 0, or -1 with a sentence in *ret_error (malloc'd). */
int watch_fill(struct probe *probe, struct perf_event_attr *attr,
	       char **ret_error);

#endif
