/*
 * kernel.data(ADDRESS) and kernel.data("SYMBOL") with .write or .rw, and .length(N)
 * before it: accesses to data of the kernel, by the breakpoints for data that
 * processors have. process.data(ADDRESS), process("P").data(ADDRESS) and
 * process(PID).data(ADDRESS): the same for data of a program, where it is in memory; a
 * breakpoint is for all processes, so a test in front of the handler asks whose it is.
 */
#include "translator/probes/process.h"

#include <inttypes.h>
#include <linux/perf_event.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/buf.h"
#include "translator/diag/diag.h"

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
	diag_report(env->diag, DIAG_data_length,
		    point->components.items[2].span);
	return false;
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

	if (!symbol && !point_number(point, 1, &address))
		return true;
	instance = add(env, point, out, length);
	if (symbol)
		instance_pair(env, instance, "symbol", "%s", symbol);
	else
		instance_pair(env, instance, "address", "%" PRId64, address);
	return true;
}

/* ---- programs ---- */

static bool refuse(struct family_env *env, const char *what, const char *hint)
{
	env->missing = what;
	env->hint = hint;
	return true;
}

/* As it was written, but for the file, which is told by its path. */
static const char *name_of(struct arena *arena, const struct probe_point *point,
			   const struct process_file *file, int64_t length,
			   int64_t address)
{
	size_t last = point->components.count - 1;
	const char *name = arena_printf(arena, "%s.data(0x%" PRIx64 ")",
		process_name(arena, point, file), address);

	if (length)
		name = arena_printf(arena, "%s.length(%" PRId64 ")", name,
				    length);
	return arena_printf(arena, "%s.%s", name,
			    point->components.items[last].name);
}

static void add_program(struct family_env *env, const struct probe_point *point,
			struct probe_instances *out, int64_t length,
			int64_t address, const struct process_file *file)
{
	struct probe_instance *instance = add(env, point, out, length);
	struct buf tests = { 0 };

	instance_pair(env, instance, "address", "%" PRId64, address);
	if (file) {
		instance->name = name_of(env->arena, point, file, length,
					 address);
		process_put_program(env, &tests, instance->context, file);
	}
	process_put_target(env, &tests);
	if (tests.length)
		instance->prologue = buf_take(&tests, env->arena);
}

static bool resolve_program(struct family_env *env,
			    const struct probe_point *point,
			    struct probe_instances *out, int64_t length)
{
	struct process_files files = { 0 };
	int64_t address;

	if (!point_number(point, 1, &address))
		return refuse(env, "data of a program is watched by its address",
			      "where a symbol is, nm tells of a program that is "
			      "not position-independent, and a debugger of one "
			      "that runs");
	if (address <= 0)
		return refuse(env, "that is no address of a program",
			      "data of the kernel is kernel.data(ADDRESS)");
	if (!point->components.items[0].arg) {
		if (!env->command && !env->target && !env->leaves_object)
			return refuse(env, "process without a name is the "
				      "target of -c or -x, and there is none",
				      "name one: process(\"PATH\")");
		add_program(env, point, out, length, address, NULL);
		return true;
	}
	if (!process_find(env, point, NULL, &files))
		return true;
	for (size_t i = 0; i < files.items.count; i++)
		add_program(env, point, out, length, address,
			    files.items.items[i]);
	return true;
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
