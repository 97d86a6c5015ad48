/*
 * Addresses of variables are made where they are used.
 *
 * LLVM takes equal sums of the frame's address and an offset together, and keeps
 * them from the first use to the last, on the stack when registers are out; what
 * a chain of calls keeps there must fit 512 bytes. Such a sum costs one
 * instruction, so each user in another block gets its own.
 */
#include "backends/bpf/emit.h"

/* A constant offset from what a function was given or once loaded. */
static bool is_sum(LLVMValueRef value)
{
	return LLVMIsAGetElementPtrInst(value) &&
	       LLVMGetNumOperands(value) == 2 &&
	       LLVMIsAConstantInt(LLVMGetOperand(value, 1)) &&
	       !LLVMIsAConstant(LLVMGetOperand(value, 0)) &&
	       !LLVMIsAPHINode(LLVMGetOperand(value, 0));
}

static void sink_operand(struct emit *e, LLVMValueRef user, unsigned operand)
{
	LLVMValueRef sum = LLVMGetOperand(user, operand), own;

	if (!is_sum(sum) ||
	    LLVMGetInstructionParent(sum) == LLVMGetInstructionParent(user))
		return;
	own = LLVMInstructionClone(sum);
	LLVMPositionBuilderBefore(e->builder, user);
	LLVMInsertIntoBuilder(e->builder, own);
	LLVMSetOperand(user, operand, own);
}

static void sink_block(struct emit *e, LLVMBasicBlockRef block)
{
	LLVMValueRef user = LLVMGetFirstInstruction(block);

	for (; user; user = LLVMGetNextInstruction(user)) {
		unsigned count = LLVMIsAPHINode(user) ? 0 :
			(unsigned)LLVMGetNumOperands(user);

		for (unsigned i = 0; i < count; i++)
			sink_operand(e, user, i);
	}
}

static void remove_unused(LLVMBasicBlockRef block)
{
	LLVMValueRef next, sum = LLVMGetFirstInstruction(block);

	for (; sum; sum = next) {
		next = LLVMGetNextInstruction(sum);
		if (is_sum(sum) && !LLVMGetFirstUse(sum))
			LLVMInstructionEraseFromParent(sum);
	}
}

void sink_addresses(struct emit *e)
{
	LLVMValueRef f = LLVMGetFirstFunction(e->module);

	for (; f; f = LLVMGetNextFunction(f)) {
		LLVMBasicBlockRef block = LLVMGetFirstBasicBlock(f);

		for (; block; block = LLVMGetNextBasicBlock(block))
			sink_block(e, block);
		for (block = LLVMGetFirstBasicBlock(f); block;
		     block = LLVMGetNextBasicBlock(block))
			remove_unused(block);
	}
}
