/*
 * The laws of a program. The first breach ends the check; what comes later may
 * rely on what was checked before, so the tables are checked ahead of the
 * functions, and an operation's operands ahead of what they mean.
 */
#include "translator/ir/ir.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/common/format.h"
#include "translator/base/arena.h"

struct check {
	struct arena *arena;
	const struct ir_program *program;
	const char *reason;	/* the first breach */
	/* where: NULL while the tables are checked */
	const struct ir_function *function;
	int block, op_number;
	const struct ir_op *op;
};

__attribute__((format(printf, 2, 3)))
static bool breach(struct check *c, const char *format, ...)
{
	const char *what;
	va_list args;

	if (c->reason)
		return false;
	va_start(args, format);
	what = arena_vprintf(c->arena, format, args);
	va_end(args);
	if (c->op)
		c->reason = arena_printf(c->arena,
			"function \"%s\", block %d, operation %d (%s): %s",
			c->function->name, c->block, c->op_number,
			ir_ops[c->op->code].name, what);
	else if (c->function)
		c->reason = arena_printf(c->arena, "function \"%s\": %s",
					 c->function->name, what);
	else
		c->reason = what;
	return false;
}

static bool is_in(int64_t number, size_t count)
{
	return number >= 0 && (uint64_t)number < count;
}

static const char *type_name(enum ir_type type)
{
	switch (type) {
	case IR_VOID: return "void";
	case IR_LONG: return "long";
	case IR_TEXT: return "text";
	}
	return "?";
}

/* One of the parts that can be read by itself. */
static bool is_stat_part(int64_t part)
{
	return part == IR_STAT_COUNT || part == IR_STAT_SUM ||
	       part == IR_STAT_MIN || part == IR_STAT_MAX ||
	       part == IR_STAT_AVG || part == IR_STAT_VARIANCE;
}

/* ---- tables ---- */

enum { BOUND_MOST = 1 << 20 };

static bool check_bound(struct check *c, enum ir_type type, int bound,
			const char *of)
{
	if (type == IR_TEXT && (bound < 0 || bound > BOUND_MOST))
		return breach(c, "text bound %d of %s is out of range", bound,
			      of);
	return true;
}

static bool check_global(struct check *c, const struct ir_global *global)
{
	if (global->kind == IR_ARRAY) {
		if (!global->keys.count)
			return breach(c, "array \"%s\" has no keys",
				      global->name);
		if (global->size < 1)
			return breach(c, "array \"%s\" has no room",
				      global->name);
	}
	for (size_t i = 0; i < global->keys.count; i++) {
		const struct ir_key *key = &global->keys.items[i];

		if (key->type == IR_VOID)
			return breach(c, "array \"%s\" has a key of no type",
				      global->name);
		if (!check_bound(c, key->type, key->bound, global->name))
			return false;
	}
	if (global->value == IR_VALUE_TEXT)
		return check_bound(c, IR_TEXT, global->bound, global->name);
	if (global->value == IR_VALUE_STAT &&
	    (global->stat_ops & ~127 || global->stat_shift < 0 ||
	     global->stat_shift > 62))
		return breach(c, "statistic \"%s\" has unknown parts",
			      global->name);
	if (global->hist == IR_HIST_LINEAR &&
	    (global->hist_step < 1 || global->hist_stop < global->hist_start))
		return breach(c, "histogram of \"%s\" has no buckets",
			      global->name);
	return true;
}

static bool check_iter(struct check *c, size_t number,
		       const struct ir_iter *iter)
{
	const struct ir_global *global;

	if (!is_in(iter->global, c->program->globals.count))
		return breach(c, "iter %zu walks no global", number);
	global = c->program->globals.items[iter->global];
	if (global->kind != IR_ARRAY)
		return breach(c, "iter %zu walks \"%s\", which is no array",
			      number, global->name);
	switch (iter->sort) {
	case IR_SORT_NONE:
		return true;
	case IR_SORT_KEY:
		if (!is_in(iter->sort_key, global->keys.count))
			return breach(c, "iter %zu sorts by key %d of %zu",
				      number, iter->sort_key,
				      global->keys.count);
		return true;
	case IR_SORT_VALUE:
		if (global->value == IR_VALUE_STAT)
			return breach(c, "iter %zu sorts statistics by value",
				      number);
		return true;
	case IR_SORT_STAT:
		if (global->value != IR_VALUE_STAT ||
		    !is_stat_part(iter->sort_stat))
			return breach(c, "iter %zu sorts by no statistic",
				      number);
		return true;
	}
	return true;
}

