/*
 * Fuzz target: the text of section .spile. Whatever the bytes, parsing ends in
 * a manifest or a reason; a manifest that was accepted prints and parses again
 * to the same text.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/common/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *reason = NULL;
	struct manifest *first, *second;
	char *text, *again;

	first = manifest_parse((const char *)data, size, &reason);
	if (!first) {
		if (!reason)
			abort();
		return 0;
	}
	text = manifest_print(first);
	second = manifest_parse(text, strlen(text), &reason);
	if (!second)
		abort();
	again = manifest_print(second);
	if (strcmp(text, again))
		abort();
	free(again);
	free(text);
	manifest_free(second);
	manifest_free(first);
	return 0;
}

#include "testsuite/fuzz/replay.h"
