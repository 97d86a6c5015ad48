/* From a source to its tree: lexer, expansion, probe points, grammar. */
#include "translator/syntax/parse.h"

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/syntax/token.h"

/* With no facts at all, conditions see empty ones. */
static struct parser with_facts(const struct parser *parser,
				const struct syntax_facts *none)
{
	struct parser full = *parser;

	if (!full.facts)
		full.facts = none;
	return full;
}

struct ast_file *parse_file(struct parser *parser, const struct source *source,
			    bool privileged)
{
	static const struct syntax_facts none = { 0 };
	struct parser full = with_facts(parser, &none);
	struct token_list raw = { 0 };
	struct token_list expanded = { 0 };
	struct token_list glued = { 0 };
	int errors = diag_errors(parser->diag);

	lex_source(full.arena, full.diag, source, &raw);
	macro_expand(&full, &raw, false, &expanded);
	point_glue(full.arena, full.diag, &expanded, &glued);
	if (!glued.tokens.count && !source->library) {
		struct span span = { .source = source };

		if (errors == diag_errors(parser->diag))
			diag_report(parser->diag, DIAG_file_empty, span,
				    source->name);
		return NULL;
	}
	return parse_tokens(&full, source, &glued, privileged);
}

void parse_macros(struct parser *parser, const struct source *source)
{
	static const struct syntax_facts none = { 0 };
	struct parser full = with_facts(parser, &none);
	struct token_list raw = { 0 };
	struct token_list rest = { 0 };

	lex_source(full.arena, full.diag, source, &raw);
	macro_expand(&full, &raw, true, &rest);
	parser->macros = full.macros;
	if (rest.tokens.count)
		diag_report(full.diag, DIAG_macro_file,
			    rest.tokens.items[0].span,
			    token_describe(full.arena, rest.tokens.items));
}
