/*
 * @entry(e): what an expression was worth where the call began that now
 * returns. A probe on the entry keeps it in an array.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "runtime/common/registers.h"
#include "runtime/common/wire.h"
#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"
#include "translator/sema/poison.h"
#include "translator/syntax/parse.h"
#include "translator/target/location.h"

static struct expr *call_tid(struct sema *sema, struct span span)
{
	struct expr *call = expr_create(sema->arena, EXPR_CALL, span);

	call->text = "tid";
	return call;
}

/* The stack pointer of the caller, the same on entry and on return: with the
 * thread it tells a call from others of the function, recursive ones too. */
static struct expr *call_stack(struct sema *sema, struct span span,
			       const struct probe_context *context)
{
	struct location_expr *sp = location_leaf(
		sema->arena, LOCATION_REGISTER,
		context->user ? REGISTER_SP : REGISTER_CALL);
	const char *reason;

	if (context->entry)
		return location_tree(sema, span, context, sp, &reason);
	if (context->call_frame)
		return location_tree(sema, span, context, context->call_frame,
				     &reason);
	return location_tree(
		sema, span, context,
		location_binary(sema->arena, LOCATION_ADD, sp,
				location_constant(sema->arena,
						  REGISTER_CALL_PUSH)),
		&reason);
}

/* name[tid()] or name[tid(), stack] */
static struct expr *saved_value(struct sema *sema, struct span span,
				const struct probe_context *context,
				const char *name)
{
	struct expr *index = expr_create(sema->arena, EXPR_INDEX, span);

	index->a = expr_create(sema->arena, EXPR_SYMBOL, span);
	index->a->text = name;
	*vec_push(sema->arena, &index->list.items) = call_tid(sema, span);
	if (context->has_registers)
		*vec_push(sema->arena, &index->list.items) =
			call_stack(sema, span, context);
	return index;
}

/* An array by call, that forgets the oldest: an entry whose return is never
 * seen must not fill it up. */
static const char *add_saved(struct sema *sema, struct span span)
{
	struct global_decl *decl = arena_new(sema->arena, struct global_decl);

	decl->name = arena_printf(sema->arena, "__entry_%zu",
				  sema->globals.count);
	decl->span = span;
	decl->span.origin = NULL;
	decl->wrap = true;
	sema_add_global(sema, decl);
	return decl->name;
}

/* The probe on the entry that saves for @probe: one for all it asks. It is
 * resolved after @probe is, so statements may still be added. */
static struct probe *entry_probe(struct sema *sema, struct probe *probe,
				 const struct probe_instance *entry,
				 struct span span)
{
	if (probe->entry)
		return probe->entry;
	probe->entry = arena_new(sema->arena, struct probe);
	*probe->entry = (struct probe){
		.decl = probe->decl,
		.instance = (struct probe_instance *)entry,
		.span = span,
		.body = stmt_create(sema->arena, STMT_BLOCK, span),
		.listed = entry->name, .quiet = true,
	};
	*vec_push(sema->arena, &sema->probes) = probe->entry;
	return probe->entry;
}

/* ---- what is asked ---- */

struct locals_search {
	struct sema *sema;
	const char *found;
};

static void find_local(struct expr **slot, void *context)
{
	struct locals_search *search = context;
	const struct expr *expr = *slot;

	if (expr->kind == EXPR_SYMBOL &&
	    !sema_global(search->sema, expr->text, expr->span))
		search->found = expr->text;
}

/* An expression that is evaluated on entry may not use what the return probe
 * works out itself. */
static bool has_local(struct sema *sema, struct expr *expr)
{
	struct locals_search search = { sema, NULL };

	expr_walk(&expr, find_local, &search);
	if (search.found)
		diag_report(sema->diag, DIAG_target_access, expr->span,
			    arena_printf(sema->arena, "this is evaluated when "
				"the call begins, where the local variable "
				"'%s' has no value yet", search.found));
	return search.found;
}

/* Where the call began: for what a script asks in a return probe, for what the
 * translator itself asks anywhere. */
static const struct probe_instance *begin_of(const struct scope *scope,
					     const struct expr *entry)
{
	const struct probe_context *context =
		scope->probe ? scope->probe->instance->context : NULL;

	if (!context)
		return NULL;
	return context->entry || !entry->number ? context->entry :
						  context->begin;
}

