/*
 * Programs: one for each probe. What surrounds a handler is here: whether it
 * may run, its frame, its lock, its step machine, the report of its error, and
 * the release of all of that on the one way out.
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <stddef.h>
#include <string.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/common/registers.h"
#include "translator/base/arena.h"

enum {
	STEPS_MOST = 1 << 23,
	MANY_PROBES = 16,	/* what surrounds a handler is then shared */
};

struct attach_row {
	const char *name, *section;
};

static const struct attach_row attach_rows[] = {
#define ATTACH(id, name, section, driven) { name, section },
#include "runtime/common/attach.def"
#undef ATTACH
};

enum { ATTACH_ROWS = sizeof(attach_rows) / sizeof(attach_rows[0]) };

/* ATTACH_ROWS: there is none. */
static size_t attach_row_of(const char *kind)
{
	size_t row = 0;

	while (row < ATTACH_ROWS && strcmp(attach_rows[row].name, kind))
		row++;
	return row;
}

static const char *section_of(const char *kind)
{
	size_t row = attach_row_of(kind);

	return row < ATTACH_ROWS ? attach_rows[row].section : NULL;
}

/* As rt_may_run() counts: begin, end or error, all others. */
static int run_kind(const struct ir_probe *probe)
{
	if (!strcmp(probe->kind, "begin"))
		return 0;
	return strcmp(probe->kind, "end") && strcmp(probe->kind, "error") ? 2 :
									    1;
}

/*
 * ---- the step machine of a handler ----
 *
 * One LLVM function, in which each step goes on at a point; that of a large
 * machine calls the part that has the point. In one function of thousands of
 * operations more is alive than the 512 bytes of stack can take.
 */
enum { PART_POINTS = 1 << 16, MACHINE_OPS = 2000, PART_OPS = 800 };

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

static LLVMValueRef machine_create(struct emit *e, int handler, size_t probe)
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

/* What the kernel passes to the program; nothing to those that the runner
 * runs, which have no stack that anybody would ask for. */
static LLVMValueRef hit_context(struct emit *e, LLVMValueRef program,
				const struct ir_probe *probe)
{
	if (!strcmp(section_of(probe->kind), "syscall"))
		return LLVMConstNull(e->ptr);
	return LLVMGetParam(program, 0);
}

/* Runs the machine; one that does not come to its end ran too long. */
static void machine_run(struct emit *e, LLVMValueRef program,
			LLVMValueRef step, LLVMValueRef frame,
			LLVMValueRef context)
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

/* The number of the probe that is hit: the program may serve several. */
static LLVMValueRef own_number(struct emit *e, size_t number)
{
	return e->cookie ? e->cookie : constant32(e, (int64_t)number);
}

/* ---- locks ---- */

static LLVMValueRef lock_of(struct emit *e, const struct ir_probe *probe)
{
	return offset(e, e->locks, 64 * (uint64_t)probe->lock_class);
}

/* Whether the handler runs in place of a program's code, and may wait. */
static bool is_patient(const struct ir_probe *probe)
{
	return !strcmp(probe->kind, "uprobe") ||
	       !strcmp(probe->kind, "uretprobe");
}

static void lock_take(struct emit *e, const struct ir_probe *probe,
		      LLVMBasicBlockRef skip)
{
	LLVMBasicBlockRef had;
	LLVMValueRef status;

	if (probe->lock == IR_LOCK_NONE)
		return;
	had = block_create(e, "had");
	status = LIBRARY(e, probe->lock == IR_LOCK_SHARED ?
			    "rt_lock_shared" : "rt_lock_exclusive",
			 lock_of(e, probe),
			 constant32(e, is_patient(probe)));
	LLVMBuildCondBr(e->builder,
			LLVMBuildICmp(e->builder, LLVMIntNE, status,
				      constant(e, 0), ""), had, skip);
	goto_block(e, had);
}

static void lock_drop(struct emit *e, const struct ir_probe *probe)
{
	if (probe->lock != IR_LOCK_NONE)
		LIBRARY(e, probe->lock == IR_LOCK_SHARED ?
			   "rt_unlock_shared" : "rt_unlock_exclusive",
			lock_of(e, probe));
}

/* ---- programs ---- */

