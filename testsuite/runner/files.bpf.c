/* Files that people read and write, and what they type. */
#include "testsuite/runner/test.h"

MANIFEST(
"spile 3 pairs 7 session 1 formats 3 sites 0 globals 0 probes 5 relocs 0\n"
"pair \"name\" \"files\"\n"
"format \"wrote %d bytes: %s|\\n\"\n"
"format \"line %d: %s|\\n\"\n"
"format \"char %d: %s|\\n\"\n"
"probe \"procfs_read\" \"p0\" \"procfs(\\\"sub/both\\\").read\" 1\n"
"pair \"path\" \"sub/both\"\n"
"probe \"procfs_write\" \"p1\" \"procfs(\\\"sub/both\\\").write\" 1\n"
"pair \"path\" \"sub/both\"\n"
"probe \"procfs_write\" \"p1\" \"procfs(\\\"command\\\").write\" 2\n"
"pair \"path\" \"command\"\n"
"pair \"umask\" \"0\"\n"
"probe \"input\" \"p2\" \"input.line\" 1\n"
"pair \"unit\" \"line\"\n"
"probe \"input\" \"p3\" \"input.char\" 1\n"
"pair \"unit\" \"char\"\n"
"end\n");

struct {
	__s64 reads;
} spile_globals SEC(".data.spile_globals") = { 0 };

static __attribute__((always_inline)) void put_value(__u32 format)
{
	struct {
		struct wire_head head;
		__s64 length;
		__u64 room;
		char text[64];
	} record = { { WIRE_PRINT, 0, format }, spile_shared.input_length, 64,
		     "" };

	__builtin_memcpy(record.text, spile_shared.value, 64);
	bpf_ringbuf_output(&spile_output, &record, sizeof(record),
			   BPF_RB_NO_WAKEUP);
}

struct task_walk {
	void *about, *task;
};

SEC("iter.s/task") int p0(struct task_walk *walk)
{
	if (!walk->task)
		return 0;
	spile_globals.reads++;
	PUT_TEXT(WIRE_VALUE, "what is read\n");
	return 0;
}

SEC("iter.s/task") int p1(struct task_walk *walk)
{
	if (!walk->task)
		return 0;
	put_value(0);
	return 0;
}

SEC("syscall") int p2(void *context)
{
	put_value(1);
	if (spile_shared.value[0] == 'q')
		put_exit();
	return 0;
}

SEC("syscall") int p3(void *context)
{
	if (spile_shared.value[0] == 'x')
		put_value(2);
	return 0;
}
