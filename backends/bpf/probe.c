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

const char *probe_section(const char *kind)
{
	size_t row = attach_row_of(kind);

	return row < ATTACH_ROWS ? attach_rows[row].section : NULL;
}

/* As rt_may_run() counts: begin, what the runner decides about, all others. */
static int run_kind(const struct ir_probe *probe)
{
	if (!strcmp(probe->kind, "begin"))
		return 0;
	return strcmp(probe->kind, "end") && strcmp(probe->kind, "error") &&
	       strcmp(probe->kind, "reset") ? 2 : 1;
}

/* What the kernel passes to the program; nothing to those that the runner
 * runs, which have no stack that anybody would ask for. */
static LLVMValueRef hit_context(struct emit *e, LLVMValueRef program,
				const struct ir_probe *probe)
{
	if (!strcmp(probe_section(probe->kind), "syscall"))
		return LLVMConstNull(e->ptr);
	return LLVMGetParam(program, 0);
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

/* How long to wait for a lock, in microseconds: at least one. A handler that
 * runs in place of a program's code may be patient: 0. */
static int64_t lock_patience(struct emit *e, const struct ir_probe *probe)
{
	if (!strcmp(probe->kind, "uprobe") || !strcmp(probe->kind, "uretprobe"))
		return 0;
	return session_number(e, "maxtrylock", 1000) *
	       session_number(e, "trylockdelay", 10) + 1;
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
			 constant32(e, lock_patience(e, probe)));
	branch_away(e, LLVMBuildICmp(e->builder, LLVMIntEQ, status,
				     constant(e, 0), ""), skip, had);
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
	branch_away(e, LLVMBuildICmp(e->builder, LLVMIntEQ, may,
				     constant(e, 0), ""), out, runs);
}

/* --monitor may have switched it off. */
static void switch_test(struct emit *e, size_t number, LLVMBasicBlockRef out)
{
	LLVMBasicBlockRef on = block_create(e, "on");
	LLVMValueRef index = LLVMBuildAnd(
		e->builder, LLVMBuildZExt(e->builder, own_number(e, number),
					  e->i64, ""),
		constant(e, (int64_t)e->switch_mask), "");
	LLVMValueRef word = LLVMBuildGEP2(e->builder, e->i64, e->switches,
					  &index, 1, "");
	LLVMValueRef off = load(e, e->i64, word);

	LLVMSetVolatile(off, true);
	branch_away(e, LLVMBuildICmp(e->builder, LLVMIntNE, off,
				     constant(e, 0), ""), out, on);
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
	branch_away(e, LLVMBuildICmp(e->builder, LLVMIntNE,
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

/*
 * Where a function of the kernel was hit: its entry, which the kernel tells by
 * every way of attaching, or another place, where the registers are behind the
 * instruction of the trap. 0 for what else is probed: its registers tell.
 */
static LLVMValueRef place_of(struct emit *e, LLVMValueRef context,
			     const char *kind)
{
	LLVMValueRef entry, place;

	if (strcmp(kind, "kprobe"))
		return constant(e, 0);
	entry = HELPER(e, BPF_FUNC_get_func_ip, context);
	place = LLVMBuildSub(e->builder,
			     context_word(e, context, REGISTER_PC_PLACE),
			     constant(e, REGISTER_TRAP), "");
	return LLVMBuildSelect(e->builder,
			       LLVMBuildICmp(e->builder, LLVMIntEQ, entry,
					     constant(e, 0), ""), place,
			       entry, "");
}

/* What the primitives of flags x and r ask for. */
static void keep_hit(struct emit *e, LLVMValueRef program,
		     const struct ir_probe *probe, LLVMValueRef frame)
{
	LLVMValueRef context = LLVMGetParam(program, 0), whose;

	if (reaches_prim(e, probe->function, 'x'))
		store(e, place_of(e, context, probe->kind),
		      offset(e, frame, offsetof(struct rt_frame, place)));
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

	branch_away(e, LLVMBuildIsNull(e->builder, frame, ""), out, claimed);
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

/* Of a probe and processor in the map, in the order of struct wire_times. */
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

void probe_code(struct emit *e, LLVMValueRef function, size_t number)
{
	const struct ir_probe *probe = e->program->probes.items[number];
	LLVMBasicBlockRef out = block_create(e, "out"), done = out;
	LLVMValueRef begun = NULL;

	gate(e, probe, out);
	if (e->switches)
		switch_test(e, number, out);
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
	LLVMMoveBasicBlockAfter(out, LLVMGetInsertBlock(e->builder));
	goto_block(e, out);
	LLVMBuildRet(e->builder, constant(e, 0));
}

static LLVMValueRef program_begin(struct emit *e, size_t number)
{
	const struct ir_probe *probe = e->program->probes.items[number];
	const char *section = e->trampoline ? trampoline_section(probe) :
					      probe_section(probe->kind);
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
	LLVMValueRef program;

	if (e->joined[number])
		return;
	foreign_begin(e, &scope, e->program->probes.items[number]);
	e->cookie = NULL;
	program = program_begin(e, number);
	if (!program) {
		foreign_end(e, &scope);
		return;
	}
	if (probes_share(e, number))
		e->cookie = LLVMBuildTrunc(
			e->builder,
			HELPER(e, BPF_FUNC_get_attach_cookie,
			       LLVMGetParam(program, 0)), e->i32, "");
	if (!probes_join(e, number, program))
		probe_code(e, program, number);
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
	loads_count(e);
	e->joins = arena_array(e->arena, size_t, count + 1);
	e->joined = arena_array(e->arena, bool, count + 1);
	for (size_t i = 0; i < count; i++)
		e->joins[i] = i;
	for (size_t i = 0; i < e->program->probes.count; i++)
		program_create(e, i);
}