static bool is_attach_kind(const char *kind)
{
	static const char *const kinds[] = {
#define ATTACH(id, name, section, user) name,
#include "runtime/common/attach.def"
#undef ATTACH
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i], kind))
			return true;
	return false;
}

static bool check_probe(struct check *c, const struct ir_probe *probe)
{
	const struct ir_function *function;

	if (!is_attach_kind(probe->kind))
		return breach(c, "probe \"%s\": no way of attaching \"%s\"",
			      probe->name, probe->kind);
	if (!is_in(probe->function, c->program->functions.count))
		return breach(c, "probe \"%s\" has no function %d",
			      probe->name, probe->function);
	function = c->program->functions.items[probe->function];
	if (function->param_count || function->result != IR_VOID)
		return breach(c, "probe \"%s\": its handler \"%s\" takes or "
			      "gives something", probe->name, function->name);
	return true;
}

static bool check_session(struct check *c)
{
	for (size_t i = 0; i < c->program->session.count; i++) {
		const struct ir_pair *pair = &c->program->session.items[i];
		char *stop;
		long long value;

		if (strcmp(pair->key, "maxstringlen"))
			continue;
		value = strtoll(pair->value, &stop, 10);
		if (*stop || value < 2 || value > BOUND_MOST)
			return breach(c, "maxstringlen is \"%s\"",
				      pair->value);
		return true;
	}
	return breach(c, "the session has no maxstringlen");
}

static bool check_tables(struct check *c)
{
	const struct ir_program *program = c->program;

	if (!check_session(c))
		return false;
	for (size_t i = 0; i < program->globals.count; i++)
		if (!check_global(c, program->globals.items[i]))
			return false;
	for (size_t i = 0; i < program->iters.count; i++)
		if (!check_iter(c, i, &program->iters.items[i]))
			return false;
	for (size_t i = 0; i < program->probes.count; i++)
		if (!check_probe(c, program->probes.items[i]))
			return false;
	return true;
}

/* ---- operands, one letter of ops.def at a time ---- */

static bool arg_type(struct check *c, const struct ir_arg *arg,
		     enum ir_type *ret_type)
{
	switch (arg->kind) {
	case IR_ARG_VAR:
		if (!is_in(arg->number, c->function->vars.count))
			return breach(c, "no variable %%%" PRId64,
				      arg->number);
		*ret_type = c->function->vars.items[arg->number].type;
		return true;
	case IR_ARG_LONG:
		*ret_type = IR_LONG;
		return true;
	case IR_ARG_TEXT:
		*ret_type = IR_TEXT;
		return true;
	case IR_ARG_GLOBAL:
	case IR_ARG_BLOCK:
	case IR_ARG_FUNCTION:
	case IR_ARG_FORMAT:
	case IR_ARG_NAME:
	case IR_ARG_ANY:
	case IR_ARG_ITER:
	case IR_ARG_RELOC:
		break;
	}
	return breach(c, "a value expected as operand %d",
		      (int)(arg - c->op->args.items));
}

static bool expect_type(struct check *c, const struct ir_arg *arg,
			enum ir_type want)
{
	enum ir_type type;

	if (!arg_type(c, arg, &type))
		return false;
	if (type != want)
		return breach(c, "operand %d is %s, not %s",
			      (int)(arg - c->op->args.items), type_name(type),
			      type_name(want));
	return true;
}

static bool expect_reference(struct check *c, const struct ir_arg *arg,
			     enum ir_arg_kind kind, size_t count,
			     const char *what)
{
	if (arg->kind != kind)
		return breach(c, "%s expected as operand %d", what,
			      (int)(arg - c->op->args.items));
	if (!is_in(arg->number, count))
		return breach(c, "no %s %" PRId64, what, arg->number);
	return true;
}

