/*
 * What crosses from probes to the reader: records in the output buffer and one
 * page of shared counters. Both backends write exactly this; one reader reads
 * it. All fields are in the byte order of the machine.
 *
 * A record is a wire_head followed by its arguments, each on 8 bytes:
 *	long	8 bytes
 *	text	uint64_t room, then room bytes (a multiple of 8). The text
 *		ends at the first NUL or at room, whichever comes first.
 *	bytes	like text, but all of uint64_t length that precedes room count
 *		(%m, %M): uint64_t length, uint64_t room, room bytes.
 */
#ifndef SPILE_COMMON_WIRE_H
#define SPILE_COMMON_WIRE_H

#ifdef __KERNEL__
#include <linux/types.h>
#elif defined(__bpf__)
#include <linux/types.h>
#else
#include <linux/types.h>
#endif

enum wire_kind {
	WIRE_PRINT = 1,	/* id: format; arguments as its directives say */
	WIRE_HIST,	/* id: global; longs: bucket counts, all of them */
	WIRE_ERROR,	/* id: probe; long site, long chain length, chain longs
			 * (outermost last), text message */
	WIRE_WARN,	/* id 0; text */
	WIRE_LOG,	/* id 0; text, a newline is added */
	WIRE_SYSTEM,	/* id 0; text: a command for the shell */
	WIRE_EXIT,	/* id 0: end the session; nothing follows */
	WIRE_VALUE,	/* id 0; text: what a procfs read handler hands out */
	WIRE_STACK,	/* id: enum wire_stack; long count, wire_places */
	WIRE_FILE,	/* id: its number; wire_file: code was seen in it */
	WIRE_PRINT_TEXT,	/* id: wire_print_text(); as WIRE_PRINT, but the
				 * first text has no room before it */
	WIRE_VALUE_MORE,	/* id 0; text: goes behind the last WIRE_VALUE */
	WIRE_KINDS
};

struct wire_head {
	__u16 kind;	/* enum wire_kind */
	__u16 cpu;	/* where it was written */
	__u32 id;
};

/* The format, and the room of its first text: what is printed often is a name
 * and a number, and the shorter a record the less memory a hit reaches. */
enum { WIRE_FORMATS_MOST = 1 << 16, WIRE_ROOM_MOST = 1 << 16 };

static inline __u32 wire_print_text(__u32 format, __u32 room)
{
	return format | room << 16;
}

static inline __u32 wire_print_format(__u32 id)
{
	return id & 0xffff;
}

static inline __u32 wire_print_room(__u32 id)
{
	return id >> 16;
}

/* States of a session. Probes other than begin, end and error run only while
 * it is RUNNING. */
enum wire_state {
	WIRE_STARTING,	/* begin probes run; or the session pauses */
	WIRE_RUNNING,
	WIRE_STOPPING,	/* exit() or a signal: end probes come */
	WIRE_FAILING,	/* too many errors: error probes come, no end probes */
	WIRE_ABORTED,	/* abort(): at once, end probes still come */
};

/* Counters that @perf reads: so many of each processor. */
enum { WIRE_COUNTERS = 16 };

/* Why a hit was skipped. ORDER: the reader's words for them. */
enum wire_skip {
	WIRE_SKIP_LOCK,		/* a lock was not had in time */
	WIRE_SKIP_FRAME,	/* no scratch frame free: probes nested too deep */
	WIRE_SKIP_NEST,		/* the kernel refused to run it re-entered */
	WIRE_SKIP_ENTRY,	/* a return without what was kept on entry */
	WIRE_SKIPS
};

/* How the addresses of a WIRE_STACK are printed; those of the kernel have
 * WIRE_STACK_KERNEL added. */
enum wire_stack {
	WIRE_STACK_LINES,	/* " 0xADDRESS : NAME+0xN/0xN [MODULE]" a line */
	WIRE_STACK_BRIEF,	/* "NAME+0xN" a line */
	WIRE_STACK_FILES,	/* the first with file and line of the source */
	WIRE_STACK_STYLES,
	WIRE_STACK_KERNEL = 16,
};

/* Where an address is: in which file that was seen (wire_file) and where in
 * that. File 0: not in a file, or in the kernel. */
struct wire_place {
	__u64 address;
	__u64 file;
	__u64 offset;
};

/* Any name fits; how many is a power of two. */
enum { WIRE_PATH_PARTS = 32, WIRE_PATH_PART = 256 };

/* A file that code runs in, when it is first seen. It may be gone when the
 * reader gets to know, with the process. */
struct wire_file {
	__u64 device, inode;
	__u64 process;
	__u64 address;		/* somewhere in it */
	__u64 parts;		/* of the path, the last one first */
	char path[WIRE_PATH_PARTS][WIRE_PATH_PART];
};

/*
 * A text about an address that only the reader can make stands in a text of
 * the probe's as WIRE_MARK, a letter that says what is wanted, "FILE:OFFSET:
 * ADDRESS" in hexadecimal, and WIRE_MARK_END.
 */
enum { WIRE_MARK = 1, WIRE_MARK_END = 2 };

/* Of a probe, on a processor or on all: what -t and --monitor tell. */
struct wire_times {
	__u64 hits, sum;	/* ns */
	__u64 least, most;	/* least: its complement, so that it begins as 0 */
};

/* The shared page. Counters grow by atomic adds. */
struct wire_shared {
	__u64 state;		/* enum wire_state */
	__u64 lost;		/* records that found no room */
	__u64 errors;		/* runtime errors not caught */
	__u64 skipped[WIRE_SKIPS];
	__u64 truncated;	/* texts cut at MAXSTRINGLEN */
	__u64 missed_returns;	/* of functions: too many calls under way */
	__u64 passed_over;	/* functions of wildcards, cannot be probed */
	__s64 target;		/* -x, -c: target() */
	__s64 namespaces;	/* -N: __namespaces_pid(), or 0 */
	__s64 runner;		/* process id of the reader */
	__s64 gmt_offset;	/* seconds east of UTC, for tz_* */
	char zone[16];		/* name of the time zone */
	__u64 clock_offset;	/* ns from CLOCK_MONOTONIC to CLOCK_REALTIME */
	__u64 hertz;		/* kernel HZ, jiffies base below */
	__u64 jiffies_base;	/* jiffies when CLOCK_BOOTTIME was 0 */
	__s64 tasks_since;	/* __tasks_since() */
	char module[64];	/* module_name() */
	__u64 input_length;	/* bytes of value[] */
	char value[4096];	/* $value of a procfs write, input.* line */
	__u64 files;		/* number of the last file that code ran in */
};

#endif
