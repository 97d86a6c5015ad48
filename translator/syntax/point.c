/*
 * Probe points: words of other rules than the rest of the language.
 *
 * Between "probe" and the body, whatever touches is one component: names,
 * keywords, digits and stars ("sys_*", "return", "2nd"); groups in braces
 * stand for one point each ("{a,b}.c" is "a.c, b.c", in the order of the
 * text). Here too, for the whole file, adjacent strings become one.
 */
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"
#include "translator/syntax/parse.h"
#include "translator/syntax/token.h"

enum {
	MOST_POINTS = 1000,	/* of one probe point with braces */
	MOST_GROUPS = 64,	/* braces in one point */
};

struct glue {
	struct arena *arena;
	struct diag *diag;
	const struct token *in;
	size_t count;
	struct token_list *out;
	size_t made;		/* points of the current one */
};

static bool is_keyword(enum token_kind kind)
{
	switch ((int)kind) {
#define TOKEN(kind, what)
#define KEYWORD(kind, word) case TOKEN_##kind:
#define MARK(kind, text)
#define AT(kind, what)
#include "translator/syntax/tokens.def"
#undef TOKEN
#undef KEYWORD
#undef MARK
#undef AT
		return true;
	}
	return false;
}

/* May be a part of a component. */
static bool is_word(const struct token *token)
{
	return token->kind == TOKEN_NAME || token->kind == TOKEN_NUMBER ||
	       token->kind == TOKEN_STAR || is_keyword(token->kind);
}

static void put(struct glue *glue, const struct token *token)
{
	*vec_push(glue->arena, &glue->out->tokens) = *token;
}

/* The words from @at on that touch, as one component; returns what follows. */
static size_t glue_words(struct glue *glue, const struct token *in,
			 size_t count, size_t at)
{
	struct token token = in[at];
	struct buf text = { 0 };

	do {
		buf_puts(&text, in[at].kind == TOKEN_STAR ? "*" : in[at].text);
		token.span = token_join(token.span, in[at].span);
		at++;
	} while (at < count && is_word(&in[at]) && !in[at].spaced);
	token.kind = TOKEN_COMPONENT;
	token.length = text.length;
	token.text = buf_take(&text, glue->arena);
	put(glue, &token);
	return at;
}

/* Can stand in no argument or condition: the ")" was forgotten. */
static bool ends_paren(enum token_kind kind)
{
	return kind == TOKEN_BRACE_OPEN || kind == TOKEN_BRACE_CLOSE ||
	       kind == TOKEN_SEMICOLON || kind == TOKEN_PROBE;
}

/* Where the ")" of the "(" at @at stands, or the last that may be inside. */
static size_t close_paren(const struct token *in, size_t count, size_t at)
{
	int depth = 0;

	for (; at + 1 < count && !ends_paren(in[at + 1].kind); at++) {
		if (in[at].kind == TOKEN_PAREN_OPEN)
			depth++;
		else if (in[at].kind == TOKEN_PAREN_CLOSE && --depth == 0)
			break;
	}
	return at;
}

/* A point without groups: components glued, arguments as they are. */
static void put_point(struct glue *glue, const struct token *in, size_t count)
{
	bool expecting = true;

	for (size_t at = 0; at < count;) {
		if (expecting && is_word(&in[at])) {
			at = glue_words(glue, in, count, at);
			expecting = false;
		} else if (in[at].kind == TOKEN_PAREN_OPEN) {
			size_t close = close_paren(in, count, at);

			while (at < count && at <= close)
				put(glue, &in[at++]);
		} else {
			expecting = in[at].kind == TOKEN_DOT;
			put(glue, &in[at++]);
		}
	}
}

/* Where the "}" of the group at @at stands, or @count if it is no group: a
 * group holds parts of points only. @ret_comma tells of one at its top. */
