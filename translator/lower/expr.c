/* Expressions. */
#include "translator/lower/lower.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"

/* Whether evaluating it may change a local variable. */
static bool changes_locals(const struct expr *expr)
{
	if (!expr)
		return false;
	if (expr->kind == EXPR_ASSIGN || expr->kind == EXPR_INCDEC)
		return true;
	for (size_t i = 0; i < expr->list.items.count; i++)
		if (changes_locals(expr->list.items.items[i]))
			return true;
	return changes_locals(expr->a) || changes_locals(expr->b) ||
	       changes_locals(expr->c);
}

static operand copied(struct lower *lower, operand value, enum type type)
{
	int temp = lower_temp(lower, ir_type_of(type));

	emit_move(lower, temp, ir_type_of(type), value);
	return operand_var(temp);
}

operand *lower_list(struct lower *lower, struct expr_list *list, size_t from)
{
	size_t count = list->items.count - from;
	operand *values = arena_array(lower->arena, operand, count + 1);
	size_t last = count;	/* one that changes locals */

	while (last > 0 && !changes_locals(list->items.items[from + last - 1]))
		last--;
	for (size_t i = 0; i < count; i++) {
		struct expr *expr = list->items.items[from + i];

		if (expr->kind == EXPR_WILDCARD) {
			values[i] = (operand){ .kind = IR_ARG_ANY };
			continue;
		}
		values[i] = lower_expr(lower, expr);
		if (i + 1 < last && values[i].kind == IR_ARG_VAR)
			values[i] = copied(lower, values[i], expr->type);
	}
	return values;
}

int lower_variable(struct lower *lower, struct symbol *symbol)
{
	if (symbol->ir < 0)
		symbol->ir = ir_var_add(lower->program, lower->function,
					ir_type_of(symbol->type),
					symbol->type == TYPE_STRING ?
						lower->text_bound : 0,
					symbol->name);
	return symbol->ir;
}

static operand lower_symbol(struct lower *lower, struct expr *expr)
{
	struct symbol *symbol = expr->ref;
	int result;

	if (!symbol->global)
		return operand_var(lower_variable(lower, symbol));
	result = lower_temp(lower, ir_type_of(symbol->type));
	emit_number(lower, emit(lower, IR_GET, result), IR_ARG_GLOBAL,
		    symbol->ir);
	return operand_var(result);
}

void lower_assign_symbol(struct lower *lower, struct expr *expr, operand value)
{
	struct symbol *symbol = expr->ref;
	struct ir_op *op;

	if (!symbol->global) {
		emit_move(lower, lower_variable(lower, symbol),
			  ir_type_of(symbol->type), value);
		return;
	}
	op = emit(lower, IR_SET, -1);
	emit_number(lower, op, IR_ARG_GLOBAL, symbol->ir);
	emit_arg(lower, op, value);
}

/* An operation over global and keys: array.get, stat.add, ... */
static struct ir_op *emit_element(struct lower *lower, enum ir_code code,
				  int result, struct symbol *symbol,
				  const operand *keys, size_t count)
{
	struct ir_op *op = emit(lower, code, result);

	emit_number(lower, op, IR_ARG_GLOBAL, symbol->ir);
	emit_keys(lower, op, keys, count);
	return op;
}

static operand lower_index(struct lower *lower, struct expr *expr)
{
	struct symbol *symbol = expr->a->ref;
	operand *keys = lower_list(lower, &expr->list, 0);
	int result = lower_temp(lower, ir_type_of(symbol->type));

	emit_element(lower, IR_AGET, result, symbol, keys,
		     expr->list.items.count);
	return operand_var(result);
}

static enum ir_code arithmetic(enum operator_kind op)
{
	switch (op) {
	case OP_ADD: return IR_ADD;
	case OP_SUB: return IR_SUB;
	case OP_MUL: return IR_MUL;
	case OP_DIV: return IR_DIV;
	case OP_MOD: return IR_MOD;
	case OP_SHL: return IR_SHL;
	case OP_SHR: return IR_SHR;
	case OP_AND: return IR_AND;
	case OP_OR: return IR_OR;
	case OP_XOR: return IR_XOR;
	case OP_EQ: return IR_EQ;
	case OP_NE: return IR_NE;
	case OP_LT: case OP_GT: return IR_LT;
	case OP_LE: case OP_GE: return IR_LE;
	case OP_NONE: case OP_USHR: case OP_CAT: case OP_LAND: case OP_LOR:
	case OP_MATCH: case OP_NOMATCH: case OP_STAT: case OP_NEG:
	case OP_POS: case OP_NOT: case OP_BITNOT:
		break;
	}
	return IR_MOV;
}

