/*
 * Operands, and the operations that make values from values. A long variable
 * is a local vN, a text one a member v->vN of the function's room in the
 * frame.
 */
#include "backends/kmod/gen.h"

#include <inttypes.h>
#include <string.h>

#include "runtime/common/format.h"
#include "runtime/common/regex.h"
#include "runtime/common/registers.h"
#include "translator/base/arena.h"

bool operand_is_text(const struct gen *gen, const struct ir_arg *arg)
{
	return arg->kind == IR_ARG_TEXT ||
	       (arg->kind == IR_ARG_VAR &&
		gen->function->vars.items[arg->number].type == IR_TEXT);
}

static const char *literal(struct gen *gen, const struct ir_arg *arg)
{
	struct buf text = { 0 };

	buf_putc(&text, '"');
	buf_escape(&text, arg->text, strlen(arg->text));
	buf_putc(&text, '"');
	return buf_take(&text, gen->arena);
}

const char *operand(struct gen *gen, const struct ir_arg *arg)
{
	switch (arg->kind) {
	case IR_ARG_VAR:
		return arena_printf(gen->arena, "%sv%" PRId64,
				    operand_is_text(gen, arg) ? "v->" : "",
				    arg->number);
	case IR_ARG_LONG:
		return arena_printf(gen->arena, "(s64)%" PRIu64 "ull",
				    (uint64_t)arg->number);
	case IR_ARG_TEXT:
		return literal(gen, arg);
	case IR_ARG_NAME:
		return arg->text;
	case IR_ARG_GLOBAL:
		return arena_printf(gen->arena, "g%" PRId64, arg->number);
	case IR_ARG_ITER:
		return arena_printf(gen->arena, "&iters[%" PRId64 "]",
				    arg->number);
	case IR_ARG_BLOCK:
		return arena_printf(gen->arena, "b%" PRId64, arg->number);
	case IR_ARG_FUNCTION:
		return arena_printf(gen->arena, "f%" PRId64, arg->number);
	case IR_ARG_FORMAT: case IR_ARG_ANY: case IR_ARG_RELOC:
		break;
	}
	return "0";
}

const char *target(struct gen *gen, int var)
{
	if (gen->function->vars.items[var].type == IR_TEXT)
		return arena_printf(gen->arena, "v->v%d, sizeof(v->v%d)", var,
				    var);
	return arena_printf(gen->arena, "v%d", var);
}

const char *fault_of(struct gen *gen, const struct ir_op *op)
{
	return op->fault < 0 ? "goto fail" :
		arena_printf(gen->arena, "goto b%d", op->fault);
}

/* ---- arithmetic ---- */

/* What the operation is in C: a function of arith.h, or an operator. */
static const char *arith_name(enum ir_code code)
{
	switch (code) {
	case IR_ADD: return "arith_add";
	case IR_SUB: return "arith_sub";
	case IR_MUL: return "arith_mul";
	case IR_DIV: return "arith_div";
	case IR_MOD: return "arith_mod";
	case IR_SHL: return "arith_shl";
	case IR_SHR: return "arith_shr";
	case IR_USHR: return "arith_ushr";
	case IR_AND: return "&";
	case IR_OR: return "|";
	case IR_XOR: return "^";
	case IR_EQ: return "==";
	case IR_NE: return "!=";
	case IR_LT: return "<";
	case IR_LE: return "<=";
	/* no arithmetic */
	case IR_MOV: case IR_TMOV: case IR_TCMP: case IR_CAT: case IR_SPRINT:
	case IR_MATCH: case IR_PRIM: case IR_PRIMV: case IR_GET: case IR_SET:
	case IR_FETCHADD: case IR_AGET: case IR_ASET: case IR_AADD:
	case IR_AHAS: case IR_ADELETE: case IR_ACLEAR: case IR_SADD:
	case IR_SGET: case IR_SCLEAR: case IR_HGET: case IR_HPRINT: case IR_HTEXT:
	case IR_ITERBEGIN: case IR_ITERNEXT: case IR_ITERKEY:
	case IR_ITERVALUE: case IR_ITEREND: case IR_CALL: case IR_CALLV:
	case IR_PRINT: case IR_CATCH: case IR_ACTION: case IR_ARG: case IR_REG:
	case IR_RELOC: case IR_EMBED: case IR_TOUCH: case IR_LOAD: case IR_STORE:
	case IR_LOADTEXT: case IR_JUMP: case IR_BRANCH: case IR_RETURN: case IR_FAIL: case IR_FAILWITH:
	case IR_CODES:
		return NULL;
	}
	return NULL;
}

