/*
 * spile-emit: intermediate form in, BPF object out. A program of its own, so
 * that spile loads LLVM only when something must be compiled.
 *
 *	spile-emit --lib FILE -o FILE [--dump=llvm|bpf] [FILE]
 *
 * One line on standard error and status 1 when it cannot be done.
 */
#include "backends/bpf/emit.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"

struct options {
	const char *library, *output, *dump, *input, *cpu;
};

static bool read_options(int argc, char **argv, struct options *ret)
{
	static const struct option rows[] = {
		{ "lib", required_argument, NULL, 'l' },
		{ "dump", required_argument, NULL, 'd' },
		{ "cpu", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int letter;

	while ((letter = getopt_long(argc, argv, "o:", rows, NULL)) != -1) {
		switch (letter) {
		case 'l':
			ret->library = optarg;
			break;
		case 'd':
			ret->dump = optarg;
			break;
		case 'c':
			ret->cpu = optarg;
			break;
		case 'o':
			ret->output = optarg;
			break;
		default:
			return false;
		}
	}
	if (optind < argc)
		ret->input = argv[optind];
	return ret->library && ret->output;
}

static char *read_input(struct arena *arena, size_t *ret_size)
{
	struct buf text = { 0 };
	char room[65536];
	size_t count;

	while ((count = fread(room, 1, sizeof(room), stdin)) > 0)
		buf_write(&text, room, count);
	*ret_size = text.length;
	return buf_take(&text, arena);
}

static struct ir_program *read_program(struct arena *arena, const char *path,
				       const char **ret_reason)
{
	struct ir_program *program;
	size_t size;
	char *text = path ? file_read(arena, path, &size) :
			    read_input(arena, &size);

	if (!text) {
		*ret_reason = arena_printf(arena, "cannot read %s", path);
		return NULL;
	}
	program = ir_parse(arena, text, size, ret_reason);
	if (program)
		*ret_reason = ir_verify(arena, program);
	if (program && !*ret_reason)
		foreign_prepare(program);
	return *ret_reason ? NULL : program;
}

static void room_create(struct emit *e)
{
	const struct ir_program *program = e->program;

	e->functions = arena_array(e->arena, struct function_info,
				   program->functions.count + 1);
	e->compiled = arena_array(e->arena, LLVMValueRef,
				  program->functions.count + 1);
	e->arrays = arena_array(e->arena, struct array_info,
				program->globals.count + 1);
	e->global_at = arena_array(e->arena, unsigned,
				   program->globals.count + 1);
	e->iters = arena_array(e->arena, struct iter_info,
			       program->iters.count + 1);
}

/* The compiled part of the library lies beside the bitcode. */
static const char *object_beside(struct arena *arena, const char *bitcode)
{
	size_t length = strlen(bitcode);

	if (length > 3 && !strcmp(bitcode + length - 3, ".bc"))
		length -= 3;
	return arena_printf(arena, "%.*s.o", (int)length, bitcode);
}

static const char *emit(struct emit *e, const struct options *options)
{
	e->library_object = object_beside(e->arena, options->library);
	e->cpu = options->cpu ? options->cpu : "v3";
	room_create(e);
	limits_find(e);
	if (!module_create(e, options->library))
		return e->refusal;
	maps_create(e);
	probes_create(e);
	if (e->refusal)
		return e->refusal;
	return object_write(e, options->output, options->dump);
}

/* Functions may turn out to have too little stack: then they are made so that
 * they need less. */
static const char *emit_somehow(struct arena *arena,
				const struct ir_program *program,
				const struct options *options)
{
	enum level *levels = levels_create(arena, program);
	const char *reason;

	for (;;) {
		struct emit e = { .arena = arena, .program = program,
				  .levels = levels };

		reason = emit(&e, options);
		if (reason && strstr(reason, "stack"))
			levels_raise_all(&e);
		if (!e.again)
			return reason;
		module_free(&e);
	}
}

int main(int argc, char **argv)
{
	struct options options = { 0 };
	const char *reason = NULL;

	if (!read_options(argc, argv, &options)) {
		fputs("usage: spile-emit --lib FILE -o FILE "
		      "[--dump=llvm|bpf] [FILE]\n", stderr);
		return 2;
	}

	struct arena *arena = arena_create();
	struct ir_program *program = read_program(arena, options.input,
						  &reason);

	module_options();
	if (program)
		reason = emit_somehow(arena, program, &options);
	if (reason)
		fprintf(stderr, "%s\n", reason);
	fflush(NULL);
	/* to give back all that LLVM holds, piece by piece, takes its time */
	_exit(reason ? 1 : 0);
}
