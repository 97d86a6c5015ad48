/*
 * Expansion: tokens of a file in, tokens for the grammar out.
 *
 * One walk does all three jobs, because each may hold the others: conditionals
 * %( c %? a %: b %) keep one arm, @name gives the body of a macro or the
 * argument bound to a parameter, $1 @1 $# give what stands on the command
 * line. Arms that are not taken are never looked into. Parameters are
 * closures: an argument is expanded where it is used, in the scope of the
 * call that gave it.
 */
#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/syntax/parse.h"
#include "translator/syntax/token.h"

enum {
	MOST_TOKENS = 1 << 19,	/* a file may expand to */
	MOST_DEPTH = 200,	/* conditionals and macros in each other */
};

/* Some tokens of a list that lives elsewhere. */
struct range {
	const struct token *tokens;
	size_t count;
};

struct macro {
	const char *name;
	struct span span;
	bool has_params;
	VEC(const char *) params;
	struct range body;
};

/* Names bound while one macro body is expanded. */
struct scope {
	const struct macro *macro;
	const struct range *arguments;
	const struct scope *caller;	/* scope of the arguments, or NULL */
	const struct origin *origin;	/* of the body's tokens */
};

struct expansion {
	struct parser *parser;
	struct map *own;	/* macros of this file */
	bool shared;
	struct token_list *out;
	size_t total;		/* tokens made so far, also in conditions */
	size_t work;		/* tokens looked at */
	int depth;
	bool stopped;		/* too large: told once */
	const char *doc;	/* of a dropped token, for the next one */
};

static void expand(struct expansion *x, struct range in,
		   const struct scope *scope);

static struct range part(struct range in, size_t from, size_t to)
{
	return to > from ? (struct range){ in.tokens + from, to - from } :
			   (struct range){ 0 };
}

static struct range all_of(const struct token_list *list)
{
	return (struct range){ list->tokens.items, list->tokens.count };
}

static void give_up(struct expansion *x, struct span span)
{
	if (!x->stopped)
		diag_report(x->parser->diag, DIAG_macro_large, span,
			    MOST_TOKENS);
	x->stopped = true;
}

static struct span place(const struct token *token, const struct scope *scope)
{
	struct span span = token->span;

	if (scope && !span.origin)
		span.origin = scope->origin;
	return span;
}

static void emit(struct expansion *x, const struct token *token,
		 const struct scope *scope)
{
	struct token *copy;

	if (++x->total > MOST_TOKENS) {
		give_up(x, place(token, scope));
		return;
	}
	copy = vec_push(x->parser->arena, &x->out->tokens);
	*copy = *token;
	copy->span = place(token, scope);
	if (!copy->doc)
		copy->doc = x->doc;
	x->doc = NULL;
}

/* In place of what cannot be expanded: a value that fits nearly everywhere
 * keeps the rest readable. */
static void stand_in(struct expansion *x, const struct token *use,
		     const struct scope *scope)
{
	struct token zero = { .kind = TOKEN_NUMBER, .spaced = use->spaced,
			      .span = use->span, .text = "0", .length = 1 };

	emit(x, &zero, scope);
}

static bool is(struct range in, size_t at, enum token_kind kind)
{
	return at < in.count && in.tokens[at].kind == kind;
}

/* Where the %) of the %( at @open stands; in.count if nowhere. */
static size_t find_close(struct range in, size_t open)
{
	int depth = 0;

	for (size_t i = open; i < in.count; i++) {
		if (in.tokens[i].kind == TOKEN_COND_OPEN)
			depth++;
		if (in.tokens[i].kind == TOKEN_COND_CLOSE && --depth == 0)
			return i;
	}
	return in.count;
}

/* The first token of @kind in the range that is in no inner %( %). */
static size_t find_mark(struct range in, size_t from, enum token_kind kind)
{
	int depth = 0;

	for (size_t i = from; i < in.count; i++) {
		if (in.tokens[i].kind == TOKEN_COND_OPEN)
			depth++;
		else if (in.tokens[i].kind == TOKEN_COND_CLOSE)
			depth--;
		else if (in.tokens[i].kind == kind && depth == 0)
			return i;
	}
	return in.count;
}

/* ---- conditionals ---- */

