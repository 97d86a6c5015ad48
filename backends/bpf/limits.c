/*
 * What each function is and where its data lies, before any code is made.
 *
 * The static data of functions is laid out like Fortran's: a function's part
 * of the frame begins behind the parts of all its callers, so two functions
 * share room when neither can be active while the other is. Functions that
 * recurse have their part on a stack at the frame's end.
 */
#include "backends/bpf/emit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/common/format.h"
#include "translator/base/arena.h"

/* ---- sizes ---- */

static unsigned round8(unsigned size)
{
	return (size + 7) & ~7u;
}

bool is_short(int bound)
{
	return bound <= SHORT_TEXT;
}

unsigned text_room(int bound)
{
	return round8((unsigned)bound + 1);
}

unsigned var_size(const struct emit *e, const struct ir_var *var)
{
	if (var->type == IR_LONG)
		return 8;
	return is_short(var->bound) ? text_room(var->bound) : 2 * e->text_size;
}

unsigned key_room(const struct emit *e, const struct ir_key *key)
{
	unsigned room;

	if (key->type == IR_LONG)
		return 8;
	room = text_room(key->bound);
	return room < e->text_size ? room : e->text_size;
}

static unsigned key_size(const struct emit *e, const struct ir_global *global)
{
	unsigned size = 0;

	for (size_t i = 0; i < global->keys.count; i++)
		size += key_room(e, &global->keys.items[i]);
	return size;
}

int64_t session_number(const struct emit *e, const char *key, int64_t missing)
{
	for (size_t i = 0; i < e->program->session.count; i++)
		if (!strcmp(e->program->session.items[i].key, key))
			return strtoll(e->program->session.items[i].value,
				       NULL, 0);
	if (!strcmp(key, "cpus"))
		return sysconf(_SC_NPROCESSORS_CONF);
	return missing;
}

bool arg_is_text(const struct ir_function *function, const struct ir_arg *arg)
{
	if (arg->kind == IR_ARG_TEXT)
		return true;
	return arg->kind == IR_ARG_VAR &&
	       function->vars.items[arg->number].type == IR_TEXT;
}

int arg_bound(const struct ir_function *function, const struct ir_arg *arg)
{
	return arg->kind == IR_ARG_TEXT ? (int)arg->number :
		function->vars.items[arg->number].bound;
}

/* Bytes of memory that the mth directive of the format shows. */
static unsigned record_arg(const struct emit *e,
			   const struct ir_function *function,
			   const struct ir_arg *arg, bool *ret_direct)
{
	int bound;

	if (!arg_is_text(function, arg))
		return 8;
	bound = arg_bound(function, arg);
	if (is_short(bound))
		return 8 + text_room(bound);
	*ret_direct = false;
	return 8 + 2 * e->text_size;
}

unsigned record_size(const struct emit *e, const struct ir_function *function,
		     const struct ir_op *op, bool *ret_direct)
{
	unsigned size = sizeof(struct wire_head);
	const char *format =
		e->program->formats.items[op->args.items[0].number];
	struct format_iterator iterator;
	struct format_directive directive;

	*ret_direct = true;
	for (size_t i = 1; i < op->args.count; i++)
		size += record_arg(e, function, &op->args.items[i], ret_direct);
	format_begin(&iterator, format, strlen(format));
	while (format_next(&iterator, &directive) != FORMAT_END)
		if (directive.kind == FORMAT_CONVERSION &&
		    format_type(&directive) == 'a') {
			size += 16 + 2 * e->text_size;
			*ret_direct = false;
		}
	if (size > RECORD_DIRECT)
		*ret_direct = false;
	return size;
}

/* ---- control flow ---- */

static bool op_can_fault(const struct emit *e, const struct ir_op *op)
{
	if (op->code == IR_CALL || op->code == IR_CALLV)
		return e->functions[op->args.items[0].number].faults;
	if (op->code == IR_PRIM || op->code == IR_PRIMV) {
		const struct prim_row *row = prim_find(
			e->arena, op->args.items[0].text,
			(int)op->args.count - 1);

		return row && prim_flag(row, 'f');
	}
	/* a match can take too long */
	return ir_ops[op->code].may_fault || op->code == IR_MATCH;
}

