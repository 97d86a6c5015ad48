/*
 * Inside of program.h, for the files that read the parts of a program. libelf's
 * types stay in here.
 */
#ifndef SPILE_TARGET_PROGRAM_PRIVATE_H
#define SPILE_TARGET_PROGRAM_PRIVATE_H

#include <gelf.h>
#include <libelf.h>

#include "translator/base/map.h"
#include "translator/target/program.h"

/* An ELF file that is open: the program, its debug file, symbols in memory. */
struct elf_file {
	Elf *elf;		/* NULL: not open */
	int fd;			/* -1: in memory */
	void *memory;		/* malloc'd, or NULL */
	const char *path;
};

/* A part of the kernel or a module that is loaded. */
struct kernel_section {
	const char *name;
	uint64_t address, size;
	bool is_code;
};

struct program {
	struct arena *arena;
	struct elf_file file;
	struct elf_file debug;	/* separate, or not open */
	bool debug_sought;
	const char *debug_reason;	/* why there is none */
	const char *root;	/* "/proc/PID/root", or "" */
	GElf_Ehdr header;
	const char *build_id;
	struct program_segment *segments;
	size_t segment_count;
	uint64_t tls_size, tls_alignment;	/* 0: no thread storage */
	const char *loader, *soname;
	const char **needed;
	size_t needed_count;
	bool dynamic_read;

	bool symbols_read;
	struct program_symbol *symbols;
	size_t symbol_count;
	uint64_t *ends;		/* of symbols[0..i]: the greatest end */
	bool plt_read;
	struct program_plt *plt;
	size_t plt_count;

	bool is_kernel;		/* or a module of it */
	struct kernel_section *sections;	/* of the kernel */
	size_t section_count;
	struct map name_counts;	/* how many symbols have a name */
};

/* The segments of a linked file; NULL, or what is wrong. */
const char *program_read_segments(struct program *program);

/* Opens @path below @root ("" is the machine's). NULL, or why not. */
const char *elf_file_open(struct elf_file *file, struct arena *arena,
			  const char *root, const char *path);
/* An ELF file in memory, which the file then owns. */
bool elf_file_parse(struct elf_file *file, void *memory, size_t size);
void elf_file_close(struct elf_file *file);
/* The section of a name, NULL if there is none; its header. */
Elf_Scn *elf_file_section(Elf *elf, const char *name, GElf_Shdr *ret_header);
/* Its bytes, decompressed within bounds. */
Elf_Data *elf_file_contents(Elf *elf, Elf_Scn *section);
/* The build id in hex, NULL if there is none. */
const char *elf_file_build_id(struct arena *arena, Elf *elf);
/* The address of a symbol, which in an object file counts from its section. */
uint64_t elf_file_symbol(Elf *elf, const GElf_Sym *symbol);
/* Whether a file has DWARF (not only the headings of its sections). */
bool elf_file_has_dwarf(Elf *elf);

/* Opens the file @below the root, and reads of it what @prepare does, which
 * returns NULL or why it cannot. What *ret_reason says names @path. */
struct program *program_begin(struct program *program, const char *path,
			      const char *below,
			      const char *(*prepare)(struct program *program),
			      const char **ret_reason);

/* The file with the debug information: the program's own, or a separate one,
 * which is sought once. NULL with program->debug_reason. */
struct elf_file *program_debug_file(struct program *program);
/* A file by build id from where such files lie or from a server (@name is the
 * one that a link gives, or NULL). */
bool program_find_by_id(struct program *program, const char *build_id,
			const char *name, struct elf_file *ret_file);

#endif
