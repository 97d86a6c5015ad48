/*
 * sprintf on the probe side: see rt.h. What characters a number has and where
 * the padding goes is decided by runtime/common/format.h, as everywhere.
 */
#include "runtime/bpf/lib/text.h"
#include "runtime/common/format.h"

/* @count times @c at @at; overshoots into the slack, the caller writes what
 * follows. Returns the place behind, at most rt_text_most(). Not inlined: numbers
 * have three of it. What is written is copied behind itself until it is enough:
 * the step of a loop would be one more in chains of calls that are long. */
RT_GLOBAL __u64 rt_text_fill(struct rt_text *dst, __u64 at, __u32 c,
			     __u64 count)
{
	if (!dst)
		return 0;
	if (at > rt_text_most())
		at = rt_text_most();
	if (count > rt_text_most() - at)
		count = rt_text_most() - at;
	((struct rt_word *)(dst->s + RT_MASKED(at)))->bits =
		0x0101010101010101ULL * (__u8)c;
#pragma unroll
	for (__u32 have = 8; have < RT_TEXT_SIZE; have *= 2)
		if (have < count)
			bpf_probe_read_kernel(dst->s + RT_MASKED(at + have),
					      have, dst->s + RT_MASKED(at));
	return at + count;
}

RT_INLINE __u64 fill(struct rt_text *dst, __u64 at, char c, __u64 count)
{
	if (!count)
		return at;
	at = rt_text_fill(dst, at, c, count);
	/* the verifier looks into it by itself */
	return at > rt_text_most() ? rt_text_most() : at;
}

RT_INLINE __u64 put(struct rt_text *dst, __u64 at, const char *from,
		    __u64 count)
{
	if (count > rt_text_most() - at)
		count = rt_text_most() - at;
	bpf_probe_read_kernel(dst->s + RT_MASKED(at), RT_MASKED(count), from);
	return at + count;
}

/* A value of @count characters at @from in a field. */
RT_INLINE __u64 put_field(struct rt_text *dst, __u64 at, __u64 spec,
			  const char *from, __u64 count)
{
	__u64 width = format_spec_width(spec);
	__u64 space = width > count ? width - count : 0;

	if (space && format_spec_flag(spec) != '-') {
		at = fill(dst, at, ' ', space);
		space = 0;
	}
	at = put(dst, at, from, count);
	if (space)
		at = fill(dst, at, ' ', space);
	return at;
}

/* Ends the text; counts what had no room. */
RT_INLINE __u64 finish(struct rt_text *dst, __u64 at, __u64 wanted)
{
	dst->s[RT_MASKED(at)] = '\0';
	if (wanted > at)
		rt_count_truncated();
	return at;
}

/* How many bytes are not 0, of which the first are. Without branches: the verifier
 * would follow all that comes behind once for each length. */
RT_INLINE __u64 word_length(__u64 word)
{
	__u64 low = 0x7f7f7f7f7f7f7f7fULL;
	__u64 used = (((word & low) + low) | word) & ~low;

	return (used >> 7) * 0x0101010101010101ULL >> 56;
}

/* The first characters of a word; overshoots into the slack. */
RT_INLINE __u64 put_word(struct rt_text *dst, __u64 at, __u64 word)
{
	__u64 count = word_length(word);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	((struct rt_word *)(dst->s + RT_MASKED(at)))->bits = word;
	if (count > rt_text_most() - at)
		count = rt_text_most() - at;
	return at + count;
}

RT_GLOBAL __u64 rt_format_text(struct rt_text *dst, __u64 at, __u64 spec,
			       const struct rt_text *value, __u64 before)
{
	__u64 count, wanted, width = format_spec_width(spec), lost = 0;

	if (!dst || !value)
		return 0;
	if (at > rt_text_most())
		at = rt_text_most();
	if (before) {
		lost = at + word_length(before) > rt_text_most();
		at = put_word(dst, at, before);
	}
	count = rt_text_length(value);
	if (count > format_spec_precision(spec) &&
	    format_spec_precision(spec) != FORMAT_NO_PRECISION)
		count = format_spec_precision(spec);
	wanted = at + (width > count ? width : count) + lost;
	at = put_field(dst, at, spec, value->s, count);
	return finish(dst, at, wanted);
}

RT_GLOBAL __u64 rt_format_word(struct rt_text *dst, __u64 at, __u64 word)
{
	if (!dst)
		return 0;
	if (at > rt_text_most())
		at = rt_text_most();
	at = put_word(dst, at, word);
	dst->s[RT_MASKED(at)] = '\0';
	return at;
}

RT_GLOBAL __u64 rt_format_fill(struct rt_text *dst, __u64 at, __u64 c,
			       __u64 count)
{
	if (!dst)
		return 0;
	if (at > rt_text_most())
		at = rt_text_most();
	at = fill(dst, at, (char)c, count);
	dst->s[RT_MASKED(at)] = '\0';
	return at;
}

