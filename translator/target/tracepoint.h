/*
 * Tracepoints of the target: which there are, and in which system.
 *
 * Names come from BTF (what can be attached to), systems from tracefs. Where
 * tracefs is not mounted and we are root it is mounted at its own place; where
 * that fails systems are unknown (NULL). Without BTF the events of tracefs
 * count as the tracepoints. Everything is in the arena that was given.
 */
#ifndef SPILE_TARGET_TRACEPOINT_H
#define SPILE_TARGET_TRACEPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "translator/base/vec.h"

struct arena;
struct btf_types;
struct tracepoints;

struct tracepoint {
	const char *system;	/* NULL: unknown, or no event of its own */
	const char *name;
};

struct tracepoint_list {
	VEC(struct tracepoint) items;	/* sorted by system, then name */
};

/* One field of an event's record, from its format file. */
struct tracepoint_field {
	const char *name;
	const char *type;	/* C text, "char[16]" for arrays */
	uint32_t offset, size;
	bool is_signed;
	bool is_dynamic;	/* __data_loc: 16 bits of offset, 16 of size */
};

struct tracepoint_format {
	uint32_t id;		/* of perf_event_open */
	VEC(struct tracepoint_field) fields;	/* as the file has them; the
						 * common_ ones too */
};

/* A view of the target's tracepoints; @btf may be NULL. Reads nothing yet. */
struct tracepoints *tracepoints_open(struct arena *arena,
				     struct btf_types *btf);

/* The folder of tracefs ("/sys/kernel/tracing"), or NULL. */
const char *tracepoints_folder(struct tracepoints *tracepoints);

/* Those that match "[system:]name", wildcards in both. An unknown system
 * matches only a pattern without one, or where there is no tracefs to be seen
 * one without wildcards. An exact name costs no listing. */
void tracepoints_match(struct tracepoints *tracepoints, const char *pattern,
		       struct tracepoint_list *ret_list);

/* The record of an event. False with a reason (in the arena) if it cannot be
 * read; errno tells why. */
bool tracepoints_format(struct tracepoints *tracepoints, const char *system,
			const char *name, struct tracepoint_format *ret_format,
			const char **ret_reason);

/* The fields of the text of a format file; for tests and for the above. */
void tracepoint_format_parse(struct arena *arena, const char *text,
			     struct tracepoint_format *ret_format);

#endif
