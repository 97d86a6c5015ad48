/*
 * What a probe sees of the traced machine: $variables, @cast, @enum and the
 * like. Each expression becomes a TARGET whose ref is a struct target (a plan
 * over an address or an argument), a literal, or a call of printf's family.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"
#include "translator/sema/poison.h"
#include "translator/target/access.h"
#include "translator/target/btf.h"
#include "translator/target/pretty.h"

static const struct context_var *find_var(const struct scope *scope,
					  const char *name)
{
	const struct probe_context *context;

	if (!scope->probe || !scope->probe->instance->context)
		return NULL;
	context = scope->probe->instance->context;
	for (size_t i = 0; i < context->vars.count; i++)
		if (strcmp(context->vars.items[i].name, name) == 0 ||
		    (context->vars.items[i].number &&
		     strcmp(context->vars.items[i].number, name) == 0))
			return &context->vars.items[i];
	return NULL;
}

static void report_unknown(struct sema *sema, const struct scope *scope,
			   const struct expr *expr)
{
	const struct probe_context *context;
	struct buf all = { 0 };

	if (!scope->probe) {
		diag_report(sema->diag, DIAG_target_function, expr->span,
			    expr->text);
		return;
	}
	context = scope->probe->instance->context;
	for (size_t i = 0; context && i < context->vars.count; i++)
		buf_printf(&all, "%s%s", i ? " " : "it has: ",
			   context->vars.items[i].name);
	diag_report_hint(sema->diag, DIAG_target_unknown, expr->span,
			 all.length ? buf_text(&all) : NULL, expr->text,
			 scope->probe->instance->name);
	buf_free(&all);
}

/* A bad $variable: an error, or 0 with --skip-badvars. */
static void bad_target(struct sema *sema, struct scope *scope,
		       struct expr *expr, const char *reason)
{
	struct span span = expr->span;

	if (sema->options->skip_badvars) {
		*expr = (struct expr){ .kind = EXPR_NUMBER, .span = span };
		return;
	}
	if (reason)
		diag_report(sema->diag, DIAG_target_access, span, reason);
	else
		report_unknown(sema, scope, expr);
	expr_poison(expr);
}

static struct target *set_target(struct sema *sema, struct expr *expr,
				 enum target_kind kind)
{
	struct target *target = arena_new(sema->arena, struct target);
	struct span span = expr->span;

	*expr = (struct expr){ .kind = EXPR_TARGET, .span = span,
			       .type = TYPE_LONG, .text = "" };
	target->kind = kind;
	expr->ref = target;
	return target;
}

static struct expr *arg_expr(struct sema *sema, struct span span, int arg)
{
	struct expr *expr = expr_create(sema->arena, EXPR_TARGET, span);

	set_target(sema, expr, TARGET_ARG)->arg = arg;
	return expr;
}

static void set_plan(struct sema *sema, struct expr *expr, struct expr *base,
		     struct access_plan *plan, const struct expr_list *indexes)
{
	struct target *target = set_target(sema, expr, TARGET_PATH);

	target->base = base;
	target->plan = plan;
	target->type = plan->type;
	if (indexes)
		target->indexes = *indexes;
	expr->ctype = plan->type;
}

/* The address where a leaf of a pretty-print starts: base, then plan. */
static struct expr *leaf_expr(struct sema *sema, struct span span,
			      struct expr *base,
			      const struct expr_list *indexes,
			      const struct pretty_leaf *leaf)
{
	struct expr *expr = expr_create(sema->arena, EXPR_TARGET, span);
	struct expr *call, *room, *number;

	set_plan(sema, expr, base, leaf->plan, indexes);
	if (leaf->kind != PRETTY_STRING && leaf->kind != PRETTY_CHARS)
		return expr;
	call = expr_create(sema->arena, EXPR_CALL, span);
	call->text = "__pretty_text";
	room = expr_create(sema->arena, EXPR_NUMBER, span);
	room->number = leaf->kind == PRETTY_CHARS ? (int64_t)leaf->size : -1;
	number = expr_create(sema->arena, EXPR_NUMBER, span);
	number->number = 0;
	*vec_push(sema->arena, &call->list.items) = expr;
	*vec_push(sema->arena, &call->list.items) = room;
	return call;
}

