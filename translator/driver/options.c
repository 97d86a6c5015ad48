/* The command line: getopt_long over the rows of options.def. */
#include "translator/driver/options.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/diag/diag.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "(unversioned)"
#endif

enum option_id {
#define GROUP(title)
#define OPTION(id, letter, name, argument, need, help) OPTION_##id,
#define LATER(letter, name, argument, need, sentence)
#define IGNORED(letter, name, argument, need)
#include "translator/driver/options.def"
#undef GROUP
#undef OPTION
#undef LATER
#undef IGNORED
	OPTION_COUNT
};

enum row_kind { ROW_GROUP, ROW_OPTION, ROW_LATER, ROW_IGNORED };
enum need { NO = no_argument, MUST = required_argument,
	    MAY = optional_argument };

struct row {
	enum row_kind kind;
	enum option_id id;	/* ROW_OPTION */
	char letter;
	const char *name;
	const char *argument;
	enum need need;
	const char *text;	/* title, help or sentence */
};

static const struct row rows[] = {
#define GROUP(title) \
	{ ROW_GROUP, OPTION_COUNT, 0, NULL, NULL, NO, title },
#define OPTION(id, letter, name, argument, need, help) \
	{ ROW_OPTION, OPTION_##id, letter, name, argument, need, help },
#define LATER(letter, name, argument, need, sentence) \
	{ ROW_LATER, OPTION_COUNT, letter, name, argument, need, sentence },
#define IGNORED(letter, name, argument, need) \
	{ ROW_IGNORED, OPTION_COUNT, letter, name, argument, need, NULL },
#include "translator/driver/options.def"
#undef GROUP
#undef OPTION
#undef LATER
#undef IGNORED
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))
#define ROW_VALUE 0x1000	/* getopt's value of a row is this + its number */

/* What one reading of arguments needs. */
struct reading {
	struct arena *arena;
	struct options *options;
	bool example;		/* --example was given */
	bool done;		/* help or version was shown */
	bool failed;
};

static int complain(struct reading *reading, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void read_rc(struct reading *reading);
static void read_args(struct reading *reading, int argc, char **argv,
		      bool rc_file);
static int check(struct reading *reading);

int options_parse(struct arena *arena, int argc, char **argv,
		  struct options *ret, int *ret_status)
{
	struct reading reading = { .arena = arena, .options = ret };

	memset(ret, 0, sizeof(*ret));
	ret->last_pass = OPTIONS_PASSES;
	read_rc(&reading);
	if (!reading.failed)
		read_args(&reading, argc, argv, false);
	if (!reading.failed && !reading.done)
		check(&reading);
	*ret_status = reading.failed ? 1 : 0;
	return reading.failed || reading.done;
}

/* Says what is wrong; the first complaint ends the reading. */
static int complain(struct reading *reading, const char *format, ...)
{
	va_list args;

	if (!reading->failed) {
		va_start(args, format);
		fputs("spile: ", stderr);
		vfprintf(stderr, format, args);
		fputs("\n", stderr);
		va_end(args);
	}
	reading->failed = true;
	return -1;
}

/* ---- help ---- */

#define HELP_COLUMN 30

static void help_row(FILE *out, const struct row *row)
{
	char left[80];
	const char *open = row->need == MAY ? "[=" : "=";
	const char *close = row->need == MAY ? "]" : "";
	int n = snprintf(left, sizeof(left), "  ");

	if (row->letter)
		n += snprintf(left + n, sizeof(left) - n, "-%c", row->letter);
	if (row->letter && row->argument && !row->name)
		n += snprintf(left + n, sizeof(left) - n, " %s",
			      row->argument);
	if (row->name)
		n += snprintf(left + n, sizeof(left) - n, "%s--%s%s%s%s",
			      row->letter ? ", " : "    ", row->name,
			      row->argument ? open : "",
			      row->argument ? row->argument : "",
			      row->argument ? close : "");
	if (n > HELP_COLUMN - 2)
		fprintf(out, "%s\n%*s%s\n", left, HELP_COLUMN, "", row->text);
	else
		fprintf(out, "%-*s%s\n", HELP_COLUMN, left, row->text);
}

/* Whether a group has a row that works; the title is shown only then. */
static bool group_is_shown(size_t group)
{
	for (size_t i = group + 1; i < ROW_COUNT; i++) {
		if (rows[i].kind == ROW_GROUP)
			return false;
		if (rows[i].kind == ROW_OPTION)
			return true;
	}
	return false;
}

/* Names of options that only parse, wrapped at 78 columns. */
static void help_later(FILE *out)
{
	int column = 2;

	fputs("\nRead, but not supported yet:\n ", out);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		char word[60];
		int n;

		if (rows[i].kind != ROW_LATER)
			continue;
		if (rows[i].name)
			n = snprintf(word, sizeof(word), "--%s", rows[i].name);
		else
			n = snprintf(word, sizeof(word), "-%c",
				     rows[i].letter);
		if (column + n + 1 > 78) {
			fputs("\n ", out);
			column = 1;
		}
		fprintf(out, " %s", word);
		column += n + 1;
	}
	fputs("\n", out);
}

