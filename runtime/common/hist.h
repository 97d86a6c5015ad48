/*
 * Histograms: which bucket a value is counted in, what a bucket is called, and
 * the picture. Bucket numbers are those that scripts see (@hist_log(x)[n]).
 *
 * What is inline here runs everywhere; the picture is drawn by hist.c where
 * C can be called, in BPF by runtime/bpf/lib/hist.bpf.c in the same way.
 */
#ifndef SPILE_COMMON_HIST_H
#define SPILE_COMMON_HIST_H

#include <linux/types.h>

enum hist_kind { HIST_NONE, HIST_LOG, HIST_LINEAR };

enum {
	HIST_LOG_ZERO = 64,	/* the bucket of 0; 65: 1, 66: 2 and 3 ... and
				 * 63: -1, 62: -2 and -3 ... */
	HIST_LOG_BUCKETS = 129,
	HIST_BUCKETS_MOST = 130,	/* linear: 128 and both outsides */
	HIST_WIDTH_DEFAULT = 50,
	HIST_ELISION_DEFAULT = 2,
};

/* Bits of a number up to its highest one. */
static inline __u32 hist_bits(__u64 value)
{
	__u32 bits = 0, half;

	for (half = 32; half; half >>= 1) {
		if (value >> half) {
			bits += half;
			value >>= half;
		}
	}
	return bits + (value != 0);
}

static inline __u32 hist_log_bucket(__s64 value)
{
	return value < 0 ? HIST_LOG_ZERO - hist_bits(0 - (__u64)value) :
			   HIST_LOG_ZERO + hist_bits(value);
}

/* How many buckets: below start, from start to stop by step, above. 0 if the
 * bounds make no sense or too many buckets. */
static inline __u32 hist_linear_buckets(__s64 start, __s64 stop, __s64 step)
{
	__u64 inside;

	if (stop < start || step <= 0)
		return 0;
	inside = ((__u64)stop - (__u64)start) / (__u64)step;
	return inside >= HIST_BUCKETS_MOST - 2 ? 0 : inside + 3;
}

static inline __u32 hist_linear_bucket(__s64 start, __s64 step,
				       __u32 buckets, __s64 value)
{
	__u64 inside;

	if (value < start)
		return 0;
	inside = ((__u64)value - (__u64)start) / (__u64)step;
	return inside >= buckets - 2 ? buckets - 1 : inside + 1;
}

/* The least value of a bucket; for the one below all others, start, for the
 * one above, stop. */
static inline __s64 hist_log_low(__u32 bucket)
{
	if (bucket == HIST_LOG_ZERO)
		return 0;
	if (bucket > HIST_LOG_ZERO)
		return 1ULL << ((bucket - HIST_LOG_ZERO - 1) & 63);
	return 0 - (1ULL << ((HIST_LOG_ZERO - bucket - 1) & 63));
}

static inline __s64 hist_linear_low(__s64 start, __s64 stop, __s64 step,
				    __u32 buckets, __u32 bucket)
{
	if (bucket == 0)
		return start;
	if (bucket == buckets - 1)
		return stop;
	return start + (__s64)(bucket - 1) * step;
}

struct hist_shape {
	enum hist_kind kind;
	__s64 start, stop, step;	/* HIST_LINEAR */
	__u32 width;		/* of the longest bar: HIST_WIDTH */
	__s32 elision;		/* this many of a row of empty buckets are
				 * shown at both its ends: HIST_ELISION;
				 * negative: all */
};

/* How many buckets a shape has. */
__u32 hist_buckets(const struct hist_shape *shape);

__s64 hist_low(const struct hist_shape *shape, __u32 bucket);

/*
 * The picture, with an empty line at its end. Returns its length in bytes,
 * without a NUL, of which at most @room are written.
 */
__u64 hist_render(char *out, __u64 room, const struct hist_shape *shape,
		  const __u64 *buckets);

#endif
