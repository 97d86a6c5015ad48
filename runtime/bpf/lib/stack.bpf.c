/*
 * Walking the kernel's stack: see stack.h.
 *
 * On a raw tracepoint the kernel's stack begins with the frames of the BPF
 * program and of what called it. They are left out: what a script asks for is
 * who hit the tracepoint. Which addresses those are is decided by the names of
 * their functions, once an address (spile_own_code remembers).
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/maps.h"
#include "runtime/bpf/lib/stack.h"

extern struct rt_map spile_stacks, spile_own_code;

__attribute__((noinline)) struct rt_stacks *rt_stacks_of(struct rt_frame *frame)
{
	__u32 number = frame->number;	/* Linux 6.1 wants keys on the stack */

	return bpf_map_lookup_elem(&spile_stacks, &number);
}

/* ---- frames of ours ---- */

union name {
	char text[16];
	__u64 words[2];
};

/* Four characters, the first in the lowest byte. */
#define FOUR(a, b, c, d) \
	((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

static __u32 is_own_name(const union name *name)
{
	__u64 word = name->words[0];

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	word = __builtin_bswap64(word);
#endif
	/* bpf_..., __bpf_..., ___bpf_..., __traceiter_... */
	if ((__u32)word == FOUR('b', 'p', 'f', '_'))
		return 1;
	if ((__u16)word != ('_' | '_' << 8))
		return 0;
	word >>= 16;
	return (__u32)word == FOUR('b', 'p', 'f', '_') ||
	       (__u32)word == FOUR('_', 'b', 'p', 'f') ||
	       (__u32)word == FOUR('t', 'r', 'a', 'c');
}

static __u32 is_own(__u64 address)
{
	static const char format[] = "%ps";
	__u32 *known = bpf_map_lookup_elem(&spile_own_code, &address), own;
	union name name = { };

	if (known)
		return *known;
	bpf_snprintf(name.text, sizeof(name), format, &address,
		     sizeof(address));
	own = is_own_name(&name);
	bpf_map_update_elem(&spile_own_code, &address, &own, BPF_ANY);
	return own;
}

struct trimming {
	struct rt_stacks *stacks;
	__u64 count, own;
};

static long trim_step(__u64 i, struct trimming *trimming)
{
	if (i >= trimming->count ||
	    !is_own(trimming->stacks->raw[i & (RT_STACK_OWN - 1)]))
		return 1;
	trimming->own = i + 1;
	return 0;
}

static __u64 trim(struct rt_stacks *stacks, __u64 count)
{
	struct trimming trimming = { .stacks = stacks, .count = count };

	bpf_loop(RT_STACK_OWN, trim_step, &trimming, 0);
	return trimming.own;
}

/* ---- walking ---- */

static void keep(struct rt_stacks *stacks, __u64 count)
{
	struct rt_stack *stack = &stacks->stacks[RT_STACK_KERNEL];
	__u64 own = trim(stacks, count);

	if (own > RT_STACK_OWN)
		own = RT_STACK_OWN;
	stack->own = own;
	count -= own;
	stack->count = count < rt_stack_most ? count : rt_stack_most;
	bpf_probe_read_kernel(stack->entries, sizeof(stack->entries),
			      stacks->raw + own);
}

__attribute__((noinline)) long rt_kernel_walk(struct rt_frame *frame,
					      void *context)
{
	struct rt_stacks *stacks = rt_stacks_of(frame);
	struct rt_stack *stack;
	long size;

	if (!stacks)
		return 0;
	stack = &stacks->stacks[RT_STACK_KERNEL];
	if (stack->claim == frame->claims)
		return 0;
	stack->claim = frame->claims;
	stack->count = stack->own = 0;
	if (!context)
		return 0;
	size = bpf_get_stack(context, stacks->raw, sizeof(stacks->raw), 0);
	if (size <= 0)
		return 0;
	keep(stacks, (__u64)size / 8);
	if (frame->place)
		stack->entries[0] = frame->place;
	return 0;
}