static void write_arith(struct gen *gen, const struct ir_op *op)
{
	const char *name = arith_name(op->code);
	const char *a = operand(gen, &op->args.items[0]);
	const char *b = operand(gen, &op->args.items[1]);

	if (op->code == IR_DIV || op->code == IR_MOD) {
		write_line(&gen->out, "if (!(%s)) {", b);
		write_line(&gen->out, "rt_raise(frame, RT_ERROR_DIVISION, 0, "
			   "%d);", op->site);
		write_line(&gen->out, "%s;", fault_of(gen, op));
		write_line(&gen->out, "}");
	}
	if (name[0] == 'a')
		write_line(&gen->out, "v%d = %s(%s, %s);", op->result, name,
			   a, b);
	else
		write_line(&gen->out, "v%d = %s %s %s;", op->result, a, name,
			   b);
}

/* ---- the others ---- */

static void write_prim(struct gen *gen, const struct ir_op *op)
{
	const char *name = op->args.items[0].text;
	bool text = op->code == IR_PRIM &&
		    gen->function->vars.items[op->result].type == IR_TEXT;
	struct buf call = { 0 };

	if (op->code == IR_PRIM && !text)
		buf_printf(&call, "v%d = ", op->result);
	buf_printf(&call, "prim_%s", name);
	/* the second row of that name */
	if (!strcmp(name, "tokenize") && op->args.count == 2)
		buf_puts(&call, "_1");
	buf_puts(&call, "(frame");
	if (text)
		buf_printf(&call, ", %s", target(gen, op->result));
	for (size_t i = 1; i < op->args.count; i++)
		buf_printf(&call, ", %s", operand(gen, &op->args.items[i]));
	write_line(&gen->out, "%s);", buf_text(&call));
	buf_free(&call);
	if (prim_need(name, op->args.count - 1) != PRIM_NEEDS_FRAME)
		return;
	write_line(&gen->out, "if (unlikely(frame->error)) {");
	write_line(&gen->out, "frame->site = %d;", op->site);
	write_line(&gen->out, "%s;", fault_of(gen, op));
	write_line(&gen->out, "}");
}

static void write_get(struct gen *gen, const struct ir_op *op)
{
	const char *global = operand(gen, &op->args.items[0]);

	if (gen->function->vars.items[op->result].type == IR_TEXT)
		write_line(&gen->out, "rt_copy(%s, %s);",
			   target(gen, op->result), global);
	else
		write_line(&gen->out, "v%d = READ_ONCE(%s);", op->result,
			   global);
}

static void write_set(struct gen *gen, const struct ir_op *op)
{
	const char *global = operand(gen, &op->args.items[0]);
	const char *value = operand(gen, &op->args.items[1]);

	if (operand_is_text(gen, &op->args.items[1]))
		write_line(&gen->out, "rt_copy(%s, sizeof(%s), %s);", global,
			   global, value);
	else
		write_line(&gen->out, "WRITE_ONCE(%s, %s);", global, value);
}

static void write_load(struct gen *gen, const struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;

	write_line(&gen->out, "if (rt_load(frame, %s, %" PRId64 ", %" PRId64
		   ", %" PRId64 ", &v%d, %d))", operand(gen, &args[0]),
		   args[1].number, args[2].number, args[3].number, op->result,
		   op->site);
	write_line(&gen->out, "\t%s;", fault_of(gen, op));
}

static void write_store(struct gen *gen, const struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;

	write_line(&gen->out, "if (rt_store(frame, %s, %s, %" PRId64 ", %" PRId64
		   ", %d))", operand(gen, &args[0]), operand(gen, &args[1]),
		   args[2].number, args[3].number, op->site);
	write_line(&gen->out, "\t%s;", fault_of(gen, op));
}

static void write_load_text(struct gen *gen, const struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;

	write_line(&gen->out, "if (rt_load_text(frame, %s, %s, %" PRId64
		   ", %s, %d))", operand(gen, &args[0]),
		   operand(gen, &args[1]), args[2].number,
		   target(gen, op->result), op->site);
	write_line(&gen->out, "\t%s;", fault_of(gen, op));
}

