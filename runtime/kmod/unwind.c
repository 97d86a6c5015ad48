/*
 * Walking the stack of a user program. Each frame is found by the table of its
 * file (runtime/common/unwind.h), which the runner made of .eh_frame and handed
 * over, so programs need no frame pointers; where a file has no table, as code
 * that was made at run time, by the frame pointer.
 */
#include "runtime/kmod/stack.h"

#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <linux/uprobes.h>

static u64 user_word(u64 address)
{
	u64 word;

	rt_read(&word, address, sizeof(word), true);
	return word;
}

#define UNWIND_WORD(address) user_word(address)
#include "runtime/common/unwind.h"

/* ---- walking ---- */

struct walk {
	struct unwind_regs regs;
	struct rt_mapping mapping;	/* that the last address is in */
	const struct rt_code *code;	/* of its file */
	u64 bias;	/* what makes addresses in it those of the file */
};

enum { RETURNS_MOST = 64 };	/* that the kernel lets be open at once */

/* The kernel replaces return addresses to probe returns: puts back which. */
static void restore_return(struct unwind_regs *regs)
{
#ifdef CONFIG_UPROBES
	const struct return_instance *at = current->utask ?
		current->utask->return_instances : NULL;
	struct return_instance instance;
	u32 i;

	/* an interrupt may find the list while it changes */
	for (i = 0; at && i < RETURNS_MOST; i++) {
		if (copy_from_kernel_nofault(&instance, at, sizeof(instance)))
			return;
		if (instance.stack == regs->sp - 8) {
			regs->ip = instance.orig_ret_vaddr;
			return;
		}
		at = instance.next;
	}
#endif
}

static bool enter_mapping(struct walk *walk, u64 address)
{
	struct rt_mapping *mapping = &walk->mapping;

	if (address >= mapping->start && address < mapping->end)
		return true;
	if (!rt_mapping_find(current->mm, address, mapping))
		return false;
	walk->code = mapping->known ?
		rt_code_find(mapping->device, mapping->inode) : NULL;
	if (walk->code)
		walk->bias = mapping->from + walk->code->bias -
			     mapping->start;
	return true;
}

/* 1: this was the last. */
static long next_frame(struct walk *walk)
{
	u64 address = walk->regs.ip - !walk->regs.exact;
	long ends;

	if (!enter_mapping(walk, address))
		return 1;
	ends = walk->code && walk->code->row_count ?
		unwind_by_row(&walk->regs,
			      rt_code_row(walk->code, address + walk->bias)) :
		unwind_by_frame_pointer(&walk->regs);
	if (!ends)
		restore_return(&walk->regs);
	return ends;
}

static void walk_frames(struct walk *walk, struct rt_stack *stack)
{
	while (stack->count < rt_program.max_stack) {
		stack->entries[stack->count++] = walk->regs.ip;
		if (next_frame(walk))
			break;
	}
}

/* Where the mappings cannot be looked at the frame pointers are all there is. */
static void walk_blindly(struct walk *walk, struct rt_stack *stack)
{
	do {
		stack->entries[stack->count++] = walk->regs.ip;
	} while (stack->count < rt_program.max_stack &&
		 !unwind_by_frame_pointer(&walk->regs));
}

void rt_user_walk(const struct pt_regs *regs, struct rt_stack *stack)
{
	struct walk walk = { .regs.exact = 1 };
	struct mm_struct *mm = current->mm;

	if (!mm)
		return;
	if (!regs || !user_mode((struct pt_regs *)regs))
		regs = task_pt_regs(current);
	walk.regs.ip = instruction_pointer((struct pt_regs *)regs);
	walk.regs.sp = user_stack_pointer((struct pt_regs *)regs);
	walk.regs.fp = frame_pointer((struct pt_regs *)regs);
	if (!rt_mappings_lock(mm)) {
		walk_blindly(&walk, stack);
		return;
	}
	walk_frames(&walk, stack);
	rt_mappings_unlock(mm);
}
