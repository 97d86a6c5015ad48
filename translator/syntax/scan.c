/*
 * What a tapset file offers, read off its tokens: the library learns from it
 * which files to parse. Both arms of conditionals count, so a name may be
 * offered that the parse then does not bring.
 */
#include <string.h>

#include "translator/base/arena.h"
#include "translator/syntax/parse.h"
#include "translator/syntax/token.h"

struct scan {
	struct arena *arena;
	const struct token *tokens;
	size_t count;
	void (*offer)(void *context, char kind, const char *name);
	void *context;
	bool macros;		/* a macro file: its macros are for all */
};

static enum token_kind kind_at(const struct scan *scan, size_t at)
{
	return at < scan->count ? scan->tokens[at].kind : TOKEN_END;
}

static size_t scan_function(const struct scan *scan, size_t at)
{
	enum token_kind kind = kind_at(scan, at);
	bool hidden = at >= 2 && kind_at(scan, at - 2) == TOKEN_PRIVATE;

	if (kind != TOKEN_NAME && kind != TOKEN_STRING_TYPE &&
	    kind != TOKEN_LONG_TYPE)
		return at;
	if (!hidden)
		scan->offer(scan->context, 'f', scan->tokens[at].text);
	return at + 1;
}

/* a%[10] = 1, b: the names, as far as it looks like a list of globals. */
static size_t scan_globals(const struct scan *scan, size_t at)
{
	bool hidden = at >= 2 && kind_at(scan, at - 2) == TOKEN_PRIVATE;

	while (kind_at(scan, at) == TOKEN_NAME) {
		if (!hidden)
			scan->offer(scan->context, 'g',
				    scan->tokens[at].text);
		for (at++; at < scan->count; at++) {
			enum token_kind kind = kind_at(scan, at);

			if (kind != TOKEN_PERCENT && kind != TOKEN_SET &&
			    kind != TOKEN_INDEX_OPEN && kind != TOKEN_WORD &&
			    kind != TOKEN_INDEX_CLOSE &&
			    kind != TOKEN_MINUS && kind != TOKEN_NUMBER &&
			    kind != TOKEN_STRING)
				break;
		}
		if (kind_at(scan, at) != TOKEN_COMMA)
			break;
		at++;
	}
	return at;
}

/* Whether a "=" or "+=" makes the point at @at the name of an alias; where. */
static size_t alias_end(const struct scan *scan, size_t at)
{
	size_t from = at;

	for (; at < scan->count; at++) {
		switch ((int)kind_at(scan, at)) {
		case TOKEN_SET:
		case TOKEN_ADD_SET:
			return at;
		case TOKEN_BRACE_OPEN:
		case TOKEN_BRACE_CLOSE:
			if (at == from || kind_at(scan, at - 1) == TOKEN_DOT ||
			    !scan->tokens[at].spaced)
				continue;
			return from;
		case TOKEN_PAREN_OPEN:
		case TOKEN_EMBEDDED:
		case TOKEN_SEMICOLON:
		case TOKEN_PROBE:
		case TOKEN_QUESTION:
		case TOKEN_NOT:
			return from;
		}
	}
	return from;
}

/* The first components of the points in from..to. */
static void offer_alias(const struct scan *scan, size_t from, size_t to)
{
	struct token_list points = { 0 };
	struct token_list glued = { 0 };
	bool first = true;

	*vec_push(scan->arena, &points.tokens) =
		(struct token){ .kind = TOKEN_PROBE };
	for (size_t i = from; i < to; i++)
		*vec_push(scan->arena, &points.tokens) = scan->tokens[i];
	point_glue(scan->arena, NULL, &points, &glued);
	for (size_t i = 1; i < glued.tokens.count; i++) {
		const struct token *token = &glued.tokens.items[i];

		if (first && token->kind == TOKEN_COMPONENT)
			scan->offer(scan->context, 'a', token->text);
		first = token->kind == TOKEN_COMMA;
	}
}

static size_t scan_probe(const struct scan *scan, size_t at)
{
	bool hidden = at >= 2 && kind_at(scan, at - 2) == TOKEN_PRIVATE;
	size_t end = alias_end(scan, at);

	while (end > at) {
		if (!hidden)
			offer_alias(scan, at, end);
		at = end + 1;
		end = alias_end(scan, at);
	}
	return at;
}

static size_t scan_define(const struct scan *scan, size_t at)
{
	if (!scan->macros || at >= scan->count || !scan->tokens[at].text)
		return at;
	scan->offer(scan->context, 'm', scan->tokens[at].text);
	return at + 1;
}

static size_t scan_one(const struct scan *scan, size_t at)
{
	enum token_kind before = at ? kind_at(scan, at - 1) : TOKEN_END;

	if (before == TOKEN_DOT || before == TOKEN_ARROW)
		return at + 1;
	switch ((int)kind_at(scan, at)) {
	case TOKEN_FUNCTION:
		return scan_function(scan, at + 1);
	case TOKEN_GLOBAL:
		return scan_globals(scan, at + 1);
	case TOKEN_PROBE:
		return scan_probe(scan, at + 1);
	case TOKEN_WORD:
		if (strcmp(scan->tokens[at].text, "define") == 0)
			return scan_define(scan, at + 1);
	}
	return at + 1;
}

void scan_names(struct arena *arena, const struct source *source,
		void (*offer)(void *context, char kind, const char *name),
		void *context)
{
	struct token_list list = { 0 };
	struct scan scan = { .arena = arena, .offer = offer,
			     .context = context };
	const char *dot = strrchr(source->name, '.');

	lex_source(arena, NULL, source_outline(arena, source), &list);
	scan.tokens = list.tokens.items;
	scan.count = list.tokens.count;
	scan.macros = dot && strcmp(dot, ".stpm") == 0;
	for (size_t at = 0; at < scan.count;)
		at = scan_one(&scan, at);
}
