/*
 * Calls and returns. Arguments are stored in the callee's part of the frame, a
 * result is left in the frame's one place for results, which the caller reads
 * at once: the same for all kinds of functions.
 */
#include "backends/bpf/emit.h"

#include <stddef.h>

#include "runtime/bpf/lib/gen.h"
#include "translator/base/arena.h"

/* ORDER of the words at a function's link. */
enum { LINK_POINT, LINK_SP = 8, LINK_TOP = 16 };

static LLVMValueRef frame_word(struct body *b, size_t at)
{
	return offset(b->e, b->frame, at);
}

static struct text text_in(struct body *b, LLVMValueRef pointer, int bound)
{
	(void)b;
	return (struct text){ .pointer = pointer, .bound = bound,
			      .slot = !is_short(bound),
			      .room = is_short(bound) ? text_room(bound) : 0 };
}

/* ---- arguments and results ---- */

static void pass_arguments(struct body *b, const struct ir_op *op,
			   LLVMValueRef base)
{
	struct emit *e = b->e;
	int callee = (int)op->args.items[0].number;
	const struct ir_function *function =
		e->program->functions.items[callee];

	for (int i = 0; i < function->param_count; i++) {
		const struct ir_arg *arg = &op->args.items[i + 1];
		const struct ir_var *var = &function->vars.items[i];
		LLVMValueRef place = offset(e, base,
					    e->functions[callee].var_at[i]);

		if (var->type == IR_LONG) {
			store(e, long_operand(b, arg), place);
			continue;
		}

		struct text to = text_in(b, place, var->bound);
		struct text from = text_operand(b, arg);

		text_copy(e, &to, &from);
	}
}

static LLVMValueRef result_place(struct body *b, enum ir_type type)
{
	return offset(b->e, b->frame,
		      b->e->result_at + (type == IR_TEXT ? 8 : 0));
}

static void take_result(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	const struct ir_function *function =
		e->program->functions.items[op->args.items[0].number];

	if (op->result < 0)
		return;
	if (function->result == IR_LONG) {
		long_result(b, op, load(e, e->i64,
					result_place(b, IR_LONG)));
		return;
	}

	struct text to = text_of_var(b, op->result);
	struct text from = text_in(b, result_place(b, IR_TEXT),
				   function->result_bound);

	text_copy(e, &to, &from);
}

static void leave_result(struct body *b, const struct ir_arg *arg)
{
	struct text to, from;

	if (b->function->result == IR_LONG) {
		store(b->e, long_operand(b, arg), result_place(b, IR_LONG));
		return;
	}
	to = text_in(b, result_place(b, IR_TEXT), b->function->result_bound);
	from = text_operand(b, arg);
	text_copy(b->e, &to, &from);
}

/* ---- the step machine's calls ---- */

/* The callee's part on the stack; fails when that is full or too deep. */
static LLVMValueRef push(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	LLVMValueRef depth_word = frame_word(b, offsetof(struct rt_frame,
							 depth));
	LLVMValueRef top_word = frame_word(b, offsetof(struct rt_frame, top));
	LLVMValueRef depth = load(e, e->i32, depth_word);
	LLVMValueRef top = load(e, e->i32, top_word);
	unsigned size =
		e->functions[op->args.items[0].number].size;

	raise_if(b, op,
		 LLVMBuildICmp(e->builder, LLVMIntUGE, depth,
			       constant32(e, session_number(e, "maxnesting",
							    10)), ""),
		 RT_ERROR_NESTING, NULL);
	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntUGT, top,
				      constant32(e, e->stack_size -
						 e->recursive_size), ""),
		 RT_ERROR_NESTING, NULL);

	LLVMValueRef wide = LLVMBuildZExt(e->builder, top, e->i64, "");
	LLVMValueRef base = offset_by(e, offset(e, b->frame, e->stack_at),
				      wide);

	store(e, LLVMBuildZExt(e->builder,
			       load(e, e->i32,
				    frame_word(b, offsetof(struct rt_frame,
							   sp))),
			       e->i64, ""),
	      offset(e, base, LINK_SP));
	store(e, wide, offset(e, base, LINK_TOP));
	pass_arguments(b, op, base);
	store(e, top, frame_word(b, offsetof(struct rt_frame, sp)));
	store(e, LLVMBuildAdd(e->builder, top, constant32(e, size), ""),
	      top_word);
	store(e, LLVMBuildAdd(e->builder, depth, constant32(e, 1), ""),
	      depth_word);
	return base;
}

