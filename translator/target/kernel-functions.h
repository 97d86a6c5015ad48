/*
 * Functions of the kernel and its modules: which there are, and which of them
 * can be probed.
 *
 * Names and prototypes come from BTF, what is there from the symbol table of
 * the running kernel (for another kernel BTF alone says), what can be probed
 * from the lists of tracefs and debugfs, where they can be read. Everything is
 * in the arena that was given; nothing is read before it is asked for.
 */
#ifndef SPILE_TARGET_KERNEL_FUNCTIONS_H
#define SPILE_TARGET_KERNEL_FUNCTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "translator/base/vec.h"

struct arena;
struct btf_types;
struct kernel;
struct kernel_symbols;

struct kernel_function {
	const char *name;
	const char *symbol;	/* as the symbol table has it: with what the
				 * compiler appended, "name.isra.0" */
	const char *module;	/* NULL: the kernel itself */
	unsigned int copies;	/* functions with this symbol, mostly 1 */
	bool is_typed;		/* BTF has the prototype */
	bool is_global;		/* not static to its file */
};

struct kernel_functions {
	VEC(struct kernel_function) items;	/* sorted by module, name */
};

/* @folder: of tracefs, or NULL. @keep: for what is unpacked, or NULL. @btf may be
 * NULL. */
struct kernel_symbols *kernel_symbols_open(struct arena *arena,
					   const struct kernel *kernel,
					   struct btf_types *btf,
					   const char *folder,
					   const char *keep);

/*
 * The functions whose names match, of the kernel itself (@module NULL) or of the
 * loaded modules whose names match. By a wildcard only those that can be
 * probed; by its name also one that BTF does not know.
 */
void kernel_functions_match(struct kernel_symbols *symbols, const char *module,
			    const char *pattern,
			    struct kernel_functions *ret_functions);

/* Why there is no such function, as a sentence in the arena, or NULL for an
 * unknown name. */
const char *kernel_function_missing(struct kernel_symbols *symbols,
				    const char *module, const char *name);

/* The file of an installed module, or NULL. */
const char *kernel_module_path(struct kernel_symbols *symbols,
			       const char *module);

/* The names of modules that match a pattern ('-' and '_' are one): loaded ones, of
 * another kernel than the running one those installed for it. */
struct kernel_modules {
	VEC(const char *) names;
};
void kernel_modules_match(struct kernel_symbols *symbols, const char *pattern,
			  struct kernel_modules *ret_modules);

#endif
