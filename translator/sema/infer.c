/*
 * Types: every value is a long or a string, worked out from uses to a fixed
 * point over all bodies, then what is still open is reported (locals) or taken
 * as long (globals that nothing decides).
 */
#include "translator/sema/sema.h"

#include <stdlib.h>
#include <string.h>

#include "runtime/common/format.h"
#include "runtime/common/regex.h"
#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/sema/poison.h"

struct infer {
	struct sema *sema;
	struct function *function;	/* whose body, or NULL */
	bool changed;
	bool final;			/* last round: report what is wrong */
};

static enum type infer(struct infer *in, struct expr *expr, enum type want);
static void infer_stmt(struct infer *in, struct stmt *stmt);

static void mismatch(struct infer *in, const struct expr *expr,
		     enum type want, enum type found)
{
	if (in->final && want != TYPE_UNKNOWN && found != TYPE_UNKNOWN &&
	    want != found)
		diag_report(in->sema->diag, DIAG_type_mismatch, expr->span,
			    type_name(want), type_name(found));
}

/* Makes a slot known, or reports that it is something else already. */
static enum type unify(struct infer *in, enum type *slot, enum type want,
		       const struct expr *expr, const char *name)
{
	if (*slot == TYPE_UNKNOWN && want != TYPE_UNKNOWN) {
		*slot = want;
		in->changed = true;
	} else if (want != TYPE_UNKNOWN && *slot != want && in->final) {
		diag_report(in->sema->diag, DIAG_type_conflict, expr->span,
			    name, type_name(want), type_name(*slot));
	}
	return *slot;
}

static enum type set(struct infer *in, struct expr *expr, enum type type,
		     enum type want)
{
	mismatch(in, expr, want, type);
	if (type != TYPE_UNKNOWN)
		expr->type = type;
	return type;
}

static enum type infer_symbol(struct infer *in, struct expr *expr,
			      enum type want)
{
	struct symbol *symbol = expr->ref;
	enum type type;

	if (symbol->key_count > 0 || (symbol->is_array && symbol->global)) {
		if (in->final && !symbol->reported)
			diag_report(in->sema->diag, DIAG_array_scalar,
				    expr->span, symbol->name);
		return TYPE_UNKNOWN;
	}
	if (symbol->global && symbol->key_count < 0)
		symbol->key_count = 0;
	type = unify(in, &symbol->type, want, expr, symbol->name);
	if (type != TYPE_UNKNOWN)
		expr->type = type;
	return type;
}

static void infer_keys(struct infer *in, struct expr_list *list,
		       struct symbol *symbol)
{
	for (size_t i = 0; i < list->items.count; i++) {
		struct expr *key = list->items.items[i];
		enum type type;

		if (key->kind == EXPR_WILDCARD || (int)i >= symbol->key_count)
			continue;
		type = infer(in, key, symbol->key_types[i]);
		if (type == TYPE_STATS)
			mismatch(in, key, TYPE_LONG, type);
		else
			unify(in, &symbol->key_types[i], type, key,
			      symbol->name);
	}
}

/* A variable or an element; @want is what its value should be. */
static enum type infer_place(struct infer *in, struct expr *expr,
			     enum type want)
{
	struct symbol *symbol;
	enum type type;

	if (expr->kind == EXPR_SYMBOL)
		return infer_symbol(in, expr, want);
	if (expr->kind != EXPR_INDEX)
		return infer(in, expr, want);
	symbol = expr->a->ref;
	infer_keys(in, &expr->list, symbol);
	type = unify(in, &symbol->type, want, expr, symbol->name);
	if (type != TYPE_UNKNOWN)
		expr->type = type;
	return type;
}

/* A statistic is only read through its operators. */
static enum type infer_read(struct infer *in, struct expr *expr,
			    enum type want)
{
	struct symbol *symbol = expr->kind == EXPR_INDEX ? expr->a->ref :
							   expr->ref;
	enum type type = infer_place(in, expr, symbol->type == TYPE_STATS ?
						       TYPE_STATS : want);

	if (type == TYPE_STATS && want != TYPE_STATS && in->final)
		diag_report(in->sema->diag, DIAG_type_mismatch, expr->span,
			    "long or string",
			    "statistic (read it with @count, @sum, ...)");
	return type;
}

static enum type infer_assign(struct infer *in, struct expr *expr,
			      enum type want)
{
	enum type type;

