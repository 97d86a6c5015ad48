/*
 * kernel.data(ADDRESS) and kernel.data("SYMBOL") with .write or .rw, and .length(N)
 * before it: accesses to data of the kernel, by the breakpoints for data that
 * processors have.
 */
#include "translator/probes/family.h"

#include <inttypes.h>
#include <linux/perf_event.h>
#include <string.h>

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
	NULL
};

static bool matches(const struct probe_point *point)
{
	static const char *const shapes[][4] = {
		{ "kernel", "data()", "write" },
		{ "kernel", "data()", "rw" },
		{ "kernel", "data()", "length()", "write" },
		{ "kernel", "data()", "length()", "rw" },
	};

	for (size_t i = 0; i < 4; i++)
		if (point_is(point, shapes[i], i < 2 ? 3 : 4))
			return true;
	return false;
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	size_t last = point->components.count - 1;
	const char *symbol = point_text(point, 1);
	struct probe_instance *instance;
	int64_t address = 0, length = 0;

	if (last == 3 && (!point_number(point, 2, &length) ||
			  (length != 1 && length != 2 && length != 4 &&
			   length != 8))) {
		diag_report(env->diag, DIAG_data_length,
			    point->components.items[2].span);
		return false;
	}
	if (!symbol && !point_number(point, 1, &address))
		return true;
	instance = instance_add(env, out, point, "perf");
	instance_pair(env, instance, "type", "%d", PERF_TYPE_BREAKPOINT);
	instance_pair(env, instance, "period", "1");
	instance_pair(env, instance, "cpus", "all");
	instance_pair(env, instance, "access", "%s",
		      point->components.items[last].name);
	instance_pair(env, instance, "length", "%" PRId64, length);
	if (symbol)
		instance_pair(env, instance, "symbol", "%s", symbol);
	else
		instance_pair(env, instance, "address", "%" PRId64, address);
	instance->context->has_registers = true;
	return true;
}

const struct family family_data = { "data", forms, matches, resolve };
