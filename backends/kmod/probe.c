/* Probes and the table that describes the program to the runtime. */
#include "backends/kmod/gen.h"

#include <inttypes.h>
#include <string.h>

#include "translator/base/arena.h"

/* How many raw arguments a function and those that it calls look at. */
static int arg_count(const struct gen *gen, int number, bool *seen)
{
	const struct ir_function *function =
		gen->program->functions.items[number];
	int most = 0;

	if (seen[number])
		return 0;
	seen[number] = true;
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++) {
			const struct ir_op *op = block->ops.items[j];
			int count = 0;

			if (op->code == IR_ARG)
				count = (int)op->args.items[0].number + 1;
			else if (op->code == IR_CALL || op->code == IR_CALLV)
				count = arg_count(gen, (int)op->args.items[0]
						  .number, seen);
			most = count > most ? count : most;
		}
	}
	return most;
}

static int probe_args(struct gen *gen, const struct ir_probe *probe)
{
	bool *seen = arena_array(gen->arena, bool,
				 gen->program->functions.count);

	return arg_count(gen, probe->function, seen);
}

/* "RT_ATTACH_PERF" for "perf". */
static const char *kind_name(const char *kind)
{
	static const char *const names[][2] = {
#define ATTACH(id, name, section, user) { name, "RT_ATTACH_" #id },
#include "runtime/common/attach.def"
#undef ATTACH
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i][0], kind))
			return names[i][1];
	return "RT_ATTACH_KINDS";
}

static const char *quoted(struct gen *gen, const char *text)
{
	struct buf out = { 0 };

	buf_putc(&out, '"');
	buf_escape(&out, text, strlen(text));
	buf_putc(&out, '"');
	return buf_take(&out, gen->arena);
}

static void write_pairs(struct gen *gen, size_t number,
			const struct ir_probe *probe)
{
	struct writer *out = &gen->out;

	write_line(out, "static const struct rt_pair p%zu[] = {", number);
	for (size_t i = 0; i < probe->pairs.count; i++)
		write_line(out, "{ %s, %s },",
			   quoted(gen, probe->pairs.items[i].key),
			   quoted(gen, probe->pairs.items[i].value));
	write_line(out, "{ }");
	write_line(out, "};");
}

/* Whoever holds a lock has a frame that shows it. */
static enum weight weight_of_probe(const struct gen *gen,
				   const struct ir_probe *probe)
{
	enum weight weight = weight_of(gen, probe->function);

	return weight == WEIGHT_LIGHT && probe->lock ? WEIGHT_SLIM : weight;
}

static const char *weight_name(enum weight weight)
{
	switch (weight) {
	case WEIGHT_LIGHT:
		return "RT_LIGHT";
	case WEIGHT_SLIM:
		return "RT_SLIM";
	case WEIGHT_WHOLE:
		break;
	}
	return "RT_WHOLE";
}

/* Whether a handler looks at registers, which the kernel gives it as they are
 * behind the instruction of a trap. */
static bool reads_registers(const struct ir_function *function)
{
	for (size_t i = 0; i < function->blocks.count; i++) {
		const struct ir_block *block = function->blocks.items[i];

		for (size_t j = 0; j < block->ops.count; j++)
			if (block->ops.items[j]->code == IR_REG)
				return true;
	}
	return false;
}

/* Whether the handler stands at other places too, which follow each other. */
static bool is_shared(const struct gen *gen, size_t number)
{
	size_t count = gen->program->probes.count;
	struct ir_probe **probes = gen->program->probes.items;
	int function = probes[number]->function;

	return (number && probes[number - 1]->function == function) ||
	       (number + 1 < count && probes[number + 1]->function == function);
}

/* Whether the kernel calls a handler without the runtime between. For one with a
 * frame, which names the probe, there would be as many functions as places. */
static bool is_called_by_kprobe(const struct gen *gen, size_t number)
{
	const struct ir_probe *probe = gen->program->probes.items[number];
	enum weight weight = weight_of_probe(gen, probe);

	if (strcmp(probe->kind, "kprobe"))
		return false;
	return weight == WEIGHT_LIGHT ||
	       (weight == WEIGHT_SLIM && !is_shared(gen, number) &&
		!reads_registers(gen->program->functions
					 .items[probe->function]));
}

/* Several probes may have one handler. */
static void write_kprobe_handlers(struct gen *gen)
{
	size_t count = gen->program->functions.count;
	bool *written = arena_array(gen->arena, bool, count + 1);

	for (size_t i = 0; i < gen->program->probes.count; i++) {
		const struct ir_probe *probe = gen->program->probes.items[i];

		if (!is_called_by_kprobe(gen, i) || written[probe->function])
			continue;
		written[probe->function] = true;
		if (weight_of_probe(gen, probe) == WEIGHT_SLIM)
			write_line(&gen->out, "RT_ON_KPROBE_SLIM(f%d, %zu)",
				   probe->function, i);
		else
			write_line(&gen->out, "RT_ON_KPROBE(f%d)",
				   probe->function);
	}
}

/* The runner decides when. */
static bool runs_in_any_state(const struct ir_probe *probe)
{
	return probe->end_safe || !strcmp(probe->kind, "reset");
}

