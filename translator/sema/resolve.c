/*
 * Names to what they mean, top down, so that what a compile-time test rules
 * out is dropped before it is looked at: "@defined($x) ? $x : 0" compiles
 * where there is no $x.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/sema/poison.h"

static void resolve_expr(struct sema *sema, struct scope *scope,
			 struct expr **slot);
static void resolve_stmt(struct sema *sema, struct scope *scope,
			 struct stmt *stmt);

void expr_poison(struct expr *expr)
{
	struct span span = expr->span;

	*expr = (struct expr){ .kind = EXPR_NUMBER, .span = span };
	expr->type = TYPE_UNKNOWN;
	expr->ref = (void *)poison_mark;
}

const char poison_mark[] = "poison";

bool expr_is_poison(const struct expr *expr)
{
	return expr->ref == (const void *)poison_mark;
}

static struct symbol *new_local(struct sema *sema, struct scope *scope,
				const struct expr *expr)
{
	struct symbol *symbol = arena_new(sema->arena, struct symbol);

	symbol->name = expr->text;
	symbol->span = expr->span;
	map_put(sema->arena, scope->locals, symbol->name, symbol);
	return symbol;
}

static bool in_library(struct span span)
{
	return span.source && span.source->library;
}

/*
 * What a name means: a local, else a global. A global of the script hides what
 * an alias of the library calls its variables.
 */
static struct symbol *find_symbol(struct sema *sema, struct scope *scope,
				  const struct expr *expr)
{
	struct symbol *local = map_get(scope->locals, expr->text);
	struct symbol *global;

	if (local && (!in_library(local->span) || in_library(expr->span)))
		return local;
	global = sema_global(sema, expr->text, expr->span);
	if (local && (!global || in_library(global->span)))
		return local;
	return global;
}

static void resolve_symbol(struct sema *sema, struct scope *scope,
			   struct expr *expr)
{
	struct symbol *symbol = find_symbol(sema, scope, expr);

	if (!symbol)
		symbol = new_local(sema, scope, expr);
	expr->ref = symbol;
	expr->ctype = symbol->ctype;
}

/* A name that must be a declared array (or statistic). */
static struct symbol *resolve_array(struct sema *sema, struct scope *scope,
				    struct expr *expr, int keys)
{
	struct symbol *symbol = find_symbol(sema, scope, expr);

	if (!symbol || (!symbol->global && keys > 0)) {
		diag_report_hint(sema->diag, DIAG_array_undeclared, expr->span,
				 sema_suggest(sema, 'g', expr->text),
				 expr->text, expr->text);
		return NULL;
	}
	expr->ref = symbol;
	if (keys < 0)
		return symbol;
	if (symbol->key_count < 0) {
		symbol->key_count = keys;
		symbol->is_array = keys > 0 || symbol->is_array;
		symbol->key_types = arena_array(sema->arena, enum type, keys);
	} else if (symbol->key_count != keys && !symbol->reported) {
		symbol->reported = true;
		if (symbol->key_count == 0 || keys == 0)
			diag_report(sema->diag, DIAG_array_scalar, expr->span,
				    expr->text);
		else
			diag_report(sema->diag, DIAG_array_keys, expr->span,
				    expr->text, symbol->key_count, keys);
		return NULL;
	}
	return symbol->key_count == keys ? symbol : NULL;
}

static void resolve_list(struct sema *sema, struct scope *scope,
			 struct expr_list *list)
{
	for (size_t i = 0; i < list->items.count; i++)
		if (list->items.items[i]->kind != EXPR_WILDCARD)
			resolve_expr(sema, scope, &list->items.items[i]);
}

static void check_walked(struct sema *sema, struct scope *scope,
			 const struct expr *target)
{
	for (size_t i = 0; i < scope->walked.count; i++)
		if (scope->walked.items[i] == target->ref)
			diag_report(sema->diag, DIAG_walk_modified,
				    target->span,
				    scope->walked.items[i]->name);
}

static void resolve_index(struct sema *sema, struct scope *scope,
			  struct expr **slot, bool wildcards)
{
	struct expr *expr = *slot;

