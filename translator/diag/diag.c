/* Collects and prints messages about scripts. */
#include "translator/diag/diag.h"

#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/map.h"

enum { DEFAULT_LIMIT = 20, WIDEST_LINE = 160 };

struct diag {
	struct arena *arena;
	struct diag_options options;
	struct map seen;	/* texts already printed */
	const char *warnings;	/* their texts */
	int errors;
	const char *reported[DIAG_COUNT];	/* the first one's place, or NULL */
	int muted;		/* depth of diag_mute() */
	int muted_errors;	/* since the outermost diag_mute() */
};

static const struct {
	const char *tag;
	enum diag_severity severity;
	const char *sentence;
} codes[] = {
#define DIAG(tag, severity, sentence) { #tag, DIAG_##severity, sentence },
#include "translator/diag/codes.def"
#undef DIAG
};

struct diag *diag_create(struct arena *arena, struct diag_options options)
{
	struct diag *diag = arena_new(arena, struct diag);

	diag->arena = arena;
	diag->options = options;
	diag->warnings = "";
	if (!diag->options.limit)
		diag->options.limit = DEFAULT_LIMIT;
	return diag;
}

static const char *paint(const struct diag *diag, const char *sequence)
{
	return diag->options.color ? sequence : "";
}

/* The line around the span and, below it, a caret with a wavy tail. */
static void put_excerpt(struct buf *out, const struct diag *diag,
			struct span span)
{
	const struct source *source = span.source;
	struct position position = span_position(span);
	size_t begin = span.offset - (size_t)(position.column - 1);
	size_t end = begin;
	size_t width;

	while (end < source->size && source->text[end] != '\n' &&
	       end - begin < WIDEST_LINE)
		end++;
	if (span.offset > end)
		return;
	buf_printf(out, "%5d | ", position.line);
	for (size_t i = begin; i < end; i++) {
		unsigned char c = (unsigned char)source->text[i];

		buf_putc(out, c == '\t' ? ' ' : c < 32 ? '?' : (char)c);
	}
	width = span.length ? span.length : 1;
	if (width > end - span.offset)
		width = end - span.offset ? end - span.offset : 1;
	buf_printf(out, "\n      | %*s%s^", position.column - 1, "",
		   paint(diag, "\033[1;32m"));
	while (--width > 0)
		buf_putc(out, '~');
	buf_printf(out, "%s\n", paint(diag, "\033[0m"));
}

static void put_origins(struct buf *out, struct arena *arena,
			const struct origin *origin)
{
	static const char *const words[] = {
		[ORIGIN_MACRO] = "in expansion of macro",
		[ORIGIN_ALIAS] = "in probe alias",
		[ORIGIN_CALL] = "needed by the call of",
	};

	for (int depth = 0; origin && depth < 12; origin = origin->at.origin) {
		buf_printf(out, "      = %s '%s' at %s\n",
			   words[origin->kind], origin->name,
			   span_text(arena, origin->at));
		depth++;
	}
}

static void report(struct diag *diag, enum diag_code code, struct span span,
		   const char *hint, va_list args)
{
	bool error = codes[code].severity == DIAG_ERROR ||
		     diag->options.warnings_are_errors;
	struct buf out = { 0 };

	if (!error && diag->options.no_warnings)
		return;
	if (diag->muted) {
		diag->muted_errors += error;
		return;
	}
	buf_printf(&out, "%s: %s%s:%s ", span_text(diag->arena, span),
		   paint(diag, error ? "\033[1;31m" : "\033[1;35m"),
		   error ? "error" : "warning", paint(diag, "\033[0m"));
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buf_vprintf(&out, codes[code].sentence, args);
#pragma GCC diagnostic pop
	buf_printf(&out, " [%s]\n", codes[code].tag);
	if (span.source)
		put_excerpt(&out, diag, span);
	if (hint)
		buf_printf(&out, "      = %s\n", hint);
	put_origins(&out, diag->arena, span.origin);
	if (!map_get(&diag->seen, buf_text(&out))) {
		char *text = arena_strdup(diag->arena, buf_text(&out));

		map_put(diag->arena, &diag->seen, text, text);
		diag->errors += error;
		if (!diag->reported[code])
			diag->reported[code] = span_text(diag->arena, span);
		if (diag->errors <= diag->options.limit)
			fputs(text, diag->options.out);
		if (!error)
			diag->warnings = arena_printf(diag->arena, "%s%s",
						      diag->warnings, text);
		if (error && diag->errors == diag->options.limit + 1)
			fputs("spile: too many errors; the rest is not shown\n",
			      diag->options.out);
	}
	buf_free(&out);
}

const char *diag_reported(const struct diag *diag, enum diag_code code)
{
	return diag->reported[code];
}

void diag_report(struct diag *diag, enum diag_code code, struct span span,
		 ...)
{
	va_list args;

	va_start(args, span);
	report(diag, code, span, NULL, args);
	va_end(args);
}

void diag_report_hint(struct diag *diag, enum diag_code code,
		      struct span span, const char *hint, ...)
{
	va_list args;

	va_start(args, hint);
	report(diag, code, span, hint, args);
	va_end(args);
}

const char *diag_warnings(const struct diag *diag)
{
	return diag->warnings;
}

int diag_errors(const struct diag *diag)
{
	return diag->errors;
}

void diag_mute(struct diag *diag)
{
	if (diag->muted++ == 0)
		diag->muted_errors = 0;
}

bool diag_is_muted(const struct diag *diag)
{
	return diag->muted > 0;
}

int diag_unmute(struct diag *diag)
{
	diag->muted--;
	return diag->muted_errors;
}

/* Edit distance, given up (a large number) once above @limit. */
static size_t distance(const char *a, const char *b, size_t limit)
{
	enum { LONGEST = 64 };
	size_t row[LONGEST + 1];
	size_t m = strlen(a);
	size_t n = strlen(b);

	if (m > LONGEST || n > LONGEST || m > n + limit || n > m + limit)
		return limit + 1;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 1; i <= m; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= n; j++) {
			size_t above = row[j];
			size_t best = corner + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			corner = above;
			row[j] = best;
		}
	}
	return row[n];
}

const char *diag_nearest(const char *name, const char *const *names,
			 size_t count)
{
	size_t limit = strlen(name) / 3 + 1;
	const char *best = NULL;

	for (size_t i = 0; i < count; i++) {
		size_t d;

		if (!names[i] || strcmp(names[i], name) == 0)
			continue;
		d = distance(name, names[i], limit);
		if (d > limit || (best && d == limit))
			continue;
		best = names[i];
		limit = d;
	}
	return best;
}

const char *diag_tag(enum diag_code code)
{
	return codes[code].tag;
}