/* Told here, where the whole conditional can be stepped over. */
static bool too_deep(struct expansion *x, struct span span)
{
	if (x->depth < MOST_DEPTH)
		return false;
	diag_report(x->parser->diag, DIAG_macro_deep, span, MOST_DEPTH);
	return true;
}

/* Expands @in aside, for conditions. */
static struct token_list expand_aside(struct expansion *x, struct range in,
				      const struct scope *scope)
{
	struct token_list list = { 0 };
	struct token_list *out = x->out;
	const char *doc = x->doc;

	x->out = &list;
	expand(x, in, scope);
	x->out = out;
	x->doc = doc;
	return list;
}

/* The conditional whose %( stands at @at; returns what follows it. */
static size_t expand_conditional(struct expansion *x, struct range in,
				 size_t at, const struct scope *scope)
{
	size_t close = find_close(in, at);
	struct range inside = part(in, at + 1, close);
	size_t then = find_mark(inside, 0, TOKEN_COND_THEN);
	size_t other = find_mark(inside, then, TOKEN_COND_ELSE);
	struct span where = place(&in.tokens[at], scope);
	struct token_list condition;
	bool holds;

	if (close == in.count) {
		diag_report(x->parser->diag, DIAG_condition_unclosed, where);
		return in.count;
	}
	if (too_deep(x, where))
		return close + 1;
	if (then == inside.count) {
		diag_report(x->parser->diag, DIAG_condition_question, where);
		return close + 1;
	}
	condition = expand_aside(x, part(inside, 0, then), scope);
	if (x->stopped)
		return in.count;
	if (in.tokens[at].doc)
		x->doc = in.tokens[at].doc;
	holds = condition_holds(x->parser, condition.tokens.items,
				condition.tokens.count, where);
	if (holds)
		expand(x, part(inside, then + 1, other), scope);
	else if (other < inside.count)
		expand(x, part(inside, other + 1, inside.count), scope);
	return close + 1;
}

/* ---- definitions ---- */

/* Steps over what looks like the rest of the definition. */
static size_t malformed(struct expansion *x, const struct token *token,
			struct range in, size_t at)
{
	diag_report(x->parser->diag, DIAG_macro_malformed, token->span);
	for (size_t i = at; i < in.count; i++) {
		switch ((int)in.tokens[i].kind) {
		case TOKEN_NAME:
		case TOKEN_NUMBER:
		case TOKEN_STRING:
		case TOKEN_COMMA:
		case TOKEN_PAREN_OPEN:
		case TOKEN_PAREN_CLOSE:
			continue;
		case TOKEN_COND_OPEN:
			i = find_close(in, i);
			return i < in.count ? i + 1 : i;
		}
		break;
	}
	return at;
}

/* Keywords may be names of macros and parameters too. */
static bool is_name(struct range in, size_t at)
{
	return is(in, at, TOKEN_NAME) ||
	       (at < in.count && in.tokens[at].kind >= TOKEN_PROBE &&
		in.tokens[at].kind <= TOKEN_CATCH);
}

/* (a, b): false if it is no such list. */
static bool read_params(struct expansion *x, struct range in, size_t *at,
			struct macro *macro)
{
	macro->has_params = true;
	for (++*at; !is(in, *at, TOKEN_PAREN_CLOSE) || macro->params.count;) {
		if (!is_name(in, *at))
			return false;
		*vec_push(x->parser->arena, &macro->params) =
			in.tokens[(*at)++].text;
		if (is(in, *at, TOKEN_PAREN_CLOSE))
			break;
		if (!is(in, *at, TOKEN_COMMA))
			return false;
		++*at;
	}
	++*at;
	return true;
}

static void add_macro(struct expansion *x, struct macro *macro)
{
	struct map *map = x->shared ? &x->parser->macros : x->own;
	struct macro *old = map_get(map, macro->name);

	if (token_word(macro->name) != TOKEN_END)
		diag_report(x->parser->diag, DIAG_macro_builtin, macro->span,
			    macro->name);
	if (old && old->span.source == macro->span.source)
		diag_report(x->parser->diag, DIAG_macro_redefined, macro->span,
			    macro->name, span_text(x->parser->arena,
						   old->span));
	map_put(x->parser->arena, map, macro->name, macro);
}

