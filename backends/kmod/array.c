/* Operations on arrays, statistics and walks: calls of the runtime. */
#include "backends/kmod/gen.h"

#include <inttypes.h>

#include "translator/base/arena.h"

bool is_array_op(enum ir_code code)
{
	return (code >= IR_AGET && code <= IR_ITEREND);
}

static const struct ir_global *global_of(const struct gen *gen,
					 const struct ir_op *op)
{
	int64_t number = op->args.items[0].number;

	if (op->args.items[0].kind == IR_ARG_ITER)
		number = gen->program->iters.items[number].global;
	return gen->program->globals.items[number];
}

/* A variable that fits, and has the words of its room: rt_key_words(). */
static bool is_packed(const struct gen *gen, const struct ir_arg *arg,
		      unsigned room)
{
	unsigned has;

	if (arg->kind != IR_ARG_VAR)
		return false;
	has = text_room(gen, gen->function, (int)arg->number);
	return has <= room && has + 8 > room;
}

/* Packs the keys into v->key; the bits of those that may be anything. */
static uint64_t write_key(struct gen *gen, const struct ir_op *op)
{
	const struct ir_global *global = global_of(gen, op);
	uint64_t any = 0;

	for (int i = 0; i < op->key_count; i++) {
		const struct ir_arg *arg = &op->args.items[op->key_begin + i];
		unsigned room = key_room(&global->keys.items[i]);

		if (arg->kind == IR_ARG_ANY)
			any |= 1ull << i;
		else if (room)
			write_line(&gen->out, "rt_key_%s(v->key + %u, %u, %s);",
				   is_packed(gen, arg, room) ? "words" : "text",
				   key_at(global, i), room, operand(gen, arg));
		else
			write_line(&gen->out, "rt_key_long(v->key + %u, %s);",
				   key_at(global, i), operand(gen, arg));
	}
	return any;
}

static void write_fault(struct gen *gen, const struct ir_op *op,
			const char *call)
{
	write_line(&gen->out, "if (%s, %d))", call, op->site);
	write_line(&gen->out, "\t%s;", fault_of(gen, op));
}

static void write_aget(struct gen *gen, const struct ir_op *op,
		       const char *map, const char *key)
{
	if (global_of(gen, op)->value == IR_VALUE_TEXT)
		write_line(&gen->out, "rt_get_text(%s, %s, %s);", map, key,
			   target(gen, op->result));
	else
		write_line(&gen->out, "v%d = rt_get_long(%s, %s);",
			   op->result, map, key);
}

static void write_iter_part(struct gen *gen, const struct ir_op *op)
{
	const struct ir_global *global = global_of(gen, op);
	const char *iter = operand(gen, &op->args.items[0]);
	unsigned at = op->code == IR_ITERKEY
		? key_at(global, (int)op->args.items[1].number)
		: key_size(global);

	if (gen->function->vars.items[op->result].type == IR_TEXT)
		write_line(&gen->out, "rt_copy(%s, rt_iter_entry(frame, %s) + %u);",
			   target(gen, op->result), iter, at);
	else
		write_line(&gen->out, "v%d = *(const s64 *)(rt_iter_entry("
			   "frame, %s) + %u);", op->result, iter, at);
}

void write_array_op(struct gen *gen, const struct ir_op *op)
{
	uint64_t any = write_key(gen, op);
	struct arena *arena = gen->arena;
	const char *first = operand(gen, &op->args.items[0]);
	const char *map = arena_printf(arena, "&%s", first);
	const struct ir_arg *last_arg = &op->args.items[op->args.count - 1];
	const char *last = operand(gen, last_arg);
	const char *key = op->key_count ? "v->key" : "NULL";
	struct writer *out = &gen->out;

	switch (op->code) {
	case IR_AGET:
		write_aget(gen, op, map, key);
		return;
	case IR_ASET:
		write_fault(gen, op, arena_printf(arena,
			"rt_set_%s(frame, %s, %s, %s",
			operand_is_text(gen, last_arg) ? "text" : "long", map,
			key, last));
		return;
	case IR_AADD:
		write_fault(gen, op, arena_printf(arena,
			"rt_add(frame, %s, %s, %s, &v%d", map, key, last,
			op->result));
		return;
	case IR_AHAS:
		write_line(out, "v%d = rt_has(%s, %s, %" PRIu64 ");",
			   op->result, map, key, any);
		return;
	case IR_ADELETE:
		write_line(out, "rt_delete(%s, %s, %" PRIu64 ");", map, key,
			   any);
		return;
	case IR_ACLEAR:
	case IR_SCLEAR:
		write_line(out, "rt_clear(%s);", map);
		return;
	case IR_SADD:
		if (adds_in_place(gen, op))
			write_line(out, "rt_scalar_add(%s, %s_stat, %s);", map,
				   map, last);
		else
			write_fault(gen, op, arena_printf(arena,
				"rt_stat_add(frame, %s, %s, %s", map, key,
				last));
		return;
	case IR_SGET:
		write_fault(gen, op, arena_printf(arena,
			"rt_stat_get(frame, %s, %s, %s, &v%d", map, key, last,
			op->result));
		return;
	case IR_HGET:
		write_line(out, "v%d = rt_hist_get(%s, %s, %s);", op->result,
			   map, key, last);
		return;
	case IR_HPRINT:
		write_fault(gen, op, arena_printf(arena,
			"rt_hist_print(frame, %s, %s", map, key));
		return;
	case IR_HTEXT:
		write_fault(gen, op, arena_printf(arena,
			"rt_hist_text(frame, %s, %s, %s", map, key,
			target(gen, op->result)));
		return;
	case IR_ITERBEGIN:
		write_fault(gen, op, arena_printf(arena,
			"rt_iter_begin(frame, %s, %s, %" PRIu64 ", %s", first,
			key, any, last));
		return;
	case IR_ITERNEXT:
		write_line(out, "v%d = rt_iter_next(frame, %s);", op->result, first);
		return;
	case IR_ITERKEY:
	case IR_ITERVALUE:
		write_iter_part(gen, op);
		return;
	case IR_ITEREND:
		return;
	/* no operations on arrays */
	case IR_MOV: case IR_TMOV: case IR_ADD: case IR_SUB: case IR_MUL:
	case IR_DIV: case IR_MOD: case IR_AND: case IR_OR: case IR_XOR:
	case IR_SHL: case IR_SHR: case IR_USHR: case IR_EQ: case IR_NE:
	case IR_LT: case IR_LE: case IR_TCMP: case IR_CAT: case IR_SPRINT:
	case IR_MATCH: case IR_PRIM: case IR_PRIMV: case IR_GET: case IR_SET:
	case IR_FETCHADD: case IR_CALL: case IR_CALLV: case IR_PRINT:
	case IR_CATCH: case IR_ACTION: case IR_ARG: case IR_REG: case IR_RELOC:
	case IR_EMBED: case IR_TOUCH: case IR_LOAD: case IR_STORE: case IR_LOADTEXT: case IR_JUMP: case IR_BRANCH:
	case IR_RETURN: case IR_FAIL: case IR_FAILWITH: case IR_CODES:
		return;
	}
}
