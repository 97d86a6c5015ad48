/*
 * Names of functions behind mangled symbols.
 *
 * Only the name is spelled out; types (in template arguments) are skipped by
 * counting what opens and closes. Substitutions for what came before do not
 * occur in what is spelled: it is the first in its symbol.
 */
#include "translator/target/demangle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"

enum { DEEPEST = 64, LONGEST = 1 << 16 };

struct reader {
	const char *at;
	struct buf out;
	bool failed;
	int depth;
};

static bool take(struct reader *r, const char *text)
{
	size_t length = strlen(text);

	if (strncmp(r->at, text, length) != 0)
		return false;
	r->at += length;
	return true;
}

static size_t take_number(struct reader *r)
{
	size_t number = 0;

	if (!isdigit((unsigned char)*r->at))
		r->failed = true;
	while (isdigit((unsigned char)*r->at)) {
		number = number * 10 + (size_t)(*r->at++ - '0');
		if (number > LONGEST) {
			r->failed = true;
			return 0;
		}
	}
	return number;
}

/* A length and as many characters. */
static const char *take_text(struct reader *r, size_t *ret_length)
{
	const char *text;

	*ret_length = take_number(r);
	text = r->at;
	if (r->failed || strnlen(text, *ret_length) < *ret_length) {
		r->failed = true;
		*ret_length = 0;
		return text;
	}
	r->at += *ret_length;
	return text;
}

static void separate(struct reader *r)
{
	if (r->out.length)
		buf_puts(&r->out, "::");
}

/* ---- C++ ---- */

static const struct { char code[3]; const char *name; } operators[] = {
	{ "nw", "operator new" }, { "na", "operator new[]" },
	{ "dl", "operator delete" }, { "da", "operator delete[]" },
	{ "co", "operator~" }, { "pl", "operator+" }, { "mi", "operator-" },
	{ "ps", "operator+" }, { "ng", "operator-" }, { "ad", "operator&" },
	{ "de", "operator*" }, { "ml", "operator*" }, { "dv", "operator/" },
	{ "rm", "operator%" }, { "an", "operator&" }, { "or", "operator|" },
	{ "eo", "operator^" }, { "aS", "operator=" }, { "pL", "operator+=" },
	{ "mI", "operator-=" }, { "mL", "operator*=" }, { "dV", "operator/=" },
	{ "rM", "operator%=" }, { "aN", "operator&=" }, { "oR", "operator|=" },
	{ "eO", "operator^=" }, { "ls", "operator<<" }, { "rs", "operator>>" },
	{ "lS", "operator<<=" }, { "rS", "operator>>=" }, { "eq", "operator==" },
	{ "ne", "operator!=" }, { "lt", "operator<" }, { "gt", "operator>" },
	{ "le", "operator<=" }, { "ge", "operator>=" }, { "ss", "operator<=>" },
	{ "nt", "operator!" }, { "aa", "operator&&" }, { "oo", "operator||" },
	{ "pp", "operator++" }, { "mm", "operator--" }, { "cm", "operator," },
	{ "pm", "operator->*" }, { "pt", "operator->" }, { "cl", "operator()" },
	{ "ix", "operator[]" }, { "qu", "operator?" },
};

static bool take_operator(struct reader *r)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if (take(r, operators[i].code)) {
			separate(r);
			buf_puts(&r->out, operators[i].name);
			return true;
		}
	return false;
}

/* "S_", "S0_", "T_", "T1_": behind the letter. */
static void skip_index(struct reader *r)
{
	while (isdigit((unsigned char)*r->at) || isupper((unsigned char)*r->at))
		r->at++;
	if (!take(r, "_"))
		r->failed = true;
}

/* A literal behind its L: a type and a value up to E, or a symbol. */
static void skip_literal(struct reader *r)
{
	size_t length;

	if (isdigit((unsigned char)*r->at))
		take_text(r, &length);
	else if (*r->at)
		r->at++;
	while (*r->at && *r->at != 'E' && !r->failed)
		r->at++;
	if (!take(r, "E"))
		r->failed = true;
}

static void skip_letter(struct reader *r, char letter, int *depth)
{
	switch (letter) {
	case 'N': case 'I': case 'X': case 'J': case 'F': case 'Z':
		++*depth;
		return;
	case 'E':
		--*depth;
		return;
	case 'L':
		skip_literal(r);
		return;
	case 'T':
		skip_index(r);
		return;
	case 'S':
		if (*r->at && strchr("tabsiod", *r->at))
			r->at++;
		else
			skip_index(r);
		return;
	case 'D':
		*depth += *r->at == 't' || *r->at == 'T';
		r->at += *r->at != 0;
		return;
	case 'C':
		r->at += *r->at != 0;
		return;
	}
}

