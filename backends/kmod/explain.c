/*
 * Why a module did not build, from what the tools said: of errors in the
 * script's own C what the compiler says of the script, of symbols that modules
 * cannot have their names. All else is told as it was.
 */
#include "backends/kmod/build.h"

#include <ctype.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"

/* Calls @see for each line of the log. */
static void each_line(const char *log, void (*see)(struct buf *out,
						   const char *line,
						   size_t length),
		      struct buf *out)
{
	while (*log) {
		size_t length = strcspn(log, "\n");

		see(out, log, length);
		log += length + (log[length] == '\n');
	}
}

static bool has(const char *line, size_t length, const char *text)
{
	return memmem(line, length, text, strlen(text));
}

/* "FILE:LINE:COLUMN: error: ...", and what belongs to it. The last three only
 * tell of the C that the script became. */
static bool is_told(const char *line, size_t length)
{
	return (has(line, length, ": error: ") ||
		has(line, length, ": fatal error: ") ||
		has(line, length, ": note: ")) &&
	       !has(line, length, "each undeclared identifier is reported") &&
	       !has(line, length, "in expansion of macro") &&
	       !has(line, length, "in definition of macro");
}

static void see_error(struct buf *out, const char *line, size_t length)
{
	if (!is_told(line, length))
		return;
	buf_putc(out, '\n');
	buf_write(out, line, length);
}

/* modpost: "NAME" [...] undefined! */
static void see_symbol(struct buf *out, const char *line, size_t length)
{
	static const char mark[] = "modpost: \"";
	const char *at = memmem(line, length, mark, sizeof(mark) - 1);

	if (!at || !has(line, length, "undefined!"))
		return;
	at += sizeof(mark) - 1;
	buf_printf(out, "%s%.*s", out->length ? ", " : "",
		   (int)strcspn(at, "\""), at);
}

/* What the tools say of it, not what they were called with. */
static void see_failure(struct buf *out, const char *line, size_t length)
{
	static const char *const marks[] = {
		": error: ", "fatal error: ", "ERROR: ", "*** ", ": not found",
		"No such file", "Permission denied", "No space left",
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		if (*line != ' ' && has(line, length, marks[i])) {
			buf_printf(out, "\n%.*s", (int)length, line);
			return;
		}
}

static const char *explain_other(struct build *build, const char *log)
{
	struct buf failures = { 0 };
	const char *reason;

	each_line(log, see_failure, &failures);
	reason = arena_printf(build->arena, "the module does not build:%s%s",
			      failures.length ? buf_text(&failures) : "\n",
			      failures.length ? "\n-vv shows all of its build" :
			      log);
	buf_free(&failures);
	return reason;
}

const char *explain_log(struct build *build, const char *log)
{
	struct buf errors = { 0 }, symbols = { 0 };
	const char *reason;

	each_line(log, see_error, &errors);
	each_line(log, see_symbol, &symbols);
	if (build->embedded && errors.length)
		reason = arena_printf(build->arena, "the C of this script does "
				      "not compile:%s", buf_text(&errors));
	else if (build->embedded && symbols.length)
		reason = arena_printf(build->arena, "the C of this script uses "
				      "what this kernel does not offer to "
				      "modules: %s", buf_text(&symbols));
	else
		reason = explain_other(build, log);
	buf_free(&errors);
	buf_free(&symbols);
	return reason;
}