void options_help(FILE *out)
{
	fputs("Usage: spile [options] FILE [arguments]\n"
	      "       spile [options] - [arguments]\n"
	      "       spile [options] -e SCRIPT [arguments]\n"
	      "       spile [options] -l PROBE | -L PROBE\n"
	      "Runs a SystemTap script on the live system.\n", out);
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (rows[i].kind == ROW_GROUP && group_is_shown(i))
			fprintf(out, "\n%s:\n", rows[i].text);
		if (rows[i].kind == ROW_OPTION)
			help_row(out, &rows[i]);
	}
	help_later(out);
	fputs("\nOptions are also read from $SYSTEMTAP_DIR/rc "
	      "(~/.systemtap/rc).\n", out);
}

/* ---- values ---- */

/* How a row is written on the command line, for messages. */
static const char *row_spelling(struct arena *arena, const struct row *row)
{
	if (row->name)
		return arena_printf(arena, "--%s", row->name);
	return arena_printf(arena, "-%c", row->letter);
}

static long long read_number(struct reading *reading, const struct row *row,
			     const char *text, long long low, long long high)
{
	char *end;
	long long value;

	errno = 0;
	value = strtoll(text, &end, 0);
	if (end == text || *end || errno || value < low || value > high) {
		complain(reading, "%s needs a number from %lld to %lld, "
			 "not '%s'", row_spelling(reading->arena, row), low,
			 high, text);
		return low;
	}
	return value;
}

/* The place of @text in the NULL-terminated @words, or -1 and a complaint. */
static int read_word(struct reading *reading, const struct row *row,
		     const char *text, const char *const *words)
{
	struct buf all = { 0 };

	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], text))
			return i;
		buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	complain(reading, "%s knows %s, not '%s'",
		 row_spelling(reading->arena, row), buf_text(&all), text);
	buf_free(&all);
	return -1;
}

static bool is_name(const char *text, size_t length)
{
	if (!length || isdigit((unsigned char)text[0]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)text[i]) && text[i] != '_')
			return false;
	return true;
}

/* NAME=VALUE, or a bare NAME where @bare gives its value. */
static struct setting read_setting(struct reading *reading,
				   const struct row *row, const char *text,
				   const char *bare)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	struct setting setting = {
		.name = arena_strndup(reading->arena, text, length),
		.value = equals ? equals + 1 : bare,
	};

	if (!setting.value || !is_name(text, length))
		complain(reading, "%s needs NAME=VALUE, not '%s'",
			 row_spelling(reading->arena, row), text);
	return setting;
}

static void read_passes(struct reading *reading, const char *digits)
{
	size_t count = strlen(digits);

	if (count > OPTIONS_PASSES || strspn(digits, "0123456789") != count) {
		complain(reading, "--vp needs up to %d digits, not '%s'",
			 OPTIONS_PASSES, digits);
		return;
	}
	for (size_t i = 0; i < count; i++)
		reading->options->verbosity[i] += digits[i] - '0';
}

static void read_rotation(struct reading *reading, const struct row *row,
			  const char *text)
{
	const char *comma = strchr(text, ',');
	char *size = comma ? arena_strndup(reading->arena, text,
					   (size_t)(comma - text))
			   : arena_strdup(reading->arena, text);

	reading->options->rotate_mb =
		(int)read_number(reading, row, size, 1, INT_MAX);
	if (comma)
		reading->options->rotate_files =
			(int)read_number(reading, row, comma + 1, 1, INT_MAX);
}

