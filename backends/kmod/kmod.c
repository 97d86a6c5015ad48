/*
 * The kernel-module backend: refuses what it cannot do, writes the program as
 * C, and has the kernel's own build make a module of it.
 */
#include "backends/kmod/kmod.h"

#include <ctype.h>
#include <string.h>

#include "backends/kmod/gen.h"
#include "runtime/common/regex.h"
#include "runtime/common/registers.h"
#include "translator/backend.h"
#include "translator/base/arena.h"

/* ---- what it cannot do ---- */

/* NULL if the pattern is a literal that is understood. */
static const char *refuse_regex(struct arena *arena,
				const struct ir_arg *pattern)
{
	struct rt_regex *regex = arena_new(arena, struct rt_regex);
	const char *reason;
	__u32 offset;

	if (pattern->kind != IR_ARG_TEXT)
		return "a regular expression that is no literal";
	if (!regex_compile(pattern->text, (__u32)pattern->number, regex,
			   &reason, &offset))
		return NULL;
	return arena_printf(arena, "the regular expression \"%s\" (%s)",
			    pattern->text, reason);
}

/* What is wrong with the operation, or NULL. */
static const char *refuse_op(struct arena *arena, const struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;

	if (op->code == IR_REG && register_place((int)args[0].number) < 0)
		return arena_printf(arena, "register %d, which a probe does "
				    "not see,", (int)args[0].number);
	if (op->code == IR_MATCH)
		return refuse_regex(arena, &args[1]);
	if ((op->code == IR_PRIM || op->code == IR_PRIMV) &&
	    prim_need(args[0].text, op->args.count - 1) == PRIM_UNKNOWN)
		return arena_printf(arena, "the function \"%s\"",
				    args[0].text);
	return NULL;
}

static const char *refuse_function(struct arena *arena,
				   const struct ir_program *program,
				   const struct ir_function *function)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];
			const char *what = refuse_op(arena, op);

			if (what)
				return arena_printf(arena, "%s at %s cannot be "
					"done by the kernel-module backend "
					"yet; --runtime=bpf can", what,
					op->site < 0 ? function->name :
					program->sites.items[op->site].place);
		}
	}
	return NULL;
}

static const char *refuses(struct arena *arena,
			   const struct ir_program *program)
{
	for (size_t i = 0; i < program->functions.count; i++) {
		const char *reason = refuse_function(arena, program,
			program->functions.items[i]);

		if (reason)
			return reason;
	}
	return NULL;
}

/* ---- what it makes ---- */

/* A name that kbuild and the kernel take. */
static const char *module_name(struct arena *arena, const char *name)
{
	char *copy = arena_printf(arena, "%s%.40s",
				  isalpha((unsigned char)name[0]) ? "" : "m",
				  name);

	for (char *at = copy; *at; at++)
		if (!isalnum((unsigned char)*at))
			*at = '_';
	return copy;
}

static void write_modinfo(struct gen *gen,
			  const struct backend_options *options)
{
	if (options->modinfo_count)
		write_line(&gen->out, "#include <linux/module.h>");
	for (size_t i = 0; i < options->modinfo_count; i++) {
		const char *info = options->modinfo[i];
		int name = (int)strcspn(info, "=");
		struct buf value = { 0 };

		buf_escape(&value, info + name + 1, strlen(info + name + 1));
		write_line(&gen->out, "MODULE_INFO(%.*s, \"%s\");", name, info,
			   buf_text(&value));
		buf_free(&value);
	}
}

static const char *emit(struct arena *arena, struct ir_program *program,
			const struct backend_options *options)
{
	struct gen gen = {
		.arena = arena, .program = program,
		.text_max = (int)ir_limit(program, "maxstringlen") - 1,
	};
	const char *reason;

	if (program->codes.count)
		gen.text_format = ir_format(program, "%s");
	write_line(&gen.out, "#include \"runtime/kmod/kmod.h\"");
	manifest_write(&gen);
	data_write(&gen);
	embedded_write(&gen);
	functions_write(&gen);
	probes_write(&gen);
	program_write(&gen);
	write_modinfo(&gen, options);
	reason = kbuild_run(arena, buf_text(&gen.out.text),
			    module_name(arena, program->name),
			    program->codes.count > 0, options);
	buf_free(&gen.out.text);
	return reason;
}

const struct backend backend_kernel = {
	.name = "kernel",
	.suffix = ".ko",
	.refuses = refuses,
	.emit = emit,
};