static bool check_letter(struct check *c, char letter,
			 const struct ir_arg *arg)
{
	const struct ir_program *program = c->program;
	enum ir_type type;

	switch (letter) {
	case 'l':
		return expect_type(c, arg, IR_LONG);
	case 't':
		return expect_type(c, arg, IR_TEXT);
	case 'x':
	case '*':
		return arg_type(c, arg, &type);
	case 'g':
		return expect_reference(c, arg, IR_ARG_GLOBAL,
					program->globals.count, "global");
	case 'b':
		return expect_reference(c, arg, IR_ARG_BLOCK,
					c->function->blocks.count, "block");
	case 'F':
		return expect_reference(c, arg, IR_ARG_FUNCTION,
					program->functions.count, "function");
	case 'f':
		return expect_reference(c, arg, IR_ARG_FORMAT,
					program->formats.count, "format");
	case 'I':
		return expect_reference(c, arg, IR_ARG_ITER,
					program->iters.count, "iter");
	case 'R':
		return expect_reference(c, arg, IR_ARG_RELOC,
					program->relocs.count, "reloc");
	case 'i':
		if (arg->kind == IR_ARG_LONG)
			return true;
		return breach(c, "a constant expected as operand %d",
			      (int)(arg - c->op->args.items));
	case 'n':
		if (arg->kind == IR_ARG_NAME)
			return true;
		return breach(c, "a primitive expected as operand %d",
			      (int)(arg - c->op->args.items));
	}
	return breach(c, "unknown letter '%c' in ops.def", letter);
}

static bool check_keys_place(struct check *c, size_t at)
{
	const struct ir_op *op = c->op;

	if (op->key_count < 0 || (op->key_count && op->key_begin != (int)at) ||
	    at + (size_t)op->key_count > op->args.count)
		return breach(c, "the keys stand in the wrong place");
	for (int i = 0; i < op->key_count; i++) {
		const struct ir_arg *arg = &op->args.items[at + (size_t)i];
		enum ir_type type;

		if (arg->kind != IR_ARG_ANY && !arg_type(c, arg, &type))
			return false;
	}
	return true;
}

static bool check_args(struct check *c)
{
	const struct ir_op *op = c->op;
	const char *letters = ir_ops[op->code].args;
	size_t at = 0;

	if (op->key_count && !strchr(letters, 'K'))
		return breach(c, "keys where there are none");
	for (; *letters; letters++) {
		if (*letters == 'K') {
			if (!check_keys_place(c, at))
				return false;
			at += (size_t)op->key_count;
		} else if (*letters == '*') {
			while (at < op->args.count)
				if (!check_letter(c, '*',
						  &op->args.items[at++]))
					return false;
		} else if (at < op->args.count) {
			if (!check_letter(c, *letters, &op->args.items[at++]))
				return false;
			if (letters[1] == '?')
				letters++;
		} else if (letters[1] == '?') {
			letters++;
		} else {
			return breach(c, "too few operands");
		}
	}
	return at == op->args.count || breach(c, "too many operands");
}

/* ---- results ---- */

static bool result_is(struct check *c, enum ir_type want)
{
	enum ir_type type = c->function->vars.items[c->op->result].type;

	return type == want || breach(c, "the result is %s, not %s",
				      type_name(want), type_name(type));
}

static bool check_result(struct check *c)
{
	char want = ir_ops[c->op->code].result;

	if (want == '-')
		return c->op->result == -1 || breach(c, "it has no result");
	if (!is_in(c->op->result, c->function->vars.count))
		return breach(c, c->op->result < 0 ? "its result is not kept"
						   : "no variable for the result");
	if (want == 'l')
		return result_is(c, IR_LONG);
	if (want == 't')
		return result_is(c, IR_TEXT);
	return true;
}

/* ---- what the operands mean ---- */

static const struct ir_global *global_of(struct check *c)
{
	return c->program->globals.items[c->op->args.items[0].number];
}

static enum ir_type value_type(const struct ir_global *global)
{
	return global->value == IR_VALUE_TEXT ? IR_TEXT : IR_LONG;
}

static bool expect_global(struct check *c, enum ir_global_kind kind,
			  bool stat)
{
	const struct ir_global *global = global_of(c);

	if (global->kind != kind)
		return breach(c, "\"%s\" is %s", global->name,
			      kind == IR_ARRAY ? "no array" : "an array");
	if ((global->value == IR_VALUE_STAT) != stat)
		return breach(c, "\"%s\" is %s", global->name,
			      stat ? "no statistic" : "a statistic");
	return true;
}

static bool check_keys(struct check *c, const struct ir_global *global,
		       bool slices)
{
	const struct ir_op *op = c->op;

	if ((size_t)op->key_count != global->keys.count)
		return breach(c, "\"%s\" has %zu keys, not %d", global->name,
			      global->keys.count, op->key_count);
	for (int i = 0; i < op->key_count; i++) {
		const struct ir_arg *arg = &op->args.items[op->key_begin + i];

		if (arg->kind == IR_ARG_ANY) {
			if (!slices)
				return breach(c, "no slices here");
		} else if (!expect_type(c, arg, global->keys.items[i].type)) {
			return false;
		}
	}
	return true;
}

