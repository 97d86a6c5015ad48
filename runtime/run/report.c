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
#include <sys/ioctl.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/load.h"
#include "runtime/common/wire.h"
#include "runtime/kmod/user/insert.h"
#include "runtime/reader/object.h"
#include "runtime/reader/records.h"
#include "runtime/run/globals.h"

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

int report_begin(const struct object *object)
{
	if (!object->is_module)
		return bpf_enable_stats(BPF_STATS_RUN_TIME);
	insert_time(object->device);
	return -1;
}

struct row {
	const struct probe *probe;
	struct wire_times times;
	uint64_t missed;
	bool has_range;		/* least and most are known */
};

/* Where the programs of an object keep times, with room for what a probe has
 * on each processor. */
struct source {
	int map, cpus;
	struct wire_times *cells;
};

static void add_times(struct wire_times *all, const struct wire_times *part)
{
	all->hits += part->hits;
	all->sum += part->sum;
	if (part->least > all->least)
		all->least = part->least;
	if (part->most > all->most)
		all->most = part->most;
}

static bool fill_module(struct row *row, size_t number)
{
	const struct object *object = row->probe->attach->object;

	row->has_range = true;
	return insert_times(object->device, number, &row->times, &row->missed);
}

static bool fill_programs(struct row *row, uint32_t number,
			  const struct source *source)
{
	struct bpf_prog_info info;

	if (program_info(row->probe, &info))
		row->missed += info.recursion_misses;
	row->has_range = true;
	if (!bpf_map_lookup_elem(source->map, &number, source->cells))
		for (int i = 0; i < source->cpus; i++)
			add_times(&row->times, &source->cells[i]);
	return true;
}

/* An object that was made without times: what the kernel counts, with the
 * programs as it has them. */
static bool fill_kernel(struct row *row)
{
	struct bpf_prog_info info;

	if (!program_info(row->probe, &info))
		return false;
	row->times.hits = info.run_cnt;
	row->times.sum = info.run_time_ns;
	row->missed += info.recursion_misses;
	return true;
}

static void open_source(const struct attach *attach, struct source *source)
{
	const struct bpf_map *map = attach->object->bpf ?
		bpf_object__find_map_by_name(attach->object->bpf,
					     "spile_timing") : NULL;

	source->cpus = libbpf_num_possible_cpus();
	if (map && source->cpus > 0)
		source->cells = calloc(source->cpus, sizeof(*source->cells));
	if (source->cells)
		source->map = bpf_map__fd(map);
}

static size_t collect(const struct attach *attach, struct row *rows)
{
	struct source source = { .map = -1 };
	size_t count = 0;

	open_source(attach, &source);
	for (size_t i = 0; i < attach->count; i++) {
		struct row *row = &rows[count];

		/* made by the translator for the keys of --monitor */
		if (attach->probes[i].kind == ATTACH_RESET)
			continue;
		*row = (struct row){ .probe = &attach->probes[i] };
		if (attach->object->is_module ? fill_module(row, i) :
		    source.cells ? fill_programs(row, i, &source) :
				   fill_kernel(row))
			count++;
		row->missed += row->probe->missed;
	}
	free(source.cells);
	return count;
}

static uint64_t rank(const struct row *row, enum report_order order)
{
	switch (order) {
	case REPORT_SCRIPT:
	case REPORT_ORDERS:
		break;
	case REPORT_HITS:
		return row->times.hits;
	case REPORT_TIME:
		return row->times.sum;
	case REPORT_AVERAGE:
		return row->times.hits ? row->times.sum / row->times.hits : 0;
	case REPORT_MOST:
		return row->times.most;
	}
	return 0;
}

/* The largest first, equals as in the script; there are few. */
static void sort_rows(struct row *rows, size_t count, enum report_order order)
{
	for (size_t i = 1; i < count; i++) {
		struct row row = rows[i];
		size_t at = i;

		for (; at && rank(&rows[at - 1], order) < rank(&row, order);
		     at--)
			rows[at] = rows[at - 1];
		rows[at] = row;
	}
}

