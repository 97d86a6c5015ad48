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
#include "translator/probes/programs.h"
#include "translator/sema/poison.h"
#include "translator/target/access.h"
#include "translator/target/btf.h"
#include "translator/target/location.h"
#include "translator/target/pretty.h"

const struct probe_context *probe_variables(struct sema *sema,
					    const struct probe *probe)
{
	struct probe_context *context = probe->instance->context;

	if (context && context->load_vars) {
		context->load_vars(sema->env, context);
		context->load_vars = NULL;
	}
	return context;
}

static const struct probe_context *context_of(struct sema *sema,
					      const struct scope *scope)
{
	return scope->probe ? probe_variables(sema, scope->probe) : NULL;
}

static const struct context_var *
find_known(const struct probe_context *context, const char *name)
{
	for (size_t i = 0; i < context->vars.count; i++)
		if (strcmp(context->vars.items[i].name, name) == 0 ||
		    (context->vars.items[i].number &&
		     strcmp(context->vars.items[i].number, name) == 0))
			return &context->vars.items[i];
	return NULL;
}

void probe_load_more(struct sema *sema, struct probe_context *context)
{
	if (!context->load_more)
		return;
	context->lacks = NULL;
	context->load_more(sema->env, context);
	/* @defined does not wait for servers: who asks next may */
	if (!context->lacks || !diag_is_muted(sema->diag))
		context->load_more = NULL;
}

const struct context_var *context_var_find(struct sema *sema,
					   const struct scope *scope,
					   const char *name)
{
	const struct context_var *var;

	if (!context_of(sema, scope))
		return NULL;
	var = find_known(scope->probe->instance->context, name);
	if (var || (name[1] == '$' && strcmp(name, "$$locals")))
		return var;
	probe_load_more(sema, scope->probe->instance->context);
	return find_known(scope->probe->instance->context, name);
}

/* Why a probe has no variables, or no more of them. */
static const char *why_none(const struct probe_context *context)
{
	if (context && context->lacks)
		return context->lacks;
	return context && context->user_program ?
		       context->user_program->reason : NULL;
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
	context = context_of(sema, scope);
	for (size_t i = 0; context && i < context->vars.count; i++)
		if (!context->vars.items[i].is_hidden)
			buf_printf(&all, "%s%s", all.length ? " " : "it has: ",
				   context->vars.items[i].name);
	if (all.length && context->lacks)
		buf_printf(&all, "; %s", context->lacks);
	diag_report_hint(sema->diag, DIAG_target_unknown, expr->span,
			 all.length ? buf_text(&all) : why_none(context),
			 expr->text,
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
	target->user = ctype_is_user(plan->type);
	if (indexes)
		target->indexes = *indexes;
	expr->ctype = plan->type;
}

/* What a path starts from: a number, or the location of a variable that lies in
 * registers. */
struct base {
	struct expr *expr;
	const struct probe_context *context;
	const struct location *location;
};

/* NULL, or why it cannot be read. */
static const char *set_member(struct sema *sema, struct expr *expr,
			      const struct base *base, struct access_plan *plan,
			      const struct expr_list *indexes)
{
	struct expr *value = base->expr;
	const char *reason;

	if (base->location)
		value = location_member(sema, expr->span, base->context,
					base->location, plan, &plan, &reason);
	if (!value)
		return reason;
	set_plan(sema, expr, value, plan, indexes);
	return NULL;
}

static struct expr *leaf_call(struct sema *sema, const char *name,
			      struct expr *value)
{
	struct expr *call = expr_create(sema->arena, EXPR_CALL, value->span);

	call->text = name;
	*vec_push(sema->arena, &call->list.items) = value;
	return call;
}

/* A leaf of a pretty-print: what the plan gives from the base, or its text. */
static struct expr *leaf_expr(struct sema *sema, struct span span,
			      const struct base *base,
			      const struct expr_list *indexes,
			      const struct pretty_leaf *leaf,
			      const char **ret_reason)
{
	struct expr *expr = expr_create(sema->arena, EXPR_TARGET, span);
	struct expr *call, *room;

	*ret_reason = set_member(sema, expr, base, leaf->plan, indexes);
	if (*ret_reason)
		return NULL;
	if (leaf->kind == PRETTY_FLOAT)
		return leaf_call(sema, leaf->size == 4 ? "__pretty_float" :
							 "__pretty_double",
				 expr);
	if (leaf->kind != PRETTY_STRING && leaf->kind != PRETTY_CHARS)
		return expr;
	call = leaf_call(sema, ctype_is_user(leaf->plan->type) ?
			 "__pretty_user_text" : "__pretty_text", expr);
	room = expr_create(sema->arena, EXPR_NUMBER, span);
	room->number = leaf->kind == PRETTY_CHARS ? (int64_t)leaf->size : -1;
	*vec_push(sema->arena, &call->list.items) = room;
	return call;
}

/* sprintf of the whole: the format and one argument a leaf. */
static struct expr *pretty_expr(struct sema *sema, struct span span,
				const struct base *base,
				const struct access_plan *plan,
				const struct expr_list *indexes, int depth,
				const char **ret_reason)
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
	for (size_t i = 0; i < pretty->leaves.count; i++) {
		struct expr *leaf = leaf_expr(sema, span, base, indexes,
					      &pretty->leaves.items[i],
					      ret_reason);

		if (!leaf)
			return NULL;
		*vec_push(sema->arena, &print->list.items) = leaf;
	}
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
			 struct expr **slot, const struct base *base,
			 enum access_base kind, struct ctype *type,
			 const struct items *path)
{
	struct expr *expr = *slot, *pretty;
	const char *reason = NULL;
	struct access_plan *plan =
		access_resolve(sema->arena, type, kind,
			       path->items.items, path->items.count, &reason);

	if (!plan) {
		bad_target(sema, scope, expr, reason);
		return;
	}
	if (!path->depth) {
		reason = set_member(sema, expr, base, plan, &path->indexes);
	} else {
		pretty = pretty_expr(sema, expr->span, base, plan,
				     &path->indexes, path->depth, &reason);
		if (pretty)
			resolve_one(sema, scope, &pretty), *slot = pretty;
	}
	if (reason)
		bad_target(sema, scope, expr, reason);
}

