/*
 * A file without the insides of its bodies and without comments: enough to see
 * what it offers, at a fraction of the tokens. Where braces do not pair (the
 * arms of a conditional may have an unequal number) the whole file is taken.
 */
#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/source.h"
#include "translator/syntax/token.h"

struct outline {
	const char *at, *end;
	char *to;
	char last;		/* written that is no blank */
	unsigned open;		/* braces of probe points */
	bool spaced;		/* blanks since then */
	bool odd;		/* something is not as it should be */
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static const char *line_end(const char *at, const char *end)
{
	const char *newline = memchr(at, '\n', (size_t)(end - at));

	return newline ? newline : end;
}

/* Behind the next @mark of two characters. */
static const char *behind(struct outline *o, const char *at, const char *mark)
{
	const char *found = memmem(at, (size_t)(o->end - at), mark, 2);

	if (!found)
		o->odd = true;
	return found ? found + 2 : o->end;
}

/* Behind a string, which ends with its line at the latest. */
static const char *string_end(const char *at, const char *end)
{
	for (at++; at < end && *at != '\n'; at++) {
		if (*at == '"')
			return at + 1;
		if (*at == '\\' && at + 1 < end)
			at++;
	}
	return at;
}

/* Behind the comment, string or embedded code that begins here; NULL: none. */
static const char *unit_end(struct outline *o, const char *at, bool *ret_blank)
{
	char next = at + 1 < o->end ? at[1] : '\0';

	*ret_blank = true;
	if (*at == '#' || (*at == '/' && next == '/'))
		return line_end(at, o->end);
	if (*at == '/' && next == '*')
		return behind(o, at + 2, "*/");
	*ret_blank = false;
	if (*at == '"')
		return string_end(at, o->end);
	if (*at == '%' && next == '{')
		return behind(o, at + 2, "%}");
	return NULL;
}

/* "$#" and "@#" are no comments. */
static bool is_count(const char *begin, const char *at)
{
	return *at == '#' && at > begin && (at[-1] == '$' || at[-1] == '@');
}

/* From behind an opening brace to the one that closes it. */
static const char *body_end(struct outline *o, const char *at)
{
	unsigned depth = 1;
	const char *begin = at, *unit;
	bool blank;

	while (at < o->end) {
		switch (*at) {
		case '{':
			depth++;
			break;
		case '}':
			if (!--depth)
				return at;
			break;
		case '#':
		case '/':
		case '"':
		case '%':
			unit = is_count(begin, at) ? NULL :
				unit_end(o, at, &blank);
			if (!unit)
				break;
			at = unit;
			continue;
		}
		at++;
	}
	o->odd = true;
	return at;
}

static void put(struct outline *o, char c)
{
	*o->to++ = c;
	o->spaced = is_blank(c);
	if (!o->spaced)
		o->last = c;
}

static void put_text(struct outline *o, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		put(o, text[i]);
}

/* Is what was written last the word "probe"? */
static bool after_probe(const struct outline *o, const char *begin)
{
	const char *at = o->to;

	while (at > begin && is_blank(at[-1]))
		at--;
	return at - begin >= 5 && !memcmp(at - 5, "probe", 5);
}

/* Braces may also hold parts of probe points: "a.{b,c}". */
static bool opens_body(const struct outline *o, const char *begin)
{
	return o->spaced && o->last != '.' && o->last != '=' &&
	       !after_probe(o, begin);
}

/* A brace that is no body's must have its partner. */
static void count_brace(struct outline *o, char c)
{
	o->open += c == '{';
	if (c == '}' && !o->open--)
		o->odd = true;
}

static void step(struct outline *o, const struct source *source,
		 const char *begin)
{
	bool blank, body = *o->at == '{' && opens_body(o, begin);
	const char *unit = is_count(source->text, o->at) ? NULL :
		unit_end(o, o->at, &blank);

	if (unit && blank) {
		put(o, ' ');
		o->at = unit;
	} else if (unit) {
		put_text(o, o->at, (size_t)(unit - o->at));
		o->at = unit;
	} else if (body) {
		o->at = body_end(o, o->at + 1) + 1;
		put_text(o, "{ }", 3);
	} else {
		count_brace(o, *o->at);
		put(o, *o->at++);
	}
}

struct source *source_outline(struct arena *arena, const struct source *source)
{
	struct source *outline = arena_new(arena, struct source);
	char *begin = arena_alloc(arena, 2 * source->size + 2);
	struct outline o = { .at = source->text, .to = begin,
			     .end = source->text + source->size };

	while (o.at < o.end && !o.odd)
		step(&o, source, begin);
	*outline = *source;
	if (o.odd || o.open)
		return outline;
	outline->text = begin;
	outline->size = (size_t)(o.to - begin);
	return outline;
}
