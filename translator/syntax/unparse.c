/*
 * The tree as a script again, with the parentheses that it needs and no
 * others. What parses differently from what it was printed from is a bug.
 */
#include <string.h>

#include "translator/base/buf.h"
#include "translator/syntax/ast.h"
#include "translator/syntax/parse.h"

/* How tightly expressions bind, loose to tight. */
enum level {
	LEVEL_ANY, LEVEL_ASSIGN, LEVEL_TERNARY, LEVEL_LOR, LEVEL_LAND,
	LEVEL_OR, LEVEL_XOR, LEVEL_AND, LEVEL_IN, LEVEL_COMPARE, LEVEL_SHIFT,
	LEVEL_CAT, LEVEL_ADD, LEVEL_MUL, LEVEL_UNARY, LEVEL_STEP,
	LEVEL_ADDRESS, LEVEL_POSTFIX,
};

static void put_expr(struct buf *out, const struct expr *expr,
		     enum level least);
static void put_stmt(struct buf *out, const struct stmt *stmt, int indent);

static enum level operator_level(enum operator_kind op)
{
	switch (op) {
	case OP_LOR:
		return LEVEL_LOR;
	case OP_LAND:
		return LEVEL_LAND;
	case OP_OR:
		return LEVEL_OR;
	case OP_XOR:
		return LEVEL_XOR;
	case OP_AND:
		return LEVEL_AND;
	case OP_EQ: case OP_NE: case OP_LT: case OP_LE: case OP_GT:
	case OP_GE: case OP_MATCH: case OP_NOMATCH:
		return LEVEL_COMPARE;
	case OP_SHL: case OP_SHR: case OP_USHR:
		return LEVEL_SHIFT;
	case OP_CAT:
		return LEVEL_CAT;
	case OP_ADD: case OP_SUB:
		return LEVEL_ADD;
	case OP_MUL: case OP_DIV: case OP_MOD:
		return LEVEL_MUL;
	case OP_NEG: case OP_POS: case OP_NOT: case OP_BITNOT:
		return LEVEL_UNARY;
	case OP_NONE: case OP_STAT:
		return LEVEL_ASSIGN;
	}
	return LEVEL_ANY;
}

/* One key that is no "*" can do without brackets. */
static bool is_short_in(const struct expr *expr)
{
	return expr->list.items.count == 1 &&
	       expr->list.items.items[0]->kind != EXPR_WILDCARD;
}

static enum level expr_level(const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_ASSIGN:
		return LEVEL_ASSIGN;
	case EXPR_TERNARY:
		return LEVEL_TERNARY;
	case EXPR_BINARY:
	case EXPR_MATCH:
		return operator_level(expr->op);
	case EXPR_IN:
		return is_short_in(expr) ? LEVEL_IN : LEVEL_POSTFIX;
	case EXPR_UNARY:
		return LEVEL_UNARY;
	case EXPR_INCDEC:
		return LEVEL_STEP;
	case EXPR_ADDRESS:
		return LEVEL_ADDRESS;
	case EXPR_NUMBER: case EXPR_STRING: case EXPR_SYMBOL:
	case EXPR_TARGET: case EXPR_INDEX: case EXPR_ACCESS: case EXPR_CALL:
	case EXPR_PRINT: case EXPR_STAT: case EXPR_HIST: case EXPR_HISTINDEX:
	case EXPR_CAST: case EXPR_ATVAR: case EXPR_DEFINED: case EXPR_ENTRY:
	case EXPR_PROBEWRITE: case EXPR_PERF: case EXPR_CONST: case EXPR_ENUM:
	case EXPR_ENUMNAME: case EXPR_DEREF: case EXPR_REGISTER:
	case EXPR_EMBEDDED: case EXPR_WILDCARD:
		return LEVEL_POSTFIX;
	}
	return LEVEL_POSTFIX;
}

static void put_string(struct buf *out, const char *text, size_t length)
{
	buf_putc(out, '"');
	buf_escape(out, text, length);
	buf_putc(out, '"');
}

static void put_list(struct buf *out, const struct expr_list *list)
{
	for (size_t i = 0; i < list->items.count; i++) {
		buf_puts(out, i ? ", " : "");
		put_expr(out, list->items.items[i], LEVEL_ANY);
	}
}

static void put_number(struct buf *out, int64_t number)
{
	/* Above 2^63 there is no minus in the literal. */
	buf_printf(out, number < 0 ? "0x%llx" : "%lld", (long long)number);
}

