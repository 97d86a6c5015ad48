/*
 * Where a user address is: see stack.h.
 *
 * The mappings of a process are a maple tree (Linux 6.1 and later) that can be
 * read at any time, also where the lock of the mappings cannot be had: in a
 * sampling interrupt, or while the process is itself changing them. A node is
 * 256 bytes; the low bits of a pointer to one say what kind it is.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/maps.h"
#include "runtime/bpf/lib/offsets.h"
#include "runtime/bpf/lib/stack.h"

extern struct rt_map spile_files;

/* ---- the tree of mappings ---- */

enum { TREE_DEPTH = 12, RANGE_PIVOTS = 15, ARANGE_PIVOTS = 9, LEAF_64 = 1,
       ARANGE_64 = 3, ROOT_NODE = 2 };

/* The kernel wants what a loop is given in the stack. */
struct descent {
	struct rt_stacks *stacks;
};

/* The slot of the node in stacks->node that the address is in. The last slot of
 * a node ends where the node does. */
static __u64 choose(struct rt_stacks *stacks, __u64 pivots, __u64 pivot_at)
{
	const __u64 *words = stacks->node;
	__u64 i;

	for (i = 0; i < RANGE_PIVOTS; i++) {
		__u64 pivot = words[(pivot_at + i) & (RT_NODE_WORDS - 1)];

		if (i >= pivots || (i && !pivot))
			break;
		if (pivot >= stacks->descent.address) {
			stacks->descent.last = pivot;
			break;
		}
	}
	return i;
}

static long descend_step(__u64 i, struct descent *descent)
{
	struct rt_stacks *stacks = descent->stacks;
	__u64 node = stacks->descent.entry, kind = node >> 3 & 15, slot;

	(void)i;
	if (bpf_probe_read_kernel(stacks->node, sizeof(stacks->node),
				  (const void *)(node & ~0xffULL))) {
		stacks->descent.entry = 0;
		return 1;
	}
	if (kind == ARANGE_64)
		slot = choose(stacks, ARANGE_PIVOTS, AT(arange_pivot) / 8) +
		       AT(arange_slot) / 8;
	else
		slot = choose(stacks, RANGE_PIVOTS, AT(range_pivot) / 8) +
		       AT(range_slot) / 8;
	stacks->descent.entry = stacks->node[slot & (RT_NODE_WORDS - 1)];
	stacks->descent.leaf = kind <= LEAF_64;
	return stacks->descent.leaf;
}

static __u64 find_mapping(struct rt_stacks *stacks, __u64 mm, __u64 address)
{
	struct descent descent = { .stacks = stacks };
	__u64 root = READ(mm, mm_root);

	/* a process always has more mappings than a root alone can name */
	stacks->descent.leaf = 0;
	if ((root & 3) != ROOT_NODE)
		return 0;
	stacks->descent.address = address;
	stacks->descent.last = ~0ULL;
	stacks->descent.entry = root;
	bpf_loop(TREE_DEPTH, descend_step, &descent, 0);
	return stacks->descent.leaf ? stacks->descent.entry : 0;
}

/* ---- where a file is mapped ---- */

enum { MOST_MAPPINGS = 1 << 16, HUNTS = 16 };

struct hunt {
	struct rt_stacks *stacks;
};

/* Whether the mapping begins with the page of the file that is looked for. */
static __u64 is_wanted(struct rt_hunt *hunt, __u64 mapping)
{
	__u64 inside = (1ULL << rt_page_shift) - 1, file, inode;

	if (READ(mapping, vma_pgoff) != hunt->offset >> rt_page_shift)
		return 0;
	file = READ(mapping, vma_file);
	if (!file)
		return 0;
	inode = READ(file, file_inode);
	if (READ(inode, inode_number) != hunt->inode)
		return 0;
	/* 0 is any */
	if (hunt->device && (__u32)hunt->device !=
	    (__u32)READ(READ(inode, inode_super), super_device))
		return 0;
	hunt->found = READ(mapping, vma_start) + (hunt->offset & inside);
	return 1;
}

static long hunt_step(__u64 i, struct hunt *context)
{
	struct rt_stacks *stacks = context->stacks;
	struct rt_hunt *hunt = &stacks->hunt;
	__u64 mapping = find_mapping(stacks, hunt->mm, hunt->address);

	(void)i;
	if (!stacks->descent.leaf || (mapping && is_wanted(hunt, mapping)))
		return 1;
	hunt->address = stacks->descent.last + 1;
	return !hunt->address;
}

/* Nothing keeps the mappings as they are: while another thread changes them, one that
 * is there can be missed. */
static long hunt_once(__u64 i, struct hunt *context)
{
	struct rt_stacks *stacks = context->stacks;

	(void)i;
	stacks->hunt.address = 0;
	bpf_loop(MOST_MAPPINGS, hunt_step, context, 0);
	return stacks->hunt.found != 0;
}

