/*
 * Which files a process(...) point means: from a path, a name found on PATH, a
 * wildcard, a build id, a process id or the -c and -x of the session to the
 * programs, and from those to the libraries they need.
 *
 * A fact about the machine as it is now; nothing is cached and nothing stays
 * open. All results live in the arena given. Nothing is printed: what was not
 * found is told by a sentence and, where there is one, a hint.
 */
#ifndef SPILE_TARGET_PROCESS_FILES_H
#define SPILE_TARGET_PROCESS_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "translator/base/vec.h"

struct arena;

/* What stands in the point, and what the session says. Exactly one of name and
 * pid, or neither: then the program of command or target. */
struct process_query {
	const char *name;	/* process("..."), or NULL */
	int64_t pid;		/* process(PID), or 0 */
	const char *command;	/* of -c, or NULL */
	int64_t target;		/* of -x, or 0 */
	const char *library;	/* .library("..."), or NULL */
};

struct process_file {
	/* Symbolic links resolved, as messages and pp() show it: the path that
	 * the process itself sees. */
	const char *path;
	/* What to open and to attach to: the same, or for a process in another
	 * root or a file that was deleted or replaced, a way through /proc. */
	const char *open;
	int64_t pid;		/* only in this process; 0: in all */
	/* The file behind @open. The device as the kernel numbers it in
	 * super_block.s_dev (major << 20 | minor). */
	uint32_t device;
	uint64_t inode;
	uint8_t bits;		/* 64, or 32: a program of the 32-bit ABI */
	/* A library: the program it was found for (a probe in it fires in
	 * processes that run that program only); else NULL. */
	const struct process_file *program;
};

struct process_files {
	VEC(struct process_file *) items;	/* each file once, by its
						 * path */
	/* With no items: why ("no program 'postgress' in PATH"), and what to
	 * do about it, or NULL. Fit for DIAG_probe_unknown's hint. */
	const char *reason;
	const char *hint;
};

/* Fills @ret_files; false when nothing was found. */
bool process_files_find(struct arena *arena, const struct process_query *query,
			struct process_files *ret_files);

/* The ELF file behind a path as an execve() of it would come to: symbolic
 * links and the interpreters of #! scripts resolved. NULL with a reason. */
struct process_file *process_file_open(struct arena *arena, const char *path,
				       const char **ret_reason);

/* Whether @name is a build id as process("...") takes it: hexadecimal digits,
 * an even number and at least 16. */
bool process_is_build_id(const char *name);

#endif
