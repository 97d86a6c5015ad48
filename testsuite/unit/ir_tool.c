/*
 * Reads a program in text form, runs passes over it, and prints what it has
 * become. What testsuite/ir/run and testsuite/passes/run drive.
 *
 *	ir_tool FILE [PASS]
 *
 * With PASS only that pass runs ("all": the list); without, none. Exit 1 with
 * the reason on standard output if the text does not parse or verify.
 */
#include <stdio.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/ir/ir.h"
#include "translator/passes/passes.h"

static int complain(const char *what, const char *reason)
{
	printf("%s: %s\n", what, reason);
	return 1;
}

static int print_program(const struct ir_program *program)
{
	struct buf out = { 0 };

	ir_print(&out, program);
	fputs(buf_text(&out), stdout);
	buf_free(&out);
	return 0;
}

static int run(struct arena *arena, const char *path, const char *pass)
{
	const char *reason;
	struct ir_program *program;
	size_t size;
	char *text = file_read(arena, path, &size);

	if (!text)
		return complain("read", path);
	program = ir_parse(arena, text, size, &reason);
	if (!program)
		return complain("parse", reason);
	reason = ir_verify(arena, program);
	if (reason)
		return complain("verify", reason);
	if (pass && !strcmp(pass, "all"))
		reason = passes_run(arena, program, NULL, NULL);
	else if (pass)
		reason = passes_run_one(arena, program, pass);
	if (reason)
		return complain("passes", reason);
	return print_program(program);
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_create();
	int status;

	if (argc < 2)
		return complain("usage", "ir_tool FILE [PASS]");
	status = run(arena, argv[1], argc > 2 ? argv[2] : NULL);
	arena_free(arena);
	return status;
}