static bool check_array(struct check *c, bool slices)
{
	return expect_global(c, IR_ARRAY, false) &&
	       check_keys(c, global_of(c), slices);
}

static bool long_array(struct check *c)
{
	return global_of(c)->value == IR_VALUE_LONG ||
	       breach(c, "\"%s\" has no numbers", global_of(c)->name);
}

static const struct ir_arg *last_arg(struct check *c)
{
	return &c->op->args.items[c->op->args.count - 1];
}

/* A statistic, with keys if it is an array of them. */
static bool check_statistic(struct check *c)
{
	const struct ir_global *global = global_of(c);

	if (global->value != IR_VALUE_STAT)
		return breach(c, "\"%s\" is no statistic", global->name);
	return check_keys(c, global, false);
}

static bool check_histogram(struct check *c)
{
	return check_statistic(c) &&
	       (global_of(c)->hist != IR_HIST_NONE ||
		breach(c, "\"%s\" keeps no histogram", global_of(c)->name));
}

static bool check_constant(struct check *c, size_t arg, int64_t low,
			   int64_t high)
{
	int64_t value = c->op->args.items[arg].number;

	return (value >= low && value <= high) ||
	       breach(c, "operand %zu cannot be %" PRId64, arg, value);
}

static const struct ir_global *iter_global(struct check *c)
{
	const struct ir_iter *iter =
		&c->program->iters.items[c->op->args.items[0].number];

	return c->program->globals.items[iter->global];
}

static bool check_iter_key(struct check *c)
{
	const struct ir_global *global = iter_global(c);

	return check_constant(c, 1, 0, (int64_t)global->keys.count - 1) &&
	       result_is(c, global->keys.items[c->op->args.items[1].number]
				.type);
}

static bool check_iter_value(struct check *c)
{
	const struct ir_global *global = iter_global(c);

	if (global->value == IR_VALUE_STAT)
		return breach(c, "an element of \"%s\" is no value",
			      global->name);
	return result_is(c, value_type(global));
}

static bool check_call(struct check *c)
{
	const struct ir_function *callee =
		c->program->functions.items[c->op->args.items[0].number];

	if (c->op->args.count - 1 != (size_t)callee->param_count)
		return breach(c, "\"%s\" takes %d operands, not %zu",
			      callee->name, callee->param_count,
			      c->op->args.count - 1);
	for (int i = 0; i < callee->param_count; i++)
		if (!expect_type(c, &c->op->args.items[i + 1],
				 callee->vars.items[i].type))
			return false;
	if (c->op->code == IR_CALLV)
		return true;
	if (callee->result == IR_VOID)
		return breach(c, "\"%s\" gives nothing", callee->name);
	return result_is(c, callee->result);
}

struct signature {
	const char *name, *types;
};

static const struct signature signatures[] = {
#define PRIM(name, signature, bound, flags, doc) { #name, signature },
#include "runtime/common/intrinsics.def"
#undef PRIM
};

static const char *find_signature(const char *name, size_t arg_count)
{
	for (size_t i = 0; i < sizeof(signatures) / sizeof(*signatures); i++)
		if (!strcmp(signatures[i].name, name) &&
		    strlen(signatures[i].types) == arg_count + 2)
			return signatures[i].types;
	return NULL;
}

static bool check_primitive(struct check *c)
{
	const char *name = c->op->args.items[0].text;
	size_t count = c->op->args.count - 1;
	const char *types = find_signature(name, count);

	if (!types)
		return breach(c, "no primitive \"%s\" with %zu operands",
			      name, count);
	for (size_t i = 0; i < count; i++)
		if (!expect_type(c, &c->op->args.items[i + 1],
				 types[i + 2] == 't' ? IR_TEXT : IR_LONG))
			return false;
	if (c->op->code == IR_PRIMV)
		return true;
	if (types[0] == '-')
		return breach(c, "\"%s\" gives nothing", name);
	return result_is(c, types[0] == 't' ? IR_TEXT : IR_LONG);
}

/* The next argument of the format is there and has the type. */
static bool check_format_arg(struct check *c, size_t *at, enum ir_type type)
{
	if (*at >= c->op->args.count)
		return breach(c, "too few operands for the format");
	return expect_type(c, &c->op->args.items[(*at)++], type);
}

