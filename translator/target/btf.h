/*
 * Types of the kernel, from its BTF.
 *
 * The blob is mapped, not copied, and indexed by one walk over its records
 * (two or three milliseconds for 130,000 types); names are found by searching
 * the text section. Nothing else is parsed before it is asked for. Blobs are
 * foreign input: every offset, index, count and chain is checked, and what
 * does not hold reads as void or as not found.
 *
 * A btf is released with btf_close(); every ctype and name that came from it
 * is invalid then. Names are searched in the kernel first, then in the modules
 * in the order in which they were added.
 */
#ifndef SPILE_TARGET_BTF_H
#define SPILE_TARGET_BTF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "translator/base/vec.h"
#include "translator/target/ctype.h"

struct arena;
struct btf_types;

/* Names found, sorted by their bytes, each once. */
struct btf_names {
	VEC(const char *) names;
};

/* Which kinds of record a search by name looks at. */
enum btf_kinds {
	BTF_STRUCTS = 1,
	BTF_UNIONS = 2,
	BTF_ENUMS = 4,
	BTF_TYPEDEFS = 8,
	BTF_BASES = 16,		/* int, float */
	BTF_FUNCTIONS = 32,
	BTF_ANY_TYPE = 31,
};

/*
 * The BTF of the running kernel (@path NULL), or of a file: raw BTF, or an ELF
 * file with a .BTF section. NULL with a sentence in @ret_reason (static, or in
 * the arena) if there is none or it is damaged.
 */
struct btf_types *btf_open(struct arena *arena, const char *path,
			   const char **ret_reason);
/* The same from memory, which stays the caller's and must outlive the btf. */
struct btf_types *btf_parse(struct arena *arena, const void *bytes,
			    size_t size, const char **ret_reason);
/* NULL is allowed. */
void btf_close(struct btf_types *btf);

/* Adds the types of a loaded module (once). False with a reason if it has none. */
bool btf_add_module(struct btf_types *btf, const char *module,
		    const char **ret_reason);
/* The same from a file of the module, for another kernel than the running one. */
bool btf_add_module_file(struct btf_types *btf, const char *module,
			 const char *path, const char **ret_reason);

/* A type by tag or name and its kinds; NULL if there is none. A complete
 * struct is preferred to a declaration. */
struct ctype *btf_find(struct btf_types *btf, const char *name,
		       unsigned int kinds);
/*
 * A type as C writes it: "task_struct", "struct task_struct", "enum zone_type",
 * "unsigned long", "size_t", "const char *", "struct file**". NULL if there is
 * none of this name or the text is more than that.
 */
struct ctype *btf_find_text(struct btf_types *btf, const char *text);

/* The value of the enumerator @name of any enum. */
bool btf_enumerator(struct btf_types *btf, const char *name,
		    int64_t *ret_value);

/* The prototype of a kernel function: result, names and types of the
 * parameters (unnamed ones have NULL). NULL if BTF has no such function. */
struct ctype *btf_function(struct btf_types *btf, const char *name);

/* The functions of the kernel alone (@module NULL), or of a module added: the
 * prototype of one, and whether other files of the kernel can call it (NULL: not
 * asked); the names that match a wildcard. */
struct ctype *btf_own_function(struct btf_types *btf, const char *module,
			       const char *name, bool *ret_is_global);
void btf_list_own_functions(struct btf_types *btf, const char *module,
			    const char *pattern, struct btf_names *ret_names);

/*
 * The arguments of the tracepoint @name as a prototype, without the first
 * void* that the kernel passes to each probe. Parameters that no record names
 * are called "arg1", "arg2"... NULL if there is no such tracepoint.
 */
struct ctype *btf_tracepoint(struct btf_types *btf, const char *name);

/* Names of tracepoints, or of functions, that match a wildcard. */
void btf_list_tracepoints(struct btf_types *btf, const char *pattern,
			  struct btf_names *ret_names);
void btf_list_functions(struct btf_types *btf, const char *pattern,
			struct btf_names *ret_names);

/* Types that the caller builds next to those of the kernel. */
struct ctype_source *btf_source(struct btf_types *btf);

#endif
