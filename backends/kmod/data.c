/* Globals, arrays and walks as data of the module; the sizes of frames. */
#include "backends/kmod/gen.h"

#include <inttypes.h>
#include <string.h>

#include "runtime/common/format.h"
#include "runtime/common/hist.h"
#include "runtime/common/stat.h"
#include "translator/base/arena.h"

static unsigned round_up8(unsigned size)
{
	return (size + 7) & ~7u;
}

/* ---- keys: longs 8 bytes, texts padded to a multiple of 8 ---- */

unsigned key_room(const struct ir_key *key)
{
	return key->type == IR_TEXT ? round_up8((unsigned)key->bound + 1) : 0;
}

unsigned key_at(const struct ir_global *global, int key)
{
	unsigned at = 0;

	for (int i = 0; i < key; i++) {
		unsigned room = key_room(&global->keys.items[i]);

		at += room ? room : 8;
	}
	return at;
}

unsigned key_size(const struct ir_global *global)
{
	return key_at(global, (int)global->keys.count);
}

/* ---- globals ---- */

static void write_scalar(struct gen *gen, size_t number,
			 const struct ir_global *global)
{
	const char *text = global->init_text ? global->init_text : "";
	struct buf quoted = { 0 };

	if (global->value == IR_VALUE_LONG) {
		write_line(&gen->out, "static s64 g%zu = (s64)%" PRIu64 "ull;",
			   number, (uint64_t)global->init);
		return;
	}
	buf_escape(&quoted, text, strlen(text));
	write_line(&gen->out, "static char g%zu[%d] = \"%s\";", number,
		   global->bound + 1, buf_text(&quoted));
	buf_free(&quoted);
}

static unsigned bucket_count(const struct ir_global *global)
{
	if (!(global->stat_ops & IR_STAT_HIST))
		return 0;
	switch (global->hist) {
	case IR_HIST_NONE:
		return 0;
	case IR_HIST_LOG:
		return STAT_BUCKETS_LOG;
	case IR_HIST_LINEAR:
		return (unsigned)((global->hist_stop - global->hist_start) /
				  global->hist_step) + 3;
	}
	return 0;
}

static void write_stat(struct gen *gen, size_t number,
		       const struct ir_global *global)
{
	write_line(&gen->out, "static const struct rt_stat g%zu_stat = {",
		   number);
	write_line(&gen->out, ".parts = %d, .shift = %d, .hist = %d, "
		   ".buckets = %u,", global->stat_ops,
		   global->stat_shift, (int)global->hist,
		   bucket_count(global));
	write_line(&gen->out, ".start = %" PRId64 "ll, .stop = %" PRId64
		   "ll, .step = %" PRId64 "ll,", global->hist_start,
		   global->hist_stop, global->hist_step);
	write_line(&gen->out, ".width = %d, .elision = %d,",
		   (int)session_limit(gen, "hist_width", HIST_WIDTH_DEFAULT),
		   (int)session_limit(gen, "hist_elision",
				      HIST_ELISION_DEFAULT));
	write_line(&gen->out, "};");
}

/* Of a statistic the runtime finds it, which knows the processors. */
static unsigned value_size(const struct ir_global *global)
{
	switch (global->value) {
	case IR_VALUE_LONG:
		return 8;
	case IR_VALUE_TEXT:
		return round_up8((unsigned)global->bound + 1);
	case IR_VALUE_STAT:
		return 0;
	}
	return 0;
}

static void write_keys(struct gen *gen, size_t number,
		       const struct ir_global *global)
{
	write_line(&gen->out, "static const struct rt_key g%zu_keys[] = {",
		   number);
	for (int i = 0; i < (int)global->keys.count; i++)
		write_line(&gen->out, "{ %u, %u },", key_at(global, i),
			   key_room(&global->keys.items[i]));
	write_line(&gen->out, "};");
}