/* @word(a, "text", "more"): whichever are there. */
static void put_word(struct buf *out, const char *word, const struct expr *a,
		     const struct expr *text, const struct expr *more)
{
	buf_printf(out, "@%s(", word);
	if (a)
		put_expr(out, a, LEVEL_ANY);
	if (text) {
		buf_puts(out, a ? ", " : "");
		put_string(out, text->text, text->length);
	}
	if (more) {
		buf_puts(out, ", ");
		put_expr(out, more, LEVEL_ANY);
	}
	buf_putc(out, ')');
}

static void put_access(struct buf *out, const struct expr *expr)
{
	bool name_only = expr->a->kind == EXPR_SYMBOL && expr->path.count &&
			 expr->path.items[0].kind != STEP_MEMBER;

	buf_puts(out, name_only ? "(" : "");
	put_expr(out, expr->a, LEVEL_POSTFIX);
	buf_puts(out, name_only ? ")" : "");
	for (size_t i = 0; i < expr->path.count; i++) {
		const struct access *step = &expr->path.items[i];

		switch (step->kind) {
		case STEP_MEMBER:
			buf_printf(out, "->%s", step->member);
			break;
		case STEP_INDEX:
			buf_putc(out, '[');
			put_expr(out, step->index, LEVEL_ANY);
			buf_putc(out, ']');
			break;
		case STEP_PRETTY:
			buf_puts(out, step->depth == 2 ? "$$" : "$");
			break;
		}
	}
}

static void put_binary(struct buf *out, const struct expr *expr,
		       const char *op)
{
	enum level level = expr_level(expr);
	bool right = expr->kind == EXPR_ASSIGN;

	put_expr(out, expr->a, right ? level + 1 : level);
	buf_printf(out, " %s ", op);
	put_expr(out, expr->b, right ? level : level + 1);
}

static void put_in(struct buf *out, const struct expr *expr)
{
	if (is_short_in(expr)) {
		put_expr(out, expr->list.items.items[0], LEVEL_IN);
	} else {
		buf_putc(out, '[');
		put_list(out, &expr->list);
		buf_putc(out, ']');
	}
	buf_printf(out, " in %s", expr->a->text);
}

static void put_hist(struct buf *out, const struct expr *expr)
{
	buf_printf(out, "@%s(", expr->text);
	put_expr(out, expr->a, LEVEL_ANY);
	buf_puts(out, expr->list.items.count ? ", " : "");
	put_list(out, &expr->list);
	buf_putc(out, ')');
}

static void put_incdec(struct buf *out, const struct expr *expr)
{
	const char *op = expr->op == OP_ADD ? "++" : "--";

	buf_puts(out, expr->prefix ? op : "");
	put_expr(out, expr->a, LEVEL_ADDRESS);
	buf_puts(out, expr->prefix ? "" : op);
}

static void put_ternary(struct buf *out, const struct expr *expr)
{
	put_expr(out, expr->a, LEVEL_LOR);
	buf_puts(out, " ? ");
	put_expr(out, expr->b, LEVEL_ANY);
	buf_puts(out, " : ");
	put_expr(out, expr->c, LEVEL_TERNARY);
}

static void put_call(struct buf *out, const struct expr *expr)
{
	buf_printf(out, "%s(", expr->text);
	put_list(out, &expr->list);
	buf_putc(out, ')');
}

