/* The command line: what is read, what is refused. */
#include "translator/driver/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "translator/base/arena.h"

#define MAX_WORDS 16

struct fixture {
	struct arena *arena;
	struct options options;
	int status;
	char said[8192];	/* standard output and error of the parser */
};

/* Parses words that end with NULL; 0 when the program would go on. */
static int parse(struct fixture *f, const char *const *words)
{
	char **argv = arena_array(f->arena, char *, MAX_WORDS + 2);
	FILE *file = tmpfile();
	int saved_out = dup(1), saved_err = dup(2);
	int argc = 1, result;
	size_t size;

	argv[0] = arena_strdup(f->arena, "spile");
	for (; words[argc - 1]; argc++)
		argv[argc] = arena_strdup(f->arena, words[argc - 1]);
	fflush(NULL);
	dup2(fileno(file), 1);
	dup2(fileno(file), 2);
	result = options_parse(f->arena, argc, argv, &f->options, &f->status);
	fflush(NULL);
	dup2(saved_out, 1);
	dup2(saved_err, 2);
	close(saved_out);
	close(saved_err);
	rewind(file);
	size = fread(f->said, 1, sizeof(f->said) - 1, file);
	f->said[size] = '\0';
	fclose(file);
	return result;
}

#define PARSE(f, ...) parse(f, (const char *const[]){ __VA_ARGS__, NULL })

#define REFUSED(f, message, ...) \
	do { \
		assert_int_equal(PARSE(f, __VA_ARGS__), 1); \
		assert_int_equal((f)->status, 1); \
		assert_string_equal((f)->said, "spile: " message "\n"); \
	} while (0)

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	setenv("SYSTEMTAP_DIR", "/nonexistent", 1);
	f->arena = arena_create();
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	arena_free(f->arena);
	free(f);
	return 0;
}

static void test_script_and_arguments(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(PARSE(f, "-v", "x.stp", "one", "-T", "5", "two"), 0);
	assert_int_equal(f->options.script_kind, SCRIPT_FILE);
	assert_string_equal(f->options.script, "x.stp");
	assert_int_equal(f->options.arg_count, 2);
	assert_string_equal(f->options.args[0], "one");
	assert_string_equal(f->options.args[1], "two");
	assert_int_equal(f->options.timeout, 5);
	assert_int_equal(f->options.last_pass, 5);
}

static void test_text_takes_all_words_as_arguments(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(PARSE(f, "-e", "probe begin {}", "--", "-x"), 0);
	assert_int_equal(f->options.script_kind, SCRIPT_TEXT);
	assert_int_equal(f->options.arg_count, 1);
	assert_string_equal(f->options.args[0], "-x");
}

static void test_standard_input(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(PARSE(f, "-"), 0);
	assert_int_equal(f->options.script_kind, SCRIPT_STDIN);
}

static void test_lists_keep_their_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(PARSE(f, "-I", "a", "-I", "b", "-DMAXACTION=5",
			       "-DX", "-G", "g=a=b", "-E", "probe end {}",
			       "s.stp"), 0);
	assert_int_equal(f->options.include_folders.count, 2);
	assert_string_equal(f->options.include_folders.items[1], "b");
	assert_string_equal(f->options.limits.items[0].name, "MAXACTION");
	assert_string_equal(f->options.limits.items[0].value, "5");
	assert_string_equal(f->options.limits.items[1].value, "1");
	assert_string_equal(f->options.globals.items[0].name, "g");
	assert_string_equal(f->options.globals.items[0].value, "a=b");
	assert_int_equal(f->options.extra_scripts.count, 1);
}

static void test_verbosity(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(PARSE(f, "-vv", "--vp", "01002", "x"), 0);
	assert_int_equal(f->options.verbosity[0], 2);
	assert_int_equal(f->options.verbosity[1], 3);
	assert_int_equal(f->options.verbosity[4], 4);
}

static void test_words(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(PARSE(f, "--runtime=kernel", "--color=never",
			       "--dump=ir", "--disable-cache", "--monitor",
			       "--rlimit-cpu=7", "x"), 0);
	assert_int_equal(f->options.runtime, RUNTIME_KERNEL);
	assert_int_equal(f->options.color, COLOR_NEVER);
	assert_int_equal(f->options.dump, DUMP_IR);
	assert_int_equal(f->options.cache, CACHE_OFF);
	assert_int_equal(f->options.monitor, 1);
	assert_int_equal(f->options.rlimits[RLIMIT_OF_CPU], 7);
}

