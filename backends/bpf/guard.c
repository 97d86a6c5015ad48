/*
 * Guards: many handlers begin with a test that most hits fail (the number of
 * the system call, the process). As far as that test has no effect it is made
 * before a frame is claimed and a lock taken. The handler makes it again, so a
 * guard may leave off wherever it likes.
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <string.h>

#include "runtime/bpf/lib/gen.h"
#include "translator/base/arena.h"

enum { GUARD_BLOCKS = 6 };

/* Whether something is in an array, by one number. */
static bool quiet_test(struct emit *e, const struct ir_op *op)
{
	const struct ir_global *global =
		e->program->globals.items[op->args.items[0].number];

	return op->key_count == 1 && !key_has_any(op) &&
	       global->value != IR_VALUE_STAT &&
	       global->keys.items[0].type == IR_LONG;
}

static bool quiet_op(struct emit *e, const struct ir_op *op)
{
	const struct prim_row *row;

	switch ((int)op->code) {
	case IR_MOV: case IR_ADD: case IR_SUB: case IR_AND: case IR_OR:
	case IR_XOR: case IR_SHL: case IR_SHR: case IR_USHR: case IR_EQ:
	case IR_NE: case IR_LT: case IR_LE: case IR_ARG: case IR_REG: case IR_RELOC:
	case IR_LOAD:
		return true;
	case IR_AHAS:
		return quiet_test(e, op);
	case IR_PRIM:
		row = prim_find(e->arena, op->args.items[0].text,
				(int)op->args.count - 1);
		return row && !strcmp(row->signature, "l:") &&
		       prim_flag(row, 's') && prim_flag(row, 'i');
	}
	return false;
}

static const struct ir_op *last_op(const struct ir_function *function,
				   int block)
{
	const struct ir_block *row = function->blocks.items[block];

	return row->ops.items[row->ops.count - 1];
}

static bool only_returns(const struct ir_function *function, int block)
{
	return function->blocks.items[block]->ops.count == 1 &&
	       last_op(function, block)->code == IR_RETURN;
}

/* The block that the guard goes on in after @block, or -1: the end. */
static int next_block(struct emit *e, const struct ir_function *function,
		      int block)
{
	const struct ir_op *end = last_op(function, block);
	int yes, no;

	for (size_t i = 0; i + 1 < function->blocks.items[block]->ops.count;
	     i++)
		if (!quiet_op(e, function->blocks.items[block]->ops.items[i]))
			return -1;
	if (end->code == IR_JUMP)
		return (int)end->args.items[0].number;
	if (end->code != IR_BRANCH)
		return -1;
	yes = (int)end->args.items[1].number;
	no = (int)end->args.items[2].number;
	if (only_returns(function, yes) == only_returns(function, no))
		return -1;
	return only_returns(function, yes) ? no : yes;
}

/* How many blocks the guard has, the last with a way out; 0: none. */
static int guard_length(struct emit *e, const struct ir_function *function)
{
	int block = 0, length = 0;

	for (int i = 0; i < GUARD_BLOCKS && block >= 0; i++) {
		int next = next_block(e, function, block);

		if (next >= 0 && last_op(function, block)->code == IR_BRANCH)
			length = i + 1;
		block = next;
	}
	return length;
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
	bool yes_leaves = only_returns(b->function,
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
	int length = guard_length(e, b.function), block = 0;
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
		block = next_block(e, b.function, block);
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
	if (!only_returns(function, (int)end->args.items[leaves].number))
		return false;
	*ret_argument = read->args.items[0].number;
	*ret_value = test->args.items[1].number;
	return true;
}
