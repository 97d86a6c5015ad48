/* Open-addressed index over an ordered array of entries. */
#include "translator/base/map.h"

#include <string.h>

#include "translator/base/arena.h"
#include "translator/base/vec.h"

uint32_t map_hash(const char *key)
{
	uint32_t hash = 2166136261u;

	for (; *key; key++)
		hash = (hash ^ (unsigned char)*key) * 16777619u;
	return hash;
}

/* The slot that holds @key or the free one where it belongs. */
static uint32_t *find_slot(const struct map *map, const char *key,
			   uint32_t hash)
{
	size_t mask = map->slot_count - 1;
	size_t i = hash & mask;

	while (map->slots[i]) {
		const struct map_entry *entry =
			&map->entries[map->slots[i] - 1];

		if (entry->hash == hash && strcmp(entry->key, key) == 0)
			break;
		i = (i + 1) & mask;
	}
	return &map->slots[i];
}

static void grow_slots(struct arena *arena, struct map *map)
{
	map->slot_count = map->slot_count ? map->slot_count * 2 : 16;
	map->slots = arena_array(arena, uint32_t, map->slot_count);
	for (size_t i = 0; i < map->count; i++)
		*find_slot(map, map->entries[i].key, map->entries[i].hash) =
			(uint32_t)i + 1;
}

void *map_get(const struct map *map, const char *key)
{
	uint32_t slot;

	if (!map->slot_count)
		return NULL;
	slot = *find_slot(map, key, map_hash(key));
	return slot ? map->entries[slot - 1].value : NULL;
}

void map_put(struct arena *arena, struct map *map, const char *key,
	     void *value)
{
	uint32_t hash = map_hash(key);
	uint32_t *slot;

	if (map->count * 2 >= map->slot_count)
		grow_slots(arena, map);
	slot = find_slot(map, key, hash);
	if (*slot) {
		map->entries[*slot - 1].value = value;
		return;
	}
	map->entries = vec_grow(arena, map->entries, map->count, &map->room,
				sizeof(*map->entries));
	map->entries[map->count++] =
		(struct map_entry){ .key = key, .value = value, .hash = hash };
	*slot = (uint32_t)map->count;
}
