/*
 * Stacks on the probe side: what a hit's stack walks leave, and the files that
 * user code was seen in. The maps are the backend's; the runner fills in what
 * it knows of files (runtime/bpf/stacks.c) before the probes are attached and
 * while they run.
 *
 * Everything here is about the current process, at the time of the hit, and
 * reads only by helpers that may fail: a mapping that changes meanwhile gives a
 * wrong place, nothing worse.
 */
#ifndef SPILE_BPF_STACK_H
#define SPILE_BPF_STACK_H

#include "runtime/bpf/lib/rt.h"
#include "runtime/common/unwind.h"

enum {
	RT_STACK = 128,		/* most entries: MAXBACKTRACE ends here */
	RT_STACK_OWN = 16,	/* of ours on top of the kernel's stack */
	RT_NODE_WORDS = 32,	/* of a node of the tree of mappings */
};

enum rt_stack_which { RT_STACK_KERNEL, RT_STACK_USER };

struct rt_stack {
	__u64 claim;		/* the hit that it is of */
	__u64 count;
	__u64 own;		/* it began with entries of ours */
	__u64 entries[RT_STACK];
};

/* A walk along the stack of a program: unwind.bpf.c. */
struct rt_unwinding {
	__u64 start, end;	/* of the mapping that the last address is in */
	__u64 bias;		/* what makes addresses in it those of the file */
	__u32 first_row, rows;	/* of the file */
	struct unwind_regs regs;
	__u64 count;
	__u64 told;		/* a table was of use */
	__u64 trampoline;	/* what return addresses are replaced by where
				 * a return is probed, or 0 */
	__u64 returns;		/* the kernel's list of those */
};

/* A search in the tree of mappings: place.bpf.c. */
struct rt_descent {
	__u64 address;
	__u64 entry;		/* where we are: a node or, in the end, not */
	__u64 leaf;		/* the entry is of a leaf: a mapping or 0 */
	__u64 last;		/* address that the entry is for */
};

/* A walk over the mappings for one of a file: place.bpf.c. */
struct rt_hunt {
	__u64 mm, address;
	__u64 inode, device, offset;
	__u64 found;
};

/* What a file is found by. The vdso, which is in none, is 0, 0. */
struct rt_file_key {
	__u64 device, inode;
};

/*
 * What is known of a file. Addresses are counted from where its first byte
 * would be loaded; an offset in the file plus bias is such an address.
 */
struct rt_file {
	__u32 number;
	__u32 known;		/* the rest is filled in */
	__u64 bias;
	__u64 base;		/* the first address as linked: 0 if it can be
				 * loaded anywhere */
	__u64 size;
	__u32 first_symbol, symbols;
	__u32 first_row, rows;
	__u32 path;		/* in the names */
	__u32 last;		/* "[last part of the path]" in the names */
};

/* One for each frame. */
struct rt_stacks {
	struct rt_stack stacks[2];	/* by rt_stack_which */
	__u64 raw[RT_STACK + RT_STACK_OWN];
	__u64 node[RT_NODE_WORDS];
	/* chains of calls are long here, and the kernel's stack is small */
	struct rt_unwinding unwinding;
	struct rt_descent descent;
	struct rt_hunt hunt;
	struct rt_file fresh;		/* first seen */
	struct rt_file_key any;		/* of a file, on any device */
	struct {
		struct wire_head head;
		__u64 count;
		struct wire_place places[RT_STACK];
	} record;
};

struct rt_symbol {
	__u32 from, size;
	__u32 name;		/* in the names */
	__u32 pad;
};

enum { RT_NAME_UNIT = 8 };	/* names begin at multiples */

/* An address of the current process. */
struct rt_place {
	__u64 address;
	__u64 start, end;	/* of the mapping */
	__u64 from;		/* offset in the file of the mapping */
	__u64 offset;		/* of the address */
	struct rt_file_key key;
	struct rt_file *file;	/* NULL: it is in no file */
};

/* MAXBACKTRACE; log2 of the size of a page. Set by the backend. */
extern const __u32 rt_stack_most;
extern const __u32 rt_page_shift;

/* The stacks of a frame; NULL never, but the verifier wants to see it. */
struct rt_stacks *rt_stacks_of(struct rt_frame *frame)
	__attribute__((visibility("hidden")));
/* Walk the stack once a hit, the kernel's and the user program's. No context:
 * there is none. */
long rt_kernel_walk(struct rt_frame *frame, void *context)
	__attribute__((visibility("hidden")));
long rt_user_walk(struct rt_frame *frame, void *context)
	__attribute__((visibility("hidden")));
/* Finds place->address: 1, or 0 when it is not mapped. The first address in a
 * file is reported to the reader. */
long rt_place_find(struct rt_stacks *stacks, struct rt_place *place)
	__attribute__((visibility("hidden")));

#endif
