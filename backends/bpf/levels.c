/*
 * Which functions are made at a higher level (enum level), since a chain of calls
 * that they are part of has turned out to be too deep for the kernel's stack.
 */
#include "backends/bpf/emit.h"

#include <stdlib.h>

#include "translator/base/arena.h"

/* All begin at the lowest; tests set a higher one. */
enum level *levels_create(struct arena *arena, const struct ir_program *program)
{
	size_t count = program->functions.count;
	enum level *levels = arena_array(arena, enum level, count + 1);
	const char *wanted = getenv("SPILE_LEVEL");
	int level = wanted ? atoi(wanted) : LEVEL_FAST;

	for (size_t i = 0; i < count; i++)
		if (level > LEVEL_FAST && level < LEVELS)
			levels[i] = (enum level)level;
	return levels;
}

struct raising_levels {
	struct emit *e;
	enum level least;
	bool *seen;
};

static void raise_function(struct raising_levels *r, int number)
{
	const struct ir_function *function =
		r->e->program->functions.items[number];
	enum level *level = &r->e->levels[number];

	if (r->seen[number])
		return;
	r->seen[number] = true;
	if (*level + 1 < LEVELS) {
		*level = *level + 1 > r->least ? *level + 1 : r->least;
		r->e->again = true;
	}
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if (op->code == IR_CALL || op->code == IR_CALLV)
				raise_function(r, (int)op->args.items[0].number);
		}
	}
}

static bool *nothing_seen(struct emit *e)
{
	return arena_array(e->arena, bool, e->program->functions.count + 1);
}

/* The probes of a program, whose name is a letter and the number of its first. */
static void raise_program(struct raising_levels *r, const char *name)
{
	size_t number = strtoul(name + 1, NULL, 10);
	struct emit *e = r->e;

	for (size_t i = 0; i < e->program->probes.count; i++)
		if (e->joins[i] == number)
			raise_function(r, e->program->probes.items[i]->function);
}

void levels_raise(struct emit *e, const struct link_depths *deep)
{
	struct raising_levels r = { .e = e, .seen = nothing_seen(e) };

	for (size_t i = 0; i < deep->rows.count; i++) {
		r.least = deep->rows.items[i].frames ? LEVEL_STEPS : LEVEL_LEAN;
		raise_program(&r, deep->rows.items[i].name);
	}
}

void levels_raise_all(struct emit *e)
{
	struct raising_levels r = { .e = e, .least = LEVEL_LEAN,
				    .seen = nothing_seen(e) };

	for (size_t i = 0; i < e->program->functions.count; i++)
		raise_function(&r, (int)i);
}
