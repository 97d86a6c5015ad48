/*
 * What addresses are, for the reader: functions of the kernel by its symbol
 * table, those of programs by the files that the probes saw code in. Tables are
 * read when they are first needed, and kept.
 *
 * The struct owns all that it hands out; symbols_free() releases it.
 */
#ifndef SPILE_READER_SYMBOLS_H
#define SPILE_READER_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/common/wire.h"
#include "runtime/reader/elf.h"

struct kernel_symbols;
struct source_lines;

/* A file that code was seen in. */
struct code_file {
	char *path;		/* as it is shown */
	char *open_path;	/* where it can be read, or NULL: as path */
	struct elf_table *table;
	bool sought;		/* the table was tried */
	struct source_lines *lines;
	bool lines_sought;
};

struct symbols {
	struct kernel_symbols *kernel;
	bool kernel_sought;
	struct source_lines *kernel_lines;
	bool kernel_lines_sought;
	struct code_file **files;	/* by number; [0] is none */
	size_t file_count;
};

/* An address as it is shown. Texts are valid until the next call. */
struct symbol {
	const char *name;	/* NULL: no function is known there */
	const char *module;	/* NULL: it is in no file */
	uint64_t offset, size;	/* in the function; without one, in the file */
};

void symbols_free(struct symbols *symbols);

/* Sets the file of a number, which has @table (taken over) or NULL: not read
 * yet. */
struct code_file *symbols_set(struct symbols *symbols, uint64_t number,
			      const char *path, struct elf_table *table);
/* The probe saw it first: finds where it is. */
struct code_file *symbols_seen(struct symbols *symbols, uint64_t number,
			       const struct wire_file *file);
/* Its table, NULL when it has none. */
struct elf_table *symbols_table(struct code_file *file);

/* What @place is; a kernel address if @kernel. */
void symbols_find(struct symbols *symbols, const struct wire_place *place,
		  bool kernel, struct symbol *ret);
/* "FILE", the line or NULL. @text is of @size bytes; what: 'f' file, 'l' line,
 * 'L' both. False when nothing is known. */
bool symbols_source(struct symbols *symbols, const struct wire_place *place,
		    bool kernel, char what, char *text, size_t size);

/* The address as enum wire_stack says; the length, at most @size - 1. */
size_t symbols_print(struct symbols *symbols, const struct wire_place *place,
		     unsigned int style, char *text, size_t size);
/* A copy of @text with its marks replaced (malloc'd), or NULL without memory. */
char *symbols_expand(struct symbols *symbols, const char *text, size_t length,
		     size_t *ret_length);

#endif
