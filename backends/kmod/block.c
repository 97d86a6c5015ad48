/*
 * Functions: a C function each, blocks as labels. Long results go to *ret,
 * texts to ret[room]; what is returned says whether it faulted.
 */
#include "backends/kmod/gen.h"

#include <inttypes.h>

#include "translator/base/arena.h"

static void write_head(struct gen *gen, size_t number, const char *end)
{
	const struct ir_function *function =
		gen->program->functions.items[number];
	struct buf head = { 0 };

	buf_printf(&head, "static int f%zu(struct rt_frame *frame", number);
	for (int i = 0; i < function->param_count; i++)
		buf_printf(&head, ", %sa%d",
			   function->vars.items[i].type == IR_TEXT
				   ? "const char *" : "s64 ", i);
	if (function->result == IR_LONG)
		buf_puts(&head, ", s64 *ret");
	if (function->result == IR_TEXT)
		buf_puts(&head, ", char *ret, u32 room");
	write_line(&gen->out, "%s)%s", buf_text(&head), end);
	buf_free(&head);
}

/* ---- calls and control ---- */

static void write_call(struct gen *gen, const struct ir_op *op)
{
	const struct ir_function *callee =
		gen->program->functions.items[op->args.items[0].number];
	struct buf call = { 0 };

	buf_printf(&call, "%s(frame", operand(gen, &op->args.items[0]));
	for (size_t i = 1; i < op->args.count; i++)
		buf_printf(&call, ", %s", operand(gen, &op->args.items[i]));
	if (callee->result == IR_TEXT)
		buf_printf(&call, ", %s", op->result < 0 ? "NULL, 0"
						: target(gen, op->result));
	else if (callee->result == IR_LONG && op->result < 0)
		buf_puts(&call, ", NULL");
	else if (callee->result == IR_LONG)
		buf_printf(&call, ", &v%d", op->result);
	write_line(&gen->out, "if (rt_called(frame, %s), %d))",
		   buf_text(&call), op->site);
	write_line(&gen->out, "\t%s;", fault_of(gen, op));
	buf_free(&call);
}

static void write_return(struct gen *gen, const struct ir_op *op)
{
	struct writer *out = &gen->out;

	if (op->args.count) {
		const struct ir_arg *value = &op->args.items[0];

		write_line(out, "if (ret)");
		if (operand_is_text(gen, value))
			write_line(out, "\trt_copy(ret, room, %s);",
				   operand(gen, value));
		else
			write_line(out, "\t*ret = %s;", operand(gen, value));
	}
	write_line(out, "goto done;");
}

/* To a block, or out of the front test. */
static void write_way(struct gen *gen, int block, const char *indent)
{
	if (gen->in_front && ir_front_leaves(gen->function, block))
		write_line(&gen->out, "%sreturn RT_AWAY;", indent);
	else
		write_line(&gen->out, "%sgoto b%d;", indent, block);
}

static void write_control(struct gen *gen, const struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;
	struct writer *out = &gen->out;

	if (op->code == IR_JUMP) {
		write_line(out, "goto b%" PRId64 ";", args[0].number);
	} else if (op->code == IR_BRANCH) {
		write_line(out, "if (%s)", operand(gen, &args[0]));
		write_way(gen, (int)args[1].number, "\t");
		write_way(gen, (int)args[2].number, "");
	} else if (op->code == IR_RETURN) {
		write_return(gen, op);
	} else if (op->code == IR_FAIL) {
		write_line(out, "rt_raise_text(frame, %s, %d);",
			   operand(gen, &args[0]), op->site);
		write_line(out, "%s;", fault_of(gen, op));
	} else if (op->code == IR_FAILWITH) {
		write_line(out, "rt_raise(frame, %" PRId64 ", 0, %d);",
			   args[0].number, op->site);
		write_line(out, "%s;", fault_of(gen, op));
	} else if (op->code == IR_CATCH) {
		write_line(out, "if (rt_catch(frame, %s))",
			   target(gen, op->result));
		write_line(out, "\tgoto fail;");
	} else if (op->code == IR_ACTION) {
		write_line(out, "if (rt_action(frame, %" PRId64 ", %d))",
			   args[0].number, op->site);
		write_line(out, "\t%s;", fault_of(gen, op));
	} else {
		write_call(gen, op);
	}
}

static void write_op(struct gen *gen, const struct ir_op *op)
{
	if (op->site >= 0)
		write_place(&gen->out,
			    gen->program->sites.items[op->site].place);
	if (is_value_op(op->code))
		write_value_op(gen, op);
	else if (is_array_op(op->code))
		write_array_op(gen, op);
	else if (op->code == IR_PRINT || op->code == IR_SPRINT)
		write_format_op(gen, op);
	else if (op->code == IR_EMBED)
		embedded_call(gen, op);
	else if (op->code != IR_TOUCH)
		write_control(gen, op);
}

/* ---- handlers ---- */

