/*
 * Primitives: stacks, as numbers, texts and records. See
 * runtime/common/intrinsics.def.
 */
#include "runtime/bpf/lib/stack.h"
#include "runtime/bpf/lib/text.h"
#include "runtime/common/format.h"

/* ---- stacks ---- */

static __attribute__((noinline)) __s64
stack_entry(struct rt_frame *frame, __u64 which, __u64 number)
{
	struct rt_stacks *stacks = rt_stacks_of(frame);

	if (!stacks || number >= stacks->stacks[which & 1].count ||
	    number >= RT_STACK)
		return 0;
	return stacks->stacks[which & 1].entries[number & (RT_STACK - 1)];
}

RT_PRIM __s64 prim___stack_entry(struct rt_frame *frame, void *context,
				 __s64 number)
{
	rt_kernel_walk(frame, context);
	return stack_entry(frame, RT_STACK_KERNEL, number);
}

RT_PRIM __s64 prim___ustack_entry(struct rt_frame *frame, void *context,
				  __s64 number)
{
	rt_user_walk(frame, context);
	return stack_entry(frame, RT_STACK_USER, number);
}

struct listing {
	struct rt_stack *stack;
	struct rt_text *dst;
	__u64 count, at;
};

static long list_step(__u64 i, struct listing *listing)
{
	const __u64 hex = RT_SPEC('x', '#', 0, RT_NO_PRECISION);
	struct rt_text *dst = listing->dst;
	__u64 at = listing->at;

	if (i >= listing->count)
		return 1;
	if (at && at < rt_text_most())
		dst->s[RT_MASKED(at++)] = ' ';
	listing->at = rt_format_long(dst, at, hex, listing->stack->entries[
					     i & (RT_STACK - 1)], 0);
	return 0;
}

static __attribute__((noinline)) long
stack_text(struct rt_frame *frame, struct rt_text *dst, __u64 which,
	   __u64 count)
{
	struct rt_stacks *stacks = rt_stacks_of(frame);
	struct listing listing = { .dst = dst, .at = rt_zero(dst) };

	dst->s[0] = '\0';
	if (!stacks)
		return 0;
	listing.stack = &stacks->stacks[which & 1];
	listing.count = listing.stack->count;
	if (listing.count > count)
		listing.count = count;
	bpf_loop(RT_STACK, list_step, &listing, 0);
	return listing.at;
}

RT_PRIM __u64 prim___stack_text(struct rt_frame *frame, void *context,
				struct rt_text *dst, __s64 count)
{
	rt_kernel_walk(frame, context);
	return stack_text(frame, dst, RT_STACK_KERNEL,
			  count < 0 ? RT_STACK : (__u64)count);
}

RT_PRIM __u64 prim___ustack_text(struct rt_frame *frame, void *context,
				 struct rt_text *dst, __s64 count)
{
	rt_user_walk(frame, context);
	return stack_text(frame, dst, RT_STACK_USER,
			  count < 0 ? RT_STACK : (__u64)count);
}

/* The kernel's stack is empty where user code was hit, and begins with frames
 * of ours where no registers came with the event. */
RT_PRIM __s64 prim___user_mode(struct rt_frame *frame, void *context)
{
	struct rt_stacks *stacks;

	if (!context)
		return 0;
	rt_kernel_walk(frame, context);
	stacks = rt_stacks_of(frame);
	return stacks && !stacks->stacks[RT_STACK_KERNEL].count &&
	       !stacks->stacks[RT_STACK_KERNEL].own;
}

/* Where the kernel was not hit, the first entry of the user's stack. */
RT_PRIM __s64 prim___address_here(struct rt_frame *frame, void *context)
{
	struct rt_stacks *stacks;
	__u64 address = 0;

	if (!context)
		return 0;
	rt_kernel_walk(frame, context);
	stacks = rt_stacks_of(frame);
	if (!stacks || stacks->stacks[RT_STACK_KERNEL].own)
		return 0;
	if (stacks->stacks[RT_STACK_KERNEL].count)
		return stacks->stacks[RT_STACK_KERNEL].entries[0];
	bpf_get_stack(context, &address, sizeof(address), BPF_F_USER_STACK);
	return address;
}

/* ---- texts of addresses ---- */

struct parsing {
	const struct rt_text *text;
	__u64 at, number, wanted;
	__u64 value, inside;
};

/* One character; ends behind the address that is wanted. */
static long parse_step(__u64 i, struct parsing *parsing)
{
	__u8 c = parsing->text->s[RT_MASKED(parsing->at)], low = c | 0x20;
	__u64 digit = c >= '0' && c <= '9' ? c - '0' :
		      low >= 'a' && low <= 'f' ? low - 'a' + 10 : 16;

	(void)i;
	parsing->at++;
	if (digit < 16) {
		parsing->value = parsing->value << 4 | digit;
		parsing->inside = 1;
		return 0;
	}
	if (low == 'x' && parsing->inside) {	/* of 0x */
		parsing->value = 0;
		return 0;
	}
	if (parsing->inside && parsing->number == parsing->wanted)
		return 1;
	if (parsing->inside)
		parsing->number++;
	parsing->value = parsing->inside = 0;
	return !c;
}