/* ---- memory ---- */

/* What cannot be read is zeros. */
RT_INLINE void read_memory(void *to, __u64 count, __u64 address, __u64 spec)
{
	if (format_spec_flag(spec) == '#')
		bpf_probe_read_user(to, count, (const void *)address);
	else
		bpf_probe_read_kernel(to, count, (const void *)address);
}

struct hex {
	struct rt_text *dst;
	__u64 at, address, spec;
};

RT_INLINE __u64 hex_digit(__u64 value)
{
	return value + (value < 10 ? '0' : 'a' - 10);
}

static long hex_step(__u64 i, struct hex *hex)
{
	__u8 byte = 0;

	read_memory(&byte, 1, hex->address + i, hex->spec);
	hex->at = rt_format_word(hex->dst, hex->at,
				 hex_digit(byte >> 4) |
				 hex_digit(byte & 15) << 8);
	return hex->at >= rt_text_most();
}

RT_GLOBAL __u64 rt_format_memory(struct rt_text *dst, __u64 at, __u64 spec,
				 __u64 address)
{
	__u64 count = format_memory_length(spec), shown, space, wanted;
	struct hex hex = { dst, at, address, spec };

	if (!dst)
		return 0;
	if (hex.at > rt_text_most())
		hex.at = rt_text_most();
	shown = format_spec_conversion(spec) == 'M' ? 2 * count : count;
	space = format_spec_width(spec) > shown ?
		format_spec_width(spec) - shown : 0;
	wanted = hex.at + shown + space;
	if (format_spec_flag(spec) != '-')
		hex.at = fill(dst, hex.at, ' ', space);
	if (format_spec_conversion(spec) == 'M') {
		bpf_loop(count, hex_step, &hex, 0);
	} else {
		if (count > rt_text_most() - hex.at)
			count = rt_text_most() - hex.at;
		read_memory(dst->s + RT_MASKED(hex.at), RT_MASKED(count),
			    address, spec);
		hex.at += count;
	}
	at = hex.at;
	if (at > rt_text_most())
		at = rt_text_most();
	if (format_spec_flag(spec) == '-')
		at = fill(dst, at, ' ', space);
	return finish(dst, at, wanted);
}

/* ---- numbers ---- */

static long digit_step(__u64 i, struct format_number *number)
{
	(void)i;
	return format_digit(number);
}

static __u64 put_number(struct rt_text *dst, __u64 at, __u64 spec,
			__s64 value, __u64 *ret_wanted)
{
	struct format_number number = {};
	__u64 from;

	format_head(&number, spec, value);
	number.count = rt_zero(dst);
	bpf_loop(22, digit_step, &number, 0);
	format_pad(&number, spec);
	*ret_wanted = at + number.left + number.head_count + number.zeros +
		      number.count + number.right;
	at = fill(dst, at, ' ', number.left);
	at = put(dst, at, number.head, number.head_count & 3);
	at = fill(dst, at, '0', number.zeros);
	from = RT_OPAQUE(FORMAT_DIGITS - number.count) & (FORMAT_DIGITS - 1);
	at = put(dst, at, number.digits + from, number.count);
	return fill(dst, at, ' ', number.right);
}

/* The character in a field, or (flag #) its escape sequence. */
static __u64 put_char(struct rt_text *dst, __u64 at, __u64 spec, __u8 c,
		      __u64 *ret_wanted)
{
	__u64 width = format_spec_width(spec), count = 1;
	char text[8] = { c };

	if (format_spec_flag(spec) == '#' && !format_plain(c)) {
		text[0] = '\\';
		text[1] = format_escape(c);
		count = 2;
		if (!text[1]) {
			text[1] = '0' + (c >> 6);
			text[2] = '0' + (c >> 3 & 7);
			text[3] = '0' + (c & 7);
			count = 4;
		}
	}
	*ret_wanted = at + (width > count ? width : count);
	return put_field(dst, at, spec, text, count);
}

RT_GLOBAL __u64 rt_format_long(struct rt_text *dst, __u64 at, __u64 spec,
			       __s64 value, __u64 before)
{
	__u64 wanted, bits = value, lost = 0;

	if (!dst)
		return 0;
	if (at > rt_text_most())
		at = rt_text_most();
	if (before) {
		lost = at + word_length(before) > rt_text_most();
		at = put_word(dst, at, before);
	}
	switch (format_spec_conversion(spec)) {
	case 'b':
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		bits = __builtin_bswap64(bits);
#endif
		wanted = at + format_blob(spec);
		at = put(dst, at, (const char *)&bits, format_blob(spec));
		break;
	case 'c':
		at = put_char(dst, at, spec, (__u8)value, &wanted);
		break;
	default:
		at = put_number(dst, at, spec, value, &wanted);
		break;
	}
	return finish(dst, at, wanted + lost);
}