/* sprintf of the whole: the format and one argument a leaf. */
static struct expr *pretty_expr(struct sema *sema, struct span span,
				struct expr *base,
				const struct access_plan *plan,
				const struct expr_list *indexes, int depth)
{
	enum { TEXT_LIMIT = 1024 };
	struct pretty_plan *pretty = pretty_plan(sema->arena, plan, depth,
						 TEXT_LIMIT);
	struct expr *print = expr_create(sema->arena, EXPR_PRINT, span);
	struct expr *format = expr_create(sema->arena, EXPR_STRING, span);

	print->text = "sprintf";
	format->text = pretty->format;
	format->length = strlen(pretty->format);
	*vec_push(sema->arena, &print->list.items) = format;
	for (size_t i = 0; i < pretty->leaves.count; i++)
		*vec_push(sema->arena, &print->list.items) =
			leaf_expr(sema, span, base, indexes,
				  &pretty->leaves.items[i]);
	return print;
}

/* The steps of a path as the target wants them. */
struct items {
	VEC(struct access_item) items;
	struct expr_list indexes;	/* variable ones */
	int depth;			/* of a final $ or $$, 0 none */
};

static void read_path(struct sema *sema, struct scope *scope,
		      struct expr *expr, struct items *ret)
{
	for (size_t i = 0; i < expr->path.count; i++) {
		struct access *step = &expr->path.items[i];
		struct access_item *item;

		if (step->kind == STEP_PRETTY) {
			ret->depth = step->depth;
			continue;
		}
		item = vec_push(sema->arena, &ret->items);
		if (step->kind == STEP_MEMBER) {
			item->kind = ACCESS_MEMBER;
			item->name = step->member;
			continue;
		}
		resolve_one(sema, scope, &step->index);
		if (expr_constant(step->index, &item->index)) {
			item->kind = ACCESS_CONSTANT;
			continue;
		}
		item->kind = ACCESS_VARIABLE;
		item->index = (int64_t)ret->indexes.items.count;
		*vec_push(sema->arena, &ret->indexes.items) = step->index;
	}
}

/* base -> path, for a base of a known C type. */
static void resolve_path(struct sema *sema, struct scope *scope,
			 struct expr **slot, struct expr *base,
			 struct ctype *type, const struct items *path)
{
	struct expr *expr = *slot;
	const char *reason = NULL;
	struct access_plan *plan =
		access_resolve(sema->arena, type, ACCESS_BASE_VALUE,
			       path->items.items, path->items.count, &reason);

	if (!plan) {
		bad_target(sema, scope, expr, reason);
		return;
	}
	if (path->depth) {
		*slot = pretty_expr(sema, expr->span, base, plan,
				    &path->indexes, path->depth);
		resolve_one(sema, scope, slot);
		return;
	}
	set_plan(sema, expr, base, plan, &path->indexes);
}

static struct ctype *cast_type(struct sema *sema, struct expr *cast)
{
	struct btf_types *btf = sema->env->btf(sema->env);
	struct ctype *type = NULL;

	if (!btf) {
		diag_report(sema->diag, DIAG_no_btf, cast->span,
			    sema->env->reason);
		return NULL;
	}
	type = btf_find_text(btf, cast->text);
	if (!type)
		diag_report(sema->diag, DIAG_type_unknown, cast->span,
			    cast->text);
	else if (type->kind != CTYPE_POINTER)
		type = ctype_pointer_to(type);
	return type;
}

/* The C type of what stands before a "->"; NULL after a report. */
static struct ctype *base_type(struct sema *sema, struct scope *scope,
			       struct expr **base)
{
	struct expr *expr = *base;
	struct ctype *type;

	if (expr->kind == EXPR_CAST) {
		type = cast_type(sema, expr);
		resolve_one(sema, scope, &expr->a);
		*base = expr->a;
		return type;
	}
	resolve_one(sema, scope, base);
	if ((*base)->ctype)
		return (*base)->ctype;
	if (!expr_is_poison(*base))
		diag_report(sema->diag, DIAG_target_type, (*base)->span);
	return NULL;
}