/* Types and expressions up to the E that closes them. */
static void skip_arguments(struct reader *r)
{
	int depth = 1;
	size_t length;

	while (depth > 0 && !r->failed) {
		if (!*r->at)
			r->failed = true;
		else if (isdigit((unsigned char)*r->at))
			take_text(r, &length);
		else
			skip_letter(r, *r->at++, &depth);
	}
}

static void put_source_name(struct reader *r)
{
	size_t length;
	const char *text = take_text(r, &length);

	separate(r);
	if (length >= 11 && strncmp(text, "_GLOBAL__N_", 11) == 0)
		buf_puts(&r->out, "(anonymous namespace)");
	else
		buf_write(&r->out, text, length);
}

/* The last component again, behind a '~' for a destructor. */
static void put_structor(struct reader *r, bool is_destructor)
{
	const char *text = buf_text(&r->out);
	const char *last = text;
	char *copy;

	for (const char *at = text; (at = strstr(at, "::")) != NULL; at += 2)
		last = at + 2;
	copy = strdup(last);
	buf_puts(&r->out, is_destructor ? "::~" : "::");
	buf_puts(&r->out, copy ? copy : "");
	free(copy);
	r->at += 2;
	if (r->at[-1] == 'I')	/* inherited: the class follows */
		r->failed = true;
}

