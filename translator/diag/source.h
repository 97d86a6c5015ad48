/*
 * Texts that are compiled, and places in them.
 *
 * A span names bytes of one source; line and column are computed only when a
 * message is printed. An origin tells how a span came to be compiled there:
 * by expansion of a macro, an alias, or because a library item was needed.
 */
#ifndef SPILE_DIAG_SOURCE_H
#define SPILE_DIAG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct source {
	const char *name;	/* as the user gave it; "<input>" for -e */
	const char *text;	/* NUL-terminated, may hold NULs inside */
	size_t size;		/* bytes, without the final NUL */
	bool library;		/* a tapset file, not the user's script */
};

enum origin_kind {
	ORIGIN_MACRO,		/* in expansion of macro NAME */
	ORIGIN_ALIAS,		/* in expansion of probe alias NAME */
	ORIGIN_CALL,		/* needed by a call of function NAME */
};

struct span {
	const struct source *source;	/* NULL: no place (command line) */
	uint32_t offset;	/* first byte */
	uint32_t length;	/* bytes, 0 for a point */
	const struct origin *origin;	/* NULL: written right here */
};

struct origin {
	enum origin_kind kind;
	const char *name;
	struct span at;		/* where it was used; its origin goes on up */
};

struct position {
	int line;	/* from 1 */
	int column;	/* from 1, in bytes */
};

/* A source over a copy of @text. */
struct source *source_create(struct arena *arena, const char *name,
			     const char *text, size_t size, bool library);

/* Where a span begins. */
struct position span_position(struct span span);

/* From the first byte of @first to the last of @last (same source). */
struct span span_join(struct span first, struct span last);

/* "file:line:column" in the arena; "<command line>" without a source. */
const char *span_text(struct arena *arena, struct span span);

#endif
