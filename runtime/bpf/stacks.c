/*
 * Tables of files with code: see stacks.h.
 */
#include "runtime/bpf/stacks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/bpf/lib/stack.h"
#include "runtime/kmod/device.h"
#include "runtime/kmod/user/insert.h"
#include "runtime/reader/elf.h"
#include "runtime/reader/object.h"
#include "runtime/reader/symbols.h"

/* Room kept for files that are first seen while probes run. */
enum { SPARE_SYMBOLS = 1 << 16, SPARE_NAMES = 1 << 18, SPARE_ROWS = 1 << 18 };

/* A map of rows that is written in place. */
struct pool {
	const char *map;	/* its name */
	size_t row;		/* bytes */
	size_t wanted, used;	/* rows */
	size_t room;
	char *memory;		/* NULL: the program has no such map */
};

struct expected {
	char *path;
	struct elf_table *table;
};

struct stacks {
	struct bpf_object *bpf;
	struct expected *files;
	size_t count;
	struct pool symbols, names, rows;
	int files_fd;
	int device;		/* of a module, or -1 */
	bool rows_wanted, names_wanted;	/* by the module */
};

/* ---- which files ---- */

static void expect_table(struct stacks *stacks, const char *path,
			 struct elf_table *table)
{
	struct expected *larger;

	for (size_t i = 0; table && i < stacks->count; i++) {
		if (stacks->files[i].table->device != table->device ||
		    stacks->files[i].table->inode != table->inode)
			continue;
		elf_table_free(table);
		return;
	}
	larger = !table ? NULL : reallocarray(stacks->files, stacks->count + 1,
					      sizeof(*larger));
	if (!larger) {
		elf_table_free(table);
		return;
	}
	stacks->files = larger;
	larger[stacks->count++] = (struct expected){ strdup(path), table };
}

static void expect(void *with, const char *path)
{
	struct stacks *stacks = with;

	for (size_t i = 0; i < stacks->count; i++)
		if (stacks->files[i].path &&
		    !strcmp(stacks->files[i].path, path))
			return;
	expect_table(stacks, path, elf_table_read(path));
}

static void expect_program(struct stacks *stacks, const char *path)
{
	char *real = realpath(path, NULL);

	if (!real)
		return;
	expect(stacks, real);
	elf_each_needed(real, expect, stacks);
	free(real);
}

/* A word of a command or a file that is named, when there is such a program. */
static void expect_word(struct stacks *stacks, const char *word)
{
	const char *folders = getenv("PATH");
	char path[PATH_MAX];

	if (strchr(word, '/')) {
		if (!access(word, R_OK))
			expect_program(stacks, word);
		return;
	}
	for (const char *at = folders; at && *at;) {
		size_t length = strcspn(at, ":");

		snprintf(path, sizeof(path), "%.*s/%s", (int)length, at, word);
		if (!access(path, X_OK)) {
			expect_program(stacks, path);
			return;
		}
		at += length + (at[length] == ':');
	}
}

/* A shell may run any of the words; what is no program is soon dropped. */
static void expect_command(struct stacks *stacks, const char *command)
{
	static const char separators[] = " \t\n;&|()<>\"'`{}$=";
	char *copy = strdup(command), *rest = NULL;

	for (char *word = copy ? strtok_r(copy, separators, &rest) : NULL; word;
	     word = strtok_r(NULL, separators, &rest))
		expect_word(stacks, word);
	free(copy);
	expect_program(stacks, "/bin/sh");
}

/* The files that a process runs code of. */
static void expect_process(struct stacks *stacks, const char *process)
{
	char name[64], line[PATH_MAX + 128];
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%.20s/maps", process);
	maps = fopen(name, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		char *path = strchr(line, '/'), *space = strchr(line, ' ');

		if (!path || !space || space[3] != 'x')
			continue;
		path[strcspn(path, "\n")] = '\0';
		expect(stacks, path);
	}
	if (maps)
		fclose(maps);
}

static void expect_all_processes(struct stacks *stacks)
{
	DIR *folder = opendir("/proc");
	struct dirent *entry;

	while (folder && (entry = readdir(folder)))
		if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
			expect_process(stacks, entry->d_name);
	if (folder)
		closedir(folder);
}

static void expect_probed(struct stacks *stacks, const struct manifest *manifest)
{
	for (size_t i = 0; i < manifest->probe_count; i++) {
		const struct manifest_probe *probe = &manifest->probes[i];
		const char *path = manifest_pair_get(&probe->pairs, "path");

		if (path && !strcmp(probe->kind, "uprobe"))
			expect_program(stacks, path);
	}
}

static void collect(struct stacks *stacks, const struct manifest *manifest,
		    const struct load_options *options)
{
	char process[24];

	expect_table(stacks, "[vdso]", elf_table_vdso());
	expect_probed(stacks, manifest);
	for (size_t i = 0; i < options->object_count; i++)
		expect_word(stacks, options->objects[i]);
	if (options->command) {
		expect_command(stacks, options->command);
	} else if (options->target) {
		snprintf(process, sizeof(process), "%d", (int)options->target);
		expect_process(stacks, process);
	} else {
		expect_all_processes(stacks);
	}
}

