/*
 * Primitives over floating point numbers: runtime/common/float.h, decimal.h.
 *
 * The large integer lies in the frame, behind the text of an error, where no
 * text reaches: it is too large for the stack, and the verifier follows no
 * values there.
 */
#include "runtime/bpf/lib/text.h"

/* What a loop works on: the kernel wants this in the stack. */
struct place {
	void *state;
	struct rt_text *text;
};

#define DECIMAL_REPEAT(count, step, state, text) \
	do { \
		struct place at_ = { state, text }; \
		bpf_loop(count, step##_at, &at_, 0); \
	} while (0)
#define DECIMAL_STEP(step, type) \
	static long step##_at(__u64 i, struct place *at) \
	{ \
		return step(i, (type *)at->state, at->text); \
	}
#define DECIMAL_CHAR(text, i) ((text)->s[RT_MASKED(i)])
#define DECIMAL_TEXT struct rt_text *
#define DECIMAL_PUT(text, i, c) ((text)->s[RT_MASKED(i)] = (c))
#define DECIMAL_ZERO(text) rt_zero(text)
#define DECIMAL_IN_TURN() barrier()
#include "runtime/common/decimal.h"

_Static_assert(DECIMAL_ROOM < RT_TEXT_SIZE, "a number fits into a text");

enum {
	STATE_AT = (offsetof(struct rt_frame, message) + RT_TEXT_SIZE + 7) / 8 *
		   8,
};

_Static_assert(sizeof(struct decimal_reader) <= RT_TEXT_SIZE - 8 &&
	       sizeof(struct decimal_writer) <= RT_TEXT_SIZE - 8,
	       "the state lies behind the text");

#define TWO(name, function) \
	RT_GLOBAL __s64 prim_##name(__s64 a, __s64 b) \
	{ \
		return function(a, b); \
	}

FLOAT_OF_TWO(TWO)

RT_GLOBAL __s64 prim_fp_sqrt(__s64 a)
{
	return float_sqrt(a);
}

RT_GLOBAL __s64 prim_long_to_fp(__s64 a)
{
	return float_from_integer(a);
}

RT_GLOBAL __s64 prim_fp32_to_fp64(__s64 a)
{
	return float_from_single(a);
}

RT_GLOBAL __s64 prim_fp_to_long(__s64 a, __s64 rounding, __s64 exact)
{
	(void)exact;
	return float_to_integer(a, rounding);
}

RT_GLOBAL __u64 prim_fp_to_string(struct rt_frame *frame, struct rt_text *dst,
			       __s64 a, __s64 places)
{
	__u64 at, length;

	if (!frame || !dst)
		return 0;
	if (float_is_nan(a) || float_is_infinite(a)) {
		const char *text = float_is_nan(a) ? "nan" :
				   a < 0 ? "-inf" : "inf";

		length = float_is_infinite(a) && a < 0 ? 4 : 3;
		rt_text_put(dst, 0, text, length);
		return length;
	}
	at = decimal_write((void *)frame + STATE_AT, dst, a, places);
	length = DECIMAL_ROOM - at;
	if (length > rt_text_most()) {
		length = rt_text_most();
		rt_count_truncated();
	}
	rt_text_put(dst, 0, dst->s + RT_MASKED(at), length);
	return length;
}

RT_GLOBAL __s64 prim_string_to_fp(struct rt_frame *frame,
			       const struct rt_text *text)
{
	if (!frame || !text)
		return 0;
	return decimal_read((void *)frame + STATE_AT, (struct rt_text *)text,
			    RT_TEXT_SIZE);
}
