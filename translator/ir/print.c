/* The text form of a program; README describes it, parse.c reads it back. */
#include "translator/ir/ir.h"

#include <inttypes.h>
#include <string.h>

#include "translator/base/buf.h"

static void print_quoted(struct buf *out, const char *text, size_t length)
{
	buf_putc(out, '"');
	buf_escape(out, text, length);
	buf_putc(out, '"');
}

static void print_name(struct buf *out, const char *text)
{
	buf_putc(out, ' ');
	print_quoted(out, text, strlen(text));
}

static void print_type(struct buf *out, enum ir_type type, int bound)
{
	switch (type) {
	case IR_VOID:
		buf_puts(out, "void");
		break;
	case IR_LONG:
		buf_puts(out, "long");
		break;
	case IR_TEXT:
		buf_printf(out, "text %d", bound);
		break;
	}
}

static void print_keys(struct buf *out, const struct ir_global *global)
{
	buf_puts(out, " array [");
	for (size_t i = 0; i < global->keys.count; i++) {
		if (i)
			buf_puts(out, ", ");
		print_type(out, global->keys.items[i].type,
			   global->keys.items[i].bound);
	}
	buf_putc(out, ']');
}

static void print_stat(struct buf *out, const struct ir_global *global)
{
	buf_printf(out, " stat ops %d shift %d", global->stat_ops,
		   global->stat_shift);
	switch (global->hist) {
	case IR_HIST_NONE:
		break;
	case IR_HIST_LOG:
		buf_puts(out, " log");
		break;
	case IR_HIST_LINEAR:
		buf_printf(out, " linear %" PRId64 " %" PRId64 " %" PRId64,
			   global->hist_start, global->hist_stop,
			   global->hist_step);
		break;
	}
}

static void print_global(struct buf *out, size_t number,
			 const struct ir_global *global)
{
	buf_printf(out, "global %zu", number);
	print_name(out, global->name);
	if (global->kind == IR_ARRAY)
		print_keys(out, global);
	else
		buf_puts(out, " scalar");
	switch (global->value) {
	case IR_VALUE_LONG:
		buf_puts(out, " long");
		break;
	case IR_VALUE_TEXT:
		buf_printf(out, " text %d", global->bound);
		break;
	case IR_VALUE_STAT:
		print_stat(out, global);
		break;
	}
	if (global->kind == IR_ARRAY) {
		buf_printf(out, " size %" PRId64, global->size);
		buf_puts(out, global->explicit_size ? " explicit" : "");
		buf_puts(out, global->wrap ? " wrap" : "");
		buf_puts(out, global->unlocked ? " unlocked" : "");
	} else if (global->value == IR_VALUE_LONG) {
		buf_printf(out, " init %" PRId64, global->init);
	} else if (global->value == IR_VALUE_TEXT && global->init_text) {
		buf_puts(out, " init");
		print_name(out, global->init_text);
	}
	buf_putc(out, '\n');
}

static void print_iter(struct buf *out, size_t number,
		       const struct ir_iter *iter)
{
	buf_printf(out, "iter %zu global %d", number, iter->global);
	switch (iter->sort) {
	case IR_SORT_NONE:
		break;
	case IR_SORT_KEY:
		buf_printf(out, " sort key %d", iter->sort_key);
		break;
	case IR_SORT_VALUE:
		buf_puts(out, " sort value");
		break;
	case IR_SORT_STAT:
		buf_printf(out, " sort stat %d", iter->sort_stat);
		break;
	}
	buf_puts(out, iter->descending ? " descending\n" : "\n");
}

static void print_arg(struct buf *out, const struct ir_arg *arg)
{
	switch (arg->kind) {
	case IR_ARG_VAR:
		buf_printf(out, "%%%" PRId64, arg->number);
		break;
	case IR_ARG_LONG:
		buf_printf(out, "%" PRId64, arg->number);
		break;
	case IR_ARG_TEXT:
		print_quoted(out, arg->text, (size_t)arg->number);
		break;
	case IR_ARG_GLOBAL:
		buf_printf(out, "g%" PRId64, arg->number);
		break;
	case IR_ARG_BLOCK:
		buf_printf(out, "b%" PRId64, arg->number);
		break;
	case IR_ARG_FUNCTION:
		buf_printf(out, "f%" PRId64, arg->number);
		break;
	case IR_ARG_FORMAT:
		buf_printf(out, "#%" PRId64, arg->number);
		break;
	case IR_ARG_NAME:
		buf_printf(out, "$%s", arg->text);
		break;
	case IR_ARG_ANY:
		buf_putc(out, '*');
		break;
	case IR_ARG_ITER:
		buf_printf(out, "i%" PRId64, arg->number);
		break;
	case IR_ARG_RELOC:
		buf_printf(out, "r%" PRId64, arg->number);
		break;
	}
}

