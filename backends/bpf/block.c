/*
 * Control: blocks, edges, faults, and the step machine's points.
 *
 * In a step machine a back edge is no jump but the end of a step: the point to
 * go on at is left in the frame and the callback returns to bpf_loop(). So the
 * verifier sees code without loops, and every piece of it once.
 */
#include "backends/bpf/emit.h"

#include <stddef.h>

#include "runtime/bpf/lib/gen.h"
#include "translator/base/arena.h"

/* ---- step machine ---- */

unsigned machine_point(struct emit *e, struct machine *machine,
		       LLVMBasicBlockRef block)
{
	for (size_t i = 0; i < machine->points.count; i++)
		if (machine->points.items[i] == block)
			return machine->first + (unsigned)i;
	*vec_push(e->arena, &machine->points) = block;
	return machine->first + (unsigned)machine->points.count - 1;
}

static void go_on_at(struct body *b, LLVMBasicBlockRef block)
{
	struct emit *e = b->e;

	store(e, constant32(e, machine_point(e, b->machine, block)),
	      offset(e, b->frame, offsetof(struct rt_frame, pc)));
	LLVMBuildRet(e->builder, constant(e, 0));
}

void follow_edge(struct body *b, int to)
{
	if (b->machine && is_back_edge(b->info, b->block, to))
		go_on_at(b, b->blocks[to]);
	else
		LLVMBuildBr(b->e->builder, b->blocks[to]);
}

/* ---- faults ---- */

static LLVMValueRef error_word(struct body *b)
{
	return b->frame ? offset(b->e, b->frame,
				 offsetof(struct rt_frame, error)) : b->error;
}

/* Where control goes when @op fails, as a block to branch to. */
LLVMBasicBlockRef fault_block(struct body *b, const struct ir_op *op)
{
	LLVMBasicBlockRef now = LLVMGetInsertBlock(b->e->builder);
	LLVMBasicBlockRef edge;

	if (op->fault < 0)
		return b->leave;
	if (!b->machine || !is_back_edge(b->info, b->block, op->fault))
		return b->blocks[op->fault];
	edge = block_create(b->e, "back");
	goto_block(b->e, edge);
	go_on_at(b, b->blocks[op->fault]);
	goto_block(b->e, now);
	return edge;
}

static void note_error(struct body *b, LLVMValueRef error,
		       LLVMValueRef argument, LLVMValueRef site)
{
	struct emit *e = b->e;

	if (!b->frame) {
		store(e, error, b->error);
		store(e, argument, b->error_arg);
		store(e, site, b->error_site);
		return;
	}
	store(e, error, error_word(b));
	store(e, argument,
	      offset(e, b->frame, offsetof(struct rt_frame, error_arg)));
	store(e, site, offset(e, b->frame, offsetof(struct rt_frame, site)));
	store(e, constant32(e, 0),
	      offset(e, b->frame, offsetof(struct rt_frame, chain_length)));
}

static bool same_way_out(const struct body *b, const struct raising *raising,
			 const struct ir_op *op)
{
	/* a back edge belongs to its block */
	return raising->fault == op->fault &&
	       (op->fault < 0 || raising->block == b->block);
}

/* The one place where errors with this way out are noted: code is smaller so,
 * and there are many errors that never happen. */
static struct raising *raising_of(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	LLVMBasicBlockRef now = LLVMGetInsertBlock(e->builder);
	LLVMMetadataRef place = LLVMGetCurrentDebugLocation2(e->builder);
	LLVMValueRef frame = b->frame;
	struct raising *raising;

	for (size_t i = 0; i < b->raisings.count; i++)
		if (same_way_out(b, b->raisings.items[i], op))
			return b->raisings.items[i];
	raising = arena_new(e->arena, struct raising);
	raising->fault = op->fault;
	raising->block = b->block;
	raising->llvm = block_create(e, "raises");
	goto_block(e, raising->llvm);
	set_place(e, b->llvm, -1);
	b->frame = b->whole_frame;	/* many operations come here */
	raising->error = LLVMBuildPhi(e->builder, e->i32, "");
	raising->argument = LLVMBuildPhi(e->builder, e->i64, "");
	raising->site = LLVMBuildPhi(e->builder, e->i32, "");
	note_error(b, raising->error, raising->argument, raising->site);
	LLVMBuildBr(e->builder, fault_block(b, op));
	b->frame = frame;
	goto_block(e, now);
	LLVMSetCurrentDebugLocation2(e->builder, place);
	*vec_push(e->arena, &b->raisings) = raising;
	return raising;
}