static operand combine(struct lower *lower, struct expr *expr,
		       enum operator_kind op, operand a, operand b)
{
	operand swap;
	operand result;
	struct ir_block *block;

	if (op == OP_CAT) {
		int text = lower_temp(lower, IR_TEXT);
		struct ir_op *cat = emit(lower, IR_CAT, text);

		emit_arg(lower, cat, a);
		emit_arg(lower, cat, b);
		return operand_var(text);
	}
	if (op == OP_GT || op == OP_GE) {
		swap = a;
		a = b;
		b = swap;
	}
	result = emit2(lower, arithmetic(op), a, b);
	if (op == OP_DIV || op == OP_MOD) {
		block = lower->function->blocks.items[lower->block];
		emit_fault(lower, block->ops.items[block->ops.count - 1],
			   operator_text(op), expr->span);
	}
	return result;
}

static operand lower_binary(struct lower *lower, struct expr *expr)
{
	operand a = lower_expr(lower, expr->a);
	operand b;

	if (a.kind == IR_ARG_VAR && changes_locals(expr->b))
		a = copied(lower, a, expr->a->type);
	b = lower_expr(lower, expr->b);
	if (expr->op >= OP_EQ && expr->op <= OP_GE &&
	    expr->a->type == TYPE_STRING) {
		a = emit2(lower, IR_TCMP, a, b);
		b = operand_long(0);
	}
	return combine(lower, expr, expr->op, a, b);
}

static operand lower_unary(struct lower *lower, struct expr *expr)
{
	operand a = lower_expr(lower, expr->a);

	if (expr->op == OP_NEG)
		return emit2(lower, IR_SUB, operand_long(0), a);
	if (expr->op == OP_NOT)
		return emit2(lower, IR_EQ, a, operand_long(0));
	if (expr->op == OP_BITNOT)
		return emit2(lower, IR_XOR, a, operand_long(-1));
	return a;
}

/* 0 or 1 of a condition with jumps in it. */
static operand lower_truth(struct lower *lower, struct expr *expr)
{
	int result = lower_temp(lower, IR_LONG);
	int yes = new_block(lower);
	int no = new_block(lower);
	int end = new_block(lower);

	lower_condition(lower, expr, yes, no);
	lower->block = yes;
	emit_move(lower, result, IR_LONG, operand_long(1));
	emit_jump(lower, end);
	lower->block = no;
	emit_move(lower, result, IR_LONG, operand_long(0));
	emit_jump(lower, end);
	lower->block = end;
	return operand_var(result);
}

void lower_condition(struct lower *lower, struct expr *expr, int yes, int no)
{
	if (expr->kind == EXPR_BINARY &&
	    (expr->op == OP_LAND || expr->op == OP_LOR)) {
		int middle = new_block(lower);

		if (expr->op == OP_LAND)
			lower_condition(lower, expr->a, middle, no);
		else
			lower_condition(lower, expr->a, yes, middle);
		lower->block = middle;
		lower_condition(lower, expr->b, yes, no);
	} else if (expr->kind == EXPR_UNARY && expr->op == OP_NOT) {
		lower_condition(lower, expr->a, no, yes);
	} else {
		emit_branch(lower, lower_expr(lower, expr), yes, no);
	}
}

static operand lower_ternary(struct lower *lower, struct expr *expr)
{
	enum ir_type type = ir_type_of(expr->type);
	int result = lower_temp(lower, type);
	int yes = new_block(lower);
	int no = new_block(lower);
	int end = new_block(lower);

	lower_condition(lower, expr->a, yes, no);
	lower->block = yes;
	emit_move(lower, result, type, lower_expr(lower, expr->b));
	emit_jump(lower, end);
	lower->block = no;
	emit_move(lower, result, type, lower_expr(lower, expr->c));
	emit_jump(lower, end);
	lower->block = end;
	return operand_var(result);
}

