/*
 * How to get from a variable of the target to what a script asks of it:
 * "$p->mm->owner->pid", "$n->grid[1][i]", resolved over types to the address
 * arithmetic and loads that do it.
 *
 * The script's steps are names and indexes; a "->" goes through a pointer or
 * into an embedded struct, as the type has it. The plan starts with one number,
 * the current address (or, where the base is a value, that value), and each
 * step of it changes that number:
 *
 *	FIELD	adds an offset; runs of embedded members are one step. @path
 *		("task_struct.se.load") is how the runner finds the offset on
 *		another kernel: the members from a named struct or typedef on,
 *		never across a pointer; the offset is that of the last member
 *		from the start of that struct. NULL: fixed
 *	INDEX	adds a multiple of the element's size
 *	DEREF	loads a pointer from the address and goes there
 *
 * and the load at the end makes the result. Plans live in the arena given.
 */
#ifndef SPILE_TARGET_ACCESS_H
#define SPILE_TARGET_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "translator/base/vec.h"
#include "translator/target/ctype.h"

struct arena;

/* One "->name", "[7]" or "[i]" of the script. */
enum access_item_kind { ACCESS_MEMBER, ACCESS_CONSTANT, ACCESS_VARIABLE };

struct access_item {
	enum access_item_kind kind;
	const char *name;	/* MEMBER */
	int64_t index;		/* CONSTANT: the index. VARIABLE: which of the
				 * caller's expressions, as it likes */
};

enum access_op { ACCESS_FIELD, ACCESS_INDEX, ACCESS_DEREF };

struct access_step {
	enum access_op op;
	const char *path;	/* FIELD: see above */
	int64_t offset;		/* FIELD: bytes. INDEX with a constant: bytes
				 * too, the multiple is worked out */
	int64_t element_size;	/* INDEX by a variable */
	int variable;		/* INDEX: the caller's number, -1 constant */
	uint32_t size;		/* DEREF: bytes of a pointer */
};

enum access_end {
	ACCESS_VALUE,	/* no memory: the base value itself, cut to size */
	ACCESS_LOAD,	/* load size bytes at the address */
	ACCESS_BITS,	/* load 8 bytes, shift left, then right */
	ACCESS_ADDRESS,	/* the address is the result: arrays, structs, and
			 * what was asked for with '&' */
};

struct access_plan {
	VEC(struct access_step) steps;
	enum access_end end;
	uint32_t size;		/* VALUE, LOAD: 1, 2, 4 or 8 */
	bool is_signed;		/* VALUE, LOAD, BITS: sign extension (BITS: the
				 * right shift is arithmetic) */
	/* BITS: the last FIELD step has the byte offset of the load */
	uint32_t left_shift, right_shift;
	struct ctype *type;	/* of the result, for further steps on it: a
				 * pointer for '&' */

	/* private: where the last FIELD step stands, to go on from it */
	struct ctype *root;
	uint64_t root_bits;
	uint32_t bit_size;
	bool is_place;
};

/*
 * What the base is. Value: the number at hand is the variable itself (an
 * argument in a register, the operand of @cast, which is a pointer). Place:
 * the number is the address where the variable lies (a global, a local).
 */
enum access_base { ACCESS_BASE_VALUE, ACCESS_BASE_PLACE };

/*
 * The plan of @items over a base of @type. NULL with @ret_reason, a sentence
 * in the arena that names the type, the member that is missing, the nearest
 * one and the members there are ("struct point has no member 'z'; did you
 * mean 'x'? It has: x, y").
 */
struct access_plan *access_resolve(struct arena *arena, struct ctype *type,
				   enum access_base base,
				   const struct access_item *items,
				   size_t item_count,
				   const char **ret_reason);

/*
 * Plans that go on from @plan, which stays as it is: to a member of its type
 * (or of the type that it points to), as ctype_members() gives it, and to an
 * element of an array. NULL when the type has no such thing.
 */
struct access_plan *access_to_member(struct arena *arena,
				     const struct access_plan *plan,
				     const struct ctype_member *member);
struct access_plan *access_to_element(struct arena *arena,
				      const struct access_plan *plan,
				      int64_t index);

/*
 * For a variable that has no address, as it lies in registers: the plan of
 * ACCESS_BASE_PLACE reads @ret_count bits (64 at most) from bit @ret_from of it;
 * what the plan is from there on, over the value of these. NULL with a reason
 * where more than that is needed.
 */
struct access_plan *access_in_registers(struct arena *arena,
					const struct access_plan *plan,
					uint64_t *ret_from, uint32_t *ret_count,
					const char **ret_reason);

/* Turns a plan into that of '&': its address. False with a reason for what has
 * none (a value, a bit-field). */
bool access_take_address(struct access_plan *plan, const char **ret_reason);

/*
 * Where a bit-field of @bit_size at @bit_offset in a struct of @struct_size
 * bytes is loaded: 8 bytes that stay inside the struct when it has as many.
 * The runner must follow the same rule on the target: byte offset =
 * bit_offset / 8, but at most struct_size - 8 where that is not negative;
 * left = 64 - (bit_offset - 8 * byte offset) - bit_size; right = 64 - bit_size.
 */
struct access_bits {
	int64_t offset;
	uint32_t left_shift, right_shift;
};
struct access_bits access_bit_field(uint64_t struct_size, uint64_t bit_offset,
				    uint32_t bit_size);

#endif
