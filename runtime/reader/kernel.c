/*
 * The kernel's symbols: see kernel.h. A function ends where the next begins, as
 * the kernel itself sees it; of several names at one address the first counts.
 */
#include "runtime/reader/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/reader/symbols.h"

struct row {
	uint64_t address;
	uint32_t name;		/* in the names; the module's follows it */
	uint32_t order;		/* in the file */
};

struct kernel_symbols {
	struct row *rows;
	size_t count, room;
	char *names;
	size_t names_size, names_room;
};

static bool add_text(struct kernel_symbols *kernel, const char *text)
{
	size_t size = strlen(text) + 1;

	if (kernel->names_size + size > kernel->names_room) {
		size_t room = 2 * kernel->names_room + (1 << 16);
		char *larger = realloc(kernel->names, room);

		if (!larger)
			return false;
		kernel->names = larger;
		kernel->names_room = room;
	}
	memcpy(kernel->names + kernel->names_size, text, size);
	kernel->names_size += size;
	return true;
}

static bool add_row(struct kernel_symbols *kernel, uint64_t address,
		    const char *name, const char *module)
{
	if (kernel->count == kernel->room) {
		size_t room = 2 * kernel->room + 4096;
		struct row *larger = reallocarray(kernel->rows, room,
						  sizeof(*larger));

		if (!larger)
			return false;
		kernel->rows = larger;
		kernel->room = room;
	}
	kernel->rows[kernel->count] = (struct row){
		address, (uint32_t)kernel->names_size, (uint32_t)kernel->count,
	};
	kernel->count++;
	return add_text(kernel, name) && add_text(kernel, module);
}

/* "ADDRESS TYPE NAME" and for those of modules "\t[MODULE]". */
static void add_line(struct kernel_symbols *kernel, char *line)
{
	char *end, *name, *module;
	uint64_t address = strtoull(line, &end, 16);

	if (!address || end[0] != ' ' || !end[1] || end[2] != ' ')
		return;
	name = end + 3;
	name[strcspn(name, "\n")] = '\0';
	module = name + strcspn(name, "\t");
	if (*module) {
		*module = '\0';
		module += 1 + strspn(module + 1, "[");
		module[strcspn(module, "]")] = '\0';
	}
	add_row(kernel, address, name, *module ? module : "kernel");
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	return left->order < right->order ? -1 : 1;
}

struct kernel_symbols *kernel_symbols_read(const char *path)
{
	struct kernel_symbols *kernel = calloc(1, sizeof(*kernel));
	FILE *file = fopen(path, "re");
	char line[1024];

	while (kernel && file && fgets(line, sizeof(line), file))
		add_line(kernel, line);
	if (file)
		fclose(file);
	if (!kernel || !kernel->count) {
		kernel_symbols_free(kernel);
		return NULL;
	}
	qsort(kernel->rows, kernel->count, sizeof(*kernel->rows), compare_rows);
	return kernel;
}

void kernel_symbols_free(struct kernel_symbols *kernel)
{
	if (!kernel)
		return;
	free(kernel->rows);
	free(kernel->names);
	free(kernel);
}

bool kernel_symbols_find(const struct kernel_symbols *kernel, uint64_t address,
			 struct symbol *ret)
{
	size_t low = 0, high = kernel->count, first;

	while (high > low) {
		size_t middle = low + (high - low) / 2;

		if (kernel->rows[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low || low == kernel->count)
		return false;
	first = low - 1;
	while (first &&
	       kernel->rows[first - 1].address == kernel->rows[first].address)
		first--;
	ret->name = kernel->names + kernel->rows[first].name;
	ret->module = ret->name + strlen(ret->name) + 1;
	ret->offset = address - kernel->rows[first].address;
	ret->size = kernel->rows[low].address - kernel->rows[first].address;
	return true;
}