/* @define name(params) %( body %) from @at on; returns what follows. */
static size_t read_define(struct expansion *x, struct range in, size_t at,
			  const struct scope *scope)
{
	struct macro *macro = arena_new(x->parser->arena, struct macro);
	const struct token *define = &in.tokens[at++];
	size_t close;

	if (!is_name(in, at))
		return malformed(x, define, in, at);
	macro->name = in.tokens[at].text;
	macro->span = in.tokens[at++].span;
	if (is(in, at, TOKEN_PAREN_OPEN) && !read_params(x, in, &at, macro))
		return malformed(x, define, in, at);
	if (!is(in, at, TOKEN_COND_OPEN))
		return malformed(x, define, in, at);
	close = find_close(in, at);
	if (close == in.count) {
		diag_report(x->parser->diag, DIAG_macro_unclosed, macro->span,
			    macro->name);
		return in.count;
	}
	macro->body = part(in, at + 1, close);
	if (scope)
		diag_report(x->parser->diag, DIAG_macro_nested, macro->span);
	else
		add_macro(x, macro);
	return close + 1;
}

/* ---- uses ---- */

static const struct macro *find_macro(const struct expansion *x,
				      const char *name)
{
	const struct macro *macro = map_get(x->own, name);

	return macro ? macro : map_get(&x->parser->macros, name);
}

static int opens(enum token_kind kind)
{
	switch ((int)kind) {
	case TOKEN_PAREN_OPEN:
	case TOKEN_INDEX_OPEN:
	case TOKEN_COND_OPEN:
		return 1;
	case TOKEN_PAREN_CLOSE:
	case TOKEN_INDEX_CLOSE:
	case TOKEN_COND_CLOSE:
		return -1;
	}
	return 0;
}

struct arguments {
	VEC(struct range) items;
};

/* Where a call without its ")" is given up. */
static bool ends_call(enum token_kind kind)
{
	return kind == TOKEN_SEMICOLON || kind == TOKEN_BRACE_CLOSE ||
	       kind == TOKEN_PROBE || kind == TOKEN_FUNCTION ||
	       kind == TOKEN_GLOBAL || kind == TOKEN_PRIVATE;
}

/* Arguments of the "(" at *@at; leaves *@at behind the ")". */
static bool read_arguments(struct expansion *x, struct range in, size_t *at,
			   struct arguments *ret)
{
	size_t from = *at + 1;
	int depth = 0;

	for (size_t i = *at; i < in.count; i++) {
		enum token_kind kind = in.tokens[i].kind;

		depth += opens(kind);
		if (depth > 1 || (depth == 1 && kind != TOKEN_COMMA))
			continue;
		if (i > from || kind == TOKEN_COMMA || ret->items.count)
			*vec_push(x->parser->arena, &ret->items) =
				part(in, from, i);
		from = i + 1;
		if (depth == 0) {
			*at = i + 1;
			return true;
		}
	}
	while (*at < in.count && !ends_call(in.tokens[*at].kind))
		++*at;
	return false;
}

static bool is_active(const struct macro *macro, const struct scope *scope)
{
	for (; scope; scope = scope->caller)
		if (scope->macro == macro)
			return true;
	return false;
}

/* The first token of an expansion is as far from its neighbour as the @name
 * was. */
static void keep_distance(struct expansion *x, size_t first, bool spaced)
{
	if (x->out->tokens.count > first)
		x->out->tokens.items[first].spaced = spaced;
}

static void expand_body(struct expansion *x, const struct macro *macro,
			const struct token *use, const struct range *arguments,
			const struct scope *scope)
{
	struct origin *origin = arena_new(x->parser->arena, struct origin);
	struct scope inner = { macro, arguments, scope, origin };

	*origin = (struct origin){ ORIGIN_MACRO,
				   arena_printf(x->parser->arena, "@%s",
						macro->name),
				   place(use, scope) };
	expand(x, macro->body, &inner);
}

/* The arguments at *@at for the parameters; false if they do not fit. */
static bool bind(struct expansion *x, struct range in, size_t *at,
		 const struct macro *macro, struct span where,
		 struct arguments *ret)
{
	struct diag *diag = x->parser->diag;