static void gate(struct emit *e, const struct ir_probe *probe,
		 LLVMBasicBlockRef out)
{
	LLVMBasicBlockRef runs;
	LLVMValueRef may;

	if (run_kind(probe) == 1)
		return;
	runs = block_create(e, "runs");
	may = LIBRARY(e, "rt_may_run", constant32(e, run_kind(probe)));
	LLVMBuildCondBr(e->builder, LLVMBuildICmp(e->builder, LLVMIntNE, may,
						  constant(e, 0), ""),
			runs, out);
	goto_block(e, runs);
}

static void plain_code(struct emit *e, LLVMValueRef program, size_t number)
{
	const struct ir_probe *probe = e->program->probes.items[number];
	struct body b = {
		.e = e, .number = probe->function, .llvm = program,
		.function = e->program->functions.items[probe->function],
		.info = &e->functions[probe->function],
		.context = LLVMGetParam(program, 0),
	};
	LLVMBasicBlockRef failed = block_create(e, "failed");
	LLVMBasicBlockRef next = block_create(e, "next");

	b.error = stack_room(e, program, 8);
	b.error_arg = stack_room(e, program, 8);
	b.error_site = stack_room(e, program, 8);
	b.key = stack_room(e, program, b.info->key_size);
	b.value = stack_room(e, program, 8 + SHORT_TEXT + 1);
	store(e, constant32(e, RT_OK), b.error);
	body_open(&b);
	body_code(&b);
	goto_block(e, b.leave);
	LLVMBuildCondBr(e->builder,
			LLVMBuildICmp(e->builder, LLVMIntNE,
				      load(e, e->i32, b.error),
				      constant32(e, RT_OK), ""), failed, next);
	goto_block(e, failed);
	LIBRARY(e, "rt_report_plain", own_number(e, number),
		load(e, e->i32, b.error), load(e, e->i64, b.error_arg),
		load(e, e->i32, b.error_site));
	LLVMBuildBr(e->builder, next);
	goto_block(e, next);
}

static int64_t action_limit(struct emit *e, const struct ir_probe *probe)
{
	int64_t most = session_number(e, "maxaction", 1000);

	return run_kind(probe) == 2 ? most :
		session_number(e, "maxaction_begin", most);
}

/* Whose registers the context begins with: 0 there are none, 1 the kernel's, 2 a
 * program's; an event of the processor finds the one or the other. */
static LLVMValueRef whose_registers(struct emit *e, LLVMValueRef context,
				    const char *kind)
{
	LLVMValueRef mode;

	if (!strcmp(kind, "kprobe") || !strcmp(kind, "kretprobe"))
		return constant32(e, 1);
	if (!strcmp(kind, "uprobe") || !strcmp(kind, "uretprobe"))
		return constant32(e, 2);
	if (strcmp(kind, "perf"))
		return constant32(e, 0);
	mode = LLVMBuildAnd(e->builder,
			    context_word(e, context, 8 * REGISTER_MODE),
			    constant(e, REGISTER_MODE_MASK), "");
	return LLVMBuildSelect(e->builder,
			       LLVMBuildICmp(e->builder, LLVMIntEQ, mode,
					     constant(e, REGISTER_MODE_USER),
					     ""),
			       constant32(e, 2), constant32(e, 1), "");
}

/* What the primitives of flag r ask for. */
static void keep_hit(struct emit *e, LLVMValueRef program,
		     const struct ir_probe *probe, LLVMValueRef frame)
{
	LLVMValueRef context = LLVMGetParam(program, 0), whose;

	if (!reaches_prim(e, probe->function, 'r'))
		return;
	whose = whose_registers(e, context, probe->kind);
	store(e, constant32(e, (int64_t)attach_row_of(probe->kind)),
	      offset(e, frame, offsetof(struct rt_frame, kind)));
	store(e, whose, offset(e, frame, offsetof(struct rt_frame, whose)));
	if (LLVMIsConstant(whose) && !LLVMConstIntGetZExtValue(whose))
		return;
	for (size_t i = 0; i < REGISTER_WORDS; i++)
		store(e, context_word(e, context, 8 * i),
		      offset(e, frame, offsetof(struct rt_frame, registers) +
					       8 * i));
}