static void pop(struct body *b)
{
	struct emit *e = b->e;
	LLVMValueRef depth_word = frame_word(b, offsetof(struct rt_frame,
							 depth));
	LLVMValueRef sp = load(e, e->i64, offset(e, b->base, LINK_SP));
	LLVMValueRef top = load(e, e->i64, offset(e, b->base, LINK_TOP));

	store(e, LLVMBuildTrunc(e->builder, sp, e->i32, ""),
	      frame_word(b, offsetof(struct rt_frame, sp)));
	store(e, LLVMBuildTrunc(e->builder, top, e->i32, ""),
	      frame_word(b, offsetof(struct rt_frame, top)));
	store(e, LLVMBuildSub(e->builder, load(e, e->i32, depth_word),
			      constant32(e, 1), ""), depth_word);
}

static void machine_call(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	int number = (int)op->args.items[0].number;
	struct function_info *callee = &e->functions[number];
	struct body *to = b->machine->bodies[number];
	LLVMBasicBlockRef back = block_create(e, "back");
	LLVMValueRef base;

	if (callee->recursive) {
		base = push(b, op);
	} else {
		base = offset(e, b->frame, e->statics_at + callee->at);
		pass_arguments(b, op, base);
	}
	store(e, constant(e, machine_point(e, b->machine, back)),
	      offset(e, base, callee->link + LINK_POINT));
	store(e, constant32(e, to->entry_point),
	      frame_word(b, offsetof(struct rt_frame, pc)));
	LLVMBuildRet(e->builder, constant(e, 0));
	goto_block(e, back);
	renew_addresses(b, op);
	if (callee->faults)
		check_pending(b, op, true);
	take_result(b, op);
}

/* Back to the caller, whose point is in the link. */
static void machine_return(struct body *b)
{
	struct emit *e = b->e;
	LLVMValueRef point = load(e, e->i64,
				  offset(e, b->base, b->info->link));

	if (b->info->recursive)
		pop(b);
	store(e, LLVMBuildTrunc(e->builder, point, e->i32, ""),
	      frame_word(b, offsetof(struct rt_frame, pc)));
	LLVMBuildRet(e->builder, constant(e, 0));
}

/* ---- calls ---- */

static void simple_call(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	int number = (int)op->args.items[0].number;
	LLVMValueRef args[] = { b->frame, b->context };

	if (!e->compiled[number]) {
		LLVMBasicBlockRef now = LLVMGetInsertBlock(e->builder);

		compile_simple(e, number);
		goto_block(e, now);
		set_place(e, b->llvm, op->site);
	}
	pass_arguments(b, op, offset(e, b->frame, e->statics_at +
				     e->functions[number].at));
	LLVMBuildCall2(e->builder,
		       LLVMGlobalGetValueType(e->compiled[number]),
		       e->compiled[number], args, 2, "");
	if (e->functions[number].faults)
		check_pending(b, op, true);
	take_result(b, op);
}

void op_call(struct body *b, const struct ir_op *op)
{
	if (b->e->functions[op->args.items[0].number].machine)
		machine_call(b, op);
	else
		simple_call(b, op);
}

void op_return(struct body *b, const struct ir_op *op)
{
	if (op->args.count)
		leave_result(b, &op->args.items[0]);
	LLVMBuildBr(b->e->builder, b->leave);
}

/* ---- simple functions ---- */

static void load_params(struct body *b)
{
	if (b->lean)
		return;
	for (int i = 0; i < b->function->param_count; i++)
		if (b->function->vars.items[i].type == IR_LONG)
			store(b->e,
			      load(b->e, b->e->i64,
				   offset(b->e, b->base, b->info->var_at[i])),
			      b->vars[i]);
}

void compile_simple(struct emit *e, int number)
{
	struct body b = {
		.e = e, .number = number,
		.function = e->program->functions.items[number],
		.info = &e->functions[number],
	};

	b.llvm = function_create(e, arena_printf(e->arena, "f%d", number),
				 "pp", true);
	e->compiled[number] = b.llvm;
	function_begin(e, b.llvm);
	b.frame = LLVMGetParam(b.llvm, 0);
	b.context = LLVMGetParam(b.llvm, 1);
	b.base = offset(e, b.frame, e->statics_at + b.info->at);
	body_open(&b);
	load_params(&b);
	body_code(&b);
	goto_block(e, b.leave);
	LLVMBuildRet(e->builder, constant(e, 0));
}

/* The way out of a function in a step machine; handlers end the machine. */
void machine_leave(struct body *b, bool handler)
{
	struct emit *e = b->e;

	goto_block(e, b->leave);
	if (!handler) {
		machine_return(b);
		return;
	}
	store(e, constant32(e, -1),
	      frame_word(b, offsetof(struct rt_frame, pc)));
	LLVMBuildRet(e->builder, constant(e, 1));
}