	if (expr->kind == EXPR_INCDEC || (expr->op != OP_NONE &&
					  expr->op != OP_CAT &&
					  expr->op != OP_STAT)) {
		infer_place(in, expr->a, TYPE_LONG);
		if (expr->b)
			infer(in, expr->b, TYPE_LONG);
		return set(in, expr, TYPE_LONG, want);
	}
	if (expr->op == OP_STAT) {
		infer_place(in, expr->a, TYPE_STATS);
		infer(in, expr->b, TYPE_LONG);
		return set(in, expr, TYPE_LONG, want);
	}
	if (expr->op == OP_CAT) {
		infer_place(in, expr->a, TYPE_STRING);
		infer(in, expr->b, TYPE_STRING);
		return set(in, expr, TYPE_STRING, want);
	}
	type = infer(in, expr->b, expr->a->type ? TYPE_UNKNOWN : want);
	type = infer_place(in, expr->a, type);
	if (type == TYPE_STATS && in->final)
		diag_report(in->sema->diag, DIAG_type_mismatch, expr->span,
			    "<<<", "= (a statistic is only added to)");
	if (expr->b->type == TYPE_UNKNOWN)
		infer(in, expr->b, type);
	return set(in, expr, type, want);
}

/* Two values of one type. The first is looked at again only if the second tells
 * more: they may be nested deep. */
static enum type infer_alike(struct infer *in, struct expr *a, struct expr *b,
			     enum type want)
{
	enum type first = infer(in, a, want);
	enum type type = infer(in, b, first ? first : want);

	return type == first ? type : infer(in, a, type);
}

static enum type infer_binary(struct infer *in, struct expr *expr,
			      enum type want)
{
	if (expr->op == OP_CAT) {
		infer(in, expr->a, TYPE_STRING);
		infer(in, expr->b, TYPE_STRING);
		return set(in, expr, TYPE_STRING, want);
	}
	if (expr->op >= OP_EQ && expr->op <= OP_GE) {
		infer_alike(in, expr->a, expr->b, TYPE_UNKNOWN);
		return set(in, expr, TYPE_LONG, want);
	}
	infer(in, expr->a, TYPE_LONG);
	infer(in, expr->b, TYPE_LONG);
	return set(in, expr, TYPE_LONG, want);
}

static enum type signature_type(char letter)
{
	return letter == 'l' ? TYPE_LONG : letter == 't' ? TYPE_STRING :
	       TYPE_NONE;
}

/* What a call of functions of one name gives: what one of them is known to give,
 * or what is wanted, if it is wanted. */
static enum type overloads_type(const struct function *first, enum type want)
{
	if (want == TYPE_NONE)
		return TYPE_UNKNOWN;
	for (const struct function *f = first; f; f = f->next)
		if (f->type != TYPE_UNKNOWN)
			return f->type;
	return want;
}

static enum type infer_call(struct infer *in, struct expr *expr,
			    enum type want)
{
	struct callee *callee = expr->ref;
	struct function *f = callee->function;
	enum type result;

	if (!f) {
		const char *signature = primitives[callee->primitive].signature;

		for (size_t i = 0; i < expr->list.items.count; i++)
			infer(in, expr->list.items.items[i],
			      signature_type(signature[2 + i]));
		return set(in, expr, signature_type(signature[0]), want);
	}
	for (size_t i = 0; i < expr->list.items.count; i++) {
		struct expr *arg = expr->list.items.items[i];
		enum type type = infer(in, arg, f->params.items[i]->type);

		for (struct function *o = f; o; o = o->next) {
			struct symbol *param = o->params.items[i];

			if (param->type != type)
				type = infer(in, arg, param->type);
			unify(in, &param->type, type, arg, param->name);
		}
	}
	result = overloads_type(f, want);
	for (struct function *o = f; o; o = o->next) {
		if (!o->has_value && o->type == TYPE_UNKNOWN)
			continue;
		unify(in, &o->type, result, expr, o->decl->name);
	}
	if (!f->has_value && f->type == TYPE_UNKNOWN) {
		if (in->final && want != TYPE_NONE)
			diag_report(in->sema->diag, DIAG_no_value, expr->span,
				    f->decl->name);
		return want == TYPE_NONE ? TYPE_NONE : TYPE_UNKNOWN;
	}
	expr->type = f->type;
	return f->type;
}

static bool bad_format(struct infer *in, const struct expr *expr,
		       const char *reason)
{
	if (in->final)
		diag_report(in->sema->diag, DIAG_format_bad, expr->span,
			    reason);
	return false;
}