/* $$vars and $$parms: "name=%#x ..." of all arguments; with $ or $$ at the end
 * each is pretty-printed. */
static struct expr *all_vars(struct sema *sema, struct scope *scope,
			     struct span span, int depth)
{
	const struct probe_context *context = scope->probe->instance->context;
	struct expr *print = expr_create(sema->arena, EXPR_PRINT, span);
	struct expr *format = expr_create(sema->arena, EXPR_STRING, span);
	struct buf text = { 0 };

	print->text = "sprintf";
	*vec_push(sema->arena, &print->list.items) = format;
	for (size_t i = 0; i < context->vars.count; i++) {
		const struct context_var *var = &context->vars.items[i];
		struct expr *value = expr_create(sema->arena, EXPR_TARGET,
						 span);

		value->text = var->name;
		if (depth) {
			struct expr *access = expr_create(sema->arena,
							  EXPR_ACCESS, span);
			struct access *step = vec_push(sema->arena,
						       &access->path);

			step->kind = STEP_PRETTY;
			step->depth = depth;
			access->a = value;
			value = access;
		}
		buf_printf(&text, "%s%s=%s", i ? " " : "", var->name + 1,
			   depth ? "%s" : "%#x");
		*vec_push(sema->arena, &print->list.items) = value;
	}
	format->length = text.length;
	format->text = buf_take(&text, sema->arena);
	return print;
}

static bool set_text(struct expr *expr, const char *text)
{
	struct span span = expr->span;

	if (!text)
		return false;
	*expr = (struct expr){ .kind = EXPR_STRING, .span = span,
			       .text = text, .length = strlen(text),
			       .type = TYPE_STRING };
	return true;
}

/* $name with a path (maybe empty). */
static void resolve_target(struct sema *sema, struct scope *scope,
			   struct expr **slot, struct expr *target,
			   const struct items *path)
{
	const struct probe_context *context =
		scope->probe ? scope->probe->instance->context : NULL;
	const struct context_var *var = find_var(scope, target->text);
	struct expr *expr = *slot;

	if (var) {
		resolve_path(sema, scope, slot,
			     arg_expr(sema, expr->span, var->arg), var->type,
			     path);
		return;
	}
	if (context && strcmp(target->text, "$value") == 0 &&
	    (context->reads_value || context->writes_value)) {
		expr->kind = context->reads_value ? EXPR_CALL : EXPR_SYMBOL;
		expr->text = context->reads_value ? "__input" : "$value";
		resolve_one(sema, scope, slot);
		return;
	}
	if (context && (strcmp(target->text, "$$vars") == 0 ||
			strcmp(target->text, "$$parms") == 0)) {
		*slot = all_vars(sema, scope, expr->span, path->depth);
		resolve_one(sema, scope, slot);
		return;
	}
	if (context && strcmp(target->text, "$$locals") == 0 &&
	    context->vars.count && set_text(expr, ""))
		return;
	if (context && strcmp(target->text, "$$name") == 0 &&
	    set_text(expr, context->name))
		return;
	if (context && strcmp(target->text, "$$system") == 0 &&
	    set_text(expr, context->system))
		return;
	if (expr != target)
		expr->text = target->text;
	bad_target(sema, scope, expr, NULL);
}

static void resolve_access(struct sema *sema, struct scope *scope,
			   struct expr **slot)
{
	struct expr *expr = *slot;
	struct items path = { 0 };
	struct ctype *type;

	read_path(sema, scope, expr, &path);
	if (expr->a->kind == EXPR_TARGET && !expr->a->ref) {
		resolve_target(sema, scope, slot, expr->a, &path);
		return;
	}
	type = base_type(sema, scope, &expr->a);
	if (!type)
		expr_poison(expr);
	else
		resolve_path(sema, scope, slot, expr->a, type, &path);
}

static void resolve_address(struct sema *sema, struct scope *scope,
			    struct expr **slot)
{
	struct expr *expr = *slot;
	bool cast = expr->a->kind == EXPR_CAST;
	struct target *target;
	const char *reason = NULL;

