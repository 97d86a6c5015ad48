/*
 * Stacks of a hit, and what addresses are. Names of the kernel's functions come
 * from the kernel, those of programs' functions from what the runner has told of
 * the file; where that is not there yet, and for places in the source, texts hold
 * a mark for the reader, and records the place (runtime/common/wire.h).
 *
 * Handlers that the runner drives have no stack. On a tracepoint the stack
 * begins with frames of ours and of what calls us, which are left out.
 */
#include "runtime/kmod/stack.h"

#include <linux/kallsyms.h>
#include <linux/mm_types.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <linux/string.h>
#ifdef CONFIG_X86_64
#include <asm/unwind.h>
#endif

/* ---- walking ---- */

/* From registers of the kernel on; without them from here, the first entries
 * being ours. */
static u32 walk_kernel(struct rt_stacks *stacks, struct pt_regs *regs)
{
#ifdef CONFIG_X86_64
	struct unwind_state state;
	u32 count = 0;

	/* the unwinder begins with the caller */
	if (regs)
		stacks->raw[count++] = instruction_pointer(regs);
	for (unwind_start(&state, current, regs, NULL);
	     !unwind_done(&state) && count < RT_STACK_RAW;
	     unwind_next_frame(&state)) {
		unsigned long address = unwind_get_return_address(&state);

		if (!address)
			break;
		stacks->raw[count++] = address;
	}
	return count;
#else
	(void)regs;
	return stack_trace_save(stacks->raw, RT_STACK_RAW, 0);
#endif
}

static bool is_own(struct rt_stacks *stacks, unsigned long address)
{
	if (within_module(address, THIS_MODULE))
		return true;
	sprint_symbol_no_offset(stacks->symbol, address);
	return !strncmp(stacks->symbol, "__traceiter_", 12);
}

static void fill_kernel(struct rt_frame *frame, struct rt_stack *stack)
{
	struct rt_stacks *stacks = frame->stacks;
	struct pt_regs *regs = (struct pt_regs *)frame->regs;
	u32 count, own = 0, i;

	if (regs && user_mode(regs))
		return;
	count = walk_kernel(stacks, regs);
	while (!regs && own < count && is_own(stacks, stacks->raw[own]))
		own++;
	stack->count = min(count - own, rt_program.max_stack);
	for (i = 0; i < stack->count; i++)
		stack->entries[i] = stacks->raw[own + i];
}

/* Once a hit. */
static struct rt_stack *stack_of(struct rt_frame *frame, bool user)
{
	struct rt_stack *stack = &frame->stacks->stacks[user];

	if (stack->walked == frame->hits)
		return stack;
	stack->walked = frame->hits;
	stack->count = 0;
	if (frame->driven)
		return stack;
	if (user)
		rt_user_walk(frame->regs, stack);
	else
		fill_kernel(frame, stack);
	return stack;
}

static s64 stack_entry(struct rt_frame *frame, bool user, s64 number)
{
	struct rt_stack *stack = stack_of(frame, user);

	return number >= 0 && number < stack->count ? stack->entries[number] :
						       0;
}

PRIM_LONG(__stack_entry, s64 number)
{
	return stack_entry(frame, false, number);
}

PRIM_LONG(__ustack_entry, s64 number)
{
	return stack_entry(frame, true, number);
}

static void list(struct rt_frame *frame, char *to, u32 room, bool user,
		 s64 count)
{
	struct rt_stack *stack = stack_of(frame, user);
	u32 most = count < 0 || count > stack->count ? stack->count : count, i;

	rt_line_begin(frame);
	for (i = 0; i < most; i++) {
		if (i)
			rt_line_literal(frame, " ", 1);
		rt_line_long(frame, format_spec('x', '#', FORMAT_NONE,
						FORMAT_NONE),
			     stack->entries[i]);
	}
	rt_line_end(frame, to, room);
}

PRIM_TEXT(__stack_text, s64 count)
{
	list(frame, to, room, false, count);
}

PRIM_TEXT(__ustack_text, s64 count)
{
	list(frame, to, room, true, count);
}

PRIM_LONG(__user_mode)
{
	return frame->regs && user_mode((struct pt_regs *)frame->regs);
}

PRIM_LONG(__address_here)
{
	return frame->regs ?
		instruction_pointer((struct pt_regs *)frame->regs) : 0;
}

/* ---- texts of addresses ---- */

PRIM_LONG(__address_in, const char *text, s64 wanted)
{
	s64 number = 0;

	(void)frame;
	for (;;) {
		size_t length;
		u64 value = 0;
		int digit;

		text += strcspn(text, "0123456789abcdefABCDEF");
		if (!*text)
			return 0;
		if (text[0] == '0' && (text[1] | 0x20) == 'x')
			text += 2;
		for (length = 0; (digit = hex_to_bin(text[length])) >= 0;
		     length++)
			value = value << 4 | digit;
		if (number++ == wanted)
			return value;
		text += length;
	}
}

/* ---- names ---- */

enum { SYMBOL_NAME, SYMBOL_DATA, SYMBOL_MODULE, SYMBOL_SHORT };

static void module_only(char *to, u32 room, char *symbol, bool known)
{
	char *begin = strchr(symbol, '['), *end;

	if (!known) {
		to[0] = '\0';
	} else if (!begin) {
		rt_copy(to, room, "kernel");
	} else {
		end = strchr(begin, ']');
		rt_copy_part(to, room, begin + 1, end ? end - begin - 1 : 0);
	}
}

