/*
 * Primitives over texts. See runtime/common/intrinsics.def.
 *
 * A result never lies in the slot of an argument. Loops over characters run in
 * bpf_loop: the kernel verifies their body once, whatever the length of texts.
 */
#include "runtime/bpf/lib/text.h"
#include "runtime/common/format.h"

RT_GLOBAL __s64 prim_strlen(const struct rt_text *text)
{
	return text ? rt_text_length(text) : 0;
}

RT_GLOBAL __u64 prim_substr(struct rt_text *dst, const struct rt_text *text,
			    __s64 start, __s64 count)
{
	__u64 length, from = start, most = count;

	if (!dst || !text)
		return 0;
	length = rt_text_length(text);
	if (start < 0 || count <= 0 || from >= length) {
		dst->s[0] = '\0';
		return 0;
	}
	if (most > length - from)
		most = length - from;
	rt_text_put(dst, 0, text->s + RT_MASKED(from), most);
	return most;
}

RT_GLOBAL __s64 prim_stringat(struct rt_frame *frame,
			      const struct rt_text *text, __s64 position)
{
	if (!frame || !text)
		return 0;
	if (position < 0 || (__u64)position >= rt_text_length(text)) {
		rt_raise(frame, RT_ERROR_POSITION, position);
		return 0;
	}
	return (__u8)text->s[RT_MASKED(position)];
}

/* ---- numbers ---- */

struct number {
	const struct rt_text *text;
	__u64 at, base, value;
};

/* The value of a digit; large if it is none. */
RT_INLINE __u32 digit(__u8 c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 255;
}

static long number_step(__u64 i, struct number *number)
{
	__u8 c = number->text->s[RT_MASKED(number->at + i)];

	if (digit(c) >= number->base)
		return 1;
	number->value = number->value * number->base + digit(c);
	return 0;
}

/* Wraps around when the number is too large. */
RT_GLOBAL __s64 prim_strtol(const struct rt_text *text, __s64 base)
{
	struct number number = { .text = text };
	int minus;

	if (!text || base < 0 || base == 1 || base > 36)
		return 0;
	minus = text->s[0] == '-';
	number.at = minus;
	number.base = base;
	if ((base == 0 || base == 16) && text->s[RT_MASKED(minus)] == '0' &&
	    (text->s[RT_MASKED(minus + 1)] | 0x20) == 'x' &&
	    digit(text->s[RT_MASKED(minus + 2)]) < 16) {
		number.at += 2;
		number.base = 16;
	} else if (base == 0) {
		number.base = text->s[RT_MASKED(minus)] == '0' ? 8 : 10;
	}
	bpf_loop(RT_TEXT_SIZE, number_step, &number, 0);
	return minus ? 0 - number.value : number.value;
}

/* ---- search: Rabin and Karp's, so that no table is needed ---- */

enum { HASH_BASE = 0x01000193 };

struct search {
	const struct rt_text *text, *what;
	const struct rt_text *with;	/* replacing: what comes instead */
	struct rt_text *dst;		/* replacing: the result, else NULL */
	__u64 length;		/* of what */
	__u64 target;		/* its hash */
	__u64 top;		/* HASH_BASE to the power of length */
	__u64 hash;		/* of text[from ... at - 1] */
	__u64 from, at;
	__u64 found;
	__u64 with_length, out, lost;	/* replacing */
};

static long hash_step(__u64 i, struct search *search)
{
	__u8 c = search->what->s[RT_MASKED(i)];

	search->target = search->target * HASH_BASE + c;
	search->top *= HASH_BASE;
	return 0;
}

struct equality {
	const char *a, *b;
	__u64 from, count;
	__u64 differ;
};

static long equality_step(__u64 i, struct equality *equality)
{
	__u64 at = i * 8, left = equality->count - at;
	__u64 a = rt_word(equality->a + RT_MASKED(equality->from + at));
	__u64 b = rt_word(equality->b + RT_MASKED(at));

	if (left < 8) {
		a <<= (8 - left) * 8 & 63;
		b <<= (8 - left) * 8 & 63;
	}
	equality->differ = a != b;
	return a != b;
}

/* Whether text[from ...] begins with the @length characters of what: hashes can
 * be equal by chance. */
RT_GLOBAL __s64 rt_text_holds(const struct rt_text *text,
			      const struct rt_text *what, __u64 from,
			      __u64 length)
{
	struct equality equality = { .from = from, .count = length };

	if (!text || !what)
		return 0;
	equality.a = text->s;
	equality.b = what->s;
	equality.differ = rt_zero(what);
	bpf_loop((length + 7) / 8, equality_step, &equality, 0);
	return !equality.differ;
}

