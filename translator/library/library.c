/* Path, index and parsing on need. */
#include "translator/library/library.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/file.h"
#include "translator/base/map.h"
#include "translator/base/vec.h"
#include "translator/diag/diag.h"
#include "translator/diag/source.h"
#include "translator/library/index.h"

struct library_file {
	const char *path;
	const char *offered;		/* by its index, or NULL */
	const struct source *source;	/* read, or NULL */
	struct ast_file *tree;		/* parsed, or NULL */
	bool tried;			/* parsed or failed to */
};

/* Files that offer one name. */
struct offers {
	VEC(struct library_file *) files;
};

struct name_list {
	VEC(const char *) items;
};

struct library {
	struct arena *arena;
	struct parser *parser;
	VEC(struct library_file *) files;
	VEC(const char *) macro_files;
	struct map tails;	/* files taken, by folder and name */
	struct map index;	/* "f:name" -> struct offers */
	struct name_list names[4];	/* by kind */
	bool indexed;
	bool macros_read;
};

static const char kinds[] = "fagm";

struct library *library_create(struct arena *arena, struct parser *parser)
{
	struct library *library = arena_new(arena, struct library);

	library->arena = arena;
	library->parser = parser;
	return library;
}

static bool ends_with(const char *name, const char *suffix)
{
	size_t n = strlen(name);
	size_t m = strlen(suffix);

	return n > m && strcmp(name + n - m, suffix) == 0;
}

/* @below: the variant (or subject) under @root. Of the variants of a file in one
 * folder the first counts. */
static void add_files(struct library *library, const char *root,
		      const char *below, bool variants,
		      const struct library_index *index)
{
	const char *folder = below[0] ? arena_printf(library->arena, "%s/%s",
						     root, below) : root;
	struct file_names list;

	if (file_list(library->arena, folder, &list) < 0)
		return;
	for (size_t i = 0; i < list.names.count; i++) {
		const char *name = list.names.items[i];
		char *tail = arena_printf(library->arena, "%s/%s/%s", root,
					  variants ? "" : below, name);
		char *path = arena_printf(library->arena, "%s/%s", folder,
					  name);

		if (!ends_with(name, ".stp") && !ends_with(name, ".stpm"))
			continue;
		if (map_get(&library->tails, tail))
			continue;
		map_put(library->arena, &library->tails, tail, tail);
		if (ends_with(name, ".stpm")) {
			*vec_push(library->arena, &library->macro_files) = path;
		} else {
			struct library_file *file =
				arena_new(library->arena, struct library_file);

			file->path = path;
			file->offered = index_names(
				index, path + strlen(root) + 1, path);
			*vec_push(library->arena, &library->files) = file;
		}
	}
}

static void add_subjects(struct library *library, const char *root,
			 const struct library_index *index)
{
	struct file_names list;

	if (file_list(library->arena, root, &list) < 0)
		return;
	for (size_t i = 0; i < list.names.count; i++)
		if (file_is_folder(arena_printf(library->arena, "%s/%s", root,
						list.names.items[i])))
			add_files(library, root, list.names.items[i], false,
				  index);
}

void library_add(struct library *library, const char *folder, bool own)
{
	const struct syntax_facts *facts = library->parser->facts;
	const char *runtimes[] = { facts->runtime, "linux", "" };
	const char *releases[] = { facts->kernel_release, "" };
	const char *archs[] = { facts->arch, "" };

	for (size_t i = 0; i < 3 && !own; i++)
		for (size_t j = 0; j < 2; j++)
			for (size_t k = 0; k < 2; k++) {
				struct buf below = { 0 };
				const char *parts[] = { runtimes[i],
							releases[j], archs[k] };

				for (size_t p = 0; p < 3; p++)
					if (parts[p] && parts[p][0])
						buf_printf(&below, "%s%s",
							   below.length ? "/" :
									  "",
							   parts[p]);
				add_files(library, folder, buf_text(&below),
					  true, NULL);
				buf_free(&below);
			}
	if (own) {
		const struct library_index *index =
			index_read(library->arena, folder);

		add_files(library, folder, "", false, index);
		add_subjects(library, folder, index);
	}
}

static const struct source *read_source(struct library *library,
					const char *path)
{
	size_t size;
	char *text = file_read(library->arena, path, &size);

	return text ? source_create(library->arena, path, text, size, true) :
		      NULL;
}

