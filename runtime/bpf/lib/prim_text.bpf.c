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

/*
 * ---- search: Rabin and Karp's, so that no table is needed ----
 *
 * These stand at the end of the longest chains of calls, which all have to fit
 * the kernel's 512 bytes of stack: so little of their state lies there.
 */

enum { HASH_BASE = 0x01000193 };

/* The text that is searched for. */
struct pattern {
	__u64 length;
	__u64 target;		/* its hash */
	__u64 top;		/* HASH_BASE to the power of length */
};

struct hashing {
	const struct rt_text *what;
	struct pattern pattern;
};

static long hash_step(__u64 i, struct hashing *hashing)
{
	__u8 c = hashing->what->s[RT_MASKED(i)];

	hashing->pattern.target = hashing->pattern.target * HASH_BASE + c;
	hashing->pattern.top *= HASH_BASE;
	return 0;
}

/* A function of its own, so that its room is free again in the search. */
static __attribute__((noinline)) long pattern_find(const struct rt_text *what,
						   struct pattern *pattern)
{
	__u64 zero = rt_zero(what);
	struct hashing hashing = {
		.what = what,
		.pattern = { rt_text_length(what), zero, zero + 1 },
	};

	bpf_loop(hashing.pattern.length, hash_step, &hashing, 0);
	*pattern = hashing.pattern;
	return 0;
}

struct equality {
	const char *a, *b;
	__u64 left;		/* characters to be compared */
	__u64 differ;
};

static long equality_step(__u64 i, struct equality *equality)
{
	__u64 at = RT_MASKED(i * 8), left = equality->left - at;
	__u64 a = rt_word(equality->a + at), b;

	barrier_var(a);		/* one after the other: there are few registers */
	b = rt_word(equality->b + at);
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
	struct equality equality = { .left = length };

	if (!text || !what)
		return 0;
	equality.a = text->s + (from & RT_TEXT_MASK);
	equality.b = what->s;
	equality.differ = rt_zero(what);
	bpf_loop((length + 7) / 8, equality_step, &equality, 0);
	return !equality.differ;
}

/* ---- finding ---- */

struct search {
	const struct rt_text *text, *what;
	struct pattern pattern;
	__u64 hash;		/* of the last characters, as many as what has */
	__u64 at;
	__u64 found;
};

static long search_step(__u64 i, struct search *search)
{
	__u8 c = search->text->s[RT_MASKED(search->at)], first;

	(void)i;
	if (!c)
		return 1;
	search->hash = search->hash * HASH_BASE + c;
	if (search->at >= search->pattern.length) {
		first = search->text->s[RT_MASKED(search->at -
						  search->pattern.length)];
		search->hash -= first * search->pattern.top;
	}
	search->at++;
	if (search->at < search->pattern.length ||
	    search->hash != search->pattern.target ||
	    !rt_text_holds(search->text, search->what,
			   search->at - search->pattern.length,
			   search->pattern.length))
		return 0;
	search->found = 1;
	return 1;
}

RT_GLOBAL __s64 prim_isinstr(const struct rt_text *text,
			     const struct rt_text *what)
{
	struct search search = {};

	if (!text || !what)
		return 0;
	if (!what->s[0])
		return 1;
	search.text = text;
	search.what = what;
	search.hash = search.at = search.found = rt_zero(what);
	pattern_find(what, &search.pattern);
	bpf_loop(RT_TEXT_SIZE, search_step, &search, 0);
	return search.found;
}

/* ---- replacing ---- */

/* Lies in the frame, behind the text of an error, where no text reaches. */
struct replacing {
	struct pattern pattern;
	__u64 hash;		/* of text[from ... at - 1] */
	__u64 from, at;
	__u64 with_length, out, lost;
};

enum {
	REPLACING_AT = (offsetof(struct rt_frame, message) + RT_TEXT_SIZE + 7) /
		       8 * 8,
};

_Static_assert(sizeof(struct replacing) <= RT_TEXT_SIZE - 8,
	       "the state lies behind the text");

/* Pointers are known to the verifier in the stack only. */
struct replacement {
	struct replacing *state;
	const struct rt_text *text, *what;
	const struct rt_text *with;	/* what comes instead */
	struct rt_text *dst;
};

RT_INLINE void emit_char(struct replacement *r, __u8 c)
{
	__u64 out = r->state->out;

	if (out >= rt_text_most()) {
		r->state->lost = 1;
		return;
	}
	r->dst->s[RT_MASKED(out)] = c;
	r->state->out = out + 1;
}

RT_INLINE void emit_with(struct replacement *r)
{
	__u64 count = r->state->with_length, out = r->state->out;

	if (out > rt_text_most())
		out = rt_text_most();
	if (count > rt_text_most() - out) {
		count = rt_text_most() - out;
		r->state->lost = 1;
	}
	bpf_probe_read_kernel(r->dst->s + RT_MASKED(out), RT_MASKED(count),
			      r->with->s);
	r->state->out = out + count;
}

/* Drops the first character of the window, and writes it. */
RT_INLINE void drop(struct replacement *r)
{
	struct replacing *state = r->state;
	__u8 c = r->text->s[RT_MASKED(state->from)];

	state->hash -= c * state->pattern.top;
	state->from++;
	emit_char(r, c);
}

static long replace_step(__u64 i, struct replacement *r)
{
	struct replacing *state = r->state;
	__u8 c = r->text->s[RT_MASKED(state->at)];

	(void)i;
	state->hash = state->hash * HASH_BASE + c;
	state->at++;
	if (!c)
		return 1;
	if (state->at - state->from > state->pattern.length)
		drop(r);
	if (state->at - state->from < state->pattern.length ||
	    state->hash != state->pattern.target ||
	    !rt_text_holds(r->text, r->what, state->from,
			   state->pattern.length))
		return 0;
	emit_with(r);
	state->from = state->at;
	state->hash = 0;
	return 0;
}

/* What is left in the window when the text ends. */
static long rest_step(__u64 i, struct replacement *r)
{
	__u8 c = r->text->s[RT_MASKED(r->state->from + i)];

	if (!c)
		return 1;
	emit_char(r, c);
	return 0;
}

RT_GLOBAL __u64 prim_str_replace(struct rt_frame *frame, struct rt_text *dst,
				 const struct rt_text *text,
				 const struct rt_text *what,
				 const struct rt_text *with)
{
	struct replacement r = {};

	if (!frame || !dst || !text || !what || !with)
		return 0;
	if (!what->s[0])
		return rt_text_copy(dst, text);
	r.state = (void *)frame + REPLACING_AT;
	r.text = text;
	r.what = what;
	r.with = with;
	r.dst = dst;
	r.state->hash = r.state->from = r.state->at = 0;
	r.state->out = r.state->lost = 0;
	r.state->with_length = rt_text_length(with);
	pattern_find(what, &r.state->pattern);
	bpf_loop(RT_TEXT_SIZE, replace_step, &r, 0);
	bpf_loop(RT_TEXT_SIZE, rest_step, &r, 0);
	dst->s[RT_MASKED(r.state->out)] = '\0';
	if (r.state->lost)
		rt_count_truncated();
	return r.state->out;
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
