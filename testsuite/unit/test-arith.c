/*
 * Arithmetic that every side shares: defined for all operands.
 */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "runtime/common/arith.h"

static void wraps(void **state)
{
	(void)state;
	assert_int_equal(arith_add(INT64_MAX, 1), INT64_MIN);
	assert_int_equal(arith_sub(INT64_MIN, 1), INT64_MAX);
	assert_int_equal(arith_mul(INT64_MAX, 2), -2);
	assert_int_equal(arith_neg(INT64_MIN), INT64_MIN);
	assert_int_equal(arith_neg(5), -5);
}

static void divides_towards_zero(void **state)
{
	static const int64_t operands[] = {
		0, 1, -1, 2, -2, 4, -4, 7, 9, -9, 1000003, -1000003,
		INT64_MAX, INT64_MIN, INT64_MIN + 1,
	};
	size_t count = sizeof(operands) / sizeof(operands[0]);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 1; j < count; j++) {
			int64_t a = operands[i], b = operands[j];
			/* the one quotient that C does not define */
			int special = a == INT64_MIN && b == -1;

			assert_int_equal(arith_div(a, b),
					 special ? INT64_MIN : a / b);
			assert_int_equal(arith_mod(a, b), special ? 0 : a % b);
		}
	}
	assert_int_equal(arith_div(5, 0), 0);
	assert_int_equal(arith_mod(5, 0), 0);
}

/* As the recorded case l03: counts are taken modulo 64. */
static void shifts(void **state)
{
	(void)state;
	assert_int_equal(arith_shl(1, 63), INT64_MIN);
	assert_int_equal(arith_shr(-1, 63), -1);
	assert_int_equal(arith_shl(1, 64), 1);
	assert_int_equal(arith_shr(8, 65), 4);
	assert_int_equal(arith_shl(1, -1), INT64_MIN);
	assert_int_equal(arith_shr(8, -1), 0);
	assert_int_equal(arith_ushr(-1, 60), 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wraps),
		cmocka_unit_test(divides_towards_zero),
		cmocka_unit_test(shifts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
