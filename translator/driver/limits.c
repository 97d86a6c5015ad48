/* The limits of -D: what each is called in a program, and which are sensible. */
#include "translator/driver/session.h"

#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/lower/lower.h"
#include "translator/target/kernel.h"

struct limit_row {
	const char *name;
	const char *key;		/* NULL: of the translator alone */
	const char *value;
	long long least, most;		/* most 0: any number */
};

/* -D names and what they set; the defaults are SystemTap's. */
static const struct limit_row limit_rows[] = {
	{ "MAXSTRINGLEN", "maxstringlen", "512", 16, 4096 },
	{ "MAXACTION", "maxaction", "1000", 0, 0 },
	{ "MAXACTION_BEGIN", "maxaction_begin", NULL, 0, 0 },	/* 10 * MAXACTION */
	{ "MAXCPUS", "cpus", NULL, 1, 0 },	/* as many as this machine can have */
	{ "MAXBACKTRACE", "maxbacktrace", "20", 0, 128 },
	{ "MAXNESTING", "maxnesting", "64", 0, 0 },
	{ "MAXMAPENTRIES", "maxmapentries", "2048", 0, 0 },
	{ "MAXERRORS", "maxerrors", "0", 0, 0 },
	{ "MAXSKIPPED", "maxskipped", "100", 0, 0 },
	/* waiting for a lock: times, and microseconds each time */
	{ "MAXTRYLOCK", "maxtrylock", "1000", 0, 100000 },
	{ "TRYLOCKDELAY", "trylockdelay", "10", 1, 1000 },
	{ "STP_NO_OVERLOAD", "no_overload", "0", 0, 0 },
	{ "STP_OVERLOAD_INTERVAL", "overload_interval", "1000000000", 0, 0 },
	{ "STP_OVERLOAD_THRESHOLD", "overload_threshold", "500000000", 0, 0 },
	{ "HIST_WIDTH", "hist_width", "50", 0, 0 },
	{ "HIST_ELISION", "hist_elision", "2", 0, 0 },
	/* the most of an answer without .maxsize; 0: as much as is a text */
	{ "STP_PROCFS_BUFSIZE", NULL, "0", 0, 16 << 20 },
};

#define ROW_COUNT (sizeof(limit_rows) / sizeof(limit_rows[0]))

/* Of SystemTap's runtime; nothing here corresponds to them. */
static const char *const without_effect[] = {
	"INTERRUPTIBLE", "KRETACTIVE", "MAXUPROBES",
	"MINSTACKSPACE", "STAP_OVERRIDE_STUCK_CONTEXT", "STP_ALIBI",
	"STP_EXECTRACE", "STP_FORCE_STDOUT_TTY", "STP_MAX_BUCKETS",
	"STP_NO_BUILDID_CHECK", "STP_NO_VERREL_CHECK",
	"STP_TIMING", "STP_TIMING_NSECS",
};

/* What only the translator knows of. */
static const char callee_matchall[] = "STAP_CALLEE_MATCHALL";

#define WITHOUT_COUNT (sizeof(without_effect) / sizeof(without_effect[0]))

static void check_name(struct session *session, const char *name)
{
	const char *known[ROW_COUNT + WITHOUT_COUNT + 1];
	struct span nowhere = { 0 };
	const char *near;

	for (size_t i = 0; i < ROW_COUNT; i++)
		known[i] = limit_rows[i].name;
	memcpy(known + ROW_COUNT, without_effect, sizeof(without_effect));
	known[ROW_COUNT + WITHOUT_COUNT] = callee_matchall;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (strcmp(known[i], name) == 0)
			return;
	near = diag_nearest(name, known, sizeof(known) / sizeof(*known));
	diag_report_hint(session->diag, DIAG_limit_unknown, nowhere,
			 near ? arena_printf(session->arena,
					     "did you mean '%s'?", near) :
				NULL, name);
}

bool session_any_caller(const struct options *options)
{
	bool any = false;

	for (size_t i = 0; i < options->limits.count; i++)
		if (!strcmp(options->limits.items[i].name, callee_matchall))
			any = strcmp(options->limits.items[i].value, "0");
	return any;
}

const char *session_limit_given(const struct session *session,
				const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < session->options->limits.count; i++)
		if (strcmp(session->options->limits.items[i].name, name) == 0)
			value = session->options->limits.items[i].value;
	return value;
}

int64_t session_answer_most(const struct session *session)
{
	const char *value = session_limit_given(session, "STP_PROCFS_BUFSIZE");

	return value ? strtoll(value, NULL, 0) : 0;
}

static const char *limit_value(struct session *session,
			       const struct limit_row *row)
{
	const char *value = session_limit_given(session, row->name);

	return value ? value : row->value;
}

static size_t collect(struct session *session,
			     struct lower_limit *limits)
{
	size_t n = 0;
	const char *action = limit_value(session, &limit_rows[1]);

	for (size_t i = 0; i < ROW_COUNT; i++) {
		const char *value = limit_value(session, &limit_rows[i]);

		if (!limit_rows[i].key)
			continue;
		if (!value && strcmp(limit_rows[i].key, "cpus") == 0)
			value = arena_printf(session->arena, "%d",
				kernel_possible_cpus(session->kernel));
		if (!value)
			value = arena_printf(session->arena, "%lld",
					     atoll(action) * 10);
		limits[n++] = (struct lower_limit){ limit_rows[i].key, value };
	}
	if (session->options->timing || session->options->monitor)
		limits[n++] = (struct lower_limit){ "timing", "1" };
	if (session->options->monitor)
		limits[n++] = (struct lower_limit){ "monitor", "1" };
	return n;
}

/* A limit must be a number that makes sense. */
static int check_values(struct session *session)
{
	struct span nowhere = { 0 };

	for (size_t i = 0; i < ROW_COUNT; i++) {
		const struct limit_row *row = &limit_rows[i];
		const char *given = session_limit_given(session, row->name);
		char *end;
		long long value = given ? strtoll(given, &end, 0) : 0;

		if (!given)
			continue;
		if (*end || end == given || value < row->least ||
		    (row->most && value > row->most))
			diag_report(session->diag, DIAG_limit_range, nowhere,
				    row->name, given,
				    arena_printf(session->arena, row->most ?
					"a number from %lld to %lld" :
					"a number from %lld",
					row->least, row->most));
	}
	return diag_errors(session->diag) ? -1 : 0;
}

int session_limits(struct session *session, struct lower_limit *ret,
		   size_t *ret_count)
{
	*ret_count = collect(session, ret);
	for (size_t i = 0; i < session->options->limits.count; i++)
		check_name(session, session->options->limits.items[i].name);
	return check_values(session);
}