/* Types of the arguments as the directives want them. */
static bool infer_format(struct infer *in, struct expr *expr)
{
	struct expr *format = expr->list.items.items[0];
	struct format_iterator iterator;
	struct format_directive d;
	size_t used = 1;

	format_begin(&iterator, format->text, format->length);
	while (format_next(&iterator, &d) != FORMAT_END) {
		enum type wants[3];
		int n = 0;

		if (d.kind == FORMAT_INVALID)
			return bad_format(in, format, d.reason);
		if (d.kind == FORMAT_LITERAL)
			continue;
		if (d.width == FORMAT_STAR)
			wants[n++] = TYPE_LONG;
		if (d.precision == FORMAT_STAR)
			wants[n++] = TYPE_LONG;
		wants[n++] = format_type(&d) == 't' ? TYPE_STRING : TYPE_LONG;
		for (int i = 0; i < n; i++, used++)
			if (used < expr->list.items.count)
				infer(in, expr->list.items.items[used],
				      wants[i]);
	}
	if (used != expr->list.items.count && in->final)
		diag_report(in->sema->diag, DIAG_format_arguments, expr->span,
			    (int)used - 1, (int)expr->list.items.count - 1);
	return used == expr->list.items.count;
}

static bool is_format_print(const char *name)
{
	return strcmp(name, "printf") == 0 || strcmp(name, "sprintf") == 0;
}

static enum type infer_print(struct infer *in, struct expr *expr,
			     enum type want)
{
	const char *name = expr->text;
	bool delimited = strstr(name, "printd") != NULL;
	size_t first = 0;

	if (is_format_print(name) || delimited) {
		if (!expr->list.items.count ||
		    expr->list.items.items[0]->kind != EXPR_STRING) {
			if (in->final)
				diag_report(in->sema->diag,
					    DIAG_literal_wanted, expr->span,
					    delimited ? "the delimiter" :
							"the format");
			return set(in, expr, name[0] == 's' ? TYPE_STRING :
							      TYPE_NONE, want);
		}
		first = 1;
	}
	if (is_format_print(name))
		infer_format(in, expr);
	else
		for (size_t i = first; i < expr->list.items.count; i++)
			infer(in, expr->list.items.items[i],
			      strcmp(name, "print_char") == 0 ?
				      TYPE_LONG : TYPE_UNKNOWN);
	return set(in, expr, name[0] == 's' ? TYPE_STRING : TYPE_NONE, want);
}

static enum type infer_match(struct infer *in, struct expr *expr,
			     enum type want)
{
	struct rt_regex program;
	const char *reason;
	__u32 offset;

	infer(in, expr->a, TYPE_STRING);
	if (in->final && expr->b->kind != EXPR_STRING)
		diag_report(in->sema->diag, DIAG_literal_wanted,
			    expr->b->span, "a regular expression");
	else if (in->final && regex_compile(expr->b->text,
					    (__u32)expr->b->length, &program,
					    &reason, &offset) < 0)
		diag_report(in->sema->diag, DIAG_regex_bad, expr->b->span,
			    (int)offset, reason);
	return set(in, expr, TYPE_LONG, want);
}

static enum type infer_ternary(struct infer *in, struct expr *expr,
			       enum type want)
{
	infer(in, expr->a, TYPE_LONG);
	return set(in, expr, infer_alike(in, expr->b, expr->c, want), want);
}

static enum type infer_target(struct infer *in, struct expr *expr,
			      enum type want)
{
	struct target *target = expr->ref;

	if (target && target->base)
		infer(in, target->base, TYPE_LONG);
	for (size_t i = 0; target && i < target->indexes.items.count; i++)
		infer(in, target->indexes.items.items[i], TYPE_LONG);
	return set(in, expr, TYPE_LONG, want);
}