/* The block to branch to from here when @error happens. */
static LLVMBasicBlockRef raising_block(struct body *b, const struct ir_op *op,
				       int error, LLVMValueRef argument)
{
	struct emit *e = b->e;
	struct raising *raising = raising_of(b, op);
	LLVMBasicBlockRef from = LLVMGetInsertBlock(e->builder);
	LLVMValueRef number = constant32(e, error);
	LLVMValueRef site = constant32(e, op->site);

	if (!argument)
		argument = constant(e, 0);
	LLVMAddIncoming(raising->error, &number, &from, 1);
	LLVMAddIncoming(raising->argument, &argument, &from, 1);
	LLVMAddIncoming(raising->site, &site, &from, 1);
	return raising->llvm;
}

void raise_error(struct body *b, const struct ir_op *op, int error,
		 LLVMValueRef argument)
{
	LLVMBuildBr(b->e->builder, raising_block(b, op, error, argument));
}

void raise_if(struct body *b, const struct ir_op *op, LLVMValueRef condition,
	      int error, LLVMValueRef argument)
{
	LLVMBasicBlockRef next = block_create(b->e, "next");

	branch_away(b->e, condition, raising_block(b, op, error, argument),
		    next);
}

/* An abort() passes by every catch. */
static void leave_if_aborted(struct body *b)
{
	struct emit *e = b->e;
	LLVMBasicBlockRef caught = block_create(e, "caught");
	LLVMValueRef aborted = LLVMBuildICmp(
		e->builder, LLVMIntEQ, load(e, e->i32, error_word(b)),
		constant32(e, RT_ABORT), "");

	LLVMBuildCondBr(e->builder, aborted, b->leave, caught);
	goto_block(e, caught);
}

void check_pending(struct body *b, const struct ir_op *op, bool chained)
{
	struct emit *e = b->e;
	LLVMBasicBlockRef failed = block_create(e, "failed");
	LLVMBasicBlockRef next = block_create(e, "next");
	LLVMValueRef pending = LLVMBuildICmp(
		e->builder, LLVMIntNE, load(e, e->i32, error_word(b)),
		constant32(e, RT_OK), "");

	LLVMBuildCondBr(e->builder, pending, failed, next);
	goto_block(e, failed);
	if (chained) {
		LIBRARY(e, "rt_chain_add", b->frame, constant32(e, op->site));
	} else {
		store(e, constant32(e, op->site),
		      offset(e, b->frame, offsetof(struct rt_frame, site)));
		store(e, constant32(e, 0),
		      offset(e, b->frame,
			     offsetof(struct rt_frame, chain_length)));
	}
	if (e->aborts && op->fault >= 0)
		leave_if_aborted(b);
	LLVMBuildBr(e->builder, fault_block(b, op));
	goto_block(e, next);
}

/* ---- small operations of control ---- */

static void op_branch(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	LLVMBasicBlockRef yes = block_create(e, "yes");
	LLVMBasicBlockRef no = block_create(e, "no");
	LLVMValueRef test = LLVMBuildICmp(e->builder, LLVMIntNE,
					  long_operand(b, &op->args.items[0]),
					  constant(e, 0), "");

	LLVMBuildCondBr(e->builder, test, yes, no);
	goto_block(e, yes);
	follow_edge(b, (int)op->args.items[1].number);
	goto_block(e, no);
	follow_edge(b, (int)op->args.items[2].number);
}

