/*
 * Places in programs and libraries: by file and offset, with the counter that
 * tells a program that somebody listens to its marker. The runner has seen to
 * it that the file is the one that the script was made for.
 */
#include "runtime/kmod/attach.h"

#include <linux/dcache.h>
#include <linux/errno.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "runtime/kmod/compat.h"

struct uprobe_place {
	const struct rt_probe *probe;
	struct path path;		/* held while it is probed */
	pid_t process;			/* or -1: all */
	struct compat_uprobe uprobe;
	struct uprobe_consumer consumer;
};

static void hit(struct uprobe_consumer *consumer, struct pt_regs *regs)
{
	struct uprobe_place *place = container_of(consumer,
						  struct uprobe_place, consumer);

	if (place->process <= 0 || current->tgid == place->process)
		rt_run(place->probe, NULL, regs);
}

static int on_user_entry(struct uprobe_consumer *consumer,
		    struct pt_regs *regs COMPAT_UPROBE_COOKIE)
{
	hit(consumer, regs);
	return 0;
}

static int on_user_return(struct uprobe_consumer *consumer, unsigned long function,
		     struct pt_regs *regs COMPAT_UPROBE_COOKIE)
{
	(void)function;
	hit(consumer, regs);
	return 0;
}

static int open_place(struct uprobe_place *place)
{
	const struct rt_probe *probe = place->probe;
	const char *name = rt_pair(probe, "path");
	int error;

	/* the kernel would carry out its instruction wrongly */
	if (rt_pair(probe, "unsafe"))
		return -ENOTSUPP;
	error = name ? kern_path(name, LOOKUP_FOLLOW, &place->path) : -EINVAL;
	if (error)
		return error;
	error = compat_uprobe_register(&place->uprobe,
				       d_real_inode(place->path.dentry),
				       rt_pair_long(probe, "offset", 0),
				       rt_pair_long(probe, "semaphore", 0),
				       &place->consumer);
	if (error)
		path_put(&place->path);
	return error;
}

/* What the kernel says of instructions that it cannot step over. */
static bool is_no_place(int error)
{
	return error == -ENOTSUPP || error == -EOPNOTSUPP;
}

static int attach_uprobe(struct rt_attachment *attachment)
{
	const struct rt_probe *probe = attachment->probe;
	struct uprobe_place *place = RT_TRY(kzalloc(sizeof(*place), GFP_KERNEL));
	int error;

	if (!place)
		return -ENOMEM;
	place->probe = probe;
	place->process = rt_pair_long(probe, "pid", -1);
	if (probe->kind == RT_ATTACH_URETPROBE)
		place->consumer.ret_handler = on_user_return;
	else
		place->consumer.handler = on_user_entry;
	error = open_place(place);
	if (!error) {
		attachment->state = place;
		return 0;
	}
	kfree(place);
	return is_no_place(error) ? rt_pass_over(attachment, error) : error;
}

static void detach_uprobes(struct rt_attachment **all, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++) {
		struct uprobe_place *place = all[i]->state;

		if (!place)
			continue;
		compat_uprobe_unregister(&place->uprobe, &place->consumer);
		path_put(&place->path);
		kfree(place);
	}
}

const struct rt_way rt_way_uprobe = { attach_uprobe, detach_uprobes };
