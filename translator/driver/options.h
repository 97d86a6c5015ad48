/*
 * The command line, read into one struct.
 *
 * options.def has a row for every option; parser and help are made from it.
 * All texts live in the arena or in argv, so both must outlive the options.
 * Nothing here ends the process: what is wrong is told on standard error and
 * the caller gets the exit status.
 */
#ifndef SPILE_DRIVER_OPTIONS_H
#define SPILE_DRIVER_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "translator/base/vec.h"

struct arena;

enum script_kind {
	SCRIPT_NONE,		/* only -l, -L, --dump-*, --clean-cache */
	SCRIPT_FILE,		/* script is a path */
	SCRIPT_STDIN,		/* "-" */
	SCRIPT_TEXT,		/* -e: script is the text itself */
	SCRIPT_EXAMPLE,		/* --example: script is the name */
};

enum list_kind {
	LIST_NONE,
	LIST_POINTS,		/* -l PATTERN */
	LIST_VARIABLES,		/* -L PATTERN */
	LIST_TYPES,		/* --dump-probe-types */
	LIST_ALIASES,		/* --dump-probe-aliases */
	LIST_FUNCTIONS,		/* --dump-functions */
};

enum runtime_choice { RUNTIME_AUTO, RUNTIME_BPF, RUNTIME_KERNEL };

enum color_when { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

enum cache_use { CACHE_USE, CACHE_WRITE_ONLY, CACHE_OFF };

enum dump_form {
	DUMP_NONE,
	DUMP_AST,
	DUMP_SEMA,
	DUMP_IR,
	DUMP_LLVM,
	DUMP_BPF,
};

enum rlimit_kind {
	RLIMIT_OF_AS,
	RLIMIT_OF_CPU,
	RLIMIT_OF_NPROC,
	RLIMIT_OF_STACK,
	RLIMIT_OF_FSIZE,
	RLIMIT_OF_COUNT
};

/* NAME=VALUE; a -D without "=" has the value "1". */
struct setting {
	const char *name;
	const char *value;
};

#define OPTIONS_PASSES 5

/* One field an option: the struct is long because the command line is. */
struct options {
	/* the script and what it is compiled with */
	enum script_kind script_kind;
	const char *script;
	VEC(const char *) extra_scripts;	/* -E */
	VEC(const char *) include_folders;	/* -I, in order */
	VEC(struct setting) limits;		/* -D */
	VEC(const char *) objects;		/* -d */
	VEC(struct setting) globals;		/* -G */
	const char *const *args;		/* $1 ... */
	int arg_count;
	bool guru;				/* -g */
	const char *privilege;			/* a word, or NULL */
	bool unoptimized;			/* -u */
	bool past_prologue;			/* -P */
	bool skip_badvars;
	bool suppress_handler_errors;
	const char *compatible;			/* NULL: the newest */
	const char *module_name;		/* -m, NULL: none given */
	const char *release;			/* -r, NULL: the running one */
	const char *arch;			/* -a, NULL: this machine */
	const char *build_folder;		/* -r FOLDER, or NULL */
	VEC(const char *) kbuild_args;		/* -B */
	VEC(const char *) modinfo;		/* --modinfo */
	const char *sign_key;			/* --sign-module, NULL: none */
	enum runtime_choice runtime;

	/* how far, and what to show */
	int last_pass;				/* 1 ... 5 */
	enum list_kind list;
	const char *list_pattern;		/* of -l and -L */
	enum dump_form dump;
	int verbosity[OPTIONS_PASSES];		/* [0] is pass 1 */
	bool timing;				/* -t */
	bool no_warnings;			/* -w */
	bool warnings_are_errors;		/* -W */
	bool no_autoprint;			/* --no-global-var-display */
	enum color_when color;

	/* the session */
	const char *command;			/* -c */
	int target_pid;				/* -x, 0: none */
	int namespaces_pid;			/* --target-namespaces, 0: none */
	int timeout;				/* -T seconds, 0: none */
	bool flight_recorder;			/* -F */
	bool bulk;				/* -b */
	int buffer_mb;				/* -s, 0: spilerun decides */
	const char *output;			/* -o */
	int rotate_mb;				/* -S, 0: never */
	int rotate_files;			/* -S size,N; 0: keep all */
	int monitor;				/* --monitor seconds, 0: off */

	/* the process */
	enum cache_use cache;
	bool clean_cache;
	bool keep_temporary;			/* -k */
	const char *tmpdir;			/* NULL: $TMPDIR or /tmp */
	long long rlimits[RLIMIT_OF_COUNT];	/* 0: leave as it is */
};

/*
 * Reads the rc file ($SYSTEMTAP_DIR/rc, else ~/.systemtap/rc), then argv.
 * Returns 0 to go on with *ret; otherwise the work is done (help was shown,
 * or an error told) and *ret_status is the exit status. argv is permuted.
 */
int options_parse(struct arena *arena, int argc, char **argv,
		  struct options *ret, int *ret_status);

/* The text of --help. */
void options_help(FILE *out);

#endif
