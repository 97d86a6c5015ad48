/*
 * Locks: a handler is atomic over the globals it touches. This pass finds out
 * which handlers get that for nothing.
 *
 * Two handlers can run at once unless one of them is a begin, end or error
 * probe (end_safe), or both are driven by the runner, which runs one at a
 * time. A handler driven by the kernel can run at once with itself on another
 * CPU. A global is contended for a handler if another that can run at the
 * same time touches it too and one of the two writes it.
 *
 * EXCLUSIVE:	more than one operation on contended globals, or one that is
 *		no atomic step (a walk, a text that is set, a whole array
 *		cleared), or a value read and written by a handler that can
 *		run beside itself. Two walks over an array contend even if
 *		nobody writes it: each foreach has one buffer.
 * SHARED:	one atomic operation on what another uses EXCLUSIVE: it must
 *		not fall in the middle of that one.
 * NONE:	all others.
 *
 * A handler takes one lock, so globals that occur together in a handler that
 * contends for them share a class.
 */
#include <string.h>

#include "translator/base/arena.h"
#include "translator/ir/ir.h"
#include "translator/passes/flow.h"
#include "translator/passes/passes.h"

/* What a handler does to one global. Counts stop at 2: many. */
struct access {
	int operations;
	bool reads, writes;
	bool walks;
	bool long_step;		/* an operation that is no atomic step */
};

struct handler {
	struct ir_probe *probe;
	struct access *accesses;	/* by global */
	bool user;			/* driven by the runner */
	bool contends;
};

/* What is known of a function. */
struct summary {
	struct access *sum;	/* by global, calls counted in */
	bool *loops;		/* by block: may run more than once */
	int *reads;		/* by variable: how often */
};

struct locks {
	struct ir_program *program;
	struct arena *arena;
	struct summary *functions;
	struct handler *handlers;	/* by probe */
	int *classes;			/* by global: union-find parent */
};

/* Never beside another such one. */
static bool is_user_driven(const char *kind)
{
	static const char *const kinds[] = {
#define ATTACH(id, name, section, user) user ? name : "",
#include "runtime/common/attach.def"
#undef ATTACH
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i], kind))
			return true;
	return false;
}

/* ---- what functions touch ---- */

static void access_add(struct access *to, const struct access *from, bool many)
{
	int times = many ? 2 : 1;

	to->operations += from->operations * times;
	to->reads |= from->reads;
	to->writes |= from->writes;
	to->walks |= from->walks;
	to->long_step |= from->long_step;
	if (to->operations > 2)
		to->operations = 2;
}

/* What one operation does to its global; operations 0: nothing. */
static struct access raw_access_of(const struct ir_global *global,
			       const struct ir_op *op, const int *reads)
{
	bool text = global->value == IR_VALUE_TEXT &&
		    global->kind == IR_SCALAR;
	struct access get = { .operations = 1, .reads = true };
	struct access set = { .operations = 1, .writes = true };
	struct access add = { .operations = 1, .writes = true };

	switch (op->code) {
	case IR_GET: case IR_AGET: case IR_AHAS: case IR_SGET: case IR_HGET:
	case IR_HPRINT: case IR_HTEXT:
		return get;
	case IR_SET:
		set.long_step = text;
		return set;
	case IR_ASET: case IR_ADELETE:
		for (int i = 0; i < op->key_count; i++)
			set.long_step |= op->args.items[op->key_begin + i]
						 .kind == IR_ARG_ANY;
		return set;
	case IR_ACLEAR: case IR_SCLEAR:
		set.long_step = true;
		return set;
	case IR_FETCHADD: case IR_AADD:
		add.reads = reads[op->result];
		return add;
	case IR_SADD:
		return add;
	case IR_TOUCH:
		/* nobody knows how often and how */
		set.operations = 2;
		set.reads = op->args.items[1].number & 1;
		set.writes = op->args.items[1].number & 2;
		set.long_step = true;
		return set;
	case IR_ITERBEGIN: case IR_ITERNEXT:
		get.long_step = true;
		get.walks = true;
		return get;
	case IR_MOV: case IR_TMOV: case IR_ADD: case IR_SUB: case IR_MUL:
	case IR_DIV: case IR_MOD: case IR_AND: case IR_OR: case IR_XOR:
	case IR_SHL: case IR_SHR: case IR_USHR: case IR_EQ: case IR_NE:
	case IR_LT: case IR_LE: case IR_TCMP: case IR_CAT: case IR_SPRINT:
	case IR_MATCH: case IR_PRIM: case IR_PRIMV: case IR_ITERKEY:
	case IR_ITERVALUE: case IR_ITEREND: case IR_CALL: case IR_CALLV:
	case IR_PRINT: case IR_CATCH: case IR_ACTION: case IR_ARG: case IR_REG:
	case IR_RELOC: case IR_EMBED: case IR_LOAD: case IR_STORE: case IR_LOADTEXT:
	case IR_JUMP:
	case IR_BRANCH: case IR_RETURN: case IR_FAIL: case IR_FAILWITH:
	case IR_CODES:
		break;
	}
	return (struct access){ 0 };
}

