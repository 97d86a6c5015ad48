/*
 * @entry(e): what an expression was worth where the call began that now
 * returns. A probe on the entry keeps it in an array.
 */
#include "translator/sema/sema.h"

#include "runtime/common/registers.h"
#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/sema/poison.h"
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
		sema->arena, LOCATION_REGISTER, REGISTER_SP);
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
				 struct span span)
{
	const struct probe_instance *entry = probe->instance->context->entry;

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

void entry_resolve(struct sema *sema, struct scope *scope, struct expr **slot)
{
	struct expr *expr = *slot;
	const struct probe_context *context =
		scope->probe ? scope->probe->instance->context : NULL;
	struct stmt *save, *forget;
	struct probe *probe;
	const char *name;

	if (!context || !context->entry) {
		diag_report(sema->diag, DIAG_entry_outside, expr->span);
		expr_poison(expr);
		return;
	}
	name = add_saved(sema, expr->span);
	probe = entry_probe(sema, scope->probe, expr->span);
	save = stmt_create(sema->arena, STMT_EXPR, expr->span);
	save->expr = expr_create(sema->arena, EXPR_ASSIGN, expr->span);
	save->expr->a = saved_value(sema, expr->span,
				    context->entry->context, name);
	save->expr->b = expr->a;
	*vec_push(sema->arena, &probe->body->block.items) = save;
	forget = stmt_create(sema->arena, STMT_DELETE, expr->span);
	forget->expr = saved_value(sema, expr->span, context, name);
	*vec_push(sema->arena, &scope->probe->body->block.items) = forget;
	*slot = saved_value(sema, expr->span, context, name);
	resolve_one(sema, scope, slot);
}
