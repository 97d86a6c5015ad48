/*
 * Floating point by integers, against the machine's own: the same bits for
 * numbers of all kinds, and the texts of printf() and strtod().
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/common/decimal.h"

enum { ROUNDS = 300000 };

static const uint64_t special[] = {
	0, 1, 2, 3, FLOAT_FRACTION - 1, FLOAT_FRACTION, FLOAT_FRACTION + 1,
	0x3ff0000000000000, 0x3ff0000000000001, 0x3fefffffffffffff,
	0x3fe0000000000000, 0x4000000000000000, 0x7fefffffffffffff,
	FLOAT_INFINITY, FLOAT_NAN, FLOAT_INFINITY + 1, 0x43e0000000000000,
	0x43dfffffffffffff, 0x4004000000000000, 0x3ff8000000000000,
	0x4330000000000001, 0x4320000000000001, 0x7fe0000000000000,
	0x0020000000000000,
};

static uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* All kinds: any bits, special ones, near ones, few bits. */
static uint64_t number(uint64_t *seed)
{
	uint64_t bits = draw(seed), kind = draw(seed) % 5;

	if (kind == 0)
		return special[bits % (sizeof(special) / sizeof(*special))] |
		       (bits & FLOAT_SIGN);
	if (kind == 1)
		return (bits & ~(0x7fcULL << 52)) ^ (0x3fcULL << 52);
	if (kind == 2)
		return bits & (~0ULL << (bits % 52));
	if (kind == 3)
		return (bits & (FLOAT_SIGN | FLOAT_FRACTION)) |
		       (0x3ff + bits / 4099 % 64) << 52;
	return bits;
}

static double value(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

static uint64_t bits_of(double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	return bits;
}

static void check(const char *what, uint64_t a, uint64_t b, uint64_t got,
		  double expected)
{
	uint64_t bits = isnan(expected) ? FLOAT_NAN : bits_of(expected);

	if (got != bits)
		fail_msg("%s of %#lx and %#lx: %#lx, not %#lx", what,
			 (long)a, (long)b, (long)got, (long)bits);
}

static void operators(void **state)
{
	uint64_t seed = 88172645463325252ULL;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t a = number(&seed), b = number(&seed);
		double x = value(a), y = value(b);

		check("sum", a, b, float_add(a, b), x + y);
		check("difference", a, b, float_sub(a, b), x - y);
		check("product", a, b, float_mul(a, b), x * y);
		check("quotient", a, b, float_div(a, b), x / y);
		/* that of double forgets the sign of some zeros */
		check("remainder", a, b, float_rem(a, b),
		      (double)remainderl(x, y));
		check("root", a, 0, float_sqrt(a), sqrt(x));
		assert_int_equal(float_equal(a, b), x == y);
		assert_int_equal(float_less(a, b), x < y);
	}
}

static void integers(void **state)
{
	uint64_t seed = 1234567;

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t a = number(&seed);
		int64_t n = (int64_t)draw(&seed) >> (a & 63);
		uint32_t single = (uint32_t)draw(&seed);
		double x = value(a);
		float f;

		memcpy(&f, &single, sizeof(f));
		check("integer", (uint64_t)n, 0, float_from_integer(n),
		      (double)n);
		if (!isnan(f))
			check("single", single, 0, float_from_single(single),
			      (double)f);
		if (!(fabs(x) < 9e18))
			continue;
		assert_int_equal(float_to_integer(a, FLOAT_NEAREST_EVEN),
				 (int64_t)rint(x));
		assert_int_equal(float_to_integer(a, FLOAT_TOWARDS_ZERO),
				 (int64_t)x);
		assert_int_equal(float_to_integer(a, FLOAT_DOWN),
				 (int64_t)floor(x));
		assert_int_equal(float_to_integer(a, FLOAT_UP),
				 (int64_t)ceil(x));
		assert_int_equal(float_to_integer(a, FLOAT_NEAREST_AWAY),
				 (int64_t)round(x));
	}
}

