/*
 * Counts system calls: what n++ is by hand. No hit is missed on any processor,
 * whatever interrupts the addition.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

unsigned long long count;

SEC("raw_tp/sys_enter")
int hit(void *context)
{
	(void)context;
	__sync_fetch_and_add(&count, 1);
	return 0;
}

char terms[] SEC("license") = "GPL";
