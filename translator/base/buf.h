/*
 * A text that grows at its end. Storage is malloc'd; the owner releases it
 * with buf_free() or moves it to an arena with buf_take(). The text is always
 * NUL-terminated (an empty buf reads as "" through buf_text()).
 */
#ifndef SPILE_BASE_BUF_H
#define SPILE_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct buf {
	char *text;
	size_t length;
	size_t room;
};

void buf_putc(struct buf *buf, char c);
void buf_puts(struct buf *buf, const char *text);
void buf_write(struct buf *buf, const void *bytes, size_t size);
void buf_printf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Appends @text as the inside of a script (and C) string literal: quotes,
 * backslashes and unprintable bytes escaped, bytes above 127 in octal. */
void buf_escape(struct buf *buf, const char *text, size_t length);

const char *buf_text(const struct buf *buf);

/* Moves the text into the arena and leaves the buf empty. */
char *buf_take(struct buf *buf, struct arena *arena);

void buf_free(struct buf *buf);

#endif