	for (size_t i = 0; i < expr->list.items.count && !wildcards; i++)
		if (expr->list.items.items[i]->kind == EXPR_WILDCARD) {
			diag_report(sema->diag, DIAG_wildcard_read,
				    expr->list.items.items[i]->span);
			expr_poison(expr);
			return;
		}
	resolve_list(sema, scope, &expr->list);
	if (!resolve_array(sema, scope, expr->a,
			   (int)expr->list.items.count))
		expr_poison(expr);
}

/* The statistic in @count(s) and the like: a variable or an element. */
static struct symbol *resolve_stat(struct sema *sema, struct scope *scope,
				   struct expr *expr, const char *operator)
{
	if (expr->kind == EXPR_SYMBOL)
		return resolve_array(sema, scope, expr, 0);
	if (expr->kind != EXPR_INDEX) {
		diag_report(sema->diag, DIAG_not_stat, expr->span,
			    operator);
		return NULL;
	}
	resolve_list(sema, scope, &expr->list);
	return resolve_array(sema, scope, expr->a,
			     (int)expr->list.items.count);
}

static bool constant_argument(struct sema *sema, struct scope *scope,
			      struct expr **slot, int64_t *ret)
{
	resolve_expr(sema, scope, slot);
	if (expr_constant(*slot, ret))
		return true;
	if (!expr_is_poison(*slot))
		diag_report(sema->diag, DIAG_not_constant, (*slot)->span);
	return false;
}

static void resolve_shift(struct sema *sema, struct scope *scope,
			  struct expr *expr, struct symbol *symbol)
{
	int64_t shift = 0;

	if (expr->b && !constant_argument(sema, scope, &expr->b, &shift))
		return;
	if (shift < 0 || shift > 62)
		diag_report(sema->diag, DIAG_shift_range, expr->span);
	else if (symbol->has_shift && symbol->shift != shift)
		diag_report(sema->diag, DIAG_shift_conflict, expr->span,
			    symbol->name);
	symbol->has_shift = true;
	symbol->shift = shift;
}

static bool hist_bounds(struct sema *sema, struct scope *scope,
			struct expr *expr, int64_t *bounds)
{
	enum { MOST_BUCKETS = 128 };

	for (size_t i = 0; i < expr->list.items.count && i < 3; i++)
		if (!constant_argument(sema, scope,
				       &expr->list.items.items[i], &bounds[i]))
			return false;
	if (strcmp(expr->text, "hist_log") == 0)
		return true;
	if (expr->list.items.count == 3 && bounds[0] < bounds[1] &&
	    bounds[2] > 0 &&
	    ((unsigned __int128)(bounds[1] - bounds[0])) /
			    (unsigned __int128)bounds[2] <= MOST_BUCKETS)
		return true;
	diag_report(sema->diag, DIAG_hist_bounds, expr->span, MOST_BUCKETS);
	return false;
}

static void resolve_hist(struct sema *sema, struct scope *scope,
			 struct expr *expr)
{
	struct symbol *symbol = resolve_stat(sema, scope, expr->a, expr->text);
	int64_t bounds[3] = { 0 };

	if (!symbol || !hist_bounds(sema, scope, expr, bounds)) {
		expr_poison(expr);
		return;
	}
	if (symbol->hist && (strcmp(symbol->hist, expr->text) != 0 ||
			     memcmp(symbol->hist_bounds, bounds,
				    sizeof(bounds)) != 0))
		diag_report(sema->diag, DIAG_hist_conflict, expr->span,
			    symbol->name);
	symbol->hist = expr->text;
	memcpy(symbol->hist_bounds, bounds, sizeof(bounds));
}

/* What the C of a function says of it. */
static void see_embedded(struct sema *sema, struct function *function,
			 const char *code)
{
	function->has_value = function->decl->type != TYPE_UNKNOWN ||
			      embedded_has_value(code);
	function->says_next = embedded_says(code, "STAP_NEXT");
	if (embedded_pragma(code, "stable") &&
	    (function->params.count || !embedded_pragma(code, "pure")))
		diag_report(sema->diag, DIAG_stable, function->decl->span,
			    function->decl->name);
}

static void resolve_function(struct sema *sema, struct function *function)
{
	struct stmt *embedded = embedded_body(function->decl->body);
	struct scope scope = { .locals = &function->locals,
			       .function = function };

	if (function->resolved)
		return;
	function->resolved = true;
	function->used = true;
	if (embedded)
		see_embedded(sema, function, embedded->code);
	resolve_stmt(sema, &scope, function->decl->body);
}

