/* Probes and the table that describes the program to the runtime. */
#include "backends/kmod/gen.h"

#include <inttypes.h>
#include <string.h>

#include "translator/base/arena.h"

static const char *pair_value(const struct ir_probe *probe, const char *key)
{
	for (size_t i = 0; i < probe->pairs.count; i++)
		if (!strcmp(probe->pairs.items[i].key, key))
			return probe->pairs.items[i].value;
	return NULL;
}

/* The tracepoint that a probe is hit by, or NULL. */
static const char *tracepoint_of(const struct ir_probe *probe)
{
	return strcmp(probe->kind, "raw_tracepoint") ? NULL :
		pair_value(probe, "name");
}

/* What a tracepoint calls: it is given more arguments than most have, and
 * those beyond are never looked at. */
static void write_entry(struct gen *gen, size_t number)
{
	struct writer *out = &gen->out;

	write_line(out, "static void p%zu(void *data, u64 a0, u64 a1, u64 a2, "
		   "u64 a3, u64 a4, u64 a5, u64 a6, u64 a7, u64 a8, u64 a9, "
		   "u64 a10, u64 a11)", number);
	write_line(out, "{");
	write_line(out, "u64 args[RT_ARGS] = { a0, a1, a2, a3, a4, a5, a6, "
		   "a7, a8, a9, a10, a11 };");
	write_line(out, "rt_run(%zu, args);", number);
	write_line(out, "}");
}

static const char *quoted(struct gen *gen, const char *text)
{
	struct buf out = { 0 };

	if (!text)
		return "NULL";
	buf_putc(&out, '"');
	buf_escape(&out, text, strlen(text));
	buf_putc(&out, '"');
	return buf_take(&out, gen->arena);
}

void probes_write(struct gen *gen)
{
	struct writer *out = &gen->out;

	for (size_t i = 0; i < gen->program->probes.count; i++)
		if (tracepoint_of(gen->program->probes.items[i]))
			write_entry(gen, i);
	write_line(out, "static const struct rt_probe probes[] = {");
	for (size_t i = 0; i < gen->program->probes.count; i++) {
		const struct ir_probe *probe = gen->program->probes.items[i];
		const char *tracepoint = tracepoint_of(probe);

		write_line(out, "{");
		write_line(out, ".run = f%d, .name = %s,", probe->function,
			   quoted(gen, probe->name));
		write_line(out, ".kind = \"%s\", .tracepoint = %s,",
			   probe->kind, quoted(gen, tracepoint));
		if (tracepoint)
			write_line(out, ".entry = p%zu,", i);
		write_line(out, ".lock = %d, .lock_class = %d, .end_safe = "
			   "%d,", (int)probe->lock, probe->lock_class,
			   probe->end_safe);
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
static int64_t limit(const struct gen *gen, const char *name, int64_t missing)
{
	for (size_t i = 0; i < gen->program->session.count; i++)
		if (!strcmp(gen->program->session.items[i].key, name))
			return ir_limit(gen->program, name);
	return missing;
}

void program_write(struct gen *gen)
{
	const struct ir_program *program = gen->program;
	struct writer *out = &gen->out;
	int64_t actions = limit(gen, "maxaction", 1000);

	write_line(out, "static struct rt_lock locks[%d];",
		   lock_count(gen) + 1);
	write_line(out, "const struct rt_program rt_program = {");
	write_line(out, ".name = KBUILD_MODNAME, .text_max = %d,",
		   gen->text_max);
	write_line(out, ".max_errors = %" PRId64 "ull,",
		   limit(gen, "maxerrors", 0));
	write_line(out, ".max_actions = %" PRId64 "ull, .max_actions_begin = "
		   "%" PRId64 "ull,", actions,
		   limit(gen, "maxaction_begin", 10 * actions));
	write_line(out, ".max_nesting = %" PRId64 ",",
		   ir_limit(program, "maxnesting"));
	write_line(out, ".stack_size = %u, .record_size = %u,",
		   stack_size(gen), record_size(gen));
	write_line(out, ".maps = maps, .map_count = ARRAY_SIZE(maps) - 1,");
	write_line(out, ".iters = iters, .iter_count = %zu,",
		   program->iters.count);
	write_line(out, ".locks = locks, .lock_count = ARRAY_SIZE(locks),");
	write_line(out, ".probes = probes, .probe_count = %zu,",
		   program->probes.count);
	write_line(out, ".settings = settings, .setting_count = "
		   "ARRAY_SIZE(settings) - 1,");
	write_line(out, "};");
}