static void test_output(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(PARSE(f, "-o", "out", "-S", "10,3", "-s", "4", "-m",
			       "name.ko", "x"), 0);
	assert_int_equal(f->options.rotate_mb, 10);
	assert_int_equal(f->options.rotate_files, 3);
	assert_int_equal(f->options.buffer_mb, 4);
	assert_string_equal(f->options.module_name, "name");
}

static void test_listing_needs_no_script(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(PARSE(f, "-L", "timer.*"), 0);
	assert_int_equal(f->options.list, LIST_VARIABLES);
	assert_string_equal(f->options.list_pattern, "timer.*");
	assert_int_equal(PARSE(f, "--dump-functions"), 0);
	assert_int_equal(f->options.list, LIST_FUNCTIONS);
	REFUSED(f, "a listing takes no 'x.stp'", "-l", "p", "x.stp");
}

static void test_help_and_version(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(PARSE(f, "--help"), 1);
	assert_int_equal(f->status, 0);
	assert_non_null(strstr(f->said, "--runtime=NAME"));
	assert_int_equal(PARSE(f, "-V"), 1);
	assert_int_equal(f->status, 0);
	assert_memory_equal(f->said, "spile ", 6);
}

static void test_conflicts(void **state)
{
	struct fixture *f = *state;

	REFUSED(f, "-c and -x cannot be used together: target() is one process",
		"-c", "true", "-x", "1", "x.stp");
	REFUSED(f, "only one script can be run; add others with -E",
		"-e", "a", "-e", "b");
	REFUSED(f, "-S needs -o: only files can be rotated", "-S", "1", "x");
	REFUSED(f, "a script is needed; see 'spile --help'", "-v");
}

static void test_bad_values(void **state)
{
	struct fixture *f = *state;

	REFUSED(f, "-p needs a number from 1 to 5, not '6'", "-p6", "x");
	REFUSED(f, "-T needs a number from 1 to 2147483647, not 'soon'",
		"-T", "soon", "x");
	REFUSED(f, "-G needs NAME=VALUE, not 'x'", "-G", "x", "y");
	REFUSED(f, "--runtime knows auto, bpf, kernel, not 'bsd'",
		"--runtime=bsd", "x");
	REFUSED(f, "-o needs an argument", "x", "-o");
	REFUSED(f, "-m needs a name of letters, digits and '_', at most 55 "
		"of them, not 'a-b'", "-m", "a-b", "x");
}

static void test_unknown(void **state)
{
	struct fixture *f = *state;

	REFUSED(f, "unknown option -z; see 'spile --help'", "-z", "x");
	REFUSED(f, "unknown option --dumpp; did you mean --dump?", "--dumpp=ir",
		"x");
	REFUSED(f, "--bpf takes no argument", "--bpf=1", "x");
}

static void test_later(void **state)
{
	struct fixture *f = *state;

	REFUSED(f, "--interactive is not supported yet: there is no dialogue; "
		"give a script or -e", "-i");
	assert_int_equal(PARSE(f, "--remote=ssh://x", "x"), 1);
	assert_int_equal(f->status, 1);
	assert_memory_equal(f->said, "spile: --remote is not supported yet: ",
			    38);
}

static void test_rc_file(void **state)
{
	struct fixture *f = *state;
	char folder[] = "/tmp/spile-rc-XXXXXX";
	char *path;
	FILE *rc;

	assert_non_null(mkdtemp(folder));
	path = arena_printf(f->arena, "%s/rc", folder);
	rc = fopen(path, "w");
	assert_non_null(rc);
	fputs("# a comment\n-v --tmpdir='/a b' \\\n", rc);
	fputs("-s 7\n", rc);
	fclose(rc);
	setenv("SYSTEMTAP_DIR", folder, 1);
	assert_int_equal(PARSE(f, "-s", "8", "x"), 0);
	assert_int_equal(f->options.verbosity[0], 1);
	assert_string_equal(f->options.tmpdir, "/a b");
	assert_int_equal(f->options.buffer_mb, 8);
	rc = fopen(path, "w");
	assert_non_null(rc);
	fputs("script.stp\n", rc);
	fclose(rc);
	assert_int_equal(PARSE(f, "x"), 1);
	assert_non_null(strstr(f->said, "may hold options only"));
	unlink(path);
	rmdir(folder);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_script_and_arguments),
		TEST(test_text_takes_all_words_as_arguments),
		TEST(test_standard_input),
		TEST(test_lists_keep_their_order),
		TEST(test_verbosity),
		TEST(test_words),
		TEST(test_output),
		TEST(test_listing_needs_no_script),
		TEST(test_help_and_version),
		TEST(test_conflicts),
		TEST(test_bad_values),
		TEST(test_unknown),
		TEST(test_later),
		TEST(test_rc_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
