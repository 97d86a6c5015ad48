/* Growth of typed arrays. */
#include "translator/base/vec.h"

#include <string.h>

#include "translator/base/arena.h"

void *vec_grow(struct arena *arena, void *items, size_t count, size_t *room,
	       size_t item_size)
{
	void *larger;

	if (count < *room)
		return items;
	*room = *room ? *room * 2 : 8;
	larger = arena_alloc(arena, *room * item_size);
	if (count)
		memcpy(larger, items, count * item_size);
	return larger;
}
