/* What /proc tells about running processes: see process-live.h. */
#include "translator/target/process-live.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"

static bool same(const char *path, int64_t pid,
		 const struct file_identity *identity)
{
	struct file_identity other;

	return file_identify(path, pid, &other) &&
	       file_same(&other, identity);
}

/* ---- processes ---- */

static const char *proc_path(struct arena *arena, int64_t pid, const char *name)
{
	return arena_printf(arena, "/proc/%" PRId64 "/%s", pid, name);
}

bool live_exists(struct arena *arena, int64_t pid)
{
	return file_exists(proc_path(arena, pid, "stat"));
}

static void strip_deleted(char *path)
{
	static const char mark[] = " (deleted)";
	size_t length = strlen(path), end = sizeof(mark) - 1;

	if (length > end && strcmp(path + length - end, mark) == 0)
		path[length - end] = 0;
}

/* The shortest way to a file: its own path, the same below the root of the
 * process, else @last. */
static const char *way_to(struct arena *arena, int64_t pid,
			  const struct live_file *file, const char *last)
{
	const char *below = arena_printf(arena, "/proc/%" PRId64 "/root%s", pid,
					 file->path);

	if (same(file->path, 0, &file->identity))
		return file->path;
	if (same(below, pid, &file->identity))
		return below;
	return last;
}

struct live_file *live_program(struct arena *arena, int64_t pid)
{
	const char *exe = proc_path(arena, pid, "exe");
	struct live_file *file = arena_new(arena, struct live_file);
	char *path = arena_alloc(arena, PATH_MAX + 1);

	if (readlink(exe, path, PATH_MAX) <= 0 ||
	    !file_identify(exe, pid, &file->identity))
		return NULL;
	strip_deleted(path);
	file->path = path;
	file->open = way_to(arena, pid, file, exe);
	return file;
}

/* A line of maps: "from-to r-xp offset major:minor inode path". */
static void take_mapping(struct arena *arena, int64_t pid, char *line,
			 struct live_files *files)
{
	struct live_file file = { 0 };
	unsigned int major_part, minor_part;
	char range[64], rights[8];
	int at = 0;

	if (sscanf(line, "%63s %7s %*s %x:%x %" SCNu64 " %n", range, rights,
		   &major_part, &minor_part, &file.identity.inode, &at) < 5 ||
	    !strchr(rights, 'x') || !at || line[at] != '/')
		return;
	file.identity.device = major_part << 20 | minor_part;
	for (size_t i = 0; i < files->items.count; i++)
		if (file_same(&files->items.items[i].identity, &file.identity))
			return;
	strip_deleted(line + at);
	file.path = arena_strdup(arena, line + at);
	file.open = way_to(arena, pid, &file,
			   arena_printf(arena, "/proc/%" PRId64 "/map_files/%s",
					pid, range));
	*vec_push(arena, &files->items) = file;
}

void live_code(struct arena *arena, int64_t pid, struct live_files *ret)
{
	size_t size;
	char *text = file_read(arena, proc_path(arena, pid, "maps"), &size);
	char *rest = NULL;

	*ret = (struct live_files){ 0 };
	if (!text)
		return;
	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		take_mapping(arena, pid, line, ret);
}

struct live_file *live_at(struct arena *arena, int64_t pid, uint64_t address,
			  uint64_t *ret_offset)
{
	struct live_files found = { 0 };
	size_t size;
	char *text = file_read(arena, proc_path(arena, pid, "maps"), &size);
	char *rest = NULL;

	for (char *line = text ? strtok_r(text, "\n", &rest) : NULL;
	     line && !found.items.count; line = strtok_r(NULL, "\n", &rest)) {
		uint64_t from, to, offset;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64, &from,
			   &to, &offset) != 3 || address < from ||
		    address >= to)
			continue;
		*ret_offset = offset + (address - from);
		take_mapping(arena, pid, line, &found);
	}
	return found.items.count ? &found.items.items[0] : NULL;
}

static int compare_pids(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

void live_all(struct arena *arena, struct live_pids *ret)
{
	struct file_names names = { 0 };

	*ret = (struct live_pids){ 0 };
	file_list(arena, "/proc", &names);
	for (size_t i = 0; i < names.names.count; i++) {
		char *end;
		long pid = strtol(names.names.items[i], &end, 10);

		if (!*end && pid > 0)
			*vec_push(arena, &ret->items) = pid;
	}
	if (ret->items.count)
		qsort(ret->items.items, ret->items.count, sizeof(int64_t),
		      compare_pids);
}