static void put_bare(struct buf *out, const struct expr *expr)
{
	switch (expr->kind) {
	case EXPR_NUMBER:
		put_number(out, expr->number);
		break;
	case EXPR_STRING:
		put_string(out, expr->text, expr->length);
		break;
	case EXPR_SYMBOL:
	case EXPR_TARGET:
		buf_puts(out, expr->text);
		break;
	case EXPR_INDEX:
		buf_printf(out, "%s[", expr->a->text);
		put_list(out, &expr->list);
		buf_putc(out, ']');
		break;
	case EXPR_ACCESS:
		put_access(out, expr);
		break;
	case EXPR_ADDRESS:
		buf_putc(out, '&');
		put_expr(out, expr->a, LEVEL_POSTFIX);
		break;
	case EXPR_CALL:
	case EXPR_PRINT:
		put_call(out, expr);
		break;
	case EXPR_UNARY:
		buf_puts(out, operator_text(expr->op));
		put_expr(out, expr->a, LEVEL_ADDRESS);
		break;
	case EXPR_BINARY:
		put_binary(out, expr, operator_text(expr->op));
		break;
	case EXPR_MATCH:
		put_expr(out, expr->a, LEVEL_COMPARE);
		buf_printf(out, " %s ", operator_text(expr->op));
		put_expr(out, expr->b, LEVEL_POSTFIX);
		break;
	case EXPR_ASSIGN: {
		const char *op = operator_text(expr->op);

		put_expr(out, expr->a, LEVEL_TERNARY);
		buf_printf(out, expr->op == OP_STAT ? " %s " : " %s= ", op);
		put_expr(out, expr->b, LEVEL_ASSIGN);
		break;
	}
	case EXPR_TERNARY:
		put_ternary(out, expr);
		break;
	case EXPR_INCDEC:
		put_incdec(out, expr);
		break;
	case EXPR_IN:
		put_in(out, expr);
		break;
	case EXPR_STAT:
		put_word(out, expr->text, expr->a, NULL, expr->b);
		break;
	case EXPR_HIST:
		put_hist(out, expr);
		break;
	case EXPR_HISTINDEX:
		put_hist(out, expr->a);
		buf_putc(out, '[');
		put_expr(out, expr->b, LEVEL_ANY);
		buf_putc(out, ']');
		break;
	case EXPR_CAST:
		put_word(out, "cast", expr->a, expr, expr->b);
		break;
	case EXPR_ATVAR:
		put_word(out, "var", NULL, expr, expr->b);
		break;
	case EXPR_DEFINED:
		put_word(out, "defined", expr->a, NULL, NULL);
		break;
	case EXPR_ENTRY:
		put_word(out, "entry", expr->a, NULL, NULL);
		break;
	case EXPR_PROBEWRITE:
		put_word(out, "probewrite", expr->a, NULL, NULL);
		break;
	case EXPR_PERF:
		put_word(out, "perf", NULL, expr, NULL);
		break;
	case EXPR_CONST:
		put_word(out, "const", NULL, expr, NULL);
		break;
	case EXPR_ENUM:
		put_word(out, "enum", NULL, expr, NULL);
		break;
	case EXPR_ENUMNAME:
		buf_puts(out, "@enumname(");
		put_list(out, &expr->list);
		buf_putc(out, ')');
		break;
	case EXPR_DEREF:
	case EXPR_REGISTER:
		put_word(out, expr->text, expr->a, NULL, expr->b);
		break;
	case EXPR_EMBEDDED:
		buf_puts(out, "%{");
		buf_write(out, expr->text, expr->length);
		buf_puts(out, "%}");
		break;
	case EXPR_WILDCARD:
		buf_putc(out, '*');
		break;
	}
}

static void put_expr(struct buf *out, const struct expr *expr,
		     enum level least)
{
	bool parens = expr_level(expr) < least;

	buf_puts(out, parens ? "(" : "");
	put_bare(out, expr);
	buf_puts(out, parens ? ")" : "");
}

void unparse_expr(struct buf *out, const struct expr *expr)
{
	put_expr(out, expr, LEVEL_ANY);
}

/* ---- statements ---- */

static void put_indent(struct buf *out, int indent)
{
	while (indent-- > 0)
		buf_putc(out, '\t');
}

static void put_block(struct buf *out, const struct stmt *stmt, int indent)
{
	buf_puts(out, "{\n");
	for (size_t i = 0; i < stmt->block.items.count; i++) {
		put_indent(out, indent + 1);
		put_stmt(out, stmt->block.items.items[i], indent + 1);
	}
	put_indent(out, indent);
	buf_puts(out, "}");
}

/* The body of a loop or branch, on its own line if it is no block. */
static void put_body(struct buf *out, const struct stmt *stmt, int indent)
{
	if (stmt->kind == STMT_BLOCK) {
		buf_putc(out, ' ');
		put_block(out, stmt, indent);
		buf_putc(out, '\n');
		return;
	}
	buf_putc(out, '\n');
	put_indent(out, indent + 1);
	put_stmt(out, stmt, indent + 1);
}

static void put_mark(struct buf *out, enum sort_order order)
{
	buf_puts(out, order == SORT_UP ? "+" : order == SORT_DOWN ? "-" : "");
}

static void put_keys(struct buf *out, const struct foreach *loop)
{
	bool several = loop->keys.count != 1;

	buf_puts(out, several ? "[" : "");
	for (size_t i = 0; i < loop->keys.count; i++) {
		buf_printf(out, "%s%s", i ? ", " : "",
			   loop->keys.items[i]->text);
		if (loop->sort_key == (int)i + 1)
			put_mark(out, loop->sort_order);
	}
	buf_puts(out, several ? "]" : "");
}

