/* Perf events, one for each processor that the probe names: what samples, and what
 * only counts. */
#include "runtime/kmod/attach.h"

#include <linux/cpumask.h>
#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>
#include <linux/slab.h>

#include "runtime/common/wire.h"

struct events {
	u32 count;
	struct perf_event *items[];
};

static void on_event(struct perf_event *event, struct perf_sample_data *data,
		     struct pt_regs *regs)
{
	(void)data;
	rt_run(event->overflow_handler_context, NULL, regs);
}

static struct perf_event_attr attr_of(const struct rt_attachment *attachment)
{
	const struct rt_probe *probe = attachment->probe;
	s64 hertz = rt_pair_long(probe, "hertz", 0);
	struct perf_event_attr attr = {
		.type = rt_pair_long(probe, "type", 0),
		.config = rt_pair_long(probe, "config", 0),
		.size = sizeof(attr),
	};

	if (probe->kind == RT_ATTACH_COUNTER)
		return attr;
	if (hertz > 0) {
		attr.freq = 1;
		attr.sample_freq = hertz;
	} else {
		attr.sample_period = rt_pair_long(probe, "period", 1000000);
	}
	if (attr.type != PERF_TYPE_BREAKPOINT)
		return attr;
	attr.bp_addr = attachment->address;
	attr.bp_len = attachment->length;
	attr.bp_type = strcmp(rt_pair(probe, "access"), "write") ?
		HW_BREAKPOINT_RW : HW_BREAKPOINT_W;
	return attr;
}

/* The processors that a text like "0-3,8" names; "all" are those online. */
static int cpus_of(const struct rt_probe *probe, struct cpumask *cpus)
{
	const char *text = rt_pair(probe, "cpus");

	if (!text || !strcmp(text, "all")) {
		cpumask_copy(cpus, cpu_online_mask);
		return 0;
	}
	if (cpulist_parse(text, cpus))
		return -EINVAL;
	return cpumask_subset(cpus, cpu_online_mask) ? 0 : -ENODEV;
}

static void destroy_events(struct events *events)
{
	while (events->count)
		perf_event_release_kernel(events->items[--events->count]);
	kfree(events);
}

static int create_events(const struct rt_attachment *attachment,
		  struct events *events, const struct cpumask *cpus)
{
	struct perf_event_attr attr = attr_of(attachment);
	u32 cpu;

	for_each_cpu(cpu, cpus) {
		struct perf_event *event = perf_event_create_kernel_counter(
			&attr, cpu, NULL, on_event, (void *)attachment->probe);

		if (IS_ERR(event))
			return PTR_ERR(event);
		events->items[events->count++] = event;
	}
	return 0;
}

static int attach_perf(struct rt_attachment *attachment)
{
	struct events *events = RT_TRY(kzalloc(
		struct_size(events, items, nr_cpu_ids), GFP_KERNEL));
	cpumask_var_t cpus;
	int error;

	if (!events || !alloc_cpumask_var(&cpus, GFP_KERNEL)) {
		kfree(events);
		return -ENOMEM;
	}
	cpus_read_lock();
	error = cpus_of(attachment->probe, cpus);
	if (!error)
		error = create_events(attachment, events, cpus);
	cpus_read_unlock();
	free_cpumask_var(cpus);
	if (error)
		destroy_events(events);
	else
		attachment->state = events;
	return error;
}

static void detach_perf(struct rt_attachment **all, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		destroy_events(all[i]->state);
}

const struct rt_way rt_way_perf = { attach_perf, detach_perf };

/* ---- counters ---- */

/* What __counter() reads; by number, until the session is over. */
static struct events *counters[WIRE_COUNTERS];

static int attach_counter(struct rt_attachment *attachment)
{
	u64 number = rt_pair_long(attachment->probe, "counter", 0);
	int error;

	if (number >= WIRE_COUNTERS)
		return -EINVAL;
	if (counters[number])
		return 0;
	error = attach_perf(attachment);
	if (!error)
		WRITE_ONCE(counters[number], attachment->state);
	return error;
}

/* End probes, which run when all is detached, may read them. */
static void detach_counter(struct rt_attachment **all, u32 count)
{
	(void)all;
	(void)count;
}

void rt_counters_destroy(void)
{
	u32 i;

	for (i = 0; i < WIRE_COUNTERS; i++) {
		if (counters[i])
			destroy_events(counters[i]);
		counters[i] = NULL;
	}
}

/* What this processor has counted. Reading is the work of the event's own driver, on
 * its own processor, where nothing may come in between. */
static s64 read_here(const struct events *events)
{
	u32 cpu = raw_smp_processor_id(), i;
	s64 count = 0;

	for (i = 0; events && i < events->count; i++) {
		struct perf_event *event = events->items[i];

		if (event->cpu != cpu)
			continue;
		if (event->oncpu == cpu)
			event->pmu->read(event);
		count = local64_read(&event->count);
	}
	return count;
}

PRIM_LONG(__counter, s64 number)
{
	unsigned long flags;
	s64 count;

	(void)frame;
	local_irq_save(flags);
	count = read_here(READ_ONCE(counters[number & (WIRE_COUNTERS - 1)]));
	local_irq_restore(flags);
	return count;
}

const struct rt_way rt_way_counter = { attach_counter, detach_counter };
