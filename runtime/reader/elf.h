/*
 * What the file of a program or library says about its code: names of functions
 * and where their stack frames are. A table owns all in it; elf_table_free()
 * releases it. Files are hostile: what makes no sense is left out, a table may
 * be empty, nothing is read beyond the file.
 *
 * Addresses are counted from where the first byte of the file is loaded.
 */
#ifndef SPILE_READER_ELF_H
#define SPILE_READER_ELF_H

#include <stddef.h>
#include <stdint.h>

#include "runtime/reader/frames.h"

struct elf_symbol {
	uint32_t from, size;
	uint32_t name;		/* in names */
};

struct elf_table {
	uint64_t device, inode;	/* of the file, as the kernel counts devices */
	uint64_t bias;		/* offset in the file + bias = address */
	uint64_t base;		/* the first address as linked */
	uint64_t size;		/* from the first to the last address */
	struct elf_symbol *symbols;	/* by address, none twice */
	size_t symbol_count;
	char *names;		/* all of them, demangled, NUL behind each */
	size_t names_size;
	struct frames frames;
};

/* NULL when the file is none that code can be in. */
struct elf_table *elf_table_read(const char *path);
/* The same for this process's vdso. */
struct elf_table *elf_table_vdso(void);
void elf_table_free(struct elf_table *table);

/* The function at an address, or NULL. */
const struct elf_symbol *elf_table_find(const struct elf_table *table,
					uint64_t address);

/* Calls @call with the path of each library that the file needs to run, and
 * of those that these need. */
void elf_each_needed(const char *path,
		     void (*call)(void *with, const char *path), void *with);

#endif
