/*
 * Fuzz target of the syntax phase: any bytes as a script, as a macro file and
 * for scan_names(). What parses prints back to a script that parses to the
 * same. -DREPLAY: a main program that replays the files named as arguments.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/diag/diag.h"
#include "translator/syntax/parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *config_value(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "CONFIG_A") == 0 ? "y" : NULL;
}

static void take_name(void *context, char kind, const char *name)
{
	size_t *sum = context;

	*sum += (size_t)kind + strlen(name);
}

/* The printed tree of a text, NULL if it has errors. */
static char *print_tree(struct parser *parser, const char *text, size_t size,
			bool library)
{
	struct source *source = source_create(parser->arena, "input.stpm",
					      text, size, library);
	int errors = diag_errors(parser->diag);
	struct ast_file *file = parse_file(parser, source, true);
	struct buf out = { 0 };

	if (!file || errors != diag_errors(parser->diag))
		return NULL;
	unparse_file(&out, file);
	return buf_take(&out, parser->arena);
}

static void try_script(struct parser *parser, const char *text, size_t size)
{
	char *first = print_tree(parser, text, size, false);
	char *second;

	if (!first)
		return;
	second = print_tree(parser, first, strlen(first), true);
	if (!second || strcmp(first, second) != 0) {
		fprintf(stderr, "printed:\n%s\nagain:\n%s\n", first,
			second ? second : "(errors)");
		abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const args[] = { "7", "name", "a.b" };
	struct syntax_facts facts = {
		.kernel_release = "6.1.0-18", .arch = "x86_64",
		.runtime = "bpf", .privilege = "stapdev",
		.compatible = "5.6", .config = config_value,
		.args = args, .arg_count = 3,
	};
	struct arena *arena = arena_create();
	FILE *null = fopen("/dev/null", "w");
	struct parser parser = {
		.arena = arena,
		.diag = diag_create(arena, (struct diag_options){
						   .out = null }),
		.facts = &facts,
	};
	struct source *source = source_create(arena, "input.stpm",
					      (const char *)data, size, true);
	size_t sum = 0;

	try_script(&parser, (const char *)data, size);
	scan_names(arena, source, take_name, &sum);
	parse_macros(&parser, source);
	if (null)
		fclose(null);
	arena_free(arena);
	return 0;
}

#include "testsuite/fuzz/replay.h"
