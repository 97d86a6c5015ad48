/*
 * Assignments to what a probe sees ("$n->count = 0"), in guru mode: a store at
 * the address that the left side has.
 */
#include "translator/sema/sema.h"

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/sema/poison.h"
#include "translator/target/access.h"
#include "translator/target/location.h"

static struct expr *number(struct sema *sema, struct span span, int64_t value)
{
	struct expr *expr = expr_create(sema->arena, EXPR_NUMBER, span);

	expr->number = value;
	return expr;
}

static struct expr *binary(struct sema *sema, struct span span,
			   enum operator_kind op, struct expr *a,
			   struct expr *b)
{
	struct expr *expr = expr_create(sema->arena, EXPR_BINARY, span);

	expr->op = op;
	expr->a = a;
	expr->b = b;
	return expr;
}

/* Why the left side has no memory that could be written; NULL: it has. */
static const char *why_not(const struct sema *sema, const struct expr *left)
{
	const struct target *target =
		left->kind == EXPR_TARGET ? left->ref : NULL, *base;

	if (!sema->options->guru)
		return "it changes the traced program: that takes guru mode, -g";
	if (!target || target->kind != TARGET_PATH)
		return "it is not memory of the traced program";
	base = target->base->kind == EXPR_TARGET ? target->base->ref : NULL;
	if (target->plan->end == ACCESS_VALUE && base &&
	    base->kind == TARGET_ARG)
		return "it is an argument, of which the probe has a copy";
	switch (target->plan->end) {
	case ACCESS_LOAD:
		return NULL;
	case ACCESS_VALUE:
		return "it lies in a register here, which cannot be changed; "
		       "where it lies in memory it can";
	case ACCESS_BITS:
		return "it is a bit-field; write all of the number that it is "
		       "part of";
	case ACCESS_ADDRESS:
		return "it is a whole structure or array; write its members";
	}
	return NULL;
}

/* The same place, its address in place of its value. */
static struct expr *address_of(struct sema *sema, const struct expr *left)
{
	struct expr *address = expr_create(sema->arena, EXPR_TARGET,
					   left->span);
	struct target *target = arena_new(sema->arena, struct target);
	struct access_plan *plan = arena_new(sema->arena, struct access_plan);

	*target = *(const struct target *)left->ref;
	*plan = *target->plan;
	plan->end = ACCESS_ADDRESS;
	target->plan = plan;
	*address = *left;
	address->ref = target;
	return address;
}

/* A variable that is no memory: its value goes to a function of the library. */
static bool write_by_function(struct sema *sema, struct scope *scope,
			      struct expr **slot)
{
	struct expr *expr = *slot, *call, *value = expr->b;
	struct span span = expr->span;
	bool is_after = expr->kind == EXPR_INCDEC && !expr->prefix;
	const struct context_var *var = expr->a->kind != EXPR_TARGET ? NULL :
		context_var_find(sema, scope, expr->a->text);

	if (!var || !var->setter || !sema->options->guru)
		return false;
	if (!value)
		value = number(sema, span, 1);
	if (expr->op != OP_NONE)
		value = binary(sema, span, expr->op, expr->a, value);
	call = expr_create(sema->arena, EXPR_CALL, span);
	call->text = var->setter;
	*vec_push(sema->arena, &call->list.items) = value;
	*slot = !is_after ? call :
		binary(sema, span, expr->op == OP_ADD ? OP_SUB : OP_ADD, call,
		       number(sema, span, 1));
	resolve_one(sema, scope, slot);
	return true;
}

/* The register that holds all of the variable at hand, or -1. */
static int64_t whole_register(const struct expr *left)
{
	const struct target *target =
		left->kind == EXPR_TARGET ? left->ref : NULL, *base;

	if (!target || target->kind != TARGET_PATH ||
	    target->plan->end != ACCESS_VALUE || target->plan->steps.count ||
	    target->base->kind != EXPR_TARGET)
		return -1;
	base = target->base->ref;
	return base && base->kind == TARGET_LOCATION &&
	       base->location->op == LOCATION_REGISTER ?
		base->location->number : -1;
}

/* A store, and for x++ what was there before. */
static void replace(struct sema *sema, struct scope *scope, struct expr **slot,
		    struct expr *call, bool is_after)
{
	const struct expr *expr = *slot;

	*slot = !is_after ? call :
		binary(sema, expr->span, expr->op == OP_ADD ? OP_SUB : OP_ADD,
		       call, number(sema, expr->span, 1));
	resolve_one(sema, scope, slot);
}

void write_resolve(struct sema *sema, struct scope *scope, struct expr **slot)
{
	struct expr *expr = *slot, *call, *value;
	struct span span = expr->span;
	bool is_after = expr->kind == EXPR_INCDEC && !expr->prefix;
	const struct target *target;
	const char *reason;
	int64_t held;

	if (write_by_function(sema, scope, slot))
		return;
	resolve_one(sema, scope, &expr->a);
	if (expr_is_poison(expr->a)) {
		expr_poison(expr);
		return;
	}
	held = sema->options->guru ? whole_register(expr->a) : -1;
	reason = held < 0 ? why_not(sema, expr->a) : NULL;
	if (reason) {
		diag_report(sema->diag, DIAG_target_write, expr->a->span,
			    reason);
		expr_poison(expr);
		return;
	}
	value = expr->b ? expr->b : number(sema, span, 1);
	if (expr->op != OP_NONE)
		value = binary(sema, span, expr->op, expr->a, value);
	target = expr->a->ref;
	call = expr_create(sema->arena, EXPR_CALL, span);
	if (held >= 0) {
		call->text = "__register_set";
		*vec_push(sema->arena, &call->list.items) =
			number(sema, span, held);
		*vec_push(sema->arena, &call->list.items) = value;
		replace(sema, scope, slot, call, is_after);
		return;
	}
	call->text = target->user ? "__user_store" : "__kernel_store";
	*vec_push(sema->arena, &call->list.items) = address_of(sema, expr->a);
	*vec_push(sema->arena, &call->list.items) = value;
	*vec_push(sema->arena, &call->list.items) =
		number(sema, span, target->plan->size);
	replace(sema, scope, slot, call, is_after);
}