/* ---- room ---- */

static struct bpf_map *find_map(const struct stacks *stacks, const char *name)
{
	return bpf_object__find_map_by_name(stacks->bpf, name);
}

static size_t name_units(size_t bytes)
{
	return (bytes + RT_NAME_UNIT - 1) / RT_NAME_UNIT;
}

/* Names begin at multiples of the unit, so they take more room than in the
 * table; this counts what they take. */
static size_t units_of(const struct elf_table *table)
{
	size_t units = 0;

	for (size_t i = 0; i < table->symbol_count; i++)
		units += name_units(strlen(table->names +
					   table->symbols[i].name) + 1);
	return units;
}

static void make_room(struct stacks *stacks, struct pool *pool, size_t spare)
{
	struct bpf_map *map = find_map(stacks, pool->map);

	if (!map)
		return;
	pool->room = pool->wanted + spare;
	bpf_map__set_max_entries(map, (uint32_t)pool->room);
}

static struct stacks *prepare_module(struct object *object,
				     const struct load_options *options)
{
	struct stacks *stacks = object->user_stacks || object->user_names ?
		calloc(1, sizeof(*stacks)) : NULL;

	if (!stacks)
		return NULL;
	stacks->device = object->device;
	stacks->rows_wanted = object->user_stacks;
	stacks->names_wanted = object->user_names;
	collect(stacks, object->manifest, options);
	return stacks;
}

struct stacks *stacks_prepare(struct object *object,
			      const struct load_options *options)
{
	struct stacks *stacks;

	if (object->is_module)
		return prepare_module(object, options);
	if (!bpf_object__find_map_by_name(object->bpf, "spile_files"))
		return NULL;
	stacks = calloc(1, sizeof(*stacks));
	if (!stacks)
		return NULL;
	*stacks = (struct stacks){
		.bpf = object->bpf,
		.symbols = { .map = "spile_symbols",
			     .row = sizeof(struct rt_symbol) },
		.names = { .map = "spile_names", .row = RT_NAME_UNIT, .used = 1 },
		.rows = { .map = "spile_rows", .row = sizeof(uint64_t) },
		.files_fd = -1, .device = -1,
	};
	/* where only places are asked for, the reader alone needs the files */
	if (!find_map(stacks, "spile_symbols") &&
	    !find_map(stacks, "spile_rows"))
		return stacks;
	collect(stacks, object->manifest, options);
	for (size_t i = 0; i < stacks->count; i++) {
		stacks->symbols.wanted += stacks->files[i].table->symbol_count;
		stacks->rows.wanted += stacks->files[i].table->frames.count;
		stacks->names.wanted += units_of(stacks->files[i].table) +
			2 * name_units(strlen(stacks->files[i].path) + 3);
	}
	make_room(stacks, &stacks->symbols, SPARE_SYMBOLS);
	make_room(stacks, &stacks->names, SPARE_NAMES);
	make_room(stacks, &stacks->rows, SPARE_ROWS);
	return stacks;
}

/* ---- filling ---- */

static int map_pool(struct stacks *stacks, struct pool *pool, char **ret_error)
{
	struct bpf_map *map = pool->room ? find_map(stacks, pool->map) : NULL;
	void *memory;

	if (!map)
		return 0;
	memory = mmap(NULL, pool->room * pool->row, PROT_READ | PROT_WRITE,
		      MAP_SHARED, bpf_map__fd(map), 0);
	if (memory == MAP_FAILED) {
		if (asprintf(ret_error, "cannot map %s: %s", pool->map,
			     strerror(errno)) < 0)
			*ret_error = NULL;
		return -1;
	}
	pool->memory = memory;
	return 0;
}

/* Where the text begins, in units; 0 when there is no room. */
static uint32_t put_name(struct pool *names, const char *text)
{
	size_t size = strlen(text) + 1, units = name_units(size);
	size_t at = names->used;

	if (!names->memory || units > names->room - at)
		return 0;
	memcpy(names->memory + at * RT_NAME_UNIT, text, size);
	names->used += units;
	return (uint32_t)at;
}

/* "[NAME]", for code without names. */
static uint32_t put_last(struct pool *names, const char *path)
{
	const char *slash = strrchr(path, '/');
	char text[NAME_MAX + 3];

	snprintf(text, sizeof(text), *path == '[' ? "%s" : "[%s]",
		 slash ? slash + 1 : path);
	return put_name(names, text);
}

static void put_symbols(struct stacks *stacks, const struct elf_table *table,
			struct rt_file *row)
{
	struct pool *pool = &stacks->symbols;
	struct rt_symbol *to = (struct rt_symbol *)pool->memory + pool->used;

