/*
 * What is compiled into the script's own code, where a call would cost more
 * than the work: kmod.h has it.
 */
#ifndef SPILE_KMOD_INLINE_H
#define SPILE_KMOD_INLINE_H

#include <linux/bitops.h>
#include <linux/preempt.h>
#include <asm/current.h>

#include "runtime/common/hist.h"

/* ---- handlers without a frame ---- */

/* A kprobe's, that the kernel itself calls: it sees no registers, and preemption
 * is off. */
#define RT_ON_KPROBE(handler)						\
	static int handler##_on_kprobe(struct kprobe *kprobe,		\
				       struct pt_regs *regs)		\
	{								\
		(void)kprobe;						\
		(void)regs;						\
		if (likely(READ_ONCE(rt_shared->state) == WIRE_RUNNING))	\
			handler(NULL);					\
		return 0;						\
	}

/* ---- handlers whose frame is on the stack ---- */

/* An event's handler that builds and calls nothing. Preemption is off, and a
 * non-maskable interrupt has interrupted no other. */
static __always_inline int rt_run_slim(int (*run)(struct rt_frame *frame),
				       const struct rt_probe *probe,
				       const u64 *args,
				       const struct pt_regs *regs)
{
	struct rt_frame frame RT_UNINITIALIZED;
	u64 begun = 0, spent = 0;
	int status = RT_DONE;

	this_cpu_inc(rt_slim);
	frame.error = RT_OK;
	frame.probe = probe;
	frame.actions = 0;
	frame.args = args;
	frame.regs = regs;
	frame.task = current;
	/* a call less where nobody looks: the compiler knows it */
	if (rt_program.overload_interval)
		begun = rt_load_begin();
	if (!probe->lock || rt_lock_take(probe)) {
		status = run(&frame);
		if (probe->lock)
			rt_lock_give(probe);
	}
	if (begun)
		spent = rt_load_end(begun);
	if (unlikely(frame.error != RT_OK || spent))
		rt_slim_tell(&frame, spent);
	this_cpu_dec(rt_slim);
	return status;
}

/* As RT_ON_KPROBE, for the probe of that number, the only one of the handler: to
 * call it through the runtime's functions would cost as much as it does. */
#define RT_ON_KPROBE_SLIM(handler, number)				\
	static int handler##_on_kprobe(struct kprobe *kprobe,		\
				       struct pt_regs *regs)		\
	{								\
		const struct rt_probe *probe = &rt_program.probes[number];	\
									\
		(void)kprobe;						\
		if (unlikely(in_nmi()))					\
			rt_run(probe, NULL, regs);			\
		else if (likely(READ_ONCE(rt_shared->state) == WIRE_RUNNING)) \
			rt_run_slim(handler, probe, rt_no_args, regs);	\
		return 0;						\
	}

/* ---- a statistic without keys ---- */

/* The bucket that counts a value: runtime/common/hist.h has their bounds. */
static __always_inline u64 rt_bucket_of(const struct rt_stat *stat, s64 value)
{
	if (stat->hist == HIST_LINEAR)
		return hist_linear_bucket(stat->start, stat->step,
					  stat->buckets, value);
	return value < 0 ? HIST_LOG_ZERO - fls64(0 - (u64)value) :
			   HIST_LOG_ZERO + fls64(value);
}

/* Where the old value was not, it came meanwhile from an interrupt. */
static __always_inline void rt_cell_lower(s64 __percpu *word, s64 value)
{
	s64 old = this_cpu_read(*word), seen;

	while (value < old) {
		seen = this_cpu_cmpxchg(*word, old, value);
		if (seen == old)
			return;
		old = seen;
	}
}

static __always_inline void rt_cell_raise(s64 __percpu *word, s64 value)
{
	s64 old = this_cpu_read(*word), seen;

	while (value > old) {
		seen = this_cpu_cmpxchg(*word, old, value);
		if (seen == old)
			return;
		old = seen;
	}
}

/*
 * Each word takes the value in one step on whatever processor that is, so
 * neither a lock nor a frame is needed, and any interrupt may add to the same
 * cell; preemption is off. The count comes last: who reads a cell with a count
 * finds the rest. A least and a largest value begin as far from all others as
 * can be.
 *
 * Not for variances, whose words belong together.
 */
static __always_inline void rt_scalar_add(const struct rt_map *map,
					  const struct rt_stat *stat, s64 value)
{
	s64 __percpu *cell = map->cells;

	if (stat->parts & STAT_SUMMED)
		this_cpu_add(cell[1], value);
	if (stat->parts & STAT_MIN)
		rt_cell_lower(&cell[stat_offset(stat->parts, STAT_MIN)], value);
	if (stat->parts & STAT_MAX)
		rt_cell_raise(&cell[stat_offset(stat->parts, STAT_MAX)], value);
	if (stat->parts & STAT_HIST)
		this_cpu_inc(cell[stat_offset(stat->parts, STAT_HIST) +
				  rt_bucket_of(stat, value)]);
	this_cpu_inc(cell[0]);
}

/* ---- texts in keys ---- */

/* Below the first byte of @word that is 0: all ones; of none, all. */
static __always_inline u64 rt_text_mask(u64 word)
{
	const u64 ones = 0x0101010101010101ull, highs = ones << 7;
	u64 zero = (word - ones) & ~word & highs;

	/* of the marks the lowest is right; those above may be false */
	return zero ? ((zero - 1) & ~zero) >> 7 : ~0ull;
}

/* As rt_key_text(), of a text that has as much room, both at 8 bytes. */
static __always_inline void rt_key_words(char *key, u32 room, const char *text)
{
	const u64 *from = (const u64 *)text;
	u64 *to = (u64 *)key, mask = ~0ull;
	u32 i;

	for (i = 0; i < room / 8; i++) {
		mask = mask == ~0ull ? rt_text_mask(from[i]) : 0;
		to[i] = from[i] & mask;
	}
}

#endif