static void framed_code(struct emit *e, LLVMValueRef program, size_t number,
			LLVMValueRef frame)
{
	const struct ir_probe *probe = e->program->probes.items[number];
	int function = probe->function;
	LLVMBasicBlockRef now = LLVMGetInsertBlock(e->builder);
	LLVMValueRef args[] = { frame, hit_context(e, program, probe) };

	store(e, constant(e, action_limit(e, probe)),
	      offset(e, frame, offsetof(struct rt_frame, actions)));
	keep_hit(e, program, probe, frame);
	if (e->functions[function].machine) {
		LLVMValueRef step = machine_create(e, function, number);

		goto_block(e, now);
		set_place(e, program, -1);
		machine_run(e, program, step, frame, args[1]);
	} else {
		if (!e->compiled[function])
			compile_simple(e, function);
		goto_block(e, now);
		set_place(e, program, -1);
		LLVMBuildCall2(e->builder,
			       LLVMGlobalGetValueType(e->compiled[function]),
			       e->compiled[function], args, 2, "");
	}
}

static void framed_program(struct emit *e, LLVMValueRef program, size_t number,
			   LLVMBasicBlockRef out)
{
	const struct ir_probe *probe = e->program->probes.items[number];
	LLVMBasicBlockRef claimed = block_create(e, "claimed");
	LLVMBasicBlockRef skip = block_create(e, "skip");
	LLVMValueRef frame = LIBRARY(e, e->program->probes.count < MANY_PROBES ?
				     "rt_frame_claim" : "rt_frame_claim_shared",
				     own_number(e, number));

	LLVMBuildCondBr(e->builder, LLVMBuildIsNull(e->builder, frame, ""),
			out, claimed);
	goto_block(e, claimed);
	lock_take(e, probe, skip);
	framed_code(e, program, number, frame);
	lock_drop(e, probe);
	if (e->functions[probe->function].faults ||
	    e->functions[probe->function].machine)
		LIBRARY(e, "rt_report", frame);
	LLVMBuildBr(e->builder, skip);
	goto_block(e, skip);
	LIBRARY(e, "rt_frame_release", frame);
	LLVMBuildBr(e->builder, out);
}

/* ---- times, with -t ---- */

/* Of a probe and processor in the map, in the order of runtime/run/report.c. */
enum { TIMING_HITS, TIMING_SUM, TIMING_LEAST, TIMING_MOST };

static LLVMValueRef timing_cell(struct emit *e, LLVMValueRef cell, int which)
{
	return offset(e, cell, 8 * (uint64_t)which);
}

static void timing_add(struct emit *e, LLVMValueRef cell, LLVMValueRef value)
{
	store(e, LLVMBuildAdd(e->builder, load(e, e->i64, cell), value, ""),
	      cell);
}

static void timing_raise(struct emit *e, LLVMValueRef cell, LLVMValueRef value)
{
	LLVMValueRef had = load(e, e->i64, cell);

	store(e, LLVMBuildSelect(e->builder,
				 LLVMBuildICmp(e->builder, LLVMIntUGT, value,
					       had, ""), value, had, ""),
	      cell);
}

/* Programs have several probes, so what the kernel counts is not enough. */
static void timing_end(struct emit *e, LLVMValueRef function, size_t number,
		       LLVMValueRef begun, LLVMBasicBlockRef out)
{
	LLVMBasicBlockRef there = block_create(e, "there");
	LLVMValueRef key = stack_room(e, function, 8), time, cell;

	store(e, own_number(e, number), key);
	time = LLVMBuildSub(e->builder, HELPER(e, BPF_FUNC_ktime_get_ns),
			    begun, "");
	cell = LLVMBuildIntToPtr(e->builder,
				 HELPER(e, BPF_FUNC_map_lookup_elem, e->timing,
					key), e->ptr, "");
	LLVMBuildCondBr(e->builder, LLVMBuildIsNull(e->builder, cell, ""),
			out, there);
	goto_block(e, there);
	timing_add(e, timing_cell(e, cell, TIMING_HITS), constant(e, 1));
	timing_add(e, timing_cell(e, cell, TIMING_SUM), time);
	/* the complement: a new cell of zeros has a greatest minimum */
	timing_raise(e, timing_cell(e, cell, TIMING_LEAST),
		     LLVMBuildNot(e->builder, time, ""));
	timing_raise(e, timing_cell(e, cell, TIMING_MOST), time);
	LLVMBuildBr(e->builder, out);
}

