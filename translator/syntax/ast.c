/* Making, copying and walking trees. */
#include "translator/syntax/ast.h"

#include <string.h>

#include "translator/base/arena.h"

const char *operator_text(enum operator_kind op)
{
	static const char *const texts[] = {
		[OP_NONE] = "",
		[OP_ADD] = "+", [OP_SUB] = "-", [OP_MUL] = "*",
		[OP_DIV] = "/", [OP_MOD] = "%",
		[OP_SHL] = "<<", [OP_SHR] = ">>", [OP_USHR] = ">>>",
		[OP_AND] = "&", [OP_OR] = "|", [OP_XOR] = "^",
		[OP_CAT] = ".",
		[OP_EQ] = "==", [OP_NE] = "!=", [OP_LT] = "<",
		[OP_LE] = "<=", [OP_GT] = ">", [OP_GE] = ">=",
		[OP_LAND] = "&&", [OP_LOR] = "||",
		[OP_MATCH] = "=~", [OP_NOMATCH] = "!~",
		[OP_STAT] = "<<<",
		[OP_NEG] = "-", [OP_POS] = "+", [OP_NOT] = "!",
		[OP_BITNOT] = "~",
	};

	return texts[op];
}

struct expr *expr_create(struct arena *arena, enum expr_kind kind,
			 struct span span)
{
	struct expr *expr = arena_new(arena, struct expr);

	expr->kind = kind;
	expr->span = span;
	expr->height = 1;
	return expr;
}

struct stmt *stmt_create(struct arena *arena, enum stmt_kind kind,
			 struct span span)
{
	struct stmt *stmt = arena_new(arena, struct stmt);

	stmt->kind = kind;
	stmt->span = span;
	return stmt;
}

/* ---- copies ---- */

static struct span place(struct span span, const struct origin *origin)
{
	if (!span.origin)
		span.origin = origin;
	return span;
}

static struct expr_list list_copy(struct arena *arena,
				  const struct expr_list *list,
				  const struct origin *origin)
{
	struct expr_list copy = { 0 };

	for (size_t i = 0; i < list->items.count; i++)
		*vec_push(arena, &copy.items) =
			expr_copy(arena, list->items.items[i], origin);
	return copy;
}

struct expr *expr_copy(struct arena *arena, const struct expr *expr,
		       const struct origin *origin)
{
	struct expr *copy;

	if (!expr)
		return NULL;
	copy = arena_new(arena, struct expr);
	*copy = *expr;
	copy->span = place(expr->span, origin);
	copy->a = expr_copy(arena, expr->a, origin);
	copy->b = expr_copy(arena, expr->b, origin);
	copy->c = expr_copy(arena, expr->c, origin);
	copy->list = list_copy(arena, &expr->list, origin);
	memset(&copy->path, 0, sizeof(copy->path));
	for (size_t i = 0; i < expr->path.count; i++) {
		struct access step = expr->path.items[i];

		step.index = expr_copy(arena, step.index, origin);
		step.span = place(step.span, origin);
		*vec_push(arena, &copy->path) = step;
	}
	copy->type = TYPE_UNKNOWN;
	copy->ref = NULL;
	copy->ctype = NULL;
	return copy;
}

static struct foreach *foreach_copy(struct arena *arena,
				    const struct foreach *loop,
				    const struct origin *origin)
{
	struct foreach *copy;

	if (!loop)
		return NULL;
	copy = arena_new(arena, struct foreach);
	*copy = *loop;
	copy->value = expr_copy(arena, loop->value, origin);
	memset(&copy->keys, 0, sizeof(copy->keys));
	for (size_t i = 0; i < loop->keys.count; i++)
		*vec_push(arena, &copy->keys) =
			expr_copy(arena, loop->keys.items[i], origin);
	copy->array = expr_copy(arena, loop->array, origin);
	copy->slice = list_copy(arena, &loop->slice, origin);
	copy->limit = expr_copy(arena, loop->limit, origin);
	return copy;
}

struct stmt *stmt_copy(struct arena *arena, const struct stmt *stmt,
		       const struct origin *origin)
{
	struct stmt *copy;

	if (!stmt)
		return NULL;
	copy = arena_new(arena, struct stmt);
	*copy = *stmt;
	copy->span = place(stmt->span, origin);
	copy->expr = expr_copy(arena, stmt->expr, origin);
	copy->init = expr_copy(arena, stmt->init, origin);
	copy->step = expr_copy(arena, stmt->step, origin);
	copy->message = expr_copy(arena, stmt->message, origin);
	copy->body = stmt_copy(arena, stmt->body, origin);
	copy->other = stmt_copy(arena, stmt->other, origin);
	copy->foreach = foreach_copy(arena, stmt->foreach, origin);
	memset(&copy->block, 0, sizeof(copy->block));
	for (size_t i = 0; i < stmt->block.items.count; i++)
		*vec_push(arena, &copy->block.items) =
			stmt_copy(arena, stmt->block.items.items[i], origin);
	return copy;
}

/* ---- walks ---- */

static void list_walk(struct expr_list *list, expr_visitor *visit,
		      void *context)
{
	for (size_t i = 0; i < list->items.count; i++)
		expr_walk(&list->items.items[i], visit, context);
}

void expr_walk(struct expr **expr, expr_visitor *visit, void *context)
{
	struct expr *node = *expr;

	if (!node)
		return;
	expr_walk(&node->a, visit, context);
	expr_walk(&node->b, visit, context);
	expr_walk(&node->c, visit, context);
	list_walk(&node->list, visit, context);
	for (size_t i = 0; i < node->path.count; i++)
		expr_walk(&node->path.items[i].index, visit, context);
	visit(expr, context);
}

static void foreach_walk(struct foreach *loop, expr_visitor *visit,
			 void *context)
{
	expr_walk(&loop->value, visit, context);
	for (size_t i = 0; i < loop->keys.count; i++)
		expr_walk(&loop->keys.items[i], visit, context);
	expr_walk(&loop->array, visit, context);
	list_walk(&loop->slice, visit, context);
	expr_walk(&loop->limit, visit, context);
}

void stmt_walk(struct stmt *stmt, expr_visitor *visit, void *context)
{
	if (!stmt)
		return;
	expr_walk(&stmt->init, visit, context);
	expr_walk(&stmt->expr, visit, context);
	expr_walk(&stmt->step, visit, context);
	expr_walk(&stmt->message, visit, context);
	if (stmt->foreach)
		foreach_walk(stmt->foreach, visit, context);
	stmt_walk(stmt->body, visit, context);
	stmt_walk(stmt->other, visit, context);
	for (size_t i = 0; i < stmt->block.items.count; i++)
		stmt_walk(stmt->block.items.items[i], visit, context);
}