/* A module's name: people give "x.ko" and mean x. */
static void read_module(struct reading *reading, const char *text)
{
	size_t length = strlen(text);

	if (length > 3 && !strcmp(text + length - 3, ".ko"))
		length -= 3;
	if (length > 6 && !strcmp(text + length - 6, ".bpf.o"))
		length -= 6;
	if (!is_name(text, length) || length > 55) {
		complain(reading, "-m needs a name of letters, digits and "
			 "'_', at most 55 of them, not '%s'", text);
		return;
	}
	reading->options->module_name =
		arena_strndup(reading->arena, text, length);
}

static void read_color(struct reading *reading, const struct row *row,
		       const char *text)
{
	static const char *const words[] = { "auto", "always", "never", NULL };
	int word = text ? read_word(reading, row, text, words) : COLOR_ALWAYS;

	if (word >= 0)
		reading->options->color = (enum color_when)word;
}

static void read_prologue(struct reading *reading, const struct row *row,
			  const char *text)
{
	static const char *const words[] = { "auto", "always", "never", NULL };
	int word = text ? read_word(reading, row, text, words) : 1;

	reading->options->past_prologue = word == 1;
}

static void read_runtime(struct reading *reading, const struct row *row,
			 const char *text)
{
	static const char *const words[] = { "auto", "bpf", "kernel", NULL };
	int word;

	if (!strcmp(text, "dyninst")) {
		complain(reading, "--runtime=dyninst is not supported yet: "
			 "spile runs scripts in the kernel only; use --bpf");
		return;
	}
	word = read_word(reading, row, text, words);
	if (word >= 0)
		reading->options->runtime = (enum runtime_choice)word;
}

static void read_privilege(struct reading *reading, const struct row *row,
			   const char *text)
{
	static const char *const words[] = { "stapusr", "stapsys", "stapdev",
					     NULL };
	int word = read_word(reading, row, text, words);

	if (word >= 0)
		reading->options->privilege = words[word];
}

/* A release, or the folder of a kernel's build, which says its own. */
static void read_release(struct reading *reading, const char *text)
{
	struct options *o = reading->options;
	size_t size;
	char *release;

	o->release = text;
	o->build_folder = NULL;
	if (!strchr(text, '/'))
		return;
	release = file_read(reading->arena,
			    arena_printf(reading->arena, "%s/include/config/"
					 "kernel.release", text), &size);
	if (!release) {
		complain(reading, "-r: '%s' is no folder of a kernel's build: "
			 "it has no include/config/kernel.release", text);
		return;
	}
	release[strcspn(release, "\n")] = '\0';
	o->release = release;
	o->build_folder = text;
}

static void read_modinfo(struct reading *reading, const char *text)
{
	size_t length = 0;

	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	if (!length || isdigit((unsigned char)text[0]) || text[length] != '=')
		complain(reading, "--modinfo needs NAME=VALUE, not '%s'", text);
	else
		*vec_push(reading->arena, &reading->options->modinfo) = text;
}

static void read_dump(struct reading *reading, const struct row *row,
		      const char *text)
{
	static const char *const words[] = { "ast", "sema", "ir", "llvm",
					     "bpf", NULL };
	int word = read_word(reading, row, text, words);

	if (word >= 0)
		reading->options->dump = (enum dump_form)(word + DUMP_AST);
}

static void set_script(struct reading *reading, enum script_kind kind,
		       const char *script)
{
	if (reading->options->script_kind != SCRIPT_NONE) {
		complain(reading, "only one script can be run; "
			 "add others with -E");
		return;
	}
	reading->options->script_kind = kind;
	reading->options->script = script;
}

static void set_list(struct reading *reading, enum list_kind kind,
		     const char *pattern)
{
	if (reading->options->list != LIST_NONE) {
		complain(reading, "only one of -l, -L and --dump-* "
			 "can be given");
		return;
	}
	reading->options->list = kind;
	reading->options->list_pattern = pattern;
}

/* ---- one option ---- */

