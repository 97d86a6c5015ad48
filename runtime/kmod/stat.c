/* Statistic cells, and the operations of arrays of them. */
#include "runtime/kmod/kmod.h"

#include <linux/bitops.h>

/* Words of a cell; those that nobody reads are left out. */
struct places {
	u32 sum, min, max, mean, buckets, count;
};

static struct places places_of(const struct rt_stat *stat)
{
	struct places at = { 0 };
	u32 next = 1;

	at.sum = next;
	next += !!(stat->parts & (STAT_SUM | STAT_AVG | STAT_VARIANCE));
	at.min = next;
	next += !!(stat->parts & STAT_MIN);
	at.max = next;
	next += !!(stat->parts & STAT_MAX);
	at.mean = next;
	next += stat->parts & STAT_VARIANCE ? 2 : 0;
	at.buckets = next;
	at.count = next + stat->buckets;
	return at;
}

u32 rt_stat_size(const struct rt_stat *stat)
{
	return 8 * places_of(stat).count;
}

static u64 bucket_of(const struct rt_stat *stat, s64 value)
{
	u64 number;

	if (stat->hist == 1)
		return value < 0 ? 64 - fls64(0 - (u64)value) :
				   64 + fls64(value);
	if (value < stat->start)
		return 0;
	number = 1 + ((u64)value - (u64)stat->start) / (u64)stat->step;
	return min_t(u64, number, stat->buckets - 1);
}

static void add_variance(const struct rt_stat *stat, s64 *mean, s64 count,
			 s64 value)
{
	s64 shifted = arith_shl(value, stat->shift);
	s64 delta = arith_sub(shifted, mean[0]);

	mean[0] = arith_add(mean[0], arith_div(delta, count));
	mean[1] = arith_add(mean[1],
			    arith_mul(delta, arith_sub(shifted, mean[0])));
}

void rt_stat_value(const struct rt_stat *stat, s64 *cell, s64 value)
{
	struct places at = places_of(stat);
	u32 parts = stat->parts;
	s64 count = ++cell[0];

	if (parts & (STAT_SUM | STAT_AVG | STAT_VARIANCE))
		cell[at.sum] = arith_add(cell[at.sum], value);
	if (parts & STAT_MIN && (count == 1 || value < cell[at.min]))
		cell[at.min] = value;
	if (parts & STAT_MAX && (count == 1 || value > cell[at.max]))
		cell[at.max] = value;
	if (parts & STAT_VARIANCE)
		add_variance(stat, &cell[at.mean], count, value);
	if (stat->buckets)
		cell[at.buckets + bucket_of(stat, value)]++;
}

/* The common mean is taken anew, as where cells of processors are merged. */
static s64 variance(const struct rt_stat *stat, const s64 *cell)
{
	struct places at = places_of(stat);
	s64 mean, away, squares;

	if (cell[0] < 2)
		return 0;
	mean = arith_div(arith_shl(cell[at.sum], stat->shift), cell[0]);
	away = arith_sub(cell[at.mean], mean);
	squares = arith_add(cell[at.mean + 1],
			    arith_mul(cell[0], arith_mul(away, away)));
	return arith_shr(arith_div(squares, cell[0] - 1), 2 * stat->shift);
}

s64 rt_stat_part(const struct rt_stat *stat, const s64 *cell, u32 part)
{
	struct places at = places_of(stat);

	if (!cell || !cell[0])
		return 0;
	switch ((enum stat_part)part) {
	case STAT_COUNT:
		return cell[0];
	case STAT_SUM:
		return cell[at.sum];
	case STAT_MIN:
		return cell[at.min];
	case STAT_MAX:
		return cell[at.max];
	case STAT_AVG:
		return arith_div(cell[at.sum], cell[0]);
	case STAT_VARIANCE:
		return variance(stat, cell);
	case STAT_HIST:
		break;
	}
	return 0;
}

int rt_stat_add(struct rt_frame *frame, struct rt_map *map, const char *key,
		s64 value, s32 site)
{
	unsigned long flags = rt_map_lock(map);
	char *cell = rt_make(map, key);

	if (cell)
		rt_stat_value(map->stat, (s64 *)cell, value);
	rt_map_unlock(map, flags);
	return cell ? 0 : rt_overflow(frame, map, site);
}

int rt_stat_get(struct rt_frame *frame, struct rt_map *map, const char *key,
		u32 part, s64 *ret, s32 site)
{
	unsigned long flags = rt_map_lock(map);
	const s64 *cell = (const s64 *)rt_find(map, key);
	bool empty = !cell || !cell[0];

	*ret = rt_stat_part(map->stat, cell, part);
	rt_map_unlock(map, flags);
	if (empty && part != STAT_COUNT && part != STAT_SUM)
		return rt_raise(frame, RT_ERROR_EMPTY, 0, site);
	return 0;
}

/* A bucket by its number; 0 beyond the last. */
s64 rt_hist_get(struct rt_map *map, const char *key, s64 bucket)
{
	unsigned long flags = rt_map_lock(map);
	const s64 *cell = (const s64 *)rt_find(map, key);
	s64 result = 0;

	if (cell && bucket >= 0 && bucket < map->stat->buckets)
		result = cell[places_of(map->stat).buckets + bucket];
	rt_map_unlock(map, flags);
	return result;
}

void rt_hist_print(struct rt_frame *frame, struct rt_map *map,
		   const char *key)
{
	unsigned long flags;
	const s64 *cell;
	u32 i;

	rt_record_begin(frame, WIRE_HIST, map->id);
	flags = rt_map_lock(map);
	cell = (const s64 *)rt_find(map, key);
	for (i = 0; i < map->stat->buckets; i++)
		rt_record_long(frame, cell ? cell[places_of(map->stat).buckets
						  + i] : 0);
	rt_map_unlock(map, flags);
	rt_record_end(frame);
}
