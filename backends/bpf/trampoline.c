/*
 * Functions of the kernel by its trampolines (fentry, fexit), which cost a hit a
 * fraction of a kprobe. Such a program is given the arguments and no registers. So
 * a probe that asks for nothing else has two programs, and the runner takes the
 * one that the kernel lets it attach.
 */
#include "backends/bpf/emit.h"

#include <linux/bpf.h>
#include <string.h>

#include "runtime/common/registers.h"
#include "translator/base/arena.h"

static bool is_return(const struct ir_probe *probe)
{
	return !strcmp(probe->kind, "kretprobe");
}

const char *trampoline_section(const struct ir_probe *probe)
{
	return is_return(probe) ? "fexit" : "fentry";
}

static const char *pair_of(const struct ir_probe *probe, const char *key)
{
	for (size_t i = 0; i < probe->pairs.count; i++)
		if (!strcmp(probe->pairs.items[i].key, key))
			return probe->pairs.items[i].value;
	return NULL;
}

/* One whole function of the kernel itself, that no other has the name of; those of
 * wildcards are many, and a trampoline takes long to attach. */
static bool is_function(const struct ir_probe *probe)
{
	static const char *const others[] = {
		"module", "offset", "copies", "maxactive", "among", "when",
		"unless",
	};

	if ((strcmp(probe->kind, "kprobe") && !is_return(probe)) ||
	    !pair_of(probe, "symbol"))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (pair_of(probe, others[i]))
			return false;
	return true;
}

/* Which argument a register has on entry, or -1. */
static int argument_of(int number)
{
	int index = 0;

	while (register_argument(index) >= 0 &&
	       register_argument(index) != number)
		index++;
	return register_argument(index) >= 0 ? index : -1;
}

/* Whether all that the handler reads of the hit is what a trampoline has; only
 * handlers read registers, no functions that they call. */
static bool reads_arguments(const struct ir_function *handler, bool returns)
{
	for (size_t i = 0; i < handler->blocks.count; i++) {
		const struct ir_block *block = handler->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];
			int number;

			if (op->code != IR_REG)
				continue;
			number = (int)op->args.items[0].number;
			if (number != REGISTER_CALL &&
			    (returns ? number != REGISTER_RESULT :
				       argument_of(number) < 0))
				return false;
		}
	}
	return true;
}

static bool fits(struct emit *e, size_t number)
{
	const struct ir_probe *probe = e->program->probes.items[number];

	return is_function(probe) &&
	       reads_arguments(e->program->functions.items[probe->function],
			       is_return(probe)) &&
	       !reaches_prim(e, probe->function, 'x') &&
	       !reaches_prim(e, probe->function, 'r');
}

static bool tells_calls(const struct emit *e, size_t number)
{
	const struct ir_function *handler = e->program->functions.items[
		e->program->probes.items[number]->function];

	for (size_t i = 0; i < handler->blocks.count; i++) {
		const struct ir_block *block = handler->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			if (block->ops.items[j]->code == IR_REG &&
			    block->ops.items[j]->args.items[0].number ==
			    REGISTER_CALL)
				return true;
	}
	return false;
}

static bool same_function(const struct ir_probe *a, const struct ir_probe *b)
{
	const char *left = pair_of(a, "symbol"), *right = pair_of(b, "symbol");

	return left && right && !strcmp(left, right);
}

/* An entry and a return that tell calls by the same must see the same: both have
 * two programs, or neither. */
static void keep_pairs(struct emit *e)
{
	const struct ir_program *program = e->program;

	for (size_t i = 0; i < program->probes.count; i++) {
		if (e->trampolines[i] || !tells_calls(e, i))
			continue;
		for (size_t j = 0; j < program->probes.count; j++)
			if (same_function(program->probes.items[i],
					  program->probes.items[j]) &&
			    tells_calls(e, j))
				e->trampolines[j] = false;
	}
}

/* Those of one handler at many places have one program, with a link for all. */
static bool is_alone(const struct ir_program *program, size_t number)
{
	for (size_t i = 0; i < program->probes.count; i++)
		if (i != number && program->probes.items[i]->function ==
				   program->probes.items[number]->function)
			return false;
	return true;
}

void trampolines_find(struct emit *e)
{
	size_t count = e->program->probes.count;

	e->trampolines = arena_array(e->arena, bool, count + 1);
	for (size_t i = 0; i < count; i++)
		e->trampolines[i] = is_alone(e->program, i) && fits(e, i);
	keep_pairs(e);
}

LLVMValueRef trampoline_register(struct body *b, int number)
{
	struct emit *e = b->e;
	LLVMValueRef context, room;

	if (number == REGISTER_CALL) {
		/* the frame of the trampoline, which entry and return share */
		context = LLVMBuildPtrToInt(e->builder, b->context, e->i64, "");
		return e->trampoline == TRAMPOLINE_EXIT ? context :
			LLVMBuildSub(e->builder, context,
				     constant(e, REGISTER_CALL_PUSH), "");
	}
	room = stack_room(e, b->llvm, 8);
	store(e, constant(e, 0), room);
	if (e->trampoline == TRAMPOLINE_EXIT)
		HELPER(e, BPF_FUNC_get_func_ret, b->context, room);
	else
		HELPER(e, BPF_FUNC_get_func_arg, b->context,
		       constant32(e, argument_of(number)), room);
	return load(e, e->i64, room);
}

/* The handler is made anew: it reads what it is given in another way. */
void trampoline_begin(struct emit *e, size_t number,
		      struct trampoline_scope *scope)
{
	const struct ir_probe *probe = e->program->probes.items[number];

	scope->compiled = e->compiled[probe->function];
	e->compiled[probe->function] = NULL;
	e->trampoline = is_return(probe) ? TRAMPOLINE_EXIT : TRAMPOLINE_ENTRY;
}

void trampoline_end(struct emit *e, size_t number,
		    const struct trampoline_scope *scope)
{
	const struct ir_probe *probe = e->program->probes.items[number];

	e->compiled[probe->function] = scope->compiled;
	e->trampoline = TRAMPOLINE_NONE;
}