static bool take_standard(struct reader *r)
{
	static const struct { char code[3]; const char *name; } names[] = {
		{ "St", "std" }, { "Sa", "std::allocator" },
		{ "Sb", "std::basic_string" }, { "Ss", "std::string" },
		{ "Si", "std::istream" }, { "So", "std::ostream" },
		{ "Sd", "std::iostream" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (take(r, names[i].code)) {
			separate(r);
			buf_puts(&r->out, names[i].name);
			return true;
		}
	return false;
}

/* An unnamed type or a lambda: behind "Ut", "Ul". */
static void put_unnamed(struct reader *r, bool is_lambda)
{
	separate(r);
	buf_puts(&r->out, is_lambda ? "{lambda}" : "{unnamed}");
	if (is_lambda)
		skip_arguments(r);
	while (isdigit((unsigned char)*r->at))
		r->at++;
	if (!take(r, "_"))
		r->failed = true;
}

/* One component; false: there is none here. */
static bool put_component(struct reader *r)
{
	size_t length;

	while (take(r, "L"))
		;	/* local to its file */
	if (isdigit((unsigned char)*r->at))
		put_source_name(r);
	else if (take(r, "I"))
		skip_arguments(r);
	else if (take(r, "B"))
		take_text(r, &length);
	else if (take(r, "Ut") || take(r, "Ul"))
		put_unnamed(r, r->at[-1] == 'l');
	else if ((*r->at == 'C' || *r->at == 'D') && r->out.length &&
		 isdigit((unsigned char)r->at[1]))
		put_structor(r, *r->at == 'D');
	else if (take(r, "cv"))
		r->failed = true;
	else
		return take_standard(r) || take_operator(r);
	return true;
}

static void put_name(struct reader *r);

static void put_nested(struct reader *r)
{
	while (*r->at && strchr("rVKRO", *r->at))
		r->at++;
	while (!r->failed && !take(r, "E"))
		if (!put_component(r))
			r->failed = true;
}

/* Something inside a function: the function, its types, E, the thing. */
static void put_local(struct reader *r)
{
	put_name(r);
	if (!r->failed)
		skip_arguments(r);
	if (take(r, "d"))
		r->failed = true;
	if (*r->at == 's')
		r->failed = true;
	if (!r->failed)
		put_name(r);
}

static void put_name(struct reader *r)
{
	if (++r->depth > DEEPEST) {
		r->failed = true;
	} else if (take(r, "N")) {
		put_nested(r);
	} else if (take(r, "Z")) {
		put_local(r);
	} else {
		bool is_std = take_standard(r);

		if (!put_component(r) && !is_std)
			r->failed = true;
		while (!r->failed && (*r->at == 'I' || *r->at == 'B'))
			put_component(r);
	}
	r->depth--;
}

/* ---- Rust ---- */

static bool is_hash(const char *text)
{
	if (strncmp(text, "::h", 3) != 0 || strlen(text) != 19)
		return false;
	return strspn(text + 3, "0123456789abcdef") == 16;
}

/* Older symbols of Rust look like C++ with a hash at the end; "$LT$" and so on
 * stand for what C++ could not name. */
static char *finish_rust(struct arena *arena, const char *name)
{
	static const struct { const char *code, *text; } codes[] = {
		{ "$LT$", "<" }, { "$GT$", ">" }, { "$RF$", "&" },
		{ "$BP$", "*" }, { "$C$", "," }, { "$LP$", "(" },
		{ "$RP$", ")" }, { "$u20$", " " }, { "$u27$", "'" },
		{ "$u7b$", "{" }, { "$u7d$", "}" }, { "$u5b$", "[" },
		{ "$u5d$", "]" }, { "$u3b$", ";" }, { "..", "::" },
	};
	size_t length = strlen(name) - 19;
	struct buf out = { 0 };

	for (size_t i = 0; i < length; ) {
		size_t k = 0, n = sizeof(codes) / sizeof(*codes);

		/* before a sign there is a letter, if need be this one */
		if (name[i] == '_' && name[i + 1] == '$' &&
		    (i == 0 || name[i - 1] == ':')) {
			i++;
			continue;
		}
		while (k < n && strncmp(name + i, codes[k].code,
					strlen(codes[k].code)) != 0)
			k++;
		if (k < n)
			buf_puts(&out, codes[k].text);
		else
			buf_putc(&out, name[i]);
		i += k < n ? strlen(codes[k].code) : 1;
	}
	return buf_take(&out, arena);
}

static void skip_number_62(struct reader *r)
{
	while (isalnum((unsigned char)*r->at))
		r->at++;
	if (!take(r, "_"))
		r->failed = true;
}

static void put_rust_identifier(struct reader *r)
{
	const char *text;
	size_t length;

	if (take(r, "s"))
		skip_number_62(r);
	if (take(r, "u"))
		r->failed = true;	/* punycode: left as it is */
	length = take_number(r);
	take(r, "_");
	text = r->at;
	if (r->failed || strnlen(text, length) < length) {
		r->failed = true;
		return;
	}
	r->at += length;
	if (!length)
		return;
	separate(r);
	buf_write(&r->out, text, length);
}

/* Symbols of the newer scheme: paths of crates and names; what is generic or
 * belongs to an impl of a trait keeps its symbol. */
static void put_rust_path(struct reader *r)
{
	if (++r->depth > DEEPEST) {
		r->failed = true;
	} else if (take(r, "C")) {
		put_rust_identifier(r);
	} else if (take(r, "N") && *r->at) {
		char space = *r->at++;

		put_rust_path(r);
		if (space == 'C' && !r->failed) {
			separate(r);
			buf_puts(&r->out, "{closure}");
		}
		put_rust_identifier(r);
	} else if (take(r, "I")) {
		put_rust_path(r);
	} else {
		r->failed = true;
	}
	r->depth--;
}

char *demangle_name(struct arena *arena, const char *symbol)
{
	struct reader r = { .at = symbol };
	bool is_cpp = take(&r, "_Z");
	char *name = NULL;

	if (!is_cpp && !take(&r, "_R"))
		return NULL;
	if (strnlen(symbol, LONGEST) == LONGEST)
		return NULL;
	if (is_cpp)
		put_name(&r);
	else
		put_rust_path(&r);
	if (!r.failed && r.out.length)
		name = buf_take(&r.out, arena);
	buf_free(&r.out);
	if (name && is_cpp && strlen(name) > 19 &&
	    is_hash(name + strlen(name) - 19))
		return finish_rust(arena, name);
	return name;
}

/* ---- patterns ---- */

/* @name without as many leading components as it has more than @pattern. */
static const char *tail_of(const char *pattern, const char *name)
{
	size_t wanted = 0, had = 0;

	for (const char *at = pattern; (at = strstr(at, "::")) != NULL; at += 2)
		wanted++;
	for (const char *at = name; (at = strstr(at, "::")) != NULL; at += 2)
		had++;
	for (; had > wanted; had--)
		name = strstr(name, "::") + 2;
	return name;
}

bool demangle_match(const char *pattern, const char *name)
{
	if (strncmp(pattern, "::", 2) == 0)
		return glob_match(pattern + 2, name);
	return glob_match(pattern, name) ||
	       glob_match(pattern, tail_of(pattern, name));
}
