/*
 * Embedded C: each piece becomes a function, in front of those that use it.
 * Its arguments and its result are members of a struct, so that the names of
 * the script are those of macros only while the piece is compiled.
 */
#include "backends/kmod/gen.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"

static bool is_text(const struct gen *gen, const struct ir_arg *arg)
{
	return operand_is_text(gen, arg);
}

/* Messages of the compiler then name the script. */
static void write_code(struct gen *gen, const struct ir_embedded *code)
{
	write_script(&gen->out, code->place, strlen("%{"), code->text);
}

/* ---- globals ---- */

static bool is_identifier(const char *name)
{
	for (const char *at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && *at != '_')
			return false;
	return *name && !isdigit((unsigned char)*name);
}

static void write_scalar(struct gen *gen, size_t number,
			 const struct ir_global *global)
{
	struct writer *out = &gen->out;
	const char *name = global->name;

	if (global->value == IR_VALUE_STAT) {
		write_line(out, "#define STAP_GLOBAL_SET_%s(value) "
			   "rt_stat_add(spile_frame, &g%zu, NULL, (value), -1)",
			   name, number);
		return;
	}
	write_line(out, "#define STAP_GLOBAL_GET_%s() (g%zu)", name, number);
	if (global->value == IR_VALUE_TEXT)
		write_line(out, "#define STAP_GLOBAL_SET_%s(value) "
			   "rt_copy(g%zu, sizeof(g%zu), (value))", name,
			   number, number);
	else
		write_line(out, "#define STAP_GLOBAL_SET_%s(value) "
			   "WRITE_ONCE(g%zu, (value))", name, number);
}

/* The parameters and the packing of the keys. */
static const char *key_params(struct gen *gen, const struct ir_global *global)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < global->keys.count; i++)
		buf_printf(&text, ", %sk%zu",
			   global->keys.items[i].type == IR_TEXT ?
				   "const char *" : "s64 ", i);
	return buf_take(&text, gen->arena);
}

static void write_keys(struct gen *gen, const struct ir_global *global)
{
	write_line(&gen->out, "char *key = rt_enter(spile_frame, %u);",
		   key_size(global) + 8);
	write_blank(&gen->out);
	write_line(&gen->out, "if (!key)");
	write_line(&gen->out, "\treturn 0;");
	for (size_t i = 0; i < global->keys.count; i++) {
		unsigned room = key_room(&global->keys.items[i]);
		unsigned at = key_at(global, (int)i);

		if (room)
			write_line(&gen->out, "rt_key_text(key + %u, %u, "
				   "k%zu);", at, room, i);
		else
			write_line(&gen->out, "rt_key_long(key + %u, k%zu);",
				   at, i);
	}
}

static void write_array_get(struct gen *gen, size_t number,
			    const struct ir_global *global)
{
	struct writer *out = &gen->out;
	bool text = global->value == IR_VALUE_TEXT;

	write_line(out, "static %sget_g%zu(SPILE_PARAMETERS%s)",
		   text ? "const char *" : "s64 ", number,
		   key_params(gen, global));
	write_line(out, "{");
	write_line(out, text ? "const char *value = spile_frame->scratch;" :
			       "s64 value;");
	write_keys(gen, global);
	if (text)
		write_line(out, "rt_get_text(&g%zu, key, spile_frame->scratch, "
			   "MAXSTRINGLEN);", number);
	else
		write_line(out, "value = rt_get_long(&g%zu, key);", number);
	write_line(out, "rt_leave(spile_frame, key);");
	write_line(out, "return value;");
	write_line(out, "}");
	write_line(out, "#define STAP_GLOBAL_GET_%s(...) get_g%zu(spile_frame, "
		   "##__VA_ARGS__)", global->name, number);
}

static const char *setter(const struct ir_global *global)
{
	switch (global->value) {
	case IR_VALUE_LONG:
		return "rt_set_long";
	case IR_VALUE_TEXT:
		return "rt_set_text";
	case IR_VALUE_STAT:
		return "rt_stat_add";
	}
	return "";
}

static void write_array_set(struct gen *gen, size_t number,
			    const struct ir_global *global)
{
	struct writer *out = &gen->out;

	write_line(out, "static int set_g%zu(SPILE_PARAMETERS%s, %svalue)",
		   number, key_params(gen, global),
		   global->value == IR_VALUE_TEXT ? "const char *" : "s64 ");
	write_line(out, "{");
	write_line(out, "int fault;");
	write_keys(gen, global);
	write_line(out, "fault = %s(spile_frame, &g%zu, key, value, -1);",
		   setter(global), number);
	write_line(out, "rt_leave(spile_frame, key);");
	write_line(out, "return fault;");
	write_line(out, "}");
	write_line(out, "#define STAP_GLOBAL_SET_%s(...) set_g%zu(spile_frame, "
		   "##__VA_ARGS__)", global->name, number);
}

static void write_globals(struct gen *gen)
{
	for (size_t i = 0; i < gen->program->globals.count; i++) {
		const struct ir_global *global =
			gen->program->globals.items[i];

		if (!is_identifier(global->name))
			continue;
		if (global->kind == IR_SCALAR) {
			write_scalar(gen, i, global);
			continue;
		}
		if (global->value != IR_VALUE_STAT)
			write_array_get(gen, i, global);
		write_array_set(gen, i, global);
	}
}