static void apply(struct reading *reading, const struct row *row,
		  const char *value)
{
	struct options *o = reading->options;
	struct arena *arena = reading->arena;

	switch (row->id) {
	case OPTION_text:
		set_script(reading, SCRIPT_TEXT, value);
		break;
	case OPTION_extra:
		*vec_push(arena, &o->extra_scripts) = value;
		break;
	case OPTION_example:
		reading->example = true;
		break;
	case OPTION_include:
		*vec_push(arena, &o->include_folders) = value;
		break;
	case OPTION_limit:
		*vec_push(arena, &o->limits) =
			read_setting(reading, row, value, "1");
		break;
	case OPTION_object:
		*vec_push(arena, &o->objects) = value;
		break;
	case OPTION_global:
		*vec_push(arena, &o->globals) =
			read_setting(reading, row, value, NULL);
		break;
	case OPTION_guru:
		o->guru = true;
		break;
	case OPTION_list:
		set_list(reading, LIST_POINTS, value);
		break;
	case OPTION_list_vars:
		set_list(reading, LIST_VARIABLES, value);
		break;
	case OPTION_pass:
		o->last_pass = (int)read_number(reading, row, value, 1,
						OPTIONS_PASSES);
		break;
	case OPTION_dump_types:
		set_list(reading, LIST_TYPES, NULL);
		break;
	case OPTION_dump_aliases:
		set_list(reading, LIST_ALIASES, NULL);
		break;
	case OPTION_dump_functions:
		set_list(reading, LIST_FUNCTIONS, NULL);
		break;
	case OPTION_help:
		options_help(stdout);
		reading->done = true;
		break;
	case OPTION_version:
		printf("spile %s\nGPL-2.0-or-later; there is no warranty.\n",
		       PACKAGE_VERSION);
		reading->done = true;
		break;
	case OPTION_command:
		o->command = value;
		break;
	case OPTION_namespaces:
		o->namespaces_pid = (int)read_number(reading, row, value, 1,
						     INT_MAX);
		break;
	case OPTION_target:
		o->target_pid = (int)read_number(reading, row, value, 1,
						 INT_MAX);
		break;
	case OPTION_timeout:
		o->timeout = (int)read_number(reading, row, value, 1, INT_MAX);
		break;
	case OPTION_flight:
		o->flight_recorder = true;
		break;
	case OPTION_runtime:
		read_runtime(reading, row, value);
		break;
	case OPTION_privilege:
		read_privilege(reading, row, value);
		break;
	case OPTION_unprivileged:
		o->privilege = "stapusr";
		break;
	case OPTION_bpf:
		o->runtime = RUNTIME_BPF;
		break;
	case OPTION_timing:
		o->timing = true;
		break;
	case OPTION_monitor:
		o->monitor = value ? (int)read_number(reading, row, value, 1,
						      INT_MAX) : 1;
		break;
	case OPTION_suppress_errors:
		o->suppress_handler_errors = true;
		break;
	case OPTION_output:
		o->output = value;
		break;
	case OPTION_rotate:
		read_rotation(reading, row, value);
		break;
	case OPTION_buffer:
		o->buffer_mb = (int)read_number(reading, row, value, 1, 4095);
		break;
	case OPTION_bulk:
		o->bulk = true;
		break;
	case OPTION_no_autoprint:
		o->no_autoprint = true;
		break;
	case OPTION_color:
	case OPTION_colour:
		read_color(reading, row, value);
		break;
	case OPTION_verbose:
		for (int i = 0; i < OPTIONS_PASSES; i++)
			o->verbosity[i]++;
		break;
	case OPTION_pass_verbose:
		read_passes(reading, value);
		break;
	case OPTION_no_warnings:
		o->no_warnings = true;
		break;
	case OPTION_strict:
		o->warnings_are_errors = true;
		break;
	case OPTION_prologue:
		o->past_prologue = true;
		break;
	case OPTION_prologue_when:
		read_prologue(reading, row, value);
		break;
	case OPTION_unoptimized:
		o->unoptimized = true;
		break;
	case OPTION_skip_badvars:
		o->skip_badvars = true;
		break;
	case OPTION_compatible:
		o->compatible = value;
		break;
	case OPTION_module:
		read_module(reading, value);
		break;
	case OPTION_release:
		read_release(reading, value);
		break;
	case OPTION_arch:
		o->arch = value;
		break;
	case OPTION_kbuild:
		*vec_push(arena, &o->kbuild_args) = value;
		break;
	case OPTION_modinfo:
		read_modinfo(reading, value);
		break;
	case OPTION_sign_module:
		o->sign_key = value;
		break;
	case OPTION_keep:
		o->keep_temporary = true;
		break;
	case OPTION_tmpdir:
		o->tmpdir = value;
		break;
	case OPTION_rlimit_as:
	case OPTION_rlimit_cpu:
	case OPTION_rlimit_nproc:
	case OPTION_rlimit_stack:
	case OPTION_rlimit_fsize:
		/* ORDER: as enum rlimit_kind. */
		o->rlimits[row->id - OPTION_rlimit_as] =
			read_number(reading, row, value, 1, LLONG_MAX);
		break;
	case OPTION_no_cache:
		o->cache = CACHE_OFF;
		break;
	case OPTION_poison_cache:
		o->cache = CACHE_WRITE_ONLY;
		break;
	case OPTION_clean_cache:
		o->clean_cache = true;
		break;
	case OPTION_dump:
		read_dump(reading, row, value);
		break;
	case OPTION_COUNT:
		break;
	}
}

