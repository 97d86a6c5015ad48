/*
 * Counts numbers by their sign and the place of their highest bit. Each processor
 * has its own buckets; a tracepoint does not interrupt itself, so to add to them
 * needs no atomic operation. Which bit it is is found by branches: a processor
 * predicts them where numbers are alike.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

enum { ZERO = 64, BUCKETS = 129 };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, BUCKETS);
	__type(key, unsigned int);
	__type(value, unsigned long long);
} buckets SEC(".maps");

static __always_inline unsigned int bits_of(unsigned long long value)
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

static __always_inline unsigned int bucket_of(long long value)
{
	return value < 0 ? ZERO - bits_of(-(unsigned long long)value) :
			   ZERO + bits_of((unsigned long long)value);
}

SEC("raw_tp/sys_enter")
int hit(struct bpf_raw_tracepoint_args *args)
{
	unsigned int bucket = bucket_of((long long)args->args[1]);
	unsigned long long *count = bpf_map_lookup_elem(&buckets, &bucket);

	if (count)
		++*count;
	return 0;
}

char terms[] SEC("license") = "GPL";
