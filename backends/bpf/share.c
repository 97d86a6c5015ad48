/*
 * Which probes have one program between them. Made in the order of probes: the
 * first has the program, e->joins of the others says which that is.
 */
#include "backends/bpf/emit.h"

#include <string.h>

#include "translator/base/arena.h"

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

/* To be a member is one more call; who has no room for that is alone. */
static bool may_join(const struct emit *e, size_t number)
{
	return e->levels[e->program->probes.items[number]->function] ==
	       LEVEL_FAST;
}

static void members_find(struct members *m, size_t first)
{
	const struct ir_program *program = m->e->program;

	m->count = 0;
	if (!may_join(m->e, first))
		return;
	for (size_t i = first; i < program->probes.count &&
	     m->count < MEMBERS_MOST; i++) {
		if (m->e->joins[i] != i || m->e->joined[i] ||
		    !may_join(m->e, i) ||
		    (i != first && !same_event(program->probes.items[first],
					       program->probes.items[i])))
			continue;
		m->e->joins[i] = first;
		m->e->joined[i] = true;
		m->numbers[m->count++] = i;
	}
}

bool probes_join(struct emit *e, size_t first, LLVMValueRef program)
{
	struct members *members = arena_new(e->arena, struct members);

	members->e = e;
	members->program = program;
	members_find(members, first);
	if (members->count > 1)
		members_code(members);
	return members->count > 1;
}

/* ---- probes of one handler: one program, attached for each with its number:
 * functions by wildcard, markers that the compiler copied ---- */

static bool may_share(const struct ir_probe *a, const struct ir_probe *b)
{
	return a->function == b->function && !strcmp(a->kind, b->kind) &&
	       strstr(a->kind, "probe") && a->lock == b->lock &&
	       a->lock_class == b->lock_class;
}

bool probes_share(struct emit *e, size_t first)
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
