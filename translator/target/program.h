/*
 * A program or a library of user space: what its ELF file says.
 *
 * Addresses are virtual addresses as the file has them (0 is its first byte in
 * a position independent file); the load bias is added by whoever has a
 * process at hand. The file, its separate debug file and the xz-compressed
 * symbols that some distributions add (.gnu_debugdata) read as one.
 *
 * ELF files are foreign input: all offsets, sizes and counts are checked, and
 * what does not hold reads as missing. What is handed out lives in the arena
 * that the program was opened with, or as long as the program, which
 * program_close() ends.
 */
#ifndef SPILE_TARGET_PROGRAM_H
#define SPILE_TARGET_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "translator/base/vec.h"

struct arena;
struct program;

/* A part of the file that is mapped when it is loaded. */
struct program_segment {
	uint64_t address, offset;
	uint64_t file_size, memory_size;
	bool is_executable, is_writable;
};

struct program_symbol {
	const char *name;	/* without the version: "memcpy" */
	uint64_t address;	/* TLS: offset in the module's block */
	uint64_t size;
	bool is_function;	/* also those that choose another (IFUNC) */
	bool is_ifunc;
	bool is_data;
	bool is_tls;
	bool is_global;		/* global or weak, not local to its file */
	bool is_exported;	/* in the dynamic table */
};

struct program_symbols {
	VEC(const struct program_symbol *) symbols;
};

/* An entry of the procedure linkage table: calls of @name go through
 * @address. */
struct program_plt {
	const char *name;
	uint64_t address;
};

struct program_section {
	const void *bytes;	/* NULL: the file has none of it (.bss) */
	uint64_t size;
	uint64_t address;	/* 0: not loaded */
};

struct program_thread_cell {
	uint64_t address;
	bool is_number;
	uint64_t minus;
};

/*
 * Opens an ELF program or shared library (not an object or a core file). A
 * path below /proc/PID/root is read, and its debug file sought, in that root.
 * NULL with a sentence in @ret_reason (static or in the arena).
 */
struct program *program_open(struct arena *arena, const char *path,
			     const char **ret_reason);
/*
 * The same for the kernel or a module of it, by the file with its debug
 * information (vmlinux, name.ko, name.ko.debug). The sections of a module have
 * addresses that are made up.
 */
struct program *program_open_kernel(struct arena *arena, const char *path,
				    const char **ret_reason);
/* Where a file with this build id and debug information is here, or on a server
 * of them, if one is to be asked; NULL: nowhere. */
const char *program_debug_path(struct arena *arena, const char *build_id,
			       bool ask_servers);
/* NULL is allowed. */
void program_close(struct program *program);

const char *program_path(const struct program *program);
/* In hex, or NULL if it has none. */
const char *program_build_id(const struct program *program);
/* EM_X86_64, EM_AARCH64... of <elf.h> */
int program_machine(const struct program *program);
/* 8, or 4 for programs of 32 bits */
uint32_t program_pointer_size(const struct program *program);
/* Whether its load address is chosen at run time: position independent
 * programs, libraries. */
bool program_is_relocatable(const struct program *program);
/* The dynamic loader that it asks for, NULL for static ones and libraries. */
const char *program_loader(const struct program *program);
/* Its own name as a library (DT_SONAME), or NULL. */
const char *program_soname(const struct program *program);
/* Names of the libraries it needs, in their order. */
const char *const *program_needed(struct program *program, size_t *ret_count);
uint64_t program_entry(const struct program *program);
/* The block of thread storage that it has for each thread: its size rounded up
 * to its alignment, which is how far before the thread pointer that of the main
 * program begins on x86-64; false: it has none. */
bool program_thread_block(const struct program *program, uint64_t *ret_size,
			  uint64_t *ret_alignment);

/*
 * How a library finds its block of thread storage, if by a cell of its own that
 * the loader fills: with the number of the library in the thread's vector, or
 * with how far from the thread pointer byte @minus of the block is. False: by
 * none, or the C library is not one that is known to do so.
 */
bool program_thread_cell(struct program *program,
			 struct program_thread_cell *ret_cell);

/* Segments by rising address. */
const struct program_segment *program_segments(const struct program *program,
					       size_t *ret_count);
/* Where the byte at an address lies in the file; false: nowhere. And back, for
 * offsets in executable segments first. */
bool program_offset(const struct program *program, uint64_t address,
		    uint64_t *ret_offset);
bool program_address(const struct program *program, uint64_t offset,
		     uint64_t *ret_address);
/* Bytes at an address as the file has them; false if they are not all there. */
bool program_read(const struct program *program, uint64_t address, void *bytes,
		  size_t size);
/* Where the first instruction stands that does something, from an address on:
 * compilers fill up with such that do nothing before loops (x86-64). */
uint64_t program_skip_padding(const struct program *program, uint64_t address);
/*
 * Whether Linux can probe the instruction at an address. Those of AVX are told
 * apart by their last byte of operation only, as if it were that of a jump, a
 * call or a push, which Linux then carries out in their place.
 */
bool program_can_probe(const struct program *program, uint64_t address);
/* The contents of a section of the file, decompressed. */
bool program_section(struct program *program, const char *name,
		     struct program_section *ret_section);

/*
 * Functions and objects that the file defines, by rising address, each name
 * and address once; those without a name are left out. Sizes of 0 (assembly)
 * stay so.
 */
const struct program_symbol *program_symbols(struct program *program,
					     size_t *ret_count);
/*
 * Symbols that match a name or a wildcard, by rising address. The name of a
 * C++ or Rust function may be that of the symbol or, with or without its
 * parameters, the one that c++filt shows.
 */
void program_find_symbols(struct program *program, const char *pattern,
			  struct program_symbols *ret_symbols);
/* The function or object that an address is in, NULL if none; where several
 * have the address, a function before an object and a global one before
 * another. */
const struct program_symbol *program_symbol_at(struct program *program,
					       uint64_t address);
/* ---- the kernel and its modules ---- */

bool program_is_kernel(const struct program *program);
/* Whether the file itself has debug information. */
bool program_has_debug(const struct program *program);
/* Whether the code at the address is there once the kernel has started, or the
 * module is loaded. */
bool program_is_kernel_code(const struct program *program, uint64_t address);
/* Whether every processor has a copy of what is at the address. */
bool program_is_per_cpu(const struct program *program, uint64_t address);

/* An address told by what can be found in the running kernel: a symbol that no
 * other shares the name with, and the distance from it. */
struct program_anchor {
	const char *symbol;
	uint64_t offset;
};
bool program_find_anchor(struct program *program, uint64_t address,
			 struct program_anchor *ret_anchor);

/* The name of a symbol for people: demangled, in the arena; the same text for
 * what is not mangled. */
const char *program_demangle(struct program *program, const char *name);

/* Entries of the PLT by rising address (x86-64 and arm64). */
const struct program_plt *program_plt(struct program *program,
				      size_t *ret_count);

/* The interpreter in the first line of a script ("#!/usr/bin/python3 -s" gives
 * "/usr/bin/python3"; after "#!/usr/bin/env" the name that follows). NULL if
 * @path is no such file. */
const char *program_script_interpreter(struct arena *arena, const char *path);

#endif