/* ---- regular expressions ---- */

static void write_words(struct gen *gen, const char *name, const __u32 *words,
			size_t count)
{
	struct buf line = { 0 };

	while (count && !words[count - 1])
		count--;
	buf_printf(&line, ".%s = {", name);
	for (size_t i = 0; i < count; i++)
		buf_printf(&line, " %u,", words[i]);
	write_line(&gen->out, "%s },", buf_text(&line));
	buf_free(&line);
}

/* That they can be compiled was seen before. */
static void write_regex(struct gen *gen, const struct ir_arg *pattern)
{
	struct rt_regex *regex = arena_new(gen->arena, struct rt_regex);
	const char *reason;
	__u32 offset;

	regex_compile(pattern->text, (__u32)pattern->number, regex, &reason,
		      &offset);
	write_line(&gen->out, "static const struct rt_regex regex = {");
	write_line(&gen->out, ".groups = %u, .stride = %u,", regex->groups,
		   regex->stride);
	write_words(gen, "follow", regex->follow, REGEX_POSITIONS + 2);
	write_words(gen, "class_of", regex->class_of, REGEX_POSITIONS);
	write_words(gen, "entries", regex->entries, REGEX_ENTRIES);
	write_words(gen, "classes", regex->classes, REGEX_CLASSES * 8);
	write_line(&gen->out, "};");
}

static void write_match(struct gen *gen, const struct ir_op *op)
{
	write_line(&gen->out, "{");
	write_regex(gen, &op->args.items[1]);
	write_line(&gen->out, "if (rt_match(frame, %s, &regex, &v%d, %d))",
		   operand(gen, &op->args.items[0]), op->result, op->site);
	write_line(&gen->out, "\t%s;", fault_of(gen, op));
	write_line(&gen->out, "}");
}

bool is_value_op(enum ir_code code)
{
	return arith_name(code) || code == IR_MOV || code == IR_TMOV ||
	       code == IR_TCMP || code == IR_CAT || code == IR_PRIM ||
	       code == IR_PRIMV || code == IR_GET || code == IR_SET ||
	       code == IR_FETCHADD || code == IR_ARG || code == IR_REG ||
	       code == IR_RELOC ||
	       code == IR_LOAD || code == IR_STORE || code == IR_LOADTEXT || code == IR_MATCH;
}

void write_value_op(struct gen *gen, const struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;
	const char *a = op->args.count ? operand(gen, &args[0]) : "";
	const char *b = op->args.count > 1 ? operand(gen, &args[1]) : "";
	struct writer *out = &gen->out;

	if (arith_name(op->code))
		write_arith(gen, op);
	else if (op->code == IR_MOV)
		write_line(out, "v%d = %s;", op->result, a);
	else if (op->code == IR_TMOV)
		write_line(out, "rt_copy(%s, %s);", target(gen, op->result),
			   a);
	else if (op->code == IR_TCMP)
		write_line(out, "v%d = rt_compare(%s, %s);", op->result, a, b);
	else if (op->code == IR_CAT)
		write_line(out, "rt_cat(%s, %s, %s);", target(gen, op->result),
			   a, b);
	else if (op->code == IR_PRIM || op->code == IR_PRIMV)
		write_prim(gen, op);
	else if (op->code == IR_GET)
		write_get(gen, op);
	else if (op->code == IR_SET)
		write_set(gen, op);
	else if (op->code == IR_FETCHADD)
		write_line(out, "v%d = atomic64_fetch_add(%s, (atomic64_t *)"
			   "&%s);", op->result, b, a);
	else if (op->code == IR_ARG)
		write_line(out, "v%d = frame->args[%" PRId64 "];", op->result,
			   args[0].number);
	else if (op->code == IR_RELOC)
		write_line(out, "v%d = relocs[%" PRId64 "][%" PRId64 "];",
			   op->result, args[0].number, args[1].number);
	else if (op->code == IR_REG)
		write_line(out, "v%d = rt_register(frame, %d);", op->result,
			   register_place((int)args[0].number));
	else if (op->code == IR_MATCH)
		write_match(gen, op);
	else if (op->code == IR_LOAD)
		write_load(gen, op);
	else if (op->code == IR_STORE)
		write_store(gen, op);
	else
		write_load_text(gen, op);
}