static bool check_conversion(struct check *c, size_t *at,
			     const struct format_directive *directive)
{
	if (directive->width == FORMAT_STAR &&
	    !check_format_arg(c, at, IR_LONG))
		return false;
	if (directive->precision == FORMAT_STAR &&
	    !check_format_arg(c, at, IR_LONG))
		return false;
	return check_format_arg(c, at, format_type(directive) == 't'
					       ? IR_TEXT : IR_LONG);
}

static bool check_format(struct check *c)
{
	const char *format =
		c->program->formats.items[c->op->args.items[0].number];
	struct format_iterator iterator;
	struct format_directive directive;
	size_t at = 1;

	format_begin(&iterator, format, strlen(format));
	for (;;) {
		switch (format_next(&iterator, &directive)) {
		case FORMAT_END:
			return at == c->op->args.count ||
			       breach(c, "too many operands for the format");
		case FORMAT_LITERAL:
			break;
		case FORMAT_CONVERSION:
			if (!check_conversion(c, &at, &directive))
				return false;
			break;
		case FORMAT_INVALID:
			return breach(c, "the format is not valid: %s",
				      directive.reason);
		}
	}
}

static bool check_return(struct check *c)
{
	enum ir_type want = c->function->result;

	if (c->op->args.count != (want != IR_VOID))
		return breach(c, "the function gives %s", type_name(want));
	return want == IR_VOID ||
	       expect_type(c, &c->op->args.items[0], want);
}

static bool check_load(struct check *c)
{
	int64_t size = c->op->args.items[1].number;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return breach(c, "no load of %" PRId64 " bytes", size);
	return check_constant(c, 2, 0, 1) && check_constant(c, 3, 0, 1);
}

static bool check_store(struct check *c)
{
	int64_t size = c->op->args.items[2].number;

	if (size != 1 && size != 2 && size != 4 && size != 8)
		return breach(c, "no store of %" PRId64 " bytes", size);
	return check_constant(c, 3, 0, 1);
}

static bool check_get(struct check *c)
{
	return expect_global(c, IR_SCALAR, false) &&
	       result_is(c, value_type(global_of(c)));
}

static bool check_set(struct check *c)
{
	return expect_global(c, IR_SCALAR, false) &&
	       expect_type(c, last_arg(c), value_type(global_of(c)));
}

static bool check_clear(struct check *c)
{
	return global_of(c)->kind == IR_ARRAY ||
	       breach(c, "\"%s\" is no array", global_of(c)->name);
}

/* Statistics arrays too have elements that are there or not. */
static bool check_element(struct check *c)
{
	return check_clear(c) && check_keys(c, global_of(c), true);
}

static bool check_iter_begin(struct check *c)
{
	return !c->op->key_count || check_keys(c, iter_global(c), true);
}

static bool check_embed(struct check *c)
{
	const struct ir_op *op = c->op;

	for (size_t i = 1; i < op->args.count; i += 2)
		if (op->args.items[i].kind != IR_ARG_TEXT ||
		    i + 1 == op->args.count)
			return breach(c, "a name and a value expected as "
				      "operand %zu", i);
	return check_constant(c, 0, 0, (int64_t)c->program->codes.count - 1);
}