static int name_width(const struct row *rows, size_t count)
{
	int width = 5;

	for (size_t i = 0; i < count; i++) {
		int length = strlen(rows[i].probe->about->name);

		if (length > width)
			width = length < 60 ? length : 60;
	}
	return width;
}

static void print_number(int width, bool is_known, uint64_t number)
{
	if (is_known)
		fprintf(stderr, " %*" PRIu64, width, number);
	else
		fprintf(stderr, " %*s", width, "-");
}

static void print_numbers(const struct row *row)
{
	const struct wire_times *times = &row->times;
	bool has_range = row->has_range;

	print_number(10, true, times->hits);
	print_number(12, has_range, times->hits ? ~times->least : 0);
	print_number(12, true, times->hits ? times->sum / times->hits : 0);
	print_number(12, has_range, times->most);
	print_number(8, true, row->missed);
}

static void print_head(void)
{
	fprintf(stderr, " %10s %12s %12s %12s %8s", "hits", "min ns", "avg ns",
		"max ns", "missed");
}

void report_timing(const struct attach *attach)
{
	struct row *rows = calloc(attach->count + 1, sizeof(*rows));
	size_t count = rows ? collect(attach, rows) : 0;
	int width = name_width(rows, count);

	fprintf(stderr, "\n----- probe hit report:\n%-*s", width, "probe");
	print_head();
	fputc('\n', stderr);
	for (size_t i = 0; i < count; i++) {
		fprintf(stderr, "%-*s", width, rows[i].probe->about->name);
		print_numbers(&rows[i]);
		fputc('\n', stderr);
	}
	free(rows);
}

/* ---- while the session runs ---- */

/* The part of @count rows that the view shows; it may have moved too far. */
static size_t find_first(struct report_view *view, size_t count)
{
	size_t rows = view->rows ? view->rows : count;

	if (view->first + rows > count)
		view->first = count > rows ? count - rows : 0;
	return view->first;
}

static void print_probes(const struct attach *attach, struct report_view *view)
{
	struct row *rows = calloc(attach->count + 1, sizeof(*rows));
	size_t count = rows ? collect(attach, rows) : 0;
	size_t first = find_first(view, count);
	size_t end = view->rows && first + view->rows < count ?
		     first + view->rows : count;

	if (view->order != REPORT_SCRIPT)
		sort_rows(rows, count, view->order);
	fputs("index state", stderr);
	print_head();
	fputs(" probe\n", stderr);
	for (size_t i = first; i < end; i++) {
		fprintf(stderr, "%5zu %5s", rows[i].probe - attach->probes,
			rows[i].probe->is_off ? "off" : "on");
		print_numbers(&rows[i]);
		fprintf(stderr, " %s\n", rows[i].probe->about->name);
	}
	if (end - first < count)
		fprintf(stderr, "----- probes %zu to %zu of %zu: the arrow "
			"keys show others\n", first + 1, end, count);
	free(rows);
}

/* On a terminal the table leaves room for the rest, and for what is typed. */
static void fit_rows(struct report_view *view, unsigned int lines)
{
	enum { LEAST = 4, AROUND = 5 };
	struct winsize size = { 0 };

	view->rows = 0;
	if (isatty(STDERR_FILENO) && !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) &&
	    size.ws_row)
		view->rows = size.ws_row > lines + AROUND + LEAST ?
			size.ws_row - lines - AROUND : LEAST;
}

void report_monitor(const struct attach *attach, const struct records *records,
		    struct report_view *view)
{
	const struct wire_shared *shared = attach->object->shared;

	fprintf(stderr, "----- %s after %.0f s: %" PRIu64 " records, %" PRIu64
		" lost, %" PRIu64 " errors, %" PRIu64 " skipped%s\n",
		shared->module, view->seconds, records->count,
		(uint64_t)shared->lost, (uint64_t)shared->errors,
		report_skipped(shared), view->is_paused ? ", paused" : "");
	fit_rows(view, globals_print(attach->object, view->globals));
	print_probes(attach, view);
}
