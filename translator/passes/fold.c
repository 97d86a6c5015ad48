/*
 * Constants, copies and branches.
 *
 * Within a block each variable that is known to hold a constant, or what
 * another variable holds, is replaced where it is read; operations on
 * constants become constants; branches on constants become jumps; blocks that
 * nothing reaches go, and a block with one way in is joined to the one before
 * it. Two rounds, since joined blocks show more.
 */
#include <string.h>

#include "runtime/common/arith.h"
#include "translator/base/arena.h"
#include "translator/ir/ir.h"
#include "translator/passes/flow.h"
#include "translator/passes/passes.h"

struct known {
	struct ir_arg *values;	/* by variable; kind IR_ARG_ANY: unknown */
	size_t count;
};

static void forget(struct known *known, int var)
{
	known->values[var].kind = IR_ARG_ANY;
	for (size_t i = 0; i < known->count; i++)
		if (known->values[i].kind == IR_ARG_VAR &&
		    known->values[i].number == var)
			known->values[i].kind = IR_ARG_ANY;
}

static void forget_all(struct known *known)
{
	for (size_t i = 0; i < known->count; i++)
		known->values[i].kind = IR_ARG_ANY;
}

static bool is_constant(const struct ir_arg *arg)
{
	return arg->kind == IR_ARG_LONG || arg->kind == IR_ARG_TEXT;
}

static void replace_args(const struct known *known, struct ir_op *op)
{
	for (size_t i = 0; i < op->args.count; i++) {
		struct ir_arg *arg = &op->args.items[i];

		if (arg->kind == IR_ARG_VAR &&
		    known->values[arg->number].kind != IR_ARG_ANY)
			*arg = known->values[arg->number];
	}
}

/* The value of an operation on two constants; false if it has none. */
static bool evaluate(enum ir_code code, int64_t a, int64_t b, int64_t *ret)
{
	switch (code) {
	case IR_ADD:	*ret = arith_add(a, b); return true;
	case IR_SUB:	*ret = arith_sub(a, b); return true;
	case IR_MUL:	*ret = arith_mul(a, b); return true;
	case IR_DIV:	*ret = b ? arith_div(a, b) : 0; return b != 0;
	case IR_MOD:	*ret = b ? arith_mod(a, b) : 0; return b != 0;
	case IR_AND:	*ret = a & b; return true;
	case IR_OR:	*ret = a | b; return true;
	case IR_XOR:	*ret = a ^ b; return true;
	case IR_SHL:	*ret = arith_shl(a, b); return true;
	case IR_SHR:	*ret = arith_shr(a, b); return true;
	case IR_USHR:	*ret = arith_ushr(a, b); return true;
	case IR_EQ:	*ret = a == b; return true;
	case IR_NE:	*ret = a != b; return true;
	case IR_LT:	*ret = a < b; return true;
	case IR_LE:	*ret = a <= b; return true;
	/* No two constants, or nothing to compute. */
	case IR_MOV: case IR_TMOV: case IR_TCMP: case IR_CAT: case IR_SPRINT:
	case IR_MATCH: case IR_PRIM: case IR_PRIMV: case IR_GET: case IR_SET:
	case IR_FETCHADD: case IR_AGET: case IR_ASET: case IR_AADD:
	case IR_AHAS: case IR_ADELETE: case IR_ACLEAR: case IR_SADD:
	case IR_SGET: case IR_SCLEAR: case IR_HGET: case IR_HPRINT: case IR_HTEXT:
	case IR_ITERBEGIN: case IR_ITERNEXT: case IR_ITERKEY:
	case IR_ITERVALUE: case IR_ITEREND: case IR_CALL: case IR_CALLV:
	case IR_PRINT: case IR_CATCH: case IR_ACTION: case IR_ARG: case IR_REG:
	case IR_RELOC: case IR_EMBED: case IR_TOUCH: case IR_LOAD: case IR_STORE:
	case IR_LOADTEXT: case IR_JUMP:
	case IR_BRANCH: case IR_RETURN: case IR_FAIL: case IR_FAILWITH:
	case IR_CODES:
		return false;
	}
	return false;
}

/* Turns @op into a move of @value to its result. */
static void become_move(struct ir_op *op, struct ir_arg value)
{
	op->code = value.kind == IR_ARG_TEXT ? IR_TMOV : IR_MOV;
	op->args.items[0] = value;
	op->args.count = 1;
	op->key_begin = op->key_count = 0;
	op->fault = op->site = -1;
}

static int compare_texts(const struct ir_arg *a, const struct ir_arg *b)
{
	return strcmp(a->text, b->text);
}

static void fold_compare(struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;
	int order = compare_texts(&args[0], &args[1]);
	struct ir_arg value = { .kind = IR_ARG_LONG };

	value.number = order < 0 ? -1 : order > 0;
	become_move(op, value);
}