static bool check_meaning(struct check *c)
{
	switch (c->op->code) {
	case IR_GET:
		return check_get(c);
	case IR_SET:
		return check_set(c);
	case IR_FETCHADD:
		return expect_global(c, IR_SCALAR, false) && long_array(c);
	case IR_AGET:
		return check_array(c, false) &&
		       result_is(c, value_type(global_of(c)));
	case IR_ASET:
		return check_array(c, false) &&
		       expect_type(c, last_arg(c), value_type(global_of(c)));
	case IR_AADD:
		return check_array(c, false) && long_array(c);
	case IR_AHAS:
	case IR_ADELETE:
		return check_element(c);
	case IR_ACLEAR:
		return check_clear(c);
	case IR_SADD:
		return check_statistic(c);
	case IR_SGET:
		return check_statistic(c) &&
		       (is_stat_part(last_arg(c)->number) ||
			breach(c, "no part %" PRId64 " of a statistic",
			       last_arg(c)->number));
	case IR_SCLEAR:
		return expect_global(c, IR_SCALAR, true);
	case IR_HGET:
	case IR_HPRINT:
	case IR_HTEXT:
		return check_histogram(c);
	case IR_ITERBEGIN:
		return check_iter_begin(c);
	case IR_ITERKEY:
		return check_iter_key(c);
	case IR_ITERVALUE:
		return check_iter_value(c);
	case IR_CALL:
	case IR_CALLV:
		return check_call(c);
	case IR_PRIM:
	case IR_PRIMV:
		return check_primitive(c);
	case IR_SPRINT:
	case IR_PRINT:
		return check_format(c);
	case IR_RETURN:
		return check_return(c);
	case IR_FAILWITH:
		return check_constant(c, 0, 1, IR_ERRORS - 1);
	case IR_ACTION:
		return check_constant(c, 0, 0, INT32_MAX);
	case IR_ARG:
		return check_constant(c, 0, 0, 31);
	case IR_EMBED:
		return check_embed(c);
	case IR_TOUCH:
		return check_constant(c, 1, 1, 3);
	case IR_REG:
		return check_constant(c, 0, -2, 63);
	case IR_RELOC:
		return check_constant(c, 1, 0, 2);
	case IR_LOAD:
		return check_load(c);
	case IR_STORE:
		return check_store(c);
	case IR_LOADTEXT:
		return check_constant(c, 2, 0, 1);
	case IR_MOV: case IR_TMOV: case IR_ADD: case IR_SUB: case IR_MUL:
	case IR_DIV: case IR_MOD: case IR_AND: case IR_OR: case IR_XOR:
	case IR_SHL: case IR_SHR: case IR_USHR: case IR_EQ: case IR_NE:
	case IR_LT: case IR_LE: case IR_TCMP: case IR_CAT: case IR_MATCH:
	case IR_ITERNEXT: case IR_ITEREND: case IR_CATCH: case IR_JUMP: case IR_BRANCH: case IR_FAIL:
	case IR_CODES:
		return true;
	}
	return true;
}

/* ---- functions ---- */

static bool check_op(struct check *c, bool last)
{
	const struct ir_op *op = c->op;
	const struct ir_op_row *row = &ir_ops[op->code];

	if (row->is_terminator != last)
		return breach(c, last ? "the block does not end here"
				      : "the block goes on after it");
	if (op->fault != -1 && !row->may_fault)
		return breach(c, "it cannot fault");
	if (op->fault != -1 && !is_in(op->fault, c->function->blocks.count))
		return breach(c, "no fault block %d", op->fault);
	if (op->site != -1 && !is_in(op->site, c->program->sites.count))
		return breach(c, "no site %d", op->site);
	return check_args(c) && check_result(c) && check_meaning(c);
}

static bool check_block(struct check *c, const struct ir_block *block)
{
	if (!block->ops.count)
		return breach(c, "block %d is empty", c->block);
	for (size_t i = 0; i < block->ops.count; i++) {
		c->op_number = (int)i;
		c->op = block->ops.items[i];
		if (!check_op(c, i + 1 == block->ops.count))
			return false;
	}
	c->op = NULL;
	return true;
}

static bool check_signature(struct check *c)
{
	const struct ir_function *function = c->function;

	if (!function->blocks.count)
		return breach(c, "it has no blocks");
	if (function->param_count < 0 ||
	    (size_t)function->param_count > function->vars.count)
		return breach(c, "it has more parameters than variables");
	if (!check_bound(c, function->result, function->result_bound,
			 "the result"))
		return false;
	for (size_t i = 0; i < function->vars.count; i++) {
		const struct ir_var *var = &function->vars.items[i];

		if (var->type == IR_VOID)
			return breach(c, "variable %%%zu has no type", i);
		if (!check_bound(c, var->type, var->bound, "a variable"))
			return false;
	}
	for (size_t i = 0; c->program->functions.items[i] != function; i++)
		if (!strcmp(c->program->functions.items[i]->name,
			    function->name))
			return breach(c, "there are two of that name");
	return true;
}

const char *ir_verify(struct arena *arena, const struct ir_program *program)
{
	struct check c = { .arena = arena, .program = program };

	if (!check_tables(&c))
		return c.reason;
	for (size_t i = 0; i < program->functions.count; i++) {
		c.function = program->functions.items[i];
		if (!check_signature(&c))
			return c.reason;
	}
	for (size_t i = 0; i < program->functions.count; i++) {
		c.function = program->functions.items[i];
		for (size_t j = 0; j < c.function->blocks.count; j++) {
			c.block = (int)j;
			if (!check_block(&c, c.function->blocks.items[j]))
				return c.reason;
		}
	}
	return NULL;
}
