/*
 * Handlers that run once for each task that there is when the session begins.
 * They see it as the current one; memory of it cannot be read. Those for
 * descendants of the target run before the others.
 */
#include "runtime/kmod/attach.h"

#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/timekeeping.h>

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

static void walk_tasks(const struct rt_probe *probe)
{
	struct task_struct *process, *task;

	rcu_read_lock();
	for_each_process_thread(process, task)
		rt_run_for(probe, task);
	rcu_read_unlock();
}

static void walk_all(const struct rt_attachment *all, u32 count,
		     bool descendants)
{
	u32 i;

	for (i = 0; i < count; i++) {
		const struct rt_probe *probe = all[i].probe;

		if (probe->kind == RT_ATTACH_TASKS && !all[i].left_out &&
		    !!rt_pair(probe, "descendants") == descendants)
			walk_tasks(probe);
	}
}

void rt_tasks_walk(const struct rt_attachment *all, u32 count)
{
	WRITE_ONCE(rt_shared->tasks_since, ktime_get_ns());
	walk_all(all, count, true);
	walk_all(all, count, false);
}

const struct rt_way rt_way_tasks = { attach_tasks, detach_tasks };
