/*
 * Fuzz target of the intermediate form's text: what parses prints back to a
 * text that parses to the same, and the verifier never falls over.
 * -DREPLAY: a main program that replays the files named as arguments.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/ir/ir.h"
#include "translator/passes/passes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_create();
	struct buf first = { 0 }, second = { 0 };
	const char *reason;
	struct ir_program *program, *again;

	program = ir_parse(arena, (const char *)data, size, &reason);
	if (program) {
		ir_print(&first, program);
		again = ir_parse(arena, buf_text(&first), first.length,
				 &reason);
		if (!again)
			abort();
		ir_print(&second, again);
		if (strcmp(buf_text(&first), buf_text(&second)))
			abort();
		if (!ir_verify(arena, program) &&
		    passes_run(arena, program, NULL, NULL))
			abort();
	}
	buf_free(&first);
	buf_free(&second);
	arena_free(arena);
	return 0;
}

#include "testsuite/fuzz/replay.h"
