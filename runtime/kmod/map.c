/*
 * Arrays: hash tables of nodes that are all allocated with the module. Keys
 * are packed (longs 8 bytes, texts NUL-padded to their room), so equal keys
 * are equal bytes. A list keeps the order of insertion.
 *
 * Every operation holds the map's own lock, which is never waited for with
 * interrupts on, and within which nothing else is called.
 */
#include "runtime/kmod/map.h"

#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

struct rt_node {
	struct rt_node *chain;		/* in its slot, or of the free ones */
	struct rt_node *before, *after;	/* in order of insertion */
	u32 slot;
	char bytes[] __aligned(8);	/* key, then value */
};

/* Of a node that is free. */
enum { NO_SLOT = 0xffffffff };

static struct rt_node *node_at(const struct rt_map *map, u64 index)
{
	return (struct rt_node *)(map->nodes + index * map->node_size);
}

static int map_create(struct rt_map *map)
{
	u64 i;

	map->lock = (arch_spinlock_t)__ARCH_SPIN_LOCK_UNLOCKED;
	if (map->stat)
		rt_stat_lay_out(map);
	if (!map->key_size)
		return rt_stat_create(map);
	map->node_size = round_up(sizeof(struct rt_node) + map->key_size +
				  map->value_size, 8);
	map->slot_mask = roundup_pow_of_two(map->size) - 1;
	map->slots = RT_TRY(vzalloc((map->slot_mask + 1ul) *
				    sizeof(*map->slots)));
	map->nodes = RT_TRY(vzalloc(map->size * map->node_size));
	if (!map->slots || !map->nodes)
		return -ENOMEM;
	for (i = map->size; i-- > 0;) {
		node_at(map, i)->chain = map->free;
		node_at(map, i)->slot = NO_SLOT;
		map->free = node_at(map, i);
	}
	return 0;
}

int rt_maps_create(void)
{
	u32 i;

	for (i = 0; i < rt_program.map_count; i++)
		if (map_create(rt_program.maps[i]))
			return -ENOMEM;
	return 0;
}

void rt_maps_destroy(void)
{
	u32 i;

	for (i = 0; i < rt_program.map_count; i++) {
		vfree(rt_program.maps[i]->slots);
		vfree(rt_program.maps[i]->nodes);
		free_percpu(rt_program.maps[i]->cells);
	}
}

/* ---- nodes ---- */

/* Keys are whole words of 8 bytes. */
static __always_inline u32 slot_of(const struct rt_map *map, const char *key)
{
	const u64 *words = (const u64 *)key;
	u32 count = map->key_size / 8, i;
	u64 hash = 0;

	for (i = 0; i < count; i++)
		hash = (rol64(hash, 5) ^ words[i]) * GOLDEN_RATIO_64;
	/* the high bits of a product hang on all of both */
	return (hash ^ hash >> 32) & map->slot_mask;
}

static __always_inline bool is_equal(const struct rt_map *map, const char *a,
				     const char *b)
{
	const u64 *left = (const u64 *)a, *right = (const u64 *)b;
	u32 count = map->key_size / 8, i;

	for (i = 0; i < count; i++)
		if (left[i] != right[i])
			return false;
	return true;
}

static __always_inline struct rt_node *find_node(const struct rt_map *map,
						 const char *key)
{
	struct rt_node *node;

	node = map->slots[slot_of(map, key)];
	while (node && !is_equal(map, node->bytes, key))
		node = node->chain;
	return node;
}

static void unlink_node(struct rt_map *map, struct rt_node *node)
{
	struct rt_node **at = &map->slots[node->slot];

	while (*at != node)
		at = &(*at)->chain;
	*at = node->chain;
	*(node->before ? &node->before->after : &map->first) = node->after;
	*(node->after ? &node->after->before : &map->last) = node->before;
	node->chain = map->free;
	node->slot = NO_SLOT;
	map->free = node;
	map->count--;
	map->changes++;
}

static void append(struct rt_map *map, struct rt_node *node)
{
	node->before = map->last;
	node->after = NULL;
	*(map->last ? &map->last->after : &map->first) = node;
	map->last = node;
}

static noinline struct rt_node *make_new(struct rt_map *map, const char *key)
{
	struct rt_node *node;

	if (!map->free && map->wrap)
		unlink_node(map, map->first);
	node = map->free;
	if (!node)
		return NULL;
	map->free = node->chain;
	node->slot = slot_of(map, key);
	node->chain = map->slots[node->slot];
	map->slots[node->slot] = node;
	append(map, node);
	memcpy(node->bytes, key, map->key_size);
	memset(node->bytes + map->key_size, 0, map->value_size);
	map->count++;
	map->changes++;
	return node;
}

static __always_inline struct rt_node *make(struct rt_map *map, const char *key)
{
	struct rt_node *node = find_node(map, key);

	return likely(node) ? node : make_new(map, key);
}

static __always_inline char *value_in(struct rt_map *map, struct rt_node *node)
{
	return node ? node->bytes + map->key_size : NULL;
}

char *rt_find(struct rt_map *map, const char *key)
{
	return value_in(map, find_node(map, key));
}

char *rt_make(struct rt_map *map, const char *key)
{
	return value_in(map, make(map, key));
}

int rt_overflow(struct rt_frame *frame, const struct rt_map *map, s32 site)
{
	return rt_raise(frame, map->explicit_size ? RT_ERROR_OVERFLOW_SIZE :
						    RT_ERROR_OVERFLOW,
			map->size, site);
}

