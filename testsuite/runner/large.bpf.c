/* What takes more of the stack than any kernel has. */
#include "testsuite/runner/test.h"

MANIFEST(
"spile 3 pairs 0 session 0 formats 0 sites 0 globals 0 probes 1 relocs 0\n"
"probe \"begin\" \"p0\" \"begin\" 0\n"
"end\n");

static __attribute__((noinline)) int callee(volatile char *seen)
{
	volatile char room[400];

	room[*seen & 255] = 1;
	return room[*seen & 127];
}

SEC("syscall") int p0(void *context)
{
	volatile char room[400];

	room[0] = spile_shared.state;
	return callee(room) + room[1];
}
