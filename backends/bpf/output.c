/*
 * print and sprint. A record of known size is written where it will be read,
 * in the ring; one with long texts is put together in the frame first.
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/common/format.h"
#include "runtime/common/wire.h"

enum { NO_WAKEUP = 1 };

/* ---- in the ring ---- */

/* @in_head: its room is said there. */
static void direct_text(struct body *b, const struct ir_arg *arg,
			LLVMValueRef record, unsigned *at, bool in_head)
{
	struct emit *e = b->e;
	struct text from, to = {
		.room = text_room(arg_bound(b->function, arg)),
		.bound = arg_bound(b->function, arg),
	};

	if (!in_head) {
		store(e, constant(e, to.room), offset(e, record, *at));
		*at += 8;
	}
	to.pointer = offset(e, record, *at);
	*at += to.room;
	if (late_make(b, arg, to.pointer, to.room, true))
		return;
	from = text_operand(b, arg);
	text_copy(e, &to, &from);
}

/* Which argument is the first text whose room the head can say; or 0. */
static size_t text_in_head(struct body *b, const struct ir_op *op)
{
	if (op->args.items[0].number >= WIRE_FORMATS_MOST)
		return 0;
	for (size_t i = 1; i < op->args.count; i++)
		if (arg_is_text(b->function, &op->args.items[i]))
			return text_room(arg_bound(b->function,
						   &op->args.items[i])) <
			       WIRE_ROOM_MOST ? i : 0;
	return 0;
}

/* Room for a record whose texts are all short. */
static LLVMValueRef direct_record(struct body *b, const struct ir_op *op,
				  unsigned size, size_t in_head)
{
	struct emit *e = b->e;
	int64_t id = op->args.items[0].number;
	int kind = WIRE_PRINT;

	if (in_head) {
		kind = WIRE_PRINT_TEXT;
		size -= 8;
		id = wire_print_text(
			(uint32_t)id,
			text_room(arg_bound(b->function,
					    &op->args.items[in_head])));
	}
	return LIBRARY(e, "rt_output_begin", constant(e, size),
		       constant32(e, kind), constant32(e, id));
}

static void print_direct(struct body *b, const struct ir_op *op, unsigned size)
{
	struct emit *e = b->e;
	LLVMBasicBlockRef room = block_create(e, "room");
	LLVMBasicBlockRef next = block_create(e, "next");
	size_t in_head = text_in_head(b, op);
	LLVMValueRef record = direct_record(b, op, size, in_head);
	unsigned at = sizeof(struct wire_head);

	branch_away(e, LLVMBuildIsNull(e->builder, record, ""), next, room);
	for (size_t i = 1; i < op->args.count; i++) {
		const struct ir_arg *arg = &op->args.items[i];

		if (arg_is_text(b->function, arg)) {
			direct_text(b, arg, record, &at, i == in_head);
			continue;
		}
		store(e, long_operand(b, arg), offset(e, record, at));
		at += 8;
	}
	LIBRARY(e, "rt_output_end", record);
	LLVMBuildBr(e->builder, next);
	goto_block(e, next);
}

/* ---- in the frame ---- */

struct building {
	LLVMValueRef at;	/* bytes so far */
};

static LLVMValueRef here(struct body *b, const struct building *building)
{
	return offset_by(b->e, offset(b->e, b->frame, b->e->record_at),
			 building->at);
}

static void advance(struct body *b, struct building *building,
		    LLVMValueRef bytes)
{
	building->at = LLVMBuildAdd(b->e->builder, building->at, bytes, "");
}

static void build_text(struct body *b, const struct ir_arg *arg,
		       struct building *building)
{
	struct emit *e = b->e;
	struct text from = text_operand(b, arg), to = { 0 };

	if (from.slot || from.bound > SHORT_TEXT) {
		advance(b, building,
			LIBRARY(e, "rt_record_text", here(b, building),
				text_as_slot(b, &from, 0)));
		return;
	}
	to.room = text_room(from.bound);
	to.bound = from.bound;
	to.pointer = offset(e, here(b, building), 8);
	store(e, constant(e, to.room), here(b, building));
	text_copy(e, &to, &from);
	advance(b, building, constant(e, 8 + to.room));
}

