/*
 * Walking the stack of a user program: see stack.h.
 *
 * Each frame is found by the table of its file (runtime/common/unwind.h), so
 * programs need no frame pointers; where a file has no table, as code that was
 * made at run time, by the frame pointer. A stack that begins in a file without
 * a table is walked by the kernel, all by frame pointers.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/maps.h"
#include "runtime/bpf/lib/offsets.h"

RT_INLINE __u64 user_word(__u64 address)
{
	__u64 word = 0;

	bpf_probe_read_user(&word, sizeof(word), (const void *)address);
	return word;
}

/* before unwind.h, which stack.h includes */
#define UNWIND_WORD(address) user_word(address)
#include "runtime/bpf/lib/stack.h"

extern struct rt_map spile_rows;

/* The kernel wants what a loop is given in the stack. */
struct walk {
	struct rt_stacks *stacks;
};

struct row_search {
	__u32 address;
	__u32 low, high;
};

static long row_step(__u64 i, struct row_search *search)
{
	__u32 middle = search->low + (search->high - search->low) / 2;
	__u64 *row;

	(void)i;
	if (search->high - search->low <= 1)
		return 1;
	row = bpf_map_lookup_elem(&spile_rows, &middle);
	if (!row)
		return 1;
	if (unwind_address(*row) <= search->address)
		search->low = middle;
	else
		search->high = middle;
	return 0;
}

static __u64 find_row(const struct rt_unwinding *u, __u64 address)
{
	struct row_search search = {
		.address = address,
		.low = u->first_row,
		.high = u->first_row + u->rows,
	};
	__u64 *row;

	bpf_loop(32, row_step, &search, 0);
	row = bpf_map_lookup_elem(&spile_rows, &search.low);
	return row && unwind_address(*row) <= search.address ? *row : 0;
}

/* Only numbers are kept from step to step: the verifier would lose a pointer. */
static long enter_mapping(struct rt_stacks *stacks, __u64 address)
{
	struct rt_place place = { .address = address };
	struct rt_unwinding *u = &stacks->unwinding;

	if (!rt_place_find(stacks, &place))
		return 0;
	u->start = place.start;
	u->end = place.end;
	u->rows = 0;
	if (place.file) {
		u->bias = place.from + place.file->bias - place.start;
		u->first_row = place.file->first_row;
		u->rows = place.file->rows;
	}
	return 1;
}

/* ---- returns that are probed ---- */

enum { RETURNS_MOST = 64 };	/* that the kernel lets be open at once */

struct return_search {
	__u64 instance;		/* of the list */
	__u64 slot;		/* where the return address was */
	__u64 found;
};

static long return_step(__u64 i, struct return_search *search)
{
	(void)i;
	if (!search->instance)
		return 1;
	if (READ(search->instance, return_slot) == search->slot) {
		search->found = READ(search->instance, return_to);
		return 1;
	}
	search->instance = READ(search->instance, return_next);
	return 0;
}

/* Puts back what the kernel has replaced. */
static long true_return(struct rt_unwinding *u)
{
	struct return_search search = {
		.instance = u->returns,
		.slot = u->regs.sp - 8,
	};

	bpf_loop(RETURNS_MOST, return_step, &search, 0);
	u->regs.ip = search.found;
	return !u->regs.ip;
}

static long next_frame(struct rt_unwinding *u, __u64 address)
{
	long ends;

	if (u->rows) {
		u->told = 1;
		ends = unwind_by_row(&u->regs,
				     find_row(u, address + u->bias));
	} else {
		ends = unwind_by_frame_pointer(&u->regs);
	}
	if (!ends && u->regs.ip == u->trampoline)
		return true_return(u);
	return ends;
}

static long unwind_step(__u64 i, struct walk *walk)
{
	struct rt_unwinding *u = &walk->stacks->unwinding;
	__u64 address = u->regs.ip - !u->regs.exact;

	if (i >= rt_stack_most)
		return 1;
	walk->stacks->raw[i & (RT_STACK - 1)] = u->regs.ip;
	u->count = i + 1;
	if ((address < u->start || address >= u->end) &&
	    !enter_mapping(walk->stacks, address))
		return 1;
	return next_frame(u, address);
}

/* The registers that the program had when it came into the kernel last. */
RT_INLINE __u64 begin(struct rt_unwinding *u)
{
	struct task_struct *task = bpf_get_current_task_btf();
	const char *regs = (const char *)bpf_task_pt_regs(task);
	__u64 mm, area;

	u->regs.ip = READ(regs, regs_ip);
	u->regs.sp = READ(regs, regs_sp);
	u->regs.fp = READ(regs, regs_fp);
	u->regs.exact = 1;
	mm = READ(task, task_mm);
	if (!mm)
		return 0;
	area = READ(mm, mm_xol);
	if (area) {
		u->trampoline = READ(area, xol_start);
		u->returns = READ(READ(task, task_utask), utask_returns);
	}
	return u->regs.ip;
}

/* 1 when that gave a stack, in stacks->raw. */
static __attribute__((noinline)) long unwind(struct rt_stacks *stacks)
{
	struct walk walk = { .stacks = stacks };
	struct rt_unwinding *u = &stacks->unwinding;

	*u = (struct rt_unwinding){ };
	if (!begin(u))
		return 0;
	bpf_loop(RT_STACK, unwind_step, &walk, 0);
	return u->told ? u->count : 0;
}

__attribute__((noinline)) long rt_user_walk(struct rt_frame *frame,
					    void *context)
{
	struct rt_stacks *stacks = rt_stacks_of(frame);
	struct rt_stack *stack;
	long count;

	if (!stacks)
		return 0;
	stack = &stacks->stacks[RT_STACK_USER];
	if (stack->claim == frame->claims)
		return 0;
	stack->claim = frame->claims;
	stack->count = 0;
	if (!context)
		return 0;
	count = unwind(stacks);
	if (!count)
		count = bpf_get_stack(context, stacks->raw, sizeof(stacks->raw),
				      BPF_F_USER_STACK) >> 3;
	if (count <= 0)
		return 0;
	stack->count = count < rt_stack_most ? count : rt_stack_most;
	bpf_probe_read_kernel(stack->entries, sizeof(stack->entries),
			      stacks->raw);
	return 0;
}