static void print_op(struct buf *out, const struct ir_op *op)
{
	int key_end = op->key_begin + op->key_count;

	buf_puts(out, "\t\t");
	if (op->result >= 0)
		buf_printf(out, "%%%d = ", op->result);
	buf_puts(out, ir_ops[op->code].name);
	for (int i = 0; i < (int)op->args.count; i++) {
		bool opens = op->key_count && i == op->key_begin;

		buf_puts(out, !i || opens ? " " : ", ");
		buf_puts(out, opens ? "[" : "");
		print_arg(out, &op->args.items[i]);
		buf_puts(out, op->key_count && i == key_end - 1 ? "]" : "");
	}
	if (op->fault >= 0)
		buf_printf(out, " !%d", op->fault);
	if (op->site >= 0)
		buf_printf(out, " @%d", op->site);
	buf_putc(out, '\n');
}

static void print_function(struct buf *out, size_t number,
			   const struct ir_function *function)
{
	buf_printf(out, "func %zu", number);
	print_name(out, function->name);
	buf_printf(out, " params %d returns ", function->param_count);
	print_type(out, function->result, function->result_bound);
	buf_puts(out, " {\n");
	for (size_t i = 0; i < function->vars.count; i++) {
		const struct ir_var *var = &function->vars.items[i];

		buf_printf(out, "\tvar %zu ", i);
		print_type(out, var->type, var->bound);
		if (var->name)
			print_name(out, var->name);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		buf_printf(out, "\tblock %zu:\n", i);
		for (size_t j = 0; j < block->ops.count; j++)
			print_op(out, block->ops.items[j]);
	}
	buf_puts(out, "}\n");
}

static void print_lock(struct buf *out, const struct ir_probe *probe)
{
	switch (probe->lock) {
	case IR_LOCK_NONE:
		buf_puts(out, " lock none");
		break;
	case IR_LOCK_SHARED:
		buf_printf(out, " lock shared %d", probe->lock_class);
		break;
	case IR_LOCK_EXCLUSIVE:
		buf_printf(out, " lock exclusive %d", probe->lock_class);
		break;
	}
}

static void print_probe(struct buf *out, size_t number,
			const struct ir_probe *probe)
{
	buf_printf(out, "probe %zu", number);
	print_name(out, probe->name);
	buf_puts(out, " kind");
	print_name(out, probe->kind);
	buf_printf(out, " func %d", probe->function);
	print_lock(out, probe);
	buf_puts(out, probe->end_safe ? " end_safe" : "");
	for (size_t i = 0; i < probe->pairs.count; i++) {
		buf_puts(out, " pair");
		print_name(out, probe->pairs.items[i].key);
		print_name(out, probe->pairs.items[i].value);
	}
	buf_putc(out, '\n');
}

static void print_tables(struct buf *out, const struct ir_program *program)
{
	for (size_t i = 0; i < program->formats.count; i++) {
		buf_printf(out, "format %zu", i);
		print_name(out, program->formats.items[i]);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < program->iters.count; i++)
		print_iter(out, i, &program->iters.items[i]);
	for (size_t i = 0; i < program->relocs.count; i++) {
		const struct ir_reloc *reloc = &program->relocs.items[i];

		buf_printf(out, "reloc %zu", i);
		print_name(out, reloc->path);
		buf_printf(out, " %" PRId64 " %" PRId64 " %" PRId64 "\n",
			   reloc->offset, reloc->left_shift,
			   reloc->right_shift);
	}
	for (size_t i = 0; i < program->sites.count; i++) {
		buf_printf(out, "site %zu", i);
		print_name(out, program->sites.items[i].identifier);
		print_name(out, program->sites.items[i].place);
		buf_putc(out, '\n');
	}
}

static void print_codes(struct buf *out, const struct ir_program *program)
{
	for (size_t i = 0; i < program->codes.count; i++) {
		buf_printf(out, "code %zu %d", i,
			   (int)program->codes.items[i].kind);
		print_name(out, program->codes.items[i].text);
		print_name(out, program->codes.items[i].place);
		buf_putc(out, '\n');
	}
}

void ir_print(struct buf *out, const struct ir_program *program)
{
	buf_puts(out, "program");
	print_name(out, program->name);
	buf_putc(out, '\n');
	for (size_t i = 0; i < program->session.count; i++) {
		buf_puts(out, "session");
		print_name(out, program->session.items[i].key);
		print_name(out, program->session.items[i].value);
		buf_putc(out, '\n');
	}
	for (size_t i = 0; i < program->globals.count; i++)
		print_global(out, i, program->globals.items[i]);
	print_tables(out, program);
	print_codes(out, program);
	for (size_t i = 0; i < program->functions.count; i++)
		print_function(out, i, program->functions.items[i]);
	for (size_t i = 0; i < program->probes.count; i++)
		print_probe(out, i, program->probes.items[i]);
}
