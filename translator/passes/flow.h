/*
 * What the passes ask about a function's flow: which blocks follow a block,
 * which can be reached, which lie in a loop. Results live in the arena and
 * hold until the function changes.
 */
#ifndef SPILE_PASSES_FLOW_H
#define SPILE_PASSES_FLOW_H

#include <stdbool.h>

#include "translator/base/vec.h"

struct arena;
struct ir_function;
struct ir_op;
struct ir_program;

struct flow_blocks {
	VEC(int) items;
};

/* For each block the blocks that control may go to from it, faults too. */
struct flow_blocks *flow_successors(struct arena *arena,
				    const struct ir_function *function);

/* For each block whether control can come there from block 0. */
bool *flow_reachable(struct arena *arena, const struct ir_function *function);

/* For each block whether it can be entered more than once. */
bool *flow_loops(struct arena *arena, const struct ir_function *function);

/* For each variable how often it is read. */
int *flow_reads(struct arena *arena, const struct ir_function *function);

/* The flags of a primitive in intrinsics.def, or NULL. */
const char *flow_prim_flags(const char *name, size_t arg_count);

/* Whether the operation may go if nobody reads its result. */
bool flow_is_pure(const struct ir_op *op);

#endif