static void write_map(struct gen *gen, size_t number,
		      const struct ir_global *global)
{
	bool array = global->kind == IR_ARRAY;
	struct writer *out = &gen->out;

	if (global->value == IR_VALUE_STAT)
		write_stat(gen, number, global);
	if (array)
		write_keys(gen, number, global);
	write_line(out, "static struct rt_map g%zu = {", number);
	if (array)
		write_line(out, ".keys = g%zu_keys, .key_count = %zu,",
			   number, global->keys.count);
	write_line(out, ".key_size = %u, .value_size = %u, .size = %" PRId64
		   ", .id = %zu,", key_size(global), value_size(global),
		   array ? global->size : 1, number);
	write_line(out, ".wrap = %d, .explicit_size = %d,", global->wrap,
		   global->explicit_size);
	if (global->value == IR_VALUE_STAT)
		write_line(out, ".stat = &g%zu_stat,", number);
	write_line(out, "};");
}

static bool is_map(const struct ir_global *global)
{
	return global->kind == IR_ARRAY || global->value == IR_VALUE_STAT;
}

static void write_map_table(struct gen *gen)
{
	write_line(&gen->out, "static struct rt_map *maps[] = {");
	for (size_t i = 0; i < gen->program->globals.count; i++)
		if (is_map(gen->program->globals.items[i]))
			write_line(&gen->out, "&g%zu,", i);
	write_line(&gen->out, "NULL");
	write_line(&gen->out, "};");
}

static const char *sort_name(enum ir_sort sort)
{
	switch (sort) {
	case IR_SORT_NONE: return "RT_SORT_NONE";
	case IR_SORT_KEY: return "RT_SORT_KEY";
	case IR_SORT_VALUE: return "RT_SORT_VALUE";
	case IR_SORT_STAT: return "RT_SORT_STAT";
	}
	return "RT_SORT_NONE";
}

static bool sorts_text(const struct ir_global *global,
		       const struct ir_iter *iter)
{
	if (iter->sort == IR_SORT_KEY)
		return global->keys.items[iter->sort_key].type == IR_TEXT;
	return iter->sort == IR_SORT_VALUE && global->value == IR_VALUE_TEXT;
}

/* Whether @number can be reached from what @from calls. */
static bool reaches(const struct gen *gen, size_t from, size_t number,
		    bool *seen)
{
	const struct ir_function *function =
		gen->program->functions.items[from];

	if (seen[from])
		return false;
	seen[from] = true;
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];
			size_t callee;

			if (op->code != IR_CALL && op->code != IR_CALLV)
				continue;
			callee = (size_t)op->args.items[0].number;
			if (callee == number ||
			    reaches(gen, callee, number, seen))
				return true;
		}
	}
	return false;
}

static bool walks(const struct ir_function *function, size_t iter)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if (op->code == IR_ITERBEGIN &&
			    op->args.items[0].number == (int64_t)iter)
				return true;
		}
	}
	return false;
}

/* Whether more than one walk of that foreach can be under way in a hit. */
static bool is_recursive(struct gen *gen, size_t iter)
{
	size_t count = gen->program->functions.count;

	for (size_t i = 0; i < count; i++)
		if (walks(gen->program->functions.items[i], iter) &&
		    reaches(gen, i, i, arena_array(gen->arena, bool, count)))
			return true;
	return false;
}

static void write_iters(struct gen *gen)
{
	write_line(&gen->out, "static struct rt_iter iters[] = {");
	for (size_t i = 0; i < gen->program->iters.count; i++) {
		const struct ir_iter *iter = &gen->program->iters.items[i];
		const struct ir_global *global =
			gen->program->globals.items[iter->global];

		write_line(&gen->out, "{ .map = &g%d, .sort = %s, .sort_key = "
			   "%d, .sort_stat = %d, .descending = %d, .text = "
			   "%d, .recursive = %d },", iter->global,
			   sort_name(iter->sort), iter->sort_key,
			   iter->sort_stat, iter->descending,
			   sorts_text(global, iter), is_recursive(gen, i));
	}
	write_line(&gen->out, "{ }");
	write_line(&gen->out, "};");
}

static void write_settings(struct gen *gen)
{
	write_line(&gen->out, "static const struct rt_setting settings[] = {");
	for (size_t i = 0; i < gen->program->globals.count; i++) {
		const struct ir_global *global =
			gen->program->globals.items[i];

		if (!is_map(global))
			write_line(&gen->out, "{ \"%s\", &g%zu, %d },",
				   global->name, i,
				   global->value == IR_VALUE_TEXT
					   ? global->bound + 1 : 0);
	}
	write_line(&gen->out, "{ }");
	write_line(&gen->out, "};");
}

