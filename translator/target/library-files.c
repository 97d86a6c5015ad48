/*
 * The libraries that a program needs: see library-files.h.
 *
 * The loader's cache is read as it lies in /etc/ld.so.cache: a head, a table
 * of (flags, name, path) and the texts. It is foreign input.
 */
#include "translator/target/library-files.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/base/map.h"
#include "translator/target/elf-facts.h"

enum { MOST_LIBRARIES = 4096 };

/* The search for the libraries of one program. */
struct search {
	struct arena *arena;
	const struct elf_facts *program;
	const char *cache;		/* the loader's, or NULL */
	size_t cache_size;
	struct map names;		/* asked for already */
	struct library_files *found;
};

/* ---- the loader's cache ---- */

struct cache_head {
	char magic[20];
	uint32_t count;
	uint32_t texts_size;
	uint32_t rest[5];
};

struct cache_row {
	int32_t flags;
	uint32_t name, path;
	uint32_t version;
	uint64_t hardware;
};

static const char cache_magic[] = "glibc-ld.so.cache1.1";

/* Older loaders have an older table before the one that counts. */
static void open_cache(struct search *search)
{
	size_t size = 0;
	const char *bytes = file_read(search->arena, "/etc/ld.so.cache", &size);

	search->cache = bytes ? memmem(bytes, size, cache_magic,
				       sizeof(cache_magic) - 1) : NULL;
	if (!search->cache)
		return;
	search->cache_size = size - (size_t)(search->cache - bytes);
	if (search->cache_size < sizeof(struct cache_head))
		search->cache = NULL;
}

/* file_read() ends its bytes with a zero, so texts in it end. */
static const char *cache_text(const struct search *search, uint32_t offset)
{
	return offset < search->cache_size ? search->cache + offset : "";
}

/* ---- candidates ---- */

/* Whether the file there is a library that the program could load. */
static struct elf_facts *fits(struct search *search, const char *path)
{
	const char *reason;
	struct elf_facts *facts;

	if (!file_exists(path))
		return NULL;
	facts = elf_facts_read(search->arena, path, &reason);
	return facts && facts->bits == search->program->bits &&
	       facts->machine == search->program->machine ? facts : NULL;
}

static const char *in_cache(struct search *search, const char *name)
{
	struct cache_head head;
	size_t room;

	if (!search->cache)
		return NULL;
	memcpy(&head, search->cache, sizeof(head));
	room = (search->cache_size - sizeof(head)) / sizeof(struct cache_row);
	for (size_t i = 0; i < head.count && i < room; i++) {
		struct cache_row row;

		memcpy(&row, search->cache + sizeof(head) + i * sizeof(row),
		       sizeof(row));
		/* rows with hardware are for some processors only */
		if (!row.hardware &&
		    strcmp(cache_text(search, row.name), name) == 0 &&
		    fits(search, cache_text(search, row.path)))
			return cache_text(search, row.path);
	}
	return NULL;
}

/* $ORIGIN and $LIB, with braces or without, in a list of folders. */
static void put_word(struct buf *out, const char **at, const char *origin,
		     uint8_t bits)
{
	static const char *const words[] = { "$ORIGIN", "${ORIGIN}", "$LIB",
					     "${LIB}" };

	for (size_t i = 0; i < 4; i++) {
		size_t length = strlen(words[i]);

		if (strncmp(*at, words[i], length))
			continue;
		buf_puts(out, i < 2 ? origin : bits == 64 ? "lib64" : "lib");
		*at += length;
		return;
	}
	buf_putc(out, *(*at)++);
}

static const char *folder_of(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? arena_strndup(arena, path, (size_t)(slash - path)) : ".";
}

/* @name in one of @folders ("a:b"), which stand in the file @owner. */
static const char *in_folders(struct search *search, const char *name,
			      const char *folders, const char *owner)
{
	const char *origin = folder_of(search->arena, owner);

	while (folders && *folders) {
		struct buf path = { 0 };
		const char *found;

		while (*folders && *folders != ':' && *folders != ';')
			put_word(&path, &folders, origin,
				 search->program->bits);
		folders += *folders != 0;
		buf_printf(&path, "%s%s", path.length ? "/" : "./", name);
		found = buf_take(&path, search->arena);
		if (fits(search, found))
			return found;
	}
	return NULL;
}

static const char *in_default_folders(struct search *search, const char *name)
{
	return in_folders(search, name, search->program->bits == 64 ?
			  "/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib" :
			  "/lib:/usr/lib:/lib32:/usr/lib32", "/");
}

/* A library that @owner asks for. DT_RPATH of the program counts for all that
 * it loads. */
static const char *locate(struct search *search, const char *name,
			  const char *owner, const struct elf_facts *facts,
			  const char *program)
{
	const char *path = NULL;

	if (strchr(name, '/'))
		return fits(search, name) ? name : NULL;
	if (!facts->runpath) {
		path = in_folders(search, name, facts->rpath, owner);
		if (!path && !search->program->runpath)
			path = in_folders(search, name, search->program->rpath,
					  program);
	}
	if (!path)
		path = in_folders(search, name, getenv("LD_LIBRARY_PATH"), "./");
	if (!path)
		path = in_folders(search, name, facts->runpath, owner);
	if (!path)
		path = in_cache(search, name);
	return path ? path : in_default_folders(search, name);
}

static void add_found(struct search *search, const char *name, const char *path)
{
	struct library_file *file;

	for (size_t i = 0; i < search->found->items.count; i++)
		if (strcmp(search->found->items.items[i].path, path) == 0)
			return;
	file = vec_push(search->arena, &search->found->items);
	file->name = name;
	file->path = path;
}

static void take_needed(struct search *search, const char *owner,
			const struct elf_facts *facts, const char *program)
{
	for (size_t i = 0; i < facts->needed.count; i++) {
		const char *name = facts->needed.items[i];
		const char *path;

		if (map_get(&search->names, name) ||
		    search->names.count >= MOST_LIBRARIES)
			continue;
		map_put(search->arena, &search->names, name, search);
		path = locate(search, name, owner, facts, program);
		if (path)
			add_found(search, name, path);
		else
			*vec_push(search->arena, &search->found->missing) = name;
	}
}

void library_files_find(struct arena *arena, const char *path,
			const struct elf_facts *facts,
			struct library_files *ret)
{
	struct search search = { .arena = arena, .program = facts,
				 .found = ret };

	*ret = (struct library_files){ 0 };
	open_cache(&search);
	take_needed(&search, path, facts, path);
	for (size_t i = 0; i < ret->items.count; i++) {
		const char *at = ret->items.items[i].path;
		struct elf_facts *its = fits(&search, at);

		if (its)
			take_needed(&search, at, its, path);
	}
	if (facts->interpreter && fits(&search, facts->interpreter) &&
	    !map_get(&search.names, file_base(facts->interpreter)))
		add_found(&search, file_base(facts->interpreter),
			  facts->interpreter);
}

const char *library_file_named(struct arena *arena, const char *name,
			       const struct elf_facts *facts)
{
	struct search search = { .arena = arena, .program = facts };
	const char *path;

	open_cache(&search);
	path = in_folders(&search, name, getenv("LD_LIBRARY_PATH"), "./");
	if (!path)
		path = in_cache(&search, name);
	return path ? path : in_default_folders(&search, name);
}