static void unknown_function(struct sema *sema, const struct expr *expr)
{
	const char *hint = NULL;

	for (size_t n = 0; n < 10 && !hint; n++)
		if (sema_function(sema, expr->text, n, expr->span) ||
		    primitive_find(expr->text, n) >= 0)
			hint = arena_printf(sema->arena,
					    "'%s' takes %zu argument%s",
					    expr->text, n, n == 1 ? "" : "s");
	if (!hint)
		hint = sema_suggest(sema, 'f', expr->text);
	diag_report_hint(sema->diag, DIAG_function_unknown, expr->span, hint,
			 expr->text, expr->list.items.count);
}

/* A function of the library that only guru mode may call. */
static bool is_for_gurus(const struct sema *sema, const struct expr *call,
			 const struct function *callee)
{
	const struct stmt *embedded = embedded_body(callee->decl->body);

	return embedded && !sema->options->guru &&
	       !call->span.source->library &&
	       embedded_pragma(embedded->code, "guru");
}

static void resolve_call(struct sema *sema, struct scope *scope,
			 struct expr *expr)
{
	struct callee *callee = arena_new(sema->arena, struct callee);
	size_t arity = expr->list.items.count;

	resolve_list(sema, scope, &expr->list);
	/* A script may have its own function of a primitive's name; the
	 * library has none, so it is not asked (that reads its index). */
	callee->primitive = primitive_find(expr->text, arity);
	callee->function = callee->primitive < 0 ?
		sema_function(sema, expr->text, arity, expr->span) :
		sema_own_function(sema, expr->text, arity, expr->span);
	if (callee->function)
		callee->primitive = -1;
	if (!callee->function && callee->primitive < 0) {
		unknown_function(sema, expr);
		expr_poison(expr);
		return;
	}
	expr->ref = callee;
	for (struct function *f = callee->function; f; f = f->next) {
		if (is_for_gurus(sema, expr, f))
			diag_report(sema->diag, DIAG_guru_function, expr->span,
				    expr->text);
		resolve_function(sema, f);
	}
	if (callee->function)
		expr->ctype = callee->function->ctype;
}

static bool is_lvalue(const struct expr *expr)
{
	return expr->kind == EXPR_SYMBOL || expr->kind == EXPR_INDEX;
}

static bool is_value(const struct expr *expr)
{
	return (expr->kind == EXPR_TARGET || expr->kind == EXPR_SYMBOL) &&
	       !strcmp(expr->text, "$value");
}

/* Children come first: what is assigned to has been counted before. */
static void count_value(struct expr **expr, void *with)
{
	int *reads = with;

	if (is_value(*expr))
		++*reads;
	else if ((*expr)->kind == EXPR_ASSIGN && is_value((*expr)->a))
		--*reads;
}

/* Whether a handler does more with $value than assigning to it. */
static bool reads_value(const struct scope *scope)
{
	int reads = 0;

	stmt_walk(scope->probe->body, count_value, &reads);
	return reads;
}

/* $value .= e where nobody looks at the sum: that may be longer than a text. */
static void resolve_value_more(struct sema *sema, struct scope *scope,
			       struct expr *expr)
{
	struct expr *more = expr->b;

	expr->kind = EXPR_CALL;
	expr->a = expr->b = NULL;
	expr->text = "__output_more";
	*vec_push(sema->arena, &expr->list.items) = more;
	resolve_call(sema, scope, expr);
}

/* $value = e: the handler's answer is kept in a local of that name and handed
 * out at each assignment; the last one counts. */
static void resolve_value_write(struct sema *sema, struct scope *scope,
				struct expr *expr)
{
	struct expr *assign = expr_create(sema->arena, EXPR_ASSIGN, expr->span);
	struct expr *local = expr_create(sema->arena, EXPR_SYMBOL, expr->span);

	local->text = "$value";
	*assign = *expr;
	assign->a = local;
	expr->kind = EXPR_CALL;
	expr->a = expr->b = NULL;
	expr->text = "__output";
	*vec_push(sema->arena, &expr->list.items) = assign;
	resolve_call(sema, scope, expr);
}

static void resolve_assign(struct sema *sema, struct scope *scope,
			   struct expr **slot)
{
	struct expr *expr = *slot;
	struct expr *left = expr->a;

