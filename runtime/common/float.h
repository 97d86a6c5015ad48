/*
 * Floating point numbers of 64 bits (IEEE 754 binary64) as the bits that they
 * are, by integers only: probes have no other arithmetic. Results are those of
 * the machine, rounded to the nearest number, of two to the even one. Invalid
 * operations give FLOAT_NAN.
 *
 * Inline, without libc, memory or 128-bit integers; loops are bounded. What is
 * longer than a few steps is in decimal.h.
 */
#ifndef SPILE_COMMON_FLOAT_H
#define SPILE_COMMON_FLOAT_H

#include <linux/types.h>

#define FLOAT_SIGN	0x8000000000000000ULL
#define FLOAT_INFINITY	0x7ff0000000000000ULL
#define FLOAT_NAN	0x7ff8000000000000ULL
#define FLOAT_FRACTION	0x000fffffffffffffULL

/* A number that is neither infinite nor none: bits / 2^62 * 2^exponent, where bit
 * 62 is the highest of bits, or bits are 0. */
struct float_parts {
	__u64 bits;
	__s64 exponent;
};

/* How a number becomes an integer: as script functions count it. */
enum float_rounding {
	FLOAT_NEAREST_EVEN,
	FLOAT_TOWARDS_ZERO,
	FLOAT_DOWN,
	FLOAT_UP,
	FLOAT_NEAREST_AWAY,
	FLOAT_ODD = 6,
};

static inline int float_is_nan(__u64 a)
{
	return (a & ~FLOAT_SIGN) > FLOAT_INFINITY;
}

static inline int float_is_infinite(__u64 a)
{
	return (a & ~FLOAT_SIGN) == FLOAT_INFINITY;
}

static inline int float_is_zero(__u64 a)
{
	return !(a & ~FLOAT_SIGN);
}

/* Zero, of which neither the compiler nor the verifier of BPF knows: that one
 * would follow each value which bits put together can have. */
static inline __u64 float_zero(__u64 any)
{
	__u64 same = any;

	__asm__ volatile("" : "+r"(same));
	return any ^ same;
}

/* 1 for numbers below 0, without a branch, which a verifier would follow. */
static inline __u64 float_less_than_zero(__u64 number)
{
	__u64 bit;

	__asm__ volatile("" : "+r"(number));
	bit = number >> 63;
	__asm__ volatile("" : "+r"(bit));
	return bit;
}

/* 1 unless the number, which is below 2^63, is 0. */
static inline __u64 float_any(__u64 number)
{
	return float_less_than_zero(0 - number);
}

/* Zeros above the highest bit that is set; 63 for 0. */
static inline __u64 float_zeros(__u64 bits)
{
	__u64 zeros = float_zero(bits), step;

	step = float_less_than_zero((bits >> 32) - 1) << 5;
	bits <<= step;
	zeros += step;
	step = float_less_than_zero((bits >> 48) - 1) << 4;
	bits <<= step;
	zeros += step;
	step = float_less_than_zero((bits >> 56) - 1) << 3;
	bits <<= step;
	zeros += step;
	step = float_less_than_zero((bits >> 60) - 1) << 2;
	bits <<= step;
	zeros += step;
	step = float_less_than_zero((bits >> 62) - 1) << 1;
	bits <<= step;
	zeros += step;
	return zeros + 1 - float_less_than_zero(bits);
}

/* bits >> count; the lowest bit tells of what was lost. */
static inline __u64 float_shift(__u64 bits, __u64 count)
{
	if (count > 63)
		return !!bits;
	return bits >> count |
	       float_any(bits & ((1ULL << count) - 1));
}

/* Always inlined: on BPF a function cannot return what has no register. */
static inline __attribute__((always_inline)) struct float_parts
float_split(__u64 a)
{
	struct float_parts parts;
	__u64 exponent = a >> 52 & 0x7ff, zeros;

	parts.bits = (a & FLOAT_FRACTION) << 10;
	parts.exponent = (__s64)exponent - 1023;
	if (exponent) {
		parts.bits |= 1ULL << 62;
		return parts;
	}
	zeros = float_zeros(parts.bits) - 1;
	parts.bits <<= zeros & 63;
	parts.exponent = -1022 - (__s64)zeros;
	return parts;
}

/* The number next to bits / 2^62 * 2^exponent; any bits. */
static inline __u64 float_join(__u64 sign, __u64 bits, __s64 exponent)
{
	__u64 zeros, rest;

	if (!bits)
		return sign;
	zeros = float_zeros(bits);
	if (zeros)
		bits <<= (zeros - 1) & 63;
	else
		bits = bits >> 1 | (bits & 1);
	exponent += 1023 + 1 - (__s64)zeros;
	if (exponent >= 2047)
		return sign | FLOAT_INFINITY;
	if (exponent <= 0) {
		bits = float_shift(bits, (__u64)(1 - exponent));
		exponent = 1;
	}
	rest = bits & 0x3ff;
	bits >>= 10;
	/* a half goes to the even one */
	bits += (rest + 0x1ff + (bits & 1)) >> 10;
	/* the bit above the fraction counts the exponent up */
	return sign | (((__u64)(exponent - 1) << 52) + bits);
}

