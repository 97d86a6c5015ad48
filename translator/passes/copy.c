/*
 * Results that are only copied, to a variable of the script, go there at once:
 * t .= "x" is lowered as a sum and a copy, and becomes one operation that adds
 * to t. A text is copied once less at each hit.
 */
#include "translator/ir/ir.h"
#include "translator/passes/flow.h"
#include "translator/passes/passes.h"

static bool reads_var(const struct ir_op *op, int var)
{
	for (size_t i = 0; i < op->args.count; i++)
		if (op->args.items[i].kind == IR_ARG_VAR &&
		    op->args.items[i].number == var)
			return true;
	return false;
}

/* Whether the operation may have as its result a variable that it also reads, or
 * that must be as it was if the operation fails. */
static bool may_go_to(const struct ir_op *op, int var)
{
	if (op->code == IR_CAT || op->code == IR_SPRINT)
		return true;
	if (reads_var(op, var))
		return false;
	return op->fault < 0;
}

static bool only_copied(const struct ir_op *op, const struct ir_op *copy,
			const int *reads)
{
	return op->result >= 0 &&
	       (copy->code == IR_TMOV || copy->code == IR_MOV) &&
	       copy->args.items[0].kind == IR_ARG_VAR &&
	       copy->args.items[0].number == op->result &&
	       copy->result != op->result && reads[op->result] == 1 &&
	       may_go_to(op, copy->result);
}

static void shorten(struct ir_block *block, const int *reads)
{
	size_t kept = 0, count = block->ops.count;

	for (size_t i = 0; i < count; i++) {
		struct ir_op *op = block->ops.items[i];

		if (kept && only_copied(block->ops.items[kept - 1], op, reads))
			block->ops.items[kept - 1]->result = op->result;
		else
			block->ops.items[kept++] = op;
	}
	block->ops.count = kept;
}

void pass_copy(struct ir_program *program)
{
	for (size_t i = 0; i < program->functions.count; i++) {
		struct ir_function *function = program->functions.items[i];
		int *reads = flow_reads(program->arena, function);

		for (size_t j = 0; j < function->blocks.count; j++)
			shorten(function->blocks.items[j], reads);
	}
}