static enum type infer(struct infer *in, struct expr *expr, enum type want)
{
	if (expr_is_poison(expr))
		return want;
	switch (expr->kind) {
	case EXPR_NUMBER:
		return set(in, expr, TYPE_LONG, want);
	case EXPR_STRING:
		return set(in, expr, TYPE_STRING, want);
	case EXPR_SYMBOL:
	case EXPR_INDEX:
		return infer_read(in, expr, want);
	case EXPR_CALL:
		return infer_call(in, expr, want);
	case EXPR_PRINT:
		return infer_print(in, expr, want);
	case EXPR_UNARY:
		infer(in, expr->a, TYPE_LONG);
		return set(in, expr, TYPE_LONG, want);
	case EXPR_BINARY:
		return infer_binary(in, expr, want);
	case EXPR_TERNARY:
		return infer_ternary(in, expr, want);
	case EXPR_ASSIGN:
	case EXPR_INCDEC:
		return infer_assign(in, expr, want);
	case EXPR_IN:
		infer_keys(in, &expr->list, expr->a->ref);
		return set(in, expr, TYPE_LONG, want);
	case EXPR_MATCH:
		return infer_match(in, expr, want);
	case EXPR_STAT:
		infer_place(in, expr->a, TYPE_STATS);
		return set(in, expr, TYPE_LONG, want);
	case EXPR_HISTINDEX:
		infer_place(in, expr->a->a, TYPE_STATS);
		infer(in, expr->b, TYPE_LONG);
		return set(in, expr, TYPE_LONG, want);
	case EXPR_TARGET:
		return infer_target(in, expr, want);
	case EXPR_DEREF:
		infer(in, expr->b, TYPE_LONG);
		return set(in, expr, TYPE_LONG, want);
	case EXPR_HIST:
		infer_place(in, expr->a, TYPE_STATS);
		return set(in, expr, TYPE_STRING, want);
	case EXPR_ACCESS:
	case EXPR_ADDRESS:
	case EXPR_CAST:
	case EXPR_ATVAR:
	case EXPR_DEFINED:
	case EXPR_ENTRY:
	case EXPR_PROBEWRITE:
	case EXPR_PERF:
	case EXPR_CONST:
	case EXPR_ENUM:
	case EXPR_ENUMNAME:
	case EXPR_REGISTER:
	case EXPR_WILDCARD:
		return TYPE_UNKNOWN;
	case EXPR_EMBEDDED:
		return set(in, expr, expr->type, want);
	}
	return TYPE_UNKNOWN;
}

static void infer_foreach(struct infer *in, struct stmt *stmt)
{
	struct foreach *f = stmt->foreach;
	struct symbol *symbol = f->array->ref;

	if (f->limit)
		infer(in, f->limit, TYPE_LONG);
	if (f->array->kind == EXPR_HIST) {
		infer_place(in, f->array->a, TYPE_STATS);
		for (size_t i = 0; i < f->keys.count; i++)
			infer_symbol(in, f->keys.items[i], TYPE_LONG);
		if (f->value)
			infer_symbol(in, f->value, TYPE_LONG);
	} else if (symbol) {
		infer_keys(in, &f->slice, symbol);
		if (f->sort_by)
			unify(in, &symbol->type, TYPE_STATS, f->array,
			      symbol->name);
		for (size_t i = 0; i < f->keys.count &&
				   (int)i < symbol->key_count; i++) {
			enum type type = infer_symbol(in, f->keys.items[i],
						      symbol->key_types[i]);

			unify(in, &symbol->key_types[i], type,
			      f->keys.items[i], symbol->name);
		}
		if (f->value && symbol->type != TYPE_STATS)
			unify(in, &symbol->type,
			      infer_symbol(in, f->value, symbol->type),
			      f->value, symbol->name);
		else if (f->value)
			infer_symbol(in, f->value, TYPE_LONG);
		if (f->value && symbol->type == TYPE_STATS && in->final)
			diag_report(in->sema->diag, DIAG_stat_value,
				    f->value->span, symbol->name);
	}
	infer_stmt(in, stmt->body);
}

static void infer_return(struct infer *in, struct stmt *stmt)
{
	struct function *f = in->function;
	enum type type;

	if (!stmt->expr)
		return;
	type = infer(in, stmt->expr, f->type);
	unify(in, &f->type, type, stmt->expr, f->decl->name);
}

/* Whether the expression can have no value at all. */
static bool returns_nothing(const struct expr *expr)
{
	const struct callee *callee = expr->ref;

	if (expr->kind == EXPR_PRINT)
		return expr->text[0] != 's';
	if (expr->kind != EXPR_CALL || expr_is_poison(expr))
		return false;
	if (callee->function)
		return !callee->function->has_value &&
		       callee->function->decl->type == TYPE_UNKNOWN;
	return primitives[callee->primitive].signature[0] == '-';
}

/* The value is not used: a call may return nothing, also as the last operand
 * of && and || and in the arms of ?:. */
static void infer_effect(struct infer *in, struct expr *expr)
{
	if (!expr)
		return;
	if (expr->kind == EXPR_BINARY &&
	    (expr->op == OP_LAND || expr->op == OP_LOR)) {
		infer(in, expr->a, TYPE_LONG);
		infer_effect(in, expr->b);
		expr->type = TYPE_LONG;
	} else if (expr->kind == EXPR_TERNARY) {
		infer(in, expr->a, TYPE_LONG);
		infer_effect(in, expr->b);
		infer_effect(in, expr->c);
		expr->type = TYPE_LONG;
	} else {
		infer(in, expr, returns_nothing(expr) ? TYPE_NONE :
							TYPE_UNKNOWN);
	}
}

