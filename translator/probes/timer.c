/*
 * timer.*: wall-clock timers run by the runner, one handler at a time; the
 * profiling timers and timers bound to CPUs are perf events and fire in the
 * context that they interrupt.
 */
#include "translator/probes/family.h"

#include <inttypes.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"
#include "translator/target/kernel.h"

static const char *const forms[] = {
	"timer.s(number)", "timer.sec(number)", "timer.ms(number)",
	"timer.msec(number)", "timer.us(number)", "timer.usec(number)",
	"timer.ns(number)", "timer.nsec(number)", "timer.hz(number)",
	"timer.jiffies(number)", "timer.ms(number).randomize(number)",
	"timer.ms(number).cpus(string)", "timer.profile", "timer.profile.tick",
	"timer.profile.freq.hz(number)", NULL
};

enum { PROFILE_HERTZ = 1000 };

static const struct {
	const char *name;
	int64_t ns;	/* of one unit; 0: jiffies */
} units[] = {
	{ "s", 1000000000 }, { "sec", 1000000000 }, { "ms", 1000000 },
	{ "msec", 1000000 }, { "us", 1000 }, { "usec", 1000 }, { "ns", 1 },
	{ "nsec", 1 }, { "jiffies", 0 },
};

static int64_t unit_ns(struct family_env *env, const char *name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(units[i].name, name) == 0)
			return units[i].ns ? units[i].ns :
					     1000000000 / kernel_hz(env->kernel);
	return -1;
}

static bool matches(const struct probe_point *point)
{
	return strcmp(point->components.items[0].name, "timer") == 0 &&
	       !point->components.items[0].arg;
}

static void perf_clock(struct family_env *env, struct probe_instance *instance,
		       const char *key, int64_t value, const char *cpus)
{
	instance_pair(env, instance, "type", "%d", PERF_TYPE_SOFTWARE);
	instance_pair(env, instance, "config", "%d", PERF_COUNT_SW_CPU_CLOCK);
	instance_pair(env, instance, key, "%" PRId64, value);
	instance_pair(env, instance, "cpus", "%s", cpus);
}

static bool bad_number(struct family_env *env, const struct probe_point *point,
		       size_t i)
{
	diag_report(env->diag, DIAG_timer_range,
		    point->components.items[i].span,
		    point->components.items[i].name);
	return false;
}

static const char *const profile[] = { "timer", "profile" };

static bool resolve_profile(struct family_env *env,
			    const struct probe_point *point,
			    struct probe_instances *out)
{
	static const char *const tick[] = { "timer", "profile", "tick" };
	static const char *const freq[] = { "timer", "profile", "freq",
					    "hz()" };
	int64_t hertz = PROFILE_HERTZ;

	if (point_is(point, freq, 4)) {
		if (!point_number(point, 3, &hertz) || hertz < 1 ||
		    hertz > 100000)
			return bad_number(env, point, 3);
	} else if (point_is(point, profile, 2) || point_is(point, tick, 3)) {
		hertz = kernel_hz(env->kernel);
	} else {
		return true;
	}
	perf_clock(env, instance_add(env, out, point, "perf"), "hertz", hertz,
		   "all");
	return true;
}

/* Walks "0-3,8": the next range, false at the end or where it is no list. */
static bool next_range(const char **list, long *ret_first, long *ret_last)
{
	char *end;

	*ret_first = *ret_last = strtol(*list, &end, 10);
	if (end == *list)
		return false;
	if (*end == '-')
		*ret_last = strtol(end + 1, &end, 10);
	*list = *end == ',' ? end + 1 : end;
	return *ret_first >= 0 && *ret_last >= *ret_first &&
	       (*end == ',' || !*end);
}

static bool cpu_online(struct family_env *env, long cpu)
{
	const char *online = kernel_online_cpus(env->kernel);
	long first, last;

	while (*online && next_range(&online, &first, &last))
		if (cpu >= first && cpu <= last)
			return true;
	return false;
}

static bool cpus_online(struct family_env *env, const char *list)
{
	long first, last;

	do {
		if (!next_range(&list, &first, &last) || last > 65535)
			return false;
		for (long cpu = first; cpu <= last; cpu++)
			if (!cpu_online(env, cpu))
				return false;
	} while (*list);
	return true;
}

/* "0-3,8|12" with every CPU there, as the runner wants it: commas only. */
static const char *checked_cpus(struct family_env *env,
				const struct probe_point *point)
{
	const char *text = point_text(point, 2);
	char *copy;

	if (!text)
		return NULL;
	if (strcmp(text, "*") == 0)
		return "all";
	copy = arena_strdup(env->arena, text);
	for (char *c = copy; *c; c++)
		if (*c == '|')
			*c = ',';
	return cpus_online(env, copy) ? copy : NULL;
}

static bool resolve_plain(struct family_env *env,
			  const struct probe_point *point,
			  struct probe_instances *out, int64_t interval)
{
	size_t count = point->components.count;
	const char *suffix = count == 3 ? point->components.items[2].name : "";
	struct probe_instance *instance;
	int64_t random = 0;
	int64_t unit = unit_ns(env, point->components.items[1].name);

	if (strcmp(suffix, "cpus") == 0) {
		const char *cpus = checked_cpus(env, point);

		if (!cpus) {
			diag_report(env->diag, DIAG_timer_cpus,
				    point->components.items[2].span,
				    kernel_online_cpus(env->kernel));
			return false;
		}
		perf_clock(env, instance_add(env, out, point, "perf"),
			   "period", interval, cpus);
		return true;
	}
	if (strcmp(suffix, "randomize") == 0) {
		if (!point_number(point, 2, &random) || random < 0 ||
		    random > INT64_MAX / unit || random * unit > interval)
			return bad_number(env, point, 2);
	} else if (count > 2) {
		return true;
	}
	instance = instance_add(env, out, point, "timer");
	instance_pair(env, instance, "interval", "%" PRId64, interval);
	instance_pair(env, instance, "randomize", "%" PRId64, random * unit);
	return true;
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	const char *name;
	int64_t number, unit;

	if (point->components.count < 2)
		return true;
	name = point->components.items[1].name;
	/* the only one without a number, so that a wildcard can mean it */
	if (!point->components.items[1].arg && glob_match(name, "profile"))
		return resolve_profile(env, point_spelled(env, point, profile, 2),
				       out);
	if (!point_number(point, 1, &number))
		return true;
	if (strcmp(name, "hz") == 0) {
		if (number < 1 || number > 1000000)
			return bad_number(env, point, 1);
		return resolve_plain(env, point, out, 1000000000 / number);
	}
	unit = unit_ns(env, name);
	if (unit < 0)
		return true;
	if (number < 1 || number > INT64_MAX / unit)
		return bad_number(env, point, 1);
	return resolve_plain(env, point, out, number * unit);
}

const struct family family_timer = { "timer", forms, matches, resolve };