	if (left->kind == EXPR_TARGET && strcmp(left->text, "$value") == 0 &&
	    scope->probe && scope->probe->instance->context &&
	    scope->probe->instance->context->writes_value) {
		if (expr->op == OP_CAT && !reads_value(scope))
			resolve_value_more(sema, scope, expr);
		else
			resolve_value_write(sema, scope, expr);
		return;
	}
	if (left->kind == EXPR_TARGET || left->kind == EXPR_ACCESS ||
	    left->kind == EXPR_ATVAR) {
		write_resolve(sema, scope, slot);
		return;
	}
	if (!is_lvalue(left)) {
		diag_report(sema->diag, DIAG_not_lvalue, left->span);
		expr_poison(expr);
		return;
	}
	if (expr->op == OP_USHR)
		diag_report(sema->diag, DIAG_operator_refused, expr->span,
			    ">>>=");
	if (expr->b)
		resolve_expr(sema, scope, &expr->b);
	if (expr->op == OP_STAT && left->kind == EXPR_SYMBOL)
		resolve_array(sema, scope, left, 0);
	else if (left->kind == EXPR_INDEX)
		resolve_index(sema, scope, &expr->a, false);
	else
		resolve_symbol(sema, scope, left);
	if (left->kind == EXPR_INDEX)
		check_walked(sema, scope, left->a);
	if (left->kind == EXPR_SYMBOL && left->ref && expr->b) {
		struct symbol *symbol = left->ref;

		if (expr->b->ctype && !symbol->ctype)
			symbol->ctype = expr->b->ctype;
		expr->ctype = symbol->ctype;
	}
}

static void resolve_ternary(struct sema *sema, struct scope *scope,
			    struct expr **slot)
{
	struct expr *expr = *slot;
	int64_t value;

	resolve_expr(sema, scope, &expr->a);
	if (expr_constant(expr->a, &value)) {
		*slot = value ? expr->b : expr->c;
		resolve_expr(sema, scope, slot);
		return;
	}
	resolve_expr(sema, scope, &expr->b);
	resolve_expr(sema, scope, &expr->c);
	expr->ctype = expr->b->ctype ? expr->b->ctype : expr->c->ctype;
}

static void set_number(struct expr *expr, int64_t number)
{
	struct span span = expr->span;

	*expr = (struct expr){ .kind = EXPR_NUMBER, .span = span,
			       .number = number, .type = TYPE_LONG };
}

static void resolve_logical(struct sema *sema, struct scope *scope,
			    struct expr *expr)
{
	int64_t value;

	resolve_expr(sema, scope, &expr->a);
	if (expr_constant(expr->a, &value) &&
	    (value != 0) == (expr->op == OP_LOR)) {
		set_number(expr, value != 0);
		return;
	}
	resolve_expr(sema, scope, &expr->b);
}

static void resolve_print(struct sema *sema, struct scope *scope,
			  struct expr *expr)
{
	for (size_t i = 0; i < expr->list.items.count; i++) {
		struct expr *arg = expr->list.items.items[i];

		if (arg->kind == EXPR_HIST)
			resolve_hist(sema, scope, arg);
		else
			resolve_expr(sema, scope, &expr->list.items.items[i]);
	}
}

static void resolve_in(struct sema *sema, struct scope *scope,
		       struct expr *expr)
{
	resolve_list(sema, scope, &expr->list);
	if (!resolve_array(sema, scope, expr->a,
			   (int)expr->list.items.count))
		expr_poison(expr);
}

static void resolve_stat_operator(struct sema *sema, struct scope *scope,
				  struct expr *expr)
{
	struct symbol *symbol = resolve_stat(sema, scope, expr->a, expr->text);

	if (!symbol)
		expr_poison(expr);
	else if (strcmp(expr->text, "variance") == 0)
		resolve_shift(sema, scope, expr, symbol);
}

static void resolve_children(struct sema *sema, struct scope *scope,
			     struct expr *expr)
{
	if (expr->a)
		resolve_expr(sema, scope, &expr->a);
	if (expr->b)
		resolve_expr(sema, scope, &expr->b);
	if (expr->op == OP_USHR)
		diag_report(sema->diag, DIAG_operator_refused, expr->span,
			    ">>>");
}

static void resolve_expr(struct sema *sema, struct scope *scope,
			 struct expr **slot)
{
	struct expr *expr = *slot;

