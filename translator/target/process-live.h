/*
 * What /proc tells about running processes.
 *
 * Everything is a moment's truth; nothing stays open.
 */
#ifndef SPILE_TARGET_PROCESS_LIVE_H
#define SPILE_TARGET_PROCESS_LIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/common/identity.h"
#include "translator/base/vec.h"

struct arena;

/* A file that a process runs or maps. */
struct live_file {
	const char *path;	/* as the process sees it */
	const char *open;	/* a way to it from here */
	struct file_identity identity;
};

struct live_files {
	VEC(struct live_file) items;
};

struct live_pids {
	VEC(int64_t) items;
};

/* Whether there is such a process. */
bool live_exists(struct arena *arena, int64_t pid);
/* The program that a process runs, also when the file was deleted or replaced
 * since. NULL when it has ended or is a thread of the kernel. */
struct live_file *live_program(struct arena *arena, int64_t pid);
/* All files of which it maps a part as code, in the order of their addresses,
 * each once. */
void live_code(struct arena *arena, int64_t pid, struct live_files *ret);
/* The file that it has mapped at an address as code, and where in the file the
 * address lies; NULL if there is none. */
struct live_file *live_at(struct arena *arena, int64_t pid, uint64_t address,
			  uint64_t *ret_offset);
/* All processes, in the order of their numbers. */
void live_all(struct arena *arena, struct live_pids *ret);

#endif
