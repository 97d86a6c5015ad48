/*
 * Events of tracefs for return probes: the only kind that can be told how many
 * calls may be under way, and that says on every kernel how many it missed.
 *
 * They are named by the process, "spile_PID/return_N_PID", and do nothing unless
 * somebody has them open. Should the process be killed, its links go with it, and
 * the next session removes the names.
 */
#ifndef SPILE_BPF_TRACE_EVENT_H
#define SPILE_BPF_TRACE_EVENT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct trace_event {
	size_t number;		/* of the probe */
	const char *symbol;	/* "name" or "module:name" */
	uint64_t offset;	/* from it, where the function begins */
	long long returns_at_once;
};

/* A file of tracefs to be read, or NULL. */
FILE *trace_event_file(const char *name);

/* Makes the event; a perf event on it, or -1 and errno. */
int trace_event_open(const struct trace_event *event);
/* What the events of this process missed so far. */
uint64_t trace_event_missed(void);
void trace_event_remove(size_t number);
/* Those of sessions that were killed. */
void trace_event_remove_left_over(void);

#endif