static bool is_handler(const struct gen *gen, size_t number)
{
	for (size_t i = 0; i < gen->program->probes.count; i++)
		if ((size_t)gen->program->probes.items[i]->function == number)
			return true;
	return false;
}

/* Calls @sees for the operations, until it is true of one. */
static bool any_op(const struct ir_function *function,
		   bool (*sees)(enum ir_code code))
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			if (sees(block->ops.items[j]->code))
				return true;
	}
	return false;
}

/* Takes room of the frame behind the function's own. */
static bool goes_deeper(enum ir_code code)
{
	return code == IR_CALL || code == IR_CALLV || code == IR_EMBED;
}

/* ---- functions ---- */

static void write_vars(struct gen *gen, size_t number)
{
	const struct ir_function *function = gen->function;
	struct writer *out = &gen->out;

	write_line(out, "struct f%zu_vars {", number);
	write_line(out, "char key[%u] __aligned(8);",
		   key_buffer(gen, function) + 8);
	for (size_t i = 0; i < function->vars.count; i++)
		if (function->vars.items[i].type == IR_TEXT)
			write_line(out, "char v%zu[%u] __aligned(8);", i,
				   text_room(gen, function, (int)i));
	write_line(out, "};");
}

/* The variables of a handler are the first on the frame's stack, where there is
 * room, or on the kernel's. */
static void write_room(struct gen *gen, size_t number, bool handler)
{
	struct writer *out = &gen->out;

	if (!handler) {
		write_line(out, "struct f%zu_vars *v = rt_enter(frame, "
			   "sizeof(*v));", number);
		write_line(out, "int status = RT_DONE;");
		write_blank(out);
		write_line(out, "if (!v)");
		write_line(out, "\treturn RT_TOO_DEEP;");
		return;
	}
	switch (weight_of(gen, (int)number)) {
	case WEIGHT_LIGHT:
		break;
	case WEIGHT_SLIM:
		write_line(out, "struct f%zu_vars room RT_UNINITIALIZED;",
			   number);
		write_line(out, "struct f%zu_vars *v = &room;", number);
		break;
	case WEIGHT_WHOLE:
		write_line(out, "struct f%zu_vars *v = (void *)frame->stack;",
			   number);
		break;
	}
	write_line(out, "int status = RT_DONE;");
	write_blank(out);
	if (any_op(gen->function, goes_deeper))
		write_line(out, "rt_begin(frame, v + 1);");
}

/* Variables begin as 0 or "", parameters as what was given. */
static void write_entry(struct gen *gen, size_t number, bool handler)
{
	const struct ir_function *function = gen->function;
	struct writer *out = &gen->out;

	for (int i = 0; i < (int)function->vars.count; i++)
		if (function->vars.items[i].type == IR_LONG)
			write_line(out, i < function->param_count
				   ? "s64 v%d = a%d;" : "s64 v%d = 0;", i, i);
	write_room(gen, number, handler);
	for (int i = 0; i < (int)function->vars.count; i++) {
		if (function->vars.items[i].type != IR_TEXT)
			continue;
		if (i < function->param_count)
			write_line(out, "rt_copy(v->v%d, sizeof(v->v%d), "
				   "a%d);", i, i, i);
		else
			write_line(out, "v->v%d[0] = '\\0';", i);
	}
	write_line(out, "goto b0;");
}

/* Whether a block of a handler is part of its front test. */
static bool is_front(const struct gen *gen, int block)
{
	int length = ir_front_length(gen->program, gen->function), at = 0;

	while (length-- > 0 && at >= 0) {
		if (at == block)
			return true;
		at = ir_front_next(gen->program, gen->function, at);
	}
	return false;
}

static void write_function(struct gen *gen, size_t number)
{
	struct writer *out = &gen->out;
	bool handler = is_handler(gen, number);

	gen->function = gen->program->functions.items[number];
	write_blank(out);
	write_vars(gen, number);
	write_blank(out);
	write_line(out, "/* %s */", gen->function->name);
	write_head(gen, number, "");
	write_line(out, "{");
	write_entry(gen, number, handler);
	for (size_t i = 0; i < gen->function->blocks.count; i++) {
		const struct ir_block *block = gen->function->blocks.items[i];

		gen->in_front = handler && is_front(gen, (int)i);
		write_label(out, "b%zu:", i);
		for (size_t j = 0; j < block->ops.count; j++)
			write_op(gen, block->ops.items[j]);
	}
	write_label(out, "fail: __maybe_unused");
	write_line(out, "status = RT_FAULT;");
	write_label(out, "done: __maybe_unused");
	if (!handler)
		write_line(out, "rt_leave(frame, v);");
	write_line(out, "return status;");
	write_line(out, "}");
}

void functions_write(struct gen *gen)
{
	for (size_t i = 0; i < gen->program->functions.count; i++)
		write_head(gen, i, ";");
	for (size_t i = 0; i < gen->program->functions.count; i++)
		write_function(gen, i);
}
