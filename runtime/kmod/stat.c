/*
 * Statistics: an element holds a cell for each processor, which that one alone
 * writes; whoever reads merges them. Cells are those of runtime/common/stat.h.
 * Without keys there is one element, whose cells are the processors' own.
 */
#include "runtime/kmod/map.h"

#include <linux/cpumask.h>
#include <linux/limits.h>
#include <linux/percpu.h>
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

/* As inline.h wants it. */
static void cell_clear(const struct rt_map *map, s64 *cell)
{
	u32 parts = map->stat->parts;

	memset(cell, 0, map->cell_size);
	if (parts & STAT_MIN)
		cell[stat_offset(parts, STAT_MIN)] = S64_MAX;
	if (parts & STAT_MAX)
		cell[stat_offset(parts, STAT_MAX)] = S64_MIN;
}

void rt_stat_clear(struct rt_map *map)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
		cell_clear(map, per_cpu_ptr(map->cells, cpu));
}

int rt_stat_create(struct rt_map *map)
{
	map->cells = RT_TRY(__alloc_percpu(map->cell_size, sizeof(s64)));
	if (!map->cells)
		return -ENOMEM;
	rt_stat_clear(map);
	return 0;
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

void rt_stat_merge_cells(const struct rt_map *map, s64 *merged)
{
	u32 cpu;

	memset(merged, 0, map->cell_size);
	for_each_possible_cpu(cpu)
		stat_merge(merged, per_cpu_ptr(map->cells, cpu),
			   map->stat->parts, map->stat->buckets);
}

static void add_to(const struct rt_map *map, s64 *cell, s64 value)
{
	const struct rt_stat *stat = map->stat;

	stat_add(cell, stat->parts, stat->shift, value);
	if (stat->buckets)
		cell[map->buckets_at + rt_bucket_of(stat, value)]++;
}

static void add_here(struct rt_map *map, s64 value)
{
	unsigned long flags;

	raw_local_irq_save(flags);
	add_to(map, this_cpu_ptr(map->cells), value);
	raw_local_irq_restore(flags);
}

int rt_stat_add(struct rt_frame *frame, struct rt_map *map, const char *key,
		s64 value, s32 site)
{
	unsigned long flags;
	char *cells;

	if (map->cells) {
		add_here(map, value);
		return 0;
	}
	flags = rt_map_lock(map);
	cells = rt_make(map, key);
	if (cells)
		add_to(map, (s64 *)(cells + (u64)raw_smp_processor_id() *
				    map->cell_size), value);
	rt_map_unlock(map, flags);
	return cells ? 0 : rt_overflow(frame, map, site);
}

/* Under the map's lock, for cell_of(). */
static const char *find_cells(struct rt_map *map, const char *key)
{
	return map->cells ? NULL : rt_find(map, key);
}

/* One of an element that may not be there. */
static const s64 *cell_of(const struct rt_map *map, const char *cells, u32 cpu)
{
	if (map->cells)
		return per_cpu_ptr(map->cells, cpu);
	return cells ? (const s64 *)(cells + (u64)cpu * map->cell_size) : NULL;
}

/* The parts of a cell without its buckets: at most so many words. */
enum { PARTS_MOST = 8 };

static void merge_parts(const struct rt_map *map, const char *cells,
			s64 *merged)
{
	u32 parts = map->stat->parts & ~STAT_HIST, cpu;

	memset(merged, 0, PARTS_MOST * sizeof(*merged));
	for_each_possible_cpu(cpu) {
		const s64 *cell = cell_of(map, cells, cpu);

		if (cell)
			stat_merge(merged, cell, parts, 0);
	}
}

int rt_stat_get(struct rt_frame *frame, struct rt_map *map, const char *key,
		u32 part, s64 *ret, s32 site)
{
	unsigned long flags = rt_map_lock(map);
	s64 merged[PARTS_MOST];

	merge_parts(map, find_cells(map, key), merged);
	rt_map_unlock(map, flags);
	*ret = rt_stat_part(map->stat, merged, part);
	if (!merged[0] && part != STAT_COUNT && part != STAT_SUM)
		return rt_raise(frame, RT_ERROR_EMPTY, 0, site);
	return 0;
}

/* Under the lock: what all processors counted in a bucket. */
static s64 bucket_sum(const struct rt_map *map, const char *cells, u32 bucket)
{
	s64 sum = 0;
	u32 cpu;

	for_each_possible_cpu(cpu) {
		const s64 *cell = cell_of(map, cells, cpu);

		sum += cell ? cell[map->buckets_at + bucket] : 0;
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
	result = bucket_sum(map, find_cells(map, key), bucket);
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
	cells = find_cells(map, key);
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
