/*
 * A probe family: what a kind of probe point means ("kernel.trace(...)").
 *
 * A family matches the components of a point and resolves it to any number of
 * instances: which row of attach.def runs the handler, with which parameters,
 * and which $variables the handler sees. A new family is one file with a
 * struct family and one row in families.def.
 */
#ifndef SPILE_PROBES_FAMILY_H
#define SPILE_PROBES_FAMILY_H

#include <stdbool.h>

#include "translator/base/vec.h"
#include "translator/syntax/ast.h"

struct arena;
struct diag;
struct ctype;
struct debug_function;
struct btf_types;
struct kernel;
struct kernel_symbols;
struct tracepoints;
struct family_env;
struct location;
struct location_expr;
struct program_thread_cell;
struct probe_context;
struct user_program;

/* A $variable of a probe. */
struct context_var {
	const char *name;	/* with its $ */
	const char *number;	/* another name, "$arg1", or NULL */
	struct ctype *type;	/* of the argument; NULL: a plain number */
	int arg;		/* raw argument number */
	/* What it stands for instead, in the language, or NULL. */
	const char *expression;
	/* Or a file of the machine that the script runs on: its inode (arg 0)
	 * or the device of its super block (1). */
	const char *file;
	/* A function of the library that takes a value assigned to it, and
	 * gives it back; or NULL: what is assigned goes to its memory. */
	const char *setter;
	bool is_hidden;		/* for such expressions and prologues only */
	/* Where it is instead, in probes of code: kind NONE tells why not. */
	const struct location *location;
	bool is_local;		/* no parameter: for $$locals */
	bool at_entry;		/* of a return probe: its value on entry */
	/* Of another program than the probe's: where; else NULL. */
	const struct probe_context *elsewhere;
};

struct probe_instance;

/* What a handler can see beyond globals: $vars, $$name, ... */
struct probe_context {
	VEC(struct context_var) vars;
	/* Adds the variables when they are first asked for, or NULL. */
	void (*load_vars)(struct family_env *env,
			  struct probe_context *context);
	const void *load_with;
	/* Adds those that are costly to learn, when one is asked for that is
	 * not among the others; or NULL. Why there are none: lacks. */
	void (*load_more)(struct family_env *env,
			  struct probe_context *context);
	const char *lacks;
	const char *name;	/* $$name, or NULL */
	const char *system;	/* $$system, or NULL */
	const char *provider;	/* $$provider, or NULL */
	/* Probes of code: registers may be read. */
	bool has_registers;
	bool user;		/* of a program, not of the kernel */
	uint64_t address;	/* of the probe, in the program's file */
	/* From the thread pointer to the program's thread-local block. */
	int64_t tls_at;
	bool has_tls;
	/* Or, in a library: what leads to the block; else NULL. */
	const struct program_thread_cell *tls_cell;
	/* Not where the probe stands but a program of this path, which the
	 * current task has to run, or a library, which it has to have loaded;
	 * the first of its code is at @code, in the file at @code_offset. */
	const char *running;
	bool is_library;
	uint64_t code, code_offset;
	/* The program, for @var and @cast without one, and the function in it;
	 * or NULL. */
	struct user_program *user_program;
	const struct debug_function *function;
	/* Where the caller's stack ended, if not simply where it does at hand
	 * (before the call pushed anything); or NULL. */
	const struct location_expr *call_frame;
	bool reads_value;	/* $value may be read (procfs write, input) */
	bool writes_value;	/* $value may be assigned (procfs read) */
	/* A return probe: where it was entered, for @entry; or NULL. A call is
	 * told from others by the thread and, with registers, its stack. */
	const struct probe_instance *entry;
	/* Whether this is where a call begins, so that registers are as they
	 * were then. Else where it began, once find_begin was asked for it (or
	 * NULL), and call_frame tells calls apart. */
	bool at_begin;
	const struct probe_instance *begin;
	void (*find_begin)(struct probe_context *context);
	const void *find_with;
};

