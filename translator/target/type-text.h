/*
 * Types as C writes them: "unsigned long", "struct file **", "ns::shape*",
 * taken apart for those who find the names (BTF, DWARF).
 */
#ifndef SPILE_TARGET_TYPE_TEXT_H
#define SPILE_TARGET_TYPE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct ctype;
struct ctype_source;

/* By the keyword before the name. */
enum type_keyword {
	TYPE_ANY,	/* none was there */
	TYPE_STRUCT,	/* also "class" */
	TYPE_UNION,
	TYPE_ENUM,
};

struct type_text {
	enum type_keyword keyword;
	const char *name;	/* in the arena. A base type has the compilers' own
				 * name, whatever order its words were in */
	bool is_base;
	uint32_t base_size;	/* of a base type, for pointers of 8 bytes */
	bool base_is_signed;
	bool is_const, is_volatile;
	int stars;
};

/* False for what is more than words and stars. */
bool type_text_read(struct arena *arena, const char *text,
		    struct type_text *ret_text);
/* The base type itself, for sources that do not have it. */
struct ctype *type_text_base(struct ctype_source *source,
			     const struct type_text *text);
/* Around the type that the name stands for: qualifiers, pointers. NULL stays
 * NULL. */
struct ctype *type_text_finish(struct ctype *type, const struct type_text *text);

#endif
