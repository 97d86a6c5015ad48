/*
 * Statistic cells: one per CPU, merged when read.
 *
 * A cell keeps only what a program reads; the parts stand in this order and
 * those left out take no room (offsets come from stat_offset()). All parts are
 * 8 bytes. Shared by both backends, the reader and the constant folder.
 */
#ifndef SPILE_COMMON_STAT_H
#define SPILE_COMMON_STAT_H

#include <linux/types.h>

#include "runtime/common/arith.h"

/* ORDER: as IR_STAT_* in translator/ir/ir.h. */
enum stat_part {
	STAT_COUNT = 1,		/* values added; its word is always there */
	STAT_SUM = 2,
	STAT_MIN = 4,
	STAT_MAX = 8,
	STAT_AVG = 16,		/* needs COUNT and SUM */
	STAT_VARIANCE = 32,	/* Welford: shifted mean and sum of squares;
				 * needs COUNT and SUM */
	STAT_HIST = 64,		/* buckets at the end */
};

enum { STAT_BUCKETS_LOG = 129, STAT_BUCKETS_MOST = 130 };

/* Parts that need the sum. */
enum { STAT_SUMMED = STAT_SUM | STAT_AVG | STAT_VARIANCE };

/* Which word of a cell the part is: of STAT_VARIANCE the mean, the sum of
 * squares follows; STAT_AVG takes no room. */
static inline __u32 stat_offset(__u32 parts, enum stat_part part)
{
	__u32 at = 0;

	if (part == STAT_COUNT)
		return at;
	at++;
	if (part == STAT_SUM || part == STAT_AVG)
		return at;
	at += (parts & STAT_SUMMED) != 0;
	if (part == STAT_MIN)
		return at;
	at += (parts & STAT_MIN) != 0;
	if (part == STAT_MAX)
		return at;
	at += (parts & STAT_MAX) != 0;
	if (part == STAT_VARIANCE)
		return at;
	at += parts & STAT_VARIANCE ? 2 : 0;
	return at;
}

/* Words of a cell, with its buckets. */
static inline __u32 stat_words(__u32 parts, __u32 buckets)
{
	return stat_offset(parts, STAT_HIST) +
	       (parts & STAT_HIST ? buckets : 0);
}

/* Adds a value to a cell that one processor alone writes; not to its
 * buckets. @shift scales the values of the variance. */
static inline void stat_add(__s64 *cell, __u32 parts, __u32 shift, __s64 value)
{
	__s64 count = ++cell[0];

	if (parts & STAT_SUMMED)
		cell[1] = arith_add(cell[1], value);
	if (parts & STAT_MIN) {
		__s64 *min = &cell[stat_offset(parts, STAT_MIN)];

		if (count == 1 || value < *min)
			*min = value;
	}
	if (parts & STAT_MAX) {
		__s64 *max = &cell[stat_offset(parts, STAT_MAX)];

		if (count == 1 || value > *max)
			*max = value;
	}
	if (parts & STAT_VARIANCE) {
		__s64 *mean = &cell[stat_offset(parts, STAT_VARIANCE)];
		__s64 shifted = arith_shl(value, shift);
		__s64 delta = arith_sub(shifted, mean[0]);

		mean[0] = arith_add(mean[0], arith_div(delta, count));
		mean[1] = arith_add(mean[1],
				    arith_mul(delta,
					      arith_sub(shifted, mean[0])));
	}
}

/*
 * Merges cells: @into begins all zero and takes one cell after the other. In
 * the merged form the words of the variance are the sums over the cells of
 * count * mean, and of squares + count * mean * mean: what is needed to move
 * all squares to the common mean, which is known only at the end. Everything
 * wraps, so sums that are too large on the way do no harm.
 */
static inline void stat_merge(__s64 *into, const __s64 *from, __u32 parts,
			      __u32 buckets)
{
	__u32 at = stat_offset(parts, STAT_HIST), i;

	if (from[0] == 0)
		return;
	if (parts & STAT_SUMMED)
		into[1] = arith_add(into[1], from[1]);
	if (parts & STAT_MIN) {
		__u32 min = stat_offset(parts, STAT_MIN);

		if (into[0] == 0 || from[min] < into[min])
			into[min] = from[min];
	}
	if (parts & STAT_MAX) {
		__u32 max = stat_offset(parts, STAT_MAX);

		if (into[0] == 0 || from[max] > into[max])
			into[max] = from[max];
	}
	if (parts & STAT_VARIANCE) {
		__u32 mean = stat_offset(parts, STAT_VARIANCE);
		__s64 weighted = arith_mul(from[0], from[mean]);

		into[mean] = arith_add(into[mean], weighted);
		into[mean + 1] = arith_add(into[mean + 1],
			arith_add(from[mean + 1],
				  arith_mul(weighted, from[mean])));
	}
	into[0] += from[0];
	if (parts & STAT_HIST)
		for (i = 0; i < buckets; i++)
			into[at + i] += from[at + i];
}

/* The average of a merged cell, rounded towards zero; 0 if it is empty. */
static inline __s64 stat_average(const __s64 *merged)
{
	return arith_div(merged[1], merged[0]);
}

/* The variance (of a sample) of a merged cell; 0 of less than two values. */
static inline __s64 stat_variance(const __s64 *merged, __u32 parts,
				  __u32 shift)
{
	const __s64 *sums = &merged[stat_offset(parts, STAT_VARIANCE)];
	__s64 count = merged[0], mean, squares;

	if (count < 2)
		return 0;
	mean = arith_div(arith_shl(merged[1], shift), count);
	squares = arith_sub(sums[1], arith_mul(arith_mul(2, mean), sums[0]));
	squares = arith_add(squares, arith_mul(count, arith_mul(mean, mean)));
	squares = arith_div(squares, count - 1);
	/* 2 * shift can be 63 and more, where a machine's shift starts over */
	return arith_shr(arith_shr(squares, shift), shift);
}

#endif
