/*
 * What an ELF file says about itself to those that load it: class, machine,
 * interpreter, needed libraries and where to look for them, build id.
 *
 * The file is foreign input: libelf checks every offset, and what does not hold
 * reads as not there. Nothing stays open; texts are in the arena given.
 */
#ifndef SPILE_TARGET_ELF_FACTS_H
#define SPILE_TARGET_ELF_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "translator/base/vec.h"

struct arena;

struct elf_facts {
	uint8_t bits;			/* 64 or 32 */
	uint16_t machine;		/* EM_X86_64 ... */
	uint16_t type;			/* ET_EXEC, ET_DYN ... */
	const char *interpreter;	/* PT_INTERP, or NULL */
	const char *soname;		/* or NULL */
	const char *rpath, *runpath;	/* or NULL */
	VEC(const char *) needed;
	const char *build_id;		/* lower-case hexadecimal, or NULL */
};

/* NULL with a reason ("is a folder", "is no ELF file") that goes on after the
 * name of the file. */
struct elf_facts *elf_facts_read(struct arena *arena, const char *path,
				 const char **ret_reason);

/* Only the build id, for searches through many files; NULL without one. */
const char *elf_build_id(struct arena *arena, const char *path);

#endif