static void integers_at_the_ends(void **state)
{
	(void)state;
	assert_int_equal(float_to_integer(bits_of(1e300), 0), INT64_MAX);
	assert_int_equal(float_to_integer(bits_of(-1e300), 0), INT64_MIN);
	assert_int_equal(float_to_integer(FLOAT_INFINITY, 0), INT64_MAX);
	assert_int_equal(float_to_integer(FLOAT_NAN, 0), 0);
	assert_int_equal(float_to_integer(bits_of(-0x1p63), 0), INT64_MIN);
	assert_int_equal(float_to_integer(bits_of(2.5), FLOAT_ODD), 3);
	assert_int_equal(float_to_integer(bits_of(3.5), FLOAT_ODD), 3);
	assert_int_equal(float_to_integer(bits_of(-2.25), FLOAT_ODD), -3);
	assert_true(float_is_nan(float_from_single(0x7f800001)));
}

static void check_text(uint64_t a, int places)
{
	struct decimal_writer writer;
	char out[DECIMAL_ROOM + 1], expected[1024];
	uint64_t at = decimal_write(&writer, out, a, places);

	out[DECIMAL_ROOM] = '\0';
	snprintf(expected, sizeof(expected), "%.*f", places, value(a));
	assert_string_equal(out + at, expected);
}

static void texts(void **state)
{
	static const double numbers[] = {
		0, -0.0, 0.5, 1.5, 2.5, 0.125, 0.375, 9.995, 999.9999, 1e22,
		1e23, 1.7976931348623157e308, 5e-324, 0.05, 0.005, 0.0005,
	};
	uint64_t seed = 4711;

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		for (int places = 0; places <= DECIMAL_PLACES; places++)
			check_text(bits_of(numbers[i]), places);
	for (int i = 0; i < ROUNDS / 20; i++) {
		uint64_t a = number(&seed);

		if ((a & FLOAT_INFINITY) != FLOAT_INFINITY)
			check_text(a, (int)(draw(&seed) %
					    (i % 8 ? 12 : DECIMAL_PLACES)));
	}
}

static void check_read(const char *text)
{
	struct decimal_reader reader;
	uint64_t got = decimal_read(&reader, (char *)text, strlen(text) + 1);

	if (got != bits_of(strtod(text, NULL)))
		fail_msg("%s is %#lx, not %#lx", text, (long)got,
			 (long)bits_of(strtod(text, NULL)));
}

static void reads(void **state)
{
	static const char *const numbers[] = {
		"0", "-0", "", "x", "3.14", "-3.14", ".5", "5.", "+7", "1e3",
		"1E-3", "1e+3", "1e999999", "1e-999999", "0.1", "0.3",
		"1.7976931348623157e308", "1.7976931348623159e308", "5e-324",
		"2e-324", "3e-324", "0.000000000000000000000000000000000001",
		"9007199254740993", "9007199254740992.99999999999999999999",
		"2.2250738585072011e-308", "123abc", "1.5.2", "-", "1e400", "inf",
		"-Infinity", "+inf", "in", "i", "na", "",
		"1234567890123456789012345678901234567890123456789012345",
		"0000000000000000000000000000000000000000000000000000000001.5",
	};
	struct decimal_reader reader;
	uint64_t seed = 99;
	char text[1200];

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		check_read(numbers[i]);
	assert_true(float_is_nan(decimal_read(&reader, (char *)"NaN", 4)));
	for (int i = 0; i < ROUNDS / 20; i++) {
		uint64_t a = number(&seed);

		if ((a & FLOAT_INFINITY) == FLOAT_INFINITY)
			continue;
		if (i & 1)
			snprintf(text, sizeof(text), "%.17g", value(a));
		else
			snprintf(text, sizeof(text), "%.*e", (int)(a % 25),
				 value(a));
		check_read(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operators),
		cmocka_unit_test(integers),
		cmocka_unit_test(integers_at_the_ends),
		cmocka_unit_test(texts),
		cmocka_unit_test(reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
