/*
 * Embedded C: only the module backend has it. The globals that it says it uses
 * (pragma:read:NAME and pragma:write:NAME in comments) become operands of it,
 * so that they are counted, kept and locked like those of other code.
 */
#include <ctype.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/sema/poison.h"
#include "translator/sema/sema.h"

bool embedded_pragma(const char *code, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = code; (at = strstr(at, "/*")); at += 2) {
		const char *begin = at + 2 + strspn(at + 2, " \t");

		if (!strncmp(begin, word, length) &&
		    !strncmp(begin + length + strspn(begin + length, " \t"),
			     "*/", 2))
			return true;
	}
	return false;
}

bool embedded_says(const char *code, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = code; (at = strstr(at, word)); at += length)
		if ((at == code || (!isalnum((unsigned char)at[-1]) &&
				    at[-1] != '_')) &&
		    !isalnum((unsigned char)at[length]) && at[length] != '_')
			return true;
	return false;
}

bool embedded_has_value(const char *code)
{
	const char *at = code;

	if (embedded_says(code, "STAP_RETVALUE") ||
	    embedded_says(code, "__retvalue"))
		return true;
	while ((at = strstr(at, "STAP_RETURN"))) {
		at += strlen("STAP_RETURN");
		at += strspn(at, " \t\n(");
		if (*at != ')')
			return true;
	}
	return false;
}

bool embedded_is_stable(const struct callee *callee)
{
	const struct function *f = callee->function;
	const struct stmt *embedded = f ? embedded_body(f->decl->body) : NULL;

	return embedded && f->has_value &&
	       embedded_pragma(embedded->code, "stable");
}

static void add_use(struct sema *sema, struct expr *expr, const char *name,
		    size_t length, int use)
{
	const char *copy = arena_strndup(sema->arena, name, length);
	struct symbol *symbol = sema_global(sema, copy, expr->span);
	struct expr *item;

	if (!symbol) {
		diag_report(sema->diag, DIAG_embedded_global, expr->span,
			    copy);
		return;
	}
	item = expr_create(sema->arena, EXPR_SYMBOL, expr->span);
	item->text = copy;
	item->ref = symbol;
	item->number = use;
	*vec_push(sema->arena, &expr->list.items) = item;
}

static void add_uses(struct sema *sema, struct expr *expr, const char *word,
		     int use)
{
	const char *at = expr->text;

	while ((at = strstr(at, word))) {
		size_t length = 0;

		at += strlen(word);
		while (isalnum((unsigned char)at[length]) || at[length] == '_')
			length++;
		add_use(sema, expr, at, length, use);
	}
}

void embedded_resolve(struct sema *sema, struct expr *expr)
{
	if (strcmp(sema->parser->facts->runtime, "kernel")) {
		diag_report(sema->diag, DIAG_embedded_backend, expr->span);
		expr_poison(expr);
		return;
	}
	if (expr->list.items.count)
		return;
	/* in old scripts arguments are members of THIS */
	if (strverscmp(sema->parser->facts->compatible, "1.8") < 0)
		expr->text = arena_printf(sema->arena, "%s/* unmangled */",
					  expr->text);
	expr->type = embedded_pragma(expr->text, "string") ? TYPE_STRING :
							     TYPE_LONG;
	add_uses(sema, expr, "pragma:read:", 1);
	add_uses(sema, expr, "pragma:write:", 2);
}

void embedded_resolve_stmt(struct sema *sema, struct stmt *stmt)
{
	if (!stmt->expr) {
		stmt->expr = expr_create(sema->arena, EXPR_EMBEDDED,
					 stmt->span);
		stmt->expr->text = stmt->code;
	}
	embedded_resolve(sema, stmt->expr);
}

struct stmt *embedded_body(struct stmt *body)
{
	if (body->kind == STMT_BLOCK && body->block.items.count == 1)
		body = body->block.items.items[0];
	return body->kind == STMT_EMBEDDED ? body : NULL;
}
