/*
 * Statistic cells. Values are recorded behaviour (l15 l16) and the manual's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/common/stat.h"

enum { ALL = STAT_COUNT | STAT_SUM | STAT_MIN | STAT_MAX | STAT_AVG |
	     STAT_VARIANCE };

static void merge_one(__s64 *merged, const __s64 *cell)
{
	memset(merged, 0, 8 * 8);
	stat_merge(merged, (const __s64 *)cell, ALL, 0);
}

static __s64 variance(const __s64 *merged, unsigned int shift)
{
	return stat_variance((const __s64 *)merged, ALL, shift);
}

static void places(void **state)
{
	(void)state;
	assert_int_equal(stat_offset(ALL, STAT_COUNT), 0);
	assert_int_equal(stat_offset(ALL, STAT_SUM), 1);
	assert_int_equal(stat_offset(ALL, STAT_MIN), 2);
	assert_int_equal(stat_offset(ALL, STAT_MAX), 3);
	assert_int_equal(stat_offset(ALL, STAT_VARIANCE), 4);
	assert_int_equal(stat_offset(ALL, STAT_HIST), 6);
	assert_int_equal(stat_words(ALL | STAT_HIST, 129), 135);
	assert_int_equal(stat_words(STAT_COUNT, 0), 1);
	assert_int_equal(stat_words(STAT_COUNT | STAT_AVG, 0), 2);
	assert_int_equal(stat_offset(STAT_COUNT | STAT_MAX, STAT_MAX), 1);
	assert_int_equal(stat_offset(STAT_COUNT | STAT_HIST, STAT_HIST), 1);
}

static void recorded(void **state)
{
	__s64 cell[8] = { 0 }, scaled[8] = { 0 }, one[8] = { 0 };
	__s64 merged[8];

	(void)state;
	stat_add(one, ALL, 0, 7);
	merge_one(merged, one);
	assert_int_equal(variance(merged, 0), 0);

	stat_add(cell, ALL, 0, 3);
	stat_add(cell, ALL, 0, 8);
	stat_add(cell, ALL, 0, -2);
	merge_one(merged, cell);
	assert_int_equal(merged[0], 3);
	assert_int_equal(merged[1], 9);
	assert_int_equal(merged[2], -2);
	assert_int_equal(merged[3], 8);
	assert_int_equal(stat_average(merged), 3);
	assert_int_equal(variance(merged, 0), 25);

	memset(cell, 0, sizeof(cell));
	for (int i = 0; i < 100; i++) {
		stat_add(cell, ALL, 0, i);
		stat_add(scaled, ALL, 10, i * 1000);
	}
	merge_one(merged, cell);
	assert_int_equal(variance(merged, 0), 5741);
	merge_one(merged, scaled);
	assert_int_equal(variance(merged, 10), 841666666);
	assert_int_equal(stat_average(merged), 49500);
}

/* The example of the manual: 1 to 5. */
static void manual(void **state)
{
	__s64 cell[8] = { 0 }, scaled[8] = { 0 }, merged[8];

	(void)state;
	for (int i = 1; i <= 5; i++) {
		stat_add(cell, ALL, 0, i);
		stat_add(scaled, ALL, 1, i);
	}
	merge_one(merged, cell);
	assert_int_equal(variance(merged, 0), 12);
	merge_one(merged, scaled);
	assert_int_equal(variance(merged, 1), 2);
}

/* Two processors' cells give the variance of all values. */
static void merges(void **state)
{
	__s64 a[8] = { 0 }, b[8] = { 0 }, empty[8] = { 0 }, merged[8];

	(void)state;
	for (int i = 0; i < 1000; i++)
		stat_add((i % 3 ? a : b), ALL, 10, i * 10 - 3000);
	memset(merged, 0, sizeof(merged));
	stat_merge(merged, empty, ALL, 0);
	stat_merge(merged, a, ALL, 0);
	stat_merge(merged, b, ALL, 0);
	assert_int_equal(merged[0], 1000);
	assert_int_equal(merged[2], -3000);
	assert_int_equal(merged[3], 6990);
	assert_int_equal(stat_average(merged), 1995);
	/* 100 * (1000 * 1000 - 1) / 12 * 1000 / 999 = 8341666.7, but
	 * the means are rounded */
	assert_in_range(variance(merged, 10), 8341000, 8343000);
}

static void buckets(void **state)
{
	__s64 a[4] = { 2, 1, 0, 1 }, b[4] = { 1, 0, 1, 0 }, merged[4] = { 0 };

	(void)state;
	stat_merge(merged, a, STAT_COUNT | STAT_HIST, 3);
	stat_merge(merged, b, STAT_COUNT | STAT_HIST, 3);
	assert_int_equal(merged[0], 3);
	assert_int_equal(merged[1], 1);
	assert_int_equal(merged[2], 1);
	assert_int_equal(merged[3], 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(places),
		cmocka_unit_test(recorded),
		cmocka_unit_test(manual),
		cmocka_unit_test(merges),
		cmocka_unit_test(buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
