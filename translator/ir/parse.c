/*
 * Reads the text form. A cursor walks the text; the first error is kept with
 * its line and everything after it is ignored, so each reading function may
 * go on as if nothing had happened. The text may be anything: nothing but
 * syntax is trusted here, and verify.c says whether the program makes sense.
 */
#include "translator/ir/ir.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/base/map.h"

struct cursor {
	struct arena *arena;
	const char *at, *end;
	int line;
	const char *reason;	/* the first error, or NULL */
	struct ir_program *program;
	struct map codes;	/* operation name to its row */
};

__attribute__((format(printf, 2, 3)))
static void fail(struct cursor *c, const char *format, ...)
{
	va_list args;

	if (c->reason)
		return;
	va_start(args, format);
	c->reason = arena_printf(c->arena, "line %d: %s", c->line,
				 arena_vprintf(c->arena, format, args));
	va_end(args);
	c->at = c->end;
}

/* ---- words ---- */

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t'))
		c->at++;
}

/* To the next line that has something on it; comments begin with ';'. */
static void skip_lines(struct cursor *c)
{
	for (;;) {
		skip_blanks(c);
		if (c->at < c->end && *c->at == ';')
			while (c->at < c->end && *c->at != '\n')
				c->at++;
		if (c->at >= c->end || *c->at != '\n')
			return;
		c->line++;
		c->at++;
	}
}

static bool at_line_end(struct cursor *c)
{
	skip_blanks(c);
	return c->at >= c->end || *c->at == '\n' || *c->at == ';';
}

static void end_line(struct cursor *c)
{
	if (!at_line_end(c))
		fail(c, "the end of the line expected");
	skip_lines(c);
}

static bool is_word(char ch)
{
	return isalnum((unsigned char)ch) || ch == '_' || ch == '.';
}

/* The word here, of length 0 if there is none; not consumed. */
static size_t word_length(struct cursor *c)
{
	size_t length = 0;

	skip_blanks(c);
	while (c->at + length < c->end && is_word(c->at[length]))
		length++;
	return length;
}

static bool take_word(struct cursor *c, const char *word)
{
	size_t length = word_length(c);

	if (length != strlen(word) || memcmp(c->at, word, length))
		return false;
	c->at += length;
	return true;
}

static void expect_word(struct cursor *c, const char *word)
{
	if (!take_word(c, word))
		fail(c, "\"%s\" expected", word);
}

static const char *read_word(struct cursor *c, const char *what)
{
	size_t length = word_length(c);
	const char *word = arena_strndup(c->arena, c->at, length);

	if (!length)
		fail(c, "%s expected", what);
	else
		c->at += length;
	return word;
}

static bool take_char(struct cursor *c, char ch)
{
	skip_blanks(c);
	if (c->at >= c->end || *c->at != ch)
		return false;
	c->at++;
	return true;
}

static void expect_char(struct cursor *c, char ch)
{
	if (!take_char(c, ch))
		fail(c, "'%c' expected", ch);
}

static int64_t read_long(struct cursor *c)
{
	char digits[24];
	char *stop;
	int64_t value;
	size_t length = 0;

	skip_blanks(c);
	while (c->at + length < c->end && length < sizeof(digits) - 1 &&
	       (isdigit((unsigned char)c->at[length]) ||
		(!length && c->at[0] == '-'))) {
		digits[length] = c->at[length];
		length++;
	}
	digits[length] = '\0';
	errno = 0;
	value = strtoll(digits, &stop, 10);
	if (!length || *stop || stop == digits || errno) {
		fail(c, "a number expected");
		return 0;
	}
	c->at += length;
	return value;
}

static int read_int(struct cursor *c)
{
	int64_t value = read_long(c);

	if (value < INT_MIN || value > INT_MAX) {
		fail(c, "the number %" PRId64 " is out of range", value);
		return 0;
	}
	return (int)value;
}

/* ---- quoted texts ---- */

static int unescape_letter(char c)
{
	switch (c) {
	case 'n': return '\n';
	case 't': return '\t';
	case 'r': return '\r';
	case 'a': return '\a';
	case 'b': return '\b';
	case 'v': return '\v';
	case 'f': return '\f';
	case '"':
	case '\\': return c;
	default: return -1;
	}
}

