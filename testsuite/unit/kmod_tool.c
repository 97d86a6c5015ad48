/*
 * Makes a kernel module of a program in text form, or says why not.
 *
 *	kmod_tool FILE.ir RELEASE FOLDER OUTPUT.ko
 */
#include <stdio.h>

#include "backends/kmod/kmod.h"
#include "translator/backend.h"
#include "translator/base/arena.h"
#include "translator/base/file.h"
#include "translator/ir/ir.h"
#include "translator/passes/passes.h"

static const char *make_module(struct arena *arena, char **argv)
{
	struct backend_options options = {
		.kernel_release = argv[2], .work_folder = argv[3],
		.output = argv[4], .verbose = 2,
	};
	const char *reason;
	struct ir_program *program;
	size_t size;
	char *text = file_read(arena, argv[1], &size);

	if (!text)
		return "it cannot be read";
	program = ir_parse(arena, text, size, &reason);
	if (!program)
		return reason;
	reason = ir_verify(arena, program);
	if (!reason)
		reason = passes_run(arena, program, NULL, NULL);
	if (!reason)
		reason = backend_kernel.refuses(arena, program);
	if (!reason)
		reason = backend_kernel.emit(arena, program, &options);
	return reason;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_create();
	const char *reason = argc == 5 ? make_module(arena, argv)
				       : "FILE.ir RELEASE FOLDER OUTPUT.ko";

	if (reason)
		fprintf(stderr, "%s\n", reason);
	arena_free(arena);
	return reason != NULL;
}
