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

#define REPLAY_BYTES "()[]{}*+?|^$\\a1-:."
#include "testsuite/fuzz/replay.h"
