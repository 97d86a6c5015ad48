/*
 * Addresses into names: see symbols.h.
 */
#include "runtime/reader/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/reader/kernel.h"
#include "runtime/reader/lines.h"

enum { MOST_FILES = 1 << 20 };

/* ---- files ---- */

struct code_file *symbols_set(struct symbols *symbols, uint64_t number,
			      const char *path, struct elf_table *table)
{
	struct code_file *file;

	if (number >= symbols->file_count && number < MOST_FILES) {
		size_t count = number + 64;
		struct code_file **larger = reallocarray(
			symbols->files, count, sizeof(*larger));

		if (!larger)
			return NULL;
		memset(larger + symbols->file_count, 0,
		       (count - symbols->file_count) * sizeof(*larger));
		symbols->files = larger;
		symbols->file_count = count;
	}
	if (number >= symbols->file_count || symbols->files[number])
		return NULL;
	file = calloc(1, sizeof(*file));
	if (!file)
		return NULL;
	file->path = strdup(path);
	file->table = table;
	file->sought = table;
	symbols->files[number] = file;
	return file;
}

/* The path in the table of mappings of a process that still runs, and the file
 * itself, which may be deleted or in another tree of file systems. */
static bool mapped_path(const struct wire_file *seen, char *path, size_t size,
			char **ret_open)
{
	char name[64], line[4096];
	bool found = false;
	FILE *maps;

	snprintf(name, sizeof(name), "/proc/%llu/maps",
		 (unsigned long long)seen->process);
	maps = fopen(name, "re");
	while (maps && !found && fgets(line, sizeof(line), maps)) {
		unsigned long long start, end;
		char *slash = strchr(line, '/');

		if (sscanf(line, "%llx-%llx", &start, &end) != 2 ||
		    seen->address < start || seen->address >= end)
			continue;
		if (!slash)
			break;
		slash[strcspn(slash, "\n")] = '\0';
		snprintf(path, size, "%s", slash);
		found = true;
		if (asprintf(ret_open, "/proc/%llu/map_files/%llx-%llx",
			     (unsigned long long)seen->process, start, end) < 0)
			*ret_open = NULL;
	}
	if (maps)
		fclose(maps);
	return found;
}

/* The path as the probe walked it: of the last name first. */
static void walked_path(const struct wire_file *seen, char *path, size_t size)
{
	size_t at = 0;

	path[0] = '\0';
	for (uint64_t i = seen->parts < WIRE_PATH_PARTS ? seen->parts :
							 WIRE_PATH_PARTS;
	     i-- && at < size;)
		at += snprintf(path + at, size - at, "/%.*s",
			       WIRE_PATH_PART, seen->path[i]);
}

/* Is it the file that was seen? Another one may have its path by now. Where the
 * kernel counts devices in its own way (overlays) only the inode tells. */
static bool same_file(const struct elf_table *table,
		      const struct wire_file *seen)
{
	return table->inode == seen->inode;
}

struct code_file *symbols_seen(struct symbols *symbols, uint64_t number,
			       const struct wire_file *seen)
{
	char path[4096], *open_path = NULL;
	struct code_file *file;
	bool mapped = mapped_path(seen, path, sizeof(path), &open_path);

	if (!mapped)
		walked_path(seen, path, sizeof(path));
	file = symbols_set(symbols, number, path, NULL);
	if (!file) {
		free(open_path);
		return NULL;
	}
	file->open_path = open_path;
	/* now, while the process may still be there */
	symbols_table(file);
	if (file->table && !mapped && !same_file(file->table, seen)) {
		elf_table_free(file->table);
		file->table = NULL;
	}
	if (file->table) {
		file->table->device = seen->device;
		file->table->inode = seen->inode;
	}
	return file;
}

struct elf_table *symbols_table(struct code_file *file)
{
	if (!file->sought) {
		file->sought = true;
		if (file->open_path)
			file->table = elf_table_read(file->open_path);
		if (!file->table)
			file->table = elf_table_read(file->path);
	}
	return file->table;
}