/* Statements are counted down from the limit that the program begins with. */
static void op_action(struct body *b, const struct ir_op *op)
{
	struct emit *e = b->e;
	LLVMValueRef word, left;

	if (!b->frame)
		return;
	word = offset(e, b->frame, offsetof(struct rt_frame, actions));
	left = LLVMBuildSub(e->builder, load(e, e->i64, word),
			    constant(e, op->args.items[0].number), "");
	store(e, left, word);
	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntSLT, left,
				      constant(e, 0), ""),
		 RT_ERROR_ACTIONS, NULL);
}

static void op_catch(struct body *b, const struct ir_op *op)
{
	struct text result;

	if (op->result < 0) {
		LIBRARY(b->e, "rt_catch", b->frame, temp_slot(b, 0));
		return;
	}
	result = text_of_var(b, op->result);
	if (result.slot) {
		LIBRARY(b->e, "rt_catch", b->frame, result.pointer);
		return;
	}

	struct text caught = text_slot(b->e, temp_slot(b, 0));

	LIBRARY(b->e, "rt_catch", b->frame, caught.pointer);
	text_copy(b->e, &result, &caught);
}

static void op_fail(struct body *b, const struct ir_op *op)
{
	struct text words = text_operand(b, &op->args.items[0]);
	struct text message = text_slot(
		b->e, offset(b->e, b->frame,
			     offsetof(struct rt_frame, message)));

	text_copy(b->e, &message, &words);
	raise_error(b, op, RT_ERROR_TEXT, NULL);
}

/* ---- one operation ---- */

static void op_code(struct body *b, const struct ir_op *op)
{
	switch (op->code) {
	case IR_MOV: case IR_ADD: case IR_SUB: case IR_MUL: case IR_DIV:
	case IR_MOD: case IR_AND: case IR_OR: case IR_XOR: case IR_SHL:
	case IR_SHR: case IR_USHR: case IR_EQ: case IR_NE: case IR_LT:
	case IR_LE: case IR_GET: case IR_SET: case IR_FETCHADD:
		op_value(b, op);
		break;
	case IR_TMOV: case IR_TCMP: case IR_CAT: case IR_MATCH:
		op_text(b, op);
		break;
	case IR_SPRINT:
		op_sprint(b, op);
		break;
	case IR_PRINT:
		op_print(b, op);
		break;
	case IR_PRIM: case IR_PRIMV:
		op_prim(b, op);
		break;
	case IR_AGET: case IR_ASET: case IR_AADD: case IR_AHAS:
	case IR_ADELETE: case IR_ACLEAR:
		op_array(b, op);
		break;
	case IR_SADD: case IR_SGET: case IR_SCLEAR: case IR_HGET:
	case IR_HPRINT: case IR_HTEXT:
		op_stat(b, op);
		break;
	case IR_ITERBEGIN: case IR_ITERNEXT: case IR_ITERKEY:
	case IR_ITERVALUE: case IR_ITEREND:
		op_iter(b, op);
		break;
	case IR_CALL: case IR_CALLV:
		op_call(b, op);
		break;
	case IR_ARG: case IR_REG: case IR_RELOC: case IR_LOAD: case IR_STORE: case IR_LOADTEXT:
		op_target(b, op);
		break;
	case IR_CATCH:
		op_catch(b, op);
		break;
	case IR_ACTION:
		op_action(b, op);
		break;
	case IR_JUMP:
		follow_edge(b, (int)op->args.items[0].number);
		break;
	case IR_BRANCH:
		op_branch(b, op);
		break;
	case IR_RETURN:
		op_return(b, op);
		break;
	case IR_FAIL:
		op_fail(b, op);
		break;
	case IR_FAILWITH:
		raise_error(b, op, (int)op->args.items[0].number, NULL);
		break;
	case IR_EMBED: case IR_TOUCH:
		refuse(b->e, op, "embedded C needs the module backend");
		break;
	case IR_CODES:
		break;
	}
}

/* ---- a whole function ---- */

/* The same pointer, which LLVM does not know to be the same. */
static LLVMValueRef another(struct emit *e, LLVMValueRef pointer)
{
	LLVMTypeRef type = LLVMFunctionType(e->ptr, &e->ptr, 1, false);
	LLVMValueRef nothing = LLVMGetInlineAsm(type, "", 0, "=r,0", 4, true,
						false, LLVMInlineAsmDialectATT,
						false);

	return LLVMBuildCall2(e->builder, type, nothing, &pointer, 1, "");
}