static size_t close_group(const struct token *in, size_t count, size_t at,
			  bool *ret_comma)
{
	int depth = 0;

	*ret_comma = false;
	for (; at < count; at++) {
		enum token_kind kind = in[at].kind;

		if (kind == TOKEN_BRACE_OPEN)
			depth++;
		else if (kind == TOKEN_BRACE_CLOSE && --depth == 0)
			return at;
		else if (kind == TOKEN_PAREN_OPEN)
			at = close_paren(in, count, at);
		else if (kind == TOKEN_COMMA)
			*ret_comma |= depth == 1;
		else if (!is_word(&in[at]) && kind != TOKEN_BRACE_CLOSE &&
			 kind != TOKEN_DOT && kind != TOKEN_QUESTION &&
			 kind != TOKEN_NOT)
			return count;
	}
	return count;
}

static bool find_group(const struct token *in, size_t count, size_t *ret_open,
		       size_t *ret_close)
{
	bool comma;

	for (size_t at = 0; at < count; at++) {
		if (in[at].kind == TOKEN_PAREN_OPEN)
			at = close_paren(in, count, at);
		if (at >= count || in[at].kind != TOKEN_BRACE_OPEN)
			continue;
		*ret_open = at;
		*ret_close = close_group(in, count, at, &comma);
		return *ret_close < count;
	}
	return false;
}

static void expand_point(struct glue *glue, const struct token *in,
			 size_t count, int depth);

/* The point with in[from..to) in place of the group open..close. */
static void choose(struct glue *glue, const struct token *in, size_t count,
		   const size_t group[2], const size_t pick[2], int depth)
{
	size_t length = pick[1] - pick[0];
	size_t rest = count - group[1] - 1;
	struct token *point = arena_array(glue->arena, struct token,
					  group[0] + length + rest + 1);
	struct token *behind = point + group[0] + length;

	if (group[0])
		memcpy(point, in, group[0] * sizeof(*in));
	if (length)
		memcpy(point + group[0], in + pick[0], length * sizeof(*in));
	if (rest)
		memcpy(behind, in + group[1] + 1, rest * sizeof(*in));
	if (length)
		point[group[0]].spaced = in[group[0]].spaced;
	else if (rest)
		behind->spaced = behind->spaced || in[group[0]].spaced;
	expand_point(glue, point, group[0] + length + rest, depth + 1);
}

/* Gives up on this point: one stands for all that would come. */
static void too_many(struct glue *glue, struct span span)
{
	struct token any = { .kind = TOKEN_COMPONENT, .span = span,
			     .text = "*", .length = 1 };

	if (glue->diag)
		diag_report(glue->diag, DIAG_point_many, span, MOST_POINTS);
	if (!glue->made)
		put(glue, &any);
	glue->made = MOST_POINTS + 1;
}

/* One more point of those that the braces make. */
static void put_next(struct glue *glue, const struct token *in, size_t count)
{
	struct token comma = { .kind = TOKEN_COMMA };

	if (glue->made == MOST_POINTS) {
		too_many(glue, in[0].span);
		return;
	}
	if (count)
		comma.span = in[0].span;
	if (glue->made++)
		put(glue, &comma);
	put_point(glue, in, count);
}

static void expand_point(struct glue *glue, const struct token *in,
			 size_t count, int depth)
{
	size_t group[2];
	int level = 0;

	if (glue->made > MOST_POINTS)
		return;
	if (depth > MOST_GROUPS) {
		too_many(glue, in[0].span);
		return;
	}
	if (!find_group(in, count, &group[0], &group[1])) {
		put_next(glue, in, count);
		return;
	}
	for (size_t at = group[0], from = at + 1; at <= group[1]; at++) {
		if (in[at].kind == TOKEN_BRACE_OPEN)
			level++;
		else if (in[at].kind == TOKEN_BRACE_CLOSE)
			level--;
		else if (in[at].kind == TOKEN_PAREN_OPEN)
			at = close_paren(in, group[1], at);
		if (level > 1 || (level == 1 && in[at].kind != TOKEN_COMMA))
			continue;
		choose(glue, in, count, group, (size_t[2]){ from, at }, depth);
		from = at + 1;
	}
}