static void take(struct reading *reading, const struct row *row,
		 const char *value)
{
	switch (row->kind) {
	case ROW_OPTION:
		apply(reading, row, value);
		break;
	case ROW_LATER:
		complain(reading, "%s is not supported yet: %s",
			 row_spelling(reading->arena, row), row->text);
		break;
	case ROW_GROUP:
	case ROW_IGNORED:
		break;
	}
}

/* ---- getopt ---- */

struct getopt_tables {
	char letters[2 + 3 * ROW_COUNT];
	struct option names[ROW_COUNT + 1];
};

static void build_tables(struct getopt_tables *tables)
{
	char *letter = tables->letters;
	struct option *name = tables->names;

	memset(tables, 0, sizeof(*tables));
	*letter++ = ':';	/* tell a missing argument from a bad letter */
	for (size_t i = 0; i < ROW_COUNT; i++) {
		if (rows[i].letter) {
			*letter++ = rows[i].letter;
			if (rows[i].need == MUST)
				*letter++ = ':';
		}
		if (rows[i].name)
			*name++ = (struct option){
				.name = rows[i].name,
				.has_arg = (int)rows[i].need,
				.val = ROW_VALUE + (int)i,
			};
	}
}

static const struct row *find_row(int value)
{
	if (value >= ROW_VALUE)
		return &rows[value - ROW_VALUE];
	for (size_t i = 0; i < ROW_COUNT; i++)
		if (rows[i].letter && rows[i].letter == value)
			return &rows[i];
	return NULL;
}

static void complain_unknown(struct reading *reading, const char *word)
{
	const char *names[ROW_COUNT];
	const char *near = NULL;
	const struct row *row = optopt ? find_row(optopt) : NULL;

	if (row) {
		complain(reading, "%s takes no argument",
			 row_spelling(reading->arena, row));
		return;
	}
	if (optopt) {
		complain(reading, "unknown option -%c; see 'spile --help'",
			 optopt);
		return;
	}
	for (size_t i = 0; i < ROW_COUNT; i++)
		names[i] = rows[i].kind == ROW_GROUP ? NULL : rows[i].name;
	word = arena_strndup(reading->arena, word, strcspn(word, "="));
	near = diag_nearest(word + strspn(word, "-"), names, ROW_COUNT);
	if (near)
		complain(reading, "unknown option %s; did you mean --%s?",
			 word, near);
	else
		complain(reading, "unknown or ambiguous option %s; see "
			 "'spile --help'", word);
}

/* What stands after the options: the script, then its arguments. */
static void read_rest(struct reading *reading, int count, char **words)
{
	struct options *o = reading->options;

	if (count && o->script_kind == SCRIPT_NONE && o->list == LIST_NONE) {
		if (reading->example)
			set_script(reading, SCRIPT_EXAMPLE, words[0]);
		else if (!strcmp(words[0], "-"))
			set_script(reading, SCRIPT_STDIN, NULL);
		else
			set_script(reading, SCRIPT_FILE, words[0]);
		count--;
		words++;
	}
	o->args = (const char *const *)words;
	o->arg_count = count;
}