bool function_has_prim(struct emit *e, int number, char flag)
{
	const struct ir_function *function =
		e->program->functions.items[number];

	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];
			const struct prim_row *row;

			if (op->code != IR_PRIM && op->code != IR_PRIMV)
				continue;
			row = prim_find(e->arena, op->args.items[0].text,
					(int)op->args.count - 1);
			if (row && prim_flag(row, flag))
				return true;
		}
	}
	return false;
}

static bool reaches(struct emit *e, int number, char flag, bool *seen)
{
	const struct ir_function *function =
		e->program->functions.items[number];

	if (seen[number])
		return false;
	seen[number] = true;
	if (function_has_prim(e, number, flag))
		return true;
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if ((op->code == IR_CALL || op->code == IR_CALLV) &&
			    reaches(e, (int)op->args.items[0].number, flag,
				    seen))
				return true;
		}
	}
	return false;
}

bool reaches_prim(struct emit *e, int number, char flag)
{
	return reaches(e, number, flag,
		       arena_array(e->arena, bool,
				   e->program->functions.count));
}

/* Calls @visit for each block that control can go to from @from. */
static void each_edge(const struct ir_function *function, int from,
		      void (*visit)(void *context, int from, int to),
		      void *context)
{
	const struct ir_block *block = function->blocks.items[from];

	for (size_t i = 0; i < block->ops.count; i++) {
		const struct ir_op *op = block->ops.items[i];

		if (op->fault >= 0)
			visit(context, from, op->fault);
		for (size_t j = 0; j < op->args.count; j++)
			if (op->args.items[j].kind == IR_ARG_BLOCK)
				visit(context, from,
				      (int)op->args.items[j].number);
	}
}

struct cycle_search {
	const struct ir_function *function;
	struct function_info *info;
	char *state;		/* 0 new, 1 on the path, 2 done */
	bool found;
};

static void cycle_visit(void *context, int from, int to)
{
	struct cycle_search *search = context;
	struct function_info *info = search->info;

	(void)from;
	if (search->state[to] == 1)
		search->found = true;
	if (search->state[to])
		return;
	search->state[to] = 1;
	each_edge(search->function, to, cycle_visit, search);
	search->state[to] = 2;
	info->rank[to] = info->reached;
	info->order[info->reached++] = to;
}

/* A block that others lead back to comes behind all of them in the order. */
bool is_back_edge(const struct function_info *info, int from, int to)
{
	return info->cut[to] || info->rank[to] >= info->rank[from];
}

static bool find_cycles(struct emit *e, int number)
{
	const struct ir_function *function =
		e->program->functions.items[number];
	size_t blocks = function->blocks.count;
	struct cycle_search search = {
		.function = function,
		.info = &e->functions[number],
		.state = arena_array(e->arena, char, blocks),
	};

	search.info->order = arena_array(e->arena, int, blocks);
	search.info->rank = arena_array(e->arena, size_t, blocks);
	search.info->cut = arena_array(e->arena, bool, blocks);
	for (size_t i = 0; i < blocks; i++)	/* of those not reached */
		search.info->rank[i] = blocks;
	cycle_visit(&search, 0, 0);
	return search.found;
}

/* ---- calls ---- */

static void each_call(const struct ir_function *function,
		      void (*visit)(void *context, int callee), void *context)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if (op->code == IR_CALL || op->code == IR_CALLV)
				visit(context, (int)op->args.items[0].number);
		}
	}
}

struct reach {
	struct emit *e;
	bool *reached;
};

static void reach_visit(void *context, int callee)
{
	struct reach *reach = context;

	if (reach->reached[callee])
		return;
	reach->reached[callee] = true;
	each_call(reach->e->program->functions.items[callee], reach_visit,
		  reach);
}

