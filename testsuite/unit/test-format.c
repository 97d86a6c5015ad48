/*
 * printf of the script language: reading formats, rendering values. The
 * expected texts are recorded behaviour (l04 l08 l09 l40) or, where that says
 * nothing, what the C library does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/common/format.h"

/* The first directive of a format. */
static struct format_directive first(const char *format)
{
	struct format_iterator iterator;
	struct format_directive directive;

	format_begin(&iterator, format, strlen(format));
	format_next(&iterator, &directive);
	return directive;
}

static uint64_t spec_of(const char *format)
{
	struct format_directive d = first(format);

	assert_int_equal(d.kind, FORMAT_CONVERSION);
	return format_spec(d.conversion, d.flag, d.width, d.precision);
}

static void check_long(const char *format, int64_t value, const char *expected)
{
	char out[256] = "";
	uint64_t length = format_long(out, sizeof(out) - 1, spec_of(format),
				      value);

	assert_int_equal(length, strlen(expected));
	out[length] = '\0';
	assert_string_equal(out, expected);
}

static void check_text(const char *format, const char *value,
		       const char *expected)
{
	char out[256] = "";
	uint64_t length = format_text(out, sizeof(out) - 1, spec_of(format),
				      value, strlen(value));

	out[length] = '\0';
	assert_string_equal(out, expected);
}

static void longs(void **state)
{
	(void)state;
	check_long("%8d", 123, "     123");
	check_long("%-8d", 123, "123     ");
	check_long("%08d", -123, "-0000123");
	check_long("%+8d", 123, "    +123");
	check_long("% 8d", 123, "     123");
	check_long("% d", 123, " 123");
	check_long("%x", -1, "ffffffffffffffff");
	check_long("%X", -1, "FFFFFFFFFFFFFFFF");
	check_long("%o", -1, "1777777777777777777777");
	check_long("%#x", 4095, "0xfff");
	check_long("%#X", 4095, "0XFFF");
	check_long("%#o", 511, "0777");
	check_long("%.4d", 7, "0007");
	check_long("%.4x", 255, "00ff");
	check_long("%u", -1, "18446744073709551615");
	check_long("%i", -1, "-1");
	check_long("%ld", 5, "5");
	check_long("%1d", 12345, "12345");
	check_long("%0d", 12345, "12345");
	check_long("%p", 0, "0x0");
	check_long("%p", 255, "0xff");
	check_long("%20p", 255, "                0xff");
	check_long("%-20p", 255, "0xff                ");
	check_long("%d", INT64_MIN, "-9223372036854775808");
}

/* The C library agrees about every flag, width and precision but two: 0 with a
 * precision, and # with zero. */
static void longs_like_c(void **state)
{
	static const char flags[] = { '\0', '0', '+', '-', ' ', '#' };
	static const int64_t values[] = { 1, 9, 255, 4711, -1, -77,
					  INT64_MAX, INT64_MIN };
	char format[32], expected[128], out[128];

	(void)state;
	for (size_t f = 0; f < sizeof(flags); f++)
	for (int width = -1; width < 40; width += 3)
	for (int precision = -1; precision < 30; precision += 4)
	for (const char *c = "diuoxX"; *c; c++)
	for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
		uint64_t length;
		int at;

		if ((flags[f] == '0' && precision >= 0) ||
		    (flags[f] == '#' && precision >= 0 && *c == 'o') ||
		    (strchr("+ ", flags[f]) && !strchr("di", *c)))
			continue;
		at = snprintf(format, sizeof(format), "%%%.*s",
			      flags[f] != '\0', &flags[f]);
		if (width >= 0)
			at += snprintf(format + at, sizeof(format) - at,
				       "%d", width);
		if (precision >= 0)
			at += snprintf(format + at, sizeof(format) - at,
				       ".%d", precision);
		snprintf(format + at, sizeof(format) - at, "l%c", *c);
		snprintf(expected, sizeof(expected), format, values[v]);
		length = format_long(out, sizeof(out) - 1, spec_of(format),
				     values[v]);
		out[length] = '\0';
		assert_string_equal(out, expected);
	}
}

static void texts(void **state)
{
	(void)state;
	check_text("%s", "abc", "abc");
	check_text("%8s", "abc", "     abc");
	check_text("%-8s", "abc", "abc     ");
	check_text("%.2s", "abc", "ab");
	check_text("%8.2s", "abc", "      ab");
	check_text("%-8.2s", "abc", "ab      ");
	check_text("%.0s", "abc", "");
	check_text("%5s", "toolong", "toolong");
	check_text("%#s", "tab\there", "tab\there");
	check_text("%s", "", "");
}

