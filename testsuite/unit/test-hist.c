/*
 * Buckets and pictures of histograms. The pictures are recorded behaviour (l18
 * l19 l20).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/common/hist.h"

static const struct hist_shape log_shape = {
	.kind = HIST_LOG, .width = 50, .elision = 2,
};

static void check(const struct hist_shape *shape, const __u64 *buckets,
		  const char *expected)
{
	char out[16384];
	uint64_t length = hist_render(out, sizeof(out) - 1, shape, buckets);

	assert_true(length < sizeof(out));
	out[length] = '\0';
	assert_string_equal(out, expected);
	assert_int_equal(hist_render(out, 10, shape, buckets), length);
}

static void log_buckets(void **state)
{
	(void)state;
	assert_int_equal(hist_log_bucket(0), 64);
	assert_int_equal(hist_log_bucket(1), 65);
	assert_int_equal(hist_log_bucket(2), 66);
	assert_int_equal(hist_log_bucket(3), 66);
	assert_int_equal(hist_log_bucket(4), 67);
	assert_int_equal(hist_log_bucket(INT64_MAX), 127);
	assert_int_equal(hist_log_bucket(-1), 63);
	assert_int_equal(hist_log_bucket(-2), 62);
	assert_int_equal(hist_log_bucket(-3), 62);
	assert_int_equal(hist_log_bucket(INT64_MIN), 0);
	for (int i = 1; i < 128; i++)
		assert_int_equal(hist_log_bucket(hist_low(&log_shape, i)), i);
}

static void linear_buckets(void **state)
{
	(void)state;
	assert_int_equal(hist_linear_buckets(0, 60, 5), 15);
	assert_int_equal(hist_linear_buckets(0, 127, 1), 130);
	assert_int_equal(hist_linear_buckets(0, 128, 1), 0);
	assert_int_equal(hist_linear_buckets(0, 10, 0), 0);
	assert_int_equal(hist_linear_buckets(10, 0, 1), 0);
	assert_int_equal(hist_linear_buckets(INT64_MIN, INT64_MAX, 1), 0);
	assert_int_equal(hist_linear_bucket(0, 5, 15, -1), 0);
	assert_int_equal(hist_linear_bucket(0, 5, 15, 0), 1);
	assert_int_equal(hist_linear_bucket(0, 5, 15, 4), 1);
	assert_int_equal(hist_linear_bucket(0, 5, 15, 64), 13);
	assert_int_equal(hist_linear_bucket(0, 5, 15, 65), 14);
	assert_int_equal(hist_linear_bucket(0, 5, 15, INT64_MAX), 14);
	assert_int_equal(hist_linear_bucket(-100, 50, 6, INT64_MAX), 5);
	assert_int_equal(hist_linear_bucket(-100, 50, 6, -51), 1);
}

static void log_picture(void **state)
{
	static const int64_t values[] = { 0, 1, 1, 2, 3, 4, 7, 8, 1000,
					  1000000 };
	__u64 buckets[HIST_LOG_BUCKETS] = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		buckets[hist_log_bucket(values[i])]++;
	check(&log_shape, buckets,
		"  value |-------------------------------------------------- count\n"
		"      0 |@                                                  1\n"
		"      1 |@@                                                 2\n"
		"      2 |@@                                                 2\n"
		"      4 |@@                                                 2\n"
		"      8 |@                                                  1\n"
		"     16 |                                                   0\n"
		"     32 |                                                   0\n"
		"        ~\n"
		"    128 |                                                   0\n"
		"    256 |                                                   0\n"
		"    512 |@                                                  1\n"
		"   1024 |                                                   0\n"
		"   2048 |                                                   0\n"
		"        ~\n"
		" 131072 |                                                   0\n"
		" 262144 |                                                   0\n"
		" 524288 |@                                                  1\n"
		"1048576 |                                                   0\n"
		"2097152 |                                                   0\n"
		"\n");
}

static void wide_picture(void **state)
{
	__u64 buckets[HIST_LOG_BUCKETS] = { 0 };

	(void)state;
	for (int i = 0; i < 3000; i++)
		buckets[hist_log_bucket(i < 2990 ? 5 : i * 7)]++;
	check(&log_shape, buckets,
		"value |-------------------------------------------------- count\n"
		"    1 |                                                      0\n"
		"    2 |                                                      0\n"
		"    4 |@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@  2990\n"
		"    8 |                                                      0\n"
		"   16 |                                                      0\n"
		"      ~\n"
		" 4096 |                                                      0\n"
		" 8192 |                                                      0\n"
		"16384 |                                                     10\n"
		"32768 |                                                      0\n"
		"65536 |                                                      0\n"
		"\n");
}

static void linear_pictures(void **state)
{
	static const struct hist_shape wide = {
		.kind = HIST_LINEAR, .start = 0, .stop = 100, .step = 10,
		.width = 50, .elision = 2,
	}, narrow = {
		.kind = HIST_LINEAR, .start = 0, .stop = 60, .step = 5,
		.width = 50, .elision = 2,
	};
	__u64 buckets[HIST_BUCKETS_MOST] = { 0 };

	(void)state;
	for (int i = -5; i < 120; i++)
		buckets[hist_linear_bucket(0, 10, hist_buckets(&wide), i)]++;
	check(&wide, buckets,
		"value |-------------------------------------------------- count\n"
		"   <0 |@@@@@                                               5\n"
		"    0 |@@@@@@@@@@                                         10\n"
		"   10 |@@@@@@@@@@                                         10\n"
		"   20 |@@@@@@@@@@                                         10\n"
		"   30 |@@@@@@@@@@                                         10\n"
		"   40 |@@@@@@@@@@                                         10\n"
		"   50 |@@@@@@@@@@                                         10\n"
		"   60 |@@@@@@@@@@                                         10\n"
		"   70 |@@@@@@@@@@                                         10\n"
		"   80 |@@@@@@@@@@                                         10\n"
		"   90 |@@@@@@@@@@                                         10\n"
		"  100 |@@@@@@@@@@                                         10\n"
		" >100 |@@@@@@@@@@                                         10\n"
		"\n");
	memset(buckets, 0, sizeof(buckets));
	buckets[1] = 2;
	buckets[11] = 1;
	check(&narrow, buckets,
		"value |-------------------------------------------------- count\n"
		"    0 |@@                                                 2\n"
		"    5 |                                                   0\n"
		"   10 |                                                   0\n"
		"      ~\n"
		"   40 |                                                   0\n"
		"   45 |                                                   0\n"
		"   50 |@                                                  1\n"
		"   55 |                                                   0\n"
		"   60 |                                                   0\n"
		"\n");
}

/* Width and elision of HIST_WIDTH and HIST_ELISION; negative values. */
static void options(void **state)
{
	struct hist_shape shape = {
		.kind = HIST_LOG, .width = 10, .elision = 0,
	};
	__u64 buckets[HIST_LOG_BUCKETS] = { 0 };

	(void)state;
	buckets[hist_log_bucket(-5)] = 20;
	buckets[hist_log_bucket(3)] = 5;
	check(&shape, buckets,
		"value |---------- count\n"
		"      ~\n"
		"   -4 |@@@@@@@@@@ 20\n"
		"      ~\n"
		"    2 |@@          5\n"
		"      ~\n"
		"\n");
	shape.elision = -1;
	buckets[hist_log_bucket(-5)] = 0;
	buckets[hist_log_bucket(100)] = 1;
	check(&shape, buckets,
		"value |---------- count\n"
		"    0 |           0\n"
		"    1 |           0\n"
		"    2 |@@@@@      5\n"
		"    4 |           0\n"
		"    8 |           0\n"
		"   16 |           0\n"
		"   32 |           0\n"
		"   64 |@          1\n"
		"  128 |           0\n"
		"  256 |           0\n"
		"\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_buckets),
		cmocka_unit_test(linear_buckets),
		cmocka_unit_test(log_picture),
		cmocka_unit_test(wide_picture),
		cmocka_unit_test(linear_pictures),
		cmocka_unit_test(options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
