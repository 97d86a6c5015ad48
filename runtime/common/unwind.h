/*
 * A row of a table of stack frames, 8 bytes: from its address on, up to the next
 * row's, the caller's frame is found so. Made from .eh_frame by the reader, used
 * by programs and modules. The return address is the word below the CFA.
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

struct unwind_regs {
	__u64 ip, sp, fp;
	__u64 exact;		/* ip is where it goes on, not where it returns
				 * to, which may be the next function already */
};

/* ---- walking: for who has UNWIND_WORD(address), a word of the program's
 * memory or 0 ---- */

#ifdef UNWIND_WORD

/* Where Linux puts registers when it calls a handler of a signal, in bytes from
 * the stack pointer that the handler returns to. */
enum {
	UNWIND_SIGNAL_FP = 120, UNWIND_SIGNAL_SP = 160, UNWIND_SIGNAL_IP = 168,
};

static inline long unwind_signal_frame(struct unwind_regs *regs)
{
	__u64 sp = regs->sp;

	regs->ip = UNWIND_WORD(sp + UNWIND_SIGNAL_IP);
	regs->fp = UNWIND_WORD(sp + UNWIND_SIGNAL_FP);
	regs->sp = UNWIND_WORD(sp + UNWIND_SIGNAL_SP);
	regs->exact = 1;
	return !regs->ip;
}

/* The caller's registers, by a row. 1: there is none. */
static inline long unwind_by_row(struct unwind_regs *regs, __u64 row)
{
	__u64 cfa = unwind_cfa(row) * 8, saved = unwind_fp(row) * 8;

	switch (unwind_rule(row)) {
	case UNWIND_SP:
		cfa += regs->sp;
		break;
	case UNWIND_FP:
		cfa += regs->fp;
		break;
	case UNWIND_FP_DEREF:
		cfa = UNWIND_WORD(regs->fp + cfa);
		break;
	case UNWIND_PLT:
		cfa += regs->sp + ((regs->ip & 15) >= 11 ? 8 : 0);
		break;
	case UNWIND_SIGNAL:
		return unwind_signal_frame(regs);
	default:
		return 1;
	}
	/* the stack only shrinks on the way to callers */
	if (cfa <= regs->sp)
		return 1;
	regs->ip = UNWIND_WORD(cfa - 8);
	if (saved)
		regs->fp = UNWIND_WORD(cfa + saved);
	regs->sp = cfa;
	regs->exact = 0;
	return !regs->ip;
}

/* The same by the chain of frame pointers: the older one and the address to
 * return to stand where each points. */
static inline long unwind_by_frame_pointer(struct unwind_regs *regs)
{
	__u64 fp = regs->fp;

	if (fp < regs->sp || fp & 7)
		return 1;
	regs->ip = UNWIND_WORD(fp + 8);
	regs->fp = UNWIND_WORD(fp);
	regs->sp = fp + 16;
	regs->exact = 0;
	return !regs->ip;
}

#endif

#endif
