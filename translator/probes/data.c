/*
 * kernel.data(ADDRESS) and kernel.data("SYMBOL") with .write or .rw, and .length(N)
 * before it: accesses to data of the kernel, by the breakpoints for data that
 * processors have; "SYMBOL+8" is the place so many bytes behind it.
 * process.data(…), process("P").data(…) and process(PID).data(…): the same for data
 * of a program, by where it is in memory or by a symbol; a breakpoint is for all
 * processes, so a test in front of the handler asks whose it is.
 * Where data of a position-independent program is, the runner asks the process.
 */
#include "translator/probes/process.h"

#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"
#include "translator/probes/programs.h"
#include "translator/target/program.h"

static const char *const forms[] = {
	"kernel.data(number).write",
	"kernel.data(number).rw",
	"kernel.data(number).length(number).write",
	"kernel.data(number).length(number).rw",
	"kernel.data(string).write",
	"kernel.data(string).rw",
	"kernel.data(string).length(number).write",
	"kernel.data(string).length(number).rw",
	"process.data(number).write",
	"process.data(number).rw",
	"process.data(number).length(number).write",
	"process.data(number).length(number).rw",
	"process(string).data(number).write",
	"process(string).data(number).rw",
	"process(string).data(number).length(number).write",
	"process(string).data(number).length(number).rw",
	"process(number).data(number).write",
	"process(number).data(number).rw",
	"process(number).data(number).length(number).write",
	"process(number).data(number).length(number).rw",
	"process.data(string).write",
	"process.data(string).rw",
	"process.data(string).length(number).write",
	"process.data(string).length(number).rw",
	"process(string).data(string).write",
	"process(string).data(string).rw",
	"process(string).data(string).length(number).write",
	"process(string).data(string).length(number).rw",
	"process(number).data(string).write",
	"process(number).data(string).rw",
	"process(number).data(string).length(number).write",
	"process(number).data(string).length(number).rw",
	NULL
};

static bool matches(const struct probe_point *point)
{
	const struct point_component *parts = point->components.items;
	size_t last = point->components.count - 1;
	const char *first = parts[0].name;

	if (strcmp(first, "process") && (strcmp(first, "kernel") || parts[0].arg))
		return false;
	return (last == 2 || (last == 3 && !strcmp(parts[2].name, "length") &&
			      parts[2].arg)) &&
	       !strcmp(parts[1].name, "data") && parts[1].arg &&
	       (!strcmp(parts[last].name, "write") ||
		!strcmp(parts[last].name, "rw")) && !parts[last].arg;
}

static bool read_length(struct family_env *env, const struct probe_point *point,
			int64_t *ret_length)
{
	if (point->components.count < 4 ||
	    (point_number(point, 2, ret_length) &&
	     (*ret_length == 1 || *ret_length == 2 || *ret_length == 4 ||
	      *ret_length == 8)))
		return true;
	diag_report_hint(env->diag, DIAG_data_length,
			 point->components.items[2].span,
			 *ret_length > 8 ? "a probe watches 8 bytes at most: more "
			 "is several probes, \"NAME\", \"NAME+8\" and so on, of "
			 "which processors have room for four" : NULL);
	return false;
}

/* Whether a breakpoint of that length can be there; 0: one that fits is taken. */
static bool is_aligned(struct family_env *env, const struct probe_point *point,
		       uint64_t address, int64_t length)
{
	if (!length || address % (uint64_t)length == 0)
		return true;
	diag_report_hint(env->diag, DIAG_data_unaligned,
			 point->components.items[1].span,
			 "give a shorter .length(), or none: then as much is "
			 "watched as can be there",
			 arena_printf(env->arena, "0x%" PRIx64, address),
			 (long long)length);
	return false;
}

/* "name+8": the name, and the bytes behind it. */
static const char *split_symbol(struct arena *arena, const char *text,
				uint64_t *ret_offset)
{
	const char *plus = strrchr(text, '+');
	char *end;

	*ret_offset = 0;
	if (!plus || plus == text || plus[1] < '0' || plus[1] > '9')
		return text;
	*ret_offset = strtoull(plus + 1, &end, 0);
	if (*end) {
		*ret_offset = 0;
		return text;
	}
	return arena_strndup(arena, text, (size_t)(plus - text));
}