RT_GLOBAL __s64 prim___mapped(struct rt_frame *frame, __s64 mm, __s64 inode,
			      __s64 device, __s64 offset)
{
	struct rt_stacks *stacks;
	struct hunt context = { };

	if (!frame)
		return 0;
	stacks = rt_stacks_of(frame);
	if (!stacks)
		return 0;
	context.stacks = stacks;
	stacks->hunt.mm = mm;
	stacks->hunt.found = 0;
	stacks->hunt.inode = inode;
	stacks->hunt.device = device;
	stacks->hunt.offset = offset;
	bpf_loop(HUNTS, hunt_once, &context, 0);
	return stacks->hunt.found;
}

/* ---- files ---- */

/* Puts the names on the way up from the file into the record. */
struct climbing {
	struct wire_file *file;
	__u64 dentry, mount, root;
};

static long climb_step(__u64 i, struct climbing *climbing)
{
	__u64 parent;

	(void)i;
	if (climbing->dentry == climbing->root) {
		/* the root of a mount: on to where it is mounted */
		__u64 mount = climbing->mount - AT(mount_vfs);

		parent = READ(mount, mount_parent);
		if (parent == mount)
			return 1;
		climbing->dentry = READ(mount, mount_point);
		climbing->mount = parent + AT(mount_vfs);
		climbing->root = READ(climbing->mount, vfs_root);
		return 0;
	}
	parent = READ(climbing->dentry, dentry_parent);
	if (parent == climbing->dentry ||
	    climbing->file->parts >= WIRE_PATH_PARTS)
		return 1;
	bpf_probe_read_kernel_str(
		climbing->file->path[climbing->file->parts &
				     (WIRE_PATH_PARTS - 1)],
		WIRE_PATH_PART,
		(const void *)READ(climbing->dentry, dentry_name));
	climbing->file->parts++;
	climbing->dentry = parent;
	return 0;
}

struct file_record {
	struct wire_head head;
	struct wire_file file;
};

/* Tells the reader what the number stands for. */
static void report(const struct rt_place *place, __u64 number, __u64 file)
{
	struct file_record *record = bpf_ringbuf_reserve(
		&spile_output, sizeof(*record), 0);
	struct climbing climbing;

	if (!record) {
		__sync_fetch_and_add(&spile_shared.lost, 1);
		return;
	}
	record->head.kind = WIRE_FILE;
	record->head.cpu = bpf_get_smp_processor_id();
	record->head.id = number;
	record->file.device = place->key.device;
	record->file.inode = place->key.inode;
	record->file.process = bpf_get_current_pid_tgid() >> 32;
	record->file.address = place->address;
	record->file.parts = 0;
	climbing.file = &record->file;
	climbing.dentry = READ(file, file_dentry);
	climbing.mount = READ(file, file_mount);
	climbing.root = READ(climbing.mount, vfs_root);
	bpf_loop(2 * WIRE_PATH_PARTS, climb_step, &climbing, 0);
	bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
}

static struct rt_file *first_seen(struct rt_stacks *stacks,
				  const struct rt_place *place, __u64 file)
{
	__u32 number = __sync_fetch_and_add(&spile_shared.files, 1) + 1;

	stacks->fresh = (struct rt_file){ .number = number };
	/* another processor may be first: its number stands */
	if (!bpf_map_update_elem(&spile_files, &place->key, &stacks->fresh,
				 BPF_NOEXIST))
		report(place, number, file);
	return bpf_map_lookup_elem(&spile_files, &place->key);
}

static void find_file(struct rt_stacks *stacks, struct rt_place *place,
		      __u64 file)
{
	__u64 inode = READ(file, file_inode);

	place->key.inode = READ(inode, inode_number);
	place->key.device = (__u32)READ(READ(inode, inode_super),
					super_device);
	place->file = bpf_map_lookup_elem(&spile_files, &place->key);
	if (place->file)
		return;
	/* on an overlay; the runner does not know the device */
	stacks->any.device = 0;
	stacks->any.inode = place->key.inode;
	place->file = bpf_map_lookup_elem(&spile_files, &stacks->any);
	if (!place->file)
		place->file = first_seen(stacks, place, file);
}

__attribute__((noinline)) long rt_place_find(struct rt_stacks *stacks,
					     struct rt_place *place)
{
	__u64 mm = READ(bpf_get_current_task(), task_mm);
	__u64 mapping, file;

	place->file = 0;
	place->start = place->end = 0;
	if (!mm)
		return 0;
	mapping = find_mapping(stacks, mm, place->address);
	if (!mapping)
		return 0;
	place->start = READ(mapping, vma_start);
	place->end = READ(mapping, vma_end);
	if (place->address < place->start || place->address >= place->end)
		return 0;
	file = READ(mapping, vma_file);
	place->from = 0;
	place->offset = place->address - place->start;
	if (file) {
		place->from = READ(mapping, vma_pgoff) << rt_page_shift;
		place->offset += place->from;
		find_file(stacks, place, file);
	} else if (place->start == READ(mm, mm_vdso)) {
		place->key.device = place->key.inode = 0;
		place->file = bpf_map_lookup_elem(&spile_files, &place->key);
	}
	return 1;
}
