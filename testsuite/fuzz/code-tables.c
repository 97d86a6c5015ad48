/*
 * Fuzz target: files with code. Whatever the bytes, reading ends in a table or in
 * none, what is in it lies in the file, and the libraries that it names are looked
 * for.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/reader/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(void *with, const char *path)
{
	(void)with;
	(void)path;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("elf", MFD_CLOEXEC);
	struct elf_table *table;
	char path[40];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	table = elf_table_read(path);
	for (size_t i = 0; table && i < table->symbol_count; i++)
		if (table->symbols[i].name >= table->names_size ||
		    table->symbols[i].from > table->size)
			abort();
	if (table)
		elf_table_find(table, 0x1000);
	elf_table_free(table);
	elf_each_needed(path, ignore, NULL);
	close(fd);
	return 0;
}

#include "testsuite/fuzz/replay.h"