/* Who recurses, who is reached, who must be merged in step machines. */
static void find_callers(struct emit *e)
{
	size_t count = e->program->functions.count;

	for (size_t i = 0; i < count; i++) {
		struct reach reach = { e, arena_array(e->arena, bool, count) };

		each_call(e->program->functions.items[i], reach_visit, &reach);
		e->functions[i].recursive = reach.reached[i];
		if (reach.reached[i])
			e->functions[i].machine = true;
	}
}

struct spread {
	struct emit *e;
	bool machine, faults;
};

static void spread_visit(void *context, int callee)
{
	struct spread *spread = context;

	spread->machine |= spread->e->functions[callee].machine;
	spread->faults |= spread->e->functions[callee].faults;
}

static bool has_own_faults(struct emit *e, int number)
{
	const struct ir_function *function =
		e->program->functions.items[number];

	for (size_t i = 0; i < function->blocks.count; i++)
		for (size_t j = 0; j < function->blocks.items[i]->ops.count;
		     j++)
			if (op_can_fault(e, function->blocks.items[i]
						    ->ops.items[j]))
				return true;
	return false;
}

/* To a fixed point: what callees are, callers are. */
static void spread_kinds(struct emit *e)
{
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < e->program->functions.count; i++) {
			struct function_info *info = &e->functions[i];
			struct spread spread = { e, info->machine,
						 info->faults };

			each_call(e->program->functions.items[i], spread_visit,
				  &spread);
			changed |= spread.machine != info->machine ||
				   spread.faults != info->faults;
			info->machine = spread.machine;
			info->faults = spread.faults;
		}
	}
}

/* ---- variables that are read before they are set ---- */

struct unset_search {
	const struct ir_function *function;
	struct function_info *info;
	bool *in;	/* [block * vars + var]: certainly set */
	bool *known;	/* blocks with an in */
	bool *now;
	bool changed;
};

static void unset_edge(void *context, int from, int to)
{
	struct unset_search *search = context;
	size_t vars = search->function->vars.count;
	bool *in = search->in + (size_t)to * vars;

	(void)from;
	if (!search->known[to]) {
		search->known[to] = true;
		search->changed = true;
		memcpy(in, search->now, vars);
		return;
	}
	for (size_t i = 0; i < vars; i++) {
		if (in[i] && !search->now[i]) {
			in[i] = false;
			search->changed = true;
		}
	}
}

static void unset_op(struct unset_search *search, const struct ir_op *op)
{
	for (size_t i = 0; i < op->args.count; i++) {
		const struct ir_arg *arg = &op->args.items[i];

		if (arg->kind == IR_ARG_VAR && !search->now[arg->number])
			search->info->starts_unset[arg->number] = true;
		if (arg->kind == IR_ARG_BLOCK)
			unset_edge(search, 0, (int)arg->number);
	}
	if (op->fault >= 0)
		unset_edge(search, 0, op->fault);
	if (op->result >= 0)
		search->now[op->result] = true;
}

static void find_unset(struct emit *e, int number)
{
	const struct ir_function *function =
		e->program->functions.items[number];
	size_t vars = function->vars.count, blocks = function->blocks.count;
	struct unset_search search = {
		.function = function,
		.info = &e->functions[number],
		.in = arena_array(e->arena, bool, vars * blocks + 1),
		.known = arena_array(e->arena, bool, blocks),
		.now = arena_array(e->arena, bool, vars + 1),
	};

	search.info->starts_unset = arena_array(e->arena, bool, vars + 1);
	for (int i = 0; i < function->param_count; i++)
		search.in[i] = true;
	search.known[0] = true;
	do {
		search.changed = false;
		for (size_t i = 0; i < blocks; i++) {
			const struct ir_block *block =
				function->blocks.items[i];

			if (!search.known[i])
				continue;
			memcpy(search.now, search.in + i * vars, vars);
			for (size_t j = 0; j < block->ops.count; j++)
				unset_op(&search, block->ops.items[j]);
		}
	} while (search.changed);
}

/* ---- layout ---- */

