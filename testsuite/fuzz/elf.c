/*
 * Fuzz target: ELF programs with DWARF. Whatever the bytes, opening ends in a
 * program or a reason, and all that can be asked of it has an answer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/target/debug.h"
#include "translator/target/demangle.h"
#include "translator/target/program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 40 };

static void visit_type(struct ctype *type, int depth)
{
	struct ctype_member *members;
	size_t count;

	ctype_text(type);
	ctype_enumerator_name(type, 5);
	members = ctype_members(type, &count);
	for (size_t i = 0; i < count && i < MOST && depth < 3; i++)
		visit_type(members[i].type, depth + 1);
	if (depth < 5)
		visit_type(ctype_target(type), depth + 1);
}

static uint64_t visit_expr(const struct location_expr *e)
{
	if (!e)
		return 0;
	return (uint64_t)e->number + visit_expr(e->a) + visit_expr(e->b);
}

static void visit_variable(const struct debug_variable *v)
{
	const struct location *l = &v->location;

	if (l->kind == LOCATION_NONE ? !l->reason :
	    l->kind == LOCATION_PIECES ? !l->piece_count : !l->expr)
		abort();
	visit_expr(l->expr);
	for (size_t i = 0; i < l->piece_count; i++)
		visit_expr(l->pieces[i].expr);
	visit_type(v->type, 0);
}

static void visit_function(struct debug *debug, struct debug_function *f)
{
	struct debug_variables variables;
	struct debug_variable variable;
	struct debug_callees callees;
	struct debug_labels labels;
	struct debug_frames frames;
	const char *reason;

	visit_type(f->type, 0);
	for (uint64_t pc = f->entry; pc < f->entry + 12; pc += 6) {
		debug_variables(debug, f, pc, &variables);
		for (size_t i = 0; i < variables.variables.count && i < MOST; i++)
			visit_variable(&variables.variables.items[i]);
		debug_describe(debug, pc, &frames);
	}
	if (debug_find_variable(debug, f, f->body, "counter", &variable,
				&reason))
		visit_variable(&variable);
	debug_find_labels(debug, f, "*", &labels);
	debug_find_callees(debug, f, "*", 3, true, &callees);
}

static void visit_debug(struct debug *debug)
{
	static const char *const types[] = { "struct list*", "int", "big" };
	struct debug_statements statements;
	struct debug_functions functions;
	struct debug_variable variable;
	const char *reason = NULL;
	int64_t value;

	if (!debug_find_functions(debug, "*", &functions, &reason))
		abort();
	for (size_t i = 0; i < functions.functions.count && i < MOST; i++)
		visit_function(debug, functions.functions.items[i]);
	debug_find_functions(debug, "leaf", &functions, &reason);
	if (!debug_find_statements(debug, "*@lines.c:20-30", true, &statements,
				   &reason) && !reason)
		abort();
	if (debug_find_global(debug, "total", &variable, &reason))
		visit_variable(&variable);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		struct ctype *type = debug_find_type(debug, types[i]);

		if (type)
			visit_type(type, 0);
	}
	debug_enumerator(debug, "BLUE", &value);
}

static void visit_program(struct program *program)
{
	const struct program_symbol *symbols;
	const char *reason = NULL;
	struct program_section section;
	uint64_t offset, bytes;
	struct debug *debug;
	size_t count;

	program_needed(program, &count);
	program_plt(program, &count);
	symbols = program_symbols(program, &count);
	for (size_t i = 0; i < count && i < MOST; i++) {
		program_symbol_at(program, symbols[i].address + 1);
		program_demangle(program, symbols[i].name);
		program_offset(program, symbols[i].address, &offset);
		program_read(program, symbols[i].address, &bytes, 8);
	}
	program_section(program, ".text", &section);
	debug = debug_open(program, &reason);
	if (!debug && !reason)
		abort();
	if (debug)
		visit_debug(debug);
	debug_close(debug);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct program *program;
	const char *reason = NULL;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	program = program_open(arena, arena_printf(arena, "/proc/self/fd/%d",
						   fd), &reason);
	if (!program && !reason)
		abort();
	if (program)
		visit_program(program);
	program_close(program);
	close(fd);
	arena_free(arena);
	return 0;
}

#include "testsuite/fuzz/replay.h"