	resolve_one(sema, scope, &expr->a);
	if (expr_is_poison(expr->a)) {
		expr_poison(expr);
		return;
	}
	/* A whole structure is where its address says. */
	if (cast) {
		*slot = expr->a;
		return;
	}
	target = expr->a->kind == EXPR_TARGET ? expr->a->ref : NULL;
	if (!target || target->kind != TARGET_PATH ||
	    !access_take_address(target->plan, &reason)) {
		if (reason)
			diag_report(sema->diag, DIAG_target_access, expr->span,
				    reason);
		else
			diag_report(sema->diag, DIAG_target_address,
				    expr->span);
		expr_poison(expr);
		return;
	}
	target->type = target->plan->type;
	*slot = expr->a;
	(*slot)->ctype = target->type;
}

static void resolve_enum(struct sema *sema, struct expr *expr)
{
	struct btf_types *btf = sema->env->btf(sema->env);
	struct span span = expr->span;
	int64_t value;

	if (btf && btf_enumerator(btf, expr->text, &value)) {
		*expr = (struct expr){ .kind = EXPR_NUMBER, .span = span,
				       .number = value, .type = TYPE_LONG };
		return;
	}
	if (!btf)
		diag_report(sema->diag, DIAG_no_btf, span, sema->env->reason);
	else
		diag_report(sema->diag, DIAG_const_unknown, span, expr->text);
	expr_poison(expr);
}

/* @enumname(value, "enum type"): a chain of comparisons with its names. */
static void resolve_enumname(struct sema *sema, struct scope *scope,
			     struct expr **slot)
{
	struct expr *expr = *slot;
	struct btf_types *btf = sema->env->btf(sema->env);
	struct ctype *type = NULL;
	struct ctype_enumerator *list;
	struct expr *value = expr->list.items.count ? expr->list.items.items[0]
						    : NULL;
	struct expr *chain = expr_create(sema->arena, EXPR_STRING, expr->span);
	size_t count;

	if (value)
		resolve_one(sema, scope, &value);
	if (btf && expr->list.items.count > 1 &&
	    expr->list.items.items[1]->kind == EXPR_STRING)
		type = btf_find_text(btf, expr->list.items.items[1]->text);
	else if (value)
		type = value->ctype;
	if (!value || !type || type->kind != CTYPE_ENUM) {
		if (!value || !expr_is_poison(value))
			diag_report(sema->diag, DIAG_type_unknown, expr->span,
				    "of this enumeration: give it as "
				    "@enumname(value, \"enum name\")");
		expr_poison(expr);
		return;
	}
	chain->text = "";
	list = ctype_enumerators(type, &count);
	for (size_t i = count; i-- > 0;) {
		struct expr *test = expr_create(sema->arena, EXPR_TERNARY,
						expr->span);

		test->a = expr_create(sema->arena, EXPR_BINARY, expr->span);
		test->a->op = OP_EQ;
		test->a->a = expr_copy(sema->arena, value, NULL);
		test->a->a->ref = value->ref;
		test->a->b = expr_create(sema->arena, EXPR_NUMBER, expr->span);
		test->a->b->number = list[i].value;
		test->b = expr_create(sema->arena, EXPR_STRING, expr->span);
		set_text(test->b, list[i].name);
		test->c = chain;
		chain = test;
	}
	*slot = chain;
}

static void resolve_deref(struct sema *sema, struct scope *scope,
			  struct expr *expr)
{
	int64_t size;

	resolve_one(sema, scope, &expr->a);
	resolve_one(sema, scope, &expr->b);
	if (expr_constant(expr->a, &size) &&
	    (size == 1 || size == 2 || size == 4 || size == 8))
		return;
	diag_report(sema->diag, DIAG_deref_size, expr->a->span);
	expr_poison(expr);
}

static void unsupported(struct sema *sema, struct expr *expr, const char *what,
			const char *why)
{
	diag_report(sema->diag, DIAG_op_unsupported, expr->span, what, why);
	expr_poison(expr);
}

static struct expr *call_tid(struct sema *sema, struct span span)
{
	struct expr *call = expr_create(sema->arena, EXPR_CALL, span);

	call->text = "tid";
	return call;
}

