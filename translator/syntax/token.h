/*
 * Tokens between lexer, macro expansion and grammar.
 *
 * A file is lexed as a whole into a list of tokens; expansion makes a new
 * list, in which no conditional, macro or argument is left. Texts live in the
 * arena of the compilation, spans name the source that the token stands in.
 */
#ifndef SPILE_SYNTAX_TOKEN_H
#define SPILE_SYNTAX_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "translator/base/vec.h"
#include "translator/diag/source.h"
#include "translator/syntax/ast.h"

struct arena;
struct diag;
struct parser;

enum token_kind {
	TOKEN_END,
#define TOKEN(kind, what) TOKEN_##kind,
#define KEYWORD(kind, word) TOKEN_##kind,
#define MARK(kind, text) TOKEN_##kind,
#define AT(kind, what) TOKEN_##kind,
#include "translator/syntax/tokens.def"
#undef TOKEN
#undef KEYWORD
#undef MARK
#undef AT
	/* Seen by expansion only. */
	TOKEN_WORD,		/* @word: built-in, macro or parameter */
	TOKEN_ARGUMENT,		/* $1: number of the argument, rest as text */
	TOKEN_ARGUMENT_STRING,	/* @1 */
	TOKEN_ARGUMENT_COUNT,	/* $# or @# */
	TOKEN_COND_OPEN,	/* %( */
	TOKEN_COND_THEN,	/* %? */
	TOKEN_COND_ELSE,	/* %: */
	TOKEN_COND_CLOSE,	/* %) */
	TOKEN_COUNT,
};

struct token {
	enum token_kind kind;
	enum operator_kind op;	/* of OP_SET, COMPARE, SHIFT, MATCH, STEP */
	bool spaced;		/* blanks or a comment stand before it */
	bool bad;		/* NUMBER that is none; told when used as one */
	struct span span;
	const char *text;	/* name, @word without @, bytes of a string */
	size_t length;
	int64_t number;
	const char *doc;	/* documentation comment right before, or NULL */
};

struct token_list {
	VEC(struct token) tokens;
};

/* How messages name a kind: "'if'", "a name". */
const char *token_what(enum token_kind kind);

/* "name 'x'", "'}'", "the end of the file": what was found. */
const char *token_describe(struct arena *arena, const struct token *token);

/* The kind of a built-in @word, or TOKEN_END. */
enum token_kind token_word(const char *word);

/* All tokens of @source, without an END. @diag may be NULL: silent. */
void lex_source(struct arena *arena, struct diag *diag,
		const struct source *source, struct token_list *ret_tokens);

/* The same without comments and without what bodies hold; for scan_names(). */
struct source *source_outline(struct arena *arena, const struct source *source);

/* From the first byte of @first to the last of @last, as far as one source
 * and one expansion hold both; else the place that holds them. */
struct span token_join(struct span first, struct span last);

/* Expands conditionals, macros and arguments. With @shared, definitions go to
 * parser->macros. Errors are reported; of a file that expands without end
 * nothing is left. */
void macro_expand(struct parser *parser, const struct token_list *tokens,
		  bool shared, struct token_list *ret_tokens);

/* Whether the condition of the conditional at @where holds; wrong ones are
 * reported and do not hold. */
bool condition_holds(struct parser *parser, const struct token *tokens,
		     size_t count, struct span where);

/* Turns words of probe points into COMPONENT tokens, braces into several
 * points and adjacent strings into one. */
void point_glue(struct arena *arena, struct diag *diag,
		const struct token_list *tokens,
		struct token_list *ret_tokens);

/* Runs the grammar over the tokens. */
struct ast_file *parse_tokens(struct parser *parser,
			      const struct source *source,
			      const struct token_list *tokens,
			      bool privileged);

#endif