static struct code_file *find_file(const struct symbols *symbols,
				   uint64_t number)
{
	return number < symbols->file_count ? symbols->files[number] : NULL;
}

/* ---- addresses ---- */

static void find_user(struct symbols *symbols, const struct wire_place *place,
		      struct symbol *ret)
{
	struct code_file *file = find_file(symbols, place->file);
	const struct elf_table *table = file ? symbols_table(file) : NULL;
	const struct elf_symbol *found;
	uint64_t address;

	if (!file)
		return;
	ret->module = file->path;
	ret->offset = place->offset;
	if (!table)
		return;
	address = place->offset + table->bias;
	found = elf_table_find(table, address);
	ret->offset = address;
	ret->size = table->size;
	if (!found)
		return;
	ret->name = table->names + found->name;
	ret->offset = address - found->from;
	ret->size = found->size;
}

void symbols_find(struct symbols *symbols, const struct wire_place *place,
		  bool kernel, struct symbol *ret)
{
	*ret = (struct symbol){ 0 };
	if (!kernel) {
		find_user(symbols, place, ret);
		return;
	}
	if (!symbols->kernel_sought) {
		symbols->kernel_sought = true;
		symbols->kernel = kernel_symbols_read("/proc/kallsyms");
	}
	if (symbols->kernel)
		kernel_symbols_find(symbols->kernel, place->address, ret);
}

/* ---- places in the source ---- */

static bool find_source(struct symbols *symbols, const struct wire_place *place,
			bool kernel, const char **ret_file, int *ret_line)
{
	struct code_file *file = find_file(symbols, place->file);
	const struct elf_table *table;

	if (kernel) {
		if (!symbols->kernel_lines_sought)
			symbols->kernel_lines = source_lines_kernel();
		symbols->kernel_lines_sought = true;
		return symbols->kernel_lines &&
			source_lines_find(symbols->kernel_lines, place->address,
					  ret_file, ret_line);
	}
	table = file ? symbols_table(file) : NULL;
	if (!table)
		return false;
	if (!file->lines_sought) {
		file->lines_sought = true;
		if (file->open_path)
			file->lines = source_lines_open(file->open_path);
		if (!file->lines)
			file->lines = source_lines_open(file->path);
	}
	return file->lines &&
		source_lines_find(file->lines, place->offset + table->bias +
					       table->base,
				  ret_file, ret_line);
}

bool symbols_source(struct symbols *symbols, const struct wire_place *place,
		    bool kernel, char what, char *text, size_t size)
{
	const char *name;
	int line;

	if (!find_source(symbols, place, kernel, &name, &line))
		return false;
	if (what == 'f')
		snprintf(text, size, "%s", name);
	else if (what == 'l')
		snprintf(text, size, "%d", line);
	else
		snprintf(text, size, "%s:%d", name, line);
	return true;
}

/* ---- printing ---- */

static size_t print_brief(const struct symbol *symbol, uint64_t address,
			  char *text, size_t size)
{
	if (symbol->name)
		return snprintf(text, size, "%s+0x%" PRIx64 "\n", symbol->name,
				symbol->offset);
	return snprintf(text, size, "0x%" PRIx64 "\n", address);
}

static void print_data(const struct symbol *symbol, uint64_t address,
		       char *text, size_t size)
{
	if (symbol->name)
		snprintf(text, size, "%s+0x%" PRIx64 "/0x%" PRIx64 " [%s]",
			 symbol->name, symbol->offset, symbol->size,
			 symbol->module);
	else if (symbol->module)
		snprintf(text, size,
			 "0x%" PRIx64 " [%s+0x%" PRIx64 "/0x%" PRIx64 "]",
			 address, symbol->module, symbol->offset,
			 symbol->size);
	else
		snprintf(text, size, "0x%" PRIx64, address);
}

