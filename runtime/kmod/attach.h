/*
 * Ways of attaching, one file each: what attach.c calls. An attachment is one
 * probe's; its state is the way's own, and is freed by detach().
 */
#ifndef SPILE_KMOD_ATTACH_H
#define SPILE_KMOD_ATTACH_H

#include "runtime/kmod/kmod.h"
#include "runtime/kmod/timing.h"

struct rt_attachment {
	const struct rt_probe *probe;
	void *state;
	bool is_attached;	/* or left out */
	bool left_out;		/* not for this kernel or session */
	int passed_over;	/* why, where it is one of many: -errno */
	u64 address, length;	/* of data, as the runner found it */
};

/*
 * A row for each kind that the kernel drives. attach() that fails leaves
 * nothing behind. detach() takes all attachments of the kind at once, because
 * each one's grace period takes long; when it returns none of them fires and no
 * handler of them runs.
 */
struct rt_way {
	int (*attach)(struct rt_attachment *attachment);
	void (*detach)(struct rt_attachment **all, u32 count);
};

extern const struct rt_way rt_way_tracepoint;
extern const struct rt_way rt_way_perf;
extern const struct rt_way rt_way_counter;
extern const struct rt_way rt_way_tasks;
extern const struct rt_way rt_way_procfs;
extern const struct rt_way rt_way_netfilter;
extern const struct rt_way rt_way_kprobe;
extern const struct rt_way rt_way_kretprobe;
extern const struct rt_way rt_way_uprobe;

/* What cannot be attached (-errno @error) as one of many that a wildcard found:
 * the others do without it. Else @error; nothing is attached then. */
int rt_pass_over(struct rt_attachment *attachment, int error);

/* tasks.c: runs the handlers that are theirs, and says when. 0 or -errno. */
int rt_tasks_walk(const struct rt_attachment *all, u32 count);

/* Hits that the kernel did not bring to us. */
static inline void rt_count_missed(const struct rt_probe *probe, u64 count)
{
	rt_timing_missed(probe, count);
	atomic64_add(count,
		     (atomic64_t *)&rt_shared->skipped[WIRE_SKIP_NEST]);
}

static inline void rt_count_missed_returns(u64 count)
{
	atomic64_add(count, (atomic64_t *)&rt_shared->missed_returns);
}

/* A pair of the probe, NULL without; as a number, @missing without. */
const char *rt_pair(const struct rt_probe *probe, const char *key);
s64 rt_pair_long(const struct rt_probe *probe, const char *key, s64 missing);

#endif
