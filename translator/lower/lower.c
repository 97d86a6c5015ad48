/* The program: globals, functions on first call, handlers. */
#include "translator/lower/lower.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"

/* The library names arrays so that are right with each step by itself. */
static bool is_unlocked(const struct symbol *symbol)
{
	static const char word[] = "__unlocked_";

	return symbol->span.source && symbol->span.source->library &&
	       !strncmp(symbol->name, word, sizeof(word) - 1);
}

static void lower_globals(struct lower *lower)
{
	struct sema *sema = lower->sema;

	for (size_t i = 0; i < sema->globals.count; i++) {
		struct symbol *symbol = sema->globals.items[i];
		const struct expr *init = symbol->global->init;
		struct ir_global *global;

		if (!symbol->reads && !symbol->writes &&
		    !sema->options->keep_unused)
			continue;
		global = arena_new(lower->arena, struct ir_global);
		symbol->ir = (int)lower->program->globals.count;
		*vec_push(lower->arena, &lower->program->globals) = global;
		global->name = symbol->name;
		global->kind = symbol->key_count > 0 ? IR_ARRAY : IR_SCALAR;
		global->value = symbol->type == TYPE_STATS ? IR_VALUE_STAT :
				symbol->type == TYPE_STRING ? IR_VALUE_TEXT :
							      IR_VALUE_LONG;
		global->bound = symbol->type == TYPE_STRING ?
					lower->text_bound : 0;
		for (int k = 0; k < symbol->key_count; k++) {
			struct ir_key *key = vec_push(lower->arena,
						      &global->keys);

			key->type = ir_type_of(symbol->key_types[k]);
			key->bound = key->type == IR_TEXT ? lower->text_bound :
							    0;
		}
		if (global->kind == IR_ARRAY) {
			global->size = symbol->global->size ?
				symbol->global->size->number :
				ir_limit(lower->program, "maxmapentries");
			global->explicit_size = symbol->global->size != NULL;
			global->wrap = symbol->global->wrap;
			global->unlocked = is_unlocked(symbol);
		}
		if (symbol->set_by && symbol->type == TYPE_STRING)
			global->init_text = symbol->set_by;
		else if (symbol->set_by)
			global->init = (int64_t)strtoll(symbol->set_by, NULL, 0);
		else if (init && init->kind == EXPR_STRING)
			global->init_text = init->text;
		else if (init)
			global->init = init->number;
		global->stat_shift = (int)symbol->shift;
		global->hist = !symbol->hist ? IR_HIST_NONE :
			       strcmp(symbol->hist, "hist_log") == 0 ?
				       IR_HIST_LOG : IR_HIST_LINEAR;
		global->hist_start = symbol->hist_bounds[0];
		global->hist_stop = symbol->hist_bounds[1];
		global->hist_step = symbol->hist_bounds[2];
	}
}

static void reset_locals(struct map *locals)
{
	for (size_t i = 0; i < locals->count; i++)
		((struct symbol *)locals->entries[i].value)->ir = -1;
}

/* Every block ends somewhere: a function's end returns 0 or "". */
static void finish_function(struct lower *lower)
{
	struct ir_function *f = lower->function;

	for (size_t i = 0; i < f->blocks.count; i++) {
		struct ir_block *block = f->blocks.items[i];
		struct ir_op *last = block->ops.count ?
			block->ops.items[block->ops.count - 1] : NULL;

		if (last && ir_ops[last->code].is_terminator)
			continue;
		lower->block = (int)i;
		if (f->result == IR_VOID)
			emit(lower, IR_RETURN, -1);
		else
			emit_arg(lower, emit(lower, IR_RETURN, -1),
				 f->result == IR_TEXT ?
					 operand_text(lower, "", 0) :
					 operand_long(0));
	}
}

/* After C that may have said STAP_NEXT. */
static void lower_passed_on(struct lower *lower)
{
	int result = lower_temp(lower, IR_LONG), stays = new_block(lower);
	struct ir_op *op = emit(lower, IR_PRIM, result);

	ir_arg_add(lower->program, op, IR_ARG_NAME, 0, "__passed_on");
	emit_branch(lower, operand_var(result), lower->next_block, stays);
	lower->block = stays;
}

static void lower_body(struct lower *lower, struct function *f)
{
	struct stmt *embedded = embedded_body(f->decl->body);
	operand value;

	if (!embedded) {
		lower_stmt(lower, f->decl->body);
		return;
	}
	value = lower_embedded(lower, embedded->expr, IR_CODE_BODY,
			       lower->function->result, f);
	if (lower->next_block >= 0)
		lower_passed_on(lower);
	if (lower->function->result == IR_VOID)
		return;
	emit_arg(lower, emit(lower, IR_RETURN, -1), value);
	lower->block = new_block(lower);
}

/* Operations behind a terminator (after next, return) have a block of their
 * own that nothing reaches; fold drops it. */
static void lower_overload(struct lower *lower, struct function *f,
			   struct function *first)
{
	reset_locals(&f->locals);
	for (size_t i = 0; i < f->params.count; i++) {
		f->params.items[i]->ir = (int)i;
		if (f != first)
			f->params.items[i]->type = first->params.items[i]->type;
	}
	lower->next_block = f->next || f->says_next ? new_block(lower) : -1;
	lower_body(lower, f);
	if (lower->next_block < 0)
		return;
	lower_leave_loops(lower);
	if (lower->function->result == IR_VOID)
		emit(lower, IR_RETURN, -1);
	else
		emit_arg(lower, emit(lower, IR_RETURN, -1),
			 lower->function->result == IR_TEXT ?
				 operand_text(lower, "", 0) : operand_long(0));
	lower->block = lower->next_block;
	if (!f->next)
		emit_arg(lower, emit(lower, IR_FAILWITH, -1),
			 operand_long(IR_ERROR_EXHAUSTED));
}