static struct access access_of(const struct ir_global *global,
			       const struct ir_op *op, const int *reads)
{
	struct access access = raw_access_of(global, op, reads);

	return global->unlocked && !access.long_step ? (struct access){ 0 } :
						       access;
}

/* The global that an operation works on, or -1. */
static int global_of(const struct ir_program *program, const struct ir_op *op)
{
	const struct ir_arg *arg = op->args.items;

	if (!op->args.count)
		return -1;
	if (arg->kind == IR_ARG_GLOBAL)
		return (int)arg->number;
	if (arg->kind == IR_ARG_ITER)
		return program->iters.items[arg->number].global;
	return -1;
}

static void add_op(struct locks *l, struct access *sum,
		   const struct ir_op *op, const int *reads, bool many)
{
	int global = global_of(l->program, op);
	struct access access;

	if (op->code == IR_CALL || op->code == IR_CALLV) {
		const struct access *from =
			l->functions[op->args.items[0].number].sum;

		for (size_t i = 0; i < l->program->globals.count; i++)
			access_add(&sum[i], &from[i], many);
	} else if (global >= 0) {
		access = access_of(l->program->globals.items[global], op,
				   reads);
		access_add(&sum[global], &access, many);
	}
}

/* Sums a function up with what is known of those it calls; whether the sum is
 * another than before. */
static bool sum_function(struct locks *l, int number)
{
	const struct ir_function *function =
		l->program->functions.items[number];
	struct summary *summary = &l->functions[number];
	size_t size = l->program->globals.count * sizeof(struct access);
	struct access *sum = arena_alloc(l->arena, size);
	bool changed;

	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			add_op(l, sum, block->ops.items[j], summary->reads,
			       summary->loops[i]);
	}
	changed = memcmp(sum, summary->sum, size) != 0;
	memcpy(summary->sum, sum, size);
	return changed;
}

/* Calls may go in circles: counts stop at 2, so the sums settle. */
static void sum_functions(struct locks *l)
{
	size_t count = l->program->functions.count;
	bool changed;

	l->functions = arena_array(l->arena, struct summary, count);
	for (size_t i = 0; i < count; i++) {
		struct ir_function *function = l->program->functions.items[i];

		l->functions[i].loops = flow_loops(l->arena, function);
		l->functions[i].reads = flow_reads(l->arena, function);
		l->functions[i].sum = arena_array(l->arena, struct access,
						  l->program->globals.count);
	}
	do {
		changed = false;
		for (size_t i = 0; i < count; i++)
			changed |= sum_function(l, (int)i);
	} while (changed);
}

/* ---- who contends with whom ---- */

static bool run_at_once(const struct handler *a, const struct handler *b)
{
	if (a->probe->end_safe || b->probe->end_safe)
		return false;
	return !(a->user && b->user);
}

static bool contended_by(const struct handler *a, const struct handler *b,
			 size_t global)
{
	const struct access *x = &a->accesses[global];
	const struct access *y = &b->accesses[global];

	return x->operations && y->operations &&
	       (x->writes || y->writes || (x->walks && y->walks)) &&
	       run_at_once(a, b);
}

static bool contended_by_others(const struct locks *l,
				const struct handler *handler, size_t global)
{
	for (size_t i = 0; i < l->program->probes.count; i++)
		if (&l->handlers[i] != handler &&
		    contended_by(handler, &l->handlers[i], global))
			return true;
	return false;
}

/* Beside itself only the order of reads and writes matters: additions and
 * plain stores leave the same behind in any order. */
