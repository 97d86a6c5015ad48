/*
 * Primitives: rows of runtime/common/intrinsics.def, called by name in the
 * library. Only pp() is known here, since probes are.
 */
#include "backends/bpf/emit.h"

#include <stddef.h>
#include <string.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/common/format.h"
#include "translator/base/arena.h"

static const struct prim_row rows[] = {
#define PRIM(name, signature, bound, flags, doc) \
	{ #name, signature, bound, flags, NULL },
#include "runtime/common/intrinsics.def"
#undef PRIM
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]) };

/* The row with so many arguments; the second and later rows of a name have
 * the number in their symbol. */
const struct prim_row *prim_find(struct arena *arena, const char *name,
				 int count)
{
	bool first = true;

	for (size_t i = 0; i < ROWS; i++) {
		struct prim_row *row;

		if (strcmp(rows[i].name, name))
			continue;
		if (strlen(rows[i].signature) != (size_t)count + 2) {
			first = false;
			continue;
		}
		row = arena_new(arena, struct prim_row);
		*row = rows[i];
		row->symbol = first ? arena_printf(arena, "prim_%s", name) :
				      arena_printf(arena, "prim_%s_%d", name,
						   count);
		return row;
	}
	return NULL;
}

bool prim_flag(const struct prim_row *row, char flag)
{
	return strchr(row->flags, flag) != NULL;
}

/* ---- pp(): the name by the number of the probe ---- */

static LLVMValueRef probe_names(struct emit *e)
{
	const struct ir_program *program = e->program;
	size_t count = program->probes.count;
	LLVMValueRef names = LLVMGetNamedGlobal(e->module, "probe_names");
	char *bytes;

	if (names)
		return names;
	bytes = arena_alloc(e->arena, count * e->text_size);
	for (size_t i = 0; i < count; i++)
		strncpy(bytes + i * e->text_size, program->probes.items[i]->name,
			(size_t)ir_limit(program, "maxstringlen") - 1);
	names = data_create(e, "probe_names", ".rodata.names",
			    bytes_constant(e, bytes, count * e->text_size),
			    true);
	LLVMSetLinkage(names, LLVMInternalLinkage);
	return names;
}

static void pp(struct body *b, LLVMValueRef to)
{
	struct emit *e = b->e;
	LLVMValueRef names = probe_names(e);
	LLVMValueRef number = load(e, e->i32, offset(
		e, b->frame, offsetof(struct rt_frame, probe)));
	LLVMValueRef known = LLVMBuildICmp(
		e->builder, LLVMIntULT, number,
		constant32(e, (int64_t)e->program->probes.count), "");
	LLVMValueRef index = LLVMBuildSelect(e->builder, known, number,
					     constant32(e, 0), "");
	LLVMValueRef at = LLVMBuildMul(e->builder,
				       LLVMBuildZExt(e->builder, index, e->i64,
						     ""),
				       constant(e, e->text_size), "");

	HELPER(e, 115 /* probe_read_kernel_str */, to,
	       constant32(e, e->text_size), offset_by(e, names, at));
}

/* ---- calls ---- */

/* A small primitive takes texts in any shape, but in memory. */
static LLVMValueRef text_argument(struct body *b, const struct prim_row *row,
				  const struct ir_arg *arg, int temp)
{
	struct text text = text_operand(b, arg);

	if (!text.pointer)
		return literal_slot(b->e, text.literal, text.length);
	return prim_flag(row, 'i') ? text.pointer :
				     text_as_slot(b, &text, temp);
}

static bool is_argument(const struct ir_op *op)
{
	for (size_t i = 1; i < op->args.count; i++)
		if (op->args.items[i].kind == IR_ARG_VAR &&
		    op->args.items[i].number == op->result)
			return true;
	return false;
}

/* Where the primitive writes its text: the result, or a slot beside it when
 * the shapes differ, when it is an argument too, or when it may fail. */
static struct text destination(struct body *b, const struct ir_op *op,
			       const struct prim_row *row)
{
	struct text result = { 0 };
	bool small = prim_flag(row, 'i');

	if (op->result >= 0)
		result = text_of_var(b, op->result);
	if (op->result >= 0 && !is_argument(op) && !prim_flag(row, 'f') &&
	    (result.slot || (small && row->bound <= result.bound)))
		return result;
	if (!small)
		return text_slot(b->e, temp_slot(b, 3));
	result.slot = false;
	result.bound = row->bound;
	result.room = text_room(row->bound);
	result.pointer = b->frame ? offset(b->e, b->frame, b->e->value_at) :
				    b->value;
	return result;
}

/* Of another task's addresses nothing is known here: they are shown as such. */
static LLVMValueRef foreign_address(struct body *b, const struct ir_op *op,
				    const struct text *to)
{
	struct emit *e = b->e;
	LLVMValueRef address = long_operand(b, &op->args.items[1]);
	int64_t hex = (int64_t)format_spec('x', '#', FORMAT_NONE, FORMAT_NONE);

	if (to->pointer)
		return LIBRARY(e, "rt_format_long", to->pointer, constant(e, 0),
			       constant(e, hex), address, constant(e, 0));
	return LIBRARY(e, "prim___address_print", b->frame, address,
		       constant(e, 0));
}

void op_prim(struct body *b, const struct ir_op *op)
{
	const char *name = op->args.items[0].text;
	const struct prim_row *row = prim_find(b->e->arena, name,
					       (int)op->args.count - 1);
	LLVMValueRef args[8], value = NULL;
	struct text to = { 0 };
	unsigned count = 0;

	if (!row) {
		refuse(b->e, op, "there is no primitive %s with %zu arguments",
		       name, op->args.count - 1);
		return;
	}
	if (prim_flag(row, 'c') || prim_flag(row, 'f'))
		args[count++] = b->frame;
	if (prim_flag(row, 'x'))
		args[count++] = b->e->foreign ? LLVMConstNull(b->e->ptr) :
						b->context;
	if (row->signature[0] == 't') {
		to = destination(b, op, row);
		if (to.pointer && !to.slot && !b->ragged)
			bytes_clear(b->e, to.pointer, to.room);
		args[count++] = to.pointer;
	}
	for (size_t i = 1; i < op->args.count; i++)
		args[count++] = row->signature[i + 1] == 't' ?
			text_argument(b, row, &op->args.items[i], (int)i - 1) :
			long_operand(b, &op->args.items[i]);
	if (!strcmp(name, "pp")) {
		pp(b, to.pointer);
		value = NULL;
	} else if (b->e->foreign && prim_flag(row, 'm') &&
		   !prim_flag(row, 'x') && row->signature[0] != 'l') {
		value = foreign_address(b, op, &to);
	} else if (!foreign_prim(b, name, &to, &value)) {
		value = library(b->e, row->symbol, args, count);
	}
	if (prim_flag(row, 'f'))
		check_pending(b, op, false);
	if (op->result < 0)
		return;
	if (row->signature[0] == 'l') {
		long_result(b, op, value);
		return;
	}

	struct text result = text_of_var(b, op->result);

	if (result.pointer != to.pointer)
		text_copy(b->e, &result, &to);
}
