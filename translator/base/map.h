/*
 * A map from text to pointer, in an arena. Entries keep their order of
 * insertion, so a walk is the same in every run (dumps and the cache need it).
 *
 *	struct map names = { 0 };
 *	map_put(arena, &names, "x", x);
 *	x = map_get(&names, "x");
 *	for (size_t i = 0; i < names.count; i++)
 *		use(names.entries[i].key, names.entries[i].value);
 */
#ifndef SPILE_BASE_MAP_H
#define SPILE_BASE_MAP_H

#include <stddef.h>
#include <stdint.h>

struct arena;

struct map_entry {
	const char *key;
	void *value;
	uint32_t hash;
};

struct map {
	struct map_entry *entries;	/* in order of insertion */
	size_t count;
	size_t room;
	uint32_t *slots;	/* entry number + 1, or 0; a power of two of them */
	size_t slot_count;
};

/* The value under @key, or NULL. */
void *map_get(const struct map *map, const char *key);

/* Sets the value under @key (the key's text is not copied); replaces. */
void map_put(struct arena *arena, struct map *map, const char *key,
	     void *value);

/* FNV-1a of a text, for those that need the same hash. */
uint32_t map_hash(const char *key);

#endif
