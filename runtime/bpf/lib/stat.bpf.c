/*
 * Statistics: a cell for each processor, merged when read.
 *
 * A cell is 8-byte words: count; sum; least; most; mean and squares (variance,
 * Welford's recurrence on values shifted left); buckets. Words that no one
 * reads are left out: rt_stat_at() gives the place of each. Scalar statistics
 * are maps of one element, so both kinds are reached in the same way.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/common/arith.h"
#include "runtime/common/stat.h"

extern const __u32 rt_cpus;	/* processors there can be; set by the backend */
extern const char rt_zeros[8 + 8 * (7 + 130)];

static RT_GEN __u32 sum_at(void)
{
	return 1;
}

static RT_GEN __u32 min_at(__u32 parts)
{
	return 1 + !!(parts & (STAT_SUM | STAT_AVG | STAT_VARIANCE));
}

static RT_GEN __u32 max_at(__u32 parts)
{
	return min_at(parts) + !!(parts & STAT_MIN);
}

static RT_GEN __u32 mean_at(__u32 parts)
{
	return max_at(parts) + !!(parts & STAT_MAX);
}

/* ---- buckets ---- */

/*
 * Bits up to the highest one. The processor predicts the branches, since numbers
 * are alike mostly. The verifier would follow each of their results to the end
 * of the handler: so it is made one that the verifier knows nothing of but its
 * bound, and the ways meet again.
 */
static RT_GEN __u64 bits(__u64 value)
{
	/* the bits of numbers below 16, four bits each */
	const __u64 few = 0x4444444433332210ULL;
	__u64 hidden = value, count = 0;

	barrier_var(hidden);
	for (__u32 step = 32; step >= 4; step /= 2) {
		if (value >> step) {
			value >>= step;
			count += step;
			barrier_var(count);	/* it stays a branch */
		}
	}
	count += (few >> (value << 2)) & 7;
	count -= hidden;
	barrier_var(count);
	return (count + hidden) & 127;
}

/* 64 and the bits of the number; of a negative one they are subtracted. */
static RT_GEN __u64 log_bucket(__s64 value)
{
	__u64 sign = value >> 63;

	return 64 + ((bits(((__u64)value ^ sign) - sign) ^ sign) - sign);
}

static RT_GEN __u64 bucket(const struct rt_array_plan *plan, __s64 value)
{
	if (plan->hist == 1)
		return log_bucket(value);
	if (value < plan->start)
		return 0;
	return 1 + ((__u64)value - (__u64)plan->start) / (__u64)plan->step;
}

/* The offset of a bucket. The barrier keeps the compiler from proving the
 * bound by other means than the verifier's. */
static RT_GEN __u64 bucket_offset(const struct rt_array_plan *plan,
				  __u64 number)
{
	barrier_var(number);
	if (number >= plan->buckets)
		number = plan->buckets - 1;
	return plan->payload + plan->bucket_at + 8 * number;
}

/* ---- adding ---- */

static RT_GEN void add_variance(const struct rt_array_plan *plan,
				__s64 *mean, __s64 count, __s64 value)
{
	__s64 shifted = arith_shl(value, plan->shift);
	__s64 delta = arith_sub(shifted, mean[0]);

	mean[0] = arith_add(mean[0], arith_div(delta, count));
	mean[1] = arith_add(mean[1], arith_mul(delta, arith_sub(shifted,
								mean[0])));
}

/* Adds to a word of this processor's cell; the old value. An interrupt may
 * bring another program that adds to it, unless the plan knows better. */
static RT_GEN __s64 add_to_word(const struct rt_array_plan *plan, __s64 *word,
				__s64 value)
{
	__s64 old;

	if (!plan->alone)
		return __sync_fetch_and_add(word, value);
	old = *word;
	*word = (__s64)((__u64)old + (__u64)value);
	return old;
}

static RT_GEN void add_to_cell(__s64 *cell, const struct rt_array_plan *plan,
			       __s64 value)
{
	__u32 parts = plan->parts;
	__s64 count;

	if (parts & (STAT_MIN | STAT_MAX | STAT_VARIANCE)) {
		count = add_to_word(plan, &cell[0], 1);
	} else {
		count = 1;
		if (parts & STAT_COUNT)
			add_to_word(plan, &cell[0], 1);
	}
	if (parts & (STAT_SUM | STAT_AVG | STAT_VARIANCE))
		add_to_word(plan, &cell[sum_at()], value);
	if (parts & STAT_MIN && (!count || value < cell[min_at(parts)]))
		cell[min_at(parts)] = value;
	if (parts & STAT_MAX && (!count || value > cell[max_at(parts)]))
		cell[max_at(parts)] = value;
	if (parts & STAT_VARIANCE)
		add_variance(plan, &cell[mean_at(parts)], count + 1, value);
	if (plan->hist)
		add_to_word(plan, (__s64 *)((char *)cell - plan->payload +
					    bucket_offset(plan,
							  bucket(plan, value))),
			    1);
}

/* A cell of zeros under @key, in the place of the oldest if need be. */
static RT_GEN long insert_cell(void *map, const void *key,
			       const struct rt_array_plan *plan,
			       struct rt_order *order, void *ring)
{
	long status = bpf_map_update_elem(map, key, rt_zeros, BPF_NOEXIST);
	struct rt_insertion insertion = { map, ring, plan, order, key, rt_zeros,
					  0 };

	if (!ring || !status || status == -EEXIST)
		return status;
	return rt_insert_evicting(&insertion);
}

/* The value <<< of an element. 0, or not when the array is full. */
RT_GEN long rt_stat_add(void *map, const void *key,
			const struct rt_array_plan *plan,
			struct rt_order *order, void *ring, __s64 value)
{
	char *cell = bpf_map_lookup_elem(map, key);
	long status;
	__u64 number;