/* ---- print and sprintf ---- */

/* A width or precision: a constant, or what the next operand says. */
static const char *size_of(struct gen *gen, const struct ir_op *op, size_t *at,
			   int given, const char *function)
{
	if (given != FORMAT_STAR)
		return arena_printf(gen->arena, "%d", given);
	return arena_printf(gen->arena, "%s(%s)", function,
			    operand(gen, &op->args.items[(*at)++]));
}

static void write_conversion(struct gen *gen, const struct ir_op *op,
			     size_t *at,
			     const struct format_directive *directive)
{
	const char *width = size_of(gen, op, at, directive->width, "rt_width");
	const char *precision = size_of(gen, op, at, directive->precision,
					"rt_precision");
	const struct ir_arg *value = &op->args.items[(*at)++];
	const char *what = operand_is_text(gen, value) ? "text" :
			   format_type(directive) == 'a' ? "memory" : "long";

	write_line(&gen->out, "rt_line_%s(frame, format_spec('%c', %d, %s, "
		   "%s), %s);", what,
		   directive->conversion, directive->flag, width, precision,
		   operand(gen, value));
}

static void write_literal(struct gen *gen,
			  const struct format_directive *directive)
{
	struct buf text = { 0 };

	buf_escape(&text, directive->text, directive->length);
	write_line(&gen->out, "rt_line_literal(frame, \"%s\", %u);",
		   buf_text(&text), directive->length);
	buf_free(&text);
}

static void write_sprint(struct gen *gen, const struct ir_op *op)
{
	const char *format =
		gen->program->formats.items[op->args.items[0].number];
	struct format_iterator iterator;
	struct format_directive directive;
	enum format_kind kind;
	size_t at = 1;

	write_line(&gen->out, "rt_line_begin(frame);");
	format_begin(&iterator, format, strlen(format));
	while ((kind = format_next(&iterator, &directive)) != FORMAT_END) {
		if (kind == FORMAT_LITERAL)
			write_literal(gen, &directive);
		else
			write_conversion(gen, op, &at, &directive);
	}
	write_line(&gen->out, "rt_line_end(frame, %s);",
		   target(gen, op->result));
}

/* The operands of one directive: width, precision, value. */
static void write_argument(struct gen *gen, const struct ir_op *op, size_t *at,
			   const struct format_directive *directive)
{
	const char *length = arena_printf(gen->arena, "%d",
		directive->precision < 0 ? 1 : directive->precision);
	const struct ir_arg *value;

	if (directive->width == FORMAT_STAR)
		write_line(&gen->out, "rt_record_long(frame, %s);",
			   operand(gen, &op->args.items[(*at)++]));
	if (directive->precision == FORMAT_STAR) {
		length = operand(gen, &op->args.items[(*at)++]);
		write_line(&gen->out, "rt_record_long(frame, %s);", length);
	}
	value = &op->args.items[(*at)++];
	if (format_type(directive) == 'a')
		write_line(&gen->out, "rt_record_memory(frame, %s, %s, %d);",
			   operand(gen, value), length,
			   directive->flag == '#');
	else
		write_line(&gen->out, "rt_record_%s(frame, %s);",
			   operand_is_text(gen, value) ? "text" : "long",
			   operand(gen, value));
}

static void write_print(struct gen *gen, const struct ir_op *op)
{
	const char *format =
		gen->program->formats.items[op->args.items[0].number];
	struct format_iterator iterator;
	struct format_directive directive;
	size_t at = 1;

	write_line(&gen->out, "rt_record_begin(frame, WIRE_PRINT, %" PRId64
		   ");", op->args.items[0].number);
	format_begin(&iterator, format, strlen(format));
	while (format_next(&iterator, &directive) != FORMAT_END)
		if (directive.kind == FORMAT_CONVERSION)
			write_argument(gen, op, &at, &directive);
	write_line(&gen->out, "rt_record_end(frame);");
}

void write_format_op(struct gen *gen, const struct ir_op *op)
{
	if (op->code == IR_SPRINT)
		write_sprint(gen, op);
	else
		write_print(gen, op);
}
