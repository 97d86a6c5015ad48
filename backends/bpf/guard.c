/*
 * Guards: the front test of a handler (translator/ir/front.c) is made before a
 * frame is claimed and a lock taken. The handler makes it again, so a guard may
 * leave off wherever it likes.
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <string.h>

#include "runtime/bpf/lib/gen.h"
#include "translator/base/arena.h"

static const struct ir_op *last_op(const struct ir_function *function,
				   int block)
{
	const struct ir_block *row = function->blocks.items[block];

	return row->ops.items[row->ops.count - 1];
}

/* A read that fails decides nothing: the handler will say it. */
static void guard_load(struct body *b, const struct ir_op *op,
		       LLVMBasicBlockRef full)
{
	struct emit *e = b->e;
	LLVMBasicBlockRef good = block_create(e, "good");
	unsigned size = (unsigned)op->args.items[1].number;
	LLVMValueRef status, value;

	status = memory_read(b, op->args.items[3].number, b->value,
			     constant32(e, size),
			     long_operand(b, &op->args.items[0]));
	LLVMBuildCondBr(e->builder,
			LLVMBuildICmp(e->builder, LLVMIntEQ, status,
				      constant(e, 0), ""), good, full);
	goto_block(e, good);
	value = load(e, LLVMIntTypeInContext(e->context, 8 * size), b->value);
	long_result(b, op, LLVMBuildIntCast2(e->builder, value, e->i64,
					     op->args.items[2].number != 0,
					     ""));
}

static void guard_op(struct body *b, const struct ir_op *op,
		     LLVMBasicBlockRef full)
{
	if (op->code == IR_LOAD)
		guard_load(b, op, full);
	else if (op->code == IR_PRIM)
		op_prim(b, op);
	else if (op->code == IR_AHAS)
		op_array(b, op);
	else if (op->code == IR_ARG || op->code == IR_REG ||
		 op->code == IR_RELOC)
		op_target(b, op);
	else
		op_value(b, op);
}

/* Leaves by @out if the test says so; goes on in a block behind if not. */
static void guard_branch(struct body *b, const struct ir_op *op,
			 LLVMBasicBlockRef out)
{
	struct emit *e = b->e;
	LLVMBasicBlockRef on = block_create(e, "on");
	bool yes_leaves = ir_front_leaves(b->function,
					  (int)op->args.items[1].number);
	LLVMValueRef test = LLVMBuildICmp(e->builder, LLVMIntNE,
					  long_operand(b, &op->args.items[0]),
					  constant(e, 0), "");

	LLVMBuildCondBr(e->builder, test, yes_leaves ? out : on,
			yes_leaves ? on : out);
	goto_block(e, on);
}

static void guard_vars(struct body *b)
{
	size_t count = b->function->vars.count;

	b->vars = arena_array(b->e->arena, LLVMValueRef, count);
	for (size_t i = 0; i < count; i++) {
		if (b->function->vars.items[i].type != IR_LONG)
			continue;
		b->vars[i] = stack_room(b->e, b->llvm, 8);
		if (b->info->starts_unset[i])
			store(b->e, constant(b->e, 0), b->vars[i]);
	}
	b->value = stack_room(b->e, b->llvm, 8);
	b->key = stack_room(b->e, b->llvm, 8);
}

void guard_create(struct emit *e, LLVMValueRef program, int function,
		  LLVMBasicBlockRef out)
{
	struct body b = {
		.e = e, .number = function, .llvm = program,
		.function = e->program->functions.items[function],
		.info = &e->functions[function],
		.context = LLVMGetParam(program, 0),
	};
	int length = ir_front_length(e->program, b.function), block = 0;
	LLVMBasicBlockRef full;

	if (!length)
		return;
	full = block_create(e, "full");
	guard_vars(&b);
	for (; length; length--) {
		const struct ir_block *row = b.function->blocks.items[block];

		for (size_t i = 0; i + 1 < row->ops.count; i++)
			guard_op(&b, row->ops.items[i], full);
		if (last_op(b.function, block)->code == IR_BRANCH)
			guard_branch(&b, last_op(b.function, block), out);
		block = ir_front_next(e->program, b.function, block);
	}
	LLVMBuildBr(e->builder, full);
	goto_block(e, full);
}

bool guard_test(struct emit *e, int number, int64_t *ret_argument,
		int64_t *ret_value)
{
	const struct ir_function *function =
		e->program->functions.items[number];
	const struct ir_block *block = function->blocks.items[0];
	const struct ir_op *read, *test, *end;
	size_t leaves;

	if (block->ops.count != 3)
		return false;
	read = block->ops.items[0];
	test = block->ops.items[1];
	end = block->ops.items[2];
	if (read->code != IR_ARG || end->code != IR_BRANCH ||
	    (test->code != IR_EQ && test->code != IR_NE) ||
	    test->args.items[0].kind != IR_ARG_VAR ||
	    test->args.items[0].number != read->result ||
	    test->args.items[1].kind != IR_ARG_LONG ||
	    end->args.items[0].kind != IR_ARG_VAR ||
	    end->args.items[0].number != test->result)
		return false;
	leaves = test->code == IR_NE ? 1 : 2;
	if (!ir_front_leaves(function, (int)end->args.items[leaves].number))
		return false;
	*ret_argument = read->args.items[0].number;
	*ret_value = test->args.items[1].number;
	return true;
}
