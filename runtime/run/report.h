/*
 * What a session says about itself: losses at the end, -t, --monitor.
 */
#ifndef SPILE_RUN_REPORT_H
#define SPILE_RUN_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/run/globals.h"

struct attach;
struct object;
struct records;
struct wire_shared;

/* Hits that were skipped, for whatever reason. */
uint64_t report_skipped(const struct wire_shared *shared);

/* Adds to the page what the kernel counted: programs not run because they were
 * running already on that processor. */
void report_collect_misses(const struct attach *attach,
			   struct wire_shared *shared);

/* Warnings about errors, skipped hits, lost output and cut texts. */
void report_losses(struct records *records, const struct attach *attach,
		   const struct wire_shared *shared);

/* Before the probes are attached: has their hits counted and timed. A descriptor
 * that keeps the kernel at it, or -1. */
int report_begin(const struct object *object);

/* A table of the probes' hits and times on standard error. */
void report_timing(const struct attach *attach);
/* The probes of the table: as in the script, or the largest first. */
enum report_order {
	REPORT_SCRIPT, REPORT_HITS, REPORT_TIME, REPORT_AVERAGE, REPORT_MOST,
	REPORT_ORDERS
};

/* What --monitor shows. */
struct report_view {
	enum report_order order;
	enum globals_view globals;
	size_t first;		/* row of the table */
	size_t rows;		/* that fit on the terminal; 0: all. As found */
	double seconds;		/* since the session began */
	bool is_paused;
};

/* One line of state, the globals, the table. */
void report_monitor(const struct attach *attach, const struct records *records,
		    struct report_view *view);

#endif
