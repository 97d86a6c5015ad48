/*
 * What stacks of a frame need, and where a user address is. Allocated with the
 * frames, if the script asks for stacks or for what addresses are.
 */
#ifndef SPILE_KMOD_STACK_H
#define SPILE_KMOD_STACK_H

#include <linux/kallsyms.h>

#include "runtime/kmod/device.h"
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

/* code.c: what is known of a file. It stays as long as the module. */
struct rt_code {
	struct rt_code *next;
	u64 device, inode;	/* 0, 0: the vdso */
	u64 bias;		/* offset in the file + bias = address in it */
	u64 size;		/* from the first to the last address */
	const u64 *rows;	/* runtime/common/unwind.h */
	const struct kmod_symbol *symbols;	/* by address */
	const char *names, *path;
	u64 row_count, symbol_count, names_size;
	char tables[] __aligned(8);
};

const struct rt_code *rt_code_find(u64 device, u64 inode);
/* The row for an address in the file; 0 if there is none. */
u64 rt_code_row(const struct rt_code *code, u32 address);
/* The function that the address is in, or NULL. */
const struct kmod_symbol *rt_code_symbol(const struct rt_code *code, u64 address);

/* unwind.c: the stack from these registers on, or from those that the program
 * came into the kernel with. */
void rt_user_walk(const struct pt_regs *regs, struct rt_stack *stack);

/* place.c: finds place->address in the current process. True if it is in a
 * file, which the reader is told of when it is seen first. */
bool rt_place_find(struct rt_frame *frame, struct wire_place *place);

#endif
