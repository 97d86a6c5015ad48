/*
 * Where a long way through a function ends a step. The verifier follows one way to
 * the program's end before it comes back to the branches that it passed, and gives
 * up when 8192 of them wait. So functions in which a way is long are step machines,
 * and a way ends where it gets too long, as at a back edge.
 */
#include "backends/bpf/emit.h"

#include "translator/base/arena.h"

/* In branches, about. A function that is slow for its stack's sake may be so for
 * the verifier's, too. */
enum { WAY_MOST = 1200, WAY_OF_STEPS = 150 };

/* How many branches an operation makes, about; the library's count. */
static unsigned op_weight(const struct ir_op *op)
{
	switch (op->code) {
	case IR_MOV: case IR_TMOV: case IR_ADD: case IR_SUB: case IR_AND:
	case IR_OR: case IR_XOR: case IR_SHL: case IR_SHR: case IR_USHR:
	case IR_EQ: case IR_NE: case IR_LT: case IR_LE: case IR_GET:
	case IR_ARG: case IR_REG: case IR_RELOC: case IR_JUMP: case IR_RETURN:
	case IR_ITEREND: case IR_EMBED: case IR_TOUCH: case IR_CODES:
		return 0;
	case IR_MUL: case IR_DIV: case IR_MOD: case IR_SET: case IR_FETCHADD:
	case IR_CALL: case IR_CALLV: case IR_LOAD: case IR_STORE:
	case IR_LOADTEXT: case IR_ACTION: case IR_BRANCH: case IR_FAILWITH:
	case IR_FAIL: case IR_TCMP: case IR_CAT:
		return 1;
	case IR_MATCH: case IR_PRIM: case IR_PRIMV: case IR_CATCH:
	case IR_AHAS: case IR_AGET: case IR_ADELETE: case IR_ACLEAR:
	case IR_SGET: case IR_SCLEAR: case IR_HGET: case IR_HPRINT:
	case IR_HTEXT: case IR_ITERNEXT: case IR_ITERKEY: case IR_ITERVALUE:
		return 4;
	case IR_PRINT: case IR_SPRINT:
		return 2 + 2 * (unsigned)op->args.count;
	case IR_ASET: case IR_AADD: case IR_SADD: case IR_ITERBEGIN:
		return 12;
	}
	return 1;
}

struct cutting {
	struct emit *e;
	const struct ir_function *function;
	struct function_info *info;
	unsigned *ways;		/* by block: the longest to its begin */
	unsigned most;
	bool *seen;		/* functions */
};

static void arrive(struct cutting *c, int from, int to, unsigned way)
{
	if (!is_back_edge(c->info, from, to) && way > c->ways[to])
		c->ways[to] = way;
}

static void arrive_all(struct cutting *c, int block, const struct ir_op *op,
		       unsigned way)
{
	if (op->fault >= 0)
		arrive(c, block, op->fault, way);
	for (size_t i = 0; i < op->args.count; i++)
		if (op->args.items[i].kind == IR_ARG_BLOCK)
			arrive(c, block, (int)op->args.items[i].number, way);
}

static void find_ways(struct emit *e, int number, bool *seen);

/* The way behind a call: a new one where a machine goes on. */
static unsigned way_behind(struct cutting *c, const struct ir_op *op,
			   unsigned way)
{
	int number = (int)op->args.items[0].number;
	const struct function_info *callee = &c->e->functions[number];

	find_ways(c->e, number, c->seen);
	return callee->machine ? 0 : way + callee->way;
}

static void cut_block(struct cutting *c, int number)
{
	const struct ir_block *block = c->function->blocks.items[number];
	struct function_info *info = c->info;
	unsigned way = c->ways[number];

	if (way > c->most) {
		info->cut[number] = info->machine = true;
		way = 0;
	}
	for (size_t i = 0; i < block->ops.count; i++) {
		const struct ir_op *op = block->ops.items[i];

		if (way > c->most) {
			*vec_push(c->e->arena, &info->cut_ops) = op;
			info->machine = true;
			way = 0;
		}
		way += op_weight(op);
		if (op->code == IR_CALL || op->code == IR_CALLV)
			way = way_behind(c, op, way);
		arrive_all(c, number, op, way);
	}
	if (way > info->way)
		info->way = way;
}

static void find_ways(struct emit *e, int number, bool *seen)
{
	struct cutting c = {
		.e = e, .function = e->program->functions.items[number],
		.info = &e->functions[number], .seen = seen,
		.most = e->levels[number] == LEVEL_STEPS ? WAY_OF_STEPS :
							   WAY_MOST,
	};

	if (seen[number])
		return;
	seen[number] = true;
	c.ways = arena_array(e->arena, unsigned, c.function->blocks.count);
	for (size_t i = c.info->reached; i; i--)
		cut_block(&c, c.info->order[i - 1]);
}

void ways_cut(struct emit *e)
{
	size_t count = e->program->functions.count;
	bool *seen = arena_array(e->arena, bool, count + 1);

	for (size_t i = 0; i < count; i++)
		find_ways(e, (int)i, seen);
}

bool is_cut(const struct function_info *info, const struct ir_op *op)
{
	for (size_t i = 0; i < info->cut_ops.count; i++)
		if (info->cut_ops.items[i] == op)
			return true;
	return false;
}
