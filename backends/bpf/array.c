/*
 * Elements of arrays. The key is built in the frame, or on the stack of a
 * plain handler; the library does the rest, with the map as a constant.
 */
#include "backends/bpf/emit.h"

#include <stddef.h>

#include "runtime/bpf/lib/gen.h"

/* ---- keys ---- */

bool key_has_any(const struct ir_op *op)
{
	for (int i = 0; i < op->key_count; i++)
		if (op->args.items[op->key_begin + i].kind == IR_ARG_ANY)
			return true;
	return false;
}

static LLVMValueRef key_room_of(struct body *b)
{
	return b->frame ? offset(b->e, b->frame, b->e->key_at) : b->key;
}

LLVMValueRef key_build(struct body *b, const struct ir_op *op, int global)
{
	struct emit *e = b->e;
	const struct ir_global *row = e->program->globals.items[global];
	LLVMValueRef key = key_room_of(b);
	unsigned at = 0;

	if (!op->key_count)
		store(e, constant(e, 0), key);
	for (int i = 0; i < op->key_count; i++) {
		const struct ir_arg *arg = &op->args.items[op->key_begin + i];
		unsigned room = key_room(e, &row->keys.items[i]);
		LLVMValueRef place = offset(e, key, at);

		at += room;
		if (arg->kind == IR_ARG_ANY) {
			bytes_clear(e, place, room);
			continue;
		}
		if (row->keys.items[i].type == IR_LONG) {
			store(e, long_operand(b, arg), place);
			continue;
		}

		if (late_make(b, arg, place, room, false))
			continue;

		struct text to = { .pointer = place, .room = room,
				   .bound = (int)room - 1 };
		struct text from = text_operand(b, arg);

		text_copy(e, &to, &from);
	}
	return key;
}

/* Behind the key: all ones where it counts, zeros at each "*". */
LLVMValueRef key_mask(struct body *b, const struct ir_op *op, int global)
{
	struct emit *e = b->e;
	const struct ir_global *row = e->program->globals.items[global];
	LLVMValueRef mask = offset(e, key_room_of(b),
				   e->arrays[global].key_size);
	unsigned at = 0;

	for (int i = 0; i < op->key_count; i++) {
		bool any = op->args.items[op->key_begin + i].kind ==
			   IR_ARG_ANY;
		unsigned end = at + key_room(e, &row->keys.items[i]);

		for (; at < end; at += 8)
			store(e, constant(e, any ? 0 : -1),
			      offset(e, mask, at));
	}
	return mask;
}

/* ---- reading ---- */

static struct text value_text(struct emit *e, const struct ir_global *global,
			      LLVMValueRef pointer)
{
	bool small = is_short(global->bound);

	return (struct text){
		.pointer = pointer, .bound = global->bound,
		.room = small ? text_room(global->bound) : e->text_size,
	};
}

static void get_text(struct body *b, const struct ir_op *op,
		     const struct array_info *array, LLVMValueRef key)
{
	struct emit *e = b->e;
	const struct ir_global *global =
		e->program->globals.items[op->args.items[0].number];
	struct text result = text_of_var(b, op->result);
	LLVMValueRef value = LIBRARY(e, "rt_array_find", array->map, key);
	LLVMBasicBlockRef there = block_create(e, "there");
	LLVMBasicBlockRef missing = block_create(e, "missing");
	LLVMBasicBlockRef next = block_create(e, "next");

	LLVMBuildCondBr(e->builder, LLVMBuildIsNull(e->builder, value, ""),
			missing, there);
	goto_block(e, there);

	struct text from = value_text(e, global,
				      offset(e, value, array->payload));

	text_copy(e, &result, &from);
	LLVMBuildBr(e->builder, next);
	goto_block(e, missing);
	text_clear(e, &result);
	LLVMBuildBr(e->builder, next);
	goto_block(e, next);
}

static void op_aget(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	int number = (int)op->args.items[0].number;
	const struct array_info *array = &e->arrays[number];
	LLVMValueRef key = key_build(b, op, number);

	if (e->program->globals.items[number]->value == IR_VALUE_TEXT)
		get_text(b, op, array, key);
	else
		long_result(b, op, LIBRARY(e, "rt_array_get", array->map, key,
					   constant(e, array->payload)));
}

