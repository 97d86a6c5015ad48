/*
 * Adds the compiled part of the library to the object of a program: the
 * functions that it calls, what these need, their data and their types. Private
 * to this folder. What is returned lies in the arena.
 */
#ifndef SPILE_BACKENDS_BPF_LINK_H
#define SPILE_BACKENDS_BPF_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "translator/base/vec.h"

struct arena;

struct link_bytes {
	const char *bytes;
	size_t size;
};

/* A constant that the library reads and the program decides. */
struct link_constant {
	const char *name;
	unsigned size;		/* 4 or 8 bytes */
	uint64_t value;
};

struct link_constants {
	VEC(struct link_constant) rows;
};

/* NULL, or why it cannot be done. */
const char *link_library(struct arena *arena, struct link_bytes program,
			 struct link_bytes library,
			 const struct link_constants *constants,
			 struct link_bytes *ret);

/* The same with another half of the program, whose data lies in @program; what
 * both have not is still missing then. */
const char *link_halves(struct arena *arena, struct link_bytes program,
			struct link_bytes other, struct link_bytes *ret);

/* ---- depth.c ---- */

/* A program whose chain of calls the kernel may find too deep. */
struct link_depth {
	const char *name;
	bool frames;		/* calls of calls are too many */
};

struct link_depths {
	VEC(struct link_depth) rows;
};

void link_depths(struct arena *arena, struct link_bytes object,
		 struct link_depths *ret);

/* ---- types.c ---- */

/* Code of the library that goes on somewhere else in the program's .text. */
struct link_move {
	size_t from, size, to;
};

struct link_moves {
	VEC(struct link_move) rows;	/* by @to */
};

/* The sections .BTF and .BTF.ext of an object. */
struct link_types {
	struct link_bytes types, places;
};

struct link_types link_merge_types(struct arena *arena,
				   const struct link_types *program,
				   const struct link_types *library,
				   const struct link_moves *moves);

#endif
