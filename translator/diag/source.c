/* Sources, spans, positions. */
#include "translator/diag/source.h"

#include <string.h>

#include "translator/base/arena.h"

struct source *source_create(struct arena *arena, const char *name,
			     const char *text, size_t size, bool library)
{
	struct source *source = arena_new(arena, struct source);

	source->name = arena_strdup(arena, name);
	source->text = arena_strndup(arena, text, size);
	source->size = size;
	source->library = library;
	return source;
}

struct position span_position(struct span span)
{
	struct position position = { .line = 1, .column = 1 };
	size_t end = span.offset;

	if (!span.source)
		return position;
	if (end > span.source->size)
		end = span.source->size;
	for (size_t i = 0; i < end; i++) {
		position.column++;
		if (span.source->text[i] == '\n') {
			position.line++;
			position.column = 1;
		}
	}
	return position;
}

struct span span_join(struct span first, struct span last)
{
	uint32_t end = last.offset + last.length;

	if (first.source != last.source || end < first.offset)
		return first;
	first.length = end - first.offset;
	return first;
}

const char *span_text(struct arena *arena, struct span span)
{
	struct position position = span_position(span);

	if (!span.source)
		return "<command line>";
	return arena_printf(arena, "%s:%d:%d", span.source->name,
			    position.line, position.column);
}
