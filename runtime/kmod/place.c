/*
 * Where a user address is: in which file, and where in that.
 *
 * The lock of the mappings is only tried for. Where interrupts are off it is
 * given back later, from an interrupt of our own: whoever waits for it is woken
 * then, and what was probed may hold the locks of the scheduler. Until then it
 * is ours, whatever else the hit asks.
 */
#include "runtime/kmod/stack.h"

#include <linux/dcache.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/irq_work.h>
#include <linux/mm.h>
#include <linux/mmap_lock.h>
#include <linux/mount.h>
#include <linux/percpu.h>
#include <linux/string.h>

enum { FILES_MOST = 1024 };

struct seen {
	u64 device, inode;
};

static arch_spinlock_t seen_lock = __ARCH_SPIN_LOCK_UNLOCKED;
static struct seen seen[FILES_MOST];	/* its index + 1 is a file's number */
static u32 seen_count;

/* ---- the lock of the mappings ---- */

struct later {
	struct irq_work work;
	struct mm_struct *mm;	/* not NULL: its lock is to be given back */
};

static void unlock_later(struct irq_work *work)
{
	struct later *later = container_of(work, struct later, work);
	struct mm_struct *mm = later->mm;

	/* to unlock may hit a probe */
	WRITE_ONCE(later->mm, NULL);
	mmap_read_unlock_non_owner(mm);
}

static DEFINE_PER_CPU(struct later, laters);

/* Before anything fires. The kernel relocates no pointers in what a module has for
 * each processor, so these cannot stand in its data. */
void rt_places_create(void)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
		per_cpu(laters, cpu).work = IRQ_WORK_INIT_HARD(unlock_later);
}

/* Where it is given back at once. In an interrupt that cannot be masked no handler
 * was interrupted, but maybe unlock_later(). */
static bool is_open(void)
{
	return !irqs_disabled() && !in_nmi();
}

/* On -rt nothing may be tried for where interrupts are off. */
bool rt_mappings_lock(struct mm_struct *mm)
{
	struct later *later;

	if (!mm)
		return false;
	if (is_open())
		return mmap_read_trylock(mm);
	later = this_cpu_ptr(&laters);
	if (later->mm)
		return later->mm == mm;
	return !IS_ENABLED(CONFIG_PREEMPT_RT) &&
	       !irq_work_is_busy(&later->work) && mmap_read_trylock(mm);
}

void rt_mappings_unlock(struct mm_struct *mm)
{
	struct later *later;

	if (is_open()) {
		mmap_read_unlock(mm);
		return;
	}
	later = this_cpu_ptr(&laters);
	if (later->mm)
		return;
	later->mm = mm;
	irq_work_queue(&later->work);
}

/* Before the module goes. */
void rt_places_destroy(void)
{
	u32 cpu;

	for_each_possible_cpu(cpu)
		irq_work_sync(per_cpu_ptr(&laters.work, cpu));
}

static bool is_vdso(const struct mm_struct *mm, const struct vm_area_struct *vma)
{
#ifdef CONFIG_X86_64
	return vma->vm_start == (unsigned long)mm->context.vdso;
#else
	return false;
#endif
}

bool rt_mapping_find(struct mm_struct *mm, u64 address,
		     struct rt_mapping *mapping)
{
	const struct vm_area_struct *vma = find_vma(mm, address);

	if (!vma || vma->vm_start > address)
		return false;
	*mapping = (struct rt_mapping){
		.start = vma->vm_start, .end = vma->vm_end,
		.known = vma->vm_file || is_vdso(mm, vma),
	};
	if (vma->vm_file) {
		const struct inode *inode = file_inode(vma->vm_file);

		mapping->from = (u64)vma->vm_pgoff << PAGE_SHIFT;
		mapping->device = inode->i_sb->s_dev;
		mapping->inode = inode->i_ino;
	}
	return true;
}

/* Of a program that was hit the kernel holds no lock: whoever does, another thread
 * that changes the mappings, is soon done. */
static bool wait_for_mappings(const struct rt_frame *frame, struct mm_struct *mm)
{
	enum rt_attach kind = frame->probe->kind;
	bool may_wait = kind == RT_ATTACH_UPROBE || kind == RT_ATTACH_URETPROBE;
	u32 us, most = may_wait ? rt_program.lock_us : 0;

	for (us = 0; !rt_mappings_lock(mm); us++) {
		if (us == most)
			return false;
		udelay(1);
	}
	return true;
}

/* What was found last: whoever has the lock may be waiting for this very processor. */
struct mapped {
	u64 mm, pid, inode, device, offset;	/* whose, and what */
	s64 at;
};

enum { MAPPED_BITS = 6 };

static arch_spinlock_t mapped_lock = __ARCH_SPIN_LOCK_UNLOCKED;
static struct mapped mappeds[1 << MAPPED_BITS];

