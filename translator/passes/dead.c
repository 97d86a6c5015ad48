/*
 * What nobody needs: operations whose result is not read and that have no
 * effect, variables, functions that no probe reaches, formats and walks that
 * are not used. Globals stay: the session may set or print them.
 */
#include "translator/base/arena.h"
#include "translator/ir/ir.h"
#include "translator/passes/flow.h"
#include "translator/passes/passes.h"

static bool drop_ops(struct ir_block *block, const int *reads)
{
	size_t kept = 0, count = block->ops.count;

	for (size_t i = 0; i < count; i++) {
		struct ir_op *op = block->ops.items[i];

		if (op->result < 0 || reads[op->result] || !flow_is_pure(op))
			block->ops.items[kept++] = op;
	}
	block->ops.count = kept;
	return kept < count;
}

static void drop_unread(struct ir_program *program,
			struct ir_function *function)
{
	bool changed = true;

	while (changed) {
		int *reads = flow_reads(program->arena, function);

		changed = false;
		for (size_t i = 0; i < function->blocks.count; i++)
			changed |= drop_ops(function->blocks.items[i], reads);
	}
}

/* ---- numbers: what is used keeps its order ---- */

struct uses {
	bool *used;
	int *numbers;
	size_t count;
};

static struct uses uses_create(struct arena *arena, size_t count)
{
	return (struct uses){
		.used = arena_array(arena, bool, count),
		.numbers = arena_array(arena, int, count),
		.count = count,
	};
}

static void uses_number(struct uses *uses)
{
	int number = 0;

	for (size_t i = 0; i < uses->count; i++) {
		uses->numbers[i] = number;
		number += uses->used[i];
	}
}

static void mark_args(const struct ir_op *op, enum ir_arg_kind kind,
		      struct uses *uses)
{
	for (size_t i = 0; i < op->args.count; i++)
		if (op->args.items[i].kind == kind)
			uses->used[op->args.items[i].number] = true;
}

static void renumber_args(struct ir_op *op, enum ir_arg_kind kind,
			  const struct uses *uses)
{
	for (size_t i = 0; i < op->args.count; i++) {
		struct ir_arg *arg = &op->args.items[i];

		if (arg->kind == kind)
			arg->number = uses->numbers[arg->number];
	}
}

/* One way of going over all operations of a function. */
static void each_op(struct ir_function *function, enum ir_arg_kind kind,
		    struct uses *uses, bool renumber)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			if (renumber)
				renumber_args(block->ops.items[j], kind, uses);
			else
				mark_args(block->ops.items[j], kind, uses);
		}
	}
}

static void mark_results(const struct ir_function *function,
			 struct uses *uses)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			if (block->ops.items[j]->result >= 0)
				uses->used[block->ops.items[j]->result] = true;
	}
}

static void renumber_results(struct ir_function *function,
			     const struct uses *uses)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			struct ir_op *op = block->ops.items[j];

			if (op->result >= 0)
				op->result = uses->numbers[op->result];
		}
	}
}

static void drop_vars(struct ir_program *program,
		      struct ir_function *function)
{
	struct uses uses = uses_create(program->arena, function->vars.count);
	size_t kept = 0;

	for (int i = 0; i < function->param_count; i++)
		uses.used[i] = true;
	each_op(function, IR_ARG_VAR, &uses, false);
	mark_results(function, &uses);
	uses_number(&uses);
	each_op(function, IR_ARG_VAR, &uses, true);
	renumber_results(function, &uses);
	for (size_t i = 0; i < uses.count; i++)
		if (uses.used[i])
			function->vars.items[kept++] =
				function->vars.items[i];
	function->vars.count = kept;
}

/* ---- the program's tables ---- */

static void mark_calls(const struct ir_program *program, int number,
		       struct uses *uses)
{
	struct ir_function *function = program->functions.items[number];
	bool *seen;

	if (uses->used[number])
		return;
	uses->used[number] = true;
	seen = arena_array(program->arena, bool, uses->count);
	each_op(function, IR_ARG_FUNCTION,
		&(struct uses){ .used = seen, .count = uses->count }, false);
	for (size_t i = 0; i < uses->count; i++)
		if (seen[i])
			mark_calls(program, (int)i, uses);
}

static void renumber_all(struct ir_program *program, enum ir_arg_kind kind,
			 struct uses *uses)
{
	uses_number(uses);
	for (size_t i = 0; i < program->functions.count; i++)
		each_op(program->functions.items[i], kind, uses, true);
}

static void drop_functions(struct ir_program *program)
{
	struct uses uses = uses_create(program->arena,
				       program->functions.count);
	size_t kept = 0;

	for (size_t i = 0; i < program->probes.count; i++)
		mark_calls(program, program->probes.items[i]->function, &uses);
	renumber_all(program, IR_ARG_FUNCTION, &uses);
	for (size_t i = 0; i < program->probes.count; i++) {
		struct ir_probe *probe = program->probes.items[i];

		probe->function = uses.numbers[probe->function];
	}
	for (size_t i = 0; i < uses.count; i++)
		if (uses.used[i])
			program->functions.items[kept++] =
				program->functions.items[i];
	program->functions.count = kept;
}

static struct uses mark_all(struct ir_program *program, enum ir_arg_kind kind,
			    size_t count)
{
	struct uses uses = uses_create(program->arena, count);

	for (size_t i = 0; i < program->functions.count; i++)
		each_op(program->functions.items[i], kind, &uses, false);
	return uses;
}

static void drop_formats(struct ir_program *program)
{
	struct uses uses = mark_all(program, IR_ARG_FORMAT,
				    program->formats.count);
	size_t kept = 0;

	renumber_all(program, IR_ARG_FORMAT, &uses);
	for (size_t i = 0; i < uses.count; i++)
		if (uses.used[i])
			program->formats.items[kept++] =
				program->formats.items[i];
	program->formats.count = kept;
}

static void drop_iters(struct ir_program *program)
{
	struct uses uses = mark_all(program, IR_ARG_ITER,
				    program->iters.count);
	size_t kept = 0;

	renumber_all(program, IR_ARG_ITER, &uses);
	for (size_t i = 0; i < uses.count; i++)
		if (uses.used[i])
			program->iters.items[kept++] = program->iters.items[i];
	program->iters.count = kept;
}

void pass_dead(struct ir_program *program)
{
	drop_functions(program);
	for (size_t i = 0; i < program->functions.count; i++) {
		drop_unread(program, program->functions.items[i]);
		drop_vars(program, program->functions.items[i]);
	}
	drop_formats(program);
	drop_iters(program);
}
