/* C being written: see writer.h. */
#include "backends/kmod/writer.h"

#include <stdlib.h>
#include <string.h>

void write_line(struct writer *writer, const char *format, ...)
{
	struct buf *text = &writer->text;
	va_list args;

	if (format[0] == '}')
		writer->depth--;
	for (int i = 0; i < writer->depth; i++)
		buf_putc(text, '\t');
	va_start(args, format);
	buf_vprintf(text, format, args);
	va_end(args);
	if (text->length && text->text[text->length - 1] == '{')
		writer->depth++;
	buf_putc(text, '\n');
}

void write_blank(struct writer *writer)
{
	buf_putc(&writer->text, '\n');
}

void write_label(struct writer *writer, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(&writer->text, format, args);
	va_end(args);
	buf_putc(&writer->text, '\n');
}

/* Cuts ":number" off the end of @length; the number, or 0. */
static unsigned long cut_number(const char *place, size_t *length)
{
	size_t at = *length;

	while (at && place[at - 1] >= '0' && place[at - 1] <= '9')
		at--;
	if (!at || at == *length || place[at - 1] != ':')
		return 0;
	*length = at - 1;
	return strtoul(place + at, NULL, 10);
}

void write_place(struct writer *writer, const char *place)
{
	size_t length = strlen(place);
	unsigned long line;

	if (writer->place && !strcmp(writer->place, place))
		return;
	writer->place = place;
	if (!cut_number(place, &length))
		return;
	line = cut_number(place, &length);
	if (!line)
		return;
	buf_printf(&writer->text, "#line %lu \"", line);
	buf_escape(&writer->text, place, length);
	buf_puts(&writer->text, "\"\n");
}

void write_script(struct writer *writer, const char *place, size_t behind,
		  const char *text)
{
	size_t length = strlen(place);
	unsigned long column = cut_number(place, &length);

	writer->place = NULL;
	write_place(writer, place);
	if (column)
		buf_printf(&writer->text, "%*s", (int)(column - 1 + behind), "");
	buf_puts(&writer->text, text);
	buf_puts(&writer->text, "\n");
	write_generated(writer);
}

void write_generated(struct writer *writer)
{
	writer->place = NULL;
	buf_puts(&writer->text, "#line 1 \"generated\"\n");
}