static void layout_function(struct emit *e, int number)
{
	const struct ir_function *function =
		e->program->functions.items[number];
	struct function_info *info = &e->functions[number];
	unsigned at = 0;

	info->link = at;
	if (info->machine)
		at += 24;
	info->var_at = arena_array(e->arena, unsigned, function->vars.count);
	for (size_t i = 0; i < function->vars.count; i++) {
		info->var_at[i] = at;
		at += var_size(e, &function->vars.items[i]);
	}
	info->size = at;
	if (info->recursive && at > e->recursive_size)
		e->recursive_size = at;
}

struct placing {
	struct emit *e;
	int caller;
	bool changed;
};

static void place_visit(void *context, int callee)
{
	struct placing *placing = context;
	struct function_info *from = &placing->e->functions[placing->caller];
	struct function_info *to = &placing->e->functions[callee];
	unsigned end = from->at + (from->recursive ? 0 : from->size);

	if (to->at >= end || (to->recursive && from->recursive))
		return;
	to->at = end;
	placing->changed = true;
}

static void place_functions(struct emit *e)
{
	struct placing placing = { .e = e, .changed = true };
	unsigned most = e->text_size <= 512 ? RECURSION_ROOM : RECURSION_LARGE;
	unsigned end = 0;

	while (placing.changed) {
		placing.changed = false;
		for (size_t i = 0; i < e->program->functions.count; i++) {
			placing.caller = (int)i;
			each_call(e->program->functions.items[i], place_visit,
				  &placing);
		}
	}
	for (size_t i = 0; i < e->program->functions.count; i++) {
		struct function_info *info = &e->functions[i];

		if (!info->recursive && info->at + info->size > end)
			end = info->at + info->size;
	}
	e->stack_at = e->statics_at + end;
	e->stack_size = e->recursive_size *
			(unsigned)session_number(e, "maxnesting", 10);
	if (e->stack_size > most)
		e->stack_size = most > e->recursive_size ? most :
							  e->recursive_size;
	e->frame_size = round8(e->stack_at + e->stack_size);
}

static unsigned largest_record(struct emit *e)
{
	unsigned most = 0;

	for (size_t i = 0; i < e->program->functions.count; i++) {
		const struct ir_function *function =
			e->program->functions.items[i];

		for (size_t b = 0; b < function->blocks.count; b++) {
			const struct ir_block *block =
				function->blocks.items[b];

			for (size_t j = 0; j < block->ops.count; j++) {
				bool direct;
				unsigned size;

				if (block->ops.items[j]->code != IR_PRINT)
					continue;
				size = record_size(e, function,
						   block->ops.items[j],
						   &direct);
				if (!direct && size > most)
					most = size;
			}
		}
	}
	return most;
}

static void layout_frame(struct emit *e)
{
	unsigned key = 8;

	for (size_t i = 0; i < e->program->globals.count; i++) {
		unsigned size = key_size(e, e->program->globals.items[i]);

		if (size > key)
			key = size;
	}
	/* the library's part: its three texts have the program's size */
	e->temps_at = round8(sizeof(struct rt_frame) -
			     3 * sizeof(struct rt_text)) +
		      3 * 2 * e->text_size;
	e->result_at = e->temps_at + TEMPS * 2 * e->text_size;
	e->key_at = e->result_at + 8 + 2 * e->text_size;
	e->value_at = e->key_at + 2 * key;
	e->record_at = e->value_at + 8 + 2 * e->text_size;
	e->statics_at = e->record_at + largest_record(e);
}

/* ---- plain handlers ---- */