	if (!is(in, *at, TOKEN_PAREN_OPEN)) {
		diag_report(diag, DIAG_macro_call, where, macro->name);
		return false;
	}
	if (!read_arguments(x, in, at, ret)) {
		diag_report(diag, DIAG_macro_call_unclosed, where,
			    macro->name);
		return false;
	}
	if (macro->params.count == 1 && !ret->items.count)
		*vec_push(x->parser->arena, &ret->items) =
			(struct range){ 0 };
	if (ret->items.count == macro->params.count)
		return true;
	diag_report(diag, DIAG_macro_arguments, where, macro->name,
		    (int)macro->params.count, (int)ret->items.count);
	return false;
}

static size_t expand_macro(struct expansion *x, struct range in, size_t at,
			   const struct macro *macro,
			   const struct scope *scope)
{
	const struct token *use = &in.tokens[at++];
	struct span where = place(use, scope);
	struct arguments arguments = { 0 };

	if (is_active(macro, scope)) {
		diag_report(x->parser->diag, DIAG_macro_recursive, where,
			    macro->name);
		stand_in(x, use, scope);
		return at;
	}
	if (macro->has_params &&
	    !bind(x, in, &at, macro, where, &arguments)) {
		stand_in(x, use, scope);
		return at;
	}
	expand_body(x, macro, use, arguments.items.items, scope);
	return at;
}

/* Whether @name is a parameter in scope, and then expands its argument. */
static bool expand_param(struct expansion *x, const char *name,
			 const struct scope *scope)
{
	const struct macro *macro = scope ? scope->macro : NULL;

	for (size_t i = 0; macro && i < macro->params.count; i++) {
		if (strcmp(macro->params.items[i], name) != 0)
			continue;
		expand(x, scope->arguments[i], scope->caller);
		return true;
	}
	return false;
}

static const char *nearest_macro(const struct expansion *x, const char *name)
{
	struct arena *arena = x->parser->arena;
	static const char *const words[] = {
#define WORD(word, kind) word,
#include "translator/syntax/words.def"
#undef WORD
	};
	size_t builtins = sizeof(words) / sizeof(*words);
	const char **names = arena_array(arena, const char *,
					 x->own->count + builtins +
					 x->parser->macros.count + 1);
	size_t count = 0;

	for (size_t i = 0; i < builtins; i++)
		names[count++] = words[i];
	for (size_t i = 0; i < x->own->count; i++)
		names[count++] = x->own->entries[i].key;
	for (size_t i = 0; i < x->parser->macros.count; i++)
		names[count++] = x->parser->macros.entries[i].key;
	names[count++] = "define";
	return diag_nearest(name, names, count);
}

static void unknown_word(struct expansion *x, const struct token *token,
			 const struct scope *scope)
{
	struct arena *arena = x->parser->arena;
	const char *near;
	struct token name = *token;

	name.kind = TOKEN_NAME;
	if (x->parser->lenient) {
		name.text = arena_printf(arena, "@%s", token->text);
		emit(x, &name, scope);
		return;
	}
	near = nearest_macro(x, token->text);
	diag_report_hint(x->parser->diag, DIAG_macro_unknown,
			 place(token, scope),
			 near ? arena_printf(arena, "did you mean '@%s'?",
					     near) : NULL, token->text);
	emit(x, &name, scope);
}

static size_t expand_word(struct expansion *x, struct range in, size_t at,
			  const struct scope *scope)
{
	const struct token *token = &in.tokens[at];
	size_t first = x->out->tokens.count;
	const struct macro *macro;
	struct token word;

	if (strcmp(token->text, "define") == 0)
		return read_define(x, in, at, scope);
	if (expand_param(x, token->text, scope)) {
		keep_distance(x, first, token->spaced);
		return at + 1;
	}
	macro = find_macro(x, token->text);
	if (macro) {
		at = expand_macro(x, in, at, macro, scope);
		keep_distance(x, first, token->spaced);
		return at;
	}
	word = *token;
	word.kind = token_word(token->text);
	if (word.kind == TOKEN_END)
		unknown_word(x, token, scope);
	else
		emit(x, &word, scope);
	return at + 1;
}

/* ---- arguments of the command line ---- */

static const char *argument(struct expansion *x, const struct token *token,
			    struct span where)
{
	const struct syntax_facts *facts = x->parser->facts;

	if (token->number < 1 || token->number > facts->arg_count) {
		diag_report(x->parser->diag, DIAG_argument_missing, where,
			    token->kind == TOKEN_ARGUMENT ? '$' : '@',
			    (long)token->number, facts->arg_count,
			    facts->arg_count == 1 ? "" : "s");
		return NULL;
	}
	if (facts->arg_used)
		facts->arg_used[token->number - 1] = true;
	return facts->args[token->number - 1];
}

