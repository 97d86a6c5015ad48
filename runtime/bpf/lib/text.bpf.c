/*
 * Length, copy, append and compare of texts: see rt.h.
 */
#include "runtime/bpf/lib/text.h"

struct measure {
	const struct rt_text *text;
	__u64 length;
};

static long measure_step(__u64 i, struct measure *measure)
{
	__u64 at = RT_MASKED(i * 8), marks;

	marks = rt_zero_bytes(rt_word(measure->text->s + at));
	if (!marks)
		return 0;
	measure->length = at + rt_first_byte(marks);
	return 1;
}

RT_GLOBAL __u64 rt_text_length(const struct rt_text *text)
{
	struct measure measure = { .text = text };

	if (!text)
		return 0;
	measure.length = RT_TEXT_MASK;
	bpf_loop(RT_TEXT_WORDS, measure_step, &measure, 0);
	return measure.length;
}

RT_GLOBAL __u64 rt_text_copy(struct rt_text *dst, const struct rt_text *src)
{
	__u64 size = RT_OPAQUE(rt_text_most() + 1);
	long length;

	if (!dst || !src)
		return 0;
	if (size > RT_TEXT_SIZE)
		size = RT_TEXT_SIZE;
	length = bpf_probe_read_kernel_str(dst->s, size, src->s);
	return length > 0 ? length - 1 : 0;
}

RT_GLOBAL __u64 rt_text_append(struct rt_text *dst, const struct rt_text *src)
{
	__u64 at, count;

	if (!dst || !src)
		return 0;
	at = rt_text_length(dst);
	count = rt_text_length(src);
	if (at > rt_text_most())
		at = rt_text_most();
	if (count > rt_text_most() - at) {
		count = rt_text_most() - at;
		rt_count_truncated();
	}
	rt_text_put(dst, at, src->s, count);
	return at + count;
}

struct comparison {
	const struct rt_text *a, *b;
	__s64 order;
};

static long compare_step(__u64 i, struct comparison *comparison)
{
	__u64 at = RT_MASKED(i * 8);
	__u64 a = rt_word(comparison->a->s + at);
	__u64 b = rt_word(comparison->b->s + at);
	__u64 differ = rt_zero_bytes(a ^ b) ^ 0x8080808080808080ULL;
	__u64 ends = rt_zero_bytes(a), shift;

	if (!(differ | ends))
		return 0;
	shift = rt_first_byte(differ | ends) * 8 & 63;
	comparison->order = (__s64)(a >> shift & 255) -
			    (__s64)(b >> shift & 255);
	return 1;
}

RT_GLOBAL __s64 rt_text_compare(const struct rt_text *a,
				const struct rt_text *b)
{
	struct comparison comparison = {};

	if (!a || !b)
		return 0;
	comparison.a = a;
	comparison.b = b;
	bpf_loop(RT_TEXT_WORDS, compare_step, &comparison, 0);
	return comparison.order;
}
