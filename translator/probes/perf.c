/*
 * perf.type(T).config(C) with .sample(N) or .hz(N), and the names perf.hw.*
 * and perf.sw.* for the kernel's generic events. Fires on every CPU, in the
 * context that it interrupts.
 */
#include "translator/probes/family.h"

#include <inttypes.h>
#include <linux/perf_event.h>
#include <string.h>

#include "translator/base/glob.h"
#include "translator/diag/diag.h"

static const char *const forms[] = {
	"perf.type(number).config(number)",
	"perf.type(number).config(number).sample(number)",
	"perf.type(number).config(number).hz(number)",
	"perf.sw.NAME", "perf.hw.NAME", NULL
};

enum { DEFAULT_PERIOD = 1000000 };

static const struct {
	const char *group, *name;
	int type;
	uint64_t config;
} events[] = {
	{ "hw", "cpu_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES },
	{ "hw", "instructions", PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_INSTRUCTIONS },
	{ "hw", "cache_references", PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_CACHE_REFERENCES },
	{ "hw", "cache_misses", PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_CACHE_MISSES },
	{ "hw", "branch_instructions", PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_BRANCH_INSTRUCTIONS },
	{ "hw", "branch_misses", PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_BRANCH_MISSES },
	{ "hw", "bus_cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BUS_CYCLES },
	{ "hw", "stalled_cycles_frontend", PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_STALLED_CYCLES_FRONTEND },
	{ "hw", "stalled_cycles_backend", PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_STALLED_CYCLES_BACKEND },
	{ "hw", "ref_cpu_cycles", PERF_TYPE_HARDWARE,
	  PERF_COUNT_HW_REF_CPU_CYCLES },
	{ "sw", "cpu_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK },
	{ "sw", "task_clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK },
	{ "sw", "page_faults", PERF_TYPE_SOFTWARE,
	  PERF_COUNT_SW_PAGE_FAULTS },
	{ "sw", "context_switches", PERF_TYPE_SOFTWARE,
	  PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "sw", "cpu_migrations", PERF_TYPE_SOFTWARE,
	  PERF_COUNT_SW_CPU_MIGRATIONS },
	{ "sw", "page_faults_min", PERF_TYPE_SOFTWARE,
	  PERF_COUNT_SW_PAGE_FAULTS_MIN },
	{ "sw", "page_faults_maj", PERF_TYPE_SOFTWARE,
	  PERF_COUNT_SW_PAGE_FAULTS_MAJ },
	{ "sw", "alignment_faults", PERF_TYPE_SOFTWARE,
	  PERF_COUNT_SW_ALIGNMENT_FAULTS },
	{ "sw", "emulation_faults", PERF_TYPE_SOFTWARE,
	  PERF_COUNT_SW_EMULATION_FAULTS },
};

static bool matches(const struct probe_point *point)
{
	return strcmp(point->components.items[0].name, "perf") == 0;
}

/* How often: .sample(N) or .hz(N) after @i components, or nothing. */
static bool rate(struct family_env *env, const struct probe_point *point,
		 size_t i, const char **ret_key, int64_t *ret_value)
{
	*ret_key = "period";
	*ret_value = DEFAULT_PERIOD;
	if (point->components.count == i)
		return true;
	if (point->components.count > i + 1)
		return false;
	if (strcmp(point->components.items[i].name, "hz") == 0)
		*ret_key = "hertz";
	else if (strcmp(point->components.items[i].name, "sample") != 0)
		return false;
	if (point_number(point, i, ret_value) && *ret_value > 0)
		return true;
	diag_report(env->diag, DIAG_timer_range,
		    point->components.items[i].span,
		    point->components.items[i].name);
	return false;
}

static void add(struct family_env *env, const struct probe_point *point,
		struct probe_instances *out, int64_t type, int64_t config,
		const char *key, int64_t value)
{
	struct probe_instance *instance = instance_add(env, out, point, "perf");

	instance_pair(env, instance, "type", "%" PRId64, type);
	instance_pair(env, instance, "config", "%" PRId64, config);
	instance_pair(env, instance, key, "%" PRId64, value);
	instance_pair(env, instance, "cpus", "all");
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	int64_t type, config, value;
	const char *key;

	if (point->components.count < 3 ||
	    !rate(env, point, 3, &key, &value))
		return true;
	if (point_number(point, 1, &type) && point_number(point, 2, &config)) {
		if (strcmp(point->components.items[1].name, "type") == 0 &&
		    strcmp(point->components.items[2].name, "config") == 0)
			add(env, point, out, type, config, key, value);
		return true;
	}
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (glob_match(point->components.items[1].name,
			       events[i].group) &&
		    glob_match(point->components.items[2].name,
			       events[i].name))
			add(env, point, out, events[i].type,
			    (int64_t)events[i].config, key, value);
	return true;
}

const struct family family_perf = { "perf", forms, matches, resolve };
