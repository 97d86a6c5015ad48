/*
 * Where a variable of the target is, free of how that was found out (DWARF, the
 * operands of a marker): a small tree over the registers and the memory of the
 * place where the probe stands. Whoever uses it turns the tree into code.
 *
 * All numbers are of 64 bits and wrap. Nodes live in the arena of their maker,
 * are never changed once they are handed out, and may be shared: a tree may
 * refer to one node twice.
 */
#ifndef SPILE_TARGET_LOCATION_H
#define SPILE_TARGET_LOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

enum location_op {
	LOCATION_CONSTANT,	/* number */
	LOCATION_REGISTER,	/* the register with the DWARF number "number",
				 * all of it. Those of floats are 17 to 32 on
				 * x86-64, 64 to 95 on arm64 */
	LOCATION_STATIC,	/* the virtual address "number" in the file; the
				 * user adds the load bias */
	LOCATION_TLS,		/* the address at offset "number" in the block
				 * that the module has for the thread */
	LOCATION_ENTRY,		/* the register as it was on entry of the
				 * function; at its entry the same as REGISTER */
	LOCATION_LOAD,		/* size bytes (1, 2, 4, 8) at the address a,
				 * extended as is_signed says */

	LOCATION_ADD,		/* a + b, and so on */
	LOCATION_SUB,
	LOCATION_MUL,
	LOCATION_DIV,		/* signed; by 0 gives 0 */
	LOCATION_MOD,		/* unsigned; by 0 gives 0 */
	LOCATION_AND,
	LOCATION_OR,
	LOCATION_XOR,
	LOCATION_SHL,		/* by 64 and more: 0 */
	LOCATION_SHR,		/* logical */
	LOCATION_SRA,		/* arithmetic */
	LOCATION_NEG,		/* -a */
	LOCATION_NOT,		/* ~a */

	LOCATION_EQ,		/* 1 or 0; a and b are compared as signed */
	LOCATION_NE,
	LOCATION_LT,
	LOCATION_LE,
	LOCATION_GT,
	LOCATION_GE,
};

struct location_expr {
	enum location_op op;
	int64_t number;
	uint32_t size;
	bool is_signed;
	struct location_expr *a, *b;
};

enum location_kind {
	LOCATION_PLACE,		/* expr is the address where it lies */
	LOCATION_VALUE,		/* expr is its value, in the low bytes */
	LOCATION_PIECES,	/* pieces, the lowest address first */
	LOCATION_NONE,		/* nowhere; reason */
};

/* A part of a variable; parts follow each other without gaps. */
struct location_piece {
	enum location_kind kind;	/* PLACE, VALUE, NONE: this part is lost */
	struct location_expr *expr;
	uint32_t bit_size;		/* of the part */
	uint32_t bit_offset;		/* where it begins in expr's value, or from
					 * expr's address */
};

struct location {
	enum location_kind kind;
	struct location_expr *expr;	/* PLACE, VALUE */
	struct location_piece *pieces;	/* PIECES */
	size_t piece_count;
	const char *reason;		/* NONE: what to say after the name of the
					 * variable: "is optimised out here; it is
					 * visible at main.c:12, main.c:15" */
};

/* Whether a leaf of the tree (NULL: none) is of this kind. */
bool location_has(const struct location_expr *tree, enum location_op op);

/* Trees: nodes in the arena. Operations on constants are worked out. */
struct location_expr *location_constant(struct arena *arena, int64_t number);
struct location_expr *location_leaf(struct arena *arena, enum location_op op,
				    int64_t number);
struct location_expr *location_load(struct arena *arena,
				    struct location_expr *address, uint32_t size,
				    bool is_signed);
/* @b is NULL for NEG and NOT. */
struct location_expr *location_binary(struct arena *arena, enum location_op op,
				      struct location_expr *a,
				      struct location_expr *b);

#endif
