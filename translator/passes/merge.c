/*
 * Functions that do the same become one: the handlers that a wildcard makes of
 * one body, and what they call. Names of variables do not count, nor do the
 * numbers of walks: two that walk an array alike in the same order are alike.
 * Handlers of one way of attaching only: what arguments they have depends on it.
 *
 * Who is alike is found by hashes, so thousands of handlers cost a walk over
 * their operations. The functions left over go with the dead code.
 */
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/map.h"
#include "translator/ir/ir.h"
#include "translator/passes/passes.h"

struct merge {
	struct ir_program *program;
	int *same;		/* by function: the one that stands for it */
	const char **kinds;	/* of handlers: how their probe is attached */
	uint64_t *hashes;
	int *table;		/* function + 1 */
	size_t mask;
};

/* The walks of two functions, in the order in which they appear. */
struct walks {
	VEC(int) left, right;
};

/* ---- hashes ---- */

static uint64_t mix(uint64_t hash, uint64_t number)
{
	hash = (hash ^ number) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

static uint64_t mix_iter(uint64_t hash, const struct ir_iter *iter)
{
	hash = mix(hash, (uint64_t)iter->global);
	return mix(hash, (uint64_t)iter->sort << 1 | iter->descending);
}

static uint64_t mix_arg(const struct merge *m, uint64_t hash,
			const struct ir_arg *arg)
{
	hash = mix(hash, arg->kind);
	if (arg->text)
		hash = mix(hash, map_hash(arg->text));
	if (arg->kind == IR_ARG_ITER)
		return mix_iter(hash, &m->program->iters.items[arg->number]);
	if (arg->kind == IR_ARG_FUNCTION)
		return mix(hash, (uint64_t)m->same[arg->number]);
	return mix(hash, (uint64_t)arg->number);
}

static uint64_t mix_op(const struct merge *m, uint64_t hash,
		       const struct ir_op *op)
{
	hash = mix(hash, (uint64_t)op->code << 32 | (uint32_t)op->result);
	hash = mix(hash, (uint64_t)op->fault << 32 | (uint32_t)op->site);
	for (size_t i = 0; i < op->args.count; i++)
		hash = mix_arg(m, hash, &op->args.items[i]);
	return hash;
}

static uint64_t hash_of(const struct merge *m, int number)
{
	const struct ir_function *f = m->program->functions.items[number];
	uint64_t hash = mix(f->vars.count, (uint64_t)f->param_count);

	if (m->kinds[number])
		hash = mix(hash, map_hash(m->kinds[number]));
	for (size_t i = 0; i < f->blocks.count; i++) {
		const struct ir_block *block = f->blocks.items[i];

		hash = mix(hash, block->ops.count);
		for (size_t j = 0; j < block->ops.count; j++)
			hash = mix_op(m, hash, block->ops.items[j]);
	}
	return hash;
}

/* ---- equality ---- */

static bool same_iter(const struct ir_iter *a, const struct ir_iter *b)
{
	return a->global == b->global && a->sort == b->sort &&
	       a->sort_key == b->sort_key && a->sort_stat == b->sort_stat &&
	       a->descending == b->descending;
}

/* Does the one walk always stand where the other does? */
static bool same_walk(const struct merge *m, struct walks *walks, int a, int b)
{
	for (size_t i = 0; i < walks->left.count; i++)
		if (walks->left.items[i] == a || walks->right.items[i] == b)
			return walks->left.items[i] == a &&
			       walks->right.items[i] == b;
	*vec_push(m->program->arena, &walks->left) = a;
	*vec_push(m->program->arena, &walks->right) = b;
	return same_iter(&m->program->iters.items[a],
			 &m->program->iters.items[b]);
}

static bool same_arg(const struct merge *m, struct walks *walks,
		     const struct ir_arg *a, const struct ir_arg *b)
{
	if (a->kind != b->kind || !a->text != !b->text)
		return false;
	if (a->kind == IR_ARG_ITER)
		return same_walk(m, walks, (int)a->number, (int)b->number);
	if (a->kind == IR_ARG_FUNCTION)
		return m->same[a->number] == m->same[b->number];
	if (a->number != b->number)
		return false;
	if (a->kind == IR_ARG_TEXT)
		return !memcmp(a->text, b->text, (size_t)a->number);
	return !a->text || !strcmp(a->text, b->text);
}

static bool same_op(const struct merge *m, struct walks *walks,
		    const struct ir_op *a, const struct ir_op *b)
{
	if (a->code != b->code || a->result != b->result ||
	    a->fault != b->fault || a->site != b->site ||
	    a->key_begin != b->key_begin || a->key_count != b->key_count ||
	    a->args.count != b->args.count)
		return false;
	for (size_t i = 0; i < a->args.count; i++)
		if (!same_arg(m, walks, &a->args.items[i], &b->args.items[i]))
			return false;
	return true;
}

static bool same_head(const struct ir_function *a, const struct ir_function *b)
{
	if (a->param_count != b->param_count || a->result != b->result ||
	    a->result_bound != b->result_bound ||
	    a->vars.count != b->vars.count || a->blocks.count != b->blocks.count)
		return false;
	for (size_t i = 0; i < a->vars.count; i++)
		if (a->vars.items[i].type != b->vars.items[i].type ||
		    a->vars.items[i].bound != b->vars.items[i].bound)
			return false;
	return true;
}

static bool same_kind(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same(const struct merge *m, int left, int right)
{
	const struct ir_function *a = m->program->functions.items[left];
	const struct ir_function *b = m->program->functions.items[right];
	struct walks walks = { 0 };

	if (!same_kind(m->kinds[left], m->kinds[right]) || !same_head(a, b))
		return false;
	for (size_t i = 0; i < a->blocks.count; i++) {
		const struct ir_block *x = a->blocks.items[i];
		const struct ir_block *y = b->blocks.items[i];

		if (x->ops.count != y->ops.count)
			return false;
		for (size_t j = 0; j < x->ops.count; j++)
			if (!same_op(m, &walks, x->ops.items[j],
				     y->ops.items[j]))
				return false;
	}
	return true;
}

/* ---- the search ---- */

/* The first function like this one, which may be itself. */
static int find(struct merge *m, int number)
{
	size_t at = m->hashes[number] & m->mask;

	for (; m->table[at]; at = (at + 1) & m->mask) {
		int other = m->table[at] - 1;

		if (m->hashes[other] == m->hashes[number] &&
		    is_same(m, other, number))
			return other;
	}
	m->table[at] = number + 1;
	return number;
}

/* Callers become alike when what they call is: until there are no more. */
static bool search(struct merge *m)
{
	size_t count = m->program->functions.count;
	bool changed = false;

	memset(m->table, 0, (m->mask + 1) * sizeof(*m->table));
	for (size_t i = 0; i < count; i++) {
		if (m->same[i] != (int)i)
			continue;
		m->hashes[i] = hash_of(m, (int)i);
		m->same[i] = find(m, (int)i);
		changed |= m->same[i] != (int)i;
	}
	for (size_t i = 0; i < count; i++)
		m->same[i] = m->same[m->same[i]];
	return changed;
}

static void note_kinds(struct merge *m)
{
	for (size_t i = 0; i < m->program->probes.count; i++) {
		const struct ir_probe *probe = m->program->probes.items[i];

		m->kinds[probe->function] = probe->kind;
	}
}

static void redirect(struct merge *m, struct ir_function *function)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			struct ir_op *op = block->ops.items[j];

			for (size_t k = 0; k < op->args.count; k++)
				if (op->args.items[k].kind == IR_ARG_FUNCTION)
					op->args.items[k].number = m->same[
						op->args.items[k].number];
		}
	}
}

void pass_merge(struct ir_program *program)
{
	size_t count = program->functions.count;
	struct merge m = {
		.program = program, .mask = 15,
		.same = arena_array(program->arena, int, count + 1),
		.kinds = arena_array(program->arena, const char *, count + 1),
		.hashes = arena_array(program->arena, uint64_t, count + 1),
	};

	while (m.mask < 2 * count)
		m.mask = 2 * m.mask + 1;
	m.table = arena_array(program->arena, int, m.mask + 1);
	for (size_t i = 0; i < count; i++)
		m.same[i] = (int)i;
	note_kinds(&m);
	while (search(&m))
		;
	for (size_t i = 0; i < program->probes.count; i++)
		program->probes.items[i]->function =
			m.same[program->probes.items[i]->function];
	for (size_t i = 0; i < count; i++)
		redirect(&m, program->functions.items[i]);
}
