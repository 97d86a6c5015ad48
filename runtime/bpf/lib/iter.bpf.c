/*
 * Walks over arrays. The elements are copied to a buffer of the walk's own,
 * sorted there, and handed out one by one, so that the array may change
 * meanwhile.
 *
 * The sort is a merge of runs, one comparison a step, all steps in one
 * bpf_loop(): the verifier sees one step. Its state is in the control block,
 * not on the stack, where the verifier would try to follow it.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/gen.h"

extern const __u32 rt_cpus;

RT_SHARED void rt_stat_merge(void *map, const void *key,
			     const struct rt_array_plan *plan, __s64 *ret);

struct walk {
	void *map, *entries;
	struct rt_iter *iter;
	const struct rt_iter_plan *plan;
	const struct rt_array_plan *array;
	const __u64 *key, *mask;	/* slice; mask NULL: the whole */
	__u32 first;			/* of the entries in this buffer */
};

static RT_GEN struct rt_item *item(struct walk *walk, __u64 table, __u64 index)
{
	__u64 mask = walk->plan->mask;
	__u64 at;

	/* what the compiler cannot know it cannot take out of the mask */
	barrier_var(index);
	at = (index & mask) + (table ? mask + 1 : 0);
	/* that sum becomes an "or", of which Linux 6.1 forgets the bounds */
	barrier_var(at);
	return &walk->iter->items[at & (2 * mask + 1)];
}

/* ---- collecting ---- */

static RT_GEN int in_slice(struct walk *walk, const __u64 *key)
{
	if (!walk->mask)
		return 1;
	for (__u32 i = 0; i < 520; i++) {
		if (i >= walk->plan->key_size / 8)
			break;
		if ((key[i] ^ walk->key[i]) & walk->mask[i])
			return 0;
	}
	return 1;
}

static RT_GEN __u64 order_of(struct walk *walk, const void *key,
			     const void *value)
{
	__u64 order = 0;

	if (!walk->array->payload)
		return 0;
	if (!walk->array->per_cpu)
		return *(__u64 *)value;
	for (__u32 cpu = 0; cpu < rt_cpus; cpu++) {
		__u64 *cell = bpf_map_lookup_percpu_elem(walk->map, key, cpu);

		if (cell && *cell > order)
			order = *cell;
	}
	return order;
}

static RT_GEN __s64 merged(struct walk *walk, const void *key)
{
	__s64 results[RT_STAT_RESULTS];

	rt_stat_merge(walk->map, key, walk->array, results);
	switch (walk->plan->stat) {
	case 0:
		return results[0];
	case 1:
		return results[1];
	case 2:
		return results[2];
	case 3:
		return results[3];
	case 4:
		return results[4];
	}
	return results[5];
}

/* What decides most comparisons: the number, or how the text begins. */
static RT_GEN __s64 first_value(struct walk *walk, const void *key,
				const char *entry)
{
	switch (walk->plan->sort) {
	case RT_SORT_LONG:
		return *(__s64 *)(entry + walk->plan->sort_at);
	case RT_SORT_TEXT:
		return bpf_be64_to_cpu(*(__u64 *)(entry +
						  walk->plan->sort_at)) ^
		       1ULL << 63;
	case RT_SORT_STAT:
		return merged(walk, key);
	}
	return 0;
}

static long collect(void *map, const void *key, const char *value,
		    struct walk *walk)
{
	const struct rt_iter_plan *plan = walk->plan;
	struct rt_iter *iter = walk->iter;
	__u32 index = walk->first + iter->count;
	struct rt_item *to;
	char *entry;

	(void)map;
	if (!in_slice(walk, key))
		return 0;
	if (iter->count >= plan->size)
		return 1;
	entry = bpf_map_lookup_elem(walk->entries, &index);
	if (!entry)
		return 1;
	bpf_probe_read_kernel(entry, plan->key_size, key);
	if (plan->value_size)
		bpf_probe_read_kernel(entry + plan->key_size, plan->value_size,
				      value + walk->array->payload);
	to = item(walk, 0, iter->count);
	to->value = first_value(walk, key, entry);
	to->order = order_of(walk, key, value);
	to->index = index;
	iter->count++;
	return 0;
}

/* ---- sorting ---- */

static RT_GEN int text_before(struct walk *walk, const struct rt_item *a,
			      const struct rt_item *b, int *ret_equal)
{
	__u32 index = a->index;
	const char *left = bpf_map_lookup_elem(walk->entries, &index);

	index = b->index;

	const char *right = bpf_map_lookup_elem(walk->entries, &index);

	*ret_equal = 1;
	if (!left || !right)
		return 0;
	left += walk->plan->sort_at;
	right += walk->plan->sort_at;
	for (__u32 i = 8; i < 4096 + 8; i += 8) {
		if (i >= walk->plan->sort_room)
			break;

		__u64 l = *(__u64 *)(left + i);
		__u64 r = *(__u64 *)(right + i);

		if (l == r)
			continue;
		*ret_equal = 0;
		return bpf_be64_to_cpu(l) < bpf_be64_to_cpu(r);
	}
	return 0;
}