	if (expr_is_poison(expr))
		return;
	switch (expr->kind) {
	case EXPR_NUMBER:
	case EXPR_STRING:
	case EXPR_WILDCARD:
		return;
	case EXPR_SYMBOL:
		resolve_symbol(sema, scope, expr);
		return;
	case EXPR_INDEX:
		resolve_index(sema, scope, slot, false);
		return;
	case EXPR_CALL:
		resolve_call(sema, scope, expr);
		return;
	case EXPR_PRINT:
		resolve_print(sema, scope, expr);
		return;
	case EXPR_ASSIGN:
	case EXPR_INCDEC:
		resolve_assign(sema, scope, slot);
		return;
	case EXPR_TERNARY:
		resolve_ternary(sema, scope, slot);
		return;
	case EXPR_UNARY:
	case EXPR_MATCH:
		resolve_children(sema, scope, expr);
		break;
	case EXPR_BINARY:
		if (expr->op == OP_LAND || expr->op == OP_LOR)
			resolve_logical(sema, scope, expr);
		else
			resolve_children(sema, scope, expr);
		break;
	case EXPR_IN:
		resolve_in(sema, scope, expr);
		return;
	case EXPR_STAT:
		resolve_stat_operator(sema, scope, expr);
		return;
	case EXPR_HIST:
		diag_report(sema->diag, DIAG_hist_use, expr->span);
		expr_poison(expr);
		return;
	case EXPR_HISTINDEX:
		resolve_hist(sema, scope, expr->a);
		resolve_expr(sema, scope, &expr->b);
		return;
	case EXPR_DEFINED: {
		struct expr *copy = expr_copy(sema->arena, expr->a, NULL);

		diag_mute(sema->diag);
		resolve_expr(sema, scope, &copy);
		set_number(expr, diag_unmute(sema->diag) == 0);
		return;
	}
	case EXPR_TARGET:
	case EXPR_ACCESS:
	case EXPR_ADDRESS:
	case EXPR_CAST:
	case EXPR_ATVAR:
	case EXPR_ENTRY:
	case EXPR_PROBEWRITE:
	case EXPR_PERF:
	case EXPR_CONST:
	case EXPR_ENUM:
	case EXPR_ENUMNAME:
	case EXPR_DEREF:
	case EXPR_REGISTER:
	case EXPR_EMBEDDED:
		context_resolve(sema, scope, slot);
		return;
	}
	fold_expr(sema->arena, slot);
}

void resolve_one(struct sema *sema, struct scope *scope, struct expr **slot)
{
	resolve_expr(sema, scope, slot);
}

static void resolve_foreach(struct sema *sema, struct scope *scope,
			    struct stmt *stmt)
{
	struct foreach *f = stmt->foreach;
	struct symbol *symbol;

	resolve_list(sema, scope, &f->slice);
	if (f->limit)
		resolve_expr(sema, scope, &f->limit);
	if (f->array->kind == EXPR_HIST) {
		resolve_hist(sema, scope, f->array);
		symbol = NULL;
	} else {
		symbol = resolve_array(sema, scope, f->array,
				       (int)f->keys.count);
	}
	for (size_t i = 0; i < f->keys.count; i++)
		resolve_symbol(sema, scope, f->keys.items[i]);
	if (f->value)
		resolve_symbol(sema, scope, f->value);
	if (symbol)
		*vec_push(sema->arena, &scope->walked) = symbol;
	scope->loops++;
	resolve_stmt(sema, scope, stmt->body);
	scope->loops--;
	if (symbol)
		scope->walked.count--;
}

static void resolve_if(struct sema *sema, struct scope *scope,
		       struct stmt *stmt)
{
	int64_t value;

	resolve_expr(sema, scope, &stmt->expr);
	if (expr_constant(stmt->expr, &value)) {
		struct stmt *chosen = value ? stmt->body : stmt->other;

		if (chosen)
			*stmt = *chosen;
		else
			*stmt = (struct stmt){ .kind = STMT_NULL,
					       .span = stmt->span };
		resolve_stmt(sema, scope, stmt);
		return;
	}
	resolve_stmt(sema, scope, stmt->body);
	if (stmt->other)
		resolve_stmt(sema, scope, stmt->other);
}