static void mark_recursive(struct lower *lower, struct function *first)
{
	size_t i = lower->calls.count;

	while (i-- > 0)
		if (lower->calls.items[i] == first) {
			lower->recursive = true;
			return;
		}
}

int lower_function(struct lower *lower, struct function *first)
{
	struct lower inner = *lower;
	struct ir_op *action;
	int entry;

	if (first->ir >= 0) {
		mark_recursive(lower, first);
		return first->ir;
	}
	first->ir = (int)lower->program->functions.count;
	inner.function = ir_function_add(lower->program,
		arena_printf(lower->arena, "%s/%zu/%d", first->decl->name,
			     first->params.count, first->ir));
	inner.function->result = !first->has_value &&
		first->decl->type == TYPE_UNKNOWN ? IR_VOID :
						    ir_type_of(first->type);
	inner.function->result_bound = inner.function->result == IR_TEXT ?
					       lower->text_bound : 0;
	inner.function->param_count = (int)first->params.count;
	for (size_t i = 0; i < first->params.count; i++) {
		struct symbol *param = first->params.items[i];

		ir_var_add(lower->program, inner.function,
			   ir_type_of(param->type),
			   param->type == TYPE_STRING ? lower->text_bound : 0,
			   param->name);
	}
	inner.fault = -1;
	inner.loop = NULL;
	inner.probe = NULL;
	inner.recursive = false;
	memset(&inner.kept, 0, sizeof(inner.kept));
	*vec_push(lower->arena, &inner.calls) = first;
	entry = new_block(&inner);
	inner.block = new_block(&inner);
	for (struct function *f = first; f; f = f->next)
		lower_overload(&inner, f, first);
	finish_function(&inner);
	/* The entry was left open and got a return: it goes to the body. */
	inner.function->blocks.items[entry]->ops.count = 0;
	inner.block = entry;
	if (inner.recursive) {
		action = emit(&inner, IR_ACTION, -1);
		emit_arg(&inner, action, operand_long(1));
		emit_fault(&inner, action, first->decl->name,
			   first->decl->span);
	}
	emit_jump(&inner, 1);
	lower->relocs = inner.relocs;
	return first->ir;
}

/* A probe of the program where an instance is, whose handler is @function. */
static void add_probe(struct lower *lower,
		      const struct probe_instance *instance, int function,
		      const char *place)
{
	struct ir_probe *out = arena_new(lower->arena, struct ir_probe);

	out->name = instance->name;
	out->kind = instance->kind;
	out->place = place;
	for (size_t i = 0; i < instance->pairs.count; i++) {
		struct ir_pair *pair = vec_push(lower->arena, &out->pairs);

		pair->key = instance->pairs.items[i].key;
		pair->value = instance->pairs.items[i].value;
	}
	out->end_safe = strcmp(out->kind, "begin") == 0 ||
			strcmp(out->kind, "end") == 0 ||
			strcmp(out->kind, "error") == 0;
	out->function = function;
	*vec_push(lower->arena, &lower->program->probes) = out;
}

static void lower_probe(struct lower *lower, struct probe *probe, size_t number)
{
	int function = (int)lower->program->functions.count;
	const char *place = span_text(lower->arena, probe->span);
	struct lower inner = *lower;

	reset_locals(&probe->locals);
	inner.function = ir_function_add(lower->program,
		arena_printf(lower->arena, "handler/%zu", number));
	inner.function->result = IR_VOID;
	inner.probe = probe;
	inner.fault = -1;
	inner.next_block = -1;
	inner.loop = NULL;
	memset(&inner.kept, 0, sizeof(inner.kept));
	inner.block = new_block(&inner);
	if (probe->condition) {
		int yes = new_block(&inner);
		int no = new_block(&inner);

		lower_condition(&inner, probe->condition, yes, no);
		inner.block = yes;
	}
	lower_stmt(&inner, probe->body);
	finish_function(&inner);
	lower->relocs = inner.relocs;
	add_probe(lower, probe->instance, function, place);
	for (size_t i = 0; i < probe->twins.count; i++)
		add_probe(lower, probe->twins.items[i], function, place);
}

struct ir_program *lower_program(struct sema *sema, const char *name,
				 const struct lower_limit *limits,
				 size_t limit_count)
{
	struct lower lower = { .arena = sema->arena, .sema = sema,
			       .fault = -1, .next_block = -1 };

	lower.program = ir_program_create(sema->arena, name);
	for (size_t i = 0; i < limit_count; i++)
		ir_limit_set(lower.program, limits[i].name, limits[i].value);
	lower.text_bound = (int)ir_limit(lower.program, "maxstringlen") - 1;
	lower_globals(&lower);
	lower_top_level(&lower);
	for (size_t i = 0; i < sema->probes.count; i++)
		lower_probe(&lower, sema->probes.items[i], i);
	return diag_errors(sema->diag) ? NULL : lower.program;
}
