/*
 * Constants computed at compile time by the rules of running: arith.h. The
 * children of the node are folded already.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "runtime/common/arith.h"
#include "translator/base/arena.h"
#include "translator/sema/poison.h"

bool expr_constant(const struct expr *expr, int64_t *ret)
{
	if (!expr || expr->kind != EXPR_NUMBER || expr_is_poison(expr))
		return false;
	*ret = expr->number;
	return true;
}

static bool fold_longs(enum operator_kind op, int64_t a, int64_t b,
		       int64_t *ret)
{
	switch (op) {
	case OP_ADD: *ret = arith_add(a, b); return true;
	case OP_SUB: *ret = arith_sub(a, b); return true;
	case OP_MUL: *ret = arith_mul(a, b); return true;
	case OP_DIV:
		if (b)
			*ret = arith_div(a, b);
		return b != 0;
	case OP_MOD:
		if (b)
			*ret = arith_mod(a, b);
		return b != 0;
	case OP_SHL: *ret = arith_shl(a, b); return true;
	case OP_SHR: *ret = arith_shr(a, b); return true;
	case OP_AND: *ret = a & b; return true;
	case OP_OR: *ret = a | b; return true;
	case OP_XOR: *ret = a ^ b; return true;
	case OP_EQ: *ret = a == b; return true;
	case OP_NE: *ret = a != b; return true;
	case OP_LT: *ret = a < b; return true;
	case OP_LE: *ret = a <= b; return true;
	case OP_GT: *ret = a > b; return true;
	case OP_GE: *ret = a >= b; return true;
	case OP_LAND: *ret = a && b; return true;
	case OP_LOR: *ret = a || b; return true;
	case OP_NONE: case OP_USHR: case OP_CAT: case OP_MATCH:
	case OP_NOMATCH: case OP_STAT: case OP_NEG: case OP_POS: case OP_NOT:
	case OP_BITNOT:
		return false;
	}
	return false;
}

static bool fold_unary(enum operator_kind op, int64_t a, int64_t *ret)
{
	if (op == OP_NEG)
		*ret = arith_sub(0, a);
	else if (op == OP_POS)
		*ret = a;
	else if (op == OP_NOT)
		*ret = !a;
	else if (op == OP_BITNOT)
		*ret = ~a;
	else
		return false;
	return true;
}

static bool fold_texts(const struct expr *expr, int64_t *ret)
{
	int order = strcmp(expr->a->text, expr->b->text);

	return fold_longs(expr->op, order, 0, ret) && expr->op >= OP_EQ &&
	       expr->op <= OP_GE;
}

void fold_expr(struct arena *arena, struct expr **slot)
{
	struct expr *expr = *slot;
	struct expr *result;
	int64_t a, b, value;
	bool folded = false;

	if (expr->kind == EXPR_UNARY && expr_constant(expr->a, &a))
		folded = fold_unary(expr->op, a, &value);
	else if (expr->kind == EXPR_BINARY && expr_constant(expr->a, &a) &&
		 expr_constant(expr->b, &b))
		folded = fold_longs(expr->op, a, b, &value);
	else if (expr->kind == EXPR_BINARY && expr->a->kind == EXPR_STRING &&
		 expr->b->kind == EXPR_STRING)
		folded = fold_texts(expr, &value);
	if (!folded)
		return;
	result = arena_new(arena, struct expr);
	result->kind = EXPR_NUMBER;
	result->span = expr->span;
	result->number = value;
	result->type = TYPE_LONG;
	*slot = result;
}
