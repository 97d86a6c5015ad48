/*
 * Whether memory may be asked for. A test can have any one request of the module
 * fail, which the kernels of distributions cannot by themselves:
 *
 *	fail_allocation=N	the Nth request since the module was loaded
 */
#include "runtime/kmod/kmod.h"

#include <linux/moduleparam.h>

static ulong fail_allocation;
module_param(fail_allocation, ulong, 0400);

static atomic_long_t requests;

bool rt_may_allocate(void)
{
	return !fail_allocation ||
	       atomic_long_inc_return(&requests) != fail_allocation;
}
