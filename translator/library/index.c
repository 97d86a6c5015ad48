/* Names of tapset files, from when spile was built: see index.h. */
#include "translator/library/index.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/base/map.h"
#include "translator/syntax/parse.h"

/* ---- reading ---- */

struct entry {
	const char *names;
	intmax_t size;
};

struct library_index {
	struct timespec made;
	struct map files;	/* by name below the folder: struct entry */
};

/* The line at @at, its end made NUL; the next one, or NULL. */
static char *cut_line(char *at)
{
	char *end = strchr(at, '\n');

	if (!end)
		return NULL;
	*end = '\0';
	return end + 1;
}

/* The line "FILE SIZE" becomes the name; names of the file follow. */
static void add_entry(struct arena *arena, struct library_index *index,
		      char *line, const char *names)
{
	struct entry *entry = arena_new(arena, struct entry);
	char *space = strrchr(line, ' ');

	if (!space)
		return;
	*space = '\0';
	entry->names = names;
	entry->size = strtoimax(space + 1, NULL, 10);
	map_put(arena, &index->files, line, entry);
}

/* The '=' of a file's line becomes the empty text behind the names of the one
 * before; that behind the last is the end of all. */
static void read_lines(struct arena *arena, struct library_index *index,
		       char *at)
{
	char *next;

	for (; (next = cut_line(at)); at = next) {
		if (*at != '=')
			continue;
		*at = '\0';
		add_entry(arena, index, at + 1, next);
	}
	*at = '\0';
}

struct library_index *index_read(struct arena *arena, const char *folder)
{
	const char *path = arena_printf(arena, "%s.index", folder);
	struct library_index *index = arena_new(arena, struct library_index);
	struct stat status;
	size_t size;
	char *text;

	if (stat(path, &status) || !S_ISREG(status.st_mode))
		return NULL;
	text = file_read(arena, path, &size);
	if (!text || strlen(text) != size)
		return NULL;
	index->made = status.st_mtim;
	read_lines(arena, index, text);
	return index;
}

static bool is_later(const struct timespec *a, const struct timespec *b)
{
	if (a->tv_sec != b->tv_sec)
		return a->tv_sec > b->tv_sec;
	return a->tv_nsec > b->tv_nsec;
}

const char *index_names(const struct library_index *index, const char *below,
			const char *path)
{
	const struct entry *entry = index ? map_get(&index->files, below) :
					    NULL;
	struct stat status;

	if (!entry || stat(path, &status) || status.st_size != entry->size ||
	    is_later(&status.st_mtim, &index->made))
		return NULL;
	return entry->names;
}

/* ---- making ---- */

struct noting {
	struct arena *arena;
	struct buf *out;
	struct map seen;
};

static void note_name(void *context, char kind, const char *name)
{
	struct noting *noting = context;
	const char *line = arena_printf(noting->arena, "%c:%s", kind, name);

	if (map_get(&noting->seen, line))
		return;
	map_put(noting->arena, &noting->seen, line, noting);
	buf_printf(noting->out, "%s\n", line);
}

static void note_file(struct arena *arena, const char *folder,
		      const char *below, struct buf *out)
{
	const char *path = arena_printf(arena, "%s/%s", folder, below);
	struct noting noting = { .arena = arena, .out = out };
	size_t size;
	char *text = file_read(arena, path, &size);

	if (!text)
		return;
	buf_printf(out, "=%s %zu\n", below, size);
	scan_names(arena, source_create(arena, path, text, size, true),
		   note_name, &noting);
}

/* The files in the folder, and in those @below it. */
static int note_folder(struct arena *arena, const char *folder,
		       const char *below, struct buf *out)
{
	struct file_names files;

	if (file_list(arena, arena_printf(arena, "%s/%s", folder, below),
		      &files) < 0)
		return -1;
	for (size_t i = 0; i < files.names.count; i++) {
		const char *name = arena_printf(arena, "%s%s", below,
						files.names.items[i]);
		size_t length = strlen(name);

		if (length > 4 && !strcmp(name + length - 4, ".stp"))
			note_file(arena, folder, name, out);
		else if (!*below &&
			 file_is_folder(arena_printf(arena, "%s/%s", folder,
						     name)))
			note_folder(arena, folder,
				    arena_printf(arena, "%s/", name), out);
	}
	return 0;
}

int index_make(struct arena *arena, const char *folder, struct buf *out)
{
	return note_folder(arena, folder, "", out);
}
