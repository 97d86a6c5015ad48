/* Hits and times of probes: see timing.h. */
#include "runtime/kmod/timing.h"

#include <linux/cpumask.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "runtime/kmod/device.h"

DEFINE_STATIC_KEY_FALSE(rt_timed);

/* A hit may be interrupted by one of the same probe, and end on another
 * processor than it began on: a cell is everybody's. */
struct timing_cell {
	atomic64_t hits, sum, least, most;	/* least: the complement */
};

static struct timing_cell *timing_cells;	/* of a processor: one a probe */
static atomic64_t *timing_misses;		/* one a probe */
static u8 *timing_off;				/* one a probe: 1 if it is */
static DEFINE_MUTEX(timing_beginning);

static int timing_create(void)
{
	u64 probes = rt_program.probe_count + 1ull;

	timing_cells = RT_TRY(vzalloc(nr_cpu_ids * probes *
				      sizeof(*timing_cells)));
	timing_misses = RT_TRY(vzalloc(probes * sizeof(*timing_misses)));
	timing_off = RT_TRY(vzalloc(probes));
	return timing_cells && timing_misses && timing_off ? 0 : -ENOMEM;
}

int rt_timing_begin(void)
{
	int error = 0;

	mutex_lock(&timing_beginning);
	if (!static_key_enabled(&rt_timed)) {
		rt_timing_destroy();
		error = timing_create();
		if (!error)
			static_branch_enable(&rt_timed);
	}
	mutex_unlock(&timing_beginning);
	return error;
}

void rt_timing_destroy(void)
{
	vfree(timing_cells);
	vfree(timing_misses);
	vfree(timing_off);
	timing_cells = NULL;
	timing_misses = NULL;
	timing_off = NULL;
}

bool rt_timing_is_off(const struct rt_probe *probe)
{
	return READ_ONCE(timing_off[probe - rt_program.probes]);
}

int rt_timing_switch(const struct kmod_switch *wanted)
{
	if (!static_branch_unlikely(&rt_timed) ||
	    wanted->number >= rt_program.probe_count)
		return -EINVAL;
	WRITE_ONCE(timing_off[wanted->number], wanted->off != 0);
	return 0;
}

static struct timing_cell *timing_cell_of(u32 cpu, u32 number)
{
	return &timing_cells[(u64)cpu * rt_program.probe_count + number];
}

static void timing_raise(atomic64_t *cell, u64 value)
{
	s64 had = atomic64_read(cell);

	while (value > (u64)had && !atomic64_try_cmpxchg(cell, &had, value))
		;
}

void rt_timing_add(const struct rt_probe *probe, u64 begun)
{
	/* that clock may go back a little */
	u64 time = max_t(s64, ktime_get_mono_fast_ns() - begun, 0);
	struct timing_cell *cell = timing_cell_of(raw_smp_processor_id(),
						  probe - rt_program.probes);

	atomic64_inc(&cell->hits);
	atomic64_add(time, &cell->sum);
	/* the complement: a cell of zeros has the greatest minimum */
	timing_raise(&cell->least, ~time);
	timing_raise(&cell->most, time);
}

void rt_timing_missed(const struct rt_probe *probe, u64 count)
{
	if (static_branch_unlikely(&rt_timed))
		atomic64_add(count, &timing_misses[probe - rt_program.probes]);
}

int rt_timing_get(struct kmod_times *times)
{
	struct wire_times *sum = &times->times;
	u32 cpu;

	if (!static_branch_unlikely(&rt_timed) ||
	    times->number >= rt_program.probe_count)
		return -EINVAL;
	memset(sum, 0, sizeof(*sum));
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct timing_cell *cell = timing_cell_of(cpu, times->number);

		sum->hits += atomic64_read(&cell->hits);
		sum->sum += atomic64_read(&cell->sum);
		sum->least = max_t(u64, sum->least,
				   atomic64_read(&cell->least));
		sum->most = max_t(u64, sum->most, atomic64_read(&cell->most));
	}
	times->missed = atomic64_read(&timing_misses[times->number]);
	return 0;
}