/* The type that @cast names, as a pointer. */
static struct ctype *cast_type(struct sema *sema, const struct scope *scope,
			       const struct expr *cast)
{
	struct ctype *type = type_find(sema, scope, cast->span, cast->text,
				       cast->b ? cast->b->text : NULL);

	return type && type->kind != CTYPE_POINTER ? ctype_pointer_to(type) :
						     type;
}

/* The C type of what stands before a "->"; NULL after a report. */
static struct ctype *base_type(struct sema *sema, struct scope *scope,
			       struct expr **base)
{
	struct expr *expr = *base;
	struct ctype *type;

	if (expr->kind == EXPR_CAST) {
		type = cast_type(sema, scope, expr);
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

/* Which of a probe's variables $$name means. */
static bool is_among(const struct context_var *var, const char *name)
{
	bool is_return = !strcmp(var->name, "$return");

	if (var->is_hidden)
		return false;
	if (!strcmp(name, "$$vars"))
		return !is_return;
	if (!strcmp(name, "$$return"))
		return is_return;
	return !is_return && var->is_local == !strcmp(name, "$$locals");
}

/* The variable, or its pretty-print; NULL when it is nowhere to be read, or a
 * whole structure, which is no number. */
static struct expr *var_value(struct sema *sema, const struct context_var *var,
			      struct span span, int depth)
{
	struct expr *value = expr_create(sema->arena, EXPR_TARGET, span);
	struct expr *whole;
	struct access *step;

	value->text = var->name;
	if (var->location && var->location->kind == LOCATION_NONE)
		return NULL;
	if (!depth)
		return !var->type || ctype_is_scalar(var->type) ||
		       var->type->kind == CTYPE_FLOAT ? value : NULL;
	whole = expr_create(sema->arena, EXPR_ACCESS, span);
	step = vec_push(sema->arena, &whole->path);
	step->kind = STEP_PRETTY;
	step->depth = depth;
	whole->a = value;
	return whole;
}

/* $$vars and its like: "name=%#x ..." of the variables; with $ or $$ at the end
 * each is pretty-printed. */
static struct expr *all_vars(struct sema *sema,
			     const struct probe_context *context,
			     const char *name, struct span span, int depth)
{
	struct expr *print = expr_create(sema->arena, EXPR_PRINT, span);
	struct expr *format = expr_create(sema->arena, EXPR_STRING, span);
	struct buf text = { 0 };

	print->text = "sprintf";
	*vec_push(sema->arena, &print->list.items) = format;
	for (size_t i = 0; i < context->vars.count; i++) {
		const struct context_var *var = &context->vars.items[i];
		struct expr *value;

		if (!is_among(var, name))
			continue;
		value = var_value(sema, var, span, depth);
		buf_printf(&text, "%s%s=%s", text.length ? " " : "",
			   var->name + 1, !value ? "?" : depth ? "%s" : "%#x");
		if (value)
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

/* A type for numbers of which nothing else is known. */
static struct ctype *plain_number(struct sema *sema, bool user)
{
	struct ctype_source *source = arena_new(sema->arena,
						struct ctype_source);

	*source = (struct ctype_source){ .arena = sema->arena,
					 .pointer_size = 8, .user = user };
	return ctype_int(source, "long", 8, true);
}

/* What is wrong with a variable, after its name. */
static const char *about_var(struct sema *sema, const struct context_var *var,
			     const char *reason)
{
	return arena_printf(sema->arena, "%s: %s", var->name, reason);
}

static void resolve_thread(struct sema *sema, struct scope *scope,
			   struct expr *location)
{
	struct target *target = location->ref;
	struct expr *base = target->base;

	/* a call that is made of a place */
	for (size_t i = 0; base && base->kind == EXPR_CALL &&
			   i < base->list.items.count; i++) {
		struct expr *argument = base->list.items.items[i];

		if (argument->kind == EXPR_TARGET && argument->ref)
			resolve_thread(sema, scope, argument);
	}
	if (base)
		resolve_one(sema, scope, &target->base);
	if (target->begin)
		resolve_one(sema, scope, &target->begin);
}

/* Structures that have no address. */
static bool is_in_registers(const struct location *location,
			    const struct ctype *type)
{
	return (location->kind == LOCATION_VALUE ||
		location->kind == LOCATION_PIECES) &&
	       !ctype_is_scalar(type) && type->kind != CTYPE_FLOAT;
}

static void resolve_var(struct sema *sema, struct scope *scope,
			struct expr **slot, const struct context_var *var,
			const struct items *path)
{
	const struct probe_context *context =
		var->elsewhere ? var->elsewhere : scope->probe->instance->context;
	struct ctype *type = var->type ? var->type :
		plain_number(sema, context->user);
	struct span span = (*slot)->span;
	const char *reason;
	struct base base = { .context = context };
	bool is_place = false;

	if (var->expression) {
		base.expr = sema_expression(sema, var->expression, span);
		resolve_one(sema, scope, &base.expr);
		resolve_path(sema, scope, slot, &base, ACCESS_BASE_VALUE, type,
			     path);
		return;
	}
	if (var->file) {
		struct target *target = set_target(sema, *slot, TARGET_FILE);

		target->file = var->file;
		target->arg = var->arg;
		return;
	}
	if (!var->location) {
		base.expr = arg_expr(sema, span, var->arg);
		resolve_path(sema, scope, slot, &base, ACCESS_BASE_VALUE, type,
			     path);
		return;
	}
	if (is_in_registers(var->location, type)) {
		base.location = var->location;
		resolve_path(sema, scope, slot, &base, ACCESS_BASE_PLACE, type,
			     path);
		return;
	}
	base.expr = location_value(sema, span, context, var->location,
				   &is_place, &reason);
	if (reason) {
		bad_target(sema, scope, *slot, about_var(sema, var, reason));
		return;
	}
	resolve_thread(sema, scope, base.expr);
	resolve_path(sema, scope, slot, &base,
		     is_place ? ACCESS_BASE_PLACE : ACCESS_BASE_VALUE, type,
		     path);
}

static bool is_summary(const struct probe_context *context, const char *name)
{
	return !strcmp(name, "$$vars") || !strcmp(name, "$$parms") ||
	       (!strcmp(name, "$$locals") &&
		(context->vars.count || context->has_registers)) ||
	       (!strcmp(name, "$$return") && context->entry);
}

/* A variable of a return probe that is read on entry: all of "$n->id" is. */
static bool wrap_entry(struct sema *sema, struct scope *scope,
		       struct expr **slot)
{
	const struct expr *target = (*slot)->kind == EXPR_ACCESS ?
					    (*slot)->a : *slot;
	const struct context_var *var;
	struct expr *entry;

	if (target->kind != EXPR_TARGET || target->ref)
		return false;
	var = context_var_find(sema, scope, target->text);
	if (!var || !var->at_entry)
		return false;
	entry = expr_create(sema->arena, EXPR_ENTRY, (*slot)->span);
	entry->a = *slot;
	*slot = entry;
	entry_resolve(sema, scope, slot);
	return true;
}

/* $name with a path (maybe empty). */
static void resolve_target(struct sema *sema, struct scope *scope,
			   struct expr **slot, struct expr *target,
			   const struct items *path)
{
	const struct probe_context *context = context_of(sema, scope);
	const struct context_var *var = context_var_find(sema, scope, target->text);
	struct expr *expr = *slot;

	if (!var && target->text[1] != '$')
		var = variable_outside(sema, context, target->text);
	if (var) {
		resolve_var(sema, scope, slot, var, path);
		return;
	}
	if (context && strcmp(target->text, "$value") == 0 &&
	    (context->reads_value || context->writes_value)) {
		expr->kind = context->reads_value ? EXPR_CALL : EXPR_SYMBOL;
		expr->text = context->reads_value ? "__input" : "$value";
		resolve_one(sema, scope, slot);
		return;
	}
	if (context && is_summary(context, target->text)) {
		*slot = all_vars(sema, context, target->text, expr->span,
				 path->depth);
		resolve_one(sema, scope, slot);
		return;
	}
	if (context && strcmp(target->text, "$$provider") == 0 &&
	    set_text(expr, context->provider))
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

/* @var("name") with a path (maybe empty). */
static void resolve_atvar(struct sema *sema, struct scope *scope,
			  struct expr **slot, const struct expr *atvar,
			  const struct items *path)
{
	const char *reason;
	const struct context_var *var = variable_find(
		sema, scope, atvar->text, atvar->b ? atvar->b->text : NULL,
		&reason);

	if (var)
		resolve_var(sema, scope, slot, var, path);
	else
		bad_target(sema, scope, *slot,
			   arena_printf(sema->arena, "@var(\"%s\"): %s",
					atvar->text, reason));
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
	if (expr->a->kind == EXPR_ATVAR) {
		resolve_atvar(sema, scope, slot, expr->a, &path);
		return;
	}
	type = base_type(sema, scope, &expr->a);
	if (!type)
		expr_poison(expr);
	else
		resolve_path(sema, scope, slot,
			     &(struct base){ .expr = expr->a },
			     ACCESS_BASE_VALUE, type, &path);
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

static void resolve_enum(struct sema *sema, const struct scope *scope,
			 struct expr *expr)
{
	struct span span = expr->span;
	int64_t value;

	if (enumerator_find(sema, scope, expr->text, &value)) {
		*expr = (struct expr){ .kind = EXPR_NUMBER, .span = span,
				       .number = value, .type = TYPE_LONG };
		return;
	}
	if (sema->env->reason)
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
	struct ctype *type = NULL;
	struct ctype_enumerator *list;
	struct expr *value = expr->list.items.count ? expr->list.items.items[0]
						    : NULL;
	struct expr *chain = expr_create(sema->arena, EXPR_STRING, expr->span);
	size_t count;

	if (value)
		resolve_one(sema, scope, &value);
	if (expr->list.items.count > 1 &&
	    expr->list.items.items[1]->kind == EXPR_STRING)
		type = type_find(sema, scope, expr->span,
				 expr->list.items.items[1]->text,
				 expr->list.items.count > 2 ?
				 expr->list.items.items[2]->text : NULL);
	else if (value)
		type = value->ctype;
	if (!type && expr->list.items.count > 1) {
		expr_poison(expr);
		return;
	}
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

/* Whether the handler runs in a thread that is counted: not those that the
 * runner runs itself. */
static bool is_event(const struct scope *scope)
{
	static const char *const kinds[] = { "raw_tracepoint", "uprobe",
		"uretprobe", "kprobe", "kretprobe", "perf" };

	for (size_t i = 0; scope->probe && i < sizeof(kinds) / sizeof(*kinds);
	     i++)
		if (!strcmp(scope->probe->instance->kind, kinds[i]))
			return true;
	return false;
}

/* @perf("name"): __perf_value(number of the counter) */
static void counter_resolve(struct sema *sema, struct scope *scope,
			    struct expr **slot)
{
	struct family_env *env = sema->env;
	struct expr *expr = *slot, *call;
	size_t number = 0;

	while (number < env->counters.count &&
	       strcmp(env->counters.items[number], expr->text))
		number++;
	if (number == env->counters.count || !is_event(scope)) {
		diag_report_hint(sema->diag, DIAG_counter_unknown, expr->span,
				 "probe perf.hw.instructions.counter(\"name\") "
				 "{} makes one", expr->text,
				 number == env->counters.count ?
				 "there is no counter of this name" :
				 "only handlers of probes of functions, "
				 "statements, markers and tracepoints run in a "
				 "thread that is counted");
		expr_poison(expr);
		return;
	}
	call = expr_create(sema->arena, EXPR_CALL, expr->span);
	call->text = "__perf_value";
	*vec_push(sema->arena, &call->list.items) =
		expr_create(sema->arena, EXPR_NUMBER, expr->span);
	call->list.items.items[0]->number = (int64_t)number;
	*slot = call;
	resolve_one(sema, scope, slot);
}

static void resolve_rest(struct sema *sema, struct scope *scope,
			 struct expr **slot)
{
	struct items none = { 0 };
	struct expr *expr = *slot;
	struct ctype *type;

	if (expr->kind == EXPR_CAST) {
		type = cast_type(sema, scope, expr);
		resolve_one(sema, scope, &expr->a);
		*slot = expr->a;
		(*slot)->ctype = type;
	} else if (expr->kind == EXPR_ENTRY) {
		entry_resolve(sema, scope, slot);
	} else if (expr->kind == EXPR_PROBEWRITE) {
		unsupported(sema, expr, "@probewrite",
			    "target variables cannot be written");
	} else if (expr->kind == EXPR_PERF) {
		counter_resolve(sema, scope, slot);
	} else if (expr->kind == EXPR_ATVAR) {
		resolve_atvar(sema, scope, slot, expr, &none);
	} else if (expr->kind == EXPR_REGISTER) {
		register_resolve(sema, scope, slot);
	} else if (expr->kind == EXPR_EMBEDDED) {
		embedded_resolve(sema, expr);
	}
}

void context_resolve(struct sema *sema, struct scope *scope,
		     struct expr **slot)
{
	struct expr *expr = *slot;
	struct items none = { 0 };

	if ((expr->kind == EXPR_TARGET || expr->kind == EXPR_ACCESS) &&
	    wrap_entry(sema, scope, slot))
		return;
	if (expr->kind == EXPR_TARGET) {
		if (!expr->ref)
			resolve_target(sema, scope, slot, expr, &none);
	} else if (expr->kind == EXPR_ACCESS) {
		resolve_access(sema, scope, slot);
	} else if (expr->kind == EXPR_ADDRESS) {
		resolve_address(sema, scope, slot);
	} else if (expr->kind == EXPR_CONST || expr->kind == EXPR_ENUM) {
		resolve_enum(sema, scope, expr);
	} else if (expr->kind == EXPR_ENUMNAME) {
		resolve_enumname(sema, scope, slot);
	} else if (expr->kind == EXPR_DEREF) {
		resolve_deref(sema, scope, expr);
	} else {
		resolve_rest(sema, scope, slot);
	}
}