static struct mapped *mapped_room(const struct mapped *mapped)
{
	return &mappeds[hash_64(mapped->mm ^ mapped->inode, MAPPED_BITS)];
}

/* Another processor, or who was interrupted here, may be at it: then not. */
static void remember(const struct mapped *mapped)
{
	if (!arch_spin_trylock(&mapped_lock))
		return;
	*mapped_room(mapped) = *mapped;
	arch_spin_unlock(&mapped_lock);
}

static s64 recall(const struct mapped *wanted)
{
	const struct mapped *last = mapped_room(wanted);
	s64 at = -1;

	if (!arch_spin_trylock(&mapped_lock))
		return -1;
	if (!memcmp(last, wanted, offsetof(struct mapped, at)))
		at = last->at;
	arch_spin_unlock(&mapped_lock);
	return at;
}

static s64 look_for(struct mm_struct *mm, const struct mapped *wanted)
{
	const struct vm_area_struct *vma;

	for (vma = find_vma(mm, 0); vma; vma = find_vma(mm, vma->vm_end)) {
		const struct inode *of = vma->vm_file ?
			file_inode(vma->vm_file) : NULL;

		if (of && vma->vm_pgoff == wanted->offset >> PAGE_SHIFT &&
		    of->i_ino == wanted->inode &&
		    (!wanted->device || of->i_sb->s_dev == wanted->device))
			return vma->vm_start + (wanted->offset & ~PAGE_MASK);
	}
	return 0;
}

PRIM_LONG(__mapped, s64 whose, s64 inode, s64 device, s64 offset)
{
	struct mm_struct *mm = current->mm;
	struct mapped mapped = {
		.mm = whose, .pid = frame->task->tgid, .inode = inode,
		.device = device, .offset = offset,
	};

	if (!rt_has_memory(frame) || (unsigned long)mm != mapped.mm)
		return -1;
	if (!wait_for_mappings(frame, mm))
		return recall(&mapped);
	mapped.at = look_for(mm, &mapped);
	rt_mappings_unlock(mm);
	if (mapped.at)
		remember(&mapped);
	return mapped.at;
}

/* ---- files ---- */

/* The number of the file; *ret_new: nobody had seen it. 0: there are too many. */
static u32 number_of(u64 device, u64 inode, bool *ret_new)
{
	unsigned long flags;
	u32 i;

	raw_local_irq_save(flags);
	while (!arch_spin_trylock(&seen_lock))
		cpu_relax();
	for (i = 0; i < seen_count; i++)
		if (seen[i].inode == inode && seen[i].device == device)
			break;
	*ret_new = i == seen_count && i < FILES_MOST;
	if (*ret_new) {
		seen[i] = (struct seen){ device, inode };
		WRITE_ONCE(rt_shared->files, ++seen_count);
	}
	arch_spin_unlock(&seen_lock);
	raw_local_irq_restore(flags);
	return i < FILES_MOST ? i + 1 : 0;
}

/* The names on the way up to the root of the mount; the reader sees to it that
 * a file of that name is the one. */
static void put_path(struct wire_file *to, const struct file *file)
{
	const struct dentry *dentry = file->f_path.dentry;

	while (to->parts < WIRE_PATH_PARTS && !IS_ROOT(dentry) &&
	       dentry != file->f_path.mnt->mnt_root) {
		strscpy(to->path[to->parts++],
			(const char *)dentry->d_name.name, WIRE_PATH_PART);
		dentry = dentry->d_parent;
	}
}

static u64 find_file(struct rt_frame *frame, const struct file *file,
		     u64 address)
{
	const struct inode *inode = file_inode(file);
	struct wire_file *to = &frame->stacks->found.file;
	bool is_new;
	u32 number = number_of(inode->i_sb->s_dev, inode->i_ino, &is_new);

	if (!is_new)
		return number;
	memset(&frame->stacks->found, 0, sizeof(frame->stacks->found));
	frame->stacks->found.head = (struct wire_head){
		.kind = WIRE_FILE, .cpu = raw_smp_processor_id(), .id = number,
	};
	to->device = inode->i_sb->s_dev;
	to->inode = inode->i_ino;
	to->process = frame->task->tgid;
	to->address = address;
	put_path(to, file);
	rt_send(&frame->stacks->found, sizeof(frame->stacks->found));
	return number;
}

bool rt_place_find(struct rt_frame *frame, struct wire_place *place)
{
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;

	place->file = place->offset = 0;
	if (!rt_mappings_lock(mm))
		return false;
	vma = find_vma(mm, place->address);
	if (vma && vma->vm_start <= place->address && vma->vm_file) {
		place->offset = place->address - vma->vm_start +
				((u64)vma->vm_pgoff << PAGE_SHIFT);
		place->file = find_file(frame, vma->vm_file, place->address);
	}
	rt_mappings_unlock(mm);
	return place->file;
}
