/* Embedded C: an operation whose code stands in a table of the program. */
#include "translator/lower/lower.h"

#include <string.h>

#include "translator/base/arena.h"

static int add_code(struct lower *lower, enum ir_code_kind kind,
		    const char *text, struct span span)
{
	struct ir_embedded *code = vec_push(lower->arena,
					    &lower->program->codes);

	code->kind = kind;
	code->text = text;
	code->place = span_text(lower->arena, span);
	return (int)lower->program->codes.count - 1;
}

static void emit_uses(struct lower *lower, const struct expr *expr)
{
	for (size_t i = 0; i < expr->list.items.count; i++) {
		const struct expr *use = expr->list.items.items[i];
		struct ir_op *op = emit(lower, IR_TOUCH, -1);

		emit_number(lower, op, IR_ARG_GLOBAL,
			    ((struct symbol *)use->ref)->ir);
		emit_arg(lower, op, operand_long(use->number));
	}
}

operand lower_embedded(struct lower *lower, struct expr *expr,
		       enum ir_code_kind kind, enum ir_type type,
		       struct function *function)
{
	int result = lower_temp(lower, type == IR_TEXT ? IR_TEXT : IR_LONG);
	struct ir_op *op;

	emit_uses(lower, expr);
	op = emit(lower, IR_EMBED, result);
	emit_arg(lower, op, operand_long(add_code(lower, kind, expr->text,
						  expr->span)));
	for (size_t i = 0; function && i < function->params.count; i++) {
		const struct symbol *param = function->params.items[i];

		emit_arg(lower, op, operand_text(lower, param->name,
						 strlen(param->name)));
		emit_arg(lower, op, operand_var((int)i));
	}
	emit_fault(lower, op, function ? function->decl->name : "%{",
		   expr->span);
	return operand_var(result);
}

static struct lower_kept *keep(struct lower *lower, struct function *function)
{
	struct lower_kept *kept;

	for (size_t i = 0; i < lower->kept.count; i++)
		if (lower->kept.items[i].function == function)
			return &lower->kept.items[i];
	kept = vec_push(lower->arena, &lower->kept);
	kept->function = function;
	kept->value = lower_temp(lower, ir_type_of(function->type));
	kept->known = lower_temp(lower, IR_LONG);
	return kept;
}

operand lower_stable(struct lower *lower, struct expr *call)
{
	struct function *function = ((struct callee *)call->ref)->function;
	struct lower_kept kept = *keep(lower, function);
	int first = new_block(lower), end = new_block(lower);

	emit_branch(lower, operand_var(kept.known), end, first);
	lower->block = first;
	emit_move(lower, kept.value, ir_type_of(function->type),
		  lower_call(lower, call));
	emit_move(lower, kept.known, IR_LONG, operand_long(1));
	emit_jump(lower, end);
	lower->block = end;
	return operand_var(kept.value);
}

void lower_top_level(struct lower *lower)
{
	struct sema *sema = lower->sema;

	for (size_t i = 0; i < sema->files.count; i++) {
		const struct ast_file *file = sema->files.items[i];

		for (size_t j = 0; j < file->embedded.count; j++)
			add_code(lower, IR_CODE_TOP,
				 file->embedded.items[j]->code,
				 file->embedded.items[j]->span);
	}
}