struct probe_pair {
	const char *key, *value;
};

struct probe_instance {
	const char *name;	/* as pp() shows it */
	const char *kind;	/* row of attach.def; NULL: never runs */
	VEC(struct probe_pair) pairs;
	struct probe_context *context;
	/* Statements in the language that go before the handler and its
	 * aliases ("if (pid() != 7) next"), or NULL. Tests without effect at
	 * their begin cost a hit that fails them next to nothing. */
	const char *prologue;
};

/* What families may ask of the machine and the session. */
struct family_env {
	struct arena *arena;
	struct diag *diag;
	struct kernel *kernel;
	const char *build_folder;	/* of the kernel (-r), or NULL */
	const char *command;	/* of -c, or NULL */
	int64_t target;		/* of -x, or 0 */
	bool leaves_object;	/* which may get another target where it runs */
	bool guru;		/* -g */
	bool past_prologue;	/* -P */
	int64_t owner;		/* whose processes are probed, or -1: all */
	bool any_caller;	/* -DSTAP_CALLEE_MATCHALL */
	int64_t answer_most;	/* -DSTP_PROCFS_BUFSIZE, bytes, or 0 */
	/* Kernel types and tracepoints, opened on first use; NULL and a reason
	 * reported by the caller when the kernel has none. */
	struct btf_types *(*btf)(struct family_env *env);
	struct tracepoints *(*tracepoints)(struct family_env *env);
	/* Functions of the kernel; never NULL. */
	struct kernel_symbols *(*symbols)(struct family_env *env);
	VEC(const char *) counters;	/* names of perf counters, by number */
	struct btf_types *btf_cache;
	struct tracepoints *tracepoints_cache;
	struct user_program *programs;	/* programs.h */
	struct kernel_symbols *symbols_cache;
	/* For the cache: files that the result depends on; whether it depends
	 * on more than can be told by files. */
	VEC(const char *) files;
	bool uncached;
	const char *reason;	/* why btf() or tracepoints() gave NULL */
	/* Set by resolve when nothing matched: what was looked for, for the
	 * error and its hint (either may stay NULL). */
	const char *missing;
	const char *hint;
};

struct probe_instances {
	VEC(struct probe_instance *) items;
};

struct family {
	const char *name;
	/* The points that it knows, for help and "did you mean":
	 * "timer.ms(number)" one a line, ended by NULL. */
	const char *const *forms;
	/* Whether the point's components are of this family at all. */
	bool (*matches)(const struct probe_point *point);
	/* Adds the instances of the point. Nothing added: not found, reported
	 * by the caller unless the point is optional. A point that is wrong in
	 * itself (bad number) is reported here. Returns false then. */
	bool (*resolve)(struct family_env *env,
			const struct probe_point *point,
			struct probe_instances *out);
};

extern const struct family *const families[];
extern const size_t family_count;

/* ---- helpers for families ---- */

/* Whether the components are exactly these names ("timer", "ms"); a name that
 * ends in "()" stands for a component with an argument. */
bool point_is(const struct probe_point *point, const char *const *names,
	      size_t count);
/* The numeric (or text) argument of component @i; false or NULL without. */
bool point_number(const struct probe_point *point, size_t i, int64_t *ret);
const char *point_text(const struct probe_point *point, size_t i);
/* A copy of a point with wildcards, with the words that they stand for in place of
 * the first components; "**" at its end is all of them from there. */
const struct probe_point *point_spelled(struct family_env *env,
					const struct probe_point *point,
					const char *const *words, size_t count);
/* A new instance named like the point itself. */
struct probe_instance *instance_add(struct family_env *env,
				    struct probe_instances *out,
				    const struct probe_point *point,
				    const char *kind);
/* A variable of that name ('$' in front); @arg: see struct context_var. */
struct context_var *context_add(struct family_env *env,
				struct probe_context *context,
				const char *name, int arg);
void instance_pair(struct family_env *env, struct probe_instance *instance,
		   const char *key, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

#endif
