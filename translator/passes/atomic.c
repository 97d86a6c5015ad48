/*
 * Atomic additions: a value that is read, added to and stored back within a
 * block becomes one fetch.add or array.add, which needs no lock and takes one
 * look-up. The sum stays as an operation of its own; "dead" drops it when
 * nobody reads it.
 *
 * The addition moves up to where the value was read, so what stands between
 * must neither fault, nor have an effect, nor touch the global; and for an
 * array, whose addition can fault, nothing between may assign a variable that
 * a catch block could see.
 */
#include <string.h>

#include "translator/base/arena.h"
#include "translator/ir/ir.h"
#include "translator/passes/flow.h"
#include "translator/passes/passes.h"

/* A search in one block for what follows a read. */
struct search {
	struct ir_program *program;
	const struct ir_function *function;
	const struct ir_block *block;
	struct ir_op *read;	/* get or array.get */
	struct ir_arg amount;	/* what is added */
	int sum;		/* variable, -1 until the addition is seen */
};

static bool same_arg(const struct ir_arg *a, const struct ir_arg *b)
{
	if (a->kind != b->kind || a->number != b->number)
		return false;
	return a->kind != IR_ARG_TEXT ||
	       !memcmp(a->text, b->text, (size_t)a->number);
}

static bool touches(const struct ir_op *op, int64_t global)
{
	return op->args.count && op->args.items[0].kind == IR_ARG_GLOBAL &&
	       op->args.items[0].number == global;
}

/* Whether @op is the store that ends the pattern. */
static bool is_store(const struct search *s, const struct ir_op *op)
{
	enum ir_code want = s->read->code == IR_GET ? IR_SET : IR_ASET;

	if (op->code != want || s->sum < 0 ||
	    op->args.count != s->read->args.count + 1 ||
	    !ir_is_var(&op->args.items[op->args.count - 1], s->sum))
		return false;
	for (size_t i = 0; i < s->read->args.count; i++)
		if (!same_arg(&op->args.items[i], &s->read->args.items[i]))
			return false;
	return true;
}

/* Takes note of the addition; false if @op is none of the value read. */
static bool take_sum(struct search *s, const struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;
	int value = s->read->result;

	if (s->sum >= 0 || op->result == value)
		return false;
	if (op->code == IR_ADD && ir_is_var(&args[0], value)) {
		s->amount = args[1];
	} else if (op->code == IR_ADD && ir_is_var(&args[1], value)) {
		s->amount = args[0];
	} else if (op->code == IR_SUB && ir_is_var(&args[0], value) &&
		   args[1].kind == IR_ARG_LONG) {
		s->amount = args[1];
		s->amount.number = (int64_t)(0 - (uint64_t)args[1].number);
	} else {
		return false;
	}
	/* x + x: the amount is not there before the read. */
	if (ir_is_var(&s->amount, value))
		return false;
	s->sum = op->result;
	return true;
}

/* Whether a variable keeps its value from the read to operation @end. */
static bool is_steady(const struct search *s, size_t begin, size_t end,
		      const struct ir_arg *arg)
{
	if (arg->kind != IR_ARG_VAR)
		return true;
	for (size_t i = begin; i < end; i++)
		if (s->block->ops.items[i]->result == arg->number)
			return false;
	return true;
}

static bool all_steady(const struct search *s, size_t begin, size_t end)
{
	if (!is_steady(s, begin, end, &s->amount))
		return false;
	for (size_t i = 1; i < s->read->args.count; i++)
		if (!is_steady(s, begin, end, &s->read->args.items[i]))
			return false;
	return true;
}

static bool may_pass(const struct search *s, const struct ir_op *op)
{
	int64_t global = s->read->args.items[0].number;

	if (!flow_is_pure(op) || touches(op, global) ||
	    op->result == s->read->result || op->result == s->sum)
		return false;
	return s->read->code == IR_GET ||
	       !s->function->vars.items[op->result].name;
}

/* The store that belongs to the read at @begin, or 0. */
static size_t find_store(struct search *s, size_t begin)
{
	for (size_t i = begin + 1; i < s->block->ops.count; i++) {
		struct ir_op *op = s->block->ops.items[i];

		if (is_store(s, op))
			return all_steady(s, begin, i) ? i : 0;
		if (take_sum(s, op))
			continue;
		if (!may_pass(s, op))
			return 0;
	}
	return 0;
}

static void replace(struct search *s, struct ir_block *block, size_t store)
{
	struct ir_op *end = block->ops.items[store];

	s->read->code = s->read->code == IR_GET ? IR_FETCHADD : IR_AADD;
	*vec_push(s->program->arena, &s->read->args) = s->amount;
	if (s->read->code == IR_AADD) {
		s->read->fault = end->fault;
		s->read->site = end->site;
	}
	memmove(&block->ops.items[store], &block->ops.items[store + 1],
		(block->ops.count - store - 1) * sizeof(*block->ops.items));
	block->ops.count--;
}

static bool reads_long(const struct ir_program *program,
		       const struct ir_op *op)
{
	return (op->code == IR_GET || op->code == IR_AGET) &&
	       program->globals.items[op->args.items[0].number]->value ==
		       IR_VALUE_LONG;
}

static void run_block(struct ir_program *program,
		      const struct ir_function *function,
		      struct ir_block *block)
{
	for (size_t i = 0; i < block->ops.count; i++) {
		struct search s = {
			.program = program, .function = function,
			.block = block, .read = block->ops.items[i],
			.sum = -1,
		};
		size_t store;

		if (!reads_long(program, s.read))
			continue;
		store = find_store(&s, i);
		if (store)
			replace(&s, block, store);
	}
}

void pass_atomic(struct ir_program *program)
{
	for (size_t i = 0; i < program->functions.count; i++) {
		struct ir_function *function = program->functions.items[i];

		for (size_t j = 0; j < function->blocks.count; j++)
			run_block(program, function,
				  function->blocks.items[j]);
	}
}