static inline __u64 float_add(__u64 a, __u64 b)
{
	struct float_parts large, small;
	__u64 other = (a ^ b) & FLOAT_SIGN, swap;

	if (float_is_nan(a) || float_is_nan(b))
		return FLOAT_NAN;
	if ((a & ~FLOAT_SIGN) < (b & ~FLOAT_SIGN)) {
		swap = a;
		a = b;
		b = swap;
	}
	if (float_is_infinite(a))
		return other && float_is_infinite(b) ? FLOAT_NAN : a;
	if (float_is_zero(a))
		return a & b;
	large = float_split(a);
	small = float_split(b);
	small.bits = float_shift(small.bits,
				 (__u64)(large.exponent - small.exponent));
	if (!other)
		return float_join(a & FLOAT_SIGN, large.bits + small.bits,
				  large.exponent);
	if (large.bits == small.bits)
		return 0;
	return float_join(a & FLOAT_SIGN, large.bits - small.bits,
			  large.exponent);
}

static inline __u64 float_sub(__u64 a, __u64 b)
{
	return float_add(a, b ^ FLOAT_SIGN);
}

/* The upper half of a product; the lowest bit tells of the lower half. */
static inline __u64 float_product(__u64 a, __u64 b)
{
	__u64 a0 = a & 0xffffffff, a1 = a >> 32;
	__u64 b0 = b & 0xffffffff, b1 = b >> 32;
	__u64 low = a0 * b0, first = a1 * b0, second = a0 * b1;
	__u64 middle = (low >> 32) + (first & 0xffffffff) +
		       (second & 0xffffffff);
	__u64 high = a1 * b1 + (first >> 32) + (second >> 32) + (middle >> 32);

	return high | !!(middle << 32 | (low & 0xffffffff));
}

static inline __u64 float_mul(__u64 a, __u64 b)
{
	struct float_parts x, y;
	__u64 sign = (a ^ b) & FLOAT_SIGN;

	if (float_is_nan(a) || float_is_nan(b))
		return FLOAT_NAN;
	if (float_is_infinite(a) || float_is_infinite(b))
		return float_is_zero(a) || float_is_zero(b) ?
			       FLOAT_NAN : sign | FLOAT_INFINITY;
	if (float_is_zero(a) || float_is_zero(b))
		return sign;
	x = float_split(a);
	y = float_split(b);
	return float_join(sign, float_product(x.bits, y.bits << 1),
			  x.exponent + y.exponent + 1);
}

static inline __u64 float_div(__u64 a, __u64 b)
{
	struct float_parts x, y;
	__u64 sign = (a ^ b) & FLOAT_SIGN, quotient = float_zero(a), less;

	if (float_is_nan(a) || float_is_nan(b) ||
	    (float_is_infinite(a) && float_is_infinite(b)) ||
	    (float_is_zero(a) && float_is_zero(b)))
		return FLOAT_NAN;
	if (float_is_infinite(a) || float_is_zero(b))
		return sign | FLOAT_INFINITY;
	if (float_is_zero(a) || float_is_infinite(b))
		return sign;
	x = float_split(a);
	y = float_split(b);
	x.bits >>= 1;
	y.bits >>= 1;
	for (int i = 0; i < 58; i++) {
		x.bits -= y.bits;
		less = float_less_than_zero(x.bits);
		quotient = (quotient << 1) + 1 - less;
		x.bits = (x.bits + (y.bits & (0 - less))) << 1;
	}
	return float_join(sign, quotient | !!x.bits,
			  x.exponent - y.exponent + 5);
}

/* a minus the multiple of b that is nearest to it, of two the even one: as
 * remainder() of C. */
static inline __u64 float_rem(__u64 a, __u64 b)
{
	struct float_parts x, y;
	__u64 sign = a & FLOAT_SIGN, rest, divisor, odd;
	__s64 left;

	if (float_is_nan(a) || float_is_nan(b) || float_is_infinite(a) ||
	    float_is_zero(b))
		return FLOAT_NAN;
	if (float_is_infinite(b) || float_is_zero(a))
		return a;
	x = float_split(a);
	y = float_split(b);
	/* in units of half of the last bit of b */
	left = x.exponent - y.exponent + 1;
	if (left < 0)
		return a;
	rest = x.bits >> 10;
	divisor = y.bits >> 9;
	/* what is left when 2 * b is taken away: then b can be once or not */
	for (__u64 i = 0; i < 240 && i < (__u64)left / 9; i++)
		rest = (rest << 9) % (2 * divisor);
	rest = (rest << (__u64)left % 9) % (2 * divisor);
	odd = rest >= divisor;
	if (odd)
		rest -= divisor;
	if (2 * rest > divisor || (2 * rest == divisor && odd)) {
		rest = divisor - rest;
		sign ^= FLOAT_SIGN;
	}
	return float_join(sign, rest, y.exponent - 53 + 62);
}