void data_write(struct gen *gen)
{
	for (size_t i = 0; i < gen->program->globals.count; i++) {
		const struct ir_global *global =
			gen->program->globals.items[i];

		if (is_map(global))
			write_map(gen, i, global);
		else
			write_scalar(gen, i, global);
	}
	write_line(&gen->out, "static u64 relocs[%zu][3];",
		   gen->program->relocs.count + 1);
	write_map_table(gen);
	write_iters(gen);
	write_settings(gen);
}

/* ---- sizes ---- */

unsigned key_buffer(const struct gen *gen, const struct ir_function *function)
{
	unsigned most = 0;

	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];
			int64_t number;
			unsigned size;

			if (!op->key_count)
				continue;
			number = op->args.items[0].number;
			if (op->args.items[0].kind == IR_ARG_ITER)
				number = gen->program->iters.items[number]
						 .global;
			size = key_size(gen->program->globals.items[number]);
			most = size > most ? size : most;
		}
	}
	return most;
}

unsigned text_room(const struct gen *gen, const struct ir_function *function,
		   int var)
{
	if (embedded_uses(function, var))
		return (unsigned)gen->text_max + 1;
	return (unsigned)function->vars.items[var].bound + 1;
}

unsigned vars_size(const struct gen *gen, const struct ir_function *function)
{
	unsigned size = key_buffer(gen, function);

	for (size_t i = 0; i < function->vars.count; i++)
		if (function->vars.items[i].type == IR_TEXT)
			size += round_up8(text_room(gen, function, (int)i));
	return round_up8(size) + 8;
}

static unsigned callee_most(const struct ir_function *function,
			    const unsigned *below)
{
	unsigned most = 0;

	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];

			if ((op->code == IR_CALL || op->code == IR_CALLV) &&
			    below[op->args.items[0].number] > most)
				most = below[op->args.items[0].number];
		}
	}
	return most;
}

/* What the variables of calls nested as deep as is allowed take at most. */
unsigned stack_size(const struct gen *gen)
{
	size_t count = gen->program->functions.count;
	unsigned *below = arena_array(gen->arena, unsigned, count + 1);
	unsigned *here = arena_array(gen->arena, unsigned, count + 1);
	int64_t depth = ir_limit(gen->program, "maxnesting") + 1;
	unsigned most = 0;

	for (int64_t i = 0; i <= depth; i++) {
		unsigned *swap = below;

		for (size_t j = 0; j < count; j++) {
			const struct ir_function *function =
				gen->program->functions.items[j];

			here[j] = vars_size(gen, function) +
				  callee_most(function, below);
			most = here[j] > most ? here[j] : most;
		}
		below = here;
		here = swap;
	}
	return round_up8(most);
}

/* What a value needs in a record besides a width, a precision and a long. */
static unsigned room_of(const struct format_directive *directive,
			unsigned text, unsigned memory)
{
	switch (format_type(directive)) {
	case 't':
		return text;
	case 'a':
		return memory + 8;
	}
	return 0;
}

unsigned record_size(const struct gen *gen)
{
	/* a head, an error's site and chain, a text */
	unsigned memory = gen->text_max < 512 ? 512 : 4096;
	unsigned text = round_up8((unsigned)gen->text_max + 1) + 8;
	unsigned most = 8 + 16 + 8 * 8 + text;

	for (size_t i = 0; i < gen->program->globals.count; i++) {
		unsigned size = 8 + 8 *
			bucket_count(gen->program->globals.items[i]);

		most = size > most ? size : most;
	}
	for (size_t i = 0; i < gen->program->formats.count; i++) {
		const char *format = gen->program->formats.items[i];
		struct format_iterator iterator;
		struct format_directive directive;
		enum format_kind kind;
		unsigned size = 8;

		format_begin(&iterator, format, strlen(format));
		while ((kind = format_next(&iterator, &directive)) !=
		       FORMAT_END)
			if (kind == FORMAT_CONVERSION)
				size += 24 + room_of(&directive, text, memory);
		most = size > most ? size : most;
	}
	return round_up8(most);
}
