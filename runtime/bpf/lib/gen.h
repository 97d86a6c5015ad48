/*
 * What only generated code and the library's own parts know of each other:
 * frames, arrays, statistics, walks, locks. The backend builds the constant
 * tables (struct rt_*_plan) and passes maps by address; everything here that
 * is marked RT_GEN is inlined into the program, so the plans fold away.
 */
#ifndef SPILE_BPF_GEN_H
#define SPILE_BPF_GEN_H

#include "runtime/bpf/lib/rt.h"

#define RT_GEN __attribute__((always_inline))
/* Not inlined, checked by the kernel with each caller: what is seldom done, or
 * done while results are read. It takes the plans as they are. */
#define RT_SHARED __attribute__((noinline, visibility("hidden")))

enum { RT_FRAMES = 4 };		/* frames for each processor */
enum { RT_STAT_RESULTS = 6 };	/* count sum min max avg variance */

struct rt_lock {
	__u64 owner;		/* processor + 1, or 0 */
	__u64 readers;
	__u64 pad[6];
};

/* What an array has besides its elements. */
struct rt_order {
	__u64 next;		/* insertion number */
	__u64 tail;		/* % arrays: no element is older */
	__u64 pad[6];
	struct rt_lock lock;	/* of making room in a % array */
};

/* How the elements of an array are kept. A value is the insertion number
 * (when anything wants an order), then the payload. */
struct rt_array_plan {
	__u32 payload;		/* offset of the payload: 0 or 8 */
	__u32 per_cpu;		/* a statistic */
	__u32 key_size;
	__u32 ring_mask;	/* % arrays: room of the ring - 1 */
	__u32 parts;		/* statistic: enum stat_part */
	__u32 shift;
	__u32 hist;		/* 0 none, 1 log, 2 linear */
	__u32 buckets;
	__u32 bucket_at;	/* offset of the buckets in a cell */
	__u32 alone;		/* no two adders can meet on a processor */
	__s64 start, stop, step;
	__u32 width;		/* of the picture, as struct hist_shape */
	__s32 elision;
};

/* A % array's ring: who was inserted when. */
struct rt_ring {
	__u64 order;
	__u64 key[];
};

/* An insertion; ring is NULL if the array is no % array. */
struct rt_insertion {
	void *map, *ring;
	const struct rt_array_plan *plan;
	struct rt_order *order;
	const void *key;
	const void *fresh;	/* the value */
	__u64 done;
};

/* array.bpf.c: inserts when the array is full, in the place of the oldest. */
long rt_insert_evicting(struct rt_insertion *insertion)
	__attribute__((visibility("hidden")));
/* Inserts a number with its insertion number, if there is an @order. */
RT_SHARED long rt_insert_long(void *map, const void *key,
			      struct rt_order *order, __s64 value);
/* Notes in the ring that @key has this number. */
void rt_ring_note(void *ring, const struct rt_array_plan *plan,
		  const void *key, __u64 order);

enum rt_sort { RT_SORT_NONE, RT_SORT_LONG, RT_SORT_TEXT, RT_SORT_STAT };

/* One foreach. An entry of its buffer is the key, then the payload. */
struct rt_iter_plan {
	__u32 key_size;
	__u32 value_size;
	__u32 sort;		/* enum rt_sort */
	__u32 sort_at;		/* offset in an entry */
	__u32 sort_room;	/* texts: bytes */
	__u32 stat;		/* which result: 0 count .. 5 variance */
	__u32 descending;
	__u32 mask;		/* room of the item tables - 1 */
	__u32 size;		/* most elements */
	__u32 renumber;		/* other walks follow the order made here */
};

struct rt_item {
	__s64 value;		/* what is compared first */
	__u64 order;		/* insertion number */
	__u64 index;		/* of the entry */
};

/* Control block of a foreach, followed by two tables of mask + 1 items. Who
 * walks holds the array's lock, so one block will do; a recursive function
 * has one for each depth. */
struct rt_iter {
	__u64 count, end;	/* collected; count after the limit */
	__u64 next;
	__u64 table;		/* 0 or 1: which holds the sorted items */
	__u64 width, at, left, right;	/* merge sort */
	__u64 pad[8];
	struct rt_item items[];
};

/* lock.bpf.c: 1 when the lock is had, 0 after a bounded time */
RT_SHARED long rt_lock_wait(struct rt_lock *lock, __u32 us);

/* frame.bpf.c */
struct rt_frame *rt_frame_claim(__u32 probe);
RT_SHARED struct rt_frame *rt_frame_claim_shared(__u32 probe);
void rt_frame_release(struct rt_frame *frame);
long rt_may_run(__u32 user_driven);
long rt_report(struct rt_frame *frame);
long rt_report_plain(__u32 probe, __u32 error, __s64 argument, __s32 site);
long rt_catch(struct rt_frame *frame, struct rt_text *text);
RT_SHARED void rt_chain_add(struct rt_frame *frame, __s32 site);

#endif
