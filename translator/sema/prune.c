/*
 * What nobody reads goes: functions never called, locals assigned and never
 * read (alias variables above all), statements without effect. The user's own
 * are named in a warning; the library's go silently. Reads and writes of
 * globals are counted on the way, for autoprint.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/sema/poison.h"

struct prune {
	struct sema *sema;
	bool changed;
};

static bool stmt_has_effect(struct stmt *stmt);

/* ---- effects ---- */

static bool function_has_effect(struct function *f)
{
	bool effect = false;

	for (; f && !effect; f = f->next) {
		if (f->effect == 0) {
			f->effect = 3;
			f->effect = stmt_has_effect(f->decl->body) ? 2 : 1;
		}
		effect = f->effect != 1;
	}
	return effect;
}

static bool call_has_effect(const struct expr *expr)
{
	const struct callee *callee = expr->ref;

	return callee->function ? function_has_effect(callee->function) :
	       strchr(primitives[callee->primitive].flags, 'e') != NULL;
}

/* Assignments to locals of a function are not seen outside it. */
static bool assignment_stays(const struct expr *expr, bool in_function)
{
	return in_function && expr->a->kind == EXPR_SYMBOL &&
	       !((struct symbol *)expr->a->ref)->global;
}

/* Assignments and anything seen outside; faults do not count. */
static bool has_effect(const struct expr *expr, bool in_function)
{
	if (!expr || expr_is_poison(expr))
		return false;
	if (expr->kind == EXPR_ASSIGN || expr->kind == EXPR_INCDEC)
		return !assignment_stays(expr, in_function) ||
		       has_effect(expr->b, in_function);
	if ((expr->kind == EXPR_CALL && call_has_effect(expr)) ||
	    (expr->kind == EXPR_PRINT && expr->text[0] != 's') ||
	    (expr->kind == EXPR_EMBEDDED &&
	     !embedded_pragma(expr->text, "pure")) ||
	    expr->kind == EXPR_MATCH)
		return true;
	for (size_t i = 0; i < expr->list.items.count; i++)
		if (has_effect(expr->list.items.items[i], in_function))
			return true;
	return has_effect(expr->a, in_function) ||
	       has_effect(expr->b, in_function) ||
	       has_effect(expr->c, in_function);
}

static bool stmt_has_effect(struct stmt *stmt)
{
	if (!stmt)
		return false;
	if (stmt->kind == STMT_DELETE)
		return true;
	if (stmt->kind == STMT_EMBEDDED)
		return !embedded_pragma(stmt->code, "pure");
	for (size_t i = 0; i < stmt->block.items.count; i++)
		if (stmt_has_effect(stmt->block.items.items[i]))
			return true;
	return has_effect(stmt->expr, true) || has_effect(stmt->init, true) ||
	       has_effect(stmt->step, true) || stmt_has_effect(stmt->body) ||
	       stmt_has_effect(stmt->other);
}

/* ---- counting ---- */

static void count_expr(struct expr *expr, bool write_only);

static void count_list(struct expr_list *list)
{
	for (size_t i = 0; i < list->items.count; i++)
		count_expr(list->items.items[i], false);
}

static void count_place(struct expr *expr, bool read, bool write)
{
	struct expr *name = expr->kind == EXPR_INDEX ? expr->a : expr;
	struct symbol *symbol = name->ref;

	if (expr_is_poison(expr) || !symbol)
		return;
	symbol->reads += read;
	symbol->writes += write;
	if (expr->kind == EXPR_INDEX)
		count_list(&expr->list);
}

static void count_target(struct expr *expr)
{
	struct target *target = expr->ref;

	if (!target)
		return;
	if (target->base)
		count_expr(target->base, false);
	count_list(&target->indexes);
}

/* @unused: the value is dropped, so x++ does not read x. */
static void count_expr(struct expr *expr, bool unused)
{
	if (!expr || expr_is_poison(expr))
		return;
	if (expr->kind == EXPR_SYMBOL || expr->kind == EXPR_INDEX) {
		count_place(expr, true, false);
	} else if (expr->kind == EXPR_ASSIGN || expr->kind == EXPR_INCDEC) {
		count_place(expr->a, !unused, true);
		count_expr(expr->b, false);
	} else if (expr->kind == EXPR_EMBEDDED) {
		for (size_t i = 0; i < expr->list.items.count; i++)
			count_place(expr->list.items.items[i],
				    expr->list.items.items[i]->number & 1,
				    expr->list.items.items[i]->number & 2);
	} else if (expr->kind == EXPR_TARGET) {
		count_target(expr);
	} else if (expr->kind == EXPR_IN) {
		((struct symbol *)expr->a->ref)->reads++;
		count_list(&expr->list);
	} else {
		count_expr(expr->a, false);
		count_expr(expr->b, false);
		count_expr(expr->c, false);
		count_list(&expr->list);
	}
}

