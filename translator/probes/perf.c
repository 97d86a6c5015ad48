/*
 * perf.type(T).config(C), and the names perf.hw.* and perf.sw.* for the kernel's
 * generic events. With .sample(N), .hz(N) or neither it fires on every CPU, in
 * the context that it interrupts, with .process("P") only where that is the
 * process's. With .counter("X") it never fires: it counts for each thread, and
 * the handlers of other probes read that by @perf("X").
 */
#include "translator/probes/process.h"

#include <inttypes.h>
#include <linux/perf_event.h>
#include <string.h>

#include "runtime/common/wire.h"
#include "translator/base/buf.h"
#include "translator/base/glob.h"
#include "translator/diag/diag.h"

static const char *const forms[] = {
	"perf.type(number).config(number)",
	"perf.type(number).config(number).sample(number)",
	"perf.type(number).config(number).hz(number)",
	"perf.type(number).config(number).process(string)",
	"perf.type(number).config(number).counter(string)",
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

/* What the components say behind the event. */
struct request {
	struct family_env *env;
	const struct probe_point *point;
	struct probe_instances *out;
	const char *key;	/* "period" or "hertz" */
	int64_t rate;		/* 0: not said */
	size_t process;		/* which component, or 0 */
	const char *counter;	/* its name, or NULL */
	struct process_files files;	/* of that process, if it is named */
};

/* Nothing is found then. */
static bool refuse(struct family_env *env, const char *what)
{
	env->missing = what;
	return false;
}

static bool read_rate(struct request *request, size_t i, bool *ret_wrong)
{
	const struct point_component *part =
		&request->point->components.items[i];

	request->key = strcmp(part->name, "hz") ? "period" : "hertz";
	if (point_number(request->point, i, &request->rate) &&
	    request->rate > 0)
		return true;
	diag_report(request->env->diag, DIAG_timer_range, part->span,
		    part->name);
	*ret_wrong = true;
	return false;
}

/* .sample(N) .hz(N) .process("P") .counter("X"), each once, in any order. */
static bool read_rest(struct request *request, bool *ret_wrong)
{
	const struct probe_point *point = request->point;

	for (size_t i = 3; i < point->components.count; i++) {
		const char *name = point->components.items[i].name;

		if (!strcmp(name, "sample") || !strcmp(name, "hz")) {
			if (request->rate || !read_rate(request, i, ret_wrong))
				return false;
		} else if (!strcmp(name, "process") && !request->process) {
			request->process = i;
		} else if (!strcmp(name, "counter") && !request->counter) {
			request->counter = point_text(point, i);
			if (!request->counter)
				return false;
		} else {
			return false;
		}
	}
	if (request->counter && request->rate)
		return refuse(request->env, "a counter is read, by @perf, and "
			      "not sampled: leave out .sample or .hz");
	return true;
}

/* The files of .process("P"), if that is a name or number. */
static bool find_process(struct request *request)
{
	struct family_env *env = request->env;
	struct probe_point process = *request->point;
	const struct point_component *part;

	if (!request->process)
		return true;
	process.components.items += request->process;
	process.components.count -= request->process;
	part = &process.components.items[0];
	if (part->arg)
		return process_find(env, &process, NULL, &request->files);
	if (env->command || env->target || env->leaves_object)
		return true;
	return refuse(env, ".process without a name is the target of -c or -x, "
		      "and there is none");
}

/* Tests that leave the handler where another process was hit. */
static void put_tests(const struct request *request, struct buf *out,
		      struct probe_context *context, size_t file)
{
	if (!request->process)
		return;
	if (file < request->files.items.count)
		process_put_program(request->env, out, context,
				    request->files.items.items[file]);
	process_put_target(request->env, out);
}

static struct probe_instance *add_event(const struct request *request,
					const char *kind, int64_t type,
					int64_t config)
{
	struct family_env *env = request->env;
	struct probe_instance *instance = instance_add(
		env, request->out, request->point, kind);

	instance_pair(env, instance, "type", "%" PRId64, type);
	instance_pair(env, instance, "config", "%" PRId64, config);
	return instance;
}

/* ---- sampling ---- */

static void add_sampling(const struct request *request, int64_t type,
			 int64_t config)
{
	struct family_env *env = request->env;
	size_t files = request->files.items.count;

	for (size_t i = 0; i < (files ? files : 1); i++) {
		struct probe_instance *instance = add_event(request, "perf",
							    type, config);
		struct buf tests = { 0 };

		instance_pair(env, instance, request->key, "%" PRId64,
			      request->rate ? request->rate : DEFAULT_PERIOD);
		instance_pair(env, instance, "cpus", "all");
		put_tests(request, &tests, instance->context, i);
		if (tests.length)
			instance->prologue = buf_take(&tests, env->arena);
	}
}

/* ---- counters ---- */

/* The number of a new counter, or -1 after a report. */
static int64_t number_counter(const struct request *request)
{
	struct family_env *env = request->env;
	const char *why = NULL;

	for (size_t i = 0; i < env->counters.count; i++)
		if (!strcmp(env->counters.items[i], request->counter))
			why = "there is one of this name";
	if (env->counters.count == WIRE_COUNTERS)
		why = "a script may have 16";
	if (why) {
		diag_report(env->diag, DIAG_counter_name, request->point->span,
			    request->counter, why);
		return -1;
	}
	*vec_push(env->arena, &env->counters) = request->counter;
	return (int64_t)env->counters.count - 1;
}

/*
 * A processor counts for all that it runs. What a thread's part is, a probe works
 * out where a processor goes over from one thread to another (tapsets/perf.stp).
 * The handler of the point itself never runs.
 */
static bool add_counter(const struct request *request, int64_t type,
			int64_t config)
{
	struct family_env *env = request->env;
	struct probe_instance *instance;
	struct buf text = { 0 };
	int64_t number = number_counter(request);

	if (number < 0)
		return false;
	instance = add_event(request, "counter", type, config);
	instance_pair(env, instance, "counter", "%" PRId64, number);
	instance->prologue = "next\n";
	instance = instance_add(env, request->out, request->point,
				"raw_tracepoint");
	instance_pair(env, instance, "name", "sched_switch");
	buf_printf(&text, "__perf_part = __perf_passed(%" PRId64 ")\n", number);
	/* of several programs, the threads of all */
	if (request->files.items.count < 2)
		put_tests(request, &text, instance->context, 0);
	buf_printf(&text, "__perf_add(%" PRId64 ", __perf_part)\nnext\n",
		   number);
	instance->prologue = buf_take(&text, env->arena);
	return true;
}

/* ---- events ---- */

static bool add(const struct request *request, int64_t type, int64_t config)
{
	if (request->counter)
		return add_counter(request, type, config);
	add_sampling(request, type, config);
	return true;
}

/* Those whose names match: perf.sw.cpu_clock, perf.*.*, perf.** */
static bool add_named(struct request *request)
{
	const struct probe_point *point = request->point;
	const char *group = point->components.items[1].name;
	const char *name = point->components.count > 2 ?
		point->components.items[2].name : group;

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		const char *words[] = { "perf", events[i].group, events[i].name };

		if (!glob_match(group, words[1]) || !glob_match(name, words[2]))
			continue;
		request->point = point_spelled(request->env, point, words, 3);
		if (!add(request, events[i].type, (int64_t)events[i].config))
			return false;
	}
	return true;
}

static bool resolve(struct family_env *env, const struct probe_point *point,
		    struct probe_instances *out)
{
	struct request request = { .env = env, .point = point, .out = out,
				   .key = "period" };
	size_t count = point->components.count;
	int64_t type, config;
	bool wrong = false;

	if (count < 2 ||
	    (count == 2 && strcmp(point->components.items[1].name, "**")))
		return true;
	if (!read_rest(&request, &wrong) || !find_process(&request))
		return !wrong;
	if (point_number(point, 1, &type) && point_number(point, 2, &config))
		return strcmp(point->components.items[1].name, "type") ||
		       strcmp(point->components.items[2].name, "config") ||
		       add(&request, type, config);
	return add_named(&request);
}

const struct family family_perf = { "perf", forms, matches, resolve };
