/*
 * Operands, and texts in their two shapes: short ones padded with NULs to a
 * multiple of 8 bytes (they can be compared and copied by words and are keys
 * as they are), long ones in a whole slot of the library (struct rt_text).
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <string.h>

#include "runtime/bpf/lib/gen.h"
#include "translator/base/arena.h"
#include "translator/base/buf.h"

enum { COPY_INLINE = 128, ZEROS = 1024 };

/* ---- bytes ---- */

static LLVMValueRef zeros(struct emit *e)
{
	LLVMValueRef data = library_data(e, "rt_zeros");

	if (!data)
		refuse(e, NULL, "the BPF library has no rt_zeros");
	return data ? data : LLVMConstNull(e->ptr);
}

/* Large ones by a helper: LLVM would make one call of memset of many stores,
 * and there is no memset. */
void bytes_clear(struct emit *e, LLVMValueRef to, unsigned size)
{
	unsigned most = ZEROS;

	if (size <= COPY_INLINE) {
		for (unsigned i = 0; i < size; i += 8)
			store(e, constant(e, 0), offset(e, to, i));
		return;
	}
	for (unsigned at = 0; at < size; at += most)
		HELPER(e, BPF_FUNC_probe_read_kernel, offset(e, to, at),
		       constant32(e, size - at < most ? size - at : most),
		       zeros(e));
}

void bytes_copy(struct emit *e, LLVMValueRef to, LLVMValueRef from,
		unsigned size)
{
	if (size > COPY_INLINE) {
		HELPER(e, BPF_FUNC_probe_read_kernel, to, constant32(e, size),
		       from);
		return;
	}
	for (unsigned i = 0; i < size; i += 8)
		store(e, load(e, e->i64, offset(e, from, i)),
		      offset(e, to, i));
}

/* The literal's words, padded with NULs to @size. */
static void literal_store(struct emit *e, LLVMValueRef to, const char *text,
			  size_t length, unsigned size)
{
	for (unsigned i = 0; i < size; i += 8) {
		uint64_t word = 0;

		if (i < length)
			memcpy(&word, text + i,
			       length - i < 8 ? length - i : 8);
		store(e, constant(e, (int64_t)word), offset(e, to, i));
	}
}

/* ---- operands ---- */

LLVMValueRef long_operand(struct body *b, const struct ir_arg *arg)
{
	LLVMValueRef value;

	if (arg->kind == IR_ARG_LONG)
		return constant(b->e, arg->number);
	value = load(b->e, b->e->i64, b->vars[arg->number]);
	/* LLVM is not to keep it for the next use, on the stack */
	if (b->lean)
		LLVMSetVolatile(value, true);
	return value;
}

void var_store(struct body *b, int var, LLVMValueRef value)
{
	LLVMValueRef made = LLVMBuildStore(b->e->builder, value, b->vars[var]);

	if (b->lean)
		LLVMSetVolatile(made, true);
}

void long_result(struct body *b, const struct ir_op *op, LLVMValueRef value)
{
	if (op->result >= 0)
		var_store(b, op->result, value);
}

struct text text_of_var(struct body *b, int var)
{
	const struct ir_var *row = &b->function->vars.items[var];
	struct text text = { .pointer = b->vars[var], .bound = row->bound };

	text.slot = !is_short(row->bound);
	text.room = text.slot ? 0 : text_room(row->bound);
	return text;
}

struct text text_operand(struct body *b, const struct ir_arg *arg)
{
	if (arg->kind == IR_ARG_TEXT)
		return (struct text){ .literal = arg->text,
				      .length = (size_t)arg->number,
				      .bound = (int)arg->number };
	return text_of_var(b, (int)arg->number);
}

struct text text_slot(struct emit *e, LLVMValueRef pointer)
{
	return (struct text){ .pointer = pointer, .slot = true,
			      .bound = (int)e->text_size - 1 };
}

LLVMValueRef temp_slot(struct body *b, int number)
{
	return offset(b->e, b->frame, b->e->temps_at +
		      (unsigned)number * 2 * b->e->text_size);
}

/* Room for what one operation reads and takes at once. In a frame, since the
 * stack has no room for one more with each operation. */
LLVMValueRef scratch(struct body *b, unsigned size)
{
	return b->frame ? offset(b->e, b->frame, b->e->value_at) :
			  stack_room(b->e, b->llvm, size);
}

/* Literals that functions take as slots lie in writable data: the verifier
 * wants to be able to write what is passed to a global function. */
LLVMValueRef literal_slot(struct emit *e, const char *text, size_t length)
{
	struct buf name = { 0 };
	char *bytes, *key;
	LLVMValueRef data;

	buf_escape(&name, text, length);
	key = buf_take(&name, e->arena);
	data = map_get(&e->literals, key);
	if (data)
		return data;
	bytes = arena_alloc(e->arena, 2 * e->text_size);
	memcpy(bytes, text, length < e->text_size ? length :
						    e->text_size - 1);
	data = data_create(e, arena_printf(e->arena, "literal_%zu",
					   e->literals.count),
			   ".data.literals",
			   bytes_constant(e, bytes, 2 * e->text_size), true);
	LLVMSetLinkage(data, LLVMInternalLinkage);
	map_put(e->arena, &e->literals, key, data);
	return data;
}

