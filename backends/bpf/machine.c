/*
 * The step machine of a handler: one LLVM function, in which each step goes on
 * at a point; that of a large machine calls the part that has the point. In one
 * function of thousands of operations more is alive than the 512 bytes of stack
 * can take.
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <stddef.h>

#include "runtime/bpf/lib/gen.h"
#include "translator/base/arena.h"

enum {
	PART_POINTS = 1 << 16,
	MACHINE_OPS = 2000,
	PART_OPS = 800,
	STEPS_MOST = 1 << 23,
};

struct collecting {
	struct emit *e;
	bool *used;
};

static void collect_machines(struct collecting *c, int number)
{
	const struct ir_function *function =
		c->e->program->functions.items[number];

	c->used[number] = true;
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];
			int callee;

			if (op->code != IR_CALL && op->code != IR_CALLV)
				continue;
			callee = (int)op->args.items[0].number;
			if (c->e->functions[callee].machine &&
			    !c->used[callee])
				collect_machines(c, callee);
		}
	}
}

static struct body *machine_body(struct emit *e, struct machine *machine,
				 int number)
{
	struct body *b = arena_new(e->arena, struct body);

	*b = (struct body){
		.e = e, .number = number, .machine = machine,
		.function = e->program->functions.items[number],
		.info = &e->functions[number],
		.llvm = machine->function, .frame = machine->frame,
		.context = machine->context,
	};
	b->base = b->info->recursive ? machine->stack_base :
		offset(e, machine->frame, e->statics_at + b->info->at);
	return b;
}

/* The part of the stack that the running recursive function has. */
static LLVMValueRef stack_base(struct emit *e, struct machine *machine)
{
	LLVMBasicBlockRef good = block_create(e, "good");
	LLVMBasicBlockRef bad = block_create(e, "bad");
	LLVMValueRef sp = load(e, e->i32,
			       offset(e, machine->frame,
				      offsetof(struct rt_frame, sp)));
	LLVMValueRef inside = LLVMBuildICmp(
		e->builder, LLVMIntULE, sp,
		constant32(e, e->stack_size - e->recursive_size), "");

	LLVMBuildCondBr(e->builder, inside, good, bad);
	goto_block(e, bad);
	LLVMBuildRet(e->builder, constant(e, 1));
	goto_block(e, good);
	return offset_by(e, offset(e, machine->frame, e->stack_at),
			 LLVMBuildZExt(e->builder, sp, e->i64, ""));
}

static void machine_switch(struct emit *e, struct machine *machine,
			   LLVMBasicBlockRef from)
{
	LLVMBasicBlockRef lost;
	LLVMValueRef point, where;

	goto_block(e, from);
	lost = block_create(e, "lost");
	point = load(e, e->i32, offset(e, machine->frame,
				       offsetof(struct rt_frame, pc)));
	where = LLVMBuildSwitch(e->builder, point, lost,
				(unsigned)machine->points.count);
	for (size_t i = 0; i < machine->points.count; i++)
		LLVMAddCase(where, constant32(e, machine->first + (int64_t)i),
			    machine->points.items[i]);
	goto_block(e, lost);
	LLVMBuildRet(e->builder, constant(e, 1));
}

static void machine_open(struct emit *e, struct machine *machine, int number,
			 LLVMBasicBlockRef *entry)
{
	struct body *b = machine_body(e, machine, number);

	*entry = block_create(e, "enter");
	b->entry_point = machine_point(e, machine, *entry);
	body_open(b);
	machine->bodies[number] = b;
}

static size_t count_ops(const struct ir_function *function)
{
	size_t count = 0;

	for (size_t i = 0; i < function->blocks.count; i++)
		count += function->blocks.items[i]->ops.count;
	return count;
}

/* The code of some functions, the points between which are this part's. */
static void machine_code(struct emit *e, struct machine *machine,
			 LLVMBasicBlockRef start, const int *functions,
			 LLVMBasicBlockRef *entries, size_t count, int handler)
{
	for (size_t i = 0; i < count; i++) {
		goto_block(e, entries[functions[i]]);
		set_place(e, machine->function, -1);
		body_code(machine->bodies[functions[i]]);
		machine_leave(machine->bodies[functions[i]],
			      functions[i] == handler);
	}
	machine_switch(e, machine, start);
}

/* A part as a function of its own, the step calling it. */
static void part_begin(struct emit *e, struct machine *part,
		       const struct machine *step, size_t probe)
{
	unsigned kind = LLVMGetEnumAttributeKindForName("noinline", 8);

	part->function = function_create(
		e, arena_printf(e->arena, "step%zu_%u", probe,
				part->first / PART_POINTS), "pp", true);
	LLVMAddAttributeAtIndex(part->function, LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(e->context, kind, 0));
	function_begin(e, part->function);
	part->frame = LLVMGetParam(part->function, 0);
	part->context = LLVMGetParam(part->function, 1);
	part->bodies = step->bodies;
	if (e->recursive_size)
		part->stack_base = stack_base(e, part);
}

