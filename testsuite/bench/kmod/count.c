/* Counts hits. */
#include "by-hand.h"

static atomic64_t count;

static void hit(struct pt_regs *regs)
{
	atomic64_inc(&count);
}

static void tell(void)
{
	pr_info("by hand: %lld\n", atomic64_read(&count));
}
