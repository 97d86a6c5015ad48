/*
 * printf of the script language: reading formats and rendering values.
 *
 * The same rules serve type checks, code generation, the constant folder, the
 * reader and (struct format_number) the probe side. Nothing here allocates or calls
 * libc; a rendered value goes to a buffer that the caller bounds.
 */
#ifndef SPILE_COMMON_FORMAT_H
#define SPILE_COMMON_FORMAT_H

#include <linux/types.h>

enum format_kind {
	FORMAT_END,		/* no directive left */
	FORMAT_LITERAL,		/* text as it is ("%%" gives a "%") */
	FORMAT_CONVERSION,
	FORMAT_INVALID,		/* see reason; the iterator stands behind it */
};

enum {
	FORMAT_NONE = -1,	/* no width, no precision */
	FORMAT_STAR = -2,	/* an argument gives it, width before precision,
				 * both before the value */
	FORMAT_MOST = 0xfffe,	/* largest width and precision */
};

struct format_directive {
	enum format_kind kind;
	const char *text;	/* in the format */
	__u32 length;		/* of text */
	char conversion;	/* one of b c d i u o x X p s m M */
	char flag;		/* one of 0 + - space #, or NUL */
	__s32 width, precision;	/* or FORMAT_NONE, FORMAT_STAR */
	const char *reason;	/* FORMAT_INVALID: a sentence */
};

struct format_iterator {
	const char *at, *end;
};

void format_begin(struct format_iterator *iterator, const char *format,
		  __u64 length);
enum format_kind format_next(struct format_iterator *iterator,
			     struct format_directive *ret_directive);

/* What the value of a conversion is: 'l' a long, 't' a text, 'a' the address
 * of memory to show (m, M; with the flag # in user space). */
char format_type(const struct format_directive *directive);

/* ---- one conversion as a number: what the probe side is handed ---- */

enum { FORMAT_NO_PRECISION = 0xffff };

/* Negative widths mean the flag -, negative precisions none. */
static inline __u64 format_spec(char conversion, char flag, __s64 width,
				__s64 precision)
{
	if (width < 0) {
		width = width == FORMAT_NONE ? 0 : -(__u64)width;
		if (width)
			flag = '-';
	}
	if (width > FORMAT_MOST || width < 0)
		width = FORMAT_MOST;
	if (precision < 0)
		precision = FORMAT_NO_PRECISION;
	else if (precision > FORMAT_MOST)
		precision = FORMAT_MOST;
	return (__u64)(__u8)conversion | (__u64)(__u8)flag << 8 |
	       (__u64)width << 16 | (__u64)precision << 32;
}

static inline char format_spec_conversion(__u64 spec)
{
	return (char)(spec & 0xff);
}

static inline char format_spec_flag(__u64 spec)
{
	return (char)(spec >> 8 & 0xff);
}

static inline __u32 format_spec_width(__u64 spec)
{
	return spec >> 16 & 0xffff;
}

/* FORMAT_NO_PRECISION if there is none. */
static inline __u32 format_spec_precision(__u64 spec)
{
	return spec >> 32 & 0xffff;
}

/* ---- where the characters of a long go ---- */

enum { FORMAT_DIGITS = 32 };

/*
 * A rendered long is, in this order: left times ' ', head, zeros times '0',
 * the digits, right times ' '.
 */
struct format_number {
	char digits[FORMAT_DIGITS];	/* filled from the end */
	__u32 count;			/* of digits */
	char head[4];			/* sign or prefix */
	__u32 head_count;
	__u32 left, zeros, right;
	__u64 bits;			/* what is left to be written */
	__u32 base, ten;		/* and how: the digit of ten */
};

/* The next digit, from the end. Returns 1 after the last one; it takes at most
 * 22 steps. */
static inline int format_digit(struct format_number *number)
{
	__u64 digit = number->bits % number->base;

	number->digits[FORMAT_DIGITS - 1 - (number->count &
					    (FORMAT_DIGITS - 1))] =
		digit < 10 ? '0' + digit : number->ten + digit - 10;
	number->bits /= number->base;
	number->count++;
	return number->bits == 0;
}

/* Begins a conversion d i u o x X p: its head; format_digit() comes next. */
static inline void format_head(struct format_number *number, __u64 spec,
			       __s64 value)
{
	char conversion = format_spec_conversion(spec);
	char flag = format_spec_flag(spec);
	__u32 head = 0;

	number->bits = (__u64)value;
	number->base = 10;
	if (conversion == 'd' || conversion == 'i') {
		if (value < 0) {
			number->bits = 0 - number->bits;
			number->head[head++] = '-';
		} else if (flag == '+' || flag == ' ') {
			number->head[head++] = flag;
		}
	} else if (conversion == 'o') {
		number->base = 8;
		if (flag == '#' && value)
			number->head[head++] = '0';
	} else if (conversion != 'u') {
		number->base = 16;
		if (flag == '#' || conversion == 'p') {
			number->head[0] = '0';
			number->head[1] = conversion == 'X' ? 'X' : 'x';
			head = 2;
		}
	}
	number->ten = conversion == 'X' ? 'A' : 'a';
	number->head_count = head;
	number->count = 0;
}

/* Ends it, when the digits are there: the padding. */
static inline void format_pad(struct format_number *number, __u64 spec)
{
	char flag = format_spec_flag(spec);
	__u32 width = format_spec_width(spec);
	__u32 precision = format_spec_precision(spec), used;

	number->zeros = precision != FORMAT_NO_PRECISION &&
			precision > number->count ?
			precision - number->count : 0;
	used = number->head_count + number->zeros + number->count;
	number->left = number->right = 0;
	if (width <= used)
		return;
	if (flag == '-')
		number->right = width - used;
	else if (flag == '0')
		number->zeros += width - used;
	else
		number->left = width - used;
}

/* How many bytes %b writes: 1, 2, 4 or 8. */
static inline __u32 format_blob(__u64 spec)
{
	__u32 width = format_spec_width(spec);

	return width == 1 || width == 2 || width == 4 ? width : 8;
}

/* The character of an escape sequence \c for @c, or NUL if it has none. */
static inline char format_escape(unsigned char c)
{
	return c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' :
	       c == '\a' ? 'a' : c == '\b' ? 'b' : c == '\f' ? 'f' :
	       c == '\v' ? 'v' : c == '\\' ? '\\' : c == '"' ? '"' : '\0';
}

/* Does @c stand for itself in an escaped text? */
static inline int format_plain(unsigned char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* ---- rendering: how many bytes the value has, of which at most @room were
 * written. No NUL is added. ---- */

/* b c d i u o x X p */
__u64 format_long(char *out, __u64 room, __u64 spec, __s64 value);
/* s: up to a NUL, at most @length bytes. */
__u64 format_text(char *out, __u64 room, __u64 spec, const char *text,
		  __u64 length);
/* m M: @length bytes of memory (the precision was taken when they were read;
 * format_memory_length() says how many to read). */
__u64 format_bytes(char *out, __u64 room, __u64 spec, const void *bytes,
		   __u64 length);

/* Bytes that m and M show. */
static inline __u32 format_memory_length(__u64 spec)
{
	__u32 precision = format_spec_precision(spec);

	return precision == FORMAT_NO_PRECISION ? 1 : precision;
}

#endif
