/*
 * The probe-side library of the BPF backend: what generated programs call.
 *
 * Compiled by clang when spile is built (once per RT_TEXT_SIZE), in two parts
 * (split.awk): bitcode of what is always inlined, which the backend links into
 * every program and optimises together with it; machine code of all else, which
 * it adds to the finished object. So the functions come in three kinds:
 *
 *	inline	always inlined; pointers may be to any memory
 *	hidden	(visibility "hidden", or static) verified with each caller;
 *		pointers may be to any memory. At most 5 arguments.
 *	global	verified by the kernel once, by themselves; pointers must be to
 *		a whole object of the type (a full slot), because the verifier
 *		checks the size of what is passed against the BTF. May be
 *		called anywhere. At most 5 arguments.
 *
 * A text is NUL-terminated in the first RT_TEXT_SIZE bytes of a slot; the rest
 * of the slot is slack: offset and size of a copy are each masked to
 * RT_TEXT_SIZE - 1 and their sum cannot leave the slot, which is what lets the
 * verifier accept concatenation without a proof about the sum. rt_text_max
 * (MAXSTRINGLEN - 1) limits what a script sees; it is a constant that the
 * backend sets: folded where it is inlined, else read-only data.
 */
#ifndef SPILE_BPF_RT_H
#define SPILE_BPF_RT_H

#include <linux/types.h>

#include "runtime/common/regex.h"
#include "runtime/common/wire.h"

#ifndef RT_TEXT_SIZE
#define RT_TEXT_SIZE 512
#endif

struct rt_text {
	char s[2 * RT_TEXT_SIZE];
};

enum rt_error {
	RT_OK,
#define ERROR(id, sentence) RT_ERROR_##id,
#include "runtime/common/errors.def"
#undef ERROR
	RT_ERROR_TEXT,	/* the sentence is in frame->message */
	RT_ABORT,	/* abort(): not an error; no catch takes it */
};

enum { RT_CHAIN = 8, RT_GROUPS = 10, RT_REGISTERS = 34 };

/*
 * What one hit needs besides registers. Frames are claimed from a per-CPU
 * pool (a program may be preempted or interrupted by another one that also
 * needs a frame); a program without texts, errors to keep, loops or such
 * claims none. The generated part of a frame follows this head.
 */
struct rt_frame {
	__u32 error;		/* enum rt_error: pending, or RT_OK */
	__s32 site;		/* of the error, or -1 */
	__s64 error_arg;	/* address or number in the sentence */
	__u32 chain_length;	/* sites of calls that led there, innermost */
	__s32 chain[RT_CHAIN];	/* first */
	__u32 probe;		/* number of the probe */
	__u64 actions;		/* statements executed */
	__u32 pc;		/* step machine: where to go on */
	__u32 sp;		/* step machine: stack of recursive calls */
	__u32 token_at;		/* tokenize: where the rest begins */
	__u32 groups;		/* regex: groups matched, 0 none */
	__u16 group_from[RT_GROUPS];
	__u16 group_to[RT_GROUPS];
	__u64 busy;		/* claimed by a hit */
	__u64 claims;		/* hits that had it */
	__u32 number;		/* which frame this is */
	__u32 top;		/* step machine: free part of the stack */
	__u32 depth;		/* step machine: recursive calls now */
	__u64 word;		/* what rt_read_member() read */
	/* for primitives of flag x, in probes that reach one: */
	__u64 place;		/* of the kernel that was hit; 0: the event or
				 * its registers tell */
	/* for primitives of flag r, in probes that reach one: */
	__u32 kind;		/* row of attach.def */
	__u32 whose;		/* registers: 1 the kernel's, 2 a program's; 0 none */
	__u64 registers[RT_REGISTERS];
	struct rt_text message;	/* of RT_ERROR_TEXT */
	struct rt_text token;	/* what tokenize works on */
	struct rt_text subject;	/* what the last =~ matched against */
	struct regex_threads threads;	/* of the =~ that runs now */
};

/* Set by the backend in each program. */
extern const __u32 rt_text_max;		/* MAXSTRINGLEN - 1 */
extern const __u64 rt_max_errors;	/* MAXERRORS */

/* One conversion of a format, packed: see rt_spec_*. */
#define RT_SPEC(conversion, flag, width, precision) \
	((__u64)(__u8)(conversion) | (__u64)(__u8)(flag) << 8 | \
	 ((__u64)(width) & 0xffff) << 16 | ((__u64)(precision) & 0xffff) << 32)
enum { RT_NO_PRECISION = 0xffff };

/*
 * The shared page is the data section .data.spile_shared of the object, so a
 * field is read and written in place, without a lookup. The ring buffer is the
 * map spile_output, which the backend defines (the runner sizes it).
 */
extern struct wire_shared spile_shared;
extern struct rt_map { int unused; } spile_output;

/* ---- output (out.bpf.c, global functions) ---- */

/* A record of one text: WIRE_WARN, WIRE_LOG, WIRE_SYSTEM, WIRE_VALUE
 * and WIRE_VALUE_MORE. */
long rt_output_text(__u32 kind, const struct rt_text *text);
/* exit(): the state and the record that ends the session. */
long rt_output_exit(void);
/* Raises @error (enum rt_error) in a frame; the site is the backend's. */
static inline void rt_raise(struct rt_frame *frame, __u32 error, __s64 arg)
{
	frame->error = error;
	frame->error_arg = arg;
}

/* ---- texts (global functions) ---- */

/* Length of a text. */
__u64 rt_text_length(const struct rt_text *text);
/* dst = src, cut at rt_text_max. Returns the length. */
__u64 rt_text_copy(struct rt_text *dst, const struct rt_text *src);
/* dst = dst . src; counts a truncation. Returns the new length. */
__u64 rt_text_append(struct rt_text *dst, const struct rt_text *src);
/* <0, 0, >0 as the bytes compare (unsigned). */
__s64 rt_text_compare(const struct rt_text *a, const struct rt_text *b);

/*
 * subject =~ program: 1 or 0; fills groups, group_from, group_to and subject of
 * the frame. Raises RT_ERROR_ACTIONS when it takes too long.
 */
__s64 rt_match(struct rt_frame *frame, const struct rt_text *subject,
	       const struct rt_regex *program);

/* ---- sprintf: each adds at @at and returns the new length ---- */
/* @before: up to eight characters that come first, as of rt_format_word(). */
__u64 rt_format_text(struct rt_text *dst, __u64 at, __u64 spec,
		     const struct rt_text *value, __u64 before);
__u64 rt_format_long(struct rt_text *dst, __u64 at, __u64 spec, __s64 value,
		     __u64 before);
/* @count bytes of the kernel's memory, or (flag #) of the program's. */
__u64 rt_format_memory(struct rt_text *dst, __u64 at, __u64 spec,
		       __u64 address);
/* Up to eight characters of a word, the first in its lowest byte. */
__u64 rt_format_word(struct rt_text *dst, __u64 at, __u64 word);
/* @count times a character. */
__u64 rt_format_fill(struct rt_text *dst, __u64 at, __u64 c, __u64 count);

/* ---- statistics: the layout of a cell is in runtime/common/stat.h ---- */

#endif
