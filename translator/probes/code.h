/*
 * Places in code by its debug information, the same for programs and for the
 * kernel: functions and where they are inlined, labels, what is inlined into
 * a function, statements, with their variables.
 *
 * A family fills in a request and says by a struct code_kind how one place is
 * probed and how its owner is called. Everything is in the arena of the
 * request's environment; instances go to request->out.
 */
#ifndef SPILE_PROBES_CODE_H
#define SPILE_PROBES_CODE_H

#include "translator/probes/family.h"

struct code_request;
struct debug_functions;

struct code_kind {
	/* A probe of the address as the file has it, NULL if none can be
	 * there. A return probe is given where the function begins. */
	struct probe_instance *(*add)(struct code_request *r, bool is_return,
				      uint64_t address);
	/* 'process("/usr/bin/x")', 'kernel' */
	const char *(*owner)(struct code_request *r);
	/* Whether the function must not be probed as it was asked for
	 * (env->missing says why); or NULL. */
	bool (*refuses)(struct code_request *r, const char *function);
	/* In the language: where the probe stands, a place of the stack. */
	const char *here, *stack;
};

/* What a point asks for. */
struct code_request {
	const struct code_kind *kind;
	struct family_env *env;
	const struct probe_point *point;
	struct probe_instances *out;
	const void *file;	/* of the kind */
	struct user_program *user;
	const char *path;	/* for messages */
	size_t at;		/* the component "function", "statement", ... */
	const char *what;	/* its name */
	const char *pattern;	/* its text, or NULL */
	bool is_return, is_call, is_inline, is_exported, is_nearest;
	const char *label, *callee;	/* patterns, or NULL */
	int callee_depth;
	const char *jumped_to;	/* a callee that no stack shows, or NULL */
};

/* Reads the point from component r->at on. */
void code_read(struct code_request *r);

/* 'process("/x").function("f").return' */
const char *code_name(struct code_request *r, const char *what,
		      const char *name);

/* A place that is not among the probes, for @entry: where a function begins. */
struct probe_instance *code_begin(struct code_request *r, uint64_t address,
				  const char *name, const char *function);

/* Adds the functions of the pattern, whose debug information is at hand. False
 * if the pattern is malformed, which is reported. */
bool code_add_functions(struct code_request *r,
			struct debug_functions *ret_functions);
/* What there is of the name, if not what was asked of it; or NULL. */
const char *code_about(struct code_request *r,
		       const struct debug_functions *functions);
/* A function of this name in another file or at other lines; or NULL. */
const char *code_elsewhere(struct code_request *r);

/* Adds the statements of the pattern or at the address that the point gives;
 * what is missing is said in the environment. */
void code_add_statements(struct code_request *r);

#endif