/* All of a probe in @function, whose builder stands in its entry. */
static void probe_code(struct emit *e, LLVMValueRef function, size_t number)
{
	const struct ir_probe *probe = e->program->probes.items[number];
	LLVMBasicBlockRef out = block_create(e, "out"), done = out;
	LLVMValueRef begun = NULL;

	gate(e, probe, out);
	if (e->foreign)
		foreign_gate(e, LLVMGetParam(function, 0), out);
	guard_create(e, function, probe->function, out);
	if (e->timing) {
		begun = HELPER(e, BPF_FUNC_ktime_get_ns);
		done = block_create(e, "done");
	}
	if (e->functions[probe->function].plain) {
		lock_take(e, probe, done);
		plain_code(e, function, number);
		lock_drop(e, probe);
		LLVMBuildBr(e->builder, done);
	} else {
		framed_program(e, function, number, done);
	}
	if (begun) {
		goto_block(e, done);
		timing_end(e, function, number, begun, out);
	}
	goto_block(e, out);
	LLVMBuildRet(e->builder, constant(e, 0));
}

static LLVMValueRef program_begin(struct emit *e, size_t number)
{
	const struct ir_probe *probe = e->program->probes.items[number];
	const char *section = e->trampoline ? trampoline_section(probe) :
					      section_of(probe->kind);
	LLVMValueRef program;

	if (!section) {
		refuse(e, NULL, "probe %s: probes of kind %s cannot run in BPF",
		       probe->name, probe->kind);
		return NULL;
	}
	program = function_create(e, arena_printf(e->arena, "%c%zu",
						  e->trampoline ? 't' : 'p',
						  number), "p", false);
	LLVMSetSection(program, section);
	function_begin(e, program);
	return program;
}

/* ---- probes on one event: one program, which chooses among them ---- */

enum { MEMBERS_MOST = 32 };	/* the verifier looks at a program as a whole */

struct members {
	struct emit *e;
	LLVMValueRef program;
	size_t numbers[MEMBERS_MOST];
	LLVMValueRef functions[MEMBERS_MOST];
	size_t count;
};

static bool same_event(const struct ir_probe *a, const struct ir_probe *b)
{
	if (strcmp(a->kind, b->kind) || strcmp(a->kind, "raw_tracepoint") ||
	    a->pairs.count != b->pairs.count)
		return false;
	for (size_t i = 0; i < a->pairs.count; i++)
		if (strcmp(a->pairs.items[i].key, b->pairs.items[i].key) ||
		    strcmp(a->pairs.items[i].value, b->pairs.items[i].value))
			return false;
	return true;
}

static LLVMValueRef member_create(struct emit *e, size_t number)
{
	LLVMValueRef function = function_create(
		e, arena_printf(e->arena, "m%zu", number), "p", true);
	unsigned kind = LLVMGetEnumAttributeKindForName("noinline", 8);

	LLVMAddAttributeAtIndex(function, LLVMAttributeFunctionIndex,
				LLVMCreateEnumAttribute(e->context, kind, 0));
	function_begin(e, function);
	probe_code(e, function, number);
	return function;
}

static void member_call(struct members *m, size_t member)
{
	LLVMValueRef context = LLVMGetParam(m->program, 0);

	LLVMBuildCall2(m->e->builder,
		       LLVMGlobalGetValueType(m->functions[member]),
		       m->functions[member], &context, 1, "");
}

/* Members from @from on that test the same argument against a constant. */
static size_t run_of_tests(struct members *m, size_t from, int64_t *argument)
{
	size_t end = from;
	int64_t tested, value;

	for (; end < m->count; end++) {
		const struct ir_probe *probe =
			m->e->program->probes.items[m->numbers[end]];

		if (!guard_test(m->e, probe->function, &tested, &value) ||
		    (end > from && tested != *argument))
			break;
		*argument = tested;
	}
	return end;
}

/* One switch for a run of tests; members of one value keep their order. */
static void members_switch(struct members *m, size_t from, size_t end,
			   int64_t argument)
{
	struct emit *e = m->e;
	LLVMBasicBlockRef next = block_create(e, "next");
	LLVMValueRef value = load(e, e->i64, offset(
		e, LLVMGetParam(m->program, 0), 8 * (uint64_t)argument));
	LLVMValueRef choice = LLVMBuildSwitch(e->builder, value, next,
					      (unsigned)(end - from));
	int64_t values[MEMBERS_MOST], tested;

	for (size_t i = from; i < end; i++)
		guard_test(e, e->program->probes.items[m->numbers[i]]->function,
			   &tested, &values[i]);
	for (size_t i = from; i < end; i++) {
		bool known = false;

		for (size_t j = from; j < i; j++)
			known |= values[j] == values[i];
		if (known)
			continue;

		LLVMBasicBlockRef block = block_create(e, "case");

		LLVMAddCase(choice, constant(e, values[i]), block);
		goto_block(e, block);
		for (size_t j = i; j < end; j++)
			if (values[j] == values[i])
				member_call(m, j);
		LLVMBuildBr(e->builder, next);
	}
	goto_block(e, next);
}

