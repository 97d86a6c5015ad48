/* Texts: copies, sums, and sprintf into the line of the frame. */
#include "runtime/kmod/kmod.h"

#include <linux/string.h>

void rt_count_cut(void)
{
	atomic64_inc((atomic64_t *)&rt_shared->truncated);
}

/* The characters that a room takes, of a text of that length. */
static u32 fit(u64 length, u32 room)
{
	if (length < room)
		return length;
	rt_count_cut();
	return room - 1;
}

void rt_copy(char *to, u32 room, const char *from)
{
	u32 length = fit(strlen(from), room);

	memmove(to, from, length);
	to[length] = '\0';
}

void rt_copy_part(char *to, u32 room, const char *from, u64 length)
{
	length = fit(strnlen(from, length), room);
	memmove(to, from, length);
	to[length] = '\0';
}

/* Either operand may be the target. */
void rt_cat(char *to, u32 room, const char *a, const char *b)
{
	u64 first = strlen(a), second = strlen(b);
	u32 length = fit(first + second, room);

	if (first > length)
		first = length;
	memmove(to + first, b, length - first);
	memmove(to, a, first);
	to[length] = '\0';
}

s64 rt_compare(const char *a, const char *b)
{
	return strcmp(a, b);
}

/* ---- sprintf ---- */

void rt_line_begin(struct rt_frame *frame)
{
	frame->line_length = 0;
}

static char *line_end(struct rt_frame *frame, u32 *ret_room)
{
	u32 used = min(frame->line_length, rt_program.text_max);

	*ret_room = rt_program.text_max - used;
	return frame->line + used;
}

void rt_line_literal(struct rt_frame *frame, const char *text, u32 length)
{
	u32 room;
	char *end = line_end(frame, &room);

	memcpy(end, text, min(length, room));
	frame->line_length += length;
}

void rt_line_long(struct rt_frame *frame, u64 spec, s64 value)
{
	u32 room;
	char *end = line_end(frame, &room);

	frame->line_length += format_long(end, room, spec, value);
}

void rt_line_text(struct rt_frame *frame, u64 spec, const char *text)
{
	u32 room;
	char *end = line_end(frame, &room);

	frame->line_length += format_text(end, room, spec, text, strlen(text));
}

void rt_line_memory(struct rt_frame *frame, u64 spec, u64 address)
{
	u32 length = min_t(u32, format_memory_length(spec),
			   rt_program.text_max), room;
	char *end = line_end(frame, &room);

	rt_read(frame->scratch, address, length,
		format_spec_flag(spec) == '#');
	frame->line_length += format_bytes(end, room, spec, frame->scratch,
					   length);
}

void rt_line_end(struct rt_frame *frame, char *to, u32 room)
{
	u32 length = frame->line_length;

	if (length > rt_program.text_max) {
		rt_count_cut();
		length = rt_program.text_max;
	}
	frame->line[length] = '\0';
	rt_copy(to, room, frame->line);
}

s32 rt_width(s64 value)
{
	return clamp_t(s64, value, -FORMAT_MOST, FORMAT_MOST);
}

s32 rt_precision(s64 value)
{
	return clamp_t(s64, value, FORMAT_NONE, FORMAT_MOST);
}
