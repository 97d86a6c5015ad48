/*
 * C types of the target, one form for all that describe them (BTF, DWARF).
 *
 * A type is read in steps: a node knows at once its kind, name and size, and
 * asks its source for what it refers to when that is first needed, so a
 * pointer into a large web of types (cycles too) costs one node. Typedefs and
 * qualifiers are seen through: kind, size and contents are those of the type
 * behind them, alias and is_const only say how it was written.
 *
 * Nodes live in the arena of their source and are never freed one by one.
 * Users read the fields marked public and go further by the functions; they
 * never compare nodes by address (two nodes may be the same type).
 */
#ifndef SPILE_TARGET_CTYPE_H
#define SPILE_TARGET_CTYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct buf;
struct ctype;

enum ctype_kind {
	CTYPE_VOID,
	CTYPE_INT,	/* also bool and char */
	CTYPE_FLOAT,
	CTYPE_POINTER,
	CTYPE_ARRAY,
	CTYPE_STRUCT,
	CTYPE_UNION,
	CTYPE_ENUM,
	CTYPE_FUNCTION,
};

/* A member of a struct or union, or a parameter of a function. */
struct ctype_member {
	const char *name;	/* NULL: unnamed */
	struct ctype *type;	/* never NULL */
	uint64_t bit_offset;	/* from the start of the struct */
	uint32_t bit_size;	/* of a bit-field; 0: the member is none */
};

struct ctype_enumerator {
	const char *name;
	int64_t value;
};

/* What a source of types knows how to fill in, each at most once a node. */
struct ctype_source {
	struct arena *arena;
	uint32_t pointer_size;	/* 8, or 4 for programs of 32 bits */
	bool user;		/* of a program: pointers lead to user memory */
	bool relocatable;	/* types of the kernel: offsets follow the
				 * target's BTF when the program is loaded */
	/* Sets target: of a pointer, an array, a function (its result). */
	void (*load_target)(struct ctype *type);
	/* Sets members of a struct, union or function, or enumerators. */
	void (*load_members)(struct ctype *type);
};

struct ctype {
	/* public, set from the beginning */
	enum ctype_kind kind;
	const char *name;	/* int "unsigned int", struct tag "task_struct";
				 * NULL: unnamed, or a kind without names */
	const char *alias;	/* name of the typedef it was written with */
	bool is_const, is_volatile;
	bool is_signed;		/* int, enum */
	bool is_char, is_bool;	/* int */
	bool is_incomplete;	/* a struct that is only declared */
	bool is_variadic;	/* function: "..." follows the parameters */
	uint64_t size;		/* bytes; 0: void, function, incomplete */
	uint64_t count;		/* array: elements; 0: unknown */

	/* private: ctype_*() and the source */
	struct ctype_source *source;
	uint64_t reference;	/* what the source knows the type by */
	bool has_target, has_members;
	struct ctype *target;
	struct ctype_member *members;
	struct ctype_enumerator *enumerators;
	size_t member_count;
};

/* What a pointer points to, an array holds, a function returns. Never NULL;
 * void for a kind that has none. */
struct ctype *ctype_target(struct ctype *type);

/* Members of a struct or union, parameters of a function: NULL and 0 for
 * other kinds and for incomplete types. */
struct ctype_member *ctype_members(struct ctype *type, size_t *ret_count);

/* Enumerators of an enum in the order of the source; NULL, 0 for others. */
struct ctype_enumerator *ctype_enumerators(struct ctype *type,
					   size_t *ret_count);

/* The name of the enumerator with this value (the first), or NULL. */
const char *ctype_enumerator_name(struct ctype *type, int64_t value);

/*
 * The member called @name, also within unnamed structs and unions. On success
 * @ret_member is it, with bit_offset from the start of @type.
 */
bool ctype_find_member(struct ctype *type, const char *name,
		       struct ctype_member *ret_member);

/* New types: a pointer to @target; a void; an int. */
struct ctype *ctype_pointer_to(struct ctype *target);
struct ctype *ctype_void(struct ctype_source *source);
struct ctype *ctype_int(struct ctype_source *source, const char *name,
			uint32_t size, bool is_signed);

/* Whether values of the type lie in user memory. */
bool ctype_is_user(const struct ctype *type);

/* Kinds that are read as one number: int, enum, pointer. */
bool ctype_is_scalar(const struct ctype *type);
/* char* or char const*: what prints as text. */
bool ctype_is_text_pointer(struct ctype *type);

/* The type as -L prints it: "struct task_struct*", "char const*",
 * "unsigned int", "int[2][3]". */
void ctype_print(struct buf *out, struct ctype *type);
/* The same as a text in the source's arena. */
const char *ctype_text(struct ctype *type);

#endif