static void count_stmt(struct stmt *stmt)
{
	struct foreach *f = stmt->foreach;

	count_expr(stmt->init, true);
	if (stmt->kind == STMT_DELETE)
		count_place(stmt->expr, false, true);
	else
		count_expr(stmt->expr, stmt->kind == STMT_EXPR);
	count_expr(stmt->step, true);
	if (stmt->kind == STMT_FOREACH) {
		if (f->array->kind == EXPR_HIST)
			count_expr(f->array->a, false);
		else if (f->array->ref)
			((struct symbol *)f->array->ref)->reads++;
		for (size_t i = 0; i < f->keys.count; i++)
			count_place(f->keys.items[i], true, true);
		if (f->value)
			count_place(f->value, true, true);
		count_list(&f->slice);
		count_expr(f->limit, false);
	}
	if (stmt->message)
		count_place(stmt->message, true, true);
	if (stmt->body)
		count_stmt(stmt->body);
	if (stmt->other)
		count_stmt(stmt->other);
	for (size_t i = 0; i < stmt->block.items.count; i++)
		count_stmt(stmt->block.items.items[i]);
}

static void reset_locals(struct map *locals)
{
	for (size_t i = 0; i < locals->count; i++) {
		struct symbol *symbol = locals->entries[i].value;

		symbol->reads = symbol->writes = 0;
	}
}

/* ---- reach ---- */

static void reach_expr(struct expr *expr);

static void reach_stmt(struct stmt *stmt)
{
	struct foreach *f = stmt->foreach;

	reach_expr(stmt->init);
	reach_expr(stmt->expr);
	reach_expr(stmt->step);
	if (f) {
		reach_expr(f->limit);
		for (size_t i = 0; i < f->slice.items.count; i++)
			reach_expr(f->slice.items.items[i]);
	}
	if (stmt->body)
		reach_stmt(stmt->body);
	if (stmt->other)
		reach_stmt(stmt->other);
	for (size_t i = 0; i < stmt->block.items.count; i++)
		reach_stmt(stmt->block.items.items[i]);
}

static void reach_function(struct function *f)
{
	for (; f; f = f->next) {
		if (f->used)
			continue;
		f->used = true;
		reach_stmt(f->decl->body);
	}
}

static void reach_expr(struct expr *expr)
{
	struct target *target;

	if (!expr || expr_is_poison(expr))
		return;
	if (expr->kind == EXPR_CALL && expr->ref)
		reach_function(((struct callee *)expr->ref)->function);
	if (expr->kind == EXPR_TARGET && expr->ref) {
		target = expr->ref;
		reach_expr(target->base);
		for (size_t i = 0; i < target->indexes.items.count; i++)
			reach_expr(target->indexes.items.items[i]);
	}
	reach_expr(expr->a);
	reach_expr(expr->b);
	reach_expr(expr->c);
	for (size_t i = 0; i < expr->list.items.count; i++)
		reach_expr(expr->list.items.items[i]);
}

static void reach_all(struct sema *sema)
{
	for (size_t i = 0; i < sema->functions.count; i++)
		sema->functions.items[i]->used = false;
	for (size_t i = 0; i < sema->probes.count; i++) {
		struct probe *probe = sema->probes.items[i];

		if (!probe->instance->kind)
			continue;
		reach_expr(probe->condition);
		reach_stmt(probe->body);
	}
}

static void count_all(struct sema *sema)
{
	for (size_t i = 0; i < sema->globals.count; i++)
		sema->globals.items[i]->reads =
			sema->globals.items[i]->writes = 0;
	for (size_t i = 0; i < sema->probes.count; i++) {
		struct probe *probe = sema->probes.items[i];

		reset_locals(&probe->locals);
		if (!probe->instance->kind)
			continue;
		count_expr(probe->condition, false);
		count_stmt(probe->body);
	}
	for (size_t i = 0; i < sema->functions.count; i++) {
		struct function *f = sema->functions.items[i];

		reset_locals(&f->locals);
		if (f->used)
			count_stmt(f->decl->body);
	}
}

/* ---- dropping ---- */

static bool own(const struct span span)
{
	return span.source && !span.source->library &&
	       strcmp(span.source->name, "<automatic>") != 0;
}

