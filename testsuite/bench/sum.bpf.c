/* Sums a number by the name of the process. */
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

SEC("raw_tp/sys_enter")
int hit(struct bpf_raw_tracepoint_args *args)
{
	unsigned long long id = args->args[1];
	unsigned long long *sum;
	struct name name = {};

	bpf_get_current_comm(&name, sizeof(name));
	sum = bpf_map_lookup_elem(&sums, &name);
	if (sum)
		*sum += id;
	else
		bpf_map_update_elem(&sums, &name, &id, BPF_NOEXIST);
	return 0;
}

char terms[] SEC("license") = "GPL";
