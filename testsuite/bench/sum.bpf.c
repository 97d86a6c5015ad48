/*
 * Sums a number by the name of the process. Each processor has its own sums; a
 * tracepoint does not interrupt itself, so to add needs no atomic operation.
 * Where another processor inserts the name first its element is taken, and what
 * finds no room is counted.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct name {
	char text[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 2048);
	__type(key, struct name);
	__type(value, unsigned long long);
} sums SEC(".maps");

static const unsigned long long nothing;

unsigned long long without_room;

SEC("raw_tp/sys_enter")
int hit(struct bpf_raw_tracepoint_args *args)
{
	struct name name = {};	/* the kernel may write up to the NUL only */
	unsigned long long *sum;

	bpf_get_current_comm(&name, sizeof(name));
	sum = bpf_map_lookup_elem(&sums, &name);
	if (!sum) {
		bpf_map_update_elem(&sums, &name, &nothing, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(&sums, &name);
	}
	if (sum)
		*sum += args->args[1];
	else
		__sync_fetch_and_add(&without_room, 1);
	return 0;
}

char terms[] SEC("license") = "GPL";