RT_INLINE __s64 holds_at(const struct search *search)
{
	return rt_text_holds(search->text, search->what, search->from,
			     search->length);
}

/* Takes one character into the window. Returns it. */
RT_INLINE __u8 search_take(struct search *search)
{
	__u8 c = search->text->s[RT_MASKED(search->at)];

	search->hash = search->hash * HASH_BASE + c;
	search->at++;
	return c;
}

/* Drops the first character of the window. Returns it. */
RT_INLINE __u8 search_drop(struct search *search)
{
	__u8 c = search->text->s[RT_MASKED(search->from)];

	search->hash -= c * search->top;
	search->from++;
	return c;
}

static long search_step(__u64 i, struct search *search)
{
	(void)i;
	if (!search_take(search))
		return 1;
	if (search->at - search->from > search->length)
		search_drop(search);
	if (search->at - search->from < search->length ||
	    search->hash != search->target || !holds_at(search))
		return 0;
	search->found = 1;
	return 1;
}

RT_INLINE void search_begin(struct search *search, const struct rt_text *text,
			    const struct rt_text *what)
{
	__u64 zero = rt_zero(what);

	search->text = text;
	search->what = what;
	search->length = rt_text_length(what);
	search->target = search->hash = zero;
	search->from = search->at = zero;
	search->found = search->out = search->lost = zero;
	search->top = zero + 1;
	bpf_loop(search->length, hash_step, search, 0);
}

RT_GLOBAL __s64 prim_isinstr(const struct rt_text *text,
			     const struct rt_text *what)
{
	struct search search = {};

	if (!text || !what)
		return 0;
	if (!what->s[0])
		return 1;
	search_begin(&search, text, what);
	bpf_loop(RT_TEXT_SIZE, search_step, &search, 0);
	return search.found;
}

/* ---- replacing ---- */

RT_INLINE void emit_char(struct search *search, __u8 c)
{
	if (search->out >= rt_text_most()) {
		search->lost = 1;
		return;
	}
	search->dst->s[RT_MASKED(search->out)] = c;
	search->out++;
}

RT_INLINE void emit_with(struct search *search)
{
	__u64 count = search->with_length;

	if (search->out > rt_text_most())
		search->out = rt_text_most();
	if (count > rt_text_most() - search->out) {
		count = rt_text_most() - search->out;
		search->lost = 1;
	}
	bpf_probe_read_kernel(search->dst->s + RT_MASKED(search->out),
			      RT_MASKED(count), search->with->s);
	search->out += count;
}

static long replace_step(__u64 i, struct search *search)
{
	(void)i;
	if (!search_take(search))
		return 1;
	if (search->at - search->from > search->length)
		emit_char(search, search_drop(search));
	if (search->at - search->from < search->length ||
	    search->hash != search->target || !holds_at(search))
		return 0;
	emit_with(search);
	search->from = search->at;
	search->hash = 0;
	return 0;
}

/* What is left in the window when the text ends. */
static long rest_step(__u64 i, struct search *search)
{
	__u8 c = search->text->s[RT_MASKED(search->from + i)];

	if (!c)
		return 1;
	emit_char(search, c);
	return 0;
}

RT_GLOBAL __u64 prim_str_replace(struct rt_frame *frame, struct rt_text *dst,
				 const struct rt_text *text,
				 const struct rt_text *what,
				 const struct rt_text *with)
{
	struct search search = {};

	if (!frame || !dst || !text || !what || !with)
		return 0;
	if (!what->s[0])
		return rt_text_copy(dst, text);
	search_begin(&search, text, what);
	search.dst = dst;
	search.with = with;
	search.with_length = rt_text_length(with);
	bpf_loop(RT_TEXT_SIZE, replace_step, &search, 0);
	bpf_loop(RT_TEXT_SIZE, rest_step, &search, 0);
	dst->s[RT_MASKED(search.out)] = '\0';
	if (search.lost)
		rt_count_truncated();
	return search.out;
}

/* ---- tokens ---- */

/* frame->token holds the text, frame->token_at is 1 + the place where the rest
 * of it begins, or 0 when there is none. */
struct tokens {
	struct rt_frame *frame;
	const struct rt_text *delimiters;
	__u64 set[4];		/* the delimiters, a bit each */
	__u64 at;
	__u64 from;
	__u64 inside;		/* a token has begun */
};

static long set_step(__u64 i, struct tokens *tokens)
{
	__u8 c = tokens->delimiters->s[RT_MASKED(i)];

	if (!c)
		return 1;
	tokens->set[c >> 6] |= 1ULL << (c & 63);
	return 0;
}

