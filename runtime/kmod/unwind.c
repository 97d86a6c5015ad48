/*
 * Walking the stack of a user program. Each frame is found by the table of its
 * file (runtime/common/unwind.h), which the runner made of .eh_frame and handed
 * over, so programs need no frame pointers; where a file has no table, as code
 * that was made at run time, by the frame pointer.
 *
 * Tables are added while probes fire, and go with the module.
 */
#include "runtime/kmod/stack.h"

#include <linux/mutex.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <linux/uprobes.h>
#include <linux/vmalloc.h>

#include "runtime/kmod/device.h"

static u64 user_word(u64 address)
{
	u64 word;

	rt_read(&word, address, sizeof(word), true);
	return word;
}

#define UNWIND_WORD(address) user_word(address)
#include "runtime/common/unwind.h"

/* ---- tables ---- */

struct table {
	struct table *next;
	u64 device, inode;	/* 0, 0: the vdso */
	u64 bias;		/* offset in the file + bias = address in it */
	u64 count;
	u64 rows[];
};

/* Rows that a file may have: those of the largest libraries are a tenth. */
enum { ROWS_MOST = 1 << 24 };

static DEFINE_MUTEX(adding);
static struct table *tables;

static struct table *find_table(u64 device, u64 inode)
{
	struct table *table = smp_load_acquire(&tables);

	while (table && (table->inode != inode || table->device != device))
		table = table->next;
	return table;
}

static long add(const struct kmod_rows *asked)
{
	u64 bytes = asked->count * sizeof(u64);
	struct table *table;

	if (find_table(asked->device, asked->inode))
		return 0;
	table = RT_TRY(vmalloc(sizeof(*table) + bytes));
	if (!table)
		return -ENOMEM;
	if (copy_from_user(table->rows, (const void __user *)asked->rows,
			   bytes)) {
		vfree(table);
		return -EFAULT;
	}
	table->device = asked->device;
	table->inode = asked->inode;
	table->bias = asked->bias;
	table->count = asked->count;
	table->next = tables;
	smp_store_release(&tables, table);
	return 0;
}

long rt_rows_add(const struct kmod_rows __user *from)
{
	struct kmod_rows asked;
	long error;

	if (copy_from_user(&asked, from, sizeof(asked)))
		return -EFAULT;
	if (!asked.count || asked.count > ROWS_MOST)
		return -EINVAL;
	mutex_lock(&adding);
	error = add(&asked);
	mutex_unlock(&adding);
	return error;
}

void rt_rows_destroy(void)
{
	while (tables) {
		struct table *table = tables;

		tables = table->next;
		vfree(table);
	}
}

static u64 find_row(const struct table *table, u32 address)
{
	u64 low = 0, high = table->count;

	while (high - low > 1) {
		u64 middle = low + (high - low) / 2;

		if (unwind_address(table->rows[middle]) <= address)
			low = middle;
		else
			high = middle;
	}
	return unwind_address(table->rows[low]) <= address ?
		table->rows[low] : 0;
}

/* ---- walking ---- */

struct walk {
	struct unwind_regs regs;
	struct rt_mapping mapping;	/* that the last address is in */
	const struct table *table;	/* of its file */
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
	walk->table = mapping->known ?
		find_table(mapping->device, mapping->inode) : NULL;
	if (walk->table)
		walk->bias = mapping->from + walk->table->bias -
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
	ends = walk->table ?
		unwind_by_row(&walk->regs,
			      find_row(walk->table, address + walk->bias)) :
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
