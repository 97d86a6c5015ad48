/*
 * How much of a frame a handler needs (enum rt_weight): one that counts what
 * happens should not pay for what printing takes.
 */
#include "backends/kmod/gen.h"

/* Bytes of variables that a handler may have on the kernel's stack. */
enum { SLIM_MOST = 256 };

static bool is_variance(const struct ir_global *global)
{
	return global->stat_ops & IR_STAT_VARIANCE;
}

bool adds_in_place(const struct gen *gen, const struct ir_op *op)
{
	return op->code == IR_SADD && !op->key_count &&
	       !is_variance(gen->program->globals
				    .items[op->args.items[0].number]);
}

static enum weight weight_of_prim(const struct ir_op *op)
{
	switch (prim_need(op->args.items[0].text, op->args.count - 1)) {
	case PRIM_NEEDS_NOTHING:
		return WEIGHT_LIGHT;
	case PRIM_NEEDS_TASK:
		return WEIGHT_SLIM;
	case PRIM_NEEDS_FRAME:
	case PRIM_UNKNOWN:
		return WEIGHT_WHOLE;
	}
	return WEIGHT_WHOLE;
}

static enum weight weight_of_op(const struct gen *gen, const struct ir_op *op)
{
	switch (op->code) {
	case IR_ADD: case IR_SUB: case IR_MUL: case IR_SHL: case IR_SHR:
	case IR_USHR: case IR_AND: case IR_OR: case IR_XOR: case IR_EQ:
	case IR_NE: case IR_LT: case IR_LE: case IR_MOV: case IR_GET:
	case IR_SET: case IR_FETCHADD: case IR_JUMP: case IR_BRANCH:
	case IR_RETURN: case IR_TOUCH: case IR_RELOC:
		return WEIGHT_LIGHT;
	case IR_SADD:
		return adds_in_place(gen, op) ? WEIGHT_LIGHT : WEIGHT_SLIM;
	case IR_PRIM: case IR_PRIMV:
		return weight_of_prim(op);
	/* may fail, or look at the event: there is a frame, if a small one */
	case IR_DIV: case IR_MOD: case IR_TMOV: case IR_TCMP: case IR_CAT:
	case IR_AGET: case IR_ASET: case IR_AADD: case IR_AHAS:
	case IR_ADELETE: case IR_SGET: case IR_HGET: case IR_ACTION:
	case IR_ARG: case IR_REG: case IR_LOAD: case IR_STORE:
	case IR_LOADTEXT: case IR_FAILWITH:
		return WEIGHT_SLIM;
	/* has texts or walks of the frame, calls, or prints */
	case IR_SPRINT: case IR_MATCH: case IR_ACLEAR: case IR_SCLEAR:
	case IR_HPRINT: case IR_HTEXT: case IR_ITERBEGIN: case IR_ITERNEXT:
	case IR_ITERKEY: case IR_ITERVALUE: case IR_ITEREND: case IR_CALL:
	case IR_CALLV: case IR_PRINT: case IR_CATCH: case IR_EMBED:
	case IR_FAIL: case IR_CODES:
		break;
	}
	return WEIGHT_WHOLE;
}

static enum weight heavier(enum weight a, enum weight b)
{
	return a > b ? a : b;
}

enum weight weight_of(const struct gen *gen, int number)
{
	const struct ir_function *function =
		gen->program->functions.items[number];
	enum weight weight = WEIGHT_LIGHT;

	for (size_t i = 0; i < function->vars.count; i++)
		if (function->vars.items[i].type == IR_TEXT)
			weight = WEIGHT_SLIM;
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			weight = heavier(weight, weight_of_op(gen,
						block->ops.items[j]));
	}
	return weight == WEIGHT_SLIM && vars_size(gen, function) > SLIM_MOST
		       ? WEIGHT_WHOLE : weight;
}
