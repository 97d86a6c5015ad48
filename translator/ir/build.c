/*
 * Building of programs: what lowering, the parser and the passes append with.
 * Nothing is checked here; verify.c does that.
 */
#include "translator/ir/ir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"

const struct ir_op_row ir_ops[IR_CODES] = {
#define OP(code, op_name, op_result, op_args, flags) \
	[IR_##code] = { \
		.name = op_name, \
		.result = op_result, \
		.args = op_args, \
		/* two letters at most, after them something to look at */ \
		.may_fault = (flags "--")[0] == 'F', \
		.has_effect = (flags "--")[0] == 'E' || \
			      (flags "--")[1] == 'E', \
		.is_terminator = (flags "--")[0] == 'T' || \
				 (flags "--")[1] == 'T', \
	},
#include "translator/ir/ops.def"
#undef OP
};

struct ir_program *ir_program_create(struct arena *arena, const char *name)
{
	struct ir_program *program = arena_new(arena, struct ir_program);

	program->arena = arena;
	program->name = arena_strdup(arena, name);
	return program;
}

struct ir_function *ir_function_add(struct ir_program *program,
				    const char *name)
{
	struct ir_function *function =
		arena_new(program->arena, struct ir_function);

	function->name = arena_strdup(program->arena, name);
	*vec_push(program->arena, &program->functions) = function;
	return function;
}

int ir_var_add(struct ir_program *program, struct ir_function *function,
	       enum ir_type type, int bound, const char *name)
{
	struct ir_var *var = vec_push(program->arena, &function->vars);

	var->type = type;
	var->bound = type == IR_TEXT ? bound : 0;
	var->name = name ? arena_strdup(program->arena, name) : NULL;
	return (int)function->vars.count - 1;
}

int ir_block_add(struct ir_program *program, struct ir_function *function)
{
	*vec_push(program->arena, &function->blocks) =
		arena_new(program->arena, struct ir_block);
	return (int)function->blocks.count - 1;
}

struct ir_op *ir_op_add(struct ir_program *program,
			struct ir_function *function, int block,
			enum ir_code code, int result)
{
	struct ir_op *op = arena_new(program->arena, struct ir_op);

	op->code = code;
	op->result = result;
	op->fault = -1;
	op->site = -1;
	*vec_push(program->arena, &function->blocks.items[block]->ops) = op;
	return op;
}

void ir_arg_add(struct ir_program *program, struct ir_op *op,
		enum ir_arg_kind kind, int64_t number, const char *text)
{
	struct ir_arg *arg = vec_push(program->arena, &op->args);

	arg->kind = kind;
	arg->number = number;
	if (!text)
		return;
	/* A literal may hold NULs: its length is the number. */
	arg->text = kind == IR_ARG_TEXT
		? arena_strndup(program->arena, text, (size_t)number)
		: arena_strdup(program->arena, text);
}

int ir_format(struct ir_program *program, const char *format)
{
	for (size_t i = 0; i < program->formats.count; i++)
		if (!strcmp(program->formats.items[i], format))
			return (int)i;
	*vec_push(program->arena, &program->formats) =
		arena_strdup(program->arena, format);
	return (int)program->formats.count - 1;
}

int ir_site(struct ir_program *program, const char *identifier,
	    const char *place)
{
	struct ir_site *site;

	for (size_t i = 0; i < program->sites.count; i++) {
		site = &program->sites.items[i];
		if (!strcmp(site->identifier, identifier) &&
		    !strcmp(site->place, place))
			return (int)i;
	}
	site = vec_push(program->arena, &program->sites);
	site->identifier = arena_strdup(program->arena, identifier);
	site->place = arena_strdup(program->arena, place);
	return (int)program->sites.count - 1;
}

int64_t ir_limit(const struct ir_program *program, const char *name)
{
	for (size_t i = 0; i < program->session.count; i++)
		if (!strcmp(program->session.items[i].key, name))
			return strtoll(program->session.items[i].value, NULL,
				       10);
	fprintf(stderr, "spile: internal error: no session limit \"%s\"\n",
		name);
	abort();
}

void ir_limit_set(struct ir_program *program, const char *name,
		  const char *value)
{
	struct ir_pair *pair;

	for (size_t i = 0; i < program->session.count; i++) {
		pair = &program->session.items[i];
		if (!strcmp(pair->key, name)) {
			pair->value = arena_strdup(program->arena, value);
			return;
		}
	}
	pair = vec_push(program->arena, &program->session);
	pair->key = arena_strdup(program->arena, name);
	pair->value = arena_strdup(program->arena, value);
}
