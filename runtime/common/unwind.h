/*
 * A row of a table of stack frames, 8 bytes: from its address on, up to the next
 * row's, the caller's frame is found so. Made from .eh_frame by the reader, used
 * by programs. The return address is the word below the CFA.
 *
 *	bits 0-31	address, counted from where the file's first byte is
 *	bits 32-35	enum unwind_rule
 *	bits 36-49	words from the base to the CFA, signed
 *	bits 50-63	words from the CFA to the saved frame pointer, signed;
 *			0: it is not saved
 */
#ifndef SPILE_COMMON_UNWIND_H
#define SPILE_COMMON_UNWIND_H

#include <linux/types.h>

enum unwind_rule {
	UNWIND_NONE,		/* nothing is known */
	UNWIND_SP,		/* CFA = stack pointer + words */
	UNWIND_FP,		/* CFA = frame pointer + words */
	UNWIND_FP_DEREF,	/* CFA = the word at frame pointer + words */
	UNWIND_PLT,		/* as in a table of jumps to libraries */
	UNWIND_SIGNAL,		/* the kernel saved all registers there */
	UNWIND_END,		/* nobody called this */
};

enum { UNWIND_WORDS_MOST = 8191, UNWIND_WORDS_LEAST = -8192 };

static inline __u64 unwind_row(__u32 address, unsigned int rule, int cfa, int fp)
{
	return address | (__u64)rule << 32 | ((__u64)cfa & 0x3fff) << 36 |
		((__u64)fp & 0x3fff) << 50;
}

static inline __u32 unwind_address(__u64 row)
{
	return (__u32)row;
}

static inline unsigned int unwind_rule(__u64 row)
{
	return row >> 32 & 15;
}

static inline long long unwind_cfa(__u64 row)
{
	return (long long)(row << 14) >> 50;
}

static inline long long unwind_fp(__u64 row)
{
	return (long long)row >> 50;
}

#endif
