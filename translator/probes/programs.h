/*
 * Programs and libraries that a script's points and expressions name: each is
 * opened once a compilation, its debug information when first asked for.
 */
#ifndef SPILE_PROBES_PROGRAMS_H
#define SPILE_PROBES_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

struct ctype;
struct debug;
struct debug_function;
struct family_env;
struct location_expr;
struct probe_context;
struct program;

struct user_program {
	struct user_program *next;
	const char *path;	/* that was opened */
	int is_kernel;		/* the kernel, or the module: */
	const char *module;
	bool asked_servers;
	struct program *program;
	struct debug *debug;	/* NULL: none, or not yet asked for */
	int is_warned;		/* of exceptions that pass return probes */
	const char *reason;	/* why there is no debug information */
};

/* The program at a path; NULL with a reason. */
struct user_program *programs_open(struct family_env *env, const char *path,
				   const char **ret_reason);
/* The kernel (@module NULL) or a module, by its name or path, with its debug
 * information, from servers too if it is much wanted; NULL with a reason. */
struct user_program *programs_open_kernel(struct family_env *env,
					  const char *module, bool is_wanted,
					  const char **ret_reason);
/* Its debug information; NULL: user->reason says why. */
struct debug *programs_debug(struct user_program *user);
/* Where its variables are read from any probe, whose current task has to run it
 * or, if it is a library, have it loaded: a context without $variables. Those of
 * the kernel are always there. NULL if it has no code. */
const struct probe_context *programs_running(struct family_env *env,
					     struct user_program *user);
/* Ends all of them. */
void programs_close(struct family_env *env);

/*
 * The $variables of a context at an address in a function, of which at most one
 * is needed: loaded when they are first asked for. @is_return: those of a
 * return probe, $return and the parameters as they were on entry.
 */
void programs_variables(struct family_env *env, struct probe_context *context,
			struct user_program *user,
			const struct debug_function *function,
			uint64_t address, int is_return);

#endif
