/*
 * The order of a session. The global "which" chooses what happens:
 *	1 an error in begin, MAXERRORS 0	2 abort() in begin
 *	3 errors of a timer, MAXERRORS 3	4 system()
 *	5 nothing: runs until it is stopped	6 more skipped than MAXSKIPPED
 *	7 a begin probe that prints more than the buffer holds
 *	8 an error in the end probe		9 exit from a timer after 5 ticks
 */
#include "testsuite/runner/test.h"

struct {
	__s64 which, ticks, lost_before;
} spile_globals SEC(".data.spile_globals") = { 0 };

MANIFEST(
"spile 3 pairs 10 session 2 formats 8 sites 2 globals 1 probes 7 relocs 0\n"
"pair \"name\" \"session\"\n"
"pair \"maxskipped\" \"10\"\n"
"format \"one\\n\"\n"
"format \"next begin\\n\"\n"
"format \"end runs\\n\"\n"
"format \"error runs\\n\"\n"
"format \"error 1 runs\\n\"\n"
"format \"tick %d\\n\"\n"
"format \"target %d\\n\"\n"
"format \"%08d\\n\"\n"
"site \"error\" \"x.stp:1:31\"\n"
"site \"f\" \"x.stp:2:5\"\n"
"global \"which\" l 0 8 0 0 0 0 l 0 0 0 \"\"\n"
"probe \"begin\" \"p0\" \"begin\" 1\n"
"pair \"priority\" \"0\"\n"
"probe \"begin\" \"p1\" \"begin(1)\" 1\n"
"pair \"priority\" \"1\"\n"
"probe \"end\" \"p2\" \"end\" 1\n"
"pair \"priority\" \"0\"\n"
"probe \"error\" \"p3\" \"error\" 1\n"
"pair \"priority\" \"0\"\n"
"probe \"error\" \"p4\" \"error(1)\" 1\n"
"pair \"priority\" \"1\"\n"
"probe \"timer\" \"p5\" \"timer.ms(20)\" 1\n"
"pair \"interval\" \"20000000\"\n"
"probe \"timer\" \"p6\" \"timer.ms(5).randomize(1)\" 2\n"
"pair \"interval\" \"5000000\"\n"
"pair \"randomize\" \"1000000\"\n"
"end\n");

static long print_number(__u32 index, void *context)
{
	put_long(7, index);
	return 0;
}

SEC("syscall") int p0(void *context)
{
	__s64 which = spile_globals.which;

	put_format(0);
	if (which == 1)
		put_error(0, 0, 1, 0);
	if (which == 2)
		spile_shared.state = WIRE_ABORTED;
	if (which == 4) {
		PUT_TEXT(WIRE_SYSTEM, "echo from the shell");
		put_exit();
	}
	if (which == 7) {
		bpf_loop(1000000, print_number, 0, 0);
		put_exit();
	}
	if (which == 8)
		put_exit();
	return 0;
}

SEC("syscall") int p1(void *context)
{
	put_format(1);
	put_long(6, spile_shared.target > 0);
	return 0;
}

SEC("syscall") int p2(void *context)
{
	put_format(2);
	if (spile_globals.which == 8)
		put_error(2, -1, 0, 0);
	return 0;
}

SEC("syscall") int p3(void *context)
{
	put_format(3);
	return 0;
}

SEC("syscall") int p4(void *context)
{
	put_format(4);
	return 0;
}

SEC("syscall") int p5(void *context)
{
	if (spile_shared.state != WIRE_RUNNING)
		return 0;
	if (spile_globals.which == 3) {
		put_long(5, ++spile_globals.ticks);
		put_error(5, 0, 0, 3);
	}
	if (spile_globals.which == 6)
		spile_shared.skipped[WIRE_SKIP_LOCK] += 20;
	return 0;
}

SEC("syscall") int p6(void *context)
{
	if (spile_shared.state != WIRE_RUNNING || spile_globals.which != 9)
		return 0;
	put_long(5, ++spile_globals.ticks);
	if (spile_globals.ticks == 5)
		put_exit();
	return 0;
}
