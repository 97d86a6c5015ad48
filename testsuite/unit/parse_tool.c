/*
 * Parses files and says OK or what is wrong, for tests of the syntax phase.
 *
 *	parse_tool [--privileged] [--lenient] [--library] [--quiet]
 *		   [--print | --roundtrip | --names] [--arg TEXT]...
 *		   [--macros FILE]... FILE...
 *
 * --print shows the tree as a script; --roundtrip checks that what it shows
 * parses to the same; --names lists what scan_names() finds; --lenient takes
 * unknown @names as functions. Exit status 1 if anything was wrong.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/diag/diag.h"
#include "translator/syntax/parse.h"

enum mode { MODE_CHECK, MODE_PRINT, MODE_ROUNDTRIP, MODE_NAMES };

struct tool {
	struct syntax_facts facts;
	struct parser parser;
	struct arena *arena;
	enum mode mode;
	bool privileged;
	bool quiet;
	bool library;
	const char *args[16];
	bool used[16];
	int failed;
	int files;
};

static const char *config_value(void *context, const char *name)
{
	(void)context;
	return strcmp(name, "CONFIG_SET") == 0 ? "y" :
	       strcmp(name, "CONFIG_HZ") == 0 ? "250" : NULL;
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t length = strlen(text);
	size_t tail = strlen(suffix);

	return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

static struct source *load(struct tool *tool, const char *path)
{
	size_t size;
	char *text = file_read(tool->arena, path, &size);

	if (text)
		return source_create(tool->arena, path, text, size,
				     tool->library);
	fprintf(stderr, "%s: %s\n", path, strerror(errno));
	tool->failed++;
	return NULL;
}

static void show_name(void *context, char kind, const char *name)
{
	(void)context;
	printf("%c %s\n", kind, name);
}

/* Expanded text needs no macros and no arguments of the command line. */
static char *parse_again(struct tool *tool, const char *path, const char *text)
{
	struct source *source = source_create(tool->arena, path, text,
					      strlen(text), true);
	struct parser plain = tool->parser;
	struct ast_file *file = parse_file(&plain, source, true);
	struct buf out = { 0 };

	if (!file)
		return arena_strdup(tool->arena, "");
	unparse_file(&out, file);
	return buf_take(&out, tool->arena);
}

static bool roundtrip(struct tool *tool, const char *path,
		      const struct ast_file *file)
{
	struct buf out = { 0 };
	char *first;
	char *second;

	unparse_file(&out, file);
	first = buf_take(&out, tool->arena);
	if (!*first)
		return true;
	second = parse_again(tool, "<unparsed>", first);
	if (strcmp(first, second) == 0)
		return true;
	printf("%s: the printed tree parses to another\n", path);
	return false;
}

static void show(const struct ast_file *file)
{
	struct buf out = { 0 };

	unparse_file(&out, file);
	fputs(buf_text(&out), stdout);
	buf_free(&out);
}

static void check(struct tool *tool, const char *path)
{
	struct source *source = load(tool, path);
	int errors = diag_errors(tool->parser.diag);
	struct ast_file *file;
	bool good = true;

	if (!source)
		return;
	tool->files++;
	if (tool->mode == MODE_NAMES) {
		scan_names(tool->arena, source, show_name, NULL);
		return;
	}
	if (has_suffix(path, ".stpm")) {
		parse_macros(&tool->parser, source);
		file = NULL;
	} else {
		file = parse_file(&tool->parser, source, tool->privileged);
	}
	if (file && tool->mode == MODE_PRINT)
		show(file);
	if (file && tool->mode == MODE_ROUNDTRIP)
		good = roundtrip(tool, path, file);
	good = good && errors == diag_errors(tool->parser.diag);
	tool->failed += !good;
	if (good && !tool->quiet && tool->mode != MODE_PRINT)
		printf("OK %s\n", path);
}

/* 0, 1 or 2 words taken. */
static int read_option(struct tool *tool, const char *word, const char *next)
{
	if (strcmp(word, "--privileged") == 0)
		tool->privileged = true;
	else if (strcmp(word, "--lenient") == 0)
		tool->parser.lenient = true;
	else if (strcmp(word, "--library") == 0)
		tool->library = true;
	else if (strcmp(word, "--quiet") == 0)
		tool->quiet = true;
	else if (strcmp(word, "--print") == 0)
		tool->mode = MODE_PRINT;
	else if (strcmp(word, "--roundtrip") == 0)
		tool->mode = MODE_ROUNDTRIP;
	else if (strcmp(word, "--names") == 0)
		tool->mode = MODE_NAMES;
	else if (strcmp(word, "--arg") == 0 && next &&
		 tool->facts.arg_count < 16)
		return tool->args[tool->facts.arg_count++] = next, 2;
	else if (strcmp(word, "--macros") == 0 && next) {
		struct source *source = load(tool, next);

		if (source)
			parse_macros(&tool->parser, source);
		return 2;
	} else {
		return 0;
	}
	return 1;
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_create();
	struct tool tool = {
		.facts = {
			.kernel_release = "6.1.0-18-amd64",
			.arch = "x86_64",
			.runtime = "kernel",
			.privilege = "stapdev",
			.compatible = "5.6",
			.config = config_value,
		},
		.arena = arena,
	};
	int failed;

	tool.facts.args = tool.args;
	tool.facts.arg_used = tool.used;
	tool.parser.arena = arena;
	tool.parser.facts = &tool.facts;
	tool.parser.diag = diag_create(arena, (struct diag_options){
						      .out = stderr,
						      .limit = 100000 });
	for (int i = 1, taken; i < argc; i += taken) {
		taken = read_option(&tool, argv[i],
				    i + 1 < argc ? argv[i + 1] : NULL);
		if (taken)
			continue;
		taken = 1;
		check(&tool, argv[i]);
	}
	if (tool.quiet && tool.mode != MODE_PRINT)
		printf("%d files, %d failed\n", tool.files, tool.failed);
	failed = tool.failed;
	arena_free(arena);
	return failed ? 1 : 0;
}