static void renew_var(struct body *b, int var)
{
	b->vars[var] = offset(b->e, b->base, b->info->var_at[var]);
}

/* Of equal sums of the frame's address and an offset LLVM makes one, and keeps it
 * on the stack from the first use to the last. So that it does not, each
 * operation has its own address of the frame. */
void renew_addresses(struct body *b, const struct ir_op *op)
{
	if (!b->lean)
		return;
	b->frame = another(b->e, b->whole_frame);
	b->base = b->info->recursive ? another(b->e, b->whole_base) :
		offset(b->e, b->frame, b->e->statics_at + b->info->at);
	for (size_t i = 0; i < op->args.count; i++)
		if (op->args.items[i].kind == IR_ARG_VAR)
			renew_var(b, (int)op->args.items[i].number);
	if (op->result >= 0)
		renew_var(b, op->result);
}

/* The addresses that are good in the whole function. */
static void whole_addresses(struct body *b)
{
	b->frame = b->whole_frame;
	b->base = b->whole_base;
}

static void vars_create(struct body *b)
{
	const struct ir_function *function = b->function;

	b->vars = arena_array(b->e->arena, LLVMValueRef, function->vars.count);
	for (size_t i = 0; i < function->vars.count; i++) {
		const struct ir_var *var = &function->vars.items[i];

		if (b->machine || b->lean ||
		    (b->frame && var->type == IR_TEXT))
			b->vars[i] = offset(b->e, b->base, b->info->var_at[i]);
		else
			b->vars[i] = stack_room(b->e, b->llvm,
						var_size(b->e, var));
	}
}

/* Makes the variables and blocks; b->llvm, frame, base and machine are set.
 * The builder stands where control enters. */
void body_open(struct body *b)
{
	const struct ir_function *function = b->function;

	b->lean = b->e->levels[b->number] != LEVEL_FAST;
	b->whole_frame = b->frame;
	b->whole_base = b->base;
	vars_create(b);
	b->blocks = arena_array(b->e->arena, LLVMBasicBlockRef,
				function->blocks.count);
	for (size_t i = 0; i < function->blocks.count; i++)
		b->blocks[i] = block_create(b->e, "b");
	b->leave = block_create(b->e, "leave");
	loads_find(b);
}

static void vars_begin(struct body *b)
{
	const struct ir_function *function = b->function;

	for (size_t i = 0; i < function->vars.count; i++) {
		struct text text;

		if (!b->info->starts_unset[i])
			continue;
		if (function->vars.items[i].type == IR_LONG) {
			var_store(b, (int)i, constant(b->e, 0));
			continue;
		}
		text = text_of_var(b, (int)i);
		text_clear(b->e, &text);
	}
}

/* Ends a step here, and begins another. */
static void cut_here(struct body *b)
{
	LLVMBasicBlockRef next = block_create(b->e, "cut");

	go_on_at(b, next);
	goto_block(b->e, next);
}

/* Code of all blocks; the builder stands at the entry, where it begins. */
void body_code(struct body *b)
{
	late_find(b);
	vars_begin(b);
	LLVMBuildBr(b->e->builder, b->blocks[0]);
	for (size_t i = 0; i < b->function->blocks.count; i++) {
		const struct ir_block *block = b->function->blocks.items[i];

		goto_block(b->e, b->blocks[i]);
		b->block = (int)i;
		for (size_t j = 0; j < block->ops.count;) {
			if (is_member(b, block, j)) {
				j += member_read(b, block, j);
				continue;
			}
			if (late_waits(b, block->ops.items[j])) {
				j++;
				continue;
			}
			set_place(b->e, b->llvm, block->ops.items[j]->site);
			if (b->machine && is_cut(b->info, block->ops.items[j]))
				cut_here(b);
			renew_addresses(b, block->ops.items[j]);
			op_code(b, block->ops.items[j++]);
		}
	}
	whole_addresses(b);
}
