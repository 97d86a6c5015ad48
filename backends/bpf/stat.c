/*
 * Statistics: adding is inlined, merging is a function for each global, since
 * it walks over the processors.
 */
#include "backends/bpf/emit.h"

#include "runtime/bpf/lib/gen.h"
#include "runtime/common/wire.h"
#include "translator/base/arena.h"

/* ---- the merging function of a global ---- */

static LLVMValueRef merge_function(struct emit *e, int number)
{
	struct array_info *array = &e->arrays[number];
	LLVMBasicBlockRef now = LLVMGetInsertBlock(e->builder);
	LLVMMetadataRef place;

	if (array->merge)
		return array->merge;
	place = LLVMGetCurrentDebugLocation2(e->builder);
	array->merge = function_create(
		e, arena_printf(e->arena, "merge_%d", number), "pp", true);
	unsigned kind = LLVMGetEnumAttributeKindForName("noinline", 8);

	LLVMAddAttributeAtIndex(array->merge, LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(e->context, kind, 0));
	function_begin(e, array->merge);
	LIBRARY(e, "rt_stat_merge", array->map, LLVMGetParam(array->merge, 0),
		array->plan, LLVMGetParam(array->merge, 1));
	LLVMBuildRet(e->builder, constant(e, 0));
	goto_block(e, now);
	LLVMSetCurrentDebugLocation2(e->builder, place);
	return array->merge;
}

static LLVMValueRef merged(struct body *b, int number, LLVMValueRef key)
{
	struct emit *e = b->e;
	LLVMValueRef function = merge_function(e, number);
	LLVMValueRef results = scratch(b, 8 * RT_STAT_RESULTS);
	LLVMValueRef args[] = { key, results };

	LLVMBuildCall2(e->builder, LLVMGlobalGetValueType(function), function,
		       args, 2, "");
	return results;
}

/* ---- operations ---- */

static void op_sadd(struct body *b, const struct ir_op *op, int number)
{
	struct emit *e = b->e;
	const struct array_info *array = &e->arrays[number];
	const struct ir_global *global = e->program->globals.items[number];
	LLVMValueRef key = key_build(b, op, number);
	LLVMValueRef status = LIBRARY(e, "rt_stat_add", array->map, key,
				      array->plan, array->order, array->ring,
				      long_operand(b, &op->args.items[
						   op->args.count - 1]));

	if (global->kind == IR_SCALAR)
		return;
	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntNE, status,
				      constant(e, 0), ""),
		 global->explicit_size ? RT_ERROR_OVERFLOW_SIZE :
					 RT_ERROR_OVERFLOW,
		 constant(e, global->size));
}

/* Count and sum of nothing are 0; all else of nothing is an error. */
static void op_sget(struct body *b, const struct ir_op *op, int number)
{
	struct emit *e = b->e;
	LLVMValueRef key = key_build(b, op, number);
	LLVMValueRef results = merged(b, number, key);
	int64_t which = op->args.items[op->args.count - 1].number;
	unsigned place = (unsigned)__builtin_ctzll((uint64_t)which);

	if (which != IR_STAT_COUNT && which != IR_STAT_SUM)
		raise_if(b, op,
			 LLVMBuildICmp(e->builder, LLVMIntEQ,
				       load(e, e->i64, results),
				       constant(e, 0), ""),
			 RT_ERROR_EMPTY, NULL);
	long_result(b, op, load(e, e->i64, offset(e, results, 8 * place)));
}

static void op_hget(struct body *b, const struct ir_op *op, int number)
{
	struct emit *e = b->e;
	const struct array_info *array = &e->arrays[number];
	LLVMValueRef key = key_build(b, op, number);

	long_result(b, op, LIBRARY(e, "rt_hist_get", array->map, key,
				   array->plan,
				   long_operand(b, &op->args.items[
						op->args.count - 1])));
}

static void op_hprint(struct body *b, const struct ir_op *op, int number)
{
	struct emit *e = b->e;
	const struct array_info *array = &e->arrays[number];
	unsigned size = sizeof(struct wire_head) + 8 * array->buckets;
	LLVMValueRef key = key_build(b, op, number), count, record;
	LLVMBasicBlockRef room = block_create(e, "room");
	LLVMBasicBlockRef next = block_create(e, "next");

	count = LIBRARY(e, "rt_stat_count", array->map, key, array->plan);
	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntEQ, count,
				      constant(e, 0), ""),
		 RT_ERROR_EMPTY, NULL);
	/* raise_if() went on to a block of its own */
	record = LIBRARY(e, "rt_output_begin", constant(e, size),
			 constant32(e, WIRE_HIST), constant32(e, number));
	LLVMBuildCondBr(e->builder, LLVMBuildIsNull(e->builder, record, ""),
			next, room);
	goto_block(e, room);
	LIBRARY(e, "rt_hist_merge", array->map, key, array->plan,
		offset(e, record, sizeof(struct wire_head)));
	LIBRARY(e, "rt_output_end", record);
	LLVMBuildBr(e->builder, next);
	goto_block(e, next);
}

/* The buckets take the room of two texts that the operation does not use. */
static void op_htext(struct body *b, const struct ir_op *op, int number)
{
	struct emit *e = b->e;
	const struct array_info *array = &e->arrays[number];
	LLVMValueRef key = key_build(b, op, number), count;
	LLVMValueRef buckets = temp_slot(b, 1);
	struct text result = text_of_var(b, op->result);
	struct text work = result.slot ? result : text_slot(e, temp_slot(b, 3));

	count = LIBRARY(e, "rt_stat_count", array->map, key, array->plan);
	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntEQ, count,
				      constant(e, 0), ""),
		 RT_ERROR_EMPTY, NULL);
	LIBRARY(e, "rt_hist_merge", array->map, key, array->plan, buckets);
	LIBRARY(e, "rt_hist_text", work.pointer, array->plan, buckets);
	if (!result.slot)
		text_copy(e, &result, &work);
}

void op_stat(struct body *b, const struct ir_op *op)
{
	int number = (int)op->args.items[0].number;

	switch ((int)op->code) {
	case IR_SADD:
		op_sadd(b, op, number);
		return;
	case IR_SGET:
		op_sget(b, op, number);
		return;
	case IR_HGET:
		op_hget(b, op, number);
		return;
	case IR_HPRINT:
		op_hprint(b, op, number);
		return;
	case IR_HTEXT:
		op_htext(b, op, number);
		return;
	}
	LIBRARY(b->e, "rt_stat_clear", b->e->arrays[number].map,
		key_build(b, op, number),
		constant(b->e, b->e->arrays[number].value_size));
}
