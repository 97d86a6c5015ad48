/* begin { hello; warn twice; log; exit }, begin(1) must not run, end runs. */
#include "testsuite/runner/test.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, char[64]);
} spile_globals SEC(".maps");

MANIFEST(
"spile 3 pairs 6 session 2 formats 5 sites 0 globals 3 probes 4 relocs 0\n"
"pair \"name\" \"hello\"\n"
"pair \"backend\" \"bpf\"\n"
"format \"hello %d\\n\"\n"
"format \"end runs\\n\"\n"
"format \"not reached\\n\"\n"
"format \"%-6s|%5d|%#x\\n\"\n"
"format \"%*d|%s\\n\"\n"
"global \"lim\" l 0 8 0 0 0 0 l 0 0 0 \"\"\n"
"global \"who\" t 8 16 0 0 0 0 t 0 0 0 \"\"\n"
"global \"array\" a 0 8 0 0 0 0 l 64 0 0 \"l t32\"\n"
"probe \"begin\" \"p0\" \"begin\" 1\n"
"pair \"priority\" \"0\"\n"
"probe \"begin\" \"p1\" \"begin(1)\" 1\n"
"pair \"priority\" \"1\"\n"
"probe \"end\" \"p2\" \"end\" 1\n"
"pair \"priority\" \"0\"\n"
"probe \"begin\" \"p3\" \"begin(-1)\" 1\n"
"pair \"priority\" \"-1\"\n"
"end\n");

SEC("syscall") int p0(void *context)
{
	put_long(0, 42);
	PUT_TEXT(WIRE_WARN, "a warning");
	PUT_TEXT(WIRE_WARN, "a warning");
	PUT_TEXT(WIRE_LOG, "to log");
	put_exit();
	return 0;
}

SEC("syscall") int p1(void *context)
{
	put_format(2);
	return 0;
}

SEC("syscall") int p2(void *context)
{
	put_format(1);
	return 0;
}

/* What -G set. */
SEC("syscall") int p3(void *context)
{
	struct {
		struct wire_head head;
		__u64 room;
		char text[16];
		__s64 a, b;
	} record = { { WIRE_PRINT, 0, 3 }, 16, "", 0, 255 };
	struct {
		struct wire_head head;
		__s64 width, value;
		__u64 room;
		char text[8];
	} star = { { WIRE_PRINT, 0, 4 }, -4, 7, 8, "12345678" };
	__u32 key = 0;
	char *globals = bpf_map_lookup_elem(&spile_globals, &key);

	if (!globals)
		return 0;
	record.a = *(__s64 *)globals;
	__builtin_memcpy(record.text, globals + 8, 16);
	bpf_ringbuf_output(&spile_output, &record, sizeof(record),
			   BPF_RB_NO_WAKEUP);
	bpf_ringbuf_output(&spile_output, &star, sizeof(star),
			   BPF_RB_NO_WAKEUP);
	return 0;
}
