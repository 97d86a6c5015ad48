/*
 * "$x$" and "$x$$": how a value of the target is written out.
 *
 * The result is one printf format and the leaves that it takes, in order; the
 * lowering turns each leaf into a load and the whole into a sprintf:
 *
 *	{.id=%d, .name=\"%#s\", .at={...}, .next=%p}
 *
 * One '$' shows the members of a struct, "$$" one level more. Deeper structs
 * are {...}, arrays [...]. Text pointers and, with "$$", char arrays are "...",
 * a char is itself, other pointers and functions 0x..., enums numbers, unnamed
 * members as if they stood in the struct around them.
 */
#ifndef SPILE_TARGET_PRETTY_H
#define SPILE_TARGET_PRETTY_H

#include <stddef.h>

#include "translator/base/vec.h"
#include "translator/target/access.h"

struct arena;

enum {
	PRETTY_ELEMENTS = 8,	/* of an array, then "..." */
};

enum pretty_kind {
	PRETTY_NUMBER,	/* %d, %u, %p or %#c in the format */
	PRETTY_STRING,	/* the result of the plan is a char pointer: the text
			 * there, to its NUL; %s */
	PRETTY_CHARS,	/* the result is the address of size chars: the text
			 * there, to its NUL or size; %s */
	PRETTY_FLOAT,	/* raw bits of a float of 4 or 8 bytes; its text; %s */
};

struct pretty_leaf {
	enum pretty_kind kind;
	struct access_plan *plan;	/* from the base given to pretty_plan() */
	size_t size;			/* CHARS, FLOAT */
};

struct pretty_plan {
	const char *format;	/* printf format in the language's own form */
	VEC(struct pretty_leaf) leaves;
};

/*
 * The plan for the result of @access (which the caller keeps), written to
 * @depth levels: 1 for '$', 2 for "$$". What cannot be seen in @text_limit
 * characters any more is left out. Never fails: what has no known type prints
 * as a number.
 */
struct pretty_plan *pretty_plan(struct arena *arena,
				const struct access_plan *access, int depth,
				size_t text_limit);

#endif
