/*
 * Fuzz target: records of the output buffer. The input is cut into records,
 * each behind its length in two bytes; whatever they hold, nothing beyond a record is
 * read (each is copied into a block of its own size for the sanitizer) and all
 * text goes to a sink that is thrown away.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/reader/records.h"
#include "runtime/reader/sink.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *formats[] = {
	"plain\n", "%d %s %x\n", "%-10s|%*d|%.*s\n", "%m %M %5b %c\n",
	"%8.3s%p%#o%+d% d%08u%X%i\n", "%", "%10000d %-65000s\n", "",
};
static struct manifest_site sites[] = { { "error", "x.stp:1:1" } };
static struct manifest_global globals[] = {
	{ .name = "log", .type = 's', .hist = 1 },
	{ .name = "linear", .type = 's', .hist = 2, .stop = 100, .step = 10 },
	{ .name = "none", .type = 'l' },
};
static struct manifest_probe probes[] = {
	{ .kind = "begin", .program = "p0", .name = "begin" },
};
static const struct manifest manifest = {
	.formats = formats,
	.format_count = sizeof(formats) / sizeof(*formats),
	.sites = sites, .site_count = 1,
	.globals = globals, .global_count = 3,
	.probes = probes, .probe_count = 1,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sink_options options = { .path = "/dev/null" };
	struct records records;
	char *error;
	struct sink *sink = sink_open(&options, &error);

	if (!sink || records_init(&records, &manifest, sink))
		abort();
	records.quiet = true;
	while (size >= 2) {
		size_t length = data[0] | data[1] << 8;

		data += 2;
		size -= 2;
		if (length > size)
			length = size;
		uint8_t *record = malloc(length + !length);

		memcpy(record, data, length);
		records_take(&records, record, length);
		free(record);
		data += length;
		size -= length;
	}
	records_free(&records);
	sink_close(sink);
	return 0;
}

#define REPLAY_QUIET
#include "testsuite/fuzz/replay.h"
