/*
 * Sums the argument of a marker: what sum += $arg1 is by hand. No hit is missed
 * on any processor, whatever interrupts the addition. Attached as the script's
 * probe is, which depends on the kernel (see pair.c).
 */
#include <linux/bpf.h>
#include <linux/ptrace.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

unsigned long long sum;

SEC("uprobe")
int hit(struct pt_regs *registers)
{
	__sync_fetch_and_add(&sum, PT_REGS_PARM1(registers));
	return 0;
}

char terms[] SEC("license") = "GPL";