static inline __u64 float_sqrt(__u64 a)
{
	struct float_parts x;
	__u64 root = float_zero(a), rest = root, try, less;

	if (float_is_zero(a) || a == FLOAT_INFINITY)
		return a;
	if (float_is_nan(a) || (a & FLOAT_SIGN))
		return FLOAT_NAN;
	x = float_split(a);
	if (x.exponent & 1)
		x.bits <<= 1;
	/* two bits of the number give one of the root */
	for (int i = 0; i < 58; i++) {
		rest = rest << 2 | x.bits >> 62;
		x.bits <<= 2;
		try = root << 2 | 1;
		rest -= try;
		less = float_less_than_zero(rest);
		root = (root << 1) + 1 - less;
		rest += try & (0 - less);
	}
	return float_join(0, root | !!rest, (x.exponent >> 1) + 5);
}

static inline int float_equal(__u64 a, __u64 b)
{
	return !float_is_nan(a) && !float_is_nan(b) &&
	       (a == b || (float_is_zero(a) && float_is_zero(b)));
}

static inline int float_less(__u64 a, __u64 b)
{
	if (float_is_nan(a) || float_is_nan(b) || float_equal(a, b))
		return 0;
	if ((a ^ b) & FLOAT_SIGN)
		return !!(a & FLOAT_SIGN);
	return a & FLOAT_SIGN ? a > b : a < b;
}

static inline int float_less_equal(__u64 a, __u64 b)
{
	return float_less(a, b) || float_equal(a, b);
}

static inline __u64 float_from_integer(__s64 a)
{
	__u64 sign = a < 0 ? FLOAT_SIGN : 0;

	return float_join(sign, sign ? 0 - (__u64)a : (__u64)a, 62);
}

/* A number of 32 bits: one of 64 holds each of them. */
static inline __u64 float_from_single(__u64 a)
{
	__u64 sign = (a & 0x80000000) << 32, fraction = a & 0x7fffff;
	__s64 exponent = (__s64)(a >> 23 & 0xff);

	if (exponent == 255)
		return sign | FLOAT_INFINITY | fraction << 29 |
		       (fraction ? 1ULL << 51 : 0);
	if (exponent)
		fraction |= 0x800000;
	else
		exponent = 1;
	return float_join(sign, fraction, exponent - 127 - 23 + 62);
}

/* Whether the integer below becomes one more; rest is of 4 quarters, the lowest
 * of which stands for all that is below. */
static inline __u64 float_round_up(__u64 whole, __u64 rest, __u64 minus,
				   __u64 rounding)
{
	if (rounding == FLOAT_TOWARDS_ZERO || !rest)
		return 0;
	if (rounding == FLOAT_DOWN)
		return minus;
	if (rounding == FLOAT_UP)
		return !minus;
	if (rounding == FLOAT_NEAREST_AWAY)
		return rest >= 2;
	if (rounding == FLOAT_ODD)
		return !(whole & 1);
	return rest > 2 || (rest == 2 && (whole & 1));
}

/* The largest or smallest integer where there is none as large; 0 for no
 * number. */
static inline __s64 float_to_integer(__u64 a, __u64 rounding)
{
	struct float_parts x = float_split(a);
	__u64 minus = a >> 63, whole, rest;

	if (float_is_nan(a) || float_is_zero(a))
		return 0;
	if (x.exponent > 62)
		return (__s64)(minus ? FLOAT_SIGN : ~FLOAT_SIGN);
	if (x.exponent > 60) {
		whole = x.exponent == 62 ? x.bits : x.bits >> 1;
		rest = 0;
	} else {
		rest = float_shift(x.bits, (__u64)(60 - x.exponent));
		whole = rest >> 2;
		rest &= 3;
	}
	whole += float_round_up(whole, rest, minus, rounding);
	return (__s64)(minus ? 0 - whole : whole);
}

/* Primitives of two numbers: name, function. */
#define FLOAT_OF_TWO(row) \
	row(fp_add, float_add) \
	row(fp_sub, float_sub) \
	row(fp_mul, float_mul) \
	row(fp_div, float_div) \
	row(fp_rem, float_rem) \
	row(fp_lt, float_less) \
	row(fp_eq, float_equal) \
	row(fp_le, float_less_equal)

#endif