static bool plain_op(struct emit *e, const struct ir_function *function,
		     const struct ir_op *op, unsigned *key_most)
{
	const struct prim_row *row;
	bool direct = true;
	unsigned keys = 8;

	for (size_t i = 0; i < op->args.count; i++)
		if (op->args.items[i].kind == IR_ARG_TEXT &&
		    op->code != IR_PRINT &&
		    !is_short((int)op->args.items[i].number))
			return false;
	if (op->key_count)
		keys = key_size(e, e->program->globals.items[
					   op->args.items[0].number]);
	if (keys > *key_most)
		*key_most = keys;
	if (op->fault >= 0)
		return false;
	switch (op->code) {
	case IR_CAT: case IR_SPRINT: case IR_MATCH: case IR_CALL:
	case IR_CALLV: case IR_CATCH: case IR_FAIL: case IR_ITERBEGIN:
	case IR_ITERNEXT: case IR_ITERKEY: case IR_ITERVALUE: case IR_ITEREND:
	case IR_EMBED: case IR_TOUCH: case IR_HTEXT:
		return false;
	case IR_PRINT:
		record_size(e, function, op, &direct);
		return direct;
	case IR_PRIM: case IR_PRIMV:
		row = prim_find(e->arena, op->args.items[0].text,
				(int)op->args.count - 1);
		return row && prim_flag(row, 'i');
	case IR_GET: case IR_SET: case IR_AGET: case IR_ASET:
		return e->program->globals.items[op->args.items[0].number]
			       ->value != IR_VALUE_TEXT ||
		       is_short(e->program->globals.items[
					op->args.items[0].number]->bound);
	case IR_AHAS: case IR_ADELETE:
		return !key_has_any(op);
	case IR_MOV: case IR_TMOV: case IR_ADD: case IR_SUB: case IR_MUL:
	case IR_DIV: case IR_MOD: case IR_AND: case IR_OR: case IR_XOR:
	case IR_SHL: case IR_SHR: case IR_USHR: case IR_EQ: case IR_NE:
	case IR_LT: case IR_LE: case IR_TCMP: case IR_FETCHADD: case IR_AADD:
	case IR_ACLEAR: case IR_SADD: case IR_SGET: case IR_SCLEAR:
	case IR_HGET: case IR_HPRINT: case IR_ACTION: case IR_ARG: case IR_REG:
	case IR_RELOC: case IR_LOAD: case IR_STORE: case IR_LOADTEXT: case IR_JUMP:
	case IR_BRANCH: case IR_RETURN: case IR_FAILWITH:
		return true;
	case IR_CODES:
		break;
	}
	return false;
}

static bool is_plain(struct emit *e, int number)
{
	const struct ir_function *function =
		e->program->functions.items[number];
	struct function_info *info = &e->functions[number];
	unsigned texts = 0;
	int64_t actions = 0;

	info->key_size = 8;

	if (info->machine || function->param_count || e->levels[number] != LEVEL_FAST)
		return false;
	for (size_t i = 0; i < function->vars.count; i++) {
		const struct ir_var *var = &function->vars.items[i];

		if (var->type == IR_TEXT && !is_short(var->bound))
			return false;
		if (var->type == IR_TEXT)
			texts += var_size(e, var);
	}
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			if (!plain_op(e, function, block->ops.items[j],
				      &info->key_size))
				return false;
			if (block->ops.items[j]->code == IR_ACTION)
				actions += block->ops.items[j]->args.items[0]
						   .number;
		}
	}
	return texts + info->key_size <= STACK_DATA &&
	       actions < session_number(e, "maxaction", 1000);
}

void limits_find(struct emit *e)
{
	size_t count = e->program->functions.count;

	e->text_size = ir_limit(e->program, "maxstringlen") <= 512 ? 512 : 4096;
	for (size_t i = 0; i < count; i++)
		e->functions[i].machine = find_cycles(e, (int)i) ||
					  e->levels[i] == LEVEL_STEPS;
	find_callers(e);
	ways_cut(e);
	for (size_t i = 0; i < count; i++)	/* recursion: NESTING */
		e->functions[i].faults = e->functions[i].recursive ||
					 has_own_faults(e, (int)i);
	spread_kinds(e);
	layout_frame(e);
	for (size_t i = 0; i < count; i++) {
		find_unset(e, (int)i);
		layout_function(e, (int)i);
		e->functions[i].plain = is_plain(e, (int)i);
	}
	/* reading texts of another task takes room */
	for (size_t i = 0; i < e->program->probes.count; i++)
		if (foreign_kind(e->program->probes.items[i]))
			e->functions[e->program->probes.items[i]->function]
				.plain = false;
	place_functions(e);
}
