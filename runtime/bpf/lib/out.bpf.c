/*
 * Records that carry one text or none. Records of print and of histograms are
 * built by the generated code.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/common/format.h"

struct text_record {
	struct wire_head head;
	__u64 room;
	char text[RT_TEXT_SIZE];
};

long rt_output_text(__u32 kind, const struct rt_text *text)
{
	struct text_record *record;

	if (!text)
		return 0;
	record = bpf_ringbuf_reserve(&spile_output, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&spile_shared.lost, 1);
		return 0;
	}
	record->head.kind = kind;
	record->head.cpu = bpf_get_smp_processor_id();
	record->head.id = 0;
	record->room = RT_TEXT_SIZE;
	record->text[0] = 0;
	bpf_probe_read_kernel_str(record->text, RT_TEXT_SIZE, text->s);
	bpf_ringbuf_submit(record, kind == WIRE_WARN || kind == WIRE_SYSTEM ?
				   BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP);
	return 0;
}

long rt_output_exit(void)
{
	struct wire_head *head;

	if (__sync_val_compare_and_swap(&spile_shared.state, WIRE_RUNNING,
					WIRE_STOPPING) == WIRE_STARTING)
		__sync_val_compare_and_swap(&spile_shared.state, WIRE_STARTING,
					    WIRE_STOPPING);
	head = bpf_ringbuf_reserve(&spile_output, sizeof(*head), 0);
	if (!head) {
		__sync_fetch_and_add(&spile_shared.lost, 1);
		return 0;
	}
	head->kind = WIRE_EXIT;
	head->cpu = bpf_get_smp_processor_id();
	head->id = 0;
	bpf_ringbuf_submit(head, BPF_RB_FORCE_WAKEUP);
	return 0;
}

/* Sends a record that was built in a frame. */
RT_GEN long rt_output_built(void *record, __u64 size)
{
	if (bpf_ringbuf_output(&spile_output, record, size, BPF_RB_NO_WAKEUP))
		__sync_fetch_and_add(&spile_shared.lost, 1);
	return 0;
}

/* A struct wire_head, to be written at once. */
static RT_GEN __u64 head_word(__u64 kind, __u64 cpu, __u64 id)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return kind | cpu << 16 | id << 32;
#else
	return kind << 48 | cpu << 32 | id;
#endif
}

/* Room for a record, head filled; NULL (counted) when there is none. */
RT_GEN void *rt_output_begin(__u64 size, __u32 kind, __u32 id)
{
	struct wire_head *head = bpf_ringbuf_reserve(&spile_output, size, 0);

	if (__builtin_expect(!head, 0)) {
		__sync_fetch_and_add(&spile_shared.lost, 1);
		return 0;
	}
	*(__u64 *)head = head_word(kind, bpf_get_smp_processor_id(), id);
	return head;
}

RT_GEN void rt_output_end(void *record)
{
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
}

/* One text argument of a built record, at @to: its room, then the text.
 * Returns the bytes taken; the mask is for the verifier. */
RT_GEN __u64 rt_record_text(char *to, const char *text)
{
	long length = bpf_probe_read_kernel_str(to + 8, RT_TEXT_SIZE, text);
	__u64 room = (length + 7) & (2 * RT_TEXT_SIZE - 8);

	*(__u64 *)to = room;
	return room + 8;
}

/* A conversion whose width or precision is an argument. */
RT_GEN __u64 rt_format_spec(__u64 conversion, __u64 flag, __s64 width,
			    __s64 precision)
{
	return format_spec(conversion, flag, width, precision);
}
