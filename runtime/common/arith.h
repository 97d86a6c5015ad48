/*
 * Arithmetic of the script language: 64 bits, wrapping, defined for every
 * operand. The constant folder, both backends and the probe-side library use
 * these and nothing else, so they cannot disagree.
 *
 * Inline and without libc. Division is written with the unsigned operators:
 * BPF has no signed ones before version 4.
 */
#ifndef SPILE_COMMON_ARITH_H
#define SPILE_COMMON_ARITH_H

#include <linux/types.h>

static inline __s64 arith_add(__s64 a, __s64 b)
{
	return (__s64)((__u64)a + (__u64)b);
}

static inline __s64 arith_sub(__s64 a, __s64 b)
{
	return (__s64)((__u64)a - (__u64)b);
}

static inline __s64 arith_mul(__s64 a, __s64 b)
{
	return (__s64)((__u64)a * (__u64)b);
}

static inline __s64 arith_neg(__s64 a)
{
	return (__s64)(0 - (__u64)a);
}

/* The absolute value; that of the most negative number fits. */
static inline __u64 arith_magnitude(__s64 a)
{
	return a < 0 ? 0 - (__u64)a : (__u64)a;
}

/* a / b towards zero; the most negative number by -1 is itself. The caller has
 * refused b == 0 (an error of the script); here it gives 0. */
static inline __s64 arith_div(__s64 a, __s64 b)
{
	__u64 quotient;

	if (b == 0)
		return 0;
	quotient = arith_magnitude(a) / arith_magnitude(b);
	return (__s64)((a < 0) != (b < 0) ? 0 - quotient : quotient);
}

/* What is left by arith_div(); it has the sign of a. */
static inline __s64 arith_mod(__s64 a, __s64 b)
{
	__u64 rest;

	if (b == 0)
		return 0;
	rest = arith_magnitude(a) % arith_magnitude(b);
	return (__s64)(a < 0 ? 0 - rest : rest);
}

/* Shifts take the count modulo 64, as machines do. */
static inline __s64 arith_shl(__s64 a, __s64 b)
{
	return (__s64)((__u64)a << ((__u64)b & 63));
}

static inline __s64 arith_shr(__s64 a, __s64 b)
{
	return a >> ((__u64)b & 63);
}

static inline __s64 arith_ushr(__s64 a, __s64 b)
{
	return (__s64)((__u64)a >> ((__u64)b & 63));
}

#endif