LLVMValueRef text_as_slot(struct body *b, const struct text *text, int temp)
{
	if (text->slot)
		return text->pointer;
	if (!text->pointer)
		return literal_slot(b->e, text->literal, text->length);

	LLVMValueRef slot = temp_slot(b, temp);

	bytes_copy(b->e, slot, text->pointer, text->room);
	return slot;
}

/* ---- copies ---- */

void text_clear(struct emit *e, const struct text *to)
{
	if (to->slot)
		store(e, LLVMConstInt(e->i8, 0, false), to->pointer);
	else
		bytes_clear(e, to->pointer, to->room);
}

static void copy_to_short(struct emit *e, const struct text *to,
			  const struct text *from)
{
	unsigned size;

	if (!from->pointer) {
		literal_store(e, to->pointer, from->literal,
			      from->length < to->room ? from->length :
							to->room - 1,
			      to->room);
	} else if (from->slot) {
		bytes_clear(e, to->pointer, to->room);
		HELPER(e, BPF_FUNC_probe_read_kernel_str, to->pointer,
		       constant32(e, to->room), from->pointer);
	} else {
		size = from->room < to->room ? from->room : to->room;
		bytes_copy(e, to->pointer, from->pointer, size);
		bytes_clear(e, offset(e, to->pointer, size), to->room - size);
	}
}

static void copy_to_slot(struct emit *e, const struct text *to,
			 const struct text *from)
{
	if (from->slot)
		LIBRARY(e, "rt_text_copy", to->pointer, from->pointer);
	else if (from->pointer)
		bytes_copy(e, to->pointer, from->pointer, from->room);
	else if (from->length < COPY_INLINE)
		literal_store(e, to->pointer, from->literal, from->length,
			      text_room((int)from->length));
	else
		LIBRARY(e, "rt_text_copy", to->pointer,
			literal_slot(e, from->literal, from->length));
}

void text_copy(struct emit *e, const struct text *to, const struct text *from)
{
	if (to->slot)
		copy_to_slot(e, to, from);
	else
		copy_to_short(e, to, from);
}

/* ---- comparison ---- */

static LLVMValueRef text_word(struct emit *e, const struct text *text,
			      unsigned at)
{
	uint64_t word = 0;

	if (text->pointer)
		return at < text->room ?
			load(e, e->i64, offset(e, text->pointer, at)) :
			constant(e, 0);
	if (at < text->length)
		memcpy(&word, text->literal + at,
		       text->length - at < 8 ? text->length - at : 8);
	return constant(e, (int64_t)word);
}

static LLVMValueRef swapped(struct emit *e, LLVMValueRef word)
{
	unsigned id = LLVMLookupIntrinsicID("llvm.bswap", 10);
	LLVMValueRef function = LLVMGetIntrinsicDeclaration(e->module, id,
							    &e->i64, 1);

	return LLVMBuildCall2(e->builder,
			      LLVMIntrinsicGetType(e->context, id, &e->i64, 1),
			      function, &word, 1, "");
}

/* By words from the last to the first: the first that differs decides. */
static LLVMValueRef compare_words(struct emit *e, const struct text *left,
				  const struct text *right, unsigned room)
{
	LLVMValueRef result = constant(e, 0);

	for (unsigned at = room; at; at -= 8) {
		LLVMValueRef l = text_word(e, left, at - 8);
		LLVMValueRef r = text_word(e, right, at - 8);
		LLVMValueRef less = LLVMBuildICmp(e->builder, LLVMIntULT,
						  swapped(e, l), swapped(e, r),
						  "");
		LLVMValueRef sign = LLVMBuildSelect(e->builder, less,
						    constant(e, -1),
						    constant(e, 1), "");

		result = LLVMBuildSelect(e->builder,
					 LLVMBuildICmp(e->builder, LLVMIntEQ,
						       l, r, ""),
					 result, sign, "");
	}
	return result;
}

static unsigned room_of(const struct text *text)
{
	return text->pointer ? text->room : text_room((int)text->length);
}

LLVMValueRef text_compare(struct body *b, const struct text *left,
			  const struct text *right)
{
	if (left->slot || right->slot || left->bound > SHORT_TEXT ||
	    right->bound > SHORT_TEXT)
		return LIBRARY(b->e, "rt_text_compare",
			       text_as_slot(b, left, 0),
			       text_as_slot(b, right, 1));

	unsigned room = room_of(left) > room_of(right) ? room_of(left) :
							 room_of(right);

	return compare_words(b->e, left, right, room);
}