RT_GLOBAL __s64 prim___address_in(const struct rt_text *text, __s64 wanted)
{
	struct parsing parsing = { .text = text, .wanted = wanted };

	if (!text)
		return 0;
	parsing.at = parsing.number = parsing.value = parsing.inside =
		rt_zero(text);
	bpf_loop(RT_TEXT_SIZE, parse_step, &parsing, 0);
	return parsing.inside && parsing.number == parsing.wanted ?
	       parsing.value : 0;
}

/* ---- records ---- */

RT_INLINE void put_place(struct rt_stacks *stacks, struct wire_place *to,
			 __u64 address)
{
	struct rt_place place = { .address = address };

	to->address = address;
	to->file = to->offset = 0;
	if (!rt_place_find(stacks, &place) || !place.file)
		return;
	to->file = place.file->number;
	to->offset = place.offset;
}

static void send(struct rt_stacks *stacks, __u64 count, __u32 style)
{
	__u64 size;

	if (!count || count > RT_STACK)
		return;
	stacks->record.head.kind = WIRE_STACK;
	stacks->record.head.cpu = bpf_get_smp_processor_id();
	stacks->record.head.id = style;
	stacks->record.count = count;
	size = sizeof(struct wire_head) + 8 + count * sizeof(struct wire_place);
	if (size > sizeof(stacks->record))
		return;
	if (bpf_ringbuf_output(&spile_output, &stacks->record, size,
			       BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&spile_shared.lost, 1);
}

struct printing {
	struct rt_stacks *stacks;
	struct rt_stack *stack;
};

static long kernel_step(__u64 i, struct printing *printing)
{
	struct wire_place *to =
		&printing->stacks->record.places[i & (RT_STACK - 1)];

	if (i >= printing->stack->count)
		return 1;
	to->address = printing->stack->entries[i & (RT_STACK - 1)];
	to->file = to->offset = 0;
	return 0;
}

static long user_step(__u64 i, struct printing *printing)
{
	__u64 at = i & (RT_STACK - 1);

	if (i >= printing->stack->count)
		return 1;
	put_place(printing->stacks, &printing->stacks->record.places[at],
		  printing->stack->entries[at]);
	return 0;
}

/* Inlined: the step must be known where bpf_loop() is called. */
static __always_inline long print_stack(struct rt_frame *frame, int which,
					long (*step)(__u64, struct printing *),
					__u32 style)
{
	struct printing printing = { .stacks = rt_stacks_of(frame) };

	if (!printing.stacks)
		return 0;
	printing.stack = &printing.stacks->stacks[which];
	bpf_loop(RT_STACK, step, &printing, 0);
	send(printing.stacks, printing.stack->count, style);
	return 0;
}

static __attribute__((noinline)) long kernel_print(struct rt_frame *frame,
						   __u32 style)
{
	return print_stack(frame, RT_STACK_KERNEL, kernel_step,
			   style | WIRE_STACK_KERNEL);
}

static __attribute__((noinline)) long user_print(struct rt_frame *frame,
						 __u32 style)
{
	return print_stack(frame, RT_STACK_USER, user_step, style);
}

RT_PRIM void prim___stack_print(struct rt_frame *frame, void *context,
				__s64 style)
{
	rt_kernel_walk(frame, context);
	kernel_print(frame, style);
}

RT_PRIM void prim___ustack_print(struct rt_frame *frame, void *context,
				 __s64 style)
{
	rt_user_walk(frame, context);
	user_print(frame, style);
}

RT_GLOBAL long prim___address_print(struct rt_frame *frame, __s64 address,
				    __s64 style)
{
	struct rt_stacks *stacks;

	if (!frame)
		return 0;
	stacks = rt_stacks_of(frame);
	if (!stacks)
		return 0;
	stacks->record.places[0].address = address;
	stacks->record.places[0].file = stacks->record.places[0].offset = 0;
	send(stacks, 1, (style & 15) | WIRE_STACK_KERNEL);
	return 0;
}

RT_GLOBAL long prim___uaddress_print(struct rt_frame *frame, __s64 address,
				     __s64 style)
{
	struct rt_stacks *stacks;

	if (!frame)
		return 0;
	stacks = rt_stacks_of(frame);
	if (!stacks)
		return 0;
	put_place(stacks, &stacks->record.places[0], address);
	send(stacks, 1, style & 15);
	return 0;
}