static long token_step(__u64 i, struct tokens *tokens)
{
	__u8 c = tokens->frame->token.s[RT_MASKED(tokens->at)];
	__u64 delimits = tokens->set[c >> 6] >> (c & 63) & 1;

	(void)i;
	if (!c)
		return 1;
	if (delimits && tokens->inside)
		return 1;
	if (!delimits && !tokens->inside) {
		tokens->inside = 1;
		tokens->from = tokens->at;
	}
	tokens->at++;
	return 0;
}

/* The next token of frame->token. */
static __u64 next_token(struct rt_frame *frame, struct rt_text *dst,
			const struct rt_text *delimiters)
{
	__u64 zero = rt_zero(delimiters), count;
	struct tokens tokens = {
		.frame = frame,
		.delimiters = delimiters,
		.set = { zero, zero, zero, zero },
		.from = zero,
		.inside = zero,
	};

	dst->s[0] = '\0';
	if (!frame->token_at)
		return 0;
	tokens.at = frame->token_at + zero - 1;
	bpf_loop(RT_TEXT_SIZE, set_step, &tokens, 0);
	bpf_loop(RT_TEXT_SIZE, token_step, &tokens, 0);
	if (!tokens.inside) {
		frame->token_at = 0;
		return 0;
	}
	count = tokens.at - tokens.from;
	rt_text_put(dst, 0, frame->token.s + RT_MASKED(tokens.from), count);
	frame->token_at = frame->token.s[RT_MASKED(tokens.at)] ?
			  tokens.at + 2 : 0;
	return count;
}

RT_GLOBAL __u64 prim_tokenize(struct rt_frame *frame, struct rt_text *dst,
			      const struct rt_text *text,
			      const struct rt_text *delimiters)
{
	if (!frame || !dst || !text || !delimiters)
		return 0;
	if (text->s[0]) {
		rt_text_copy(&frame->token, text);
		frame->token_at = 1;
	}
	return next_token(frame, dst, delimiters);
}

RT_GLOBAL __u64 prim_tokenize_1(struct rt_frame *frame, struct rt_text *dst,
				const struct rt_text *delimiters)
{
	if (!frame || !dst || !delimiters)
		return 0;
	return next_token(frame, dst, delimiters);
}

/* ---- escapes ---- */

struct escape {
	const struct rt_text *text;
	struct rt_text *dst;
	__u64 at, most;
	__u64 lost;
};

static long escape_step(__u64 i, struct escape *escape)
{
	__u8 c = escape->text->s[RT_MASKED(i)], letter = format_escape(c);
	__u64 count = format_plain(c) ? 1 : letter ? 2 : 4;
	char *out = escape->dst->s + RT_MASKED(escape->at);

	if (!c)
		return 1;
	if (escape->at + count > escape->most) {
		escape->lost = 1;
		return 1;
	}
	out[0] = '\\';
	if (count == 1) {
		out[0] = c;
	} else if (count == 2) {
		out[1] = letter;
	} else {
		out[1] = '0' + (c >> 6);
		out[2] = '0' + (c >> 3 & 7);
		out[3] = '0' + (c & 7);
	}
	escape->at += count;
	return 0;
}

RT_GLOBAL __u64 prim_text_str(struct rt_frame *frame, struct rt_text *dst,
			      const struct rt_text *text)
{
	struct escape escape = {};

	if (!frame || !dst || !text)
		return 0;
	escape.text = text;
	escape.dst = dst;
	escape.at = escape.lost = rt_zero(text);
	escape.most = rt_text_most();
	bpf_loop(RT_TEXT_SIZE, escape_step, &escape, 0);
	dst->s[RT_MASKED(escape.at)] = '\0';
	if (escape.lost)
		rt_count_truncated();
	return escape.at;
}

/* In quotes; three dots behind them say that not all had room. */
RT_GLOBAL __u64 prim_string_quoted(struct rt_frame *frame, struct rt_text *dst,
				   const struct rt_text *text)
{
	struct escape escape = {};

	if (!frame || !dst || !text)
		return 0;
	escape.text = text;
	escape.dst = dst;
	escape.lost = rt_zero(text);
	escape.at = escape.lost + 1;
	escape.most = rt_text_most() - 1;
	dst->s[0] = '"';
	bpf_loop(RT_TEXT_SIZE, escape_step, &escape, 0);
	if (escape.lost) {
		escape.at = rt_zero(text) + 1;
		escape.most = rt_text_most() > 5 ? rt_text_most() - 4 : 0;
		bpf_loop(RT_TEXT_SIZE, escape_step, &escape, 0);
		rt_count_truncated();
		rt_text_put(dst, escape.at, "\"...", 4);
		return escape.at + 4;
	}
	rt_text_put(dst, escape.at, "\"", 1);
	return escape.at + 1;
}