/* s <<< v */
static operand lower_stat_add(struct lower *lower, struct expr *expr)
{
	bool element = expr->a->kind == EXPR_INDEX;
	struct symbol *symbol = element ? expr->a->a->ref : expr->a->ref;
	operand *keys = element ? lower_list(lower, &expr->a->list, 0) : NULL;
	operand value = lower_expr(lower, expr->b);
	struct ir_op *op = emit_element(lower, IR_SADD, -1, symbol, keys,
					element ? expr->a->list.items.count :
						  0);

	emit_arg(lower, op, value);
	emit_fault(lower, op, symbol->name, expr->span);
	return value;
}

/* Adds to a place in one step; gives the old value. */
static operand fetch_add(struct lower *lower, struct expr *place,
			 struct symbol *symbol, const operand *keys,
			 operand value)
{
	int old = lower_temp(lower, IR_LONG);
	struct ir_op *op;

	if (place->kind == EXPR_INDEX) {
		op = emit_element(lower, IR_AADD, old, symbol, keys,
				  place->list.items.count);
		emit_fault(lower, op, symbol->name, place->span);
	} else {
		op = emit(lower, IR_FETCHADD, old);
		emit_number(lower, op, IR_ARG_GLOBAL, symbol->ir);
	}
	emit_arg(lower, op, value);
	return operand_var(old);
}

static void set_element(struct lower *lower, struct expr *place,
			struct symbol *symbol, const operand *keys,
			operand value)
{
	struct ir_op *op = emit_element(lower, IR_ASET, -1, symbol, keys,
					place->list.items.count);

	emit_arg(lower, op, value);
	emit_fault(lower, op, symbol->name, place->span);
}

static operand lower_add_assign(struct lower *lower, struct expr *expr,
				struct symbol *symbol, const operand *keys,
				bool wants_old)
{
	operand value = expr->b ? lower_expr(lower, expr->b) : operand_long(1);
	operand old;

	if (expr->op == OP_SUB && value.kind == IR_ARG_LONG)
		value.number = (int64_t)(0 - (uint64_t)value.number);
	else if (expr->op == OP_SUB)
		value = emit2(lower, IR_SUB, operand_long(0), value);
	old = fetch_add(lower, expr->a, symbol, keys, value);
	return wants_old ? old : emit2(lower, IR_ADD, old, value);
}

static operand lower_local_assign(struct lower *lower, struct expr *expr)
{
	struct symbol *symbol = expr->a->ref;
	enum ir_type type = ir_type_of(symbol->type);
	operand var = operand_var(lower_variable(lower, symbol));
	operand value, old;

	if (expr->kind == EXPR_INCDEC) {
		old = expr->prefix ? var : copied(lower, var, symbol->type);
		value = combine(lower, expr, expr->op, var, operand_long(1));
		emit_move(lower, symbol->ir, type, value);
		return old;
	}
	value = lower_expr(lower, expr->b);
	if (expr->op != OP_NONE)
		value = combine(lower, expr, expr->op, var, value);
	emit_move(lower, symbol->ir, type, value);
	return var;
}

static operand lower_assign(struct lower *lower, struct expr *expr)
{
	bool element = expr->a->kind == EXPR_INDEX;
	struct symbol *symbol = element ? expr->a->a->ref : expr->a->ref;
	operand *keys;
	operand value;

	if (expr->op == OP_STAT)
		return lower_stat_add(lower, expr);
	if (!element && !symbol->global)
		return lower_local_assign(lower, expr);
	keys = element ? lower_list(lower, &expr->a->list, 0) : NULL;
	if (expr->op == OP_ADD || expr->op == OP_SUB)
		return lower_add_assign(lower, expr, symbol, keys,
					expr->kind == EXPR_INCDEC &&
					!expr->prefix);
	value = lower_expr(lower, expr->b);
	if (expr->op != OP_NONE) {
		int old = lower_temp(lower, ir_type_of(symbol->type));

		if (element)
			emit_element(lower, IR_AGET, old, symbol, keys,
				     expr->a->list.items.count);
		else
			emit_number(lower, emit(lower, IR_GET, old),
				    IR_ARG_GLOBAL, symbol->ir);
		value = combine(lower, expr, expr->op, operand_var(old),
				value);
	}
	if (element)
		set_element(lower, expr->a, symbol, keys, value);
	else
		lower_assign_symbol(lower, expr->a, value);
	return value;
}

