/*
 * What stacks of a frame need, and where a user address is. Allocated with the
 * frames, if the script asks for stacks or for what addresses are.
 */
#ifndef SPILE_KMOD_STACK_H
#define SPILE_KMOD_STACK_H

#include <linux/kallsyms.h>

#include "runtime/kmod/kmod.h"

enum {
	RT_STACK = 128,			/* most entries: MAXBACKTRACE ends here */
	RT_STACK_RAW = RT_STACK + 16,	/* with those of ours */
};

struct rt_stack {
	u64 walked;		/* the hit that it is of */
	u32 count;
	unsigned long entries[RT_STACK];
};

struct rt_stacks {
	struct rt_stack stacks[2];	/* of the kernel, of the user */
	unsigned long raw[RT_STACK_RAW];
	char symbol[KSYM_SYMBOL_LEN];
	struct wire_place places[RT_STACK];
	u32 place_count;
	struct {
		struct wire_head head;
		struct wire_file file;
	} found;
};

/* A mapping of the current process. */
struct rt_mapping {
	u64 start, end;
	u64 from;		/* offset in the file */
	bool known;		/* it is of a file, or the vdso: 0, 0 */
	u64 device, inode;
};

/* place.c: the lock of the mappings, tried for, and what is at an address while
 * it is held. */
bool rt_mappings_lock(struct mm_struct *mm);
void rt_mappings_unlock(struct mm_struct *mm);
bool rt_mapping_find(struct mm_struct *mm, u64 address,
		     struct rt_mapping *mapping);

/* unwind.c: the stack from these registers on, or from those that the program
 * came into the kernel with. */
void rt_user_walk(const struct pt_regs *regs, struct rt_stack *stack);

/* place.c: finds place->address in the current process. True if it is in a
 * file, which the reader is told of when it is seen first. */
bool rt_place_find(struct rt_frame *frame, struct wire_place *place);

#endif
