/*
 * The file with the debug information of the kernel or of a module: where
 * distributions, builds of a kernel and servers of debug files have it.
 *
 * Of a running kernel only the file of this very build counts. The program that
 * is handed out belongs to the caller (program_close()); texts are in the arena.
 */
#ifndef SPILE_TARGET_KERNEL_DEBUG_H
#define SPILE_TARGET_KERNEL_DEBUG_H

#include <stdbool.h>

struct arena;
struct kernel;
struct program;

struct kernel_debug_query {
	const struct kernel *kernel;
	const char *build_folder;	/* where it was built (-r), or NULL */
	const char *module;	/* its name; NULL: the kernel itself */
	const char *path;	/* of the module's file, or NULL */
	bool is_given;		/* the script says the path */
	bool ask_servers;	/* which may take long */
};

/* NULL with a sentence in @ret_reason that says what to install. */
struct program *kernel_debug_open(struct arena *arena,
				  const struct kernel_debug_query *query,
				  const char **ret_reason);

#endif