static void build_long(struct body *b, LLVMValueRef value,
		       struct building *building)
{
	store(b->e, value, here(b, building));
	advance(b, building, constant(b->e, 8));
}

/* The memory that %m and %M show: the number of bytes, room, the bytes. What
 * cannot be read is zeros. */
static void build_memory(struct body *b, const struct ir_arg *arg,
			 const struct format_directive *directive,
			 LLVMValueRef precision, struct building *building)
{
	struct emit *e = b->e;
	unsigned most = e->text_size;
	LLVMValueRef fits, length, room, to;

	if (!precision)
		precision = constant(e, directive->precision < 0 ? 1 :
					directive->precision);
	fits = LLVMBuildICmp(e->builder, LLVMIntULE, precision,
			     constant(e, most), "");
	length = LLVMBuildSelect(e->builder, fits, precision,
				 constant(e, most), "");
	room = LLVMBuildAnd(e->builder,
			    LLVMBuildAdd(e->builder, length, constant(e, 7),
					 ""),
			    constant(e, 2 * most - 8), "");
	build_long(b, length, building);
	build_long(b, room, building);
	to = here(b, building);
	memory_read(b, directive->flag == '#', to,
		    LLVMBuildTrunc(e->builder, length, e->i32, ""),
		    long_operand(b, arg));
	advance(b, building, room);
}

/* The arguments of one directive, stars first. */
static void build_directive(struct body *b, const struct ir_op *op,
			    const struct format_directive *directive,
			    size_t *next, struct building *building)
{
	LLVMValueRef precision = NULL, width;

	if (directive->width == FORMAT_STAR) {
		width = long_operand(b, &op->args.items[(*next)++]);
		build_long(b, width, building);
	}
	if (directive->precision == FORMAT_STAR) {
		precision = long_operand(b, &op->args.items[(*next)++]);
		build_long(b, precision, building);
	}

	const struct ir_arg *arg = &op->args.items[(*next)++];

	if (format_type(directive) == 'a')
		build_memory(b, arg, directive, precision, building);
	else if (arg_is_text(b->function, arg))
		build_text(b, arg, building);
	else
		build_long(b, long_operand(b, arg), building);
}

static size_t stars(const struct format_directive *directive)
{
	return (size_t)(directive->width == FORMAT_STAR) +
	       (directive->precision == FORMAT_STAR);
}

static void print_built(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	const char *format =
		e->program->formats.items[op->args.items[0].number];
	LLVMValueRef record = offset(e, b->frame, e->record_at);
	LLVMValueRef cpu = HELPER(e, BPF_FUNC_get_smp_processor_id);
	struct building building = {
		constant(e, sizeof(struct wire_head))
	};
	struct format_iterator iterator;
	struct format_directive directive;
	size_t next = 1;

	store(e, LLVMConstInt(e->i16, WIRE_PRINT, false), record);
	store(e, LLVMBuildTrunc(e->builder, cpu, e->i16, ""),
	      offset(e, record, 2));
	store(e, constant32(e, op->args.items[0].number),
	      offset(e, record, 4));
	format_begin(&iterator, format, strlen(format));
	while (format_next(&iterator, &directive) != FORMAT_END)
		if (directive.kind == FORMAT_CONVERSION &&
		    next + stars(&directive) < op->args.count)
			build_directive(b, op, &directive, &next, &building);
	LIBRARY(e, "rt_output_built", record, building.at);
}

void op_print(struct body *b, const struct ir_op *op)
{
	bool direct;
	unsigned size = record_size(b->e, b->function, op, &direct);

	if (direct)
		print_direct(b, op, size);
	else
		print_built(b, op);
}

/* ---- sprint ---- */