static void op_ahas(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	int number = (int)op->args.items[0].number;
	const struct array_info *array = &e->arrays[number];
	LLVMValueRef key = key_build(b, op, number), found;

	if (key_has_any(op)) {
		long_result(b, op, LIBRARY(e, "rt_array_has_slice", array->map,
					   key, key_mask(b, op, number),
					   constant(e, array->key_size / 8)));
		return;
	}
	if (e->program->globals.items[number]->value == IR_VALUE_STAT) {
		found = LIBRARY(e, "rt_stat_count", array->map, key,
				array->plan);
		found = LLVMBuildICmp(e->builder, LLVMIntNE, found,
				      constant(e, 0), "");
		found = LLVMBuildZExt(e->builder, found, e->i64, "");
	} else {
		found = LIBRARY(e, "rt_array_has", array->map, key);
	}
	long_result(b, op, found);
}

/* ---- writing ---- */

static void check_full(struct body *b, const struct ir_op *op,
		       LLVMValueRef status)
{
	struct emit *e = b->e;
	const struct ir_global *global =
		e->program->globals.items[op->args.items[0].number];

	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntNE, status,
				      constant(e, 0), ""),
		 global->explicit_size ? RT_ERROR_OVERFLOW_SIZE :
					 RT_ERROR_OVERFLOW,
		 constant(e, global->size));
}

/* A fresh value: room for the insertion number, then the text. */
static LLVMValueRef fresh_text(struct body *b, const struct ir_op *op,
			       const struct array_info *array, unsigned *room)
{
	struct emit *e = b->e;
	const struct ir_global *global =
		e->program->globals.items[op->args.items[0].number];
	LLVMValueRef fresh = b->frame ? offset(e, b->frame, e->value_at) :
					b->value;
	struct text to = value_text(e, global,
				    offset(e, fresh, array->payload));
	struct text from = text_operand(b,
					&op->args.items[op->args.count - 1]);

	text_copy(e, &to, &from);
	*room = to.room;
	return fresh;
}

static void op_aset(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	int number = (int)op->args.items[0].number;
	const struct array_info *array = &e->arrays[number];
	const struct ir_global *global = e->program->globals.items[number];
	LLVMValueRef key = key_build(b, op, number), status, fresh;
	unsigned room;

	if (global->value == IR_VALUE_TEXT) {
		fresh = fresh_text(b, op, array, &room);
		status = LIBRARY(e, "rt_array_set_text", array->map, key,
				 array->plan, array->order, array->ring, fresh,
				 constant(e, room));
	} else {
		status = LIBRARY(e, "rt_array_set", array->map, key,
				 array->plan, array->order, array->ring,
				 long_operand(b, &op->args.items[
					      op->args.count - 1]));
	}
	check_full(b, op, status);
}

static bool is_used(const struct body *b, int var)
{
	for (size_t i = 0; i < b->function->blocks.count; i++) {
		const struct ir_block *block = b->function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			for (size_t k = 0; k < block->ops.items[j]->args.count;
			     k++) {
				const struct ir_arg *arg =
					&block->ops.items[j]->args.items[k];

				if (arg->kind == IR_ARG_VAR &&
				    arg->number == var)
					return true;
			}
	}
	return false;
}

static void op_aadd(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	int number = (int)op->args.items[0].number;
	const struct array_info *array = &e->arrays[number];
	LLVMValueRef key = key_build(b, op, number);
	LLVMValueRef value = long_operand(b, &op->args.items[
						  op->args.count - 1]);
	LLVMValueRef old;

	if (op->result < 0 || !is_used(b, op->result)) {
		check_full(b, op, LIBRARY(e, "rt_array_bump", array->map, key,
					  array->plan, array->order, array->ring,
					  value));
		return;
	}
	old = scratch(b, 8);
	check_full(b, op, LIBRARY(e, "rt_array_add", array->map, key,
				  array->plan, array->order, array->ring,
				  value, old));
	long_result(b, op, load(e, e->i64, old));
}

static void op_adelete(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	int number = (int)op->args.items[0].number;
	const struct array_info *array = &e->arrays[number];
	LLVMValueRef key = key_build(b, op, number);

	if (key_has_any(op))
		LIBRARY(e, "rt_array_delete_slice", array->map, key,
			key_mask(b, op, number),
			constant(e, array->key_size / 8));
	else
		LIBRARY(e, "rt_array_delete", array->map, key);
}

void op_array(struct body *b, const struct ir_op *op)
{
	switch ((int)op->code) {
	case IR_AGET:
		op_aget(b, op);
		return;
	case IR_ASET:
		op_aset(b, op);
		return;
	case IR_AADD:
		op_aadd(b, op);
		return;
	case IR_AHAS:
		op_ahas(b, op);
		return;
	case IR_ADELETE:
		op_adelete(b, op);
		return;
	}
	LIBRARY(b->e, "rt_array_clear",
		b->e->arrays[op->args.items[0].number].map);
}
