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

RT_GEN __s64 rt_array_get(void *map, const void *key, __u32 payload)
{
	char *value = bpf_map_lookup_elem(map, key);

	return value ? *(__s64 *)(value + payload) : 0;
}

/* ---- % arrays: the oldest element goes ---- */

struct oldest {
	__u64 order;
};

static long find_oldest(void *map, const void *key, __u64 *value,
			struct oldest *oldest)
{
	(void)map;
	(void)key;
	if (*value < oldest->order)
		oldest->order = *value;
	return 0;
}

static long delete_oldest(void *map, const void *key, __u64 *value,
			  struct oldest *oldest)
{
	if (*value != oldest->order)
		return 0;
	bpf_map_delete_elem(map, key);
	return 1;
}

static RT_GEN void evict(void *map)
{
	struct oldest oldest = { ~0ULL };

	bpf_for_each_map_elem(map, find_oldest, &oldest, 0);
	bpf_for_each_map_elem(map, delete_oldest, &oldest, 0);
}

/* Inserts @fresh. 0, -EEXIST, or another error when the array is full. */
static RT_GEN long insert(void *map, const void *key, __u64 *fresh,
			  __u32 wrap)
{
	long status = bpf_map_update_elem(map, key, fresh, BPF_NOEXIST);

	if (!wrap || !status || status == -EEXIST)
		return status;
	evict(map);
	return bpf_map_update_elem(map, key, fresh, BPF_NOEXIST);
}

static RT_GEN long insert_long(void *map, const void *key, __u32 payload,
			       __u64 *order, __u32 wrap, __s64 value)
{
	__u64 fresh[2];

	if (!payload) {
		fresh[0] = value;
		return insert(map, key, fresh, wrap);
	}
	fresh[0] = __sync_fetch_and_add(order, 1);
	fresh[1] = value;
	return insert(map, key, fresh, wrap);
}

/* Sets an element. 0, or not when the array is full. */
RT_GEN long rt_array_set(void *map, const void *key, __u32 payload,
			 __u64 *order, __u32 wrap, __s64 value)
{
	char *room = bpf_map_lookup_elem(map, key);
	long status;

	if (room) {
		*(__s64 *)(room + payload) = value;
		return 0;
	}
	status = insert_long(map, key, payload, order, wrap, value);
	if (status != -EEXIST)
		return status;
	room = bpf_map_lookup_elem(map, key);
	if (room)
		*(__s64 *)(room + payload) = value;
	return 0;
}

/* Adds to an element; the old value goes to @ret_old. */
RT_GEN long rt_array_add(void *map, const void *key, __u32 payload,
			 __u64 *order, __u32 wrap, __s64 value, __s64 *ret_old)
{
	char *room = bpf_map_lookup_elem(map, key);
	long status;

	*ret_old = 0;
	if (!room) {
		status = insert_long(map, key, payload, order, wrap, value);
		if (status != -EEXIST)
			return status;
		room = bpf_map_lookup_elem(map, key);
	}
	if (room)
		*ret_old = __sync_fetch_and_add((__s64 *)(room + payload),
						value);
	return 0;
}

/* Adds without the old value, which is cheaper. */
RT_GEN long rt_array_bump(void *map, const void *key, __u32 payload,
			  __u64 *order, __u32 wrap, __s64 value)
{
	char *room = bpf_map_lookup_elem(map, key);
	long status;

	if (!room) {
		status = insert_long(map, key, payload, order, wrap, value);
		if (status != -EEXIST)
			return status;
		room = bpf_map_lookup_elem(map, key);
	}
	if (room)
		__sync_fetch_and_add((__s64 *)(room + payload), value);
	return 0;
}

/* Sets an element that is a text: @fresh is the whole value, @text of @room
 * bytes in it from @payload on. */
RT_GEN long rt_array_set_text(void *map, const void *key, __u32 payload,
			      __u64 *order, __u32 wrap, char *fresh,
			      __u32 room)
{
	char *value = bpf_map_lookup_elem(map, key);
	long status;

	if (!value) {
		if (payload)
			*(__u64 *)fresh = __sync_fetch_and_add(order, 1);
		status = insert(map, key, (__u64 *)fresh, wrap);
		if (status != -EEXIST)
			return status;
		value = bpf_map_lookup_elem(map, key);
	}
	if (value)
		bpf_probe_read_kernel(value + payload, room, fresh + payload);
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
