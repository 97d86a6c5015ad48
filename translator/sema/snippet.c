/*
 * Text in the language that families write: what a $variable stands for, and
 * statements in front of a handler.
 */
#include "translator/sema/sema.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/syntax/parse.h"

/* The handler { @text }. Its source counts as the library's: nothing in it is
 * the user's to be warned about. */
static struct stmt *parse_handler(struct sema *sema, const char *text)
{
	const char *script = arena_printf(sema->arena, "probe never {\n%s\n}\n",
					  text);
	const struct source *source = source_create(sema->arena, "<automatic>",
						    script, strlen(script),
						    true);
	struct ast_file *file = parse_file(sema->parser, source, true);

	return file && file->probes.count ? file->probes.items[0]->body : NULL;
}

struct stmt *sema_statements(struct sema *sema, const char *text)
{
	return parse_handler(sema, text);
}

struct expr *sema_expression(struct sema *sema, const char *text,
			     struct span span)
{
	struct stmt *body = parse_handler(sema, arena_printf(sema->arena,
							     "(%s)", text));
	struct expr *expr;

	if (!body || body->block.items.count != 1 ||
	    body->block.items.items[0]->kind != STMT_EXPR)
		return expr_create(sema->arena, EXPR_NUMBER, span);
	expr = body->block.items.items[0]->expr;
	expr->span = span;
	return expr;
}