static void put_foreach(struct buf *out, const struct foreach *loop)
{
	buf_puts(out, "foreach (");
	if (loop->value)
		buf_printf(out, "%s = ", loop->value->text);
	put_keys(out, loop);
	buf_puts(out, " in ");
	put_expr(out, loop->array, LEVEL_ANY);
	if (loop->slice.items.count) {
		buf_putc(out, '[');
		put_list(out, &loop->slice);
		buf_putc(out, ']');
	}
	if (loop->sort_by)
		buf_printf(out, " @%s", loop->sort_by);
	if (loop->sort_key == -1)
		put_mark(out, loop->sort_order);
	if (loop->limit) {
		buf_puts(out, " limit ");
		put_expr(out, loop->limit, LEVEL_ANY);
	}
	buf_putc(out, ')');
}

/* An else would belong to an if at the end of the then part. */
static bool takes_else(const struct stmt *stmt)
{
	for (; stmt; stmt = stmt->kind == STMT_IF && stmt->other ?
			    stmt->other : stmt->body) {
		if (stmt->kind == STMT_IF && !stmt->other)
			return true;
		if (stmt->kind == STMT_TRY)
			return false;
	}
	return false;
}

static void put_if(struct buf *out, const struct stmt *stmt, int indent)
{
	bool wrap = stmt->other && takes_else(stmt->body);

	buf_puts(out, "if (");
	put_expr(out, stmt->expr, LEVEL_ANY);
	buf_puts(out, wrap ? ") {" : ")");
	put_body(out, stmt->body, indent);
	if (wrap) {
		put_indent(out, indent);
		buf_puts(out, "}\n");
	}
	if (!stmt->other)
		return;
	put_indent(out, indent);
	buf_puts(out, "else");
	if (stmt->other->kind == STMT_IF) {
		buf_putc(out, ' ');
		put_if(out, stmt->other, indent);
		return;
	}
	put_body(out, stmt->other, indent);
}

static void put_for(struct buf *out, const struct stmt *stmt)
{
	buf_puts(out, "for (");
	if (stmt->init)
		put_expr(out, stmt->init, LEVEL_ANY);
	buf_puts(out, "; ");
	if (stmt->expr)
		put_expr(out, stmt->expr, LEVEL_ANY);
	buf_puts(out, "; ");
	if (stmt->step)
		put_expr(out, stmt->step, LEVEL_ANY);
	buf_putc(out, ')');
}

static void put_try(struct buf *out, const struct stmt *stmt, int indent)
{
	buf_puts(out, "try ");
	put_block(out, stmt->body, indent);
	buf_puts(out, " catch ");
	if (stmt->message)
		buf_printf(out, "(%s) ", stmt->message->text);
	put_block(out, stmt->other, indent);
	buf_putc(out, '\n');
}

static void put_simple(struct buf *out, const char *word,
		       const struct expr *expr)
{
	buf_puts(out, word);
	if (expr) {
		buf_puts(out, *word ? " " : "");
		put_expr(out, expr, LEVEL_ANY);
	}
	buf_puts(out, ";\n");
}

static void put_stmt(struct buf *out, const struct stmt *stmt, int indent)
{
	switch (stmt->kind) {
	case STMT_EXPR:
		put_simple(out, "", stmt->expr);
		break;
	case STMT_BLOCK:
		put_block(out, stmt, indent);
		buf_putc(out, '\n');
		break;
	case STMT_IF:
		put_if(out, stmt, indent);
		break;
	case STMT_WHILE:
		buf_puts(out, "while (");
		put_expr(out, stmt->expr, LEVEL_ANY);
		buf_putc(out, ')');
		put_body(out, stmt->body, indent);
		break;
	case STMT_FOR:
		put_for(out, stmt);
		put_body(out, stmt->body, indent);
		break;
	case STMT_FOREACH:
		put_foreach(out, stmt->foreach);
		put_body(out, stmt->body, indent);
		break;
	case STMT_DELETE:
		put_simple(out, "delete", stmt->expr);
		break;
	case STMT_NEXT:
		put_simple(out, "next", NULL);
		break;
	case STMT_RETURN:
		put_simple(out, "return", stmt->expr);
		break;
	case STMT_BREAK:
		put_simple(out, "break", NULL);
		break;
	case STMT_CONTINUE:
		put_simple(out, "continue", NULL);
		break;
	case STMT_TRY:
		put_try(out, stmt, indent);
		break;
	case STMT_NULL:
		buf_puts(out, ";\n");
		break;
	case STMT_EMBEDDED:
		buf_printf(out, "%%{%s%%};\n", stmt->code);
		break;
	}
}