/* Without its expression: what that read and called counts no more. */
static void clear_stmt(struct stmt *stmt)
{
	stmt->kind = STMT_NULL;
	stmt->expr = NULL;
}

/* A local that is only assigned: its assignment goes, or what the right side
 * does stays. */
static void drop_assignment(struct prune *prune, struct stmt *stmt)
{
	struct expr *expr = stmt->expr;
	struct symbol *symbol;

	if ((expr->kind != EXPR_ASSIGN && expr->kind != EXPR_INCDEC) ||
	    expr->a->kind != EXPR_SYMBOL || expr_is_poison(expr))
		return;
	symbol = expr->a->ref;
	/* none in what is never executed: names there are not resolved */
	if (!symbol || symbol->global || symbol->reads)
		return;
	if (own(expr->span) && !symbol->is_param && !expr->span.origin)
		diag_report(prune->sema->diag, DIAG_unused_local,
			    expr->a->span, symbol->name);
	prune->changed = true;
	if (expr->b && has_effect(expr->b, false))
		stmt->expr = expr->b;
	else
		clear_stmt(stmt);
}

static void prune_stmt(struct prune *prune, struct stmt *stmt)
{
	if (stmt->kind == STMT_EXPR)
		drop_assignment(prune, stmt);
	if (stmt->kind == STMT_EXPR && !has_effect(stmt->expr, false)) {
		prune->changed = true;
		if (own(stmt->expr->span) && !stmt->expr->span.origin &&
		    stmt->expr->kind != EXPR_CALL)
			diag_report(prune->sema->diag, DIAG_no_effect,
				    stmt->expr->span);
		clear_stmt(stmt);
	}
	if (stmt->body)
		prune_stmt(prune, stmt->body);
	if (stmt->other)
		prune_stmt(prune, stmt->other);
	for (size_t i = 0; i < stmt->block.items.count; i++)
		prune_stmt(prune, stmt->block.items.items[i]);
}

static void prune_bodies(struct prune *prune)
{
	struct sema *sema = prune->sema;

	for (size_t i = 0; i < sema->probes.count; i++)
		if (sema->probes.items[i]->instance->kind)
			prune_stmt(prune, sema->probes.items[i]->body);
	for (size_t i = 0; i < sema->functions.count; i++)
		if (sema->functions.items[i]->used)
			prune_stmt(prune,
				   sema->functions.items[i]->decl->body);
}

static void warn_unassigned(struct sema *sema, const struct symbol *symbol,
			    const char *hint)
{
	if (symbol->reads && !symbol->writes && own(symbol->span))
		diag_report_hint(sema->diag, DIAG_unassigned, symbol->span,
				 hint, symbol->name,
				 symbol->key_count > 0 ? "empty" :
				 symbol->type == TYPE_STRING ? "\"\"" : "0");
}

/* A name that is read only is a slip of the keyboard more often than not. */
static void warn_locals(struct sema *sema, const struct map *locals)
{
	for (size_t i = 0; i < locals->count; i++) {
		const struct symbol *symbol = locals->entries[i].value;

		if (!symbol->is_param)
			warn_unassigned(sema, symbol,
					sema_suggest_local(sema, symbol->name,
							   locals));
	}
}

static void warn_unused(struct sema *sema)
{
	for (size_t i = 0; i < sema->functions.count; i++) {
		const struct function *f = sema->functions.items[i];

		if (!f->used && own(f->decl->span) &&
		    !sema->options->keep_unused)
			diag_report(sema->diag, DIAG_unused_function,
				    f->decl->span, f->decl->name);
	}
	for (size_t i = 0; i < sema->globals.count; i++) {
		const struct symbol *symbol = sema->globals.items[i];

		if (!symbol->reads && !symbol->writes && own(symbol->span))
			diag_report_hint(sema->diag, DIAG_unused_global,
					 symbol->span, NULL, symbol->name);
		else if (!symbol->set_by && !symbol->global->init)
			warn_unassigned(sema, symbol, NULL);
	}
	for (size_t i = 0; i < sema->probes.count; i++)
		warn_locals(sema, &sema->probes.items[i]->locals);
	for (size_t i = 0; i < sema->functions.count; i++)
		warn_locals(sema, &sema->functions.items[i]->locals);
}

void sema_prune(struct sema *sema)
{
	struct prune prune = { .sema = sema };

	reach_all(sema);
	count_all(sema);
	if (!sema->options->keep_unused) {
		do {
			prune.changed = false;
			prune_bodies(&prune);
			reach_all(sema);
			count_all(sema);
		} while (prune.changed);
	}
	warn_unused(sema);
}
