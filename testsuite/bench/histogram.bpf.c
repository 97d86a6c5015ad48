/* Counts numbers by the place of their highest bit. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 66);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} buckets SEC(".maps");

static __always_inline unsigned int bucket_of(unsigned long long value)
{
	unsigned int bit = 0;

	if (!value)
		return 0;
	for (unsigned int step = 32; step; step /= 2) {
		if (value >> step) {
			value >>= step;
			bit += step;
		}
	}
	return bit + 1;
}

SEC("raw_tp/sys_enter")
int hit(struct bpf_raw_tracepoint_args *args)
{
	unsigned int bucket = bucket_of(args->args[1]);
	unsigned long long *count = bpf_map_lookup_elem(&buckets, &bucket);

	if (count)
		++*count;
	return 0;
}

char terms[] SEC("license") = "GPL";
