/*
 * Events of the kernel: each getppid() of the target is printed with its
 * number in order, so that what is lost shows; a sampled clock; an offset that
 * is looked up on the target.
 */
#include "testsuite/runner/test.h"

struct {
	__s64 hits, samples;
} spile_globals SEC(".data.spile_globals") = { 0 };

struct offsets {
	__u64 byte, left, right;
};

const volatile struct offsets tgid_at SEC(".rodata.spile_relocs") = { 0xffff, 0, 0 };

MANIFEST(
"spile 3 pairs 8 session 1 formats 3 sites 0 globals 0 probes 5 relocs 1\n"
"pair \"name\" \"events\"\n"
"format \"%d\\n\"\n"
"format \"samples %d\\n\"\n"
"format \"tgid is right: %d\\n\"\n"
"probe \"raw_tracepoint\" \"p0\" \"kernel.trace(\\\"sys_enter\\\")\" 1\n"
"pair \"name\" \"sys_enter\"\n"
"probe \"perf\" \"p1\" \"timer.profile\" 4\n"
"pair \"type\" \"1\"\n"
"pair \"config\" \"0\"\n"
"pair \"hertz\" \"1000\"\n"
"pair \"cpus\" \"all\"\n"
"probe \"perf\" \"p1\" \"perf.sw.cpu_clock.sample(1000000)\" 2\n"
"pair \"type\" \"1\"\n"
"pair \"period\" \"1000000\"\n"
"probe \"end\" \"p2\" \"end\" 0\n"
"probe \"begin\" \"p3\" \"begin\" 0\n"
"reloc \"task_struct.tgid\" 0\n"
"end\n");

SEC("raw_tp") int p0(struct bpf_raw_tracepoint_args *context)
{
	__u64 pid = bpf_get_current_pid_tgid() >> 32;

	if (context->args[1] != 110 /* getppid */ ||
	    spile_shared.state != WIRE_RUNNING || pid != spile_shared.target)
		return 0;
	put_long(0, __sync_fetch_and_add(&spile_globals.hits, 1));
	return 0;
}

SEC("perf_event") int p1(void *context)
{
	__sync_fetch_and_add(&spile_globals.samples, 1);
	return 0;
}

SEC("syscall") int p2(void *context)
{
	put_long(1, spile_globals.samples > 0);
	return 0;
}

SEC("syscall") int p3(void *context)
{
	__u64 task = bpf_get_current_task();
	__u32 tgid = 0;

	bpf_probe_read_kernel(&tgid, 4, (void *)(task + tgid_at.byte));
	put_long(2, tgid == bpf_get_current_pid_tgid() >> 32);
	return 0;
}