/* $1: the argument's text read as if it stood here. */
static void paste_argument(struct expansion *x, const struct token *token,
			   const struct scope *scope)
{
	struct arena *arena = x->parser->arena;
	struct span where = place(token, scope);
	const char *text = argument(x, token, where);
	const char *name = arena_printf(arena, "$%ld", (long)token->number);
	struct origin *origin = arena_new(arena, struct origin);
	struct scope inner = { .origin = origin };
	struct token_list list = { 0 };
	struct source *source;

	if (!text) {
		stand_in(x, token, scope);
		return;
	}
	text = arena_printf(arena, "%s%s", text, token->text);
	source = source_create(arena, arena_printf(arena, "<argument %s>",
						   name),
			       text, strlen(text), false);
	*origin = (struct origin){ ORIGIN_MACRO, name, where };
	lex_source(arena, x->parser->diag, source, &list);
	for (size_t i = 0; i < list.tokens.count; i++) {
		struct token *item = &list.tokens.items[i];

		if (i == 0)
			item->spaced = token->spaced;
		/* operators as @sum may be arguments, macros may not */
		if (item->kind == TOKEN_WORD && token_word(item->text))
			item->kind = token_word(item->text);
		if (item->kind < TOKEN_WORD) {
			emit(x, item, &inner);
			continue;
		}
		diag_report(x->parser->diag, DIAG_argument_nested,
			    place(item, &inner));
		stand_in(x, item, &inner);
	}
}

static void quote_argument(struct expansion *x, const struct token *token,
			   const struct scope *scope)
{
	const char *text = argument(x, token, place(token, scope));
	struct token string = *token;

	string.kind = TOKEN_STRING;
	string.text = text ? text : "";
	string.length = strlen(string.text);
	emit(x, &string, scope);
}

static void count_arguments(struct expansion *x, const struct token *token,
			    const struct scope *scope)
{
	struct token number = *token;

	number.kind = TOKEN_NUMBER;
	number.number = x->parser->facts->arg_count;
	number.text = arena_printf(x->parser->arena, "%d",
				   x->parser->facts->arg_count);
	number.length = strlen(number.text);
	emit(x, &number, scope);
}

/* ---- the walk ---- */

static size_t expand_one(struct expansion *x, struct range in, size_t at,
			 const struct scope *scope)
{
	const struct token *token = &in.tokens[at];

	switch ((int)token->kind) {
	case TOKEN_COND_OPEN:
		return expand_conditional(x, in, at, scope);
	case TOKEN_COND_THEN:
	case TOKEN_COND_ELSE:
	case TOKEN_COND_CLOSE:
		diag_report(x->parser->diag, DIAG_condition_stray,
			    place(token, scope));
		break;
	case TOKEN_WORD:
		return expand_word(x, in, at, scope);
	case TOKEN_ARGUMENT:
		paste_argument(x, token, scope);
		break;
	case TOKEN_ARGUMENT_STRING:
		quote_argument(x, token, scope);
		break;
	case TOKEN_ARGUMENT_COUNT:
		count_arguments(x, token, scope);
		break;
	}
	if (token->kind < TOKEN_WORD)
		emit(x, token, scope);
	return at + 1;
}

static void expand(struct expansion *x, struct range in,
		   const struct scope *scope)
{
	if (in.count && x->depth > MOST_DEPTH &&
	    too_deep(x, place(in.tokens, scope))) {
		stand_in(x, in.tokens, scope);
		return;
	}
	x->depth++;
	for (size_t at = 0; at < in.count && !x->stopped;) {
		if (++x->work > 16 * (size_t)MOST_TOKENS)
			give_up(x, place(&in.tokens[at], scope));
		at = expand_one(x, in, at, scope);
	}
	x->depth--;
}

void macro_expand(struct parser *parser, const struct token_list *tokens,
		  bool shared, struct token_list *ret_tokens)
{
	struct map own = { 0 };
	struct expansion x = {
		.parser = parser,
		.own = &own,
		.shared = shared,
		.out = ret_tokens,
	};

	expand(&x, all_of(tokens), NULL);
	if (x.stopped)		/* half a file would only bring false errors */
		ret_tokens->tokens.count = 0;
}
