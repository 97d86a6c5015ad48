/* What no verifier accepts: it reads through a number. */
#include "testsuite/runner/test.h"

MANIFEST(
"spile 3 pairs 0 session 0 formats 0 sites 0 globals 0 probes 1 relocs 0\n"
"probe \"begin\" \"p0\" \"begin\" 0\n"
"end\n");

SEC("syscall") int p0(void *context)
{
	return *(volatile int *)(bpf_ktime_get_ns() & 0xffff) +
		spile_shared.state;
}