static void infer_stmt(struct infer *in, struct stmt *stmt)
{
	switch (stmt->kind) {
	case STMT_EXPR:
		infer_effect(in, stmt->expr);
		return;
	case STMT_BLOCK:
		for (size_t i = 0; i < stmt->block.items.count; i++)
			infer_stmt(in, stmt->block.items.items[i]);
		return;
	case STMT_IF:
	case STMT_WHILE:
	case STMT_FOR:
		infer_effect(in, stmt->init);
		if (stmt->expr)
			infer(in, stmt->expr, TYPE_LONG);
		infer_effect(in, stmt->step);
		infer_stmt(in, stmt->body);
		if (stmt->other)
			infer_stmt(in, stmt->other);
		return;
	case STMT_FOREACH:
		infer_foreach(in, stmt);
		return;
	case STMT_DELETE:
		if (stmt->expr->kind == EXPR_INDEX && !expr_is_poison(stmt->expr))
			infer_keys(in, &stmt->expr->list, stmt->expr->a->ref);
		return;
	case STMT_RETURN:
		infer_return(in, stmt);
		return;
	case STMT_TRY:
		infer_stmt(in, stmt->body);
		if (stmt->message)
			infer_symbol(in, stmt->message, TYPE_STRING);
		if (stmt->other)
			infer_stmt(in, stmt->other);
		return;
	case STMT_NEXT:
	case STMT_BREAK:
	case STMT_CONTINUE:
	case STMT_NULL:
	case STMT_EMBEDDED:
		return;
	}
}

static void infer_all(struct infer *in)
{
	struct sema *sema = in->sema;

	in->function = NULL;
	for (size_t i = 0; i < sema->probes.count; i++) {
		struct probe *probe = sema->probes.items[i];

		if (!probe->instance->kind)
			continue;
		if (probe->condition)
			infer(in, probe->condition, TYPE_LONG);
		infer_stmt(in, probe->body);
	}
	for (size_t i = 0; i < sema->functions.count; i++) {
		in->function = sema->functions.items[i];
		if (in->function->resolved &&
		    in->function->decl->body->kind != STMT_EMBEDDED)
			infer_stmt(in, in->function->decl->body);
	}
}

/* What nothing decides is a long: a global without a use of its value. */
static void settle_globals(struct sema *sema)
{
	for (size_t i = 0; i < sema->globals.count; i++) {
		struct symbol *symbol = sema->globals.items[i];

		if (symbol->key_count < 0)
			symbol->key_count = symbol->is_array ? 1 : 0;
		if (symbol->key_count > 0 && !symbol->key_types)
			symbol->key_types = arena_array(sema->arena, enum type,
							symbol->key_count);
		if (symbol->type == TYPE_UNKNOWN)
			symbol->type = TYPE_LONG;
		for (int k = 0; k < symbol->key_count; k++)
			if (symbol->key_types[k] == TYPE_UNKNOWN)
				symbol->key_types[k] = TYPE_LONG;
	}
}

static void settle_locals(struct sema *sema, struct map *locals, bool used)
{
	for (size_t i = 0; i < locals->count; i++) {
		struct symbol *symbol = locals->entries[i].value;

		if (symbol->type != TYPE_UNKNOWN)
			continue;
		symbol->type = TYPE_LONG;
		if (used && !symbol->is_param && diag_errors(sema->diag) == 0)
			diag_report_hint(sema->diag, DIAG_type_unresolved,
					 symbol->span,
					 sema_suggest_local(sema, symbol->name,
							    locals),
					 symbol->name);
	}
}

void sema_infer(struct sema *sema)
{
	struct infer in = { .sema = sema };

	do {
		in.changed = false;
		infer_all(&in);
	} while (in.changed);
	settle_globals(sema);
	do {
		in.changed = false;
		infer_all(&in);
	} while (in.changed);
	for (size_t i = 0; i < sema->functions.count; i++) {
		struct function *f = sema->functions.items[i];

		if (f->type == TYPE_UNKNOWN && f->has_value)
			f->type = TYPE_LONG;
		settle_locals(sema, &f->locals, f->used);
	}
	for (size_t i = 0; i < sema->probes.count; i++)
		settle_locals(sema, &sema->probes.items[i]->locals, true);
	in.final = true;
	infer_all(&in);
}
