/*
 * Locks over the globals that a handler touches, one for each lock class.
 *
 * They are words of our own, not the kernel's locks: handlers run where those
 * may not be waited for (or, on -rt, not even be taken), and waiting is bounded
 * anyway: a handler that cannot have its lock is skipped and counted. What a
 * handler on this very processor holds will not be released while we wait, so
 * that is given up at once.
 */
#include "runtime/kmod/kmod.h"

#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/smp.h>

/* The most to wait, in microseconds: less where interrupts are off. */
static u32 patience(void)
{
	return irqs_disabled() ? rt_program.lock_us / 10 : rt_program.lock_us;
}

void rt_locks_create(void)
{
	u32 i;

	for (i = 0; i < rt_program.lock_count; i++) {
		atomic_set(&rt_program.locks[i].owner, 0);
		atomic_set(&rt_program.locks[i].readers, 0);
	}
}

/* The owner's word first, then the readers must leave; none comes any more. */
static bool take_exclusive(struct rt_lock *lock)
{
	int self = raw_smp_processor_id() + 1;
	u32 us = 0, most = patience();
	int owner;

	while ((owner = atomic_cmpxchg(&lock->owner, 0, self))) {
		if (owner == self || us++ == most)
			return false;
		udelay(1);
	}
	while (atomic_read_acquire(&lock->readers)) {
		if (us++ >= most) {
			atomic_set_release(&lock->owner, 0);
			return false;
		}
		udelay(1);
	}
	return true;
}

static bool take_shared(struct rt_lock *lock)
{
	int self = raw_smp_processor_id() + 1;
	u32 us, most = patience();

	for (us = 0; us < most; us++) {
		int owner;

		atomic_inc(&lock->readers);
		/* the count must be seen before the owner's word is read */
		smp_mb__after_atomic();
		owner = atomic_read(&lock->owner);
		if (!owner)
			return true;
		atomic_dec_return_release(&lock->readers);
		if (owner == self)
			return false;
		udelay(1);
	}
	return false;
}

bool rt_lock_take(const struct rt_probe *probe)
{
	struct rt_lock *lock = &rt_program.locks[probe->lock_class];

	if (probe->lock == 1 ? take_shared(lock) : take_exclusive(lock))
		return true;
	atomic64_inc((atomic64_t *)&rt_shared->skipped[WIRE_SKIP_LOCK]);
	return false;
}

void rt_lock_give(const struct rt_probe *probe)
{
	struct rt_lock *lock = &rt_program.locks[probe->lock_class];

	if (probe->lock == 1)
		atomic_dec_return_release(&lock->readers);
	else
		atomic_set_release(&lock->owner, 0);
}