	if (__builtin_expect(!cell, 0)) {
		status = insert_cell(map, key, plan, order, ring);
		if (status && status != -EEXIST)
			return status;
		cell = bpf_map_lookup_elem(map, key);
		if (!cell)
			return 0;
		/* the largest number among the processors' cells counts */
		if (plan->payload && !status) {
			number = __sync_fetch_and_add(&order->next, 1);
			*(__u64 *)cell = number;
			if (ring)
				rt_ring_note(ring, plan, key, number);
		}
	}
	add_to_cell((__s64 *)(cell + plan->payload), plan, value);
	return 0;
}

/* ---- reading ---- */

/*
 * Merges the cells of an element: count, sum, min, max, avg, variance in
 * @ret. The second pass over the processors is for the variance, which needs
 * the common mean.
 */
RT_SHARED void rt_stat_merge(void *map, const void *key,
			  const struct rt_array_plan *plan, __s64 *ret)
{
	__u32 parts = plan->parts;
	__s64 count = 0, sum = 0, least = 0, most = 0, squares = 0;

	for (__u32 cpu = 0; cpu < rt_cpus; cpu++) {
		char *value = bpf_map_lookup_percpu_elem(map, key, cpu);
		__s64 *cell;

		if (!value)
			continue;
		cell = (__s64 *)(value + plan->payload);
		if (parts & STAT_COUNT && !cell[0])
			continue;
		if (parts & (STAT_SUM | STAT_AVG | STAT_VARIANCE))
			sum = arith_add(sum, cell[sum_at()]);
		if (parts & STAT_MIN &&
		    (!count || cell[min_at(parts)] < least))
			least = cell[min_at(parts)];
		if (parts & STAT_MAX && (!count || cell[max_at(parts)] > most))
			most = cell[max_at(parts)];
		count += cell[0];
	}
	ret[0] = count;
	ret[1] = sum;
	ret[2] = least;
	ret[3] = most;
	ret[4] = arith_div(sum, count);
	ret[5] = 0;
	if (!(parts & STAT_VARIANCE) || count < 2)
		return;

	__s64 mean = arith_div(arith_shl(sum, plan->shift), count);

	for (__u32 cpu = 0; cpu < rt_cpus; cpu++) {
		char *value = bpf_map_lookup_percpu_elem(map, key, cpu);
		__s64 *cell, away;

		if (!value)
			continue;
		cell = (__s64 *)(value + plan->payload);
		away = arith_sub(cell[mean_at(parts)], mean);
		squares = arith_add(squares, cell[mean_at(parts) + 1]);
		squares = arith_add(squares, arith_mul(cell[0],
						       arith_mul(away, away)));
	}
	ret[5] = arith_shr(arith_div(squares, count - 1), 2 * plan->shift);
}

/* Where no count is kept, a histogram's buckets have it. */
static RT_GEN __s64 cell_count(const char *value,
			       const struct rt_array_plan *plan)
{
	const __s64 *bucket = (const __s64 *)(value + plan->payload +
					      plan->bucket_at);
	__s64 count = 0;

	if (plan->parts & STAT_COUNT || !plan->hist)
		return *(const __s64 *)(value + plan->payload);
	for (__u32 i = 0; i < plan->buckets; i++)
		count += *(volatile const __s64 *)&bucket[i];
	return count;
}

RT_SHARED __s64 rt_stat_count(void *map, const void *key,
			   const struct rt_array_plan *plan)
{
	__s64 count = 0;

	for (__u32 cpu = 0; cpu < rt_cpus; cpu++) {
		char *value = bpf_map_lookup_percpu_elem(map, key, cpu);

		if (value)
			count += cell_count(value, plan);
	}
	return count;
}

/* One bucket; 0 for a number that there is not. */
RT_SHARED __s64 rt_hist_get(void *map, const void *key,
			 const struct rt_array_plan *plan, __u64 number)
{
	__s64 count = 0;

	if (number >= plan->buckets)
		return 0;
	for (__u32 cpu = 0; cpu < rt_cpus; cpu++) {
		char *value = bpf_map_lookup_percpu_elem(map, key, cpu);

		if (value)
			count += *(__s64 *)(value +
					    bucket_offset(plan, number));
	}
	return count;
}

struct buckets {
	__s64 *to, *from;
	__u64 count;
};

static long add_step(__u64 i, struct buckets *buckets)
{
	barrier_var(i);
	if (i >= buckets->count)
		return 1;
	buckets->to[i] += buckets->from[i];
	return 0;
}

/* All buckets to @ret (room for plan->buckets). */
RT_SHARED void rt_hist_merge(void *map, const void *key,
			  const struct rt_array_plan *plan, __s64 *ret)
{
	struct buckets buckets = { .to = ret, .count = plan->buckets };

	bpf_probe_read_kernel(ret, 8 * plan->buckets, rt_zeros);
	for (__u32 cpu = 0; cpu < rt_cpus; cpu++) {
		char *value = bpf_map_lookup_percpu_elem(map, key, cpu);

		if (!value)
			continue;
		buckets.from = (__s64 *)(value + plan->payload +
					 plan->bucket_at);
		bpf_loop(plan->buckets, add_step, &buckets, 0);
	}
}

/* @clear of a scalar statistic. */
RT_SHARED void rt_stat_clear(void *map, const void *key, __u32 size)
{
	for (__u32 cpu = 0; cpu < rt_cpus; cpu++) {
		char *value = bpf_map_lookup_percpu_elem(map, key, cpu);

		if (value)
			bpf_probe_read_kernel(value, size, rt_zeros);
	}
}
