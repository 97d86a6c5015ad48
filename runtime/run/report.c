/*
 * What a session says about itself: see report.h.
 */
#include "runtime/run/report.h"

#include <bpf/bpf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/bpf/attach.h"
#include "runtime/common/wire.h"
#include "runtime/reader/records.h"

/* ORDER: enum wire_skip. */
static const char *const reasons[WIRE_SKIPS] = {
	"a lock on its globals was not had in time",
	"probes were nested too deep",
	"the same probe was running on that processor",
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
	if (manifest_pair_get(&probe->about->pairs, "joins"))
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
	for (size_t i = 0; i < attach->count; i++)
		missed += attach->probes[i].missed;
	if (missed)
		warn(records, "%" PRIu64 " timer tick%s came too close to the "
		     "one before and did not count", missed, plural(missed));
}

/* ---- tables ---- */

static void print_table(const struct attach *attach)
{
	struct bpf_prog_info info;
	int width = 5;

	for (size_t i = 0; i < attach->count; i++) {
		int length = strlen(attach->probes[i].about->name);

		if (length > width)
			width = length < 60 ? length : 60;
	}
	fprintf(stderr, "%-*s %12s %14s %12s %10s\n", width, "probe", "hits",
		"total ns", "average ns", "missed");
	for (size_t i = 0; i < attach->count; i++) {
		const struct probe *probe = &attach->probes[i];

		if (!program_info(probe, &info))
			continue;
		uint64_t hits = info.run_cnt, ns = info.run_time_ns;

		fprintf(stderr, "%-*.*s %12" PRIu64 " %14" PRIu64 " %12" PRIu64
			" %10" PRIu64 "\n", width, width, probe->about->name,
			hits, ns, hits ? ns / hits : 0,
			(uint64_t)info.recursion_misses + probe->missed);
	}
}

void report_timing(const struct attach *attach)
{
	fputs("\n----- probe hit report:\n", stderr);
	print_table(attach);
}

void report_monitor(const struct attach *attach, const struct records *records,
		    const struct wire_shared *shared, double seconds)
{
	fprintf(stderr, "----- %s after %.0f s: %" PRIu64 " records, %" PRIu64
		" lost, %" PRIu64 " errors, %" PRIu64 " skipped\n",
		shared->module, seconds, records->count,
		(uint64_t)shared->lost, (uint64_t)shared->errors,
		report_skipped(shared));
	print_table(attach);
}
