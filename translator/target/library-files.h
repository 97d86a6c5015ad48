/*
 * The shared libraries that a program needs, found as the dynamic loader would
 * find them: DT_RPATH, LD_LIBRARY_PATH, DT_RUNPATH, the loader's cache, the
 * default folders; $ORIGIN and $LIB understood. What programs load later by
 * dlopen() is not among them; live_code() tells for a running one.
 */
#ifndef SPILE_TARGET_LIBRARY_FILES_H
#define SPILE_TARGET_LIBRARY_FILES_H

#include <stdbool.h>

#include "translator/base/vec.h"

struct arena;
struct elf_facts;

struct library_file {
	const char *name;	/* as the program asks for it: "libc.so.6" */
	const char *path;	/* where it was found, links not resolved */
};

struct library_files {
	VEC(struct library_file) items;	/* breadth first, each path once */
	VEC(const char *) missing;	/* names that were not found */
};

/* Those of the program at @path and, in turn, of its libraries; its interpreter
 * is one of them. */
void library_files_find(struct arena *arena, const char *path,
			const struct elf_facts *facts,
			struct library_files *ret);

/* One library by its name, for a program of this class and machine, as the
 * loader's cache and the default folders have it; NULL if they do not. */
const char *library_file_named(struct arena *arena, const char *name,
			       const struct elf_facts *facts);

#endif
