/*
 * Elements of arrays: maps keyed by the concatenated keys.
 *
 * Insertion goes through BPF_NOEXIST, so when two processors insert one key,
 * the second finds the element of the first. Everything that takes a map is
 * inlined into the program or verified where it is called.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/gen.h"

/* What fresh elements of statistics and texts are made of. */
const char rt_zeros[8 + 8 * (7 + 130)] = { 0 };

RT_GEN void *rt_array_find(void *map, const void *key)
{
	return bpf_map_lookup_elem(map, key);
}

/* The compiler would join the test of an address with that of a number, to
 * one of both ored, which the verifier refuses. */
RT_GEN __s64 rt_array_has(void *map, const void *key)
{
	__s64 has = rt_array_find(map, key) != 0;

	barrier_var(has);
	return has;
}

RT_GEN __s64 rt_array_get(void *map, const void *key, __u32 payload)
{
	char *value = bpf_map_lookup_elem(map, key);

	return value ? *(__s64 *)(value + payload) : 0;
}

/* ---- % arrays: the oldest element goes ---- */

extern const __u32 rt_cpus;

struct oldest {
	__u64 order;
	__u64 per_cpu;
};

/* The insertion number of an element; of a statistic that of the processor
 * that inserted it, which is the only one that has it. */
static RT_GEN __u64 order_of(void *map, const void *key, const __u64 *value,
			     __u64 per_cpu)
{
	__u64 order = 0;

	if (!per_cpu)
		return *value;
	for (__u32 cpu = 0; cpu < rt_cpus; cpu++) {
		value = bpf_map_lookup_percpu_elem(map, key, cpu);
		if (value && *value > order)
			order = *value;
	}
	return order;
}

static long find_oldest(void *map, const void *key, const __u64 *value,
			struct oldest *oldest)
{
	__u64 order = order_of(map, key, value, oldest->per_cpu);

	if (order < oldest->order)
		oldest->order = order;
	return 0;
}

static long delete_oldest(void *map, const void *key, const __u64 *value,
			  struct oldest *oldest)
{
	if (order_of(map, key, value, oldest->per_cpu) != oldest->order)
		return 0;
	bpf_map_delete_elem(map, key);
	return 1;
}

static RT_GEN struct rt_ring *ring_at(void *ring,
				      const struct rt_array_plan *plan,
				      __u64 order)
{
	__u32 index = order & plan->ring_mask;

	return bpf_map_lookup_elem(ring, &index);
}

RT_GEN void rt_ring_note(void *ring, const struct rt_array_plan *plan,
			 const void *key, __u64 order)
{
	struct rt_ring *at = ring_at(ring, plan, order);

	if (!at)
		return;
	at->order = 0;
	bpf_probe_read_kernel(at->key, plan->key_size, key);
	at->order = order;
}

/* Takes out the element at the ring's tail, if it is still there. */
static long tail_step(__u32 step, struct rt_insertion *insertion)
{
	struct rt_order *order = insertion->order;
	__u64 tail = order->tail;
	struct rt_ring *at = ring_at(insertion->ring, insertion->plan, tail);
	__u64 *value;

	(void)step;
	if (tail >= order->next)
		return 1;
	order->tail = tail + 1;
	if (!at || at->order != tail)
		return 0;
	value = bpf_map_lookup_elem(insertion->map, at->key);
	if (!value || order_of(insertion->map, at->key, value,
			       insertion->plan->per_cpu) != tail)
		return 0;
	insertion->done = !bpf_map_delete_elem(insertion->map, at->key);
	return insertion->done;
}

/* The ring does not know elements that a sorted walk has given new numbers,
 * or that outlived a whole turn of it: those are looked for one by one. */
static RT_GEN void evict(struct rt_insertion *insertion)
{
	struct oldest oldest = { ~0ULL, insertion->plan->per_cpu };

	insertion->done = 0;
	bpf_loop(insertion->plan->ring_mask + 1, tail_step, insertion, 0);
	if (insertion->done)
		return;
	bpf_for_each_map_elem(insertion->map, find_oldest, &oldest, 0);
	bpf_for_each_map_elem(insertion->map, delete_oldest, &oldest, 0);
}

enum { EVICTIONS = 16, EVICTION_US = 10000 };

/* One at a time, or two processors in step would each take the room that the
 * other has made. An insertion that finds room by itself may still take it.
 * Inline: kernels before 6.2 refuse a bpf_for_each_map_elem() that is reached
 * with different maps. */
RT_GEN long rt_insert_evicting(struct rt_insertion *insertion)
{
	struct rt_order *order = insertion->order;
	long status = -E2BIG;

	if (!rt_lock_wait(&order->lock, EVICTION_US))
		return status;
	for (__u32 i = 0; i < EVICTIONS; i++) {
		evict(insertion);
		status = bpf_map_update_elem(insertion->map, insertion->key,
					     insertion->fresh, BPF_NOEXIST);
		if (!status || status == -EEXIST)
			break;
	}
	__sync_lock_test_and_set(&order->lock.owner, 0);
	return status;
}

/* ---- inserting and changing ---- */

/* 0, -EEXIST, or another error when the array is full. */
static RT_GEN long insert(void *map, const void *key,
			  const struct rt_array_plan *plan,
			  struct rt_order *order, void *ring,
			  const __u64 *fresh)
{
	long status = bpf_map_update_elem(map, key, fresh, BPF_NOEXIST);

	if (!ring || status == -EEXIST)
		return status;
	if (status) {
		struct rt_insertion insertion = { map, ring, plan, order, key,
						  fresh, 0 };

		status = rt_insert_evicting(&insertion);
	}
	if (!status)
		rt_ring_note(ring, plan, key, *fresh);
	return status;
}

