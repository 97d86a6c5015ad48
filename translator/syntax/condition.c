/*
 * Conditions of %( ... %? ... %): comparisons of what is known before any
 * parsing, joined by && and ||. Their tokens come here already expanded.
 */
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/syntax/parse.h"
#include "translator/syntax/token.h"

/* The tokens of the condition. */
struct range {
	const struct token *tokens;
	size_t count;
};

static bool is(struct range in, size_t at, enum token_kind kind)
{
	return at < in.count && in.tokens[at].kind == kind;
}

enum operand_kind { OPERAND_TEXT, OPERAND_NUMBER, OPERAND_VERSION,
		    OPERAND_CONFIG, OPERAND_NAME };

struct operand {
	enum operand_kind kind;
	const char *text;	/* TEXT, VERSION, NAME and CONFIG: its value */
	int64_t number;
};

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* A release without what follows its first dash: "6.1.0". */
static const char *base_release(struct arena *arena, const char *release)
{
	return arena_strndup(arena, release, strcspn(release, "-"));
}

static bool read_name(struct parser *parser, const struct token *token,
		      struct operand *ret)
{
	const struct syntax_facts *facts = parser->facts;
	const struct {
		const char *name;
		enum operand_kind kind;
		const char *value;
	} names[] = {
		{ "kernel_v", OPERAND_VERSION,
		  base_release(parser->arena,
			       or_empty(facts->kernel_release)) },
		{ "kernel_vr", OPERAND_VERSION, facts->kernel_release },
		{ "systemtap_v", OPERAND_VERSION, facts->compatible },
		{ "arch", OPERAND_NAME, facts->arch },
		{ "runtime", OPERAND_NAME, facts->runtime },
		{ "systemtap_privilege", OPERAND_NAME, facts->privilege },
		{ "guru_mode", OPERAND_NUMBER, NULL },
	};
	const char *known[sizeof(names) / sizeof(*names)];
	const char *near;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		known[i] = names[i].name;
		if (strcmp(names[i].name, token->text) != 0)
			continue;
		*ret = (struct operand){ names[i].kind,
					 or_empty(names[i].value),
					 facts->guru };
		return true;
	}
	if (strncmp(token->text, "CONFIG_", 7) == 0) {
		ret->kind = OPERAND_CONFIG;
		ret->text = or_empty(facts->config ?
				     facts->config(facts->config_context,
						   token->text) : NULL);
		ret->number = strtoll(ret->text, NULL, 0);
		return true;
	}
	near = diag_nearest(token->text, known, sizeof(known) / sizeof(*known));
	diag_report_hint(parser->diag, DIAG_condition_name, token->span,
			 near ? arena_printf(parser->arena,
					     "did you mean '%s'?", near) :
			 NULL, token->text);
	return false;
}

static bool read_operand(struct parser *parser, struct range in, size_t *at,
			 struct operand *ret)
{
	bool minus = is(in, *at, TOKEN_MINUS);
	const struct token *token;

	*at += minus;
	*ret = (struct operand){ 0 };
	if (*at >= in.count)
		return false;
	token = &in.tokens[(*at)++];
	if (token->kind == TOKEN_NUMBER && !token->bad) {
		ret->kind = OPERAND_NUMBER;
		ret->number = minus ? (int64_t)(0 - (uint64_t)token->number) :
				      token->number;
		return true;
	}
	if (minus)
		return false;
	if (token->kind == TOKEN_STRING) {
		ret->kind = OPERAND_TEXT;
		ret->text = token->text;
		return true;
	}
	return token->kind == TOKEN_NAME && read_name(parser, token, ret);
}

static bool order(int comparison, enum operator_kind op)
{
	if (op == OP_EQ || op == OP_NE)
		return (comparison == 0) == (op == OP_EQ);
	if (op == OP_LT || op == OP_GE)
		return (comparison < 0) == (op == OP_LT);
	return (comparison > 0) == (op == OP_GT);
}

static bool equality(enum operator_kind op)
{
	return op == OP_EQ || op == OP_NE;
}

/* 1, 0, or -1 if such operands cannot be compared so. */
static int compare(const struct operand *left, enum operator_kind op,
		   const struct operand *right)
{
	bool numbers = left->kind == OPERAND_NUMBER ||
		       right->kind == OPERAND_NUMBER;

	if (left->kind == OPERAND_CONFIG && right->kind == OPERAND_CONFIG)
		return order(strcmp(left->text, right->text), op);
	if (numbers && (!left->text || left->kind != OPERAND_TEXT) &&
	    (left->kind == OPERAND_NUMBER || left->kind == OPERAND_CONFIG) &&
	    right->kind == OPERAND_NUMBER)
		return order((left->number > right->number) -
			     (left->number < right->number), op);
	if (right->kind != OPERAND_TEXT)
		return -1;
	switch (left->kind) {
	case OPERAND_TEXT:
		return order(strcmp(left->text, right->text), op);
	case OPERAND_VERSION:
		if (!glob_is_pattern(right->text))
			return order(strverscmp(left->text, right->text), op);
		return equality(op) ?
		       order(!glob_match(right->text, left->text), op) : -1;
	case OPERAND_CONFIG:
	case OPERAND_NAME:
		return equality(op) ?
		       order(!glob_match(right->text, left->text), op) : -1;
	case OPERAND_NUMBER:
		return -1;
	}
	return -1;
}

static struct span range_span(struct range in, size_t from, size_t to,
			      struct span without)
{
	return to > from ? token_join(in.tokens[from].span,
				      in.tokens[to - 1].span) : without;
}

/* One comparison; false if it is none (told). */
static bool read_term(struct parser *parser, struct range in, size_t *at,
		      struct span where, bool *ret_value)
{
	size_t from = *at;
	int errors = diag_errors(parser->diag);
	struct operand left;
	struct operand right;
	enum operator_kind op;
	int value = -1;
	bool read = read_operand(parser, in, at, &left) &&
		    is(in, *at, TOKEN_COMPARE);

	if (read) {
		op = in.tokens[(*at)++].op;
		read = read_operand(parser, in, at, &right);
	}
	if (read) {
		value = compare(&left, op, &right);
		if (value < 0)
			diag_report(parser->diag, DIAG_condition_operands,
				    range_span(in, from, *at, where));
	} else if (errors == diag_errors(parser->diag)) {
		diag_report(parser->diag, DIAG_condition_malformed,
			    range_span(in, from, in.count, where));
	}
	*ret_value = value > 0;
	return value >= 0;
}

bool condition_holds(struct parser *parser, const struct token *tokens,
		     size_t count, struct span where)
{
	struct range in = { tokens, count };
	bool any = false;
	bool all = true;
	size_t at = 0;
	bool value;

	for (;;) {
		if (!read_term(parser, in, &at, where, &value))
			return false;
		all = all && value;
		if (at == in.count)
			return any || all;
		if (is(in, at, TOKEN_LOGICAL_OR)) {
			any = any || all;
			all = true;
		} else if (!is(in, at, TOKEN_LOGICAL_AND)) {
			diag_report(parser->diag, DIAG_condition_malformed,
				    range_span(in, at, in.count, where));
			return false;
		}
		at++;
	}
}