void probes_write(struct gen *gen)
{
	struct writer *out = &gen->out;

	for (size_t i = 0; i < gen->program->probes.count; i++)
		write_pairs(gen, i, gen->program->probes.items[i]);
	write_kprobe_handlers(gen);
	write_line(out, "static const struct rt_probe probes[] = {");
	for (size_t i = 0; i < gen->program->probes.count; i++) {
		const struct ir_probe *probe = gen->program->probes.items[i];

		write_line(out, "{");
		write_line(out, ".run = f%d, .name = %s,", probe->function,
			   quoted(gen, probe->name));
		write_line(out, ".kind = %s, .pairs = p%zu, .arg_count = %d,",
			   kind_name(probe->kind), i, probe_args(gen, probe));
		write_line(out, ".lock = %d, .lock_class = %d, .end_safe = "
			   "%d,", (int)probe->lock, probe->lock_class,
			   runs_in_any_state(probe));
		write_line(out, ".weight = %s,",
			   weight_name(weight_of_probe(gen, probe)));
		if (is_called_by_kprobe(gen, i))
			write_line(out, ".on_kprobe = f%d_on_kprobe,",
				   probe->function);
		write_line(out, "},");
	}
	write_line(out, "{ }");
	write_line(out, "};");
}

static int lock_count(const struct gen *gen)
{
	int count = 0;

	for (size_t i = 0; i < gen->program->probes.count; i++) {
		const struct ir_probe *probe = gen->program->probes.items[i];

		if (probe->lock != IR_LOCK_NONE && probe->lock_class >= count)
			count = probe->lock_class + 1;
	}
	return count;
}

/* A limit of the session that may not be there. */
int64_t session_limit(const struct gen *gen, const char *name,
		      int64_t missing)
{
	for (size_t i = 0; i < gen->program->session.count; i++)
		if (!strcmp(gen->program->session.items[i].key, name))
			return ir_limit(gen->program, name);
	return missing;
}

static bool is_any(const struct ir_op *op)
{
	(void)op;
	return true;
}

static bool walks_programs(const struct ir_op *op)
{
	return !strncmp(op->args.items[0].text, "__ustack_", 9);
}

static bool names_programs(const struct ir_op *op)
{
	return !strcmp(op->args.items[0].text, "__usymbol");
}

static bool is_about_stacks(const struct ir_op *op)
{
	static const char *const names[] = {
		"__stack_entry", "__stack_text", "__stack_print",
		"__ustack_entry", "__ustack_text", "__ustack_print",
		"__address_print", "__uaddress_print", "__symbol",
		"__usymbol", "__usource",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(op->args.items[0].text, names[i]))
			return true;
	return false;
}

static int64_t most_stack(const struct gen *gen)
{
	int64_t most = session_limit(gen, "maxbacktrace", 20);

	return most < 1 ? 1 : most > 128 ? 128 : most;
}

static bool has_op(const struct gen *gen, enum ir_code code,
		   bool (*is_wanted)(const struct ir_op *op))
{
	for (size_t i = 0; i < gen->program->functions.count; i++) {
		const struct ir_function *function =
			gen->program->functions.items[i];

		for (size_t j = 0; j < function->blocks.count; j++) {
			const struct ir_block *block =
				function->blocks.items[j];

			for (size_t k = 0; k < block->ops.count; k++)
				if (block->ops.items[k]->code == code &&
				    is_wanted(block->ops.items[k]))
					return true;
		}
	}
	return false;
}

void program_write(struct gen *gen)
{
	const struct ir_program *program = gen->program;
	struct writer *out = &gen->out;
	int64_t actions = session_limit(gen, "maxaction", 1000);

	write_line(out, "static struct rt_lock locks[%d];",
		   lock_count(gen) + 1);
	write_line(out, "const struct rt_program rt_program = {");
	write_line(out, ".name = KBUILD_MODNAME, .text_max = %d,",
		   gen->text_max);
	write_line(out, ".max_errors = %" PRId64 "ull,",
		   session_limit(gen, "maxerrors", 0));
	write_line(out, ".max_actions = %" PRId64 "ull, .max_actions_begin = "
		   "%" PRId64 "ull,", actions,
		   session_limit(gen, "maxaction_begin", 10 * actions));
	write_line(out, ".max_nesting = %" PRId64 ",",
		   ir_limit(program, "maxnesting"));
	write_line(out, ".stack_size = %u, .record_size = %u,",
		   stack_size(gen) + embedded_room(gen),
		   record_size(gen) + 24 * (unsigned)most_stack(gen));
	write_line(out, ".maps = maps, .map_count = ARRAY_SIZE(maps) - 1,");
	write_line(out, ".iters = iters, .iter_count = %zu,",
		   program->iters.count);
	write_line(out, ".locks = locks, .lock_count = ARRAY_SIZE(locks),");
	write_line(out, ".lock_us = %" PRId64 ",",
		   session_limit(gen, "maxtrylock", 1000) *
		   session_limit(gen, "trylockdelay", 10));
	write_line(out, ".probes = probes, .probe_count = %zu,",
		   program->probes.count);
	write_line(out, ".settings = settings, .setting_count = "
		   "ARRAY_SIZE(settings) - 1,");
	write_line(out, ".relocs = relocs, .reloc_count = %zu, .matches = %d,",
		   program->relocs.count, has_op(gen, IR_MATCH, is_any));
	write_line(out, ".overload_interval = %" PRId64 "ull, "
		   ".overload_threshold = %" PRId64 "ull,",
		   session_limit(gen, "no_overload", 0) ? 0 :
		   session_limit(gen, "overload_interval", 1000000000),
		   session_limit(gen, "overload_threshold", 500000000));
	write_line(out, ".stacks = %d, .max_stack = %" PRId64 ",",
		   has_op(gen, IR_PRIM, is_about_stacks) ||
		   has_op(gen, IR_PRIMV, is_about_stacks), most_stack(gen));
	write_line(out, ".user_stacks = %d,",
		   has_op(gen, IR_PRIM, walks_programs) ||
		   has_op(gen, IR_PRIMV, walks_programs));
	write_line(out, ".user_names = %d,",
		   has_op(gen, IR_PRIM, names_programs));
	write_line(out, "};");
}