/* After a backslash: one character, or three octal digits. */
static void read_escape(struct cursor *c, struct buf *text)
{
	int letter, value = 0, digits = 0;

	if (c->at >= c->end)
		return;
	letter = unescape_letter(*c->at);
	if (letter >= 0) {
		buf_putc(text, (char)letter);
		c->at++;
		return;
	}
	while (c->at < c->end && digits < 3 && *c->at >= '0' && *c->at <= '7') {
		value = value * 8 + *c->at++ - '0';
		digits++;
	}
	if (digits != 3 || value > 255)
		fail(c, "unknown escape in a text");
	else
		buf_putc(text, (char)value);
}

static const char *read_text(struct cursor *c, size_t *ret_length)
{
	struct buf text = { 0 };

	*ret_length = 0;
	if (!take_char(c, '"')) {
		fail(c, "a text in quotes expected");
		return "";
	}
	while (c->at < c->end && *c->at != '"' && *c->at != '\n') {
		if (*c->at == '\\') {
			c->at++;
			read_escape(c, &text);
		} else {
			buf_putc(&text, *c->at++);
		}
	}
	if (!take_char(c, '"'))
		fail(c, "a text without its closing quote");
	*ret_length = text.length;
	return buf_take(&text, c->arena);
}

/* A text that must not hold a NUL. */
static const char *read_name(struct cursor *c)
{
	size_t length;
	const char *text = read_text(c, &length);

	if (strlen(text) != length)
		fail(c, "a NUL in a name");
	return text;
}

/* ---- declarations ---- */

/* The number that a declaration states: they come in order, from 0. */
static void expect_number(struct cursor *c, size_t number)
{
	int64_t value = read_long(c);

	if (value != (int64_t)number)
		fail(c, "number %zu expected here, not %" PRId64, number,
		     value);
}

static enum ir_type read_type(struct cursor *c, int *ret_bound)
{
	*ret_bound = 0;
	if (take_word(c, "long"))
		return IR_LONG;
	if (take_word(c, "void"))
		return IR_VOID;
	if (take_word(c, "text"))
		*ret_bound = read_int(c);
	else
		fail(c, "a type expected");
	return IR_TEXT;
}

static void read_key_types(struct cursor *c, struct ir_global *global)
{
	expect_char(c, '[');
	do {
		struct ir_key *key = vec_push(c->arena, &global->keys);

		key->type = read_type(c, &key->bound);
	} while (take_char(c, ','));
	expect_char(c, ']');
}

static void read_stat(struct cursor *c, struct ir_global *global)
{
	global->value = IR_VALUE_STAT;
	expect_word(c, "ops");
	global->stat_ops = read_int(c);
	expect_word(c, "shift");
	global->stat_shift = read_int(c);
	if (take_word(c, "log")) {
		global->hist = IR_HIST_LOG;
	} else if (take_word(c, "linear")) {
		global->hist = IR_HIST_LINEAR;
		global->hist_start = read_long(c);
		global->hist_stop = read_long(c);
		global->hist_step = read_long(c);
	}
}

static void read_global_value(struct cursor *c, struct ir_global *global)
{
	if (take_word(c, "stat")) {
		read_stat(c, global);
	} else if (take_word(c, "long")) {
		global->value = IR_VALUE_LONG;
	} else if (take_word(c, "text")) {
		global->value = IR_VALUE_TEXT;
		global->bound = read_int(c);
	} else {
		fail(c, "the type of a global expected");
	}
}

static void read_global(struct cursor *c)
{
	struct ir_global *global = arena_new(c->arena, struct ir_global);

	expect_number(c, c->program->globals.count);
	*vec_push(c->arena, &c->program->globals) = global;
	global->name = read_name(c);
	if (take_word(c, "array")) {
		global->kind = IR_ARRAY;
		read_key_types(c, global);
	} else {
		expect_word(c, "scalar");
	}
	read_global_value(c, global);
	if (global->kind == IR_ARRAY) {
		expect_word(c, "size");
		global->size = read_long(c);
		global->explicit_size = take_word(c, "explicit");
		global->wrap = take_word(c, "wrap");
		global->unlocked = take_word(c, "unlocked");
	} else if (global->value != IR_VALUE_STAT && take_word(c, "init")) {
		if (global->value == IR_VALUE_LONG)
			global->init = read_long(c);
		else
			global->init_text = read_name(c);
	}
}