/* ---- operations ---- */

void rt_key_text(char *key, u32 room, const char *text)
{
	strscpy_pad(key, text, room);
}

s64 rt_get_long(struct rt_map *map, const char *key)
{
	unsigned long flags = rt_map_lock(map);
	const char *value = value_in(map, find_node(map, key));
	s64 result = value ? *(s64 *)value : 0;

	rt_map_unlock(map, flags);
	return result;
}

void rt_get_text(struct rt_map *map, const char *key, char *to, u32 room)
{
	unsigned long flags = rt_map_lock(map);
	const char *value = rt_find(map, key);

	rt_copy(to, room, value ? value : "");
	rt_map_unlock(map, flags);
}

int rt_set_long(struct rt_frame *frame, struct rt_map *map, const char *key,
		s64 value, s32 site)
{
	unsigned long flags = rt_map_lock(map);
	char *to = value_in(map, make(map, key));

	if (to)
		*(s64 *)to = value;
	rt_map_unlock(map, flags);
	return to ? 0 : rt_overflow(frame, map, site);
}

int rt_set_text(struct rt_frame *frame, struct rt_map *map, const char *key,
		const char *value, s32 site)
{
	unsigned long flags = rt_map_lock(map);
	char *to = rt_make(map, key);

	if (to)
		rt_copy(to, map->value_size, value);
	rt_map_unlock(map, flags);
	return to ? 0 : rt_overflow(frame, map, site);
}

int rt_add(struct rt_frame *frame, struct rt_map *map, const char *key,
	   s64 amount, s64 *old, s32 site)
{
	unsigned long flags = rt_map_lock(map);
	char *to = value_in(map, make(map, key));

	if (to) {
		*old = *(s64 *)to;
		*(s64 *)to = arith_add(*old, amount);
	}
	rt_map_unlock(map, flags);
	return to ? 0 : rt_overflow(frame, map, site);
}

bool rt_in_slice(const struct rt_map *map, const char *key,
		 const char *slice, u64 any)
{
	u32 i;

	for (i = 0; i < map->key_count; i++) {
		const struct rt_key *part = &map->keys[i];

		if (!(any >> i & 1) &&
		    memcmp(key + part->at, slice + part->at,
			   part->room ? part->room : 8))
			return false;
	}
	return true;
}

s64 rt_has(struct rt_map *map, const char *key, u64 any)
{
	unsigned long flags = rt_map_lock(map);
	struct rt_node *node = any ? map->first : find_node(map, key);

	while (any && node && !rt_in_slice(map, node->bytes, key, any))
		node = node->after;
	rt_map_unlock(map, flags);
	return node != NULL;
}

void rt_delete(struct rt_map *map, const char *key, u64 any)
{
	unsigned long flags = rt_map_lock(map);
	struct rt_node *node = any ? map->first : find_node(map, key), *next;

	for (; node; node = any ? next : NULL) {
		next = node->after;
		if (!any || rt_in_slice(map, node->bytes, key, any))
			unlink_node(map, node);
	}
	rt_map_unlock(map, flags);
}

void rt_clear(struct rt_map *map)
{
	unsigned long flags;

	if (map->cells) {
		rt_stat_clear(map);
		return;
	}
	flags = rt_map_lock(map);
	while (map->first)
		unlink_node(map, map->first);
	rt_map_unlock(map, flags);
}

/* ---- for walks, under the lock ---- */

u32 rt_entry_size(const struct rt_map *map)
{
	return map->key_size + (map->stat ? rt_stat_size(map->stat) :
					    map->value_size);
}

static void take_entry(const struct rt_map *map, char *entry,
		       const struct rt_node *node)
{
	const char *value = node->bytes + map->key_size;

	memcpy(entry, node->bytes, map->key_size);
	if (map->stat)
		rt_stat_merge(map->stat, value, (s64 *)(entry + map->key_size));
	else
		memcpy(entry + map->key_size, value, map->value_size);
}

u32 rt_snapshot(struct rt_map *map, const char *slice, u64 any,
		char *entries, struct rt_node **nodes)
{
	u32 size = rt_entry_size(map), count = 0;
	struct rt_node *node;

	for (node = map->first; node; node = node->after) {
		if (slice && !rt_in_slice(map, node->bytes, slice, any))
			continue;
		take_entry(map, entries + (u64)count * size, node);
		nodes[count++] = node;
	}
	return count;
}

void rt_relink(struct rt_map *map, struct rt_node **order, u32 count)
{
	u32 i;

	map->first = map->last = NULL;
	for (i = 0; i < count; i++)
		append(map, order[i]);
}

/* ---- for the runner, who looks now and then ---- */

static u32 copy_nodes(struct rt_map *map, u64 *from, char *entries, u32 most)
{
	u64 end = min_t(u64, map->size, *from + most);
	u32 size = rt_entry_size(map), count = 0;
	unsigned long flags = rt_map_lock(map);

	for (; *from < end; (*from)++) {
		const struct rt_node *node = node_at(map, *from);

		if (node->slot != NO_SLOT)
			take_entry(map, entries + (u64)count++ * size, node);
	}
	rt_map_unlock(map, flags);
	return count;
}

u32 rt_map_copy(struct rt_map *map, u64 *from, char *entries, u32 most)
{
	if (map->key_size)
		return copy_nodes(map, from, entries, most);
	if (*from)
		return 0;
	*from = 1;
	rt_stat_merge_cells(map, (s64 *)entries);
	return 1;
}
