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

#ifdef REPLAY
/* Each file once as it is, then with each of many single bytes changed and cut
 * at many places, so that a plain build explores a little too. */
static void explore(uint8_t *data, size_t size)
{
	size_t step = size / 512 + 1;
	uint8_t *copy = malloc(size + 1);

	for (size_t at = 0; at < size; at += step) {
		memcpy(copy, data, size);
		copy[at] ^= 1 + at % 255;
		LLVMFuzzerTestOneInput(copy, size);
		/* an exact allocation lets the sanitizer see an overrun */
		uint8_t *cut = malloc(at + !at);

		memcpy(cut, data, at);
		LLVMFuzzerTestOneInput(cut, at);
		free(cut);
	}
	free(copy);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		uint8_t *data = malloc(1 << 20);
		size_t size;

		if (!file || !data) {
			perror(argv[i]);
			return 1;
		}
		size = fread(data, 1, 1 << 20, file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, size);
		explore(data, size);
		free(data);
	}
	return 0;
}
#endif