static void read_iter(struct cursor *c)
{
	struct ir_iter iter = { 0 };

	expect_number(c, c->program->iters.count);
	expect_word(c, "global");
	iter.global = read_int(c);
	if (take_word(c, "sort")) {
		if (take_word(c, "key")) {
			iter.sort = IR_SORT_KEY;
			iter.sort_key = read_int(c);
		} else if (take_word(c, "stat")) {
			iter.sort = IR_SORT_STAT;
			iter.sort_stat = read_int(c);
		} else {
			iter.sort = IR_SORT_VALUE;
			expect_word(c, "value");
		}
	}
	iter.descending = take_word(c, "descending");
	*vec_push(c->arena, &c->program->iters) = iter;
}

static void read_reloc(struct cursor *c)
{
	struct ir_reloc reloc = { 0 };

	expect_number(c, c->program->relocs.count);
	reloc.path = read_name(c);
	reloc.offset = read_long(c);
	reloc.left_shift = read_long(c);
	reloc.right_shift = read_long(c);
	*vec_push(c->arena, &c->program->relocs) = reloc;
}

static void read_code(struct cursor *c)
{
	struct ir_embedded code;

	expect_number(c, c->program->codes.count);
	code.kind = (enum ir_code_kind)read_int(c);
	code.text = read_name(c);
	code.place = read_name(c);
	*vec_push(c->arena, &c->program->codes) = code;
}

static void read_site(struct cursor *c)
{
	struct ir_site site;

	expect_number(c, c->program->sites.count);
	site.identifier = read_name(c);
	site.place = read_name(c);
	*vec_push(c->arena, &c->program->sites) = site;
}

static void read_lock(struct cursor *c, struct ir_probe *probe)
{
	if (take_word(c, "none"))
		return;
	if (take_word(c, "shared")) {
		probe->lock = IR_LOCK_SHARED;
	} else {
		expect_word(c, "exclusive");
		probe->lock = IR_LOCK_EXCLUSIVE;
	}
	probe->lock_class = read_int(c);
}

static void read_probe(struct cursor *c)
{
	struct ir_probe *probe = arena_new(c->arena, struct ir_probe);

	expect_number(c, c->program->probes.count);
	*vec_push(c->arena, &c->program->probes) = probe;
	probe->name = read_name(c);
	expect_word(c, "kind");
	probe->kind = read_name(c);
	expect_word(c, "func");
	probe->function = read_int(c);
	if (take_word(c, "lock"))
		read_lock(c, probe);
	probe->end_safe = take_word(c, "end_safe");
	while (take_word(c, "pair")) {
		struct ir_pair *pair = vec_push(c->arena, &probe->pairs);

		pair->key = read_name(c);
		pair->value = read_name(c);
	}
}

/* ---- functions ---- */

static enum ir_arg_kind reference_kind(struct cursor *c, char letter)
{
	switch (letter) {
	case '%': return IR_ARG_VAR;
	case 'g': return IR_ARG_GLOBAL;
	case 'b': return IR_ARG_BLOCK;
	case 'f': return IR_ARG_FUNCTION;
	case '#': return IR_ARG_FORMAT;
	case 'i': return IR_ARG_ITER;
	case 'r': return IR_ARG_RELOC;
	default:
		fail(c, "an operand expected");
		return IR_ARG_LONG;
	}
}

static void read_arg(struct cursor *c, struct ir_op *op)
{
	struct ir_arg *arg = vec_push(c->arena, &op->args);
	size_t length;
	char first;

	skip_blanks(c);
	first = c->at < c->end ? *c->at : '\n';
	if (first == '"') {
		arg->kind = IR_ARG_TEXT;
		arg->text = read_text(c, &length);
		arg->number = (int64_t)length;
	} else if (first == '-' || isdigit((unsigned char)first)) {
		arg->kind = IR_ARG_LONG;
		arg->number = read_long(c);
	} else if (take_char(c, '*')) {
		arg->kind = IR_ARG_ANY;
	} else if (take_char(c, '$')) {
		arg->kind = IR_ARG_NAME;
		arg->text = read_word(c, "the name of a primitive");
	} else {
		arg->kind = reference_kind(c, first);
		if (c->at < c->end)
			c->at++;
		arg->number = read_int(c);
	}
}

