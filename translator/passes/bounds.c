/*
 * How long each text can get: variables, results, globals, keys.
 *
 * All bounds begin at 0 and grow until nothing changes any more, over all
 * functions at once, since texts travel through calls and globals. What still
 * grows after some rounds (a text that appends to itself) is let go to the
 * most there is, MAXSTRINGLEN - 1.
 *
 * A key's bound also covers what is looked up, so a longer text is never cut
 * to a key that another text equals. A scalar that the session can set before
 * the start (it has a first value, or nobody else sets it) keeps the most.
 */
#include <string.h>

#include "runtime/common/format.h"
#include "translator/base/arena.h"
#include "translator/ir/ir.h"
#include "translator/passes/passes.h"

struct bounds {
	struct ir_program *program;
	struct ir_function *function;
	int most;		/* MAXSTRINGLEN - 1 */
	bool widen;		/* what grows goes to the most */
	bool changed;
};

/* Lets *@bound cover @length. */
static void grow(struct bounds *b, int *bound, int64_t length)
{
	if (length > b->most)
		length = b->most;
	if (length <= *bound)
		return;
	*bound = b->widen ? b->most : (int)length;
	b->changed = true;
}

static int64_t arg_bound(const struct bounds *b, const struct ir_arg *arg)
{
	if (arg->kind == IR_ARG_TEXT)
		return (int64_t)strlen(arg->text);
	if (arg->kind == IR_ARG_VAR)
		return b->function->vars.items[arg->number].bound;
	return b->most;
}

static bool is_text(const struct bounds *b, const struct ir_arg *arg)
{
	return arg->kind == IR_ARG_TEXT ||
	       (arg->kind == IR_ARG_VAR &&
		b->function->vars.items[arg->number].type == IR_TEXT);
}

/* ---- sprint ---- */

/* Arguments of the format, taken in order. */
struct taker {
	const struct bounds *bounds;
	const struct ir_op *op;
	size_t at;
};

/* The value of a width or precision, or -1 if only the run knows it. */
static int64_t star(struct taker *taker, int given)
{
	const struct ir_arg *arg;

	if (given != FORMAT_STAR)
		return given == FORMAT_NONE ? 0 : given;
	if (taker->at >= taker->op->args.count)
		return -1;
	arg = &taker->op->args.items[taker->at++];
	if (arg->kind != IR_ARG_LONG)
		return -1;
	return arg->number < 0 ? -arg->number : arg->number;
}

/* Digits and sign of the longest long. */
static int64_t number_bound(char conversion)
{
	switch (conversion) {
	case 'c': return 1;
	case 'b': return 8;
	case 'o': return 23;
	case 'x':
	case 'X':
	case 'p': return 18;
	default: return 20;
	}
}

static int64_t conversion_bound(struct taker *taker,
				const struct format_directive *directive)
{
	int64_t width = star(taker, directive->width);
	int64_t precision = star(taker, directive->precision);
	int64_t most = taker->bounds->most;
	const struct ir_arg *arg;
	int64_t length;

	if (taker->at >= taker->op->args.count || width < 0 || precision < 0)
		return most;
	arg = &taker->op->args.items[taker->at++];
	if (format_type(directive) == 'a')
		return most;
	if (is_text(taker->bounds, arg)) {
		length = arg_bound(taker->bounds, arg);
		if (directive->precision >= 0 && precision < length)
			length = precision;
	} else {
		/* prefix or sign come on top of the digits asked for */
		length = number_bound(directive->conversion);
		if (precision + 2 > length)
			length = precision + 2;
	}
	return length > width ? length : width;
}

static int64_t sprint_bound(const struct bounds *b, const struct ir_op *op)
{
	const char *format =
		b->program->formats.items[op->args.items[0].number];
	struct taker taker = { .bounds = b, .op = op, .at = 1 };
	struct format_iterator iterator;
	struct format_directive directive;
	int64_t sum = 0;

	format_begin(&iterator, format, strlen(format));
	for (;;) {
		switch (format_next(&iterator, &directive)) {
		case FORMAT_END:
			return sum;
		case FORMAT_LITERAL:
			sum += directive.length;
			break;
		case FORMAT_CONVERSION:
			sum += conversion_bound(&taker, &directive);
			break;
		case FORMAT_INVALID:
			return b->most;
		}
	}
}

