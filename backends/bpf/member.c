/*
 * Members of kernel structs in programs of many probes. Reading one is three
 * operations (where it lies, the address, the load) and a dozen instructions;
 * scripts on all system calls have more than a thousand. There a function of the
 * library does it, which is code since spile was built: the program has a seventh
 * fewer instructions to make. A hit pays the call, so others do it in line.
 */
#include "backends/bpf/emit.h"

#include <stddef.h>

#include "runtime/bpf/lib/gen.h"
#include "translator/base/arena.h"

enum { MEMBER_OPS = 3, MEMBERS_MANY = 100 };

static size_t count_in(const struct ir_function *function)
{
	size_t count = 0;

	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			count += block->ops.items[j]->code == IR_RELOC;
	}
	return count;
}

void loads_count(struct emit *e)
{
	size_t count = 0;

	for (size_t i = 0; i < e->program->functions.count; i++)
		count += count_in(e->program->functions.items[i]);
	e->many_members = count >= MEMBERS_MANY;
}

static void count_reads(struct body *b, const struct ir_block *block)
{
	for (size_t i = 0; i < block->ops.count; i++) {
		const struct ir_op *op = block->ops.items[i];

		for (size_t j = 0; j < op->args.count; j++)
			if (op->args.items[j].kind == IR_ARG_VAR)
				b->reads[op->args.items[j].number]++;
	}
}

void loads_find(struct body *b)
{
	if (!b->frame || !b->e->many_members)
		return;
	b->reads = arena_array(b->e->arena, unsigned, b->function->vars.count);
	for (size_t i = 0; i < b->function->blocks.count; i++)
		count_reads(b, b->function->blocks.items[i]);
}

bool is_member(const struct body *b, const struct ir_block *block, size_t at)
{
	const struct ir_op *where, *sum, *load;

	if (!b->reads || at + MEMBER_OPS > block->ops.count)
		return false;
	where = block->ops.items[at];
	sum = block->ops.items[at + 1];
	load = block->ops.items[at + 2];
	return where->code == IR_RELOC && !where->args.items[1].number &&
	       sum->code == IR_ADD &&
	       ir_is_var(&sum->args.items[1], where->result) &&
	       !ir_is_var(&sum->args.items[0], where->result) &&
	       load->code == IR_LOAD &&
	       ir_is_var(&load->args.items[0], sum->result) &&
	       !load->args.items[3].number &&
	       b->reads[where->result] == 1 && b->reads[sum->result] == 1;
}

size_t member_read(struct body *b, const struct ir_block *block, size_t at)
{
	const struct ir_op *where = block->ops.items[at];
	const struct ir_op *sum = block->ops.items[at + 1];
	const struct ir_op *op = block->ops.items[at + 2];
	struct emit *e = b->e;
	LLVMTypeRef type = LLVMIntTypeInContext(
		e->context, 8 * (unsigned)op->args.items[1].number);
	LLVMValueRef failed, word;

	set_place(e, b->llvm, op->site);
	renew_addresses(b, sum);
	renew_addresses(b, op);
	word = offset(e, b->frame, offsetof(struct rt_frame, word));
	failed = LIBRARY(e, "rt_read_member", b->frame,
			 long_operand(b, &sum->args.items[0]),
			 constant32(e, where->args.items[0].number),
			 constant32(e, op->args.items[1].number));
	raise_if(b, op, LLVMBuildICmp(e->builder, LLVMIntNE, failed,
				      constant(e, 0), ""),
		 RT_ERROR_READ_FAULT, load(e, e->i64, word));
	long_result(b, op, LLVMBuildIntCast2(e->builder, load(e, type, word),
					     e->i64, op->args.items[2].number,
					     ""));
	return MEMBER_OPS;
}