static struct probe_instance *add(struct family_env *env,
				  const struct probe_point *point,
				  struct probe_instances *out, int64_t length)
{
	size_t last = point->components.count - 1;
	struct probe_instance *instance = instance_add(env, out, point, "perf");

	instance_pair(env, instance, "type", "%d", PERF_TYPE_BREAKPOINT);
	instance_pair(env, instance, "period", "1");
	instance_pair(env, instance, "cpus", "all");
	instance_pair(env, instance, "access", "%s",
		      point->components.items[last].name);
	instance_pair(env, instance, "length", "%" PRId64, length);
	instance->context->has_registers = true;
	return instance;
}

static bool resolve_kernel(struct family_env *env,
			   const struct probe_point *point,
			   struct probe_instances *out, int64_t length)
{
	const char *symbol = point_text(point, 1);
	struct probe_instance *instance;
	int64_t address = 0;
	uint64_t offset = 0;

	if (!symbol && !point_number(point, 1, &address))
		return true;
	/* where a symbol is, the runner finds */
	if (!symbol && !is_aligned(env, point, (uint64_t)address, length))
		return false;
	instance = add(env, point, out, length);
	if (!symbol) {
		instance_pair(env, instance, "address", "%" PRId64, address);
		return true;
	}
	symbol = split_symbol(env->arena, symbol, &offset);
	instance_pair(env, instance, "symbol", "%s", symbol);
	if (offset)
		instance_pair(env, instance, "behind", "%" PRIu64, offset);
	return true;
}

/* ---- programs ---- */

static bool refuse(struct family_env *env, const char *what, const char *hint)
{
	env->missing = what;
	env->hint = hint;
	return true;
}

/* What a point on data of a program asks for. */
struct data_point {
	struct family_env *env;
	const struct probe_point *point;
	struct probe_instances *out;
	int64_t length;		/* 0: as fits */
};

/* As it was written, but for the file, which is told by its path. */
static const char *name_of(const struct data_point *data,
			   const struct process_file *file, const char *what)
{
	struct arena *arena = data->env->arena;
	size_t last = data->point->components.count - 1;
	const char *name = arena_printf(arena, "%s.data(%s)",
		process_name(arena, data->point, file), what);

	if (data->length)
		name = arena_printf(arena, "%s.length(%" PRId64 ")", name,
				    data->length);
	return arena_printf(arena, "%s.%s", name,
			    data->point->components.items[last].name);
}

/* @file: whose program has to run, or NULL. */
static struct probe_instance *add_program(const struct data_point *data,
					  int64_t address,
					  const struct process_file *file)
{
	struct family_env *env = data->env;
	struct probe_instance *instance = add(env, data->point, data->out,
					      data->length);
	struct buf tests = { 0 };

	instance_pair(env, instance, "address", "%" PRId64, address);
	if (file)
		process_put_program(env, &tests, instance->context, file);
	process_put_target(env, &tests);
	if (tests.length)
		instance->prologue = buf_take(&tests, env->arena);
	return instance;
}

/* Whether the process is there that tells where the data is. */
static bool is_placed(const struct family_env *env, struct program *program,
		      const struct process_file *file)
{
	return !program_is_relocatable(program) || file->pid ||
	       (!env->command && (env->target || env->leaves_object));
}

/* Where in the process it is, the runner sees: it looks for the file's first
 * mapping. */
static void put_place(struct family_env *env, struct probe_instance *instance,
		      struct program *program, const struct process_file *file)
{
	size_t count;
	const struct program_segment *first = program_segments(program, &count);

	if (!program_is_relocatable(program) || !count)
		return;
	instance_pair(env, instance, "file", "%s", file->path);
	instance_pair(env, instance, "base", "%" PRIu64,
		      first->address - first->offset);
	if (file->pid)
		instance_pair(env, instance, "process", "%" PRId64, file->pid);
}

