/* A histogram by powers of two, with its count and sum, on each processor. */
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/sched.h>

#include "by-hand.h"

struct histogram {
	u64 count, sum, buckets[65];
};

static DEFINE_PER_CPU(struct histogram, histograms);

static void hit(struct pt_regs *regs)
{
	struct histogram *histogram = this_cpu_ptr(&histograms);
	u64 value = current->tgid;

	histogram->count++;
	histogram->sum += value;
	histogram->buckets[value ? ilog2(value) + 1 : 0]++;
}

static void tell(void)
{
	u64 count = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		count += per_cpu(histograms, cpu).count;
	pr_info("by hand: %llu\n", count);
}
