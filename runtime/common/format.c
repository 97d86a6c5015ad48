/*
 * Reading formats and rendering values: see format.h.
 */
#include "runtime/common/format.h"

void format_begin(struct format_iterator *iterator, const char *format,
		  __u64 length)
{
	iterator->at = format;
	iterator->end = format + length;
}

static int take(struct format_iterator *iterator, char c)
{
	if (iterator->at == iterator->end || *iterator->at != c)
		return 0;
	iterator->at++;
	return 1;
}

static int holds(const char *set, char c)
{
	for (; *set; set++)
		if (*set == c)
			return 1;
	return 0;
}

/* A number or a star; FORMAT_NONE if there is neither. Numbers beyond the
 * limit give limit + 1, which the caller refuses. */
static __s32 take_size(struct format_iterator *iterator)
{
	__s32 value = FORMAT_NONE;

	if (take(iterator, '*'))
		return FORMAT_STAR;
	while (iterator->at < iterator->end && *iterator->at >= '0' &&
	       *iterator->at <= '9') {
		value = (value < 0 ? 0 : value) * 10 + *iterator->at++ - '0';
		if (value > FORMAT_MOST)
			value = FORMAT_MOST + 1;
	}
	return value;
}

static enum format_kind refuse(const struct format_iterator *iterator,
			       struct format_directive *directive,
			       const char *reason)
{
	directive->kind = FORMAT_INVALID;
	directive->length = iterator->at - directive->text;
	directive->reason = reason;
	return FORMAT_INVALID;
}

static enum format_kind next_literal(struct format_iterator *iterator,
				     struct format_directive *directive)
{
	while (iterator->at < iterator->end && *iterator->at != '%')
		iterator->at++;
	directive->kind = FORMAT_LITERAL;
	directive->length = iterator->at - directive->text;
	return FORMAT_LITERAL;
}

/* What the sizes of a directive must not be. */
static const char *breach(const struct format_directive *directive)
{
	if (directive->width > FORMAT_MOST)
		return "the width is too large";
	if (directive->precision > FORMAT_MOST)
		return "the precision is too large";
	if (directive->conversion == 'b' && directive->width >= 0 &&
	    directive->width != 1 && directive->width != 2 &&
	    directive->width != 4 && directive->width != 8)
		return "%b takes a width of 1, 2, 4 or 8 bytes";
	return (const char *)0;
}

enum format_kind format_next(struct format_iterator *iterator,
			     struct format_directive *ret_directive)
{
	struct format_directive *directive = ret_directive;
	const char *reason;

	directive->text = iterator->at;
	directive->conversion = directive->flag = '\0';
	directive->width = directive->precision = FORMAT_NONE;
	directive->reason = (const char *)0;
	directive->length = 0;
	if (iterator->at == iterator->end)
		return directive->kind = FORMAT_END;
	if (!take(iterator, '%'))
		return next_literal(iterator, directive);
	if (take(iterator, '%')) {
		directive->text++;
		directive->length = 1;
		return directive->kind = FORMAT_LITERAL;
	}
	if (iterator->at < iterator->end && holds("0+- #", *iterator->at))
		directive->flag = *iterator->at++;
	if (iterator->at < iterator->end && holds("+- #", *iterator->at)) {
		iterator->at++;
		return refuse(iterator, directive,
			      "a directive takes one flag only");
	}
	directive->width = take_size(iterator);
	if (take(iterator, '.')) {
		directive->precision = take_size(iterator);
		if (directive->precision == FORMAT_NONE)
			directive->precision = 0;
	}
	if (take(iterator, 'l') && take(iterator, 'l'))
		return refuse(iterator, directive,
			      "longs have 64 bits: \"ll\" is not known");
	if (iterator->at == iterator->end)
		return refuse(iterator, directive,
			      "the format ends inside a directive");
	directive->conversion = *iterator->at++;
	if (!holds("bcdiuoxXpsmM", directive->conversion))
		return refuse(iterator, directive, "unknown conversion");
	reason = breach(directive);
	if (reason)
		return refuse(iterator, directive, reason);
	directive->length = iterator->at - directive->text;
	return directive->kind = FORMAT_CONVERSION;
}

