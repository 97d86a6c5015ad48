/*
 * User memory of the task that a walk over all tasks is at, instead of the
 * current one's. Reading may sleep: it brings pages in.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/bpf/lib/text.h"

enum { PAGE_BYTES = 4096 };

struct walk {
	void *about;
	void *task;	/* the verifier knows its type */
};

RT_GEN long rt_task_read(void *context, void *to, __u32 size, __u64 from)
{
	void *task = ((struct walk *)context)->task;

	if (!task)
		return -EFAULT;
	return bpf_copy_from_user_task(to, size, (void *)from, task, 0);
}

/*
 * Up to a NUL, with the NUL in @size bytes at @to. Read page by page into
 * @slot, because a text may end just before memory that is not there. The
 * length, or a negative number when not even its first byte could be read.
 */
RT_GEN long rt_task_text(void *context, struct rt_text *slot, char *to,
			 __u32 size, __u64 from)
{
	void *task = ((struct walk *)context)->task;
	__u64 first = PAGE_BYTES - (from & (PAGE_BYTES - 1));

	if (first > RT_TEXT_SIZE)
		first = RT_TEXT_SIZE;
	first = RT_OPAQUE(first) & (2 * RT_TEXT_SIZE - 1);
	if (!task || first > RT_TEXT_SIZE ||
	    bpf_copy_from_user_task(slot->s, first, (void *)from, task, 0))
		return -EFAULT;
	slot->s[first] = 0;
	if (first < RT_TEXT_SIZE &&
	    bpf_copy_from_user_task(slot->s + RT_MASKED(first),
				    RT_MASKED(RT_TEXT_SIZE - first),
				    (void *)(from + first), task, 0))
		slot->s[RT_MASKED(first)] = 0;
	return bpf_probe_read_kernel_str(to, size, slot->s);
}