/* ---- primitives ---- */

struct prim_bound {
	const char *name;
	int bound;
};

static const struct prim_bound prim_bounds[] = {
#define PRIM(name, signature, bound, flags, doc) { #name, bound },
#include "runtime/common/intrinsics.def"
#undef PRIM
};

static int64_t prim_bound(const struct bounds *b, const struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;
	const char *name = args[0].text;
	int64_t length;

	if (!strcmp(name, "substr")) {
		length = arg_bound(b, &args[1]);
		if (args[3].kind == IR_ARG_LONG && args[3].number < length)
			length = args[3].number < 0 ? 0 : args[3].number;
		return length;
	}
	if (!strcmp(name, "text_str"))
		return 4 * arg_bound(b, &args[1]);
	if (!strcmp(name, "string_quoted"))
		return 4 * arg_bound(b, &args[1]) + 2;
	for (size_t i = 0; i < sizeof(prim_bounds) / sizeof(*prim_bounds); i++)
		if (!strcmp(prim_bounds[i].name, name) && prim_bounds[i].bound)
			return prim_bounds[i].bound;
	return b->most;
}

/* ---- one operation ---- */

static struct ir_global *global_at(const struct bounds *b,
				   const struct ir_arg *arg)
{
	int64_t number = arg->number;

	if (arg->kind == IR_ARG_ITER)
		number = b->program->iters.items[number].global;
	return b->program->globals.items[number];
}

static int64_t iter_key_bound(const struct bounds *b, const struct ir_op *op)
{
	const struct ir_global *global = global_at(b, &op->args.items[0]);

	return global->keys.items[op->args.items[1].number].bound;
}

static int64_t result_bound(const struct bounds *b, const struct ir_op *op)
{
	const struct ir_arg *args = op->args.items;

	switch (op->code) {
	case IR_TMOV:
		return arg_bound(b, &args[0]);
	case IR_CAT:
		return arg_bound(b, &args[0]) + arg_bound(b, &args[1]);
	case IR_SPRINT:
		return sprint_bound(b, op);
	case IR_PRIM:
		return prim_bound(b, op);
	case IR_GET: case IR_AGET: case IR_ITERVALUE:
		return global_at(b, &args[0])->bound;
	case IR_ITERKEY:
		return iter_key_bound(b, op);
	case IR_CALL:
		return b->program->functions.items[args[0].number]
			->result_bound;
	case IR_LOADTEXT:
		return args[1].kind == IR_ARG_LONG && args[1].number >= 0
			? args[1].number : b->most;
	case IR_CATCH: case IR_MOV: case IR_ADD: case IR_SUB: case IR_MUL:
	case IR_DIV: case IR_MOD: case IR_AND: case IR_OR: case IR_XOR:
	case IR_SHL: case IR_SHR: case IR_USHR: case IR_EQ: case IR_NE:
	case IR_LT: case IR_LE: case IR_TCMP: case IR_MATCH: case IR_PRIMV:
	case IR_SET: case IR_FETCHADD: case IR_ASET: case IR_AADD:
	case IR_AHAS: case IR_ADELETE: case IR_ACLEAR: case IR_SADD:
	case IR_SGET: case IR_SCLEAR: case IR_HGET: case IR_HPRINT: case IR_HTEXT:
	case IR_ITERBEGIN: case IR_ITERNEXT: case IR_ITEREND: case IR_CALLV:
	case IR_PRINT: case IR_ACTION: case IR_ARG: case IR_REG: case IR_RELOC:
	case IR_EMBED: case IR_TOUCH: case IR_LOAD: case IR_STORE: case IR_JUMP: case IR_BRANCH: case IR_RETURN:
	case IR_FAIL: case IR_FAILWITH: case IR_CODES:
		return b->most;
	}
	return b->most;
}

static void grow_keys(struct bounds *b, const struct ir_op *op)
{
	struct ir_global *global = global_at(b, &op->args.items[0]);

	for (int i = 0; i < op->key_count; i++) {
		const struct ir_arg *arg = &op->args.items[op->key_begin + i];

		if (global->keys.items[i].type == IR_TEXT &&
		    arg->kind != IR_ARG_ANY)
			grow(b, &global->keys.items[i].bound,
			     arg_bound(b, arg));
	}
}