static void members_code(struct members *m)
{
	LLVMBasicBlockRef now = LLVMGetInsertBlock(m->e->builder);
	int64_t argument = 0;

	for (size_t i = 0; i < m->count; i++)
		m->functions[i] = member_create(m->e, m->numbers[i]);
	goto_block(m->e, now);
	set_place(m->e, m->program, -1);
	for (size_t i = 0; i < m->count;) {
		size_t end = run_of_tests(m, i, &argument);

		if (end == i) {
			member_call(m, i++);
			continue;
		}
		members_switch(m, i, end, argument);
		i = end;
	}
	LLVMBuildRet(m->e->builder, constant(m->e, 0));
}

static void members_find(struct members *m, size_t first)
{
	const struct ir_program *program = m->e->program;

	m->count = 0;
	for (size_t i = first; i < program->probes.count &&
	     m->count < MEMBERS_MOST; i++) {
		if (m->e->joins[i] != i || m->e->joined[i] ||
		    (i != first && !same_event(program->probes.items[first],
					       program->probes.items[i])))
			continue;
		m->e->joins[i] = first;
		m->e->joined[i] = true;
		m->numbers[m->count++] = i;
	}
}

/*
 * Probes of one handler at many places (functions by wildcard, markers that the
 * compiler copied) have one program, attached for each with its number.
 */
static bool may_share(const struct ir_probe *a, const struct ir_probe *b)
{
	return a->function == b->function && !strcmp(a->kind, b->kind) &&
	       strstr(a->kind, "probe") && a->lock == b->lock &&
	       a->lock_class == b->lock_class;
}

static bool share(struct emit *e, size_t first)
{
	const struct ir_program *program = e->program;
	bool shares = false;

	for (size_t i = first + 1; i < program->probes.count; i++) {
		if (!may_share(program->probes.items[first],
			       program->probes.items[i]))
			continue;
		e->joins[i] = first;
		e->joined[i] = shares = true;
	}
	return shares;
}

/* Beside the program of a kprobe. */
static void trampoline_create(struct emit *e, size_t number)
{
	struct trampoline_scope scope;

	if (!e->trampolines[number])
		return;
	trampoline_begin(e, number, &scope);
	probe_code(e, program_begin(e, number), number);
	trampoline_end(e, number, &scope);
}

static void program_create(struct emit *e, size_t number)
{
	struct foreign_scope scope;
	struct members *members;

	if (e->joined[number])
		return;
	foreign_begin(e, &scope, e->program->probes.items[number]);
	e->cookie = NULL;
	members = arena_new(e->arena, struct members);
	members->e = e;
	members->program = program_begin(e, number);
	if (!members->program) {
		foreign_end(e, &scope);
		return;
	}
	if (share(e, number))
		e->cookie = LLVMBuildTrunc(
			e->builder,
			HELPER(e, BPF_FUNC_get_attach_cookie,
			       LLVMGetParam(members->program, 0)), e->i32, "");
	members_find(members, number);
	if (members->count > 1)
		members_code(members);
	else
		probe_code(e, members->program, number);
	foreign_end(e, &scope);
	trampoline_create(e, number);
}

static bool has_abort(const struct ir_program *program)
{
	for (size_t i = 0; i < program->functions.count; i++) {
		const struct ir_function *function =
			program->functions.items[i];

		for (size_t j = 0; j < function->blocks.count; j++) {
			const struct ir_block *block =
				function->blocks.items[j];

			for (size_t k = 0; k < block->ops.count; k++) {
				const struct ir_op *op = block->ops.items[k];

				if ((op->code == IR_PRIM ||
				     op->code == IR_PRIMV) &&
				    !strcmp(op->args.items[0].text, "abort"))
					return true;
			}
		}
	}
	return false;
}

void probes_create(struct emit *e)
{
	size_t count = e->program->probes.count;

	e->aborts = has_abort(e->program);
	trampolines_find(e);
	e->joins = arena_array(e->arena, size_t, count + 1);
	e->joined = arena_array(e->arena, bool, count + 1);
	for (size_t i = 0; i < count; i++)
		e->joins[i] = i;
	for (size_t i = 0; i < e->program->probes.count; i++)
		program_create(e, i);
}