static void characters_and_blobs(void **state)
{
	char out[16];

	(void)state;
	check_long("%c", 'A', "A");
	check_long("%3c", 'A', "  A");
	check_long("%#c", '\n', "\\n");
	check_long("%#c", 1, "\\001");
	check_long("%#c", 'A', "A");
	check_long("%1b", 72, "H");
	check_long("%4b", 0x44434241, "ABCD");
	check_long("%2b", 0x4645, "EF");
	assert_int_equal(format_long(out, 16, spec_of("%.3b"), 0x414243), 8);
	assert_memory_equal(out, "CBA\0\0\0\0\0", 8);
	assert_int_equal(format_long(out, 16, spec_of("%b"), 0x414243), 8);
	assert_memory_equal(out, "CBA\0\0\0\0\0", 8);
}

static void memory(void **state)
{
	char out[32];
	uint64_t length;

	(void)state;
	assert_int_equal(format_memory_length(spec_of("%m")), 1);
	assert_int_equal(format_memory_length(spec_of("%10.4m")), 4);
	length = format_bytes(out, 32, spec_of("%10.4m"), "ab\0c", 4);
	assert_int_equal(length, 10);
	assert_memory_equal(out, "      ab\0c", 10);
	length = format_bytes(out, 32, spec_of("%10.4M"), "ab\0\xff", 4);
	assert_int_equal(length, 10);
	assert_memory_equal(out, "  616200ff", 10);
	length = format_bytes(out, 32, spec_of("%-6.1M"), "z", 1);
	assert_memory_equal(out, "7a    ", length);
}

/* Every cut gives the length of the whole and its beginning. */
static void room(void **state)
{
	char whole[64], part[64];
	uint64_t length = format_long(whole, 64, spec_of("%#24x"), 0xbeef);

	(void)state;
	for (uint64_t i = 0; i <= length; i++) {
		memset(part, '!', sizeof(part));
		assert_int_equal(format_long(part, i, spec_of("%#24x"), 0xbeef),
				 length);
		assert_memory_equal(part, whole, i);
		assert_int_equal(part[i], '!');
	}
}

static void stars(void **state)
{
	struct format_directive d = first("%-*.*d");
	char out[16];

	(void)state;
	assert_int_equal(d.width, FORMAT_STAR);
	assert_int_equal(d.precision, FORMAT_STAR);
	assert_int_equal(d.flag, '-');
	assert_int_equal(format_long(out, 16, format_spec('d', 0, -5, -1), 7),
			 5);
	assert_memory_equal(out, "7    ", 5);
	assert_int_equal(format_long(out, 16, format_spec('d', '0', 5, -7), 3),
			 5);
	assert_memory_equal(out, "00003", 5);
	assert_int_equal(format_spec_width(format_spec('d', 0, INT64_MIN, 0)),
			 FORMAT_MOST);
	assert_int_equal(format_spec_width(format_spec('d', 0, INT64_MAX, 0)),
			 FORMAT_MOST);
}

static void reads(void **state)
{
	static const char format[] = "a%d%%b%5.2s";
	struct format_iterator iterator;
	struct format_directive d;

	(void)state;
	format_begin(&iterator, format, sizeof(format) - 1);
	assert_int_equal(format_next(&iterator, &d), FORMAT_LITERAL);
	assert_int_equal(d.length, 1);
	assert_int_equal(format_next(&iterator, &d), FORMAT_CONVERSION);
	assert_int_equal(format_type(&d), 'l');
	assert_int_equal(format_next(&iterator, &d), FORMAT_LITERAL);
	assert_memory_equal(d.text, "%", 1);
	assert_int_equal(d.length, 1);
	assert_int_equal(format_next(&iterator, &d), FORMAT_LITERAL);
	assert_int_equal(format_next(&iterator, &d), FORMAT_CONVERSION);
	assert_int_equal(format_type(&d), 't');
	assert_int_equal(d.width, 5);
	assert_int_equal(d.precision, 2);
	assert_ptr_equal(d.text, format + 6);
	assert_int_equal(d.length, 5);
	assert_int_equal(format_next(&iterator, &d), FORMAT_END);
	assert_int_equal(format_next(&iterator, &d), FORMAT_END);
	d = first("%M");
	assert_int_equal(format_type(&d), 'a');
}

static void refuses(void **state)
{
	static const char *const formats[] = {
		"%", "%5", "%-", "%lld", "%y", "%+-d", "%3b", "%99999d",
		"%.99999d", "%5.", "%n", "%hd", "%f",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		struct format_directive d = first(formats[i]);

		assert_int_equal(d.kind, FORMAT_INVALID);
		assert_non_null(d.reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longs),
		cmocka_unit_test(longs_like_c),
		cmocka_unit_test(texts),
		cmocka_unit_test(characters_and_blobs),
		cmocka_unit_test(memory),
		cmocka_unit_test(room),
		cmocka_unit_test(stars),
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
