/*
 * Memory that lives as long as one compilation.
 *
 * Everything the translator builds (texts, trees, intermediate form) is
 * allocated here and released at once by arena_free(). Memory comes zeroed.
 * Running out of memory ends the process with a message: a translator that
 * cannot allocate has nothing better to do.
 */
#ifndef SPILE_BASE_ARENA_H
#define SPILE_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new, empty arena. The caller releases it with arena_free(). */
struct arena *arena_create(void);

/* Releases the arena and all that was allocated from it; NULL is allowed. */
void arena_free(struct arena *arena);

/* @size zeroed bytes, aligned for any object. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* One zeroed object, or an array of @n zeroed objects, of @type. */
#define arena_new(arena, type) ((type *)arena_alloc(arena, sizeof(type)))
#define arena_array(arena, type, n) \
	((type *)arena_alloc(arena, sizeof(type) * (size_t)(n)))

/* Copies of texts. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);

/* A formatted text. */
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Bytes handed out so far, for reports of memory use. */
size_t arena_used(const struct arena *arena);

#endif
