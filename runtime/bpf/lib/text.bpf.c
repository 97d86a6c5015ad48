/*
 * Length, copy, append and compare of texts: see rt.h.
 */
#include "runtime/bpf/lib/text.h"

RT_GLOBAL __u64 rt_text_length(const struct rt_text *text)
{
	return text ? rt_text_measure(text) : 0;
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

RT_GLOBAL __s64 rt_text_compare(const struct rt_text *a,
				const struct rt_text *b)
{
	__u64 i, j;

	if (!a || !b)
		return 0;
	for (i = 0; i < RT_TEXT_SIZE; i += 8) {
		__u64 word = rt_word(a->s + i);

		if (word == rt_word(b->s + i)) {
			if (rt_has_nul(word))
				return 0;
			continue;
		}
		for (j = 0; j < 8; j++) {
			__u8 x = a->s[i + j], y = b->s[i + j];

			if (x != y)
				return (__s64)x - y;
			if (!x)
				return 0;
		}
	}
	return 0;
}
