/* Sends the name of the process and a number to the reader, which is woken only
 * when there is much to read; it looks by itself now and then. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* As in load.c. */
struct record {
	char comm[16];
	long id;
};

enum { ROOM = 1 << 24 };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, ROOM);
} out SEC(".maps");

volatile const long only = GETPPID;	/* its number, from run */

SEC("raw_tp/sys_enter")
int hit(struct bpf_raw_tracepoint_args *args)
{
	struct record *record;

	if ((long)args->args[1] != only)
		return 0;
	record = bpf_ringbuf_reserve(&out, sizeof(*record), 0);
	if (!record)
		return 0;
	bpf_get_current_comm(record->comm, sizeof(record->comm));
	record->id = (long)args->args[1];
	bpf_ringbuf_submit(record, bpf_ringbuf_query(&out, BPF_RB_AVAIL_DATA) >
			   ROOM / 2 ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
	return 0;
}

char terms[] SEC("license") = "GPL";
