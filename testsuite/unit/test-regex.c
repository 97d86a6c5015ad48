/*
 * Regular expressions: recorded behaviour (l31), comparison with the C
 * library on texts made of few letters, refusals, and bounded time.
 */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/common/regex.h"

static struct rt_regex compiled(const char *pattern)
{
	struct rt_regex regex;
	const char *reason = NULL;
	__u32 offset;

	if (regex_compile(pattern, strlen(pattern), &regex, &reason, &offset))
		fail_msg("%s: %s at %u", pattern, reason, offset);
	return regex;
}

/* "whole|group|group", or "no". */
static void check(const char *pattern, const char *text, const char *expected)
{
	struct rt_regex regex = compiled(pattern);
	struct regex_threads *threads = malloc(sizeof(*threads));
	int groups = regex_match(&regex, text, threads, 1 << 20);
	char out[256] = "no";
	size_t at = 0;

	for (int i = 0; i < groups; i++) {
		int from = threads->result[2 * i], to = threads->result[2 * i + 1];

		if (from == REGEX_UNSET || to == REGEX_UNSET)
			from = to = 0;
		at += snprintf(out + at, sizeof(out) - at, "%s%.*s",
			       i ? "|" : "", to - from, text + from);
	}
	free(threads);
	if (strcmp(out, expected))
		fail_msg("\"%s\" =~ \"%s\": \"%s\", not \"%s\"", text, pattern,
			 out, expected);
}

static void recorded(void **state)
{
	(void)state;
	check("(ab)(c|d)*", "xxabcdc", "abcdc|ab|c");
	check("(ab)(c|d)*", "ab", "ab|ab|");
	check("(ab)(c|d)*", "a", "no");
	check("a\\+b", "a+b", "a+b");
	check("^a{2}b$", "aab", "aab");
	check("^a{1,2}b$", "aaab", "no");
	check("line.break", "line\nbreak", "line\nbreak");
	check("[A-Z]+$", "UPPER", "UPPER");
	check("^[^0-9][[:digit:]]$", "x1", "x1");
	check("^([^=]+)=(.*)$", "key=value", "key=value|key|value");
	check("a*", "", "");
	check("^a*$", "b", "no");
	check("\\(x\\)", "(x)", "(x)");
	check("str(ing)", "an example string", "string|ing");
	check("a|(b)", "a", "a|");
}

static void syntax(void **state)
{
	(void)state;
	check("", "abc", "");
	check("()", "abc", "|");
	check("(?:ab)+", "xababa", "abab");
	check("a||b", "cb", "");
	check("a||b", "b", "b");
	check("[]a]+", "x]a]", "]a]");
	check("[^]a]+", "]xy]", "xy");
	check("[a-]+", "b-a-", "-a-");
	check("[[:alpha:]_]+", "9ab_c!", "ab_c");
	check("[\\]+", "a\\b", "\\");
	check("x{0}y", "xy", "y");
	check("(ab){2,}", "ababab", "ababab|ab");
	check("a{,2}", "a{,2}", "a{,2}");
	check("a{2}{3}", "aaaaaaa", "aaaaaa");
	check("a\\.b\\\\", "a.b\\", "a.b\\");
	check("\\w+\\s\\W", "ab, cd !", "cd !");
	check("a\\tb", "a\tb", "a\tb");
	check("^$", "", "");
	check("^^a$$", "a", "a");
	check("a^b", "a^b", "no");
	check("(a|ab)(c|bcd)(d*)", "abcd", "abcd|a|bcd|");
	check("(^a|b)+", "aba", "ab|b");
	check("\xc3\xa9+", "caf\xc3\xa9", "\xc3\xa9");
}

static void leftmost_longest(void **state)
{
	(void)state;
	check("abcd|b", "abcd", "abcd");
	check("abcx|b", "abcd", "b");
	check("a|ab|abc", "xabcd", "abc");
	check("(a*)*b", "aaab", "aaab|aaa");
	check("(a*)(ab)*(b*)", "abb", "abb|a||bb");
	check("x*", "aaxx", "");
}