static void read_args(struct reading *reading, int argc, char **argv,
		      bool rc_file)
{
	struct getopt_tables tables;
	int value;

	build_tables(&tables);
	optind = 0;	/* glibc: begin anew */
	opterr = 0;
	while (!reading->failed && !reading->done) {
		int at = optind ? optind : 1;
		const struct row *row;

		value = getopt_long(argc, argv, tables.letters, tables.names,
				    NULL);
		if (value == -1)
			break;
		if (value == '?') {
			complain_unknown(reading, argv[optind - 1] ?
					 argv[optind - 1] : argv[at]);
			return;
		}
		row = find_row(value == ':' ? optopt : value);
		if (value == ':')
			complain(reading, "%s needs an argument",
				 row_spelling(reading->arena, row));
		else
			take(reading, row, optarg);
	}
	if (reading->failed || reading->done)
		return;
	if (!rc_file)
		read_rest(reading, argc - optind, argv + optind);
	else if (optind < argc)
		complain(reading, "the rc file may hold options only, "
			 "not '%s'", argv[optind]);
}

/* ---- the rc file ---- */

/* The next word, with quotes and backslashes as in a shell; NULL at the end.
 * '#' at the beginning of a word begins a comment; a backslash joins lines. */
static char *next_word(struct arena *arena, const char **at)
{
	struct buf word = { 0 };
	const char *p = *at;
	char quote = 0;

	while (isspace((unsigned char)*p) || *p == '#' ||
	       (*p == '\\' && p[1] == '\n')) {
		if (*p == '#')
			p += strcspn(p, "\n");
		else
			p++;
	}
	if (!*p)
		return NULL;
	for (; *p && (quote || !isspace((unsigned char)*p)); p++) {
		if (*p == quote)
			quote = 0;
		else if (!quote && (*p == '\'' || *p == '"'))
			quote = *p;
		else if (*p == '\\' && quote != '\'' && p[1])
			buf_putc(&word, *++p);
		else
			buf_putc(&word, *p);
	}
	*at = p;
	return buf_take(&word, arena);
}

static const char *rc_path(struct arena *arena)
{
	const char *folder = getenv("SYSTEMTAP_DIR");
	const char *home = getenv("HOME");

	if (folder && *folder)
		return arena_printf(arena, "%s/rc", folder);
	if (home && *home)
		return arena_printf(arena, "%s/.systemtap/rc", home);
	return NULL;
}

static void read_rc(struct reading *reading)
{
	const char *path = rc_path(reading->arena);
	VEC(char *) words = { 0 };
	const char *text;
	size_t size;
	char *word;

	text = path ? file_read(reading->arena, path, &size) : NULL;
	if (!text)
		return;
	*vec_push(reading->arena, &words) = arena_strdup(reading->arena,
							 "spile");
	while ((word = next_word(reading->arena, &text)))
		*vec_push(reading->arena, &words) = word;
	*vec_push(reading->arena, &words) = NULL;
	read_args(reading, (int)words.count - 1, words.items, true);
	if (reading->failed)
		fprintf(stderr, "spile: this was in %s\n", path);
}

/* ---- what does not go together ---- */

static int check(struct reading *reading)
{
	const struct options *o = reading->options;

	if (o->command && o->target_pid)
		return complain(reading, "-c and -x cannot be used together: "
				"target() is one process");
	if (o->guru && o->privilege && strcmp(o->privilege, "stapdev"))
		return complain(reading, "-g is for users of the group "
				"stapdev only: leave it out with "
				"--privilege=%s", o->privilege);
	if (o->rotate_mb && !o->output)
		return complain(reading, "-S needs -o: only files can be "
				"rotated");
	if (o->no_warnings && o->warnings_are_errors)
		return complain(reading, "-w and -W cannot be used together");
	if (reading->example && o->script_kind != SCRIPT_EXAMPLE)
		return complain(reading, "--example needs the name of one "
				"example");
	if (o->list != LIST_NONE && o->script_kind != SCRIPT_NONE)
		return complain(reading, "a listing takes no script");
	if (o->list != LIST_NONE && o->arg_count)
		return complain(reading, "a listing takes no '%s'",
				o->args[0]);
	if (o->flight_recorder && !o->output && o->bulk)
		return complain(reading, "-b needs -o with -F: what is kept "
				"in memory is not kept by processor");
	if (o->flight_recorder && o->command)
		return complain(reading, "-F and -c cannot be used together: "
				"the command would be left alone");
	if (o->script_kind == SCRIPT_NONE && o->list == LIST_NONE &&
	    (o->extra_scripts.count || !o->clean_cache))
		return complain(reading, "a script is needed%s; "
				"see 'spile --help'", o->extra_scripts.count ?
				" beside those of -E" : "");
	return 0;
}