static void fold_cat(struct ir_program *program, struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;
	char *text = arena_printf(program->arena, "%s%s", args[0].text,
				  args[1].text);
	struct ir_arg value = { .kind = IR_ARG_TEXT, .text = text };

	/* What would be cut is left to the run, where cuts are counted. */
	value.number = (int64_t)strlen(text);
	if (value.number < ir_limit(program, "maxstringlen"))
		become_move(op, value);
}

static void fold_op(struct ir_program *program, struct ir_op *op)
{
	struct ir_arg *args = op->args.items;
	struct ir_arg value = { .kind = IR_ARG_LONG };

	if (op->args.count != 2 || !is_constant(&args[0]) ||
	    !is_constant(&args[1]))
		return;
	if (op->code == IR_TCMP)
		fold_compare(op);
	else if (op->code == IR_CAT)
		fold_cat(program, op);
	else if (evaluate(op->code, args[0].number, args[1].number,
			  &value.number))
		become_move(op, value);
}

static void fold_branch(struct ir_op *op)
{
	struct ir_arg *args = op->args.items;

	if (op->code != IR_BRANCH)
		return;
	if (args[0].kind == IR_ARG_LONG)
		args[0] = args[0].number ? args[1] : args[2];
	else if (args[1].number == args[2].number)
		args[0] = args[1];
	else
		return;
	op->code = IR_JUMP;
	op->args.count = 1;
}

static void learn(struct known *known, const struct ir_op *op)
{
	const struct ir_arg *value;

	if (op->result < 0)
		return;
	forget(known, op->result);
	if (op->code != IR_MOV && op->code != IR_TMOV)
		return;
	value = &op->args.items[0];
	if (value->kind != IR_ARG_VAR || value->number != op->result)
		known->values[op->result] = *value;
}

static void fold_block(struct ir_program *program, struct known *known,
		       struct ir_block *block)
{
	forget_all(known);
	for (size_t i = 0; i < block->ops.count; i++) {
		struct ir_op *op = block->ops.items[i];

		replace_args(known, op);
		fold_op(program, op);
		fold_branch(op);
		learn(known, op);
	}
}

/* ---- blocks ---- */

static int *count_entries(struct arena *arena,
			  const struct ir_function *function)
{
	struct flow_blocks *next = flow_successors(arena, function);
	int *entries = arena_array(arena, int, function->blocks.count);

	entries[0] = 1;
	for (size_t i = 0; i < function->blocks.count; i++)
		for (size_t j = 0; j < next[i].items.count; j++)
			entries[next[i].items.items[j]]++;
	return entries;
}

/* A block that ends in a jump to one that nothing else enters takes it in. */
static void join_blocks(struct ir_program *program,
			struct ir_function *function)
{
	int *entries = count_entries(program->arena, function);

	for (size_t i = 0; i < function->blocks.count; i++) {
		struct ir_block *block = function->blocks.items[i];

		while (block->ops.count) {
			struct ir_op *last =
				block->ops.items[block->ops.count - 1];
			int to = last->code == IR_JUMP
				? (int)last->args.items[0].number : 0;
			struct ir_block *other;

			if (!to || to == (int)i || entries[to] != 1)
				break;
			other = function->blocks.items[to];
			block->ops.count--;
			for (size_t j = 0; j < other->ops.count; j++)
				*vec_push(program->arena, &block->ops) =
					other->ops.items[j];
			other->ops.count = 0;
		}
	}
}

static void renumber_blocks(struct ir_op *op, const int *numbers)
{
	if (op->fault >= 0)
		op->fault = numbers[op->fault];
	for (size_t i = 0; i < op->args.count; i++) {
		struct ir_arg *arg = &op->args.items[i];

		if (arg->kind == IR_ARG_BLOCK)
			arg->number = numbers[arg->number];
	}
}

static void drop_blocks(struct ir_program *program,
			struct ir_function *function)
{
	bool *reachable = flow_reachable(program->arena, function);
	int *numbers = arena_array(program->arena, int,
				   function->blocks.count);
	size_t kept = 0;

	for (size_t i = 0; i < function->blocks.count; i++) {
		numbers[i] = (int)kept;
		if (reachable[i])
			function->blocks.items[kept++] =
				function->blocks.items[i];
	}
	function->blocks.count = kept;
	for (size_t i = 0; i < kept; i++) {
		struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			renumber_blocks(block->ops.items[j], numbers);
	}
}

static void fold_function(struct ir_program *program,
			  struct ir_function *function)
{
	struct known known = { .count = function->vars.count };

	known.values = arena_array(program->arena, struct ir_arg, known.count);
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < function->blocks.count; i++)
			fold_block(program, &known,
				   function->blocks.items[i]);
		drop_blocks(program, function);
		join_blocks(program, function);
		drop_blocks(program, function);
	}
}

void pass_fold(struct ir_program *program)
{
	for (size_t i = 0; i < program->functions.count; i++)
		fold_function(program, program->functions.items[i]);
}
