/*
 * Fuzz target: regular expressions. The input is an expression, a newline and
 * a text. Compiling ends in a program or a reason; matching stays inside of
 * its memory and finds what the rest of the text allows.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/common/regex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

static void check_groups(const struct regex_threads *threads, int groups,
			 size_t length)
{
	check(threads->result[0] <= threads->result[1]);
	check(threads->result[1] <= length);
	for (int i = 2; i < 2 * groups; i++)
		check(threads->result[i] == REGEX_UNSET ||
		      threads->result[i] <= threads->result[1]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	size_t length = newline ? (size_t)(newline - data) : size;
	size_t rest = newline ? size - length - 1 : 0;
	struct regex_threads *threads = malloc(sizeof(*threads));
	struct rt_regex *regex = malloc(sizeof(*regex));
	char *text = malloc(rest + 1);
	const char *reason = NULL;
	__u32 offset = 0;
	int groups;

	memset(threads, 0xa5, sizeof(*threads));
	if (rest)
		memcpy(text, newline + 1, rest);
	text[rest] = '\0';
	if (regex_compile((const char *)data, length, regex, &reason,
			  &offset)) {
		check(reason && offset <= length);
	} else if (rest < 4096) {
		groups = regex_match(regex, text, threads, 1 << 20);
		check(groups <= (int)regex->groups);
		if (groups > 0)
			check_groups(threads, groups, strlen(text));
	}
	free(text);
	free(regex);
	free(threads);
	return 0;
}

#ifdef REPLAY
/* Each file as it is, then cut at every place and with every byte changed. */
static void explore(const uint8_t *data, size_t size)
{
	for (size_t at = 0; at < size; at++) {
		uint8_t *copy = malloc(size);

		memcpy(copy, data, size);
		copy[at] = "()[]{}*+?|^$\\a1-:."[at % 18];
		LLVMFuzzerTestOneInput(copy, size);
		free(copy);
		/* an exact allocation lets the sanitizer see an overrun */
		copy = malloc(at + !at);
		memcpy(copy, data, at);
		LLVMFuzzerTestOneInput(copy, at);
		free(copy);
	}
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		uint8_t *data = malloc(1 << 16);
		FILE *file = fopen(argv[i], "r");
		size_t size;

		if (!file || !data) {
			perror(argv[i]);
			return 1;
		}
		size = fread(data, 1, 1 << 16, file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, size);
		explore(data, size);
		free(data);
	}
	return 0;
}
#endif
