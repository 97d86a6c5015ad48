/* Arena: a list of chunks, each twice as large as the one before up to 1 MiB. */
#include "translator/base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_CHUNK = 16 * 1024, LARGEST_CHUNK = 1024 * 1024, ALIGNMENT = 16 };

struct chunk {
	struct chunk *next;
	size_t size;	/* bytes of room */
	size_t used;	/* bytes handed out */
	_Alignas(ALIGNMENT) char room[];
};

struct arena {
	struct chunk *newest;
	size_t used;	/* bytes handed out over all chunks */
};

static void *checked(void *memory)
{
	if (!memory) {
		fputs("spile: out of memory\n", stderr);
		_exit(EXIT_FAILURE);
	}
	return memory;
}

struct arena *arena_create(void)
{
	return checked(calloc(1, sizeof(struct arena)));
}

void arena_free(struct arena *arena)
{
	if (!arena)
		return;
	while (arena->newest) {
		struct chunk *next = arena->newest->next;

		free(arena->newest);
		arena->newest = next;
	}
	free(arena);
}

static struct chunk *add_chunk(struct arena *arena, size_t wanted)
{
	size_t size = arena->newest ? arena->newest->size * 2 : FIRST_CHUNK;
	struct chunk *chunk;

	if (size > LARGEST_CHUNK)
		size = LARGEST_CHUNK;
	if (size < wanted)
		size = wanted;
	chunk = checked(calloc(1, sizeof(*chunk) + size));
	chunk->size = size;
	chunk->next = arena->newest;
	arena->newest = chunk;
	return chunk;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct chunk *chunk = arena->newest;
	void *memory;

	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (!chunk || chunk->size - chunk->used < size)
		chunk = add_chunk(arena, size);
	memory = chunk->room + chunk->used;
	chunk->used += size;
	arena->used += size;
	return memory;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;
	char *text;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	text = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	return text;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;

	va_start(args, format);
	text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}
