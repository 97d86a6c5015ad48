/* Primitives over floating point numbers: runtime/common/float.h. */
#include "runtime/kmod/kmod.h"

#include <linux/string.h>

#include "runtime/common/decimal.h"

#define TWO(name, function) \
	PRIM_LONG(name, s64 a, s64 b) \
	{ \
		(void)frame; \
		return (s64)function((u64)a, (u64)b); \
	}

FLOAT_OF_TWO(TWO)

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
