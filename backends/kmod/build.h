/*
 * Making a module: what kbuild.c, make.c and parts.c share.
 *
 * The runtime is compiled once for a kernel and a compiler and kept with the
 * commands that the kernel's build uses; most scripts are then one compilation
 * and two links with these commands, without make. What those cannot do (a
 * kernel whose build goes another way, embedded C that needs more of the
 * kernel's symbols), make does.
 */
#ifndef SPILE_BACKENDS_KMOD_BUILD_H
#define SPILE_BACKENDS_KMOD_BUILD_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct backend_options;

struct build {
	struct arena *arena;
	const struct backend_options *options;
	const char *kernel;	/* folder of the kernel's build */
	const char *root;	/* of our sources */
	const char *folder;	/* where we work; an absolute path */
	const char *name;	/* of the module */
	bool embedded;		/* has C that may need any symbol */
	const char *kept;	/* where parts are kept, or NULL */
};

/* ---- kbuild.c: the runtime's sources and what they become ---- */
extern const char *const build_sources[];
extern const size_t build_source_count;
const char *build_object(struct build *build, size_t source);
/* NULL, or what went wrong (in the arena). */
const char *build_copy(struct build *build, const char *from, const char *to);

/* ---- make.c: NULL, or what went wrong, with the tool's words ---- */
/* Makes the module @name in @folder, whose main_script.c and objects or sources
 * of the runtime are there. @tell: with the commands in @folder/build.log. */
const char *make_module(struct build *build, const char *folder,
			const char *name, bool tell);
/* Runs a text of commands with the shell. */
const char *make_commands(struct build *build, const char *commands);

/* ---- explain.c: why it did not build, from what the tools said ---- */
const char *explain_log(struct build *build, const char *log);

/* ---- tools.c: what has to be installed ---- */
/* What to install where there are no headers of the kernel. */
const char *tools_no_headers(struct build *build);
/* The path of the compiler that the kernel was built with; NULL if that is not
 * known or not there. */
const char *tools_compiler(struct build *build);
/* NULL, or which of make and compiler is missing, or that the headers do not
 * fit. */
const char *tools_missing(struct build *build);

/* ---- parts.c ---- */
/* Where this build's parts are kept; NULL without a cache. */
const char *parts_folder(struct build *build);
/* Makes them if they are not there. */
const char *parts_make(struct build *build);
/* The script's module by the kept commands. */
const char *parts_module(struct build *build);
/* Puts the kept objects where make takes them as they are. */
const char *parts_ship(struct build *build);

#endif