static LLVMValueRef spec_of(struct body *b, const struct ir_op *op,
			    const struct format_directive *directive,
			    size_t *next)
{
	struct emit *e = b->e;
	LLVMValueRef width, precision, spec;

	if (!stars(directive))
		return constant(e, (int64_t)format_spec(
			directive->conversion, directive->flag,
			directive->width, directive->precision));
	width = directive->width == FORMAT_STAR ?
		long_operand(b, &op->args.items[(*next)++]) :
		constant(e, directive->width);
	precision = directive->precision == FORMAT_STAR ?
		    long_operand(b, &op->args.items[(*next)++]) :
		    constant(e, directive->precision);
	spec = LIBRARY(e, "rt_format_spec", constant(e, directive->conversion),
		       constant(e, directive->flag), width, precision);
	return spec;
}

enum { BEFORE_MOST = 8 };

/* A short literal is handed over with the conversion behind it (length 0: there is
 * none): as a word, whose lowest byte is the first character. */
static LLVMValueRef before_word(struct emit *e, struct format_directive *before)
{
	uint64_t word = 0;

	for (size_t i = before->length; i-- > 0;)
		word = word << 8 | (unsigned char)before->text[i];
	before->length = 0;
	return constant(e, (int64_t)word);
}

static LLVMValueRef sprint_literal(struct body *b, struct text work,
				   LLVMValueRef at,
				   const struct format_directive *directive)
{
	struct emit *e = b->e;
	int64_t plain = (int64_t)format_spec('s', 0, FORMAT_NONE, FORMAT_NONE);

	return LIBRARY(e, "rt_format_text", work.pointer, at,
		       constant(e, plain),
		       literal_slot(e, directive->text, directive->length),
		       constant(e, 0));
}

/* A literal that no conversion took. */
static LLVMValueRef sprint_before(struct body *b, struct text work,
				  LLVMValueRef at,
				  struct format_directive *before)
{
	if (before->length)
		at = sprint_literal(b, work, at, before);
	before->length = 0;
	return at;
}

static LLVMValueRef sprint_value(struct body *b, const struct ir_op *op,
				 struct text work, LLVMValueRef at,
				 const struct format_directive *directive,
				 size_t *next, struct format_directive *before)
{
	struct emit *e = b->e;
	LLVMValueRef spec = spec_of(b, op, directive, next);
	const struct ir_arg *arg = &op->args.items[(*next)++];
	struct text text;

	if (format_type(directive) == 'a') {
		at = sprint_before(b, work, at, before);
		return LIBRARY(e, "rt_format_memory", work.pointer, at, spec,
			       long_operand(b, arg));
	}
	if (!arg_is_text(b->function, arg))
		return LIBRARY(e, "rt_format_long", work.pointer, at, spec,
			       long_operand(b, arg), before_word(e, before));
	text = text_operand(b, arg);
	return LIBRARY(e, "rt_format_text", work.pointer, at, spec,
		       text_as_slot(b, &text, 0), before_word(e, before));
}

void op_sprint(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	const char *format =
		e->program->formats.items[op->args.items[0].number];
	struct text result = text_of_var(b, op->result);
	struct text work = text_slot(e, temp_slot(b, 3));
	LLVMValueRef at = constant(e, 0);
	struct format_iterator iterator;
	struct format_directive directive, before = { 0 };
	size_t next = 1;
	bool beside = !result.slot;

	for (size_t i = 1; i < op->args.count; i++)
		if (op->args.items[i].kind == IR_ARG_VAR &&
		    op->args.items[i].number == op->result)
			beside = true;
	if (!beside)
		work = result;
	text_clear(e, &work);
	format_begin(&iterator, format, strlen(format));
	while (format_next(&iterator, &directive) != FORMAT_END) {
		if (directive.kind == FORMAT_LITERAL) {
			at = sprint_before(b, work, at, &before);
			before = directive;
			if (directive.length > BEFORE_MOST)
				at = sprint_before(b, work, at, &before);
		} else if (directive.kind == FORMAT_CONVERSION &&
			   next + stars(&directive) < op->args.count) {
			at = sprint_value(b, op, work, at, &directive, &next,
					  &before);
		}
	}
	sprint_before(b, work, at, &before);
	if (beside)
		text_copy(e, &result, &work);
}
