/*
 * Locks over the globals that a handler touches, one for each lock class.
 *
 * Exclusive: the word holds the processor number + 1 of the owner; readers
 * are counted in a word beside it. A lock that a program on this very
 * processor holds will not be released while we wait, so that is given up at
 * once. Waiting is bounded, by MAXTRYLOCK times TRYLOCKDELAY: a handler that
 * cannot have its locks is skipped and counted.
 *
 * Probes of programs run in place of the program, and can themselves be put
 * off the processor: they do no harm by waiting longer, also for one of their
 * like that has been put off this very processor.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/gen.h"

enum { PATIENT_US = 500000, TURNS = 1 << 23 };

struct waiting {
	struct rt_lock *lock;
	__u64 me;
	__u64 until;
	__u64 had;
	__u64 patient;
};

static RT_GEN __u64 self(void)
{
	return bpf_get_smp_processor_id() + 1;
}

static long give_up(struct waiting *waiting, __u64 owner)
{
	return (owner == waiting->me && !waiting->patient) ||
	       bpf_ktime_get_ns() > waiting->until;
}

/* Waits for the owner's word to be free and takes it. */
static long own_step(__u32 turn, struct waiting *waiting)
{
	__u64 owner = __sync_val_compare_and_swap(&waiting->lock->owner, 0,
						  waiting->me);

	(void)turn;
	if (!owner) {
		waiting->had = 1;
		return 1;
	}
	return give_up(waiting, owner);
}

/* With the owner's word taken no reader comes; those there must leave. */
static long drain_step(__u32 turn, struct waiting *waiting)
{
	(void)turn;
	if (!*(volatile __u64 *)&waiting->lock->readers) {
		waiting->had = 1;
		return 1;
	}
	return give_up(waiting, 0);
}

static long read_step(__u32 turn, struct waiting *waiting)
{
	struct rt_lock *lock = waiting->lock;
	__u64 owner;

	(void)turn;
	__sync_fetch_and_add(&lock->readers, 1);
	/* an atomic, not a load: it must not pass the count */
	owner = __sync_fetch_and_add(&lock->owner, 0);
	if (!owner) {
		waiting->had = 1;
		return 1;
	}
	__sync_fetch_and_add(&lock->readers, -1);
	return give_up(waiting, owner);
}

static RT_GEN __u64 wait_end(__u32 us)
{
	return bpf_ktime_get_ns() + 1000ull * (us ? us : PATIENT_US);
}

long rt_lock_wait(struct rt_lock *lock, __u32 us)
{
	struct waiting waiting = { lock, self(), wait_end(us), 0, !us };

	if (!lock)
		return 0;
	bpf_loop(TURNS, own_step, &waiting, 0);
	if (!waiting.had)
		return 0;
	waiting.had = 0;
	bpf_loop(TURNS, drain_step, &waiting, 0);
	if (!waiting.had)
		__sync_lock_test_and_set(&lock->owner, 0);
	return waiting.had;
}

static __attribute__((noinline)) long wait_shared(struct rt_lock *lock,
						  __u32 us)
{
	struct waiting waiting = { lock, self(), wait_end(us), 0, !us };

	if (!lock)
		return 0;
	bpf_loop(TURNS, read_step, &waiting, 0);
	return waiting.had;
}

static RT_GEN void count_skipped(void)
{
	__sync_fetch_and_add(&spile_shared.skipped[WIRE_SKIP_LOCK], 1);
}

/* 1 when the lock is had; the free lock costs one or two atomics. @us is how
 * long to wait at most, 0 that the probe is one that may be patient. */
RT_GEN long rt_lock_exclusive(struct rt_lock *lock, __u32 us)
{
	if (!__sync_val_compare_and_swap(&lock->owner, 0, self())) {
		if (!*(volatile __u64 *)&lock->readers)
			return 1;
		__sync_lock_test_and_set(&lock->owner, 0);
	}
	if (rt_lock_wait(lock, us))
		return 1;
	count_skipped();
	return 0;
}

RT_GEN long rt_lock_shared(struct rt_lock *lock, __u32 us)
{
	__sync_fetch_and_add(&lock->readers, 1);
	if (!__sync_fetch_and_add(&lock->owner, 0))
		return 1;
	__sync_fetch_and_add(&lock->readers, -1);
	if (wait_shared(lock, us))
		return 1;
	count_skipped();
	return 0;
}

RT_GEN void rt_unlock_exclusive(struct rt_lock *lock)
{
	__sync_lock_test_and_set(&lock->owner, 0);
}

RT_GEN void rt_unlock_shared(struct rt_lock *lock)
{
	__sync_fetch_and_add(&lock->readers, -1);
}
