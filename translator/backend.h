/*
 * What a backend is: from the intermediate form to something the runner loads.
 * The driver reaches backends only through backends[] (backends/registry.c).
 */
#ifndef SPILE_BACKEND_H
#define SPILE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct ir_program;

struct backend_options {
	const char *kernel_release;	/* -r, or the running kernel */
	const char *work_folder;	/* for intermediate files */
	const char *cache_folder;	/* for parts that serve again; NULL */
	const char *output;		/* path of the artefact to write */
	const char *dump;		/* "llvm" or "bpf": also print that; NULL */
	int verbose;			/* messages of tools shown */
	/* of the module backend */
	const char *build_folder;	/* -r FOLDER, or NULL */
	const char *const *make_args;	/* -B */
	size_t make_arg_count;
	const char *const *modinfo;	/* --modinfo: NAME=VALUE */
	size_t modinfo_count;
	const char *sign_key;		/* --sign-module, or NULL */
	bool is_last;			/* no other backend can do it */
};

struct backend {
	const char *name;	/* "bpf", "kernel" */
	const char *suffix;	/* ".bpf.o", ".ko" */
	/* NULL if it can do all of the program; else why not: which construct,
	 * where, and what to do (in the arena). */
	const char *(*refuses)(struct arena *arena,
			       const struct ir_program *program);
	/* Writes the artefact. NULL, or what went wrong (in the arena). */
	const char *(*emit)(struct arena *arena, struct ir_program *program,
			    const struct backend_options *options);
};

extern const struct backend *const backends[];
extern const size_t backend_count;

#endif