/* ---- items ---- */

static void put_literal(struct buf *out, const struct expr *expr)
{
	if (expr->kind == EXPR_STRING)
		put_string(out, expr->text, expr->length);
	else
		buf_printf(out, "%lld", (long long)expr->number);
}

void unparse_point(struct buf *out, const struct probe_point *point)
{
	for (size_t i = 0; i < point->components.count; i++) {
		const struct point_component *component =
			&point->components.items[i];

		buf_printf(out, "%s%s", i ? "." : "", component->name);
		if (!component->arg)
			continue;
		buf_putc(out, '(');
		put_literal(out, component->arg);
		buf_putc(out, ')');
	}
	buf_puts(out, point->sufficient ? "!" : point->optional ? "?" : "");
	if (point->condition) {
		buf_puts(out, " if (");
		put_expr(out, point->condition, LEVEL_ANY);
		buf_putc(out, ')');
	}
}

static void put_points(struct buf *out, const struct point_list *points,
		       const char *between)
{
	for (size_t i = 0; i < points->items.count; i++) {
		buf_puts(out, i ? between : "");
		unparse_point(out, points->items.items[i]);
	}
}

static void put_doc(struct buf *out, const char *doc)
{
	if (!doc)
		return;
	buf_puts(out, "/**\n");
	while (doc) {
		const char *end = strchrnul(doc, '\n');

		buf_puts(out, end > doc ? " * " : " *");
		buf_write(out, doc, (size_t)(end - doc));
		buf_putc(out, '\n');
		doc = *end ? end + 1 : NULL;
	}
	buf_puts(out, " */\n");
}

static void put_global(struct buf *out, const struct global_decl *global)
{
	buf_printf(out, "%sglobal %s%s",
		   global->private_scope ? "private " : "", global->name,
		   global->wrap ? "%" : "");
	if (global->size) {
		buf_putc(out, '[');
		put_expr(out, global->size, LEVEL_ANY);
		buf_putc(out, ']');
	}
	if (global->init) {
		buf_puts(out, " = ");
		put_literal(out, global->init);
	}
	buf_putc(out, '\n');
}

static const char *type_suffix(enum type type)
{
	return type == TYPE_LONG ? ":long" : type == TYPE_STRING ? ":string" :
	       "";
}

static void put_function(struct buf *out, const struct function_decl *function)
{
	put_doc(out, function->doc);
	buf_printf(out, "%sfunction %s%s(",
		   function->private_scope ? "private " : "", function->name,
		   type_suffix(function->type));
	for (size_t i = 0; i < function->params.count; i++)
		buf_printf(out, "%s%s%s", i ? ", " : "",
			   function->params.items[i].name,
			   type_suffix(function->params.items[i].type));
	buf_putc(out, ')');
	if (function->priority)
		buf_printf(out, ":%lld", (long long)function->priority->number);
	buf_putc(out, ' ');
	if (function->body->kind == STMT_EMBEDDED)
		buf_printf(out, "%%{%s%%}", function->body->code);
	else
		put_block(out, function->body, 0);
	buf_putc(out, '\n');
}

static void put_probe(struct buf *out, const struct probe_decl *probe)
{
	put_doc(out, probe->doc);
	buf_printf(out, "%sprobe ", probe->private_scope ? "private " : "");
	put_points(out, &probe->names, " = ");
	if (probe->names.items.count)
		buf_puts(out, probe->append ? " += " : " = ");
	put_points(out, &probe->points, ", ");
	buf_putc(out, ' ');
	if (probe->body)
		put_block(out, probe->body, 0);
	if (probe->body && probe->epilogue)
		buf_puts(out, ", ");
	if (probe->epilogue)
		put_block(out, probe->epilogue, 0);
	buf_putc(out, '\n');
}

void unparse_file(struct buf *out, const struct ast_file *file)
{
	for (size_t i = 0; i < file->order.count; i++) {
		const struct ast_item *item = &file->order.items[i];

		switch (item->kind) {
		case ITEM_GLOBAL:
			put_global(out, file->globals.items[item->index]);
			break;
		case ITEM_FUNCTION:
			put_function(out, file->functions.items[item->index]);
			break;
		case ITEM_PROBE:
			put_probe(out, file->probes.items[item->index]);
			break;
		case ITEM_ALIAS:
			put_probe(out, file->aliases.items[item->index]);
			break;
		case ITEM_EMBEDDED:
			buf_printf(out, "%%{%s%%}\n",
				   file->embedded.items[item->index]->code);
			break;
		}
	}
}
