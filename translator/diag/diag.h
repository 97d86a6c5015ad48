/*
 * The one way to tell the user what is wrong with a script.
 *
 * A message is a row of codes.def (tag, severity, sentence) and a span. The
 * report shows file, line and column, the line with the span underlined, an
 * optional hint ("did you mean ...") and the chain of macros and aliases that
 * led there. Many errors may be reported in one run; equal ones print once.
 */
#ifndef SPILE_DIAG_DIAG_H
#define SPILE_DIAG_DIAG_H

#include <stdbool.h>
#include <stdio.h>

#include "translator/diag/source.h"

struct arena;
struct diag;

enum diag_code {
#define DIAG(tag, severity, sentence) DIAG_##tag,
#include "translator/diag/codes.def"
#undef DIAG
	DIAG_COUNT
};

enum diag_severity { DIAG_ERROR, DIAG_WARNING };

struct diag_options {
	FILE *out;		/* where reports go */
	bool color;		/* escape sequences allowed */
	bool no_warnings;	/* -w */
	bool warnings_are_errors;	/* -W */
	int limit;		/* errors shown before "too many"; 0 = 20 */
};

/* A reporter; lives in @arena. */
struct diag *diag_create(struct arena *arena, struct diag_options options);

/* Reports a message: the arguments fill the sentence of the code. */
void diag_report(struct diag *diag, enum diag_code code, struct span span,
		 ...);

/* The same with a hint printed below the caret; NULL for none. */
void diag_report_hint(struct diag *diag, enum diag_code code,
		      struct span span, const char *hint, ...);

/* The warnings so far, as they were printed. */
const char *diag_warnings(const struct diag *diag);

/* Errors so far (with -W warnings too). */
int diag_errors(const struct diag *diag);

/* The place that the first message of that code was about, "FILE:LINE:COLUMN"; NULL
 * when there was none. */
const char *diag_reported(const struct diag *diag, enum diag_code code);

/* While muted, nothing is printed and nothing counts, but diag_muted_errors()
 * tells how many errors there were: for tries such as @defined. Nests. */
void diag_mute(struct diag *diag);
int diag_unmute(struct diag *diag);
bool diag_is_muted(const struct diag *diag);

/* The candidate nearest to @name by edit distance, or NULL when none is near.
 * @names may hold NULLs. */
const char *diag_nearest(const char *name, const char *const *names,
			 size_t count);

/* The tag of a code, for tests. */
const char *diag_tag(enum diag_code code);

#endif
