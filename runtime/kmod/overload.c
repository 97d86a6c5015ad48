/*
 * The time that handlers take from a processor: a session that takes more than
 * its share of an interval ends with an error, before the machine crawls. In
 * cycles: every hit reads the counter twice, and clocks may be slow to read.
 */
#include "runtime/kmod/kmod.h"

#include <linux/percpu.h>
#include <linux/timex.h>

struct load {
	u64 since, spent;
};

static DEFINE_PER_CPU(struct load, loads);

u64 rt_load_begin(void)
{
	return rt_program.overload_interval ? get_cycles() : 0;
}

/* A hit that was interrupted by another counts for both; preemption is off. */
u64 rt_load_end(u64 begun)
{
	struct load *load = this_cpu_ptr(&loads);
	u64 now = get_cycles(), spent;

	load->spent += now - begun;
	if (now - load->since < rt_program.overload_interval)
		return 0;
	spent = load->spent;
	load->spent = 0;
	/* the first time it is since nothing in particular */
	if (!load->since || spent <= rt_program.overload_threshold)
		spent = 0;
	load->since = now;
	return spent;
}

void rt_load_tell(struct rt_frame *frame, u64 spent)
{
	if (cmpxchg(&rt_shared->state, WIRE_RUNNING, WIRE_FAILING) !=
	    WIRE_RUNNING)
		return;
	rt_raise_format(frame, "probe overhead (%llu cycles) exceeded "
			"threshold (%llu cycles) in last %llu cycles", spent,
			rt_program.overload_threshold,
			rt_program.overload_interval);
	rt_report(frame);
}
