/*
 * Walks over arrays: the library collects and sorts, here the element at hand
 * is read.
 */
#include "backends/bpf/emit.h"

#include <stddef.h>

#include "runtime/bpf/lib/gen.h"

static LLVMValueRef depth(struct body *b)
{
	return load(b->e, b->e->i32,
		    offset(b->e, b->frame, offsetof(struct rt_frame, depth)));
}

/* Which buffer a foreach uses: in a recursive function by depth. */
static LLVMValueRef buffer(struct body *b, int number)
{
	LLVMValueRef first = constant32(b->e, b->e->iters[number].first);

	if (!b->info->recursive)
		return first;
	return LLVMBuildAdd(b->e->builder, first, depth(b), "");
}

static void op_begin(struct body *b, const struct ir_op *op, int number)
{
	struct emit *e = b->e;
	int global = e->program->iters.items[number].global;
	const struct array_info *array = &e->arrays[global];
	const struct iter_info *iter = &e->iters[number];
	LLVMValueRef key = LLVMConstNull(e->ptr), mask = key;

	if (op->key_count) {
		key = key_build(b, op, global);
		mask = key_mask(b, op, global);
	}
	if (b->info->recursive)
		raise_if(b, op,
			 LLVMBuildICmp(e->builder, LLVMIntUGE, depth(b),
				       constant32(e, iter->most), ""),
			 RT_ERROR_NESTING, NULL);
	LIBRARY(e, "rt_iter_begin", array->map, iter->entries, iter->control,
		iter->plan, array->plan, key, mask,
		long_operand(b, &op->args.items[op->args.count - 1]),
		buffer(b, number));
}

/* A part of the element at hand, at @at in its entry. */
static void take(struct body *b, const struct ir_op *op, int number,
		 unsigned at, unsigned room)
{
	struct emit *e = b->e;
	const struct iter_info *iter = &e->iters[number];
	LLVMBasicBlockRef there, next;
	LLVMValueRef entry;

	if (b->function->vars.items[op->result].type == IR_LONG) {
		long_result(b, op, LIBRARY(e, "rt_iter_long", iter->entries,
					   iter->control, iter->plan,
					   constant(e, at),
					   buffer(b, number)));
		return;
	}
	there = block_create(e, "there");
	next = block_create(e, "next");
	entry = LIBRARY(e, "rt_iter_entry", iter->entries, iter->control,
			iter->plan, buffer(b, number));
	LLVMBuildCondBr(e->builder, LLVMBuildIsNull(e->builder, entry, ""),
			next, there);
	goto_block(e, there);

	struct text from = { .pointer = offset(e, entry, at), .room = room,
			     .bound = (int)room - 1 };
	struct text to = text_of_var(b, op->result);

	text_copy(e, &to, &from);
	LLVMBuildBr(e->builder, next);
	goto_block(e, next);
}

static void op_key(struct body *b, const struct ir_op *op, int number)
{
	struct emit *e = b->e;
	const struct ir_global *global = e->program->globals.items[
		e->program->iters.items[number].global];
	int which = (int)op->args.items[1].number;
	unsigned at = 0;

	for (int i = 0; i < which; i++)
		at += key_room(e, &global->keys.items[i]);
	take(b, op, number, at, key_room(e, &global->keys.items[which]));
}

static void op_walk_value(struct body *b, const struct ir_op *op, int number)
{
	struct emit *e = b->e;
	const struct array_info *array =
		&e->arrays[e->program->iters.items[number].global];

	take(b, op, number, array->key_size,
	     array->value_size - array->payload);
}

void op_iter(struct body *b, const struct ir_op *op)
{
	int number = (int)op->args.items[0].number;

	switch ((int)op->code) {
	case IR_ITERBEGIN:
		op_begin(b, op, number);
		return;
	case IR_ITERNEXT:
		long_result(b, op, LIBRARY(b->e, "rt_iter_next",
					   b->e->iters[number].control,
					   buffer(b, number)));
		return;
	case IR_ITERKEY:
		op_key(b, op, number);
		return;
	case IR_ITERVALUE:
		op_walk_value(b, op, number);
		return;
	case IR_ITEREND:
		return;
	}
}
