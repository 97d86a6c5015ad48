/*
 * What the objects here have in common: the maps that the backend makes, and
 * records written by hand. They stand for compiled scripts, so that the runner
 * is tested by itself.
 */
#ifndef RUNNER_TEST_H
#define RUNNER_TEST_H

#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/common/wire.h"

char _license[] SEC("license") = "GPL";

struct wire_shared spile_shared SEC(".data.spile_shared") = { 0 };

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} spile_output SEC(".maps");

#define MANIFEST(text) \
	const char manifest[] __attribute__((section(".spile"), used)) = text

#define INLINE static inline __attribute__((always_inline))

INLINE void put_long(__u32 format, __s64 value)
{
	struct {
		struct wire_head head;
		__s64 value;
	} record = { { WIRE_PRINT, bpf_get_smp_processor_id(), format }, value };

	if (bpf_ringbuf_output(&spile_output, &record, sizeof(record),
			       BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&spile_shared.lost, 1);
}

INLINE void put_format(__u32 format)
{
	struct wire_head head = { WIRE_PRINT, 0, format };

	bpf_ringbuf_output(&spile_output, &head, sizeof(head),
			   BPF_RB_NO_WAKEUP);
}

struct text_record {
	struct wire_head head;
	__u64 room;
	char text[64];
};

#define PUT_TEXT(kind, words) do { \
	struct text_record record_ = { { kind, 0, 0 }, 64, words }; \
	bpf_ringbuf_output(&spile_output, &record_, sizeof(record_), \
			   BPF_RB_NO_WAKEUP); \
} while (0)

INLINE void put_exit(void)
{
	struct wire_head head = { WIRE_EXIT, 0, 0 };

	if (spile_shared.state <= WIRE_RUNNING)
		spile_shared.state = WIRE_STOPPING;
	bpf_ringbuf_output(&spile_output, &head, sizeof(head),
			   BPF_RB_FORCE_WAKEUP);
}

/* error("MESSAGE") at site @site, called from site 1 when @depth is 1. */
INLINE void put_error(__u32 probe, __s64 site, __s64 depth, __u64 most)
{
	struct {
		struct wire_head head;
		__s64 site, depth, chain;
		__u64 room;
		char text[16];
	} deep = { { WIRE_ERROR, 0, probe }, site, 1, 1, 16, "fatal thing" };
	struct {
		struct wire_head head;
		__s64 site, depth;
		__u64 room;
		char text[16];
	} flat = { { WIRE_ERROR, 0, probe }, site, 0, 16, "fatal thing" };

	if (depth)
		bpf_ringbuf_output(&spile_output, &deep, sizeof(deep),
				   BPF_RB_NO_WAKEUP);
	else
		bpf_ringbuf_output(&spile_output, &flat, sizeof(flat),
				   BPF_RB_NO_WAKEUP);
	if (__sync_fetch_and_add(&spile_shared.errors, 1) >= most) {
		struct wire_head head = { WIRE_EXIT, 0, 0 };

		spile_shared.state = WIRE_FAILING;
		bpf_ringbuf_output(&spile_output, &head, sizeof(head),
				   BPF_RB_FORCE_WAKEUP);
	}
}

#endif