/* Where the group that the "{" at @at opens ends; the count if it opens the
 * body. A group touches its neighbours or has a choice in it. */
static size_t group_end(const struct glue *glue, size_t at, bool expecting)
{
	const struct token *in = &glue->in[at];
	bool after_dot = at && in[-1].kind == TOKEN_DOT;
	bool comma;
	size_t close;

	if (!expecting && in->spaced)
		return glue->count;
	close = close_group(glue->in, glue->count, at, &comma);
	if (close == glue->count || close == at + 1)
		return glue->count;
	if (comma || after_dot ||
	    (expecting && close + 1 < glue->count &&
	     glue->in[close + 1].kind == TOKEN_DOT))
		return close;
	return glue->count;
}

static bool ends_point(enum token_kind kind)
{
	return kind == TOKEN_COMMA || kind == TOKEN_SET ||
	       kind == TOKEN_ADD_SET || kind == TOKEN_SEMICOLON ||
	       kind == TOKEN_EMBEDDED || kind == TOKEN_BRACE_CLOSE;
}

/* One point from @at on; returns where it ends. */
static size_t take_point(struct glue *glue, size_t at)
{
	size_t from = at;
	bool expecting = true;

	while (at < glue->count && !ends_point(glue->in[at].kind)) {
		const struct token *token = &glue->in[at];

		if (token->kind == TOKEN_BRACE_OPEN) {
			size_t close = group_end(glue, at, expecting);

			if (close == glue->count)
				break;
			at = close;
			expecting = false;
		} else if (token->kind == TOKEN_PAREN_OPEN) {
			at = close_paren(glue->in, glue->count, at);
			expecting = false;
		} else {
			expecting = token->kind == TOKEN_DOT;
		}
		at += at < glue->count;
	}
	glue->made = 0;
	expand_point(glue, glue->in + from, at - from, 0);
	return at;
}

/* All points from behind "probe" to the body. */
static size_t take_points(struct glue *glue, size_t at)
{
	for (;;) {
		at = take_point(glue, at);
		if (at == glue->count)
			return at;
		if (glue->in[at].kind != TOKEN_COMMA &&
		    glue->in[at].kind != TOKEN_SET &&
		    glue->in[at].kind != TOKEN_ADD_SET)
			return at;
		put(glue, &glue->in[at++]);
	}
}

static void join_strings(struct glue *glue)
{
	struct token *tokens = glue->out->tokens.items;
	size_t used = 0;

	for (size_t at = 0; at < glue->out->tokens.count;) {
		struct token token = tokens[at++];
		struct buf text = { 0 };

		if (token.kind == TOKEN_STRING &&
		    at < glue->out->tokens.count &&
		    tokens[at].kind == TOKEN_STRING) {
			buf_write(&text, token.text, token.length);
			while (at < glue->out->tokens.count &&
			       tokens[at].kind == TOKEN_STRING) {
				buf_write(&text, tokens[at].text,
					  tokens[at].length);
				token.span = token_join(token.span,
							tokens[at].span);
				at++;
			}
			token.length = text.length;
			token.text = buf_take(&text, glue->arena);
		}
		tokens[used++] = token;
	}
	glue->out->tokens.count = used;
}

/* "probe" as a word of its own, not a member or component. */
static bool begins_points(const struct glue *glue, size_t at)
{
	return glue->in[at].kind == TOKEN_PROBE &&
	       (!at || (glue->in[at - 1].kind != TOKEN_ARROW &&
			glue->in[at - 1].kind != TOKEN_DOT));
}

void point_glue(struct arena *arena, struct diag *diag,
		const struct token_list *tokens,
		struct token_list *ret_tokens)
{
	struct glue glue = {
		.arena = arena,
		.diag = diag,
		.in = tokens->tokens.items,
		.count = tokens->tokens.count,
		.out = ret_tokens,
	};

	for (size_t at = 0; at < glue.count;) {
		bool probe = begins_points(&glue, at);

		put(&glue, &glue.in[at++]);
		if (probe)
			at = take_points(&glue, at);
	}
	join_strings(&glue);
}