static void read_key_args(struct cursor *c, struct ir_op *op)
{
	if (op->key_count)
		fail(c, "a second list of keys");
	op->key_begin = (int)op->args.count;
	do
		read_arg(c, op);
	while (take_char(c, ','));
	expect_char(c, ']');
	op->key_count = (int)op->args.count - op->key_begin;
}

/* Keys follow the operand before them without a comma. */
static void read_args(struct cursor *c, struct ir_op *op)
{
	if (at_line_end(c) || *c->at == '!' || *c->at == '@')
		return;
	do {
		read_arg(c, op);
		if (take_char(c, '['))
			read_key_args(c, op);
	} while (take_char(c, ','));
}

static void read_op(struct cursor *c, struct ir_function *function, int block)
{
	const struct ir_op_row *row;
	const char *name;
	struct ir_op *op;
	int result = -1;

	if (take_char(c, '%')) {
		result = read_int(c);
		expect_char(c, '=');
	}
	name = read_word(c, "the name of an operation");
	row = map_get(&c->codes, name);
	if (!row) {
		fail(c, "unknown operation \"%s\"", name);
		return;
	}
	op = ir_op_add(c->program, function, block,
		       (enum ir_code)(row - ir_ops), result);
	read_args(c, op);
	if (take_char(c, '!'))
		op->fault = read_int(c);
	if (take_char(c, '@'))
		op->site = read_int(c);
}

static void read_var(struct cursor *c, struct ir_function *function)
{
	struct ir_var var = { 0 };

	expect_number(c, function->vars.count);
	var.type = read_type(c, &var.bound);
	if (!at_line_end(c))
		var.name = read_name(c);
	*vec_push(c->arena, &function->vars) = var;
}

static void read_function(struct cursor *c)
{
	struct ir_function *function;
	int block = -1;

	expect_number(c, c->program->functions.count);
	function = ir_function_add(c->program, read_name(c));
	expect_word(c, "params");
	function->param_count = read_int(c);
	expect_word(c, "returns");
	function->result = read_type(c, &function->result_bound);
	expect_char(c, '{');
	end_line(c);
	while (!c->reason && !take_char(c, '}')) {
		if (take_word(c, "var")) {
			read_var(c, function);
		} else if (take_word(c, "block")) {
			expect_number(c, function->blocks.count);
			expect_char(c, ':');
			block = ir_block_add(c->program, function);
		} else if (block < 0) {
			fail(c, "\"var\" or \"block\" expected");
		} else {
			read_op(c, function, block);
		}
		end_line(c);
	}
}

/* ---- the whole ---- */

static void read_declaration(struct cursor *c)
{
	if (take_word(c, "session")) {
		const char *key = read_name(c);

		ir_limit_set(c->program, key, read_name(c));
	} else if (take_word(c, "global")) {
		read_global(c);
	} else if (take_word(c, "format")) {
		expect_number(c, c->program->formats.count);
		*vec_push(c->arena, &c->program->formats) = read_name(c);
	} else if (take_word(c, "iter")) {
		read_iter(c);
	} else if (take_word(c, "reloc")) {
		read_reloc(c);
	} else if (take_word(c, "code")) {
		read_code(c);
	} else if (take_word(c, "site")) {
		read_site(c);
	} else if (take_word(c, "func")) {
		read_function(c);
	} else if (take_word(c, "probe")) {
		read_probe(c);
	} else {
		fail(c, "a declaration expected");
	}
	end_line(c);
}

struct ir_program *ir_parse(struct arena *arena, const char *text,
			    size_t size, const char **ret_reason)
{
	struct cursor c = {
		.arena = arena, .at = text, .end = text + size, .line = 1,
	};

	for (int i = 0; i < IR_CODES; i++)
		map_put(arena, &c.codes, ir_ops[i].name,
			(void *)(uintptr_t)&ir_ops[i]);
	skip_lines(&c);
	expect_word(&c, "program");
	c.program = ir_program_create(arena, read_name(&c));
	end_line(&c);
	while (!c.reason && c.at < c.end)
		read_declaration(&c);
	*ret_reason = c.reason;
	return c.reason ? NULL : c.program;
}