static void refuses(void **state)
{
	static const char *const patterns[] = {
		"(", ")", "a)", "(a", "[", "[a", "[]", "[b-a]", "[[:none:]]",
		"[[:digit:", "*", "a|*", "(+)", "^*", "a{2", "a{3,2}",
		"a{256}", "\\", "\\1", "\\d", "a{200}b{200}",
		"((((((((((a))))))))))", "(a|b|c|d|e|f|g|h|i|j|k){90}",
	};
	struct rt_regex regex;

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		const char *reason = NULL;
		__u32 offset = ~0U;

		if (!regex_compile(patterns[i], strlen(patterns[i]), &regex,
				   &reason, &offset))
			fail_msg("%s was taken", patterns[i]);
		assert_non_null(reason);
		assert_true(offset <= strlen(patterns[i]));
	}
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

/* A random expression over a, b and c. */
static char *make(char *out, uint32_t *random, int depth)
{
	switch (depth ? next_random(random) % 9 : next_random(random) % 2) {
	case 0:
	case 1:
		*out++ = 'a' + next_random(random) % 3;
		break;
	case 2:
		*out++ = '.';
		break;
	case 3:
		out = make(out, random, depth - 1);
		out = make(out, random, depth - 1);
		break;
	case 4:
		*out++ = '(';
		out = make(out, random, depth - 1);
		*out++ = '|';
		out = make(out, random, depth - 1);
		*out++ = ')';
		break;
	case 5:
	case 6:
		*out++ = '(';
		out = make(out, random, depth - 1);
		*out++ = ')';
		*out++ = "*+?"[next_random(random) % 3];
		break;
	case 7:
		*out++ = '[';
		*out++ = '^';
		*out++ = 'a' + next_random(random) % 3;
		*out++ = ']';
		break;
	case 8:
		*out++ = '(';
		out = make(out, random, depth - 1);
		memcpy(out, "){1,3}", 6);
		out += 6;
		break;
	}
	return out;
}

/* Whether and where it matches; groups may differ in what is preferred. */
static void like_c(void **state)
{
	struct regex_threads *threads = malloc(sizeof(*threads));
	uint32_t random = 7;
	int compared = 0;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		char pattern[4096], text[16];
		struct rt_regex regex;
		const char *reason;
		__u32 offset;
		regmatch_t where;
		regex_t theirs;
		int ours, length = next_random(&random) % 12;

		*make(pattern, &random, 3) = '\0';
		for (int j = 0; j < length; j++)
			text[j] = 'a' + next_random(&random) % 4;
		text[length] = '\0';
		if (regex_compile(pattern, strlen(pattern), &regex, &reason,
				  &offset))
			continue;
		assert_int_equal(regcomp(&theirs, pattern, REG_EXTENDED), 0);
		ours = regex_match(&regex, text, threads, 1 << 22);
		assert_true(ours >= 0);
		if ((ours == 0) != (regexec(&theirs, text, 1, &where, 0) != 0))
			fail_msg("%s on %s: %d", pattern, text, ours);
		if (ours && (threads->result[0] != where.rm_so ||
			     threads->result[1] != where.rm_eo))
			fail_msg("%s on %s: %d-%d, not %d-%d", pattern, text,
				 threads->result[0], threads->result[1],
				 (int)where.rm_so, (int)where.rm_eo);
		regfree(&theirs);
		compared++;
	}
	assert_true(compared > 15000);
	free(threads);
}

/* What backtracks for ages elsewhere. */
static void bounded(void **state)
{
	struct regex_threads *threads = malloc(sizeof(*threads));
	struct rt_regex regex = compiled("(a*)*(a*)*(a|aa)+b");
	char text[512];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(regex_match(&regex, text, threads, 512 * 512), 0);
	assert_int_equal(regex_match(&regex, text, threads, 100), -1);
	free(threads);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded),
		cmocka_unit_test(syntax),
		cmocka_unit_test(leftmost_longest),
		cmocka_unit_test(refuses),
		cmocka_unit_test(like_c),
		cmocka_unit_test(bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
