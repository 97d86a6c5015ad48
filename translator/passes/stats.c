/*
 * Which parts of each statistic the program reads: only these are kept, and
 * what they cannot do without. A sum alone, or a histogram alone, needs no
 * count: nothing added is a sum of 0, and buckets add up to the count. An
 * element is in the array if its count is not 0.
 */
#include "translator/ir/ir.h"
#include "translator/passes/passes.h"

/* Parts that @part cannot be told without. */
static int with_needs(int part)
{
	if (part == IR_STAT_AVG)
		return part | IR_STAT_SUM | IR_STAT_COUNT;
	return part == IR_STAT_SUM ? part : part | IR_STAT_COUNT;
}

static void note_op(struct ir_program *program, const struct ir_op *op)
{
	struct ir_global *global;

	if (op->code != IR_SGET && op->code != IR_HGET &&
	    op->code != IR_HPRINT && op->code != IR_HTEXT &&
	    op->code != IR_AHAS)
		return;
	global = program->globals.items[op->args.items[0].number];
	if (op->code == IR_SGET)
		global->stat_ops |= with_needs(
			(int)op->args.items[op->args.count - 1].number);
	else if (op->code != IR_AHAS)
		global->stat_ops |= IR_STAT_HIST;
	else if (global->value == IR_VALUE_STAT)
		global->stat_ops |= IR_STAT_COUNT;
}

static void note_function(struct ir_program *program,
			  const struct ir_function *function)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			note_op(program, block->ops.items[j]);
	}
}

void pass_stats(struct ir_program *program)
{
	for (size_t i = 0; i < program->globals.count; i++) {
		struct ir_global *global = program->globals.items[i];

		if (global->value == IR_VALUE_STAT)
			global->stat_ops = 0;
	}
	for (size_t i = 0; i < program->functions.count; i++)
		note_function(program, program->functions.items[i]);
	for (size_t i = 0; i < program->iters.count; i++) {
		const struct ir_iter *iter = &program->iters.items[i];

		if (iter->sort == IR_SORT_STAT)
			program->globals.items[iter->global]->stat_ops |=
				with_needs(iter->sort_stat);
	}
}
