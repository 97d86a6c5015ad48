/* Successors, reachability and loops of a function's blocks. */
#include "translator/passes/flow.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/ir/ir.h"

static void add_edge(struct arena *arena, struct flow_blocks *from, int to)
{
	for (size_t i = 0; i < from->items.count; i++)
		if (from->items.items[i] == to)
			return;
	*vec_push(arena, &from->items) = to;
}

static void add_op(struct arena *arena, struct flow_blocks *from,
		   const struct ir_op *op)
{
	if (op->fault >= 0)
		add_edge(arena, from, op->fault);
	for (size_t i = 0; i < op->args.count; i++)
		if (op->args.items[i].kind == IR_ARG_BLOCK)
			add_edge(arena, from, (int)op->args.items[i].number);
}

struct flow_blocks *flow_successors(struct arena *arena,
				    const struct ir_function *function)
{
	struct flow_blocks *next = arena_array(arena, struct flow_blocks,
					       function->blocks.count);

	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			add_op(arena, &next[i], block->ops.items[j]);
	}
	return next;
}

/* Marks what can be reached from the successors of @from. */
static void mark_from(const struct flow_blocks *next, int from, bool *marked,
		      int *stack)
{
	int depth = 0;

	stack[depth++] = from;
	while (depth) {
		const struct flow_blocks *to = &next[stack[--depth]];

		for (size_t i = 0; i < to->items.count; i++) {
			int block = to->items.items[i];

			if (marked[block])
				continue;
			marked[block] = true;
			stack[depth++] = block;
		}
	}
}

bool *flow_reachable(struct arena *arena, const struct ir_function *function)
{
	size_t count = function->blocks.count;
	bool *marked = arena_array(arena, bool, count);
	int *stack = arena_array(arena, int, count + 1);

	mark_from(flow_successors(arena, function), 0, marked, stack);
	marked[0] = true;
	return marked;
}

bool *flow_loops(struct arena *arena, const struct ir_function *function)
{
	size_t count = function->blocks.count;
	struct flow_blocks *next = flow_successors(arena, function);
	bool *loops = arena_array(arena, bool, count);
	bool *marked = arena_array(arena, bool, count);
	int *stack = arena_array(arena, int, count + 1);

	for (size_t i = 0; i < count; i++) {
		memset(marked, 0, count * sizeof(*marked));
		mark_from(next, (int)i, marked, stack);
		loops[i] = marked[i];
	}
	return loops;
}

struct prim_row {
	const char *name, *signature, *flags;
};

static const struct prim_row prims[] = {
#define PRIM(name, signature, bound, flags, doc) { #name, signature, flags },
#include "runtime/common/intrinsics.def"
#undef PRIM
};

const char *flow_prim_flags(const char *name, size_t arg_count)
{
	for (size_t i = 0; i < sizeof(prims) / sizeof(*prims); i++)
		if (!strcmp(prims[i].name, name) &&
		    strlen(prims[i].signature) == arg_count + 2)
			return prims[i].flags;
	return NULL;
}

bool flow_is_pure(const struct ir_op *op)
{
	const struct ir_op_row *row = &ir_ops[op->code];
	const char *flags;

	if (op->code == IR_PRIM) {
		flags = flow_prim_flags(op->args.items[0].text,
					op->args.count - 1);
		return flags && !strpbrk(flags, "ef");
	}
	return op->result >= 0 && !row->has_effect && !row->may_fault &&
	       !row->is_terminator;
}

int *flow_reads(struct arena *arena, const struct ir_function *function)
{
	int *reads = arena_array(arena, int, function->vars.count);

	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			for (size_t k = 0; k < op->args.count; k++)
				if (op->args.items[k].kind == IR_ARG_VAR)
					reads[op->args.items[k].number]++;
		}
	}
	return reads;
}