static operand lower_in(struct lower *lower, struct expr *expr)
{
	operand *keys = lower_list(lower, &expr->list, 0);
	int result = lower_temp(lower, IR_LONG);

	emit_element(lower, IR_AHAS, result, expr->a->ref, keys,
		     expr->list.items.count);
	return operand_var(result);
}

static int stat_code(const char *name)
{
	static const struct {
		const char *name;
		int code;
	} codes[] = {
		{ "count", IR_STAT_COUNT }, { "sum", IR_STAT_SUM },
		{ "min", IR_STAT_MIN }, { "max", IR_STAT_MAX },
		{ "avg", IR_STAT_AVG }, { "variance", IR_STAT_VARIANCE },
	};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (strcmp(codes[i].name, name) == 0)
			return codes[i].code;
	return 0;
}

/* Reads of a statistic: its operators, and the buckets of its histogram. */
static operand lower_stat(struct lower *lower, struct expr *expr,
			  struct expr *place, enum ir_code code,
			  operand extra)
{
	bool element = place->kind == EXPR_INDEX;
	struct symbol *symbol = element ? place->a->ref : place->ref;
	operand *keys = element ? lower_list(lower, &place->list, 0) : NULL;
	int result = lower_temp(lower, IR_LONG);
	struct ir_op *op = emit_element(lower, code, result, symbol, keys,
					element ? place->list.items.count : 0);

	emit_arg(lower, op, extra);
	if (code == IR_SGET)
		emit_fault(lower, op, arena_printf(lower->arena, "@%s",
						   expr->text), expr->span);
	return operand_var(result);
}

static operand lower_match(struct lower *lower, struct expr *expr)
{
	operand subject = lower_expr(lower, expr->a);
	operand result = emit2(lower, IR_MATCH, subject,
			       operand_text(lower, expr->b->text,
					    expr->b->length));

	if (expr->op == OP_NOMATCH)
		return emit2(lower, IR_EQ, result, operand_long(0));
	return result;
}

static operand lower_primitive(struct lower *lower, struct expr *expr,
			       const struct primitive *primitive)
{
	bool none = primitive->signature[0] == '-';
	int result = none ? -1 :
		lower_temp(lower, primitive->signature[0] == 't' ? IR_TEXT :
								   IR_LONG);
	operand *args;
	struct ir_op *op;

	if (strchr("ku", primitive->flags[0]) && primitive->flags[0])
		return lower_load_text(lower, expr,
				       primitive->flags[0] == 'u');
	if (strchr("KU", primitive->flags[0]) && primitive->flags[0])
		return lower_store(lower, expr, primitive->flags[0] == 'U');
	/* a handler at several places has as many names */
	if (lower->probe && !lower->probe->twins.count &&
	    strcmp(primitive->name, "pp") == 0)
		return operand_text(lower, lower->probe->instance->name,
				    strlen(lower->probe->instance->name));
	args = lower_list(lower, &expr->list, 0);
	op = emit(lower, none ? IR_PRIMV : IR_PRIM, result);
	ir_arg_add(lower->program, op, IR_ARG_NAME, 0, primitive->name);
	for (size_t i = 0; i < expr->list.items.count; i++)
		emit_arg(lower, op, args[i]);
	if (strchr(primitive->flags, 'f'))
		emit_fault(lower, op, expr->text, expr->span);
	return none ? operand_long(0) : operand_var(result);
}

