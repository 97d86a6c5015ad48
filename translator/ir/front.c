/*
 * Front tests: many handlers begin with a test that most hits fail (the number of
 * the system call, the process). What fails it is no hit of the probe.
 */
#include "translator/ir/ir.h"

#include <string.h>

enum { FRONT_BLOCKS = 6 };

/* Whether something is in an array, by one number. */
static bool quiet_test(const struct ir_program *program, const struct ir_op *op)
{
	const struct ir_global *global =
		program->globals.items[op->args.items[0].number];

	return op->key_count == 1 &&
	       op->args.items[op->key_begin].kind != IR_ARG_ANY &&
	       global->value != IR_VALUE_STAT &&
	       global->keys.items[0].type == IR_LONG;
}

/* A number that is at hand and the same all through a hit. */
static bool quiet_prim(const struct ir_op *op)
{
	static const struct {
		const char *name, *signature, *flags;
	} rows[] = {
#define PRIM(name, signature, bound, flags, doc) { #name, signature, flags },
#include "runtime/common/intrinsics.def"
#undef PRIM
	};

	if (op->args.count != 1)
		return false;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (!strcmp(rows[i].name, op->args.items[0].text) &&
		    !strcmp(rows[i].signature, "l:"))
			return strchr(rows[i].flags, 's') &&
			       strchr(rows[i].flags, 'i');
	return false;
}

static bool quiet_op(const struct ir_program *program, const struct ir_op *op)
{
	switch ((int)op->code) {
	case IR_MOV: case IR_ADD: case IR_SUB: case IR_AND: case IR_OR:
	case IR_XOR: case IR_SHL: case IR_SHR: case IR_USHR: case IR_EQ:
	case IR_NE: case IR_LT: case IR_LE: case IR_ARG: case IR_REG: case IR_RELOC:
	case IR_LOAD:
		return true;
	case IR_AHAS:
		return quiet_test(program, op);
	case IR_PRIM:
		return quiet_prim(op);
	}
	return false;
}

static const struct ir_op *last_op(const struct ir_function *function,
				   int block)
{
	const struct ir_block *row = function->blocks.items[block];

	return row->ops.items[row->ops.count - 1];
}

bool ir_front_leaves(const struct ir_function *function, int block)
{
	return function->blocks.items[block]->ops.count == 1 &&
	       last_op(function, block)->code == IR_RETURN;
}

int ir_front_next(const struct ir_program *program,
		  const struct ir_function *function, int block)
{
	const struct ir_op *end = last_op(function, block);
	int yes, no;

	for (size_t i = 0; i + 1 < function->blocks.items[block]->ops.count;
	     i++)
		if (!quiet_op(program,
			      function->blocks.items[block]->ops.items[i]))
			return -1;
	if (end->code == IR_JUMP)
		return (int)end->args.items[0].number;
	if (end->code != IR_BRANCH)
		return -1;
	yes = (int)end->args.items[1].number;
	no = (int)end->args.items[2].number;
	if (ir_front_leaves(function, yes) == ir_front_leaves(function, no))
		return -1;
	return ir_front_leaves(function, yes) ? no : yes;
}

/* How often an operation leads to a block. */
static int ways_to(const struct ir_op *op, int block)
{
	int count = op->fault == block;

	if (op->code != IR_JUMP && op->code != IR_BRANCH)
		return count;
	for (size_t i = op->code == IR_BRANCH; i < op->args.count; i++)
		count += op->args.items[i].number == block;
	return count;
}

/* A test that comes again is that of a loop. */
static bool comes_again(const struct ir_function *function, int block)
{
	int count = block == 0;

	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *row = function->blocks.items[i];

		for (size_t j = 0; j < row->ops.count; j++)
			count += ways_to(row->ops.items[j], block);
	}
	return count > 1;
}

int ir_front_length(const struct ir_program *program,
		    const struct ir_function *function)
{
	int block = 0, length = 0;

	for (int i = 0; i < FRONT_BLOCKS && block >= 0 &&
	     !comes_again(function, block); i++) {
		int next = ir_front_next(program, function, block);

		if (next >= 0 && last_op(function, block)->code == IR_BRANCH)
			length = i + 1;
		block = next;
	}
	return length;
}