size_t symbols_print(struct symbols *symbols, const struct wire_place *place,
		     unsigned int style, char *text, size_t size)
{
	bool kernel = style & WIRE_STACK_KERNEL;
	struct symbol symbol;
	char source[1024];
	size_t at = 0;

	style &= ~WIRE_STACK_KERNEL;
	symbols_find(symbols, place, kernel, &symbol);
	if (style == WIRE_STACK_BRIEF)
		return print_brief(&symbol, place->address, text, size);
	if (symbol.name)
		at = snprintf(text, size, " 0x%" PRIx64 " : ",
			      (uint64_t)place->address);
	else
		text[at++] = ' ';
	print_data(&symbol, place->address, text + at, size - at);
	at = strlen(text);
	if (style == WIRE_STACK_FILES &&
	    symbols_source(symbols, place, kernel, 'L', source, sizeof(source)))
		snprintf(text + at, size - at, " at %s", source);
	at = strlen(text);
	if (at + 1 < size) {
		text[at++] = '\n';
		text[at] = '\0';
	}
	return at;
}

/* ---- marks in texts ---- */

struct mark {
	char what;
	struct wire_place place;
	size_t length;		/* of the mark in the text */
};

static bool parse_mark(const char *text, size_t length, struct mark *mark)
{
	char copy[80], end;
	unsigned long long file, offset, address;
	int used = 0;

	snprintf(copy, sizeof(copy), "%.*s", (int)(length < 79 ? length : 79),
		 text);
	if (sscanf(copy + 1, "%c%llx:%llx:%llx%c%n", &mark->what, &file,
		   &offset, &address, &end, &used) < 5 ||
	    end != WIRE_MARK_END)
		return false;
	mark->place = (struct wire_place){ address, file, offset };
	mark->length = 1 + (size_t)used;
	return true;
}

static void print_mark(struct symbols *symbols, const struct mark *mark,
		       FILE *out)
{
	bool kernel = !mark->place.file;
	unsigned long long address = mark->place.address;
	struct symbol symbol;
	char text[2048];

	if (strchr("flL", mark->what)) {
		if (symbols_source(symbols, &mark->place, kernel, mark->what,
				   text, sizeof(text)))
			fputs(text, out);
		else
			fprintf(out, "0x%llx", address);
		return;
	}
	symbols_find(symbols, &mark->place, kernel, &symbol);
	if (mark->what == 'm') {
		fputs(symbol.module ? symbol.module : "", out);
	} else if (mark->what == 'd') {
		text[0] = '\0';
		print_data(&symbol, address, text, sizeof(text));
		fputs(text, out);
	} else if (symbol.name) {
		fputs(symbol.name, out);
	} else if (mark->what == 's' && symbol.module) {
		const char *slash = strrchr(symbol.module, '/');

		fprintf(out, "[%s]", slash ? slash + 1 : symbol.module);
	} else {
		fprintf(out, "0x%llx", address);
	}
}

char *symbols_expand(struct symbols *symbols, const char *text, size_t length,
		     size_t *ret_length)
{
	char *expanded = NULL;
	FILE *out = open_memstream(&expanded, ret_length);

	while (out && length) {
		const char *at = memchr(text, WIRE_MARK, length);
		size_t plain = at ? (size_t)(at - text) : length;
		struct mark mark = { .length = 1 };

		fwrite(text, 1, plain, out);
		text += plain;
		length -= plain;
		if (!length)
			break;
		if (parse_mark(text, length, &mark))
			print_mark(symbols, &mark, out);
		text += mark.length;
		length -= mark.length;
	}
	if (out && fclose(out))
		return NULL;
	return out ? expanded : NULL;
}

void symbols_free(struct symbols *symbols)
{
	for (size_t i = 0; i < symbols->file_count; i++) {
		struct code_file *file = symbols->files[i];

		if (!file)
			continue;
		elf_table_free(file->table);
		source_lines_close(file->lines);
		free(file->open_path);
		free(file->path);
		free(file);
	}
	free(symbols->files);
	kernel_symbols_free(symbols->kernel);
	source_lines_close(symbols->kernel_lines);
	*symbols = (struct symbols){ 0 };
}
