/*
 * The stack machine of DWARF's location expressions, run with trees instead of
 * numbers. It is on its maker's stack, its trees are in the arena.
 */
#ifndef SPILE_TARGET_DEBUG_MACHINE_H
#define SPILE_TARGET_DEBUG_MACHINE_H

#include "translator/target/debug-private.h"

enum {
	MACHINE_STACK = 64,
};

struct machine_item {
	struct location_expr *expr;
	unsigned int nodes;
	bool is_float;		/* known to be one: nothing can be done to it */
};

struct machine {
	struct debug *debug;
	struct arena *arena;
	Dwarf_Die *function;	/* with the frame base; may be NULL */
	uint64_t address;
	bool at_entry;		/* registers are those of the entry */
	int depth;
	const char *reason;	/* set: the expression cannot be used */

	struct machine_item stack[MACHINE_STACK];
	int height;
	bool is_value;		/* DW_OP_stack_value, or a register */
	struct {
		VEC(struct location_piece) list;
	} pieces;
};

/* Only the first reason counts. */
void machine_fail(struct machine *m, const char *reason);
void machine_push_number(struct machine *m, int64_t number);
/* Bytes that stand in the debug information: the value itself. */
void machine_push_bytes(struct machine *m, const uint8_t *bytes, size_t size);
/* The address of the frame: where the stack pointer was before the call. */
void machine_push_frame(struct machine *m);
void machine_run(struct machine *m, Dwarf_Attribute *attribute, Dwarf_Op *ops,
		 size_t count);

#endif