static bool add_symbol(const struct data_point *data, struct program *program,
		       const struct process_file *file,
		       const struct program_symbol *symbol, uint64_t offset)
{
	bool runs = program_loader(program) || !program_is_relocatable(program);
	struct arena *arena = data->env->arena;
	uint64_t address = symbol->address + offset;
	struct probe_instance *instance;

	/* files are mapped by pages, so where one is changes nothing */
	if (!is_aligned(data->env, data->point, address, data->length))
		return false;
	instance = add_program(data, (int64_t)address, runs ? file : NULL);
	instance->name = name_of(data, file, offset ?
		arena_printf(arena, "\"%s+%" PRIu64 "\"", symbol->name, offset) :
		arena_printf(arena, "\"%s\"", symbol->name));
	instance_pair(data->env, instance, "room", "%" PRIu64,
		      symbol->size - offset);
	put_place(data->env, instance, program, file);
	return true;
}

static bool add_symbols(const struct data_point *data,
			const struct process_file *file, const char *text)
{
	struct family_env *env = data->env;
	struct program_symbols found = { 0 };
	const char *reason = NULL;
	uint64_t offset;
	const char *name = split_symbol(env->arena, text, &offset);
	struct user_program *user = programs_open(env, file->open, &reason);

	if (!user)
		return refuse(env, reason, NULL);
	if (!is_placed(env, user->program, file))
		return refuse(env, "where data of a position-independent program "
			      "is, is known once it runs", "begin it, then name "
			      "it by -x PID or process(PID); or link it with "
			      "-no-pie");
	program_find_symbols(user->program, name, &found);
	for (size_t i = 0; i < found.symbols.count; i++) {
		const struct program_symbol *symbol = found.symbols.items[i];

		if (symbol->is_data && !symbol->is_tls &&
		    offset < symbol->size &&
		    !add_symbol(data, user->program, file, symbol, offset))
			return false;
	}
	return true;
}

static bool resolve_symbol(const struct data_point *data, const char *symbol)
{
	struct family_env *env = data->env;
	size_t before = data->out->items.count;
	struct process_files files = { 0 };

	if (!process_find(env, data->point, NULL, &files))
		return true;
	for (size_t i = 0; i < files.items.count; i++)
		if (!add_symbols(data, files.items.items[i], symbol))
			return false;
	if (data->out->items.count == before && !env->missing)
		return refuse(env, "it has no such data, or only for each thread, "
			      "or the offset is behind its end",
			      "nm and nm -D list the symbols; a program that is "
			      "stripped has those of nm -D only");
	return true;
}

static bool resolve_address(const struct data_point *data, int64_t address)
{
	struct family_env *env = data->env;
	struct process_files files = { 0 };

	if (address <= 0)
		return refuse(env, "that is no address of a program",
			      "data of the kernel is kernel.data(ADDRESS)");
	if (!is_aligned(env, data->point, (uint64_t)address, data->length))
		return false;
	if (!data->point->components.items[0].arg) {
		if (!env->command && !env->target && !env->leaves_object)
			return refuse(env, "process without a name is the "
				      "target of -c or -x, and there is none",
				      "name one: process(\"PATH\")");
		add_program(data, address, NULL);
		return true;
	}
	if (!process_find(env, data->point, NULL, &files))
		return true;
	for (size_t i = 0; i < files.items.count; i++)
		add_program(data, address, files.items.items[i])->name =
			name_of(data, files.items.items[i],
				arena_printf(env->arena, "0x%" PRIx64,
					     address));
	return true;
}

static bool resolve_program(struct family_env *env,
			    const struct probe_point *point,
			    struct probe_instances *out, int64_t length)
{
	const struct data_point data = { env, point, out, length };
	const char *symbol = point_text(point, 1);
	int64_t address = 0;

	if (symbol)
		return resolve_symbol(&data, symbol);
	if (!point_number(point, 1, &address))
		return true;
	return resolve_address(&data, address);
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	int64_t length = 0;

	if (!read_length(env, point, &length))
		return false;
	return strcmp(point->components.items[0].name, "kernel") ?
		resolve_program(env, point, out, length) :
		resolve_kernel(env, point, out, length);
}

const struct family family_data = { "data", forms, matches, resolve };
