/* Primitives over floating point numbers: runtime/common/float.h. */
#include "runtime/kmod/kmod.h"

#include <linux/string.h>

#define DECIMAL_REPEAT(count, step, state, text) \
	do { \
		u64 count_ = (count); \
		for (u64 i_ = 0; i_ < count_ && !step(i_, state, text); \
		     i_++) \
			; \
	} while (0)
#define DECIMAL_STEP(step, type)
#define DECIMAL_CHAR(text, i) ((text)[i])
#define DECIMAL_TEXT char *
#define DECIMAL_PUT(text, i, c) ((text)[i] = (c))
#define DECIMAL_ZERO(text) 0
#include "runtime/common/decimal.h"

#define TWO(name, function) \
	PRIM_LONG(name, s64 a, s64 b) \
	{ \
		(void)frame; \
		return (s64)function((u64)a, (u64)b); \
	}

TWO(fp_add, float_add)
TWO(fp_sub, float_sub)
TWO(fp_mul, float_mul)
TWO(fp_div, float_div)
TWO(fp_rem, float_rem)
TWO(fp_lt, float_less)
TWO(fp_eq, float_equal)
TWO(fp_le, float_less_equal)

PRIM_LONG(fp_sqrt, s64 a)
{
	(void)frame;
	return (s64)float_sqrt((u64)a);
}

PRIM_LONG(long_to_fp, s64 a)
{
	(void)frame;
	return (s64)float_from_integer(a);
}

PRIM_LONG(fp32_to_fp64, s64 a)
{
	(void)frame;
	return (s64)float_from_single((u64)a);
}

PRIM_LONG(fp_to_long, s64 a, s64 rounding, s64 exact)
{
	(void)frame;
	(void)exact;
	return float_to_integer((u64)a, (u64)rounding);
}

PRIM_TEXT(fp_to_string, s64 a, s64 places)
{
	char digits[DECIMAL_ROOM + 1];
	struct decimal_writer writer;

	(void)frame;
	if (float_is_nan((u64)a)) {
		rt_copy(to, room, "nan");
	} else if (float_is_infinite((u64)a)) {
		rt_copy(to, room, a < 0 ? "-inf" : "inf");
	} else {
		digits[DECIMAL_ROOM] = '\0';
		rt_copy(to, room, digits + decimal_write(&writer, digits,
							 (u64)a, places));
	}
}

PRIM_LONG(string_to_fp, const char *text)
{
	struct decimal_reader reader;

	(void)frame;
	return (s64)decimal_read(&reader, (char *)text, strlen(text) + 1);
}
