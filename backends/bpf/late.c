/*
 * Late texts. A text that one operation makes and one takes, as a key or for the
 * output, is made where that wants it: this saves a copy, and the processor the
 * wait for bytes that were written just before.
 */
#include "backends/bpf/emit.h"

#include "translator/base/arena.h"

struct use {
	unsigned takes, makes;
};

static void count_uses(const struct ir_function *function, struct use *uses)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if (op->result >= 0)
				uses[op->result].makes++;
			for (size_t k = 0; k < op->args.count; k++)
				if (op->args.items[k].kind == IR_ARG_VAR)
					uses[op->args.items[k].number].takes++;
		}
	}
}

/* Whether an operation makes a text that may as well be made later. */
static bool may_wait(struct body *b, const struct ir_op *op)
{
	const struct prim_row *row;
	const struct ir_var *var;

	if (op->code != IR_PRIM || op->result < 0 || op->args.count != 1)
		return false;
	row = prim_find(b->e->arena, op->args.items[0].text, 0);
	var = &b->function->vars.items[op->result];
	return row && prim_flag(row, 'w') && prim_flag(row, 's') &&
	       is_short(var->bound) && row->bound <= var->bound;
}

static bool takes_as_key(struct body *b, const struct ir_op *op, int var)
{
	const struct ir_global *global =
		b->e->program->globals.items[op->args.items[0].number];

	for (int i = 0; i < op->key_count; i++)
		if (ir_is_var(&op->args.items[op->key_begin + i], var))
			return key_room(b->e, &global->keys.items[i]) >=
			       text_room(b->function->vars.items[var].bound);
	return false;
}

static bool takes_for_output(struct body *b, const struct ir_op *op, int var)
{
	bool direct;

	record_size(b->e, b->function, op, &direct);
	for (size_t i = 1; direct && i < op->args.count; i++)
		if (ir_is_var(&op->args.items[i], var))
			return true;
	return false;
}

static bool takes_late(struct body *b, const struct ir_op *op, int var)
{
	switch ((int)op->code) {
	case IR_AGET: case IR_AHAS: case IR_ASET: case IR_AADD:
	case IR_ADELETE: case IR_SADD:
		return takes_as_key(b, op, var);
	case IR_PRINT:
		return takes_for_output(b, op, var);
	}
	return false;
}

static bool is_taken_late(struct body *b, const struct ir_block *block,
			  size_t from, int var)
{
	for (size_t i = from; i < block->ops.count; i++)
		if (takes_late(b, block->ops.items[i], var))
			return true;
	return false;
}

void late_find(struct body *b)
{
	const struct ir_function *function = b->function;
	struct use *uses = arena_array(b->e->arena, struct use,
				       function->vars.count);

	b->late = arena_array(b->e->arena, const struct ir_op *,
			      function->vars.count);
	if (b->e->foreign)
		return;
	count_uses(function, uses);
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];
			int var = op->result;

			if (may_wait(b, op) && uses[var].makes == 1 &&
			    uses[var].takes == 1 &&
			    is_taken_late(b, block, j + 1, var))
				b->late[var] = op;
		}
	}
}

bool late_waits(const struct body *b, const struct ir_op *op)
{
	return op->result >= 0 && b->late[op->result] == op;
}

bool late_make(struct body *b, const struct ir_arg *arg, LLVMValueRef place,
	       unsigned room, bool ragged)
{
	LLVMValueRef had;
	unsigned size;

	if (!b->late || arg->kind != IR_ARG_VAR || !b->late[arg->number])
		return false;
	had = b->vars[arg->number];
	b->vars[arg->number] = place;
	b->ragged = ragged;
	op_prim(b, b->late[arg->number]);
	b->ragged = false;
	b->vars[arg->number] = had;
	size = text_room(b->function->vars.items[arg->number].bound);
	bytes_clear(b->e, offset(b->e, place, size), room - size);
	return true;
}
