/*
 * Walks over arrays: the elements are copied when the walk begins, sorted and
 * then handed out, so the handler may change the array meanwhile. A sorted
 * walk over the whole array leaves it in that order.
 */
#include "runtime/kmod/kmod.h"

#include <linux/sort.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

struct rt_item {
	const struct rt_iter *iter;
	u32 index;		/* of the entry: order of insertion */
	s64 value;		/* what is compared, if no text */
};

static u32 entry_size(const struct rt_iter *iter)
{
	return iter->map->key_size + iter->map->value_size;
}

static struct rt_node **nodes_of(const struct rt_iter *iter)
{
	return (struct rt_node **)(iter->items + iter->map->size);
}

/* Two tables behind the items: the nodes, and the nodes sorted. */
int rt_iters_create(void)
{
	u32 i;

	for (i = 0; i < rt_program.iter_count; i++) {
		struct rt_iter *iter = &rt_program.iters[i];
		u64 size = iter->map->size;

		iter->entries = vmalloc(size * entry_size(iter));
		iter->items = vmalloc(size * (sizeof(*iter->items) +
					      2 * sizeof(void *)));
		if (!iter->entries || !iter->items)
			return -ENOMEM;
	}
	return 0;
}

void rt_iters_destroy(void)
{
	u32 i;

	for (i = 0; i < rt_program.iter_count; i++) {
		vfree(rt_program.iters[i].entries);
		vfree(rt_program.iters[i].items);
	}
}

static const char *entry_at(const struct rt_iter *iter, u32 index)
{
	return iter->entries + (u64)index * entry_size(iter);
}

/* Where in an entry stands what is compared. */
static const char *compared(const struct rt_iter *iter, u32 index)
{
	const char *entry = entry_at(iter, index);

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
		order = strcmp(compared(iter, a->index),
			       compared(iter, b->index));
	else
		order = a->value < b->value ? -1 : a->value > b->value;
	if (order)
		return iter->descending ? -order : order;
	return a->index < b->index ? -1 : 1;
}

static s64 value_of(const struct rt_iter *iter, u32 index)
{
	const char *at;

	if (iter->sort == RT_SORT_NONE || iter->text)
		return 0;
	at = compared(iter, index);
	if (iter->sort == RT_SORT_STAT)
		return rt_stat_part(iter->map->stat, (const s64 *)at,
				    iter->sort_stat);
	return *(const s64 *)at;
}

static void sort_items(struct rt_iter *iter)
{
	u32 i;

	for (i = 0; i < iter->count; i++)
		iter->items[i] = (struct rt_item){
			.iter = iter, .index = i, .value = value_of(iter, i),
		};
	if (iter->sort != RT_SORT_NONE)
		sort(iter->items, iter->count, sizeof(*iter->items), compare,
		     NULL);
}

static void keep_order(struct rt_iter *iter)
{
	struct rt_node **nodes = nodes_of(iter);
	struct rt_node **sorted = nodes + iter->map->size;
	u32 i;

	for (i = 0; i < iter->count; i++)
		sorted[i] = nodes[iter->items[i].index];
	rt_relink(iter->map, sorted, iter->count);
}

int rt_iter_begin(struct rt_frame *frame, struct rt_iter *iter,
		  const char *key, u64 any, s64 limit, s32 site)
{
	unsigned long flags;

	if (xchg(&iter->busy, 1))
		return rt_raise(frame, RT_ERROR_RESOURCE, 0, site);
	if (iter->number < 64)
		frame->held |= 1ull << iter->number;
	flags = rt_map_lock(iter->map);
	iter->count = rt_snapshot(iter->map, key, any, iter->entries,
				  nodes_of(iter));
	sort_items(iter);
	if (iter->sort != RT_SORT_NONE && !key)
		keep_order(iter);
	rt_map_unlock(iter->map, flags);
	if (limit >= 0 && limit < iter->count)
		iter->count = limit;
	iter->next = 0;
	return 0;
}

s64 rt_iter_next(struct rt_iter *iter)
{
	if (iter->next >= iter->count)
		return 0;
	iter->next++;
	return 1;
}

const char *rt_iter_entry(const struct rt_iter *iter)
{
	return entry_at(iter, iter->items[iter->next - 1].index);
}

void rt_iter_end(struct rt_frame *frame, struct rt_iter *iter)
{
	if (iter->number < 64)
		frame->held &= ~(1ull << iter->number);
	smp_store_release(&iter->busy, 0);
}

/* Those that an error kept from their end. */
void rt_iters_release(struct rt_frame *frame)
{
	u32 i;

	for (i = 0; frame->held && i < rt_program.iter_count && i < 64; i++)
		if (frame->held >> i & 1)
			rt_iter_end(frame, &rt_program.iters[i]);
}