	if (!pool->memory || table->symbol_count > pool->room - pool->used ||
	    units_of(table) > stacks->names.room - stacks->names.used)
		return;
	for (size_t i = 0; i < table->symbol_count; i++)
		to[i] = (struct rt_symbol){
			.from = table->symbols[i].from,
			.size = table->symbols[i].size,
			.name = put_name(&stacks->names, table->names +
					 table->symbols[i].name),
		};
	row->first_symbol = (uint32_t)pool->used;
	row->symbols = (uint32_t)table->symbol_count;
	pool->used += table->symbol_count;
	row->known = 1;
}

static void put_rows(struct pool *pool, const struct frames *frames,
		     struct rt_file *row)
{
	if (!pool->memory || frames->count > pool->room - pool->used)
		return;
	memcpy(pool->memory + pool->used * pool->row, frames->rows,
	       frames->count * pool->row);
	row->first_row = (uint32_t)pool->used;
	row->rows = (uint32_t)frames->count;
	pool->used += frames->count;
}

/* The row comes last: a program that finds it finds all it points at. */
static void put_file(struct stacks *stacks, struct elf_table *table,
		     const char *path, uint64_t number)
{
	struct rt_file_key key = { table->device, table->inode };
	struct rt_file row = {
		.number = (uint32_t)number,
		.bias = table->bias,
		.base = table->base,
		.size = table->size,
	};

	if (find_map(stacks, "spile_symbols")) {
		row.path = put_name(&stacks->names, path);
		row.last = put_last(&stacks->names, path);
		if (row.last)
			put_symbols(stacks, table, &row);
	}
	put_rows(&stacks->rows, &table->frames, &row);
	frames_forget(&table->frames);
	bpf_map_update_elem(stacks->files_fd, &key, &row, BPF_ANY);
}

_Static_assert(sizeof(struct elf_symbol) == sizeof(struct kmod_symbol) &&
	       offsetof(struct elf_symbol, name) ==
	       offsetof(struct kmod_symbol, name), "handed over as they are");

static void set_table(struct kmod_code *code, int table, const void *at,
		      size_t bytes)
{
	code->tables[table].at = (uintptr_t)at;
	code->tables[table].bytes = bytes;
}

/* What the module has no memory for it does without: stacks are walked by frame
 * pointers, and the reader gives the names. */
static void hand_over(struct stacks *stacks, struct elf_table *table,
		      const char *path)
{
	struct kmod_code code = {
		.device = table->device, .inode = table->inode,
		.bias = table->bias, .size = table->size,
	};

	if (stacks->rows_wanted)
		set_table(&code, KMOD_ROWS, table->frames.rows,
			  table->frames.count * sizeof(uint64_t));
	if (stacks->names_wanted) {
		set_table(&code, KMOD_SYMBOLS, table->symbols,
			  table->symbol_count * sizeof(*table->symbols));
		set_table(&code, KMOD_NAMES, table->names, table->names_size);
		set_table(&code, KMOD_PATH, path, strlen(path) + 1);
	}
	insert_code(stacks->device, &code);
	frames_forget(&table->frames);
}

int stacks_fill(struct stacks *stacks, struct object *object,
		struct symbols *symbols, char **ret_error)
{
	if (!stacks)
		return 0;
	if (object->is_module) {
		for (size_t i = 0; i < stacks->count; i++) {
			hand_over(stacks, stacks->files[i].table,
				  stacks->files[i].path);
			elf_table_free(stacks->files[i].table);
			stacks->files[i].table = NULL;
		}
		return 0;
	}
	stacks->files_fd = bpf_map__fd(find_map(stacks, "spile_files"));
	if (map_pool(stacks, &stacks->symbols, ret_error) ||
	    map_pool(stacks, &stacks->names, ret_error) ||
	    map_pool(stacks, &stacks->rows, ret_error))
		return -1;
	for (size_t i = 0; i < stacks->count; i++) {
		struct expected *file = &stacks->files[i];

		put_file(stacks, file->table, file->path, i + 1);
		/* the reader keeps the table */
		if (symbols_set(symbols, i + 1, file->path, file->table))
			file->table = NULL;
	}
	object->shared->files = stacks->count;
	return 0;
}

void stacks_learn(struct stacks *stacks, struct code_file *file,
		  uint64_t number)
{
	struct elf_table *table = symbols_table(file);

	if (stacks && table && stacks->device >= 0)
		hand_over(stacks, table, file->path);
	else if (stacks && table)
		put_file(stacks, table, file->path, number);
}

void stacks_free(struct stacks *stacks)
{
	struct pool *pools[] = { &stacks->symbols, &stacks->names,
				 &stacks->rows };

	if (!stacks)
		return;
	for (size_t i = 0; i < sizeof(pools) / sizeof(*pools); i++)
		if (pools[i]->memory)
			munmap(pools[i]->memory,
			       pools[i]->room * pools[i]->row);
	for (size_t i = 0; i < stacks->count; i++) {
		free(stacks->files[i].path);
		elf_table_free(stacks->files[i].table);
	}
	free(stacks->files);
	free(stacks);
}