char format_type(const struct format_directive *directive)
{
	switch (directive->conversion) {
	case 's':
		return 't';
	case 'm':
	case 'M':
		return 'a';
	}
	return 'l';
}

/* ---- rendering ---- */

/* Output that counts on when there is no room left. */
struct sink {
	char *out;
	__u64 room, length;
};

static void put(struct sink *sink, char c)
{
	if (sink->length < sink->room)
		sink->out[sink->length] = c;
	sink->length++;
}

static void fill(struct sink *sink, char c, __u64 count)
{
	while (count--)
		put(sink, c);
}

static void put_all(struct sink *sink, const char *from, __u64 count)
{
	while (count--)
		put(sink, *from++);
}

/* A value of @count characters in a field. */
static void put_field(struct sink *sink, __u64 spec, const char *from,
		      __u64 count)
{
	__u64 width = format_spec_width(spec);
	__u64 space = width > count ? width - count : 0;

	if (format_spec_flag(spec) != '-')
		fill(sink, ' ', space);
	put_all(sink, from, count);
	if (format_spec_flag(spec) == '-')
		fill(sink, ' ', space);
}

static void put_char(struct sink *sink, __u64 spec, unsigned char c)
{
	char text[4] = { (char)c };
	__u64 count = 1;

	if (format_spec_flag(spec) == '#' && !format_plain(c)) {
		text[0] = '\\';
		if (format_escape(c)) {
			text[1] = format_escape(c);
			count = 2;
		} else {
			text[1] = '0' + (c >> 6);
			text[2] = '0' + (c >> 3 & 7);
			text[3] = '0' + (c & 7);
			count = 4;
		}
	}
	put_field(sink, spec, text, count);
}

static void put_number(struct sink *sink, __u64 spec, __s64 value)
{
	struct format_number number;

	format_head(&number, spec, value);
	while (!format_digit(&number))
		;
	format_pad(&number, spec);
	fill(sink, ' ', number.left);
	put_all(sink, number.head, number.head_count);
	fill(sink, '0', number.zeros);
	put_all(sink, number.digits + FORMAT_DIGITS - number.count,
		number.count);
	fill(sink, ' ', number.right);
}

__u64 format_long(char *out, __u64 room, __u64 spec, __s64 value)
{
	struct sink sink = { out, room, 0 };
	__u32 i;

	switch (format_spec_conversion(spec)) {
	case 'b':
		for (i = 0; i < format_blob(spec); i++)
			put(&sink, (char)((__u64)value >> 8 * i));
		break;
	case 'c':
		put_char(&sink, spec, (unsigned char)value);
		break;
	default:
		put_number(&sink, spec, value);
		break;
	}
	return sink.length;
}

__u64 format_text(char *out, __u64 room, __u64 spec, const char *text,
		  __u64 length)
{
	struct sink sink = { out, room, 0 };
	__u64 most = format_spec_precision(spec), count = 0;

	if (most == FORMAT_NO_PRECISION || most > length)
		most = length;
	while (count < most && text[count])
		count++;
	put_field(&sink, spec, text, count);
	return sink.length;
}

__u64 format_bytes(char *out, __u64 room, __u64 spec, const void *bytes,
		   __u64 length)
{
	struct sink sink = { out, room, 0 };
	const unsigned char *from = bytes;
	__u64 width = format_spec_width(spec), count, space, i;
	int hex = format_spec_conversion(spec) == 'M';

	if (!hex) {
		put_field(&sink, spec, bytes, length);
		return sink.length;
	}
	count = 2 * length;
	space = width > count ? width - count : 0;
	if (format_spec_flag(spec) != '-')
		fill(&sink, ' ', space);
	for (i = 0; i < length; i++) {
		put(&sink, "0123456789abcdef"[from[i] >> 4]);
		put(&sink, "0123456789abcdef"[from[i] & 15]);
	}
	if (format_spec_flag(spec) == '-')
		fill(&sink, ' ', space);
	return sink.length;
}
