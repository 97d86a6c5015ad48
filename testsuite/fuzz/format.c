/*
 * Fuzz target: printf formats. Reading ends; directives cover the format in
 * order; what is accepted renders within its room, to the length it says.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/common/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

/* Renders with room for all and for less. */
static void render(const struct format_directive *d, int64_t value)
{
	uint64_t spec = format_spec(d->conversion, d->flag,
				    d->width == FORMAT_STAR ? value : d->width,
				    d->precision == FORMAT_STAR ? value :
				    d->precision);
	static const char text[] = "a text\n\x80";
	uint64_t lengths[2];

	for (int i = 0; i < 2; i++) {
		uint64_t room = i ? 7 : 1 << 18;
		char *out = malloc(room);

		if (format_type(d) == 'l')
			lengths[i] = format_long(out, room, spec, value);
		else if (format_type(d) == 't')
			lengths[i] = format_text(out, room, spec, text,
						 sizeof(text));
		else
			lengths[i] = format_bytes(out, room, spec, text, 8);
		free(out);
	}
	check(lengths[0] == lengths[1]);
	check(lengths[0] < 1 << 18);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *format = (const char *)data, *at = format;
	struct format_iterator iterator;
	struct format_directive d;
	int rendered = 0;

	format_begin(&iterator, format, size);
	while (format_next(&iterator, &d) != FORMAT_END) {
		check(d.text >= at && d.text + d.length <= format + size);
		at = d.text + d.length;
		check(at == iterator.at);
		if (d.kind == FORMAT_INVALID)
			check(d.reason != NULL);
		if (d.kind == FORMAT_CONVERSION && rendered++ < 8) {
			render(&d, (int64_t)size - 20);
			render(&d, INT64_MIN);
		}
	}
	check(iterator.at == iterator.end);
	return 0;
}

#define REPLAY_BYTES "0+- #.*l%ds"
#include "testsuite/fuzz/replay.h"