PRIM_TEXT(__symbol, s64 address, s64 what)
{
	char *symbol = frame->stacks->symbol;
	size_t name;
	bool known;

	sprint_symbol(symbol, address);
	name = strcspn(symbol, "+ ");
	known = symbol[name] == '+';
	if (what == SYMBOL_MODULE)
		module_only(to, room, symbol, known);
	else if (!known)
		snprintf(to, room, "0x%llx", address);
	else if (what == SYMBOL_NAME)
		rt_copy_part(to, room, symbol, name);
	else
		snprintf(to, room, "%s%s", symbol,
			 strchr(symbol, '[') ? "" : " [kernel]");
}

static void put_mark(char *to, u32 room, char what,
		     const struct wire_place *place)
{
	snprintf(to, room, "%c%c%llx:%llx:%llx%c", WIRE_MARK, what,
		 place->file, place->offset, place->address, WIRE_MARK_END);
}

/* What the runner has told of the file that the address is in; *ret_in_file: the
 * address there. */
static const struct rt_code *code_at(u64 address, u64 *ret_in_file)
{
	const struct rt_code *code = NULL;
	struct rt_mapping mapping;

	if (!rt_mappings_lock(current->mm))
		return NULL;
	if (rt_mapping_find(current->mm, address, &mapping) && mapping.known)
		code = rt_code_find(mapping.device, mapping.inode);
	rt_mappings_unlock(current->mm);
	if (code)
		*ret_in_file = address - mapping.start + mapping.from +
			       code->bias;
	return code;
}

/* "[last part of the path]"; what is no file has such a name already. */
static void put_last(char *to, u32 room, const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(to, room, *path == '[' ? "%s" : "[%s]",
		 slash ? slash + 1 : path);
}

static void put_code(char *to, u32 room, const struct rt_code *code,
		     u64 in_file, u64 address, s64 what)
{
	const struct kmod_symbol *symbol = rt_code_symbol(code, in_file);
	const char *name = symbol ? code->names + symbol->name : "";

	if (what == SYMBOL_MODULE)
		rt_copy(to, room, code->path);
	else if (what == SYMBOL_SHORT && !symbol)
		put_last(to, room, code->path);
	else if (what == SYMBOL_DATA && symbol)
		snprintf(to, room, "%s+0x%llx/0x%x [%s]", name,
			 in_file - symbol->from, symbol->size, code->path);
	else if (what == SYMBOL_DATA)
		snprintf(to, room, "0x%llx [%s+0x%llx/0x%llx]", address,
			 code->path, in_file, code->size);
	else if (symbol)
		rt_copy(to, room, name);
	else
		snprintf(to, room, "0x%llx", address);
}

PRIM_TEXT(__usymbol, s64 address, s64 what)
{
	struct wire_place place = { .address = address };
	u64 in_file;
	const struct rt_code *code = code_at(address, &in_file);

	if (code && *code->path)
		put_code(to, room, code, in_file, address, what);
	else if (rt_place_find(frame, &place) && place.file)
		put_mark(to, room, what == SYMBOL_NAME ? 'n' :
				   what == SYMBOL_DATA ? 'd' :
				   what == SYMBOL_MODULE ? 'm' : 's', &place);
	else if (what == SYMBOL_MODULE)
		to[0] = '\0';
	else
		snprintf(to, room, "0x%llx", address);
}

/* File 0: the kernel. */
PRIM_TEXT(__source, s64 address, s64 what)
{
	struct wire_place place = { .address = address };

	(void)frame;
	put_mark(to, room, what, &place);
}

PRIM_TEXT(__usource, s64 address, s64 what)
{
	struct wire_place place = { .address = address };

	rt_place_find(frame, &place);
	put_mark(to, room, what, &place);
}

/* ---- records ---- */

static void put_place(struct rt_frame *frame, u64 address, bool user)
{
	struct wire_place place = { .address = address };

	if (user)
		rt_place_find(frame, &place);
	frame->stacks->places[frame->stacks->place_count++] = place;
}

/* Built last: finding a place may send a record too. */
static void send(struct rt_frame *frame, bool user, s64 style)
{
	struct rt_stacks *stacks = frame->stacks;
	u32 i;

	rt_record_begin(frame, WIRE_STACK,
			(style & 15) | (user ? 0 : WIRE_STACK_KERNEL));
	rt_record_long(frame, stacks->place_count);
	for (i = 0; i < stacks->place_count; i++) {
		rt_record_long(frame, stacks->places[i].address);
		rt_record_long(frame, stacks->places[i].file);
		rt_record_long(frame, stacks->places[i].offset);
	}
	rt_record_end(frame);
}

static void print(struct rt_frame *frame, bool user, s64 style)
{
	struct rt_stack *stack = stack_of(frame, user);
	u32 i;

	frame->stacks->place_count = 0;
	for (i = 0; i < stack->count; i++)
		put_place(frame, stack->entries[i], user);
	if (stack->count)
		send(frame, user, style);
}

PRIM_VOID(__stack_print, s64 style)
{
	print(frame, false, style);
}

PRIM_VOID(__ustack_print, s64 style)
{
	print(frame, true, style);
}

PRIM_VOID(__address_print, s64 address, s64 style)
{
	frame->stacks->place_count = 0;
	put_place(frame, address, false);
	send(frame, false, style);
}

PRIM_VOID(__uaddress_print, s64 address, s64 style)
{
	frame->stacks->place_count = 0;
	put_place(frame, address, true);
	send(frame, true, style);
}
