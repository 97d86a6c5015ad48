/* The print family: formats made or taken, histograms in between. */
#include "translator/lower/lower.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"

static void put_literal(struct buf *format, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] == '%')
			buf_putc(format, '%');
		buf_putc(format, text[i]);
	}
}

static void flush(struct lower *lower, struct buf *format, operand *values,
		  size_t count)
{
	struct ir_op *op;

	if (!format->length)
		return;
	op = emit(lower, IR_PRINT, -1);
	emit_number(lower, op, IR_ARG_FORMAT,
		    ir_format(lower->program,
			      arena_strndup(lower->arena, buf_text(format),
					    format->length)));
	for (size_t i = 0; i < count; i++)
		emit_arg(lower, op, values[i]);
	format->length = 0;
}

/* IR_HPRINT, or IR_HTEXT with its result. */
static void emit_hist(struct lower *lower, struct expr *hist,
		      enum ir_code code, int result)
{
	struct expr *place = hist->a;
	bool element = place->kind == EXPR_INDEX;
	struct symbol *symbol = element ? place->a->ref : place->ref;
	operand *keys = element ? lower_list(lower, &place->list, 0) : NULL;
	struct ir_op *op = emit(lower, code, result);

	emit_number(lower, op, IR_ARG_GLOBAL, symbol->ir);
	emit_keys(lower, op, keys, element ? place->list.items.count : 0);
	emit_fault(lower, op, arena_printf(lower->arena, "@%s", hist->text),
		   hist->span);
}

operand lower_hist(struct lower *lower, struct expr *expr)
{
	int result = lower_temp(lower, IR_TEXT);

	emit_hist(lower, expr, IR_HTEXT, result);
	return operand_var(result);
}

static operand finish_text(struct lower *lower, struct buf *format,
			   operand *values, size_t count)
{
	int result = lower_temp(lower, IR_TEXT);
	struct ir_op *op = emit(lower, IR_SPRINT, result);

	emit_number(lower, op, IR_ARG_FORMAT,
		    ir_format(lower->program,
			      arena_strndup(lower->arena, buf_text(format),
					    format->length)));
	for (size_t i = 0; i < count; i++)
		emit_arg(lower, op, values[i]);
	return operand_var(result);
}

static operand print_format(struct lower *lower, struct expr *expr, bool text)
{
	struct expr *format = expr->list.items.items[0];
	operand *values = lower_list(lower, &expr->list, 1);
	struct buf copy = { 0 };
	operand result = operand_long(0);

	buf_write(&copy, format->text, format->length);
	if (text)
		result = finish_text(lower, &copy, values,
				     expr->list.items.count - 1);
	else
		flush(lower, &copy, values, expr->list.items.count - 1);
	buf_free(&copy);
	return result;
}

/* print, println, printd, printdln and their s- forms. */
static operand print_values(struct lower *lower, struct expr *expr, bool text)
{
	const char *name = expr->text + text;
	bool delimited = strncmp(name, "printd", 6) == 0;
	bool line = strcmp(name + strlen(name) - 2, "ln") == 0;
	size_t from = delimited ? 1 : 0;
	operand *values = arena_array(lower->arena, operand,
				      expr->list.items.count + 1);
	struct buf format = { 0 };
	size_t used = 0;
	operand result = operand_long(0);

	for (size_t i = from; i < expr->list.items.count; i++) {
		struct expr *arg = expr->list.items.items[i];

		if (delimited && i > from)
			put_literal(&format, expr->list.items.items[0]->text,
				    expr->list.items.items[0]->length);
		if (arg->kind == EXPR_HIST && !text) {
			flush(lower, &format, values, used);
			used = 0;
			emit_hist(lower, arg, IR_HPRINT, -1);
			continue;
		}
		if (arg->kind == EXPR_STRING) {
			put_literal(&format, arg->text, arg->length);
			continue;
		}
		values[used] = lower_expr(lower, arg);
		if (values[used].kind == IR_ARG_VAR &&
		    i + 1 < expr->list.items.count) {
			int temp = lower_temp(lower, ir_type_of(arg->type));

			emit_move(lower, temp, ir_type_of(arg->type),
				  values[used]);
			values[used] = operand_var(temp);
		}
		used++;
		buf_puts(&format, ir_type_of(arg->type) == IR_TEXT ?
				  "%s" : "%d");
	}
	if (line)
		buf_putc(&format, '\n');
	if (text)
		result = finish_text(lower, &format, values, used);
	else
		flush(lower, &format, values, used);
	buf_free(&format);
	return result;
}

operand lower_print(struct lower *lower, struct expr *expr)
{
	bool text = expr->text[0] == 's';
	struct buf format = { 0 };
	operand *values;

	if (strcmp(expr->text + text, "printf") == 0)
		return print_format(lower, expr, text);
	if (strcmp(expr->text, "print_char") != 0)
		return print_values(lower, expr, text);
	values = lower_list(lower, &expr->list, 0);
	buf_puts(&format, "%c");
	flush(lower, &format, values, 1);
	buf_free(&format);
	return operand_long(0);
}