/* Does @a stand before @b? Equal ones keep the order of insertion. */
static RT_GEN int before(struct walk *walk, const struct rt_item *a,
			 const struct rt_item *b)
{
	int down = walk->plan->descending;
	int equal = 1, less = 0;

	if (a->value != b->value)
		return (a->value < b->value) != down;
	if (walk->plan->sort == RT_SORT_TEXT && walk->plan->sort_room > 8)
		less = text_before(walk, a, b, &equal);
	if (!equal)
		return less != down;
	return a->order < b->order;
}

static RT_GEN void merge_begin(struct rt_iter *iter)
{
	iter->left = iter->at;
	iter->right = iter->at + iter->width;
}

/* Puts one item in its place. */
static long merge_step(__u32 step, struct walk *walk)
{
	struct rt_iter *iter = walk->iter;
	__u64 end = iter->count, width = iter->width, at = iter->at;
	__u64 table = iter->table;
	__u64 block = at & ~(2 * width - 1);
	__u64 left_end = block + width, right_end = block + 2 * width;
	struct rt_item *from;

	(void)step;
	if (width >= end)
		return 1;
	if (at >= end) {
		iter->table = !table;
		iter->width = 2 * width;
		iter->at = 0;
		merge_begin(iter);
		return 0;
	}
	if (at == block)
		merge_begin(iter);
	if (left_end > end)
		left_end = end;
	if (right_end > end)
		right_end = end;

	__u64 left = iter->left, right = iter->right;

	if (left < left_end &&
	    (right >= right_end ||
	     !before(walk, item(walk, table, right),
		     item(walk, table, left)))) {
		from = item(walk, table, left);
		iter->left = left + 1;
	} else {
		from = item(walk, table, right);
		iter->right = right + 1;
	}
	*item(walk, !table, at) = *from;
	iter->at = at + 1;
	return 0;
}

/* Later walks without a sort follow this one's order. */
static long renumber_step(__u32 step, struct walk *walk)
{
	__u32 index = item(walk, walk->iter->table, step)->index;
	const char *entry = bpf_map_lookup_elem(walk->entries, &index);
	__u64 *value;

	if (step >= walk->iter->count || !entry)
		return 1;
	if (!walk->array->per_cpu) {
		value = bpf_map_lookup_elem(walk->map, entry);
		if (value)
			*value = step;
		return 0;
	}
	for (__u32 cpu = 0; cpu < rt_cpus; cpu++) {
		value = bpf_map_lookup_percpu_elem(walk->map, entry, cpu);
		if (value)
			*value = step;
	}
	return 0;
}

/* What is collected is put in order. */
static RT_SHARED long sort(struct walk *walk, __s64 limit)
{
	struct rt_iter *iter = walk->iter;

	if (!iter)
		return 0;
	iter->width = 1;
	iter->at = 0;
	merge_begin(iter);
	bpf_loop(1 << 23, merge_step, walk, 0);
	if (walk->plan->renumber && !walk->mask)
		bpf_loop(walk->plan->size, renumber_step, walk, 0);
	iter->end = limit >= 0 && (__u64)limit < iter->count ? (__u64)limit :
							       iter->count;
	return 0;
}

/* Begins a walk: @control is the map of the control blocks. Kernels before 6.2
 * refuse a bpf_for_each_map_elem() that is reached with different maps: that one
 * is inlined. */
RT_GEN long rt_iter_begin(void *map, void *entries, void *control,
			  const struct rt_iter_plan *plan,
			  const struct rt_array_plan *array, const void *key,
			  const void *mask, __s64 limit, __u32 buffer)
{
	struct rt_iter *iter = bpf_map_lookup_elem(control, &buffer);
	struct walk walk = { map, entries, iter, plan, array, key, mask,
			     buffer * plan->size };

	if (!iter)
		return 0;
	iter->count = 0;
	iter->next = 0;
	iter->table = 0;
	bpf_for_each_map_elem(map, collect, &walk, 0);
	return sort(&walk, limit);
}

/* Goes on to the next element: 1, or 0 at the end. */
RT_GEN __s64 rt_iter_next(void *control, __u32 buffer)
{
	struct rt_iter *iter = bpf_map_lookup_elem(control, &buffer);

	if (!iter || iter->next >= iter->end)
		return 0;
	iter->next++;
	return 1;
}

/* The entry at hand. */
RT_GEN const char *rt_iter_entry(void *entries, void *control,
				 const struct rt_iter_plan *plan, __u32 buffer)
{
	struct rt_iter *iter = bpf_map_lookup_elem(control, &buffer);
	struct walk walk = { .iter = iter, .plan = plan };
	__u32 index;

	if (!iter)
		return 0;
	index = item(&walk, iter->table, iter->next - 1)->index;
	return bpf_map_lookup_elem(entries, &index);
}

RT_GEN __s64 rt_iter_long(void *entries, void *control,
			  const struct rt_iter_plan *plan, __u32 at,
			  __u32 buffer)
{
	const char *entry = rt_iter_entry(entries, control, plan, buffer);

	return entry ? *(__s64 *)(entry + at) : 0;
}
