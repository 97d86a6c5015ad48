/*
 * What functions over texts share on the probe side. The rule that makes the
 * verifier accept them: every offset into a slot and every size of a copy is
 * masked to RT_TEXT_SIZE - 1 (or bounded by RT_TEXT_SIZE) right before use, and
 * a slot is twice that.
 */
#ifndef SPILE_BPF_TEXT_H
#define SPILE_BPF_TEXT_H

#include "runtime/bpf/lib/maps.h"
#include "runtime/bpf/lib/rt.h"

enum { RT_TEXT_MASK = RT_TEXT_SIZE - 1, RT_TEXT_WORDS = RT_TEXT_SIZE / 8 };

/* Eight characters at once, at any address. */
struct rt_word {
	__u64 bits;
} __attribute__((packed, aligned(1), may_alias));

/* The value, but unknown to the compiler, so that a mask after it stays. */
#define RT_OPAQUE(value) ({ __u64 opaque_ = (value); barrier_var(opaque_); \
			    opaque_; })
#define RT_MASKED(value) (RT_OPAQUE(value) & RT_TEXT_MASK)

/* Most characters of a text: MAXSTRINGLEN - 1. */
RT_INLINE __u64 rt_text_most(void)
{
	return rt_text_max < RT_TEXT_SIZE ? rt_text_max : RT_TEXT_SIZE - 1;
}

RT_INLINE __u64 rt_word(const char *from)
{
	return ((const struct rt_word *)from)->bits;
}

RT_INLINE int rt_has_nul(__u64 word)
{
	return ((word - 0x0101010101010101ULL) & ~word &
		0x8080808080808080ULL) != 0;
}

/* dst[at...] = from[0 ... count - 1] and a NUL. at + count <= rt_text_most(). */
RT_INLINE void rt_text_put(struct rt_text *dst, __u64 at, const char *from,
			   __u64 count)
{
	bpf_probe_read_kernel(dst->s + RT_MASKED(at), RT_MASKED(count), from);
	dst->s[RT_MASKED(at + count)] = '\0';
}

/* The first NUL at or after the beginning: the same as rt_text_length(), for
 * those that need it inline. */
RT_INLINE __u64 rt_text_measure(const struct rt_text *text)
{
	__u64 i, j;

	for (i = 0; i < RT_TEXT_SIZE; i += 8) {
		if (!rt_has_nul(rt_word(text->s + i)))
			continue;
		for (j = 0; j < 7; j++)
			if (!text->s[i + j])
				break;
		return i + j;
	}
	return RT_TEXT_SIZE - 1;
}

#endif
