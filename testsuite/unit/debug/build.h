/*
 * For tests of ELF and DWARF: programs that they build in a folder of their own,
 * which is removed at the end. Commands are told on standard error if they fail.
 */
#ifndef SPILE_UNIT_DEBUG_BUILD_H
#define SPILE_UNIT_DEBUG_BUILD_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"
#include "translator/target/debug.h"
#include "translator/target/program.h"

struct workshop {
	struct arena *arena;
	char folder[64];
	const char *source;	/* the folder of the test's own files */
};

static inline struct workshop *workshop_open(void)
{
	struct workshop *w = calloc(1, sizeof(*w));
	const char *top = getenv("SPILE_SRC");

	w->arena = arena_create();
	strcpy(w->folder, "/tmp/spile-debug-XXXXXX");
	if (!w || !mkdtemp(w->folder))
		abort();
	w->source = arena_printf(w->arena, "%s/testsuite/unit/debug",
				 top ? top : ".");
	return w;
}

static inline void workshop_close(struct workshop *w)
{
	file_remove(w->folder);
	arena_free(w->arena);
	free(w);
}

__attribute__((format(printf, 2, 3)))
static inline bool run_command(struct workshop *w, const char *format, ...)
{
	va_list args;
	char *command;
	bool ok;

	va_start(args, format);
	command = arena_printf(w->arena, "cd %s && %s", w->folder,
			       arena_vprintf(w->arena, format, args));
	va_end(args);
	ok = system(command) == 0;
	if (!ok)
		fprintf(stderr, "failed: %s\n", command);
	return ok;
}

static inline bool have(struct workshop *w, const char *program)
{
	return system(arena_printf(w->arena, "command -v %s >/dev/null 2>&1",
				   program)) == 0;
}

static inline char *in_folder(struct workshop *w, const char *name)
{
	return arena_printf(w->arena, "%s/%s", w->folder, name);
}

/* A program with its debug information, opened. */
struct opened {
	struct program *program;
	struct debug *debug;
	const char *reason;
};

static inline struct opened open_built(struct workshop *w, const char *name)
{
	struct opened o = { 0 };

	o.program = program_open(w->arena, in_folder(w, name), &o.reason);
	if (o.program)
		o.debug = debug_open(o.program, &o.reason);
	return o;
}

static inline void close_built(struct opened *o)
{
	debug_close(o->debug);
	program_close(o->program);
}

#endif
