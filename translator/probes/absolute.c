/*
 * process(PID).statement(ADDRESS).absolute: an address of a process as it runs
 * now, in whatever it has mapped there. Nobody checks that an instruction begins
 * at it.
 */
#include "translator/probes/process.h"

#include <inttypes.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/diag/diag.h"
#include "translator/target/elf-facts.h"
#include "translator/target/process-live.h"

static const char *const forms[] = {
	"process(number).statement(number).absolute",
	"process(number).statement(number).absolute.return", NULL
};

static bool matches(const struct probe_point *point)
{
	static const char *const names[] = { "process()", "statement()",
					     "absolute", "return" };

	return point_is(point, names, 3) || point_is(point, names, 4);
}

static void explain(struct family_env *env, int64_t pid, int64_t address)
{
	if (!live_exists(env->arena, pid)) {
		env->missing = arena_printf(env->arena, "there is no process %"
					    PRId64, pid);
		return;
	}
	env->missing = arena_printf(env->arena, "process %" PRId64 " has no "
				    "code of a file at 0x%" PRIx64, pid,
				    address);
	env->hint = arena_printf(env->arena, "addresses of its code are the "
				 "lines with 'x' in /proc/%" PRId64 "/maps",
				 pid);
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	bool is_return = point->components.count == 4;
	struct process_file file = { 0 };
	int64_t address = 0;
	struct probe_instance *instance;
	struct live_file *live;
	uint64_t offset = 0;

	if (!point_number(point, 0, &file.pid) ||
	    !point_number(point, 1, &address))
		return true;
	if (!env->guru) {
		diag_report(env->diag, DIAG_absolute_guru, point->span,
			    "program");
		return false;
	}
	env->uncached = true;
	live = live_at(env->arena, file.pid, (uint64_t)address, &offset);
	if (!live) {
		explain(env, file.pid, address);
		return true;
	}
	file.path = live->path;
	file.open = live->open;
	instance = instance_add(env, out, point,
				is_return ? "uretprobe" : "uprobe");
	process_pairs(env, instance, &file, offset,
		      elf_build_id(env->arena, live->open));
	instance->context->has_registers = true;
	instance->context->user = true;
	return true;
}

const struct family family_absolute = { "absolute", forms, matches, resolve };