static void resolve_loop(struct sema *sema, struct scope *scope,
			 struct stmt *stmt)
{
	int64_t value;

	if (stmt->init)
		resolve_expr(sema, scope, &stmt->init);
	if (stmt->expr)
		resolve_expr(sema, scope, &stmt->expr);
	if (stmt->kind == STMT_WHILE && expr_constant(stmt->expr, &value) &&
	    !value) {
		stmt->kind = STMT_NULL;
		return;
	}
	if (stmt->step)
		resolve_expr(sema, scope, &stmt->step);
	scope->loops++;
	resolve_stmt(sema, scope, stmt->body);
	scope->loops--;
}

static void resolve_delete(struct sema *sema, struct scope *scope,
			   struct stmt *stmt)
{
	struct expr *expr = stmt->expr;

	if (expr->kind == EXPR_INDEX) {
		resolve_index(sema, scope, &stmt->expr, true);
		check_walked(sema, scope,
			     stmt->expr->a ? stmt->expr->a : expr);
	} else if (expr->kind == EXPR_SYMBOL) {
		resolve_symbol(sema, scope, expr);
		check_walked(sema, scope, expr);
	} else {
		diag_report(sema->diag, DIAG_not_lvalue, expr->span);
	}
}

static void resolve_return(struct sema *sema, struct scope *scope,
			   struct stmt *stmt)
{
	if (!scope->function) {
		diag_report(sema->diag, DIAG_return_in_probe, stmt->span);
		return;
	}
	if (!stmt->expr)
		return;
	resolve_expr(sema, scope, &stmt->expr);
	scope->function->has_value = true;
	if (stmt->expr->ctype && !scope->function->ctype)
		scope->function->ctype = stmt->expr->ctype;
}

static void resolve_stmt(struct sema *sema, struct scope *scope,
			 struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
		resolve_expr(sema, scope, &stmt->expr);
		return;
	case STMT_BLOCK:
		for (size_t i = 0; i < stmt->block.items.count; i++)
			resolve_stmt(sema, scope, stmt->block.items.items[i]);
		return;
	case STMT_IF:
		resolve_if(sema, scope, stmt);
		return;
	case STMT_WHILE:
	case STMT_FOR:
		resolve_loop(sema, scope, stmt);
		return;
	case STMT_FOREACH:
		resolve_foreach(sema, scope, stmt);
		return;
	case STMT_DELETE:
		resolve_delete(sema, scope, stmt);
		return;
	case STMT_NEXT:
		if (scope->function)
			scope->function->says_next = true;
		return;
	case STMT_RETURN:
		resolve_return(sema, scope, stmt);
		return;
	case STMT_BREAK:
	case STMT_CONTINUE:
		if (!scope->loops)
			diag_report(sema->diag, DIAG_outside_loop, stmt->span,
				    stmt->kind == STMT_BREAK ? "break" :
							       "continue");
		return;
	case STMT_TRY:
		resolve_stmt(sema, scope, stmt->body);
		if (stmt->message)
			resolve_symbol(sema, scope, stmt->message);
		if (stmt->other)
			resolve_stmt(sema, scope, stmt->other);
		return;
	case STMT_NULL:
		return;
	case STMT_EMBEDDED:
		embedded_resolve_stmt(sema, stmt);
		return;
	}
}

static void resolve_probe(struct sema *sema, struct probe *probe)
{
	struct scope scope = { .locals = &probe->locals, .probe = probe };
	struct stmt *first;

	if (!probe->instance->kind)
		return;
	if (probe->condition)
		resolve_expr(sema, &scope, &probe->condition);
	resolve_stmt(sema, &scope, probe->body);
	first = entry_guard(sema, probe);
	if (first)
		resolve_stmt(sema, &scope, first);
}

void sema_resolve(struct sema *sema)
{
	/* Resolving a body may bring in library files with probes of their
	 * own; those are expanded and resolved in turn. */
	for (size_t i = 0; i < sema->probes.count; i++) {
		resolve_probe(sema, sema->probes.items[i]);
		sema_expand(sema);
	}
	for (size_t i = 0; i < sema->functions.count; i++) {
		struct function *f = sema->functions.items[i];

		if (f->decl->span.source->library || f->resolved ||
		    embedded_body(f->decl->body))
			continue;
		resolve_function(sema, f);
		f->used = false;
	}
}
