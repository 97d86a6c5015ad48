/*
 * A typed array that grows in an arena.
 *
 *	VEC(struct probe *) probes = { 0 };
 *	*vec_push(arena, &probes) = probe;
 *	for (size_t i = 0; i < probes.count; i++)
 *		use(probes.items[i]);
 *
 * Pointers to items are valid until the next push. Old storage stays in the
 * arena, so memory used is at most twice what is needed.
 */
#ifndef SPILE_BASE_VEC_H
#define SPILE_BASE_VEC_H

#include <stddef.h>

struct arena;

#define VEC(type) \
	struct { \
		type *items; \
		size_t count; \
		size_t room; \
	}

/* Makes room for one more item and gives its address, zeroed. */
#define vec_push(arena, vec) \
	((vec)->items = vec_grow(arena, (vec)->items, (vec)->count, \
				 &(vec)->room, sizeof(*(vec)->items)), \
	 &(vec)->items[(vec)->count++])

/* Behind vec_push(): storage with room for @count + 1 items. */
void *vec_grow(struct arena *arena, void *items, size_t count, size_t *room,
	       size_t item_size);

#endif