operand lower_call(struct lower *lower, struct expr *expr)
{
	struct callee *callee = expr->ref;
	struct function *f = callee->function;
	operand *args;
	struct ir_op *op;
	int number, result;
	bool none;

	if (!f)
		return lower_primitive(lower, expr,
				       &primitives[callee->primitive]);
	args = lower_list(lower, &expr->list, 0);
	number = lower_function(lower, f);
	none = !f->has_value && f->decl->type == TYPE_UNKNOWN;
	result = none ? -1 : lower_temp(lower, ir_type_of(f->type));
	op = emit(lower, none ? IR_CALLV : IR_CALL, result);
	emit_number(lower, op, IR_ARG_FUNCTION, number);
	for (size_t i = 0; i < expr->list.items.count; i++)
		emit_arg(lower, op, args[i]);
	emit_fault(lower, op, expr->text, expr->span);
	return none ? operand_long(0) : operand_var(result);
}

operand lower_expr(struct lower *lower, struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_NUMBER:
		return operand_long(expr->number);
	case EXPR_STRING:
		return operand_text(lower, expr->text, expr->length);
	case EXPR_SYMBOL:
		return lower_symbol(lower, expr);
	case EXPR_INDEX:
		return lower_index(lower, expr);
	case EXPR_CALL:
		return embedded_is_stable(expr->ref) ?
			lower_stable(lower, expr) : lower_call(lower, expr);
	case EXPR_PRINT:
		return lower_print(lower, expr);
	case EXPR_UNARY:
		return lower_unary(lower, expr);
	case EXPR_BINARY:
		if (expr->op == OP_LAND || expr->op == OP_LOR)
			return lower_truth(lower, expr);
		return lower_binary(lower, expr);
	case EXPR_TERNARY:
		return lower_ternary(lower, expr);
	case EXPR_ASSIGN:
	case EXPR_INCDEC:
		return lower_assign(lower, expr);
	case EXPR_IN:
		return lower_in(lower, expr);
	case EXPR_MATCH:
		return lower_match(lower, expr);
	case EXPR_STAT:
		return lower_stat(lower, expr, expr->a, IR_SGET,
				  operand_long(stat_code(expr->text)));
	case EXPR_HISTINDEX:
		return lower_stat(lower, expr, expr->a->a, IR_HGET,
				  lower_expr(lower, expr->b));
	case EXPR_TARGET:
		return lower_target(lower, expr);
	case EXPR_DEREF:
		return lower_deref(lower, expr);
	case EXPR_EMBEDDED:
		return lower_embedded(lower, expr, IR_CODE_VALUE,
				      ir_type_of(expr->type), NULL);
	case EXPR_HIST:
		return lower_hist(lower, expr);
	case EXPR_ACCESS: case EXPR_ADDRESS: case EXPR_CAST:
	case EXPR_ATVAR: case EXPR_DEFINED: case EXPR_ENTRY:
	case EXPR_PROBEWRITE: case EXPR_PERF: case EXPR_CONST: case EXPR_ENUM:
	case EXPR_ENUMNAME: case EXPR_REGISTER: case EXPR_WILDCARD:
		break;
	}
	diag_report(lower->sema->diag, DIAG_op_unsupported, expr->span,
		    "this construct", "it has no meaning here");
	return operand_long(0);
}

/* a && b, a || b, a ? b : c as a statement: jumps without a result. */
static void lower_choice(struct lower *lower, struct expr *expr)
{
	bool ternary = expr->kind == EXPR_TERNARY;
	int first = new_block(lower);
	int second = ternary ? new_block(lower) : -1;
	int end = new_block(lower);

	if (!ternary && expr->op == OP_LOR)
		lower_condition(lower, expr->a, end, first);
	else
		lower_condition(lower, expr->a, first, ternary ? second : end);
	lower->block = first;
	lower_effect(lower, expr->b);
	emit_jump(lower, end);
	if (ternary) {
		lower->block = second;
		lower_effect(lower, expr->c);
		emit_jump(lower, end);
	}
	lower->block = end;
}

void lower_effect(struct lower *lower, struct expr *expr)
{
	if (!expr)
		return;
	if (expr->kind == EXPR_TERNARY ||
	    (expr->kind == EXPR_BINARY &&
	     (expr->op == OP_LAND || expr->op == OP_LOR)))
		lower_choice(lower, expr);
	else
		lower_expr(lower, expr);
}