static bool races_itself(const struct handler *handler, size_t globals)
{
	if (!run_at_once(handler, handler))
		return false;
	for (size_t i = 0; i < globals; i++) {
		const struct access *access = &handler->accesses[i];

		if (access->walks || (access->writes && access->long_step))
			return true;
		if (access->reads && access->writes && access->operations > 1)
			return true;
	}
	return false;
}

static void judge(struct locks *l, struct handler *handler)
{
	size_t globals = l->program->globals.count;
	int operations = 0;
	bool long_step = false;

	for (size_t i = 0; i < globals; i++) {
		if (!contended_by_others(l, handler, i))
			continue;
		operations += handler->accesses[i].operations;
		long_step |= handler->accesses[i].long_step;
	}
	handler->contends = operations > 0;
	if (operations > 1 || long_step || races_itself(handler, globals)) {
		handler->contends = true;
		handler->probe->lock = IR_LOCK_EXCLUSIVE;
	} else {
		handler->probe->lock = IR_LOCK_NONE;
	}
}

/* Whether a handler that has no lock of its own may fall into the middle of
 * one that does more. */
static bool meets_exclusive(const struct locks *l,
			    const struct handler *handler)
{
	for (size_t i = 0; i < l->program->probes.count; i++) {
		const struct handler *other = &l->handlers[i];

		if (other == handler ||
		    other->probe->lock != IR_LOCK_EXCLUSIVE)
			continue;
		for (size_t j = 0; j < l->program->globals.count; j++)
			if (contended_by(handler, other, j))
				return true;
	}
	return false;
}

/* ---- classes ---- */

static int class_of(struct locks *l, int global)
{
	while (l->classes[global] != global)
		global = l->classes[global];
	return global;
}

static void join(struct locks *l, int a, int b)
{
	a = class_of(l, a);
	b = class_of(l, b);
	if (a < b)
		l->classes[b] = a;
	else
		l->classes[a] = b;
}

static bool matters(const struct locks *l, const struct handler *handler,
		    size_t global)
{
	const struct access *access = &handler->accesses[global];

	return access->operations &&
	       (contended_by_others(l, handler, global) ||
		((access->writes || access->walks) &&
		 run_at_once(handler, handler)));
}

/* The first global that the handler contends for, all others joined to it. */
static int join_handler(struct locks *l, const struct handler *handler)
{
	int first = -1;

	for (size_t i = 0; i < l->program->globals.count; i++) {
		if (!matters(l, handler, i))
			continue;
		if (first < 0)
			first = (int)i;
		else
			join(l, first, (int)i);
	}
	return first;
}

static void number_classes(struct locks *l)
{
	size_t probes = l->program->probes.count;
	size_t globals = l->program->globals.count;
	int *firsts = arena_array(l->arena, int, probes);
	int *numbers = arena_array(l->arena, int, globals);
	int count = 0;

	for (size_t i = 0; i < probes; i++)
		if (l->handlers[i].probe->lock != IR_LOCK_NONE)
			firsts[i] = join_handler(l, &l->handlers[i]);
	for (size_t i = 0; i < probes; i++) {
		struct ir_probe *probe = l->handlers[i].probe;
		int class;

		probe->lock_class = 0;
		if (probe->lock == IR_LOCK_NONE)
			continue;
		class = class_of(l, firsts[i]);
		if (!numbers[class])
			numbers[class] = ++count;
		probe->lock_class = numbers[class] - 1;
	}
}

void pass_locks(struct ir_program *program)
{
	struct locks l = { .program = program, .arena = program->arena };

	sum_functions(&l);
	l.handlers = arena_array(l.arena, struct handler,
				 program->probes.count);
	l.classes = arena_array(l.arena, int, program->globals.count);
	for (size_t i = 0; i < program->globals.count; i++)
		l.classes[i] = (int)i;
	for (size_t i = 0; i < program->probes.count; i++) {
		struct ir_probe *probe = program->probes.items[i];

		l.handlers[i].probe = probe;
		l.handlers[i].user = is_user_driven(probe->kind);
		l.handlers[i].accesses = l.functions[probe->function].sum;
	}
	for (size_t i = 0; i < program->probes.count; i++)
		judge(&l, &l.handlers[i]);
	for (size_t i = 0; i < program->probes.count; i++)
		if (l.handlers[i].probe->lock == IR_LOCK_NONE &&
		    meets_exclusive(&l, &l.handlers[i]))
			l.handlers[i].probe->lock = IR_LOCK_SHARED;
	number_classes(&l);
}