/* name[tid()] */
static struct expr *saved_value(struct sema *sema, struct span span,
				const char *name)
{
	struct expr *index = expr_create(sema->arena, EXPR_INDEX, span);

	index->a = expr_create(sema->arena, EXPR_SYMBOL, span);
	index->a->text = name;
	*vec_push(sema->arena, &index->list.items) = call_tid(sema, span);
	return index;
}

/* An array by thread, that forgets the oldest: an entry whose return is never
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

/*
 * @entry(e): a probe where the call is entered saves e under the thread; here
 * the saved value is read, and the handler forgets it at its end.
 */
static void resolve_entry(struct sema *sema, struct scope *scope,
			  struct expr **slot)
{
	struct expr *expr = *slot;
	const struct probe_instance *entry = scope->probe &&
		scope->probe->instance->context ?
		scope->probe->instance->context->entry : NULL;
	struct probe *probe;
	struct stmt *save, *forget;
	const char *name;

	if (!entry) {
		diag_report(sema->diag, DIAG_entry_outside, expr->span);
		expr_poison(expr);
		return;
	}
	name = add_saved(sema, expr->span);
	save = stmt_create(sema->arena, STMT_EXPR, expr->span);
	save->expr = expr_create(sema->arena, EXPR_ASSIGN, expr->span);
	save->expr->a = saved_value(sema, expr->span, name);
	save->expr->b = expr->a;
	probe = arena_new(sema->arena, struct probe);
	*probe = (struct probe){ .decl = scope->probe->decl,
				 .instance = (struct probe_instance *)entry,
				 .span = expr->span, .body = save,
				 .listed = entry->name, .quiet = true };
	*vec_push(sema->arena, &sema->probes) = probe;
	forget = stmt_create(sema->arena, STMT_DELETE, expr->span);
	forget->expr = saved_value(sema, expr->span, name);
	*vec_push(sema->arena, &scope->probe->body->block.items) = forget;
	*slot = saved_value(sema, expr->span, name);
	resolve_one(sema, scope, slot);
}

static void resolve_rest(struct sema *sema, struct scope *scope,
			 struct expr **slot)
{
	struct expr *expr = *slot;
	struct ctype *type;

	if (expr->kind == EXPR_CAST) {
		type = cast_type(sema, expr);
		resolve_one(sema, scope, &expr->a);
		*slot = expr->a;
		(*slot)->ctype = type;
	} else if (expr->kind == EXPR_ENTRY) {
		resolve_entry(sema, scope, slot);
	} else if (expr->kind == EXPR_PROBEWRITE) {
		unsupported(sema, expr, "@probewrite",
			    "target variables cannot be written");
	} else if (expr->kind == EXPR_PERF) {
		unsupported(sema, expr, "@perf",
			    "it needs process probes with counters");
	} else if (expr->kind == EXPR_ATVAR) {
		unsupported(sema, expr, "@var",
			    "variables of programs and of the kernel come with debuginfo");
	} else if (expr->kind == EXPR_REGISTER) {
		unsupported(sema, expr, "@kregister and @uregister",
			    "no probe family here has registers");
	} else if (expr->kind == EXPR_EMBEDDED) {
		diag_report(sema->diag, DIAG_embedded_backend, expr->span);
		expr_poison(expr);
	}
}

void context_resolve(struct sema *sema, struct scope *scope,
		     struct expr **slot)
{
	struct expr *expr = *slot;
	struct items none = { 0 };

	if (expr->kind == EXPR_TARGET) {
		if (!expr->ref)
			resolve_target(sema, scope, slot, expr, &none);
	} else if (expr->kind == EXPR_ACCESS) {
		resolve_access(sema, scope, slot);
	} else if (expr->kind == EXPR_ADDRESS) {
		resolve_address(sema, scope, slot);
	} else if (expr->kind == EXPR_CONST || expr->kind == EXPR_ENUM) {
		resolve_enum(sema, expr);
	} else if (expr->kind == EXPR_ENUMNAME) {
		resolve_enumname(sema, scope, slot);
	} else if (expr->kind == EXPR_DEREF) {
		resolve_deref(sema, scope, expr);
	} else {
		resolve_rest(sema, scope, slot);
	}
}
