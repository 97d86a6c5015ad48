/*
 * Handlers that run once for each task that there is when the session begins.
 * They see it as the current one. A worker of the kernel's runs them, since only
 * threads of the kernel may take on the memory of others: so what a handler
 * reads of its task is read as anywhere. Those for descendants of the target run
 * before the others.
 */
#include "runtime/kmod/attach.h"

#include <linux/kthread.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

struct task_walk {
	const struct rt_attachment *all;
	u32 count;			/* of attachments */
	struct task_struct **tasks;	/* each is held */
	u32 room, found;
	struct work_struct work;
};

/* The tasks are walked when all is attached. */
static int attach_tasks(struct rt_attachment *attachment)
{
	(void)attachment;
	return 0;
}

static void detach_tasks(struct rt_attachment **all, u32 count)
{
	(void)all;
	(void)count;
}

/* ---- which tasks there are ---- */

static void drop_tasks(struct task_walk *walk)
{
	while (walk->found)
		put_task_struct(walk->tasks[--walk->found]);
	kvfree(walk->tasks);
	walk->tasks = NULL;
}

/* Takes hold of all that there is room for; how many there are. */
static u32 hold_tasks(struct task_walk *walk)
{
	struct task_struct *process, *task;
	u32 there = 0;

	rcu_read_lock();
	for_each_process_thread(process, task) {
		if (there++ < walk->room)
			walk->tasks[walk->found++] = get_task_struct(task);
	}
	rcu_read_unlock();
	return there;
}

static int find_tasks(struct task_walk *walk)
{
	u32 there = hold_tasks(walk);

	while (there > walk->room) {
		drop_tasks(walk);
		/* some may come meanwhile */
		walk->room = there + there / 4 + 16;
		walk->tasks = RT_TRY(kvmalloc_array(walk->room,
						    sizeof(*walk->tasks),
						    GFP_KERNEL));
		if (!walk->tasks)
			return -ENOMEM;
		there = hold_tasks(walk);
	}
	return 0;
}

/* ---- handlers ---- */

enum { WORDS_PAGES = 64 };	/* of what a program was begun with, at most */

/* Has what a program was begun with be there: handlers wait for no page. */
static void fault_in(const struct mm_struct *mm)
{
	unsigned long at = READ_ONCE(mm->arg_start) & PAGE_MASK;
	unsigned long end = READ_ONCE(mm->env_end);
	u32 pages = 0;
	char byte;

	while (at < end && pages++ < WORDS_PAGES) {
		if (get_user(byte, (const char __user *)at))
			break;
		at += PAGE_SIZE;
	}
}

/* One that is gone meanwhile has no parents and no number any more. */
static void run_if_there(const struct rt_probe *probe, struct task_struct *task)
{
	rcu_read_lock();
	if (pid_alive(task))
		rt_run_for(probe, task);
	rcu_read_unlock();
}

static void run_with_memory(const struct rt_probe *probe,
			    struct task_struct *task)
{
	struct mm_struct *mm = get_task_mm(task);

	if (mm) {
		kthread_use_mm(mm);
		fault_in(mm);
	}
	run_if_there(probe, task);
	if (mm) {
		kthread_unuse_mm(mm);
		mmput(mm);
	}
}

static void walk_all(const struct task_walk *walk, bool descendants)
{
	u32 i, j;

	for (i = 0; i < walk->count; i++) {
		const struct rt_attachment *attachment = &walk->all[i];
		const struct rt_probe *probe = attachment->probe;

		if (probe->kind != RT_ATTACH_TASKS || attachment->left_out ||
		    !!rt_pair(probe, "descendants") != descendants)
			continue;
		for (j = 0; j < walk->found; j++)
			run_with_memory(probe, walk->tasks[j]);
	}
}

static void walk_work(struct work_struct *work)
{
	const struct task_walk *walk = container_of(work, struct task_walk,
						    work);

	walk_all(walk, true);
	walk_all(walk, false);
}

static int run_walk(struct task_walk *walk)
{
	struct workqueue_struct *queue = RT_TRY(alloc_workqueue("spile_tasks",
								WQ_UNBOUND, 1));

	if (!queue)
		return -ENOMEM;
	INIT_WORK_ONSTACK(&walk->work, walk_work);
	queue_work(queue, &walk->work);
	/* waits for what is in it */
	destroy_workqueue(queue);
	destroy_work_on_stack(&walk->work);
	return 0;
}

static bool has_any(const struct rt_attachment *all, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (all[i].probe->kind == RT_ATTACH_TASKS && !all[i].left_out)
			return true;
	return false;
}

int rt_tasks_walk(const struct rt_attachment *all, u32 count)
{
	struct task_walk walk = { .all = all, .count = count };
	int error;

	WRITE_ONCE(rt_shared->tasks_since, ktime_get_ns());
	if (!has_any(all, count))
		return 0;
	error = find_tasks(&walk);
	if (!error)
		error = run_walk(&walk);
	drop_tasks(&walk);
	return error;
}

const struct rt_way rt_way_tasks = { attach_tasks, detach_tasks };
