/*
 * Statistics: an element holds a cell for each processor, which that one alone
 * writes; whoever reads merges them. Cells are those of runtime/common/stat.h.
 */
#include "runtime/kmod/map.h"

#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/smp.h>

#include "runtime/common/hist.h"

/* Of the cells' words; the buckets stand at the end. */
static u32 words_of(const struct rt_stat *stat)
{
	return stat_words(stat->parts, stat->buckets);
}

u32 rt_stat_size(const struct rt_stat *stat)
{
	return 8 * words_of(stat);
}

void rt_stat_lay_out(struct rt_map *map)
{
	map->cell_size = rt_stat_size(map->stat);
	map->buckets_at = stat_offset(map->stat->parts, STAT_HIST);
	map->value_size = nr_cpu_ids * map->cell_size;
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

void rt_stat_merge(const struct rt_stat *stat, const char *value, s64 *merged)
{
	u32 size = rt_stat_size(stat), cpu;

	memset(merged, 0, size);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++)
		stat_merge(merged, (const s64 *)(value + (u64)cpu * size),
			   stat->parts, stat->buckets);
}

s64 rt_stat_part(const struct rt_stat *stat, const s64 *merged, u32 part)
{
	if (!merged[0])
		return 0;
	switch ((enum stat_part)part) {
	case STAT_COUNT:
	case STAT_SUM:
	case STAT_MIN:
	case STAT_MAX:
		return merged[stat_offset(stat->parts, part)];
	case STAT_AVG:
		return stat_average(merged);
	case STAT_VARIANCE:
		return stat_variance(merged, stat->parts, stat->shift);
	case STAT_HIST:
		break;
	}
	return 0;
}

int rt_stat_add(struct rt_frame *frame, struct rt_map *map, const char *key,
		s64 value, s32 site)
{
	const struct rt_stat *stat = map->stat;
	unsigned long flags = rt_map_lock(map);
	char *cells = rt_make(map, key);

	if (cells) {
		s64 *cell = (s64 *)(cells + (u64)raw_smp_processor_id() *
				    map->cell_size);

		stat_add(cell, stat->parts, stat->shift, value);
		if (stat->buckets)
			cell[map->buckets_at + bucket_of(stat, value)]++;
	}
	rt_map_unlock(map, flags);
	return cells ? 0 : rt_overflow(frame, map, site);
}

/* The parts of a cell without its buckets: at most so many words. */
enum { PARTS_MOST = 8 };

static void merge_parts(const struct rt_map *map, const char *cells,
			s64 *merged)
{
	u32 parts = map->stat->parts & ~STAT_HIST, cpu;
	u32 size = rt_stat_size(map->stat);

	memset(merged, 0, PARTS_MOST * sizeof(*merged));
	for (cpu = 0; cells && cpu < nr_cpu_ids; cpu++)
		stat_merge(merged, (const s64 *)(cells + (u64)cpu * size),
			   parts, 0);
}

int rt_stat_get(struct rt_frame *frame, struct rt_map *map, const char *key,
		u32 part, s64 *ret, s32 site)
{
	unsigned long flags = rt_map_lock(map);
	s64 merged[PARTS_MOST];

	merge_parts(map, rt_find(map, key), merged);
	rt_map_unlock(map, flags);
	*ret = rt_stat_part(map->stat, merged, part);
	if (!merged[0] && part != STAT_COUNT && part != STAT_SUM)
		return rt_raise(frame, RT_ERROR_EMPTY, 0, site);
	return 0;
}

/* Under the lock: what all processors counted in a bucket. */
static s64 bucket_sum(const struct rt_map *map, const char *cells, u32 bucket)
{
	u32 size = map->cell_size, cpu;
	s64 sum = 0;

	for (cpu = 0; cells && cpu < nr_cpu_ids; cpu++) {
		const s64 *cell = (const s64 *)(cells + (u64)cpu * size);

		sum += cell[map->buckets_at + bucket];
	}
	return sum;
}

/* A bucket by its number; 0 beyond the last. */
s64 rt_hist_get(struct rt_map *map, const char *key, s64 bucket)
{
	unsigned long flags;
	s64 result;

	if (bucket < 0 || bucket >= map->stat->buckets)
		return 0;
	flags = rt_map_lock(map);
	result = bucket_sum(map, rt_find(map, key), bucket);
	rt_map_unlock(map, flags);
	return result;
}

/* All buckets as a record in the frame; 0 if nothing is counted. */
static s64 record_buckets(struct rt_frame *frame, struct rt_map *map,
			  const char *key)
{
	unsigned long flags;
	const char *cells;
	s64 count = 0;
	u32 i;

	rt_record_begin(frame, WIRE_HIST, map->id);
	flags = rt_map_lock(map);
	cells = rt_find(map, key);
	for (i = 0; i < map->stat->buckets; i++) {
		s64 sum = bucket_sum(map, cells, i);

		rt_record_long(frame, sum);
		count += sum;
	}
	rt_map_unlock(map, flags);
	return count;
}

int rt_hist_print(struct rt_frame *frame, struct rt_map *map,
		  const char *key, s32 site)
{
	if (!record_buckets(frame, map, key))
		return rt_raise(frame, RT_ERROR_EMPTY, 0, site);
	rt_record_end(frame);
	return 0;
}

int rt_hist_text(struct rt_frame *frame, struct rt_map *map, const char *key,
		 char *to, u32 room, s32 site)
{
	const struct rt_stat *stat = map->stat;
	struct hist_shape shape = {
		.kind = stat->hist, .start = stat->start, .stop = stat->stop,
		.step = stat->step, .width = stat->width,
		.elision = stat->elision,
	};
	const char *buckets = frame->record + sizeof(struct wire_head);

	if (!record_buckets(frame, map, key))
		return rt_raise(frame, RT_ERROR_EMPTY, 0, site);
	rt_line_begin(frame);
	frame->line_length = hist_render(frame->line, rt_program.text_max,
					 &shape, (const u64 *)buckets);
	rt_line_end(frame, to, room);
	return 0;
}
