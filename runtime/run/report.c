/*
 * What a session says about itself: see report.h.
 */
#include "runtime/run/report.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/bpf/attach.h"
#include "runtime/common/wire.h"
#include "runtime/kmod/user/insert.h"
#include "runtime/reader/object.h"
#include "runtime/reader/records.h"

/* ORDER: enum wire_skip. */
static const char *const reasons[WIRE_SKIPS] = {
	"a lock on its globals was not had in time",
	"probes were nested too deep",
	"the same probe was running on that processor",
	("the beginning of the call was not seen, or forgotten because more "
	 "than MAXMAPENTRIES calls were open"),
};

uint64_t report_skipped(const struct wire_shared *shared)
{
	uint64_t sum = 0;

	for (int i = 0; i < WIRE_SKIPS; i++)
		sum += shared->skipped[i];
	return sum;
}

static bool program_info(const struct probe *probe, struct bpf_prog_info *info)
{
	uint32_t size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	/* counted with the probe whose program it is */
	if (manifest_pair_get(&probe->about->pairs, "joins") ||
	    manifest_pair_get(&probe->about->pairs, "shares"))
		return false;
	return !bpf_obj_get_info_by_fd(probe->program, info, &size);
}

void report_collect_misses(const struct attach *attach,
			   struct wire_shared *shared)
{
	struct bpf_prog_info info;

	for (size_t i = 0; i < attach->count; i++)
		if (program_info(&attach->probes[i], &info))
			__atomic_add_fetch(&shared->skipped[WIRE_SKIP_NEST],
					   info.recursion_misses,
					   __ATOMIC_RELAXED);
}

__attribute__((format(printf, 2, 3)))
static void warn(struct records *records, const char *format, ...)
{
	char text[512];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	records_warn(records, text);
}

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void report_losses(struct records *records, const struct attach *attach,
		   const struct wire_shared *shared)
{
	uint64_t skipped = report_skipped(shared), missed = 0;

	if (shared->errors || skipped)
		warn(records, "Number of errors: %" PRIu64 ", skipped probes: %"
		     PRIu64, (uint64_t)shared->errors, skipped);
	for (int i = 0; i < WIRE_SKIPS; i++)
		if (shared->skipped[i])
			warn(records, "%" PRIu64 " hit%s skipped because %s",
			     (uint64_t)shared->skipped[i],
			     plural(shared->skipped[i]), reasons[i]);
	if (shared->lost)
		warn(records, "%" PRIu64 " record%s of output %s lost (buffer "
		     "full): try -s", (uint64_t)shared->lost,
		     plural(shared->lost), shared->lost == 1 ? "was" : "were");
	if (shared->truncated)
		warn(records, "%" PRIu64 " text%s cut at MAXSTRINGLEN",
		     (uint64_t)shared->truncated,
		     shared->truncated == 1 ? " was" : "s were");
	if (records->damaged)
		warn(records, "%" PRIu64 " record%s of output made no sense",
		     records->damaged, plural(records->damaged));
	if (shared->missed_returns)
		warn(records, "%" PRIu64 " return%s missed because too many "
		     "calls were under way: try .return.maxactive(N)",
		     (uint64_t)shared->missed_returns,
		     shared->missed_returns == 1 ? " was" : "s were");
	if (shared->passed_over)
		warn(records, "%" PRIu64 " function%s of wildcards cannot be "
		     "probed and %s left out", (uint64_t)shared->passed_over,
		     plural(shared->passed_over),
		     shared->passed_over == 1 ? "was" : "were");
	for (size_t i = 0; i < attach->count; i++)
		missed += attach->probes[i].missed;
	if (missed)
		warn(records, "%" PRIu64 " timer tick%s came too close to the "
		     "one before and did not count", missed, plural(missed));
}

/* ---- tables ---- */

static int name_width(const struct attach *attach)
{
	int width = 5;

	for (size_t i = 0; i < attach->count; i++) {
		int length = strlen(attach->probes[i].about->name);

		if (length > width)
			width = length < 60 ? length : 60;
	}
	return width;
}