/* The step of a machine in parts: it calls the one that has the point. */
static void step_code(struct emit *e, const struct machine *step,
		      const struct machine *parts, size_t count)
{
	LLVMBasicBlockRef now = LLVMGetInsertBlock(e->builder);
	LLVMBasicBlockRef lost = block_create(e, "lost");
	LLVMValueRef args[] = { step->frame, step->context };
	LLVMValueRef part = LLVMBuildUDiv(
		e->builder,
		load(e, e->i32, offset(e, step->frame,
				       offsetof(struct rt_frame, pc))),
		constant32(e, PART_POINTS), "");
	LLVMValueRef where = LLVMBuildSwitch(e->builder, part, lost,
					     (unsigned)count);

	for (size_t i = 0; i < count; i++) {
		goto_block(e, now);

		LLVMBasicBlockRef block = block_create(e, "part");

		LLVMAddCase(where, constant32(e, (int64_t)i), block);
		goto_block(e, block);
		set_place(e, step->function, -1);
		LLVMBuildRet(e->builder, LLVMBuildCall2(
			e->builder,
			LLVMGlobalGetValueType(parts[i].function),
			parts[i].function, args, 2, ""));
	}
	goto_block(e, lost);
	LLVMBuildRet(e->builder, constant(e, 1));
}

static void machine_split(struct emit *e, struct machine *step,
			  const int *functions, size_t count, size_t probe)
{
	LLVMBasicBlockRef *entries = arena_array(
		e->arena, LLVMBasicBlockRef, e->program->functions.count);
	LLVMBasicBlockRef *starts =
		arena_array(e->arena, LLVMBasicBlockRef, count);
	LLVMBasicBlockRef now = LLVMGetInsertBlock(e->builder);
	struct machine *parts = arena_array(e->arena, struct machine, count);
	size_t *froms = arena_array(e->arena, size_t, count + 1);
	size_t made = 0, ops = PART_OPS;

	for (size_t i = 0; i < count; i++) {
		if (ops >= PART_OPS) {
			ops = 0;
			froms[made] = i;
			parts[made].first = (unsigned)made * PART_POINTS;
			part_begin(e, &parts[made], step, probe);
			starts[made++] = LLVMGetInsertBlock(e->builder);
		}
		machine_open(e, &parts[made - 1], functions[i],
			     &entries[functions[i]]);
		ops += count_ops(e->program->functions.items[functions[i]]);
	}
	froms[made] = count;
	for (size_t i = 0; i < made; i++)
		machine_code(e, &parts[i], starts[i], functions + froms[i],
			     entries, froms[i + 1] - froms[i], functions[0]);
	goto_block(e, now);
	set_place(e, step->function, -1);
	step_code(e, step, parts, made);
}

LLVMValueRef machine_create(struct emit *e, int handler, size_t probe)
{
	size_t count = e->program->functions.count, used = 0, ops = 0;
	struct machine machine = {
		.bodies = arena_array(e->arena, struct body *, count),
	};
	struct collecting c = { e, arena_array(e->arena, bool, count) };
	LLVMBasicBlockRef *entries =
		arena_array(e->arena, LLVMBasicBlockRef, count);
	int *functions = arena_array(e->arena, int, count);
	LLVMBasicBlockRef start;
	LLVMValueRef words;

	collect_machines(&c, handler);
	functions[used++] = handler;	/* its entry is point 0 */
	for (size_t i = 0; i < count; i++)
		if (c.used[i] && (int)i != handler)
			functions[used++] = (int)i;
	for (size_t i = 0; i < used; i++)
		ops += count_ops(e->program->functions.items[functions[i]]);
	machine.function = function_create(
		e, arena_printf(e->arena, "step%zu", probe), "ip", true);
	function_begin(e, machine.function);
	words = LLVMGetParam(machine.function, 1);
	machine.frame = load(e, e->ptr, words);
	machine.context = load(e, e->ptr, offset(e, words, 8));
	if (ops > MACHINE_OPS) {
		machine_split(e, &machine, functions, used, probe);
		return machine.function;
	}
	if (e->recursive_size)
		machine.stack_base = stack_base(e, &machine);
	start = LLVMGetInsertBlock(e->builder);
	for (size_t i = 0; i < used; i++)
		machine_open(e, &machine, functions[i], &entries[functions[i]]);
	machine_code(e, &machine, start, functions, entries, used, handler);
	return machine.function;
}

/* One that does not come to its end ran too long. */
void machine_run(struct emit *e, LLVMValueRef program, LLVMValueRef step,
		 LLVMValueRef frame, LLVMValueRef context)
{
	LLVMValueRef words = stack_room(e, program, 16);
	LLVMValueRef pc = offset(e, frame, offsetof(struct rt_frame, pc));
	LLVMBasicBlockRef endless = block_create(e, "endless");
	LLVMBasicBlockRef next = block_create(e, "next");

	store(e, frame, words);
	store(e, context, offset(e, words, 8));
	HELPER(e, BPF_FUNC_loop, constant32(e, STEPS_MOST), step, words,
	       constant(e, 0));
	LLVMBuildCondBr(e->builder,
			LLVMBuildICmp(e->builder, LLVMIntEQ,
				      load(e, e->i32, pc), constant32(e, -1),
				      ""), next, endless);
	goto_block(e, endless);
	store(e, constant32(e, RT_ERROR_ACTIONS),
	      offset(e, frame, offsetof(struct rt_frame, error)));
	LLVMBuildBr(e->builder, next);
	goto_block(e, next);
}
