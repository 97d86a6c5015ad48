/* Names of tokens and places that cover several of them. */
#include "translator/syntax/token.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"

static const char *const whats[TOKEN_COUNT] = {
	[TOKEN_END] = "the end of the file",
#define TOKEN(kind, what) [TOKEN_##kind] = what,
#define KEYWORD(kind, word) [TOKEN_##kind] = "'" word "'",
#define MARK(kind, text) [TOKEN_##kind] = "'" text "'",
#define AT(kind, what) [TOKEN_##kind] = what,
#include "translator/syntax/tokens.def"
#undef TOKEN
#undef KEYWORD
#undef MARK
#undef AT
};

static const struct {
	const char *word;
	enum token_kind kind;
} words[] = {
#define WORD(word, kind) { word, TOKEN_##kind },
#include "translator/syntax/words.def"
#undef WORD
};

const char *token_what(enum token_kind kind)
{
	return whats[kind] ? whats[kind] : "a mark";
}

enum token_kind token_word(const char *word)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].kind;
	return TOKEN_END;
}

static const char *prefix(enum token_kind kind)
{
	switch ((int)kind) {
	case TOKEN_NAME:
	case TOKEN_COMPONENT:
		return "name ";
	case TOKEN_NUMBER:
		return "number ";
	case TOKEN_STRING:
		return "string ";
	}
	return "";
}

const char *token_describe(struct arena *arena, const struct token *token)
{
	enum { WIDEST = 32 };
	struct span span = token->span;
	struct buf text = { 0 };
	bool quoted = token->kind == TOKEN_STRING;

	if (token->kind == TOKEN_END || !span.source)
		return token_what(token->kind);
	if (token->kind == TOKEN_EMBEDDED)
		return "embedded code";
	buf_puts(&text, prefix(token->kind));
	buf_puts(&text, quoted ? "\"" : "'");
	if (quoted)
		buf_escape(&text, token->text, token->length < WIDEST ?
			   token->length : WIDEST);
	else
		buf_write(&text, span.source->text + span.offset,
			  span.length < WIDEST ? span.length : WIDEST);
	buf_puts(&text, (quoted ? token->length : span.length) > WIDEST ?
		 "..." : "");
	buf_puts(&text, quoted ? "\"" : "'");
	return buf_take(&text, arena);
}

/* How many expansions a place lies in. */
static int level(struct span span)
{
	int depth = 0;

	for (; span.origin; span = span.origin->at)
		depth++;
	return depth;
}

struct span token_join(struct span first, struct span last)
{
	int up = level(first);
	int down = level(last);

	for (; up > down; up--)
		first = first.origin->at;
	for (; down > up; down--)
		last = last.origin->at;
	while (first.origin != last.origin) {
		first = first.origin->at;
		last = last.origin->at;
	}
	if (!first.source)
		return last;
	if (!last.source)
		return first;
	if (last.offset + last.length < first.offset + first.length)
		return first;
	return span_join(first, last);
}