/* What the kernel counts, with the programs as it has them. */
static void print_table(const struct attach *attach)
{
	struct bpf_prog_info info;
	int width = name_width(attach);

	fprintf(stderr, "%-*s %12s %14s %12s %10s\n", width, "probe", "hits",
		"total ns", "average ns", "missed");
	for (size_t i = 0; i < attach->count; i++) {
		const struct probe *probe = &attach->probes[i];

		if (!program_info(probe, &info))
			continue;
		uint64_t hits = info.run_cnt, ns = info.run_time_ns;

		fprintf(stderr, "%-*s %12" PRIu64 " %14" PRIu64 " %12" PRIu64
			" %10" PRIu64 "\n", width, probe->about->name,
			hits, ns, hits ? ns / hits : 0,
			(uint64_t)info.recursion_misses + probe->missed);
	}
}

int report_begin(const struct object *object)
{
	if (!object->is_module)
		return bpf_enable_stats(BPF_STATS_RUN_TIME);
	insert_time(object->device);
	return -1;
}

/* Programs keep them for each processor. */
static void add_times(struct wire_times *all, const struct wire_times *part)
{
	all->hits += part->hits;
	all->sum += part->sum;
	if (part->least > all->least)
		all->least = part->least;
	if (part->most > all->most)
		all->most = part->most;
}

static struct wire_times times_of(int map, uint32_t number,
				  struct wire_times *cells, int cpus)
{
	struct wire_times all = { 0 };

	if (!bpf_map_lookup_elem(map, &number, cells))
		for (int i = 0; i < cpus; i++)
			add_times(&all, &cells[i]);
	return all;
}

static void print_head(int width)
{
	fprintf(stderr, "%-*s %10s %12s %12s %12s %8s\n", width, "probe",
		"hits", "min ns", "avg ns", "max ns", "missed");
}

static void print_row(int width, const struct probe *probe,
		      const struct wire_times *all, uint64_t missed)
{
	fprintf(stderr, "%-*s %10" PRIu64 " %12" PRIu64 " %12" PRIu64
		" %12" PRIu64 " %8" PRIu64 "\n", width,
		probe->about->name, (uint64_t)all->hits,
		all->hits ? (uint64_t)~all->least : 0,
		all->hits ? (uint64_t)(all->sum / all->hits) : 0,
		(uint64_t)all->most, missed + probe->missed);
}

static void print_times(const struct attach *attach, int map)
{
	int width = name_width(attach), cpus = libbpf_num_possible_cpus();
	struct wire_times *cells = cpus > 0 ? calloc(cpus, sizeof(*cells)) :
		NULL;
	struct bpf_prog_info info;

	if (!cells)
		return;
	print_head(width);
	for (size_t i = 0; i < attach->count; i++) {
		const struct probe *probe = &attach->probes[i];
		struct wire_times all = times_of(map, i, cells, cpus);

		print_row(width, probe, &all, program_info(probe, &info) ?
			  info.recursion_misses : 0);
	}
	free(cells);
}

static void print_module(const struct attach *attach)
{
	int width = name_width(attach);
	struct wire_times times;
	uint64_t missed;

	print_head(width);
	for (size_t i = 0; i < attach->count; i++)
		if (insert_times(attach->object->device, i, &times, &missed))
			print_row(width, &attach->probes[i], &times, missed);
}

static void print_probes(const struct attach *attach)
{
	const struct bpf_map *map = attach->object->bpf ?
		bpf_object__find_map_by_name(attach->object->bpf,
					     "spile_timing") : NULL;

	if (attach->object->is_module)
		print_module(attach);
	else if (map)
		print_times(attach, bpf_map__fd(map));
	else
		/* an object that was made without -t and --monitor */
		print_table(attach);
}

void report_timing(const struct attach *attach)
{
	fputs("\n----- probe hit report:\n", stderr);
	print_probes(attach);
}

void report_monitor(const struct attach *attach, const struct records *records,
		    const struct wire_shared *shared, double seconds)
{
	fprintf(stderr, "----- %s after %.0f s: %" PRIu64 " records, %" PRIu64
		" lost, %" PRIu64 " errors, %" PRIu64 " skipped\n",
		shared->module, seconds, records->count,
		(uint64_t)shared->lost, (uint64_t)shared->errors,
		report_skipped(shared));
	print_probes(attach);
}
