/* Small steps: operands, operations, blocks. */
#include "translator/lower/lower.h"

#include "translator/base/arena.h"

operand operand_var(int var)
{
	return (operand){ .kind = IR_ARG_VAR, .number = var };
}

operand operand_long(int64_t number)
{
	return (operand){ .kind = IR_ARG_LONG, .number = number };
}

operand operand_text(struct lower *lower, const char *text, size_t length)
{
	if (length > (size_t)lower->text_bound)
		length = (size_t)lower->text_bound;
	return (operand){ .kind = IR_ARG_TEXT, .number = (int64_t)length,
			  .text = arena_strndup(lower->arena, text, length) };
}

enum ir_type ir_type_of(enum type type)
{
	return type == TYPE_STRING ? IR_TEXT : type == TYPE_NONE ? IR_VOID :
								   IR_LONG;
}

int lower_temp(struct lower *lower, enum ir_type type)
{
	return ir_var_add(lower->program, lower->function, type,
			  type == IR_TEXT ? lower->text_bound : 0, NULL);
}

struct ir_op *emit(struct lower *lower, enum ir_code code, int result)
{
	return ir_op_add(lower->program, lower->function, lower->block, code,
			 result);
}

void emit_arg(struct lower *lower, struct ir_op *op, operand arg)
{
	ir_arg_add(lower->program, op, arg.kind, arg.number, arg.text);
}

void emit_number(struct lower *lower, struct ir_op *op,
		 enum ir_arg_kind kind, int64_t number)
{
	ir_arg_add(lower->program, op, kind, number, NULL);
}

void emit_keys(struct lower *lower, struct ir_op *op, const operand *keys,
	       size_t count)
{
	op->key_begin = (int)op->args.count;
	op->key_count = (int)count;
	for (size_t i = 0; i < count; i++)
		emit_arg(lower, op, keys[i]);
}

operand emit1(struct lower *lower, enum ir_code code, operand a)
{
	int result = lower_temp(lower, IR_LONG);

	emit_arg(lower, emit(lower, code, result), a);
	return operand_var(result);
}

operand emit2(struct lower *lower, enum ir_code code, operand a, operand b)
{
	int result = lower_temp(lower, IR_LONG);
	struct ir_op *op = emit(lower, code, result);

	emit_arg(lower, op, a);
	emit_arg(lower, op, b);
	return operand_var(result);
}

void emit_move(struct lower *lower, int var, enum ir_type type, operand value)
{
	emit_arg(lower,
		 emit(lower, type == IR_TEXT ? IR_TMOV : IR_MOV, var), value);
}

void emit_jump(struct lower *lower, int block)
{
	emit_number(lower, emit(lower, IR_JUMP, -1), IR_ARG_BLOCK, block);
}

void emit_branch(struct lower *lower, operand value, int yes, int no)
{
	struct ir_op *op = emit(lower, IR_BRANCH, -1);

	emit_arg(lower, op, value);
	emit_number(lower, op, IR_ARG_BLOCK, yes);
	emit_number(lower, op, IR_ARG_BLOCK, no);
}

int new_block(struct lower *lower)
{
	return ir_block_add(lower->program, lower->function);
}

void emit_fault(struct lower *lower, struct ir_op *op, const char *identifier,
		struct span span)
{
	while (span.origin)	/* blame what the user wrote */
		span = span.origin->at;
	op->fault = lower->fault;
	op->site = ir_site(lower->program, identifier,
			   span_text(lower->arena, span));
}
