/* Text builder. */
#include "translator/base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "translator/base/arena.h"

static void reserve(struct buf *buf, size_t more)
{
	size_t room = buf->room ? buf->room : 64;

	if (buf->length + more + 1 <= buf->room)
		return;
	while (room < buf->length + more + 1)
		room *= 2;
	buf->text = realloc(buf->text, room);
	if (!buf->text) {
		fputs("spile: out of memory\n", stderr);
		_exit(EXIT_FAILURE);
	}
	buf->room = room;
}

void buf_write(struct buf *buf, const void *bytes, size_t size)
{
	reserve(buf, size);
	if (size)
		memcpy(buf->text + buf->length, bytes, size);
	buf->length += size;
	buf->text[buf->length] = '\0';
}

void buf_putc(struct buf *buf, char c)
{
	buf_write(buf, &c, 1);
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_write(buf, text, strlen(text));
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;
	int length;

	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, args);
	reserve(buf, (size_t)length);
	vsnprintf(buf->text + buf->length, (size_t)length + 1, format, again);
	va_end(again);
	buf->length += (size_t)length;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

static char escape_letter(char c)
{
	switch (c) {
	case '\n': return 'n';
	case '\t': return 't';
	case '\r': return 'r';
	case '\a': return 'a';
	case '\b': return 'b';
	case '\v': return 'v';
	case '\f': return 'f';
	case '"':
	case '\\': return c;
	default: return 0;
	}
}

void buf_escape(struct buf *buf, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];
		char letter = escape_letter(text[i]);

		if (letter)
			buf_printf(buf, "\\%c", letter);
		else if (c < 32 || c > 126)
			buf_printf(buf, "\\%03o", c);
		else
			buf_putc(buf, text[i]);
	}
}

const char *buf_text(const struct buf *buf)
{
	return buf->text ? buf->text : "";
}

char *buf_take(struct buf *buf, struct arena *arena)
{
	char *text = arena_strndup(arena, buf_text(buf), buf->length);

	buf_free(buf);
	return text;
}

void buf_free(struct buf *buf)
{
	free(buf->text);
	*buf = (struct buf){ 0 };
}