static void grow_params(struct bounds *b, const struct ir_op *op)
{
	struct ir_function *callee =
		b->program->functions.items[op->args.items[0].number];

	for (int i = 0; i < callee->param_count; i++)
		if (callee->vars.items[i].type == IR_TEXT)
			grow(b, &callee->vars.items[i].bound,
			     arg_bound(b, &op->args.items[i + 1]));
}

/* Embedded C stores what it likes. */
static void grow_touched(struct bounds *b, struct ir_global *global)
{
	if (global->value == IR_VALUE_TEXT)
		grow(b, &global->bound, b->most);
	for (size_t i = 0; i < global->keys.count; i++)
		if (global->keys.items[i].type == IR_TEXT)
			grow(b, &global->keys.items[i].bound, b->most);
}

static void visit(struct bounds *b, const struct ir_op *op)
{
	struct ir_function *function = b->function;
	const struct ir_arg *last = op->args.count
		? &op->args.items[op->args.count - 1] : NULL;

	if (op->result >= 0 &&
	    function->vars.items[op->result].type == IR_TEXT)
		grow(b, &function->vars.items[op->result].bound,
		     result_bound(b, op));
	if (op->key_count)
		grow_keys(b, op);
	if ((op->code == IR_SET || op->code == IR_ASET) && is_text(b, last))
		grow(b, &global_at(b, &op->args.items[0])->bound,
		     arg_bound(b, last));
	if (op->code == IR_TOUCH)
		grow_touched(b, global_at(b, &op->args.items[0]));
	if (op->code == IR_CALL || op->code == IR_CALLV)
		grow_params(b, op);
	if (op->code == IR_RETURN && function->result == IR_TEXT)
		grow(b, &function->result_bound, arg_bound(b, last));
}

static void visit_all(struct bounds *b)
{
	for (size_t i = 0; i < b->program->functions.count; i++) {
		b->function = b->program->functions.items[i];
		for (size_t j = 0; j < b->function->blocks.count; j++) {
			const struct ir_block *block =
				b->function->blocks.items[j];

			for (size_t k = 0; k < block->ops.count; k++)
				visit(b, block->ops.items[k]);
		}
	}
}

/* ---- beginnings ---- */

static bool *find_set(const struct ir_program *program)
{
	bool *set = arena_array(program->arena, bool, program->globals.count);

	for (size_t i = 0; i < program->functions.count; i++) {
		const struct ir_function *function =
			program->functions.items[i];

		for (size_t j = 0; j < function->blocks.count; j++) {
			const struct ir_block *block =
				function->blocks.items[j];

			for (size_t k = 0; k < block->ops.count; k++)
				if (block->ops.items[k]->code == IR_SET)
					set[block->ops.items[k]
						    ->args.items[0].number] =
						true;
		}
	}
	return set;
}

static void reset_globals(struct bounds *b)
{
	bool *set = find_set(b->program);

	for (size_t i = 0; i < b->program->globals.count; i++) {
		struct ir_global *global = b->program->globals.items[i];

		for (size_t j = 0; j < global->keys.count; j++)
			global->keys.items[j].bound = 0;
		global->bound = 0;
		if (global->value == IR_VALUE_TEXT &&
		    global->kind == IR_SCALAR && (global->init_text || !set[i]))
			global->bound = b->most;
	}
}

static void reset_functions(struct bounds *b)
{
	for (size_t i = 0; i < b->program->functions.count; i++) {
		struct ir_function *function = b->program->functions.items[i];

		function->result_bound = 0;
		for (size_t j = 0; j < function->vars.count; j++)
			function->vars.items[j].bound = 0;
	}
}

enum { ROUNDS_EXACT = 24 };

void pass_bounds(struct ir_program *program)
{
	struct bounds b = {
		.program = program,
		.most = (int)ir_limit(program, "maxstringlen") - 1,
	};
	int round = 0;

	reset_globals(&b);
	reset_functions(&b);
	do {
		b.changed = false;
		b.widen = round++ >= ROUNDS_EXACT;
		visit_all(&b);
	} while (b.changed);
}
