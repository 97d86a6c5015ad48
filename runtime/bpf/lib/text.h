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

/* Eight characters, the first in the lowest byte. */
RT_INLINE __u64 rt_word(const char *from)
{
	__u64 bits = ((const struct rt_word *)from)->bits;

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	bits = __builtin_bswap64(bits);
#endif
	return bits;
}

/* The highest bit of each byte that is zero. */
RT_INLINE __u64 rt_zero_bytes(__u64 word)
{
	const __u64 low = 0x7f7f7f7f7f7f7f7fULL;

	return ~(((word & low) + low) | word | low);
}

/* Which byte is the first of those whose highest bit is set; there is one. */
RT_INLINE __u64 rt_first_byte(__u64 marks)
{
	marks >>= 7;
	return ((marks & -marks) * 0x0001020304050607ULL) >> 56;
}

/*
 * Zero, which neither the compiler nor the verifier knows. A counter in the
 * context of a bpf_loop begins with it: of a known one the verifier would
 * follow each value it takes, and not come to an end.
 */
RT_INLINE __u64 rt_zero(const struct rt_text *any)
{
	__u64 word = *(const volatile __u64 *)any->s;

	return word ^ RT_OPAQUE(word);
}

/* dst[at...] = from[0 ... count - 1] and a NUL. at + count <= rt_text_most(). */
RT_INLINE void rt_text_put(struct rt_text *dst, __u64 at, const char *from,
			   __u64 count)
{
	bpf_probe_read_kernel(dst->s + RT_MASKED(at), RT_MASKED(count), from);
	dst->s[RT_MASKED(at + count)] = '\0';
}

#endif