/* @MAXSTRINGLEN is what -D says, whatever a file defines. */
static void define_text_size(struct library *library)
{
	struct arena *arena = library->parser->arena;
	const char *size = library->parser->facts->text_size;
	const char *text;

	if (!size || size[strspn(size, "0123456789")])
		return;
	text = arena_printf(arena, "@define MAXSTRINGLEN %%( %s %%)\n", size);
	parse_macros(library->parser, source_create(arena, "<options>", text,
						    strlen(text), true));
}

void library_macros(struct library *library)
{
	if (library->macros_read)
		return;
	library->macros_read = true;
	for (size_t i = 0; i < library->macro_files.count; i++) {
		const struct source *source =
			read_source(library, library->macro_files.items[i]);

		if (source)
			parse_macros(library->parser, source);
	}
	define_text_size(library);
}

struct offer_context {
	struct library *library;
	struct library_file *file;
};

/* @key: the kind, ":" and the name; it is kept. */
static void add_offer(struct library *library, struct library_file *file,
		      const char *key)
{
	struct offers *offers = map_get(&library->index, key);
	const char *at = strchr(kinds, key[0]);

	if (!offers) {
		offers = arena_new(library->arena, struct offers);
		map_put(library->arena, &library->index, key, offers);
		if (at)
			*vec_push(library->arena,
				  &library->names[at - kinds].items) = key + 2;
	}
	if (offers->files.count &&
	    offers->files.items[offers->files.count - 1] == file)
		return;
	*vec_push(library->arena, &offers->files) = file;
}

static void note_offer(void *context, char kind, const char *name)
{
	struct offer_context *offer = context;

	add_offer(offer->library, offer->file,
		  arena_printf(offer->library->arena, "%c:%s", kind, name));
}

static void scan_file(struct library *library, struct library_file *file)
{
	struct offer_context offer = { library, file };

	file->source = read_source(library, file->path);
	if (file->source)
		scan_names(library->arena, file->source, note_offer, &offer);
}

static void make_index(struct library *library)
{
	if (library->indexed)
		return;
	library->indexed = true;
	for (size_t i = 0; i < library->files.count; i++) {
		struct library_file *file = library->files.items[i];
		const char *name = file->offered;

		if (!name)
			scan_file(library, file);
		for (; name && *name; name += strlen(name) + 1)
			add_offer(library, file, name);
	}
}

static struct ast_file *parsed(struct library *library,
			       struct library_file *file)
{
	if (file->tried)
		return file->tree;
	file->tried = true;
	if (!file->source)
		file->source = read_source(library, file->path);
	if (file->source) {
		library_macros(library);
		file->tree = parse_file(library->parser, file->source, true);
	}
	return file->tree;
}

struct ast_file **library_find(struct library *library, char kind,
			       const char *name)
{
	char *key = arena_printf(library->arena, "%c:%s", kind, name);
	const struct offers *offers;
	struct ast_file **found;
	size_t n = 0;

	make_index(library);
	offers = map_get(&library->index, key);
	found = arena_array(library->arena, struct ast_file *,
			    (offers ? offers->files.count : 0) + 1);
	for (size_t i = 0; offers && i < offers->files.count; i++) {
		struct ast_file *tree = parsed(library, offers->files.items[i]);

		if (tree)
			found[n++] = tree;
	}
	return found;
}

const char *const *library_names(struct library *library, char kind,
				 size_t *ret_count)
{
	const char *at = strchr(kinds, kind);

	make_index(library);
	*ret_count = library->names[at - kinds].items.count;
	return library->names[at - kinds].items.items;
}

struct ast_file **library_all(struct library *library)
{
	struct ast_file **found;
	size_t n = 0;

	make_index(library);
	found = arena_array(library->arena, struct ast_file *,
			    library->files.count + 1);
	for (size_t i = 0; i < library->files.count; i++) {
		struct ast_file *tree = parsed(library, library->files.items[i]);

		if (tree)
			found[n++] = tree;
	}
	return found;
}

static void put_state(struct buf *out, const char *path)
{
	struct stat status;

	if (stat(path, &status) == 0)
		buf_printf(out, "%s %jd %jd.%09ld\n", path,
			   (intmax_t)status.st_size,
			   (intmax_t)status.st_mtim.tv_sec,
			   status.st_mtim.tv_nsec);
}

const char *library_state(struct library *library)
{
	struct buf out = { 0 };

	for (size_t i = 0; i < library->files.count; i++)
		put_state(&out, library->files.items[i]->path);
	for (size_t i = 0; i < library->macro_files.count; i++)
		put_state(&out, library->macro_files.items[i]);
	return buf_take(&out, library->arena);
}