unsigned embedded_room(const struct gen *gen)
{
	unsigned most = 0;

	for (size_t i = 0; gen->program->codes.count &&
			   i < gen->program->globals.count; i++) {
		unsigned size = key_size(gen->program->globals.items[i]) + 16;

		most = size > most ? size : most;
	}
	return most;
}

/* ---- pieces ---- */

/* @plain: the members have the names of the parameters too. */
static void write_struct(struct gen *gen, const struct ir_op *op, int number,
			 bool plain)
{
	struct writer *out = &gen->out;
	const char *result =
		gen->function->vars.items[op->result].type == IR_TEXT ?
			"char *" : "s64 ";

	write_line(out, "struct e%d_args {", number);
	for (size_t i = 1; i < op->args.count; i += 2) {
		const char *type = is_text(gen, &op->args.items[i + 1]) ?
			"char *" : "s64 ";

		if (plain)
			write_line(out, "union { %sa%zu; %s%s; };", type, i,
				   type, op->args.items[i].text);
		else
			write_line(out, "%sa%zu;", type, i);
	}
	write_line(out, plain ? "union { %sret; %s__retvalue; };" : "%sret;",
		   result, result);
	write_line(out, "};");
}

static void write_piece(struct gen *gen, const struct ir_op *op, int number)
{
	const struct ir_embedded *code =
		&gen->program->codes.items[op->args.items[0].number];
	bool text = gen->function->vars.items[op->result].type == IR_TEXT;
	struct writer *out = &gen->out;

	write_struct(gen, op, number, strstr(code->text, "unmangled"));
	if (strstr(code->text, "unmangled"))
		write_line(out, "#define THIS spile_args");
	for (size_t i = 1; i < op->args.count; i += 2)
		write_line(out, "#define STAP_ARG_%s (spile_args->a%zu)",
			   op->args.items[i].text, i);
	write_line(out, "#define STAP_RETVALUE (spile_args->ret)");
	write_line(out, "#define SPILE_RETURN(...) __VA_OPT__(%s)",
		   text ? "strscpy(STAP_RETVALUE, __VA_ARGS__, MAXSTRINGLEN)" :
			  "STAP_RETVALUE = (s64)(__VA_ARGS__)");
	write_line(out, "static noinline void e%d(SPILE_PARAMETERS, "
		   "struct e%d_args *spile_args)", number, number);
	write_line(out, "{");
	if (code->kind == IR_CODE_VALUE)
		write_line(out, "SPILE_RETURN((");
	write_code(gen, code);
	if (code->kind == IR_CODE_VALUE)
		write_line(out, "));");
	write_line(out, "}");
	for (size_t i = 1; i < op->args.count; i += 2)
		write_line(out, "#undef STAP_ARG_%s", op->args.items[i].text);
	write_line(out, "#undef THIS");
	write_line(out, "#undef STAP_RETVALUE");
	write_line(out, "#undef SPILE_RETURN");
}

static void write_pieces(struct gen *gen)
{
	int number = 0;

	for (size_t i = 0; i < gen->program->functions.count; i++) {
		gen->function = gen->program->functions.items[i];
		for (size_t j = 0; j < gen->function->blocks.count; j++) {
			const struct ir_block *block =
				gen->function->blocks.items[j];

			for (size_t k = 0; k < block->ops.count; k++)
				if (block->ops.items[k]->code == IR_EMBED)
					write_piece(gen, block->ops.items[k],
						    number++);
		}
	}
	gen->function = NULL;
}

void embedded_write(struct gen *gen)
{
	struct writer *out = &gen->out;

	if (!gen->program->codes.count)
		return;
	write_line(out, "#define MAXSTRINGLEN %d", gen->text_max + 1);
	write_line(out, "#define SPILE_TEXT_FORMAT %d", gen->text_format);
	write_line(out, "#include \"runtime/kmod/embedded.h\"");
	write_globals(gen);
	for (size_t i = 0; i < gen->program->codes.count; i++)
		if (gen->program->codes.items[i].kind == IR_CODE_TOP)
			write_code(gen, &gen->program->codes.items[i]);
	write_pieces(gen);
}

/* ---- their use, in the order in which they were written ---- */

void embedded_call(struct gen *gen, const struct ir_op *op)
{
	struct writer *out = &gen->out;
	bool text = gen->function->vars.items[op->result].type == IR_TEXT;
	int number = gen->embedded++;

	write_line(out, "{");
	write_line(out, "struct e%d_args args = {", number);
	for (size_t i = 1; i < op->args.count; i += 2)
		write_line(out, ".a%zu = %s,", i,
			   operand(gen, &op->args.items[i + 1]));
	if (text)
		write_line(out, ".ret = v->v%d,", op->result);
	write_line(out, "};");
	if (text)
		write_line(out, "v->v%d[0] = '\\0';", op->result);
	write_line(out, "e%d(frame, &args);", number);
	write_line(out, "if (unlikely(frame->error)) {");
	write_line(out, "frame->site = %d;", op->site);
	write_line(out, "%s;", fault_of(gen, op));
	write_line(out, "}");
	if (!text)
		write_line(out, "v%d = args.ret;", op->result);
	write_line(out, "}");
}

/* Texts that embedded C is handed may be written to, to MAXSTRINGLEN. */
bool embedded_uses(const struct ir_function *function, int var)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if (op->code != IR_EMBED)
				continue;
			if (op->result == var)
				return true;
			for (size_t k = 1; k < op->args.count; k++)
				if (op->args.items[k].kind == IR_ARG_VAR &&
				    op->args.items[k].number == var)
					return true;
		}
	}
	return false;
}