/* Whether it can be had on entry, for @defined: nothing is kept. */
static void try_entry(struct sema *sema, struct scope *scope,
		      struct expr **slot)
{
	struct probe probe = {
		.decl = scope->probe->decl, .span = (*slot)->span,
		.instance = (struct probe_instance *)begin_of(scope, *slot),
	};
	struct scope inner = { .locals = &probe.locals, .probe = &probe };
	struct expr *expr = (*slot)->a;

	resolve_one(sema, &inner, &expr);
	*slot = expr_create(sema->arena, EXPR_NUMBER, expr->span);
}

/* The array that keeps this expression: one for all that ask the same. */
static const char *saved_name(struct sema *sema, struct scope *scope,
			      const struct probe_instance *begin,
			      struct expr *expr)
{
	const struct probe_context *context = scope->probe->instance->context;
	struct probe *probe = entry_probe(sema, scope->probe, begin,
					  expr->span);
	struct saved_entry *saved;
	struct stmt *save, *forget;
	struct buf text = { 0 };
	const char *wanted;

	unparse_expr(&text, expr);
	wanted = buf_take(&text, sema->arena);
	for (size_t i = 0; i < scope->probe->saved.count; i++)
		if (!strcmp(scope->probe->saved.items[i].text, wanted))
			return scope->probe->saved.items[i].array;
	saved = vec_push(sema->arena, &scope->probe->saved);
	*saved = (struct saved_entry){ wanted, add_saved(sema, expr->span) };
	save = stmt_create(sema->arena, STMT_EXPR, expr->span);
	save->expr = expr_create(sema->arena, EXPR_ASSIGN, expr->span);
	save->expr->a = saved_value(sema, expr->span, begin->context,
				    saved->array);
	save->expr->b = expr;
	*vec_push(sema->arena, &probe->body->block.items) = save;
	if (!context->entry)
		return saved->array;
	forget = stmt_create(sema->arena, STMT_DELETE, expr->span);
	forget->expr = saved_value(sema, expr->span, context, saved->array);
	*vec_push(sema->arena, &scope->probe->body->block.items) = forget;
	return saved->array;
}

void entry_resolve(struct sema *sema, struct scope *scope, struct expr **slot)
{
	struct expr *expr = *slot;
	const struct probe_instance *begin = begin_of(scope, expr);

	if (!begin) {
		diag_report(sema->diag, DIAG_entry_outside, expr->span);
		expr_poison(expr);
		return;
	}
	if (has_local(sema, expr->a)) {
		expr_poison(expr);
		return;
	}
	if (diag_is_muted(sema->diag)) {
		try_entry(sema, scope, slot);
		return;
	}
	*slot = saved_value(sema, expr->span, scope->probe->instance->context,
			    saved_name(sema, scope, begin, expr->a));
	resolve_one(sema, scope, slot);
}

/* if (![tid(), stack] in array) { __skipped(WIRE_SKIP_ENTRY); next } */
static struct stmt *guard(struct sema *sema, const struct probe *probe)
{
	struct span span = probe->span;
	struct stmt *test = stmt_create(sema->arena, STMT_IF, span);
	struct stmt *count = stmt_create(sema->arena, STMT_EXPR, span);
	struct expr *value = saved_value(sema, span, probe->instance->context,
					 probe->saved.items[0].array);

	value->kind = EXPR_IN;
	test->expr = expr_create(sema->arena, EXPR_UNARY, span);
	test->expr->op = OP_NOT;
	test->expr->a = value;
	count->expr = expr_create(sema->arena, EXPR_CALL, span);
	count->expr->text = "__skipped";
	*vec_push(sema->arena, &count->expr->list.items) =
		expr_create(sema->arena, EXPR_NUMBER, span);
	count->expr->list.items.items[0]->number = WIRE_SKIP_ENTRY;
	test->body = stmt_create(sema->arena, STMT_BLOCK, span);
	*vec_push(sema->arena, &test->body->block.items) = count;
	*vec_push(sema->arena, &test->body->block.items) =
		stmt_create(sema->arena, STMT_NEXT, span);
	return test;
}

struct stmt *entry_guard(struct sema *sema, struct probe *probe)
{
	struct stmt *body, *test;

	if (!probe->saved.count || !probe->instance->context->has_registers)
		return NULL;
	test = guard(sema, probe);
	body = stmt_create(sema->arena, STMT_BLOCK, probe->span);
	*vec_push(sema->arena, &body->block.items) = test;
	*vec_push(sema->arena, &body->block.items) = probe->body;
	probe->body = body;
	return test;
}
