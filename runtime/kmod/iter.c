/*
 * Walks over arrays: the elements are copied when the walk begins, sorted and
 * then handed out, so the handler may change the array meanwhile. A sorted
 * walk over the whole array leaves it in that order.
 */
#include "runtime/kmod/map.h"

#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

/* Memory that the walks of a recursive foreach should have at most, and how
 * many there are in any case. */
enum { WALKS_ROOM = 8 << 20, WALKS_LEAST = 8 };

struct rt_item {
	const struct rt_iter *iter;
	const char *entry;
	u32 index;		/* order of insertion */
	s64 value;		/* what is compared, if no text */
};

struct rt_walk {
	char *entries;		/* key, then value (of statistics: merged) */
	struct rt_item *items;
	struct rt_node **nodes;	/* of the entries; behind them, sorted */
	u32 count, next;
};

static u64 walk_size(const struct rt_iter *iter)
{
	return iter->map->size * (rt_entry_size(iter->map) +
				  sizeof(struct rt_item) +
				  2 * sizeof(struct rt_node *));
}

static u32 most_walks(const struct rt_iter *iter)
{
	u64 fit = WALKS_ROOM / walk_size(iter);

	if (!iter->recursive)
		return 1;
	return min_t(u64, rt_program.max_nesting + 1,
		     max_t(u64, fit, WALKS_LEAST));
}

static int walk_create(const struct rt_iter *iter, struct rt_walk *walk)
{
	u64 size = iter->map->size;

	walk->entries = RT_TRY(vmalloc(size * rt_entry_size(iter->map)));
	walk->items = RT_TRY(vmalloc(size * sizeof(*walk->items)));
	walk->nodes = RT_TRY(vmalloc(2 * size * sizeof(*walk->nodes)));
	return walk->entries && walk->items && walk->nodes ? 0 : -ENOMEM;
}

static int iter_create(struct rt_iter *iter)
{
	u32 i;

	iter->walk_count = most_walks(iter);
	iter->walks = RT_TRY(kvcalloc(iter->walk_count, sizeof(*iter->walks),
				      GFP_KERNEL));
	if (!iter->walks)
		return -ENOMEM;
	for (i = 0; i < iter->walk_count; i++)
		if (walk_create(iter, &iter->walks[i]))
			return -ENOMEM;
	return 0;
}

int rt_iters_create(void)
{
	u32 i;

	for (i = 0; i < rt_program.iter_count; i++)
		if (iter_create(&rt_program.iters[i]))
			return -ENOMEM;
	return 0;
}

static void iter_destroy(struct rt_iter *iter)
{
	u32 i;

	for (i = 0; iter->walks && i < iter->walk_count; i++) {
		vfree(iter->walks[i].entries);
		vfree(iter->walks[i].items);
		vfree(iter->walks[i].nodes);
	}
	kvfree(iter->walks);
}

void rt_iters_destroy(void)
{
	u32 i;

	for (i = 0; i < rt_program.iter_count; i++)
		iter_destroy(&rt_program.iters[i]);
}

/* ---- sorting ---- */

/* Where in an entry stands what is compared. */
static const char *compared(const struct rt_iter *iter, const char *entry)
{
	return iter->sort == RT_SORT_KEY ?
		entry + iter->map->keys[iter->sort_key].at :
		entry + iter->map->key_size;
}

static int compare(const void *left, const void *right)
{
	const struct rt_item *a = left, *b = right;
	const struct rt_iter *iter = a->iter;
	int order;

	if (iter->text)
		order = strcmp(compared(iter, a->entry),
			       compared(iter, b->entry));
	else
		order = a->value < b->value ? -1 : a->value > b->value;
	if (order)
		return iter->descending ? -order : order;
	return a->index < b->index ? -1 : 1;
}

static s64 value_of(const struct rt_iter *iter, const char *entry)
{
	const s64 *at = (const s64 *)compared(iter, entry);

	if (iter->sort == RT_SORT_NONE || iter->text)
		return 0;
	if (iter->sort == RT_SORT_STAT)
		return rt_stat_part(iter->map->stat, at, iter->sort_stat);
	return *at;
}

static void sort_items(const struct rt_iter *iter, struct rt_walk *walk)
{
	u32 size = rt_entry_size(iter->map), i;

	for (i = 0; i < walk->count; i++) {
		const char *entry = walk->entries + (u64)i * size;

		walk->items[i] = (struct rt_item){
			.iter = iter, .entry = entry, .index = i,
			.value = value_of(iter, entry),
		};
	}
	if (iter->sort != RT_SORT_NONE)
		sort(walk->items, walk->count, sizeof(*walk->items), compare,
		     NULL);
}

/* Later walks without a sort follow this one's order. */
static void keep_order(struct rt_iter *iter, struct rt_walk *walk,
		       u64 changes)
{
	struct rt_node **sorted = walk->nodes + iter->map->size;
	unsigned long flags;
	u32 i;

	for (i = 0; i < walk->count; i++)
		sorted[i] = walk->nodes[walk->items[i].index];
	flags = rt_map_lock(iter->map);
	/* else the nodes are no longer those of the elements */
	if (iter->map->changes == changes)
		rt_relink(iter->map, sorted, walk->count);
	rt_map_unlock(iter->map, flags);
}

/* ---- walking ---- */

static u32 depth_of(const struct rt_frame *frame, const struct rt_iter *iter)
{
	return iter->recursive ? frame->nesting - 1 : 0;
}

static struct rt_walk *walk_of(struct rt_frame *frame,
			       const struct rt_iter *iter)
{
	return &iter->walks[depth_of(frame, iter)];
}

int rt_iter_begin(struct rt_frame *frame, struct rt_iter *iter,
		  const char *key, u64 any, s64 limit, s32 site)
{
	struct rt_map *map = iter->map;
	struct rt_walk *walk;
	unsigned long flags;
	u64 changes;

	if (depth_of(frame, iter) >= iter->walk_count)
		return rt_raise(frame, RT_ERROR_NESTING, 0, site);
	walk = walk_of(frame, iter);
	flags = rt_map_lock(map);
	changes = map->changes;
	walk->count = rt_snapshot(map, key, any, walk->entries, walk->nodes);
	rt_map_unlock(map, flags);
	sort_items(iter, walk);
	if (iter->sort != RT_SORT_NONE && !key)
		keep_order(iter, walk, changes);
	if (limit >= 0 && limit < walk->count)
		walk->count = limit;
	walk->next = 0;
	return 0;
}

s64 rt_iter_next(struct rt_frame *frame, struct rt_iter *iter)
{
	struct rt_walk *walk = walk_of(frame, iter);

	return walk->next < walk->count && ++walk->next;
}

const char *rt_iter_entry(struct rt_frame *frame, const struct rt_iter *iter)
{
	const struct rt_walk *walk = walk_of(frame, iter);

	return walk->items[walk->next - 1].entry;
}