long rt_insert_long(void *map, const void *key, struct rt_order *order,
		    __s64 value)
{
	__u64 fresh[2];

	if (!order) {
		fresh[0] = value;
	} else {
		fresh[0] = __sync_fetch_and_add(&order->next, 1);
		fresh[1] = value;
	}
	return bpf_map_update_elem(map, key, fresh, BPF_NOEXIST);
}

static RT_GEN long insert_long(void *map, const void *key,
			       const struct rt_array_plan *plan,
			       struct rt_order *order, void *ring, __s64 value)
{
	__u64 fresh[2];

	if (!ring)
		return rt_insert_long(map, key, plan->payload ? order : 0,
				      value);
	fresh[0] = __sync_fetch_and_add(&order->next, 1);
	fresh[1] = value;
	return insert(map, key, plan, order, ring, fresh);
}

/* Sets an element. 0, or not when the array is full. */
RT_GEN long rt_array_set(void *map, const void *key,
			 const struct rt_array_plan *plan,
			 struct rt_order *order, void *ring, __s64 value)
{
	char *room = bpf_map_lookup_elem(map, key);
	long status;

	if (room) {
		*(__s64 *)(room + plan->payload) = value;
		return 0;
	}
	status = insert_long(map, key, plan, order, ring, value);
	if (status != -EEXIST)
		return status;
	room = bpf_map_lookup_elem(map, key);
	if (room)
		*(__s64 *)(room + plan->payload) = value;
	return 0;
}

/* Adds to an element; the old value goes to @ret_old. */
RT_GEN long rt_array_add(void *map, const void *key,
			 const struct rt_array_plan *plan,
			 struct rt_order *order, void *ring, __s64 value,
			 __s64 *ret_old)
{
	char *room = bpf_map_lookup_elem(map, key);
	long status;

	*ret_old = 0;
	if (!room) {
		status = insert_long(map, key, plan, order, ring, value);
		if (status != -EEXIST)
			return status;
		room = bpf_map_lookup_elem(map, key);
	}
	if (room)
		*ret_old = __sync_fetch_and_add(
			(__s64 *)(room + plan->payload), value);
	return 0;
}

/* Adds without the old value, which is cheaper. */
RT_GEN long rt_array_bump(void *map, const void *key,
			  const struct rt_array_plan *plan,
			  struct rt_order *order, void *ring, __s64 value)
{
	char *room = bpf_map_lookup_elem(map, key);
	long status;

	if (!room) {
		status = insert_long(map, key, plan, order, ring, value);
		if (status != -EEXIST)
			return status;
		room = bpf_map_lookup_elem(map, key);
	}
	if (room)
		__sync_fetch_and_add((__s64 *)(room + plan->payload), value);
	return 0;
}

/* Sets an element that is a text: @fresh is the whole value, the text of
 * @room bytes in it behind the insertion number. */
RT_GEN long rt_array_set_text(void *map, const void *key,
			      const struct rt_array_plan *plan,
			      struct rt_order *order, void *ring, char *fresh,
			      __u32 room)
{
	char *value = bpf_map_lookup_elem(map, key);
	long status;

	if (!value) {
		if (plan->payload)
			*(__u64 *)fresh =
				__sync_fetch_and_add(&order->next, 1);
		status = insert(map, key, plan, order, ring, (__u64 *)fresh);
		if (status != -EEXIST)
			return status;
		value = bpf_map_lookup_elem(map, key);
	}
	if (value)
		bpf_probe_read_kernel(value + plan->payload, room,
				      fresh + plan->payload);
	return 0;
}

RT_GEN void rt_array_delete(void *map, const void *key)
{
	bpf_map_delete_elem(map, key);
}

/* ---- slices: keys compared where the mask is not 0 ---- */

struct slice {
	const __u64 *key, *mask;	/* NULL: every element */
	__u64 words;
	__u64 found;
	__u64 erase;
};

static RT_GEN int matches(const struct slice *slice, const __u64 *key)
{
	if (!slice->mask)
		return 1;
	for (__u32 i = 0; i < 520; i++) {
		if (i >= slice->words)
			break;
		if ((key[i] ^ slice->key[i]) & slice->mask[i])
			return 0;
	}
	return 1;
}

static long visit(void *map, const __u64 *key, const void *value,
		  struct slice *slice)
{
	(void)value;
	if (!matches(slice, key))
		return 0;
	slice->found = 1;
	if (!slice->erase)
		return 1;
	bpf_map_delete_elem(map, key);
	return 0;
}

RT_GEN __s64 rt_array_has_slice(void *map, const void *key, const void *mask,
				__u64 words)
{
	struct slice slice = { key, mask, words, 0, 0 };

	bpf_for_each_map_elem(map, visit, &slice, 0);
	return slice.found;
}

RT_GEN void rt_array_delete_slice(void *map, const void *key,
				  const void *mask, __u64 words)
{
	struct slice slice = { key, mask, words, 0, 1 };

	bpf_for_each_map_elem(map, visit, &slice, 0);
}

RT_GEN void rt_array_clear(void *map)
{
	struct slice slice = { 0, 0, 0, 0, 1 };

	bpf_for_each_map_elem(map, visit, &slice, 0);
}
