/*
 * Frames, the pending error and its report.
 *
 * A frame is claimed by exchanging its busy word: whoever interrupts this
 * program on the same processor finds it taken and goes to the next.
 */
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/gen.h"

extern struct rt_map spile_frames;

static RT_GEN struct rt_frame *claim_one(__u32 index)
{
	struct rt_frame *frame = bpf_map_lookup_elem(&spile_frames, &index);

	if (!frame || __sync_lock_test_and_set(&frame->busy, 1))
		return 0;
	frame->number = index;
	return frame;
}

static RT_GEN void frame_begin(struct rt_frame *frame, __u32 probe)
{
	frame->error = RT_OK;
	frame->site = -1;
	frame->error_arg = 0;
	frame->chain_length = 0;
	frame->probe = probe;
	frame->actions = 0;
	frame->pc = 0;
	frame->sp = 0;
	frame->token_at = 0;
	frame->groups = 0;
	frame->top = 0;
	frame->depth = 0;
	frame->claims++;
}

/* When the first frame of a processor is taken: one of the others. */
static RT_SHARED struct rt_frame *claim_other(__u32 first)
{
	struct rt_frame *frame = claim_one(first + 1);

	if (!frame)
		frame = claim_one(first + 2);
	if (!frame)
		frame = claim_one(first + 3);
	if (!frame)
		__sync_fetch_and_add(
			&spile_shared.skipped[WIRE_SKIP_FRAME], 1);
	return frame;
}

/* A frame of this processor, or NULL (counted) when all are taken. */
RT_GEN struct rt_frame *rt_frame_claim(__u32 probe)
{
	__u32 first = bpf_get_smp_processor_id() * RT_FRAMES;
	struct rt_frame *frame = claim_one(first);

	if (!frame)
		frame = claim_other(first);
	if (frame)
		frame_begin(frame, probe);
	return frame;
}

/* The same, not inlined: for programs of many probes. */
RT_SHARED struct rt_frame *rt_frame_claim_shared(__u32 probe)
{
	return rt_frame_claim(probe);
}

RT_GEN void rt_frame_release(struct rt_frame *frame)
{
	__sync_lock_test_and_set(&frame->busy, 0);
}

/* Whether a handler runs in the session's present state. */
RT_GEN long rt_may_run(__u32 kind)
{
	__u64 state = *(volatile __u64 *)&spile_shared.state;

	switch (kind) {
	case 0:		/* begin */
		return state == WIRE_STARTING || state == WIRE_RUNNING;
	case 1:		/* end, error, reset: the runner decides */
		return 1;
	}
	return state == WIRE_RUNNING;
}

#define STRINGIFY(text) #text
#define HAS_ARGUMENT(sentence) (__builtin_strchr(sentence, '%') ? 8 : 0)

/* The sentence of a pending error. */
static RT_GEN long sentence(char *room, __u32 error, __s64 argument,
			       const struct rt_text *message)
{
	__u64 data[1] = { argument };

	switch (error) {
#define ERROR(id, words) \
	case RT_ERROR_##id: { \
		static const char format[] = words; \
		return bpf_snprintf(room, RT_TEXT_SIZE, format, data, \
				    HAS_ARGUMENT(words)); \
	}
#include "runtime/common/errors.def"
#undef ERROR
	}
	if (!message)
		return 0;
	return bpf_probe_read_kernel_str(room, RT_TEXT_SIZE, message->s);
}

/* Room for the longest WIRE_ERROR record. */
struct error_record {
	struct wire_head head;
	__s64 site;
	__u64 chain_length;
	__s64 chain[RT_CHAIN];
	__u64 room;
	char text[RT_TEXT_SIZE];
};

static RT_GEN void count_error(void)
{
	__u64 before = __sync_fetch_and_add(&spile_shared.errors, 1);

	if (before < rt_max_errors)
		return;
	if (__sync_val_compare_and_swap(&spile_shared.state, WIRE_RUNNING,
					WIRE_FAILING) == WIRE_STARTING)
		__sync_val_compare_and_swap(&spile_shared.state, WIRE_STARTING,
					    WIRE_FAILING);
}

static RT_GEN void send(struct error_record *record, __u32 probe)
{
	record->head.kind = WIRE_ERROR;
	record->head.cpu = bpf_get_smp_processor_id();
	record->head.id = probe;
	bpf_ringbuf_submit(record, BPF_RB_FORCE_WAKEUP);
}

/* Reports the error that ends a handler. */
long rt_report(struct rt_frame *frame)
{
	struct error_record *record;
	char *text;

	if (!frame || frame->error == RT_OK || frame->error == RT_ABORT)
		return 0;
	count_error();
	record = bpf_ringbuf_reserve(&spile_output, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&spile_shared.lost, 1);
		return 0;
	}
	record->site = frame->site;

	__u64 length = frame->chain_length;

	if (length > RT_CHAIN)
		length = RT_CHAIN;
	record->chain_length = length;
	/* room and text follow the chain that there is */
	for (__u32 i = 0; i < RT_CHAIN; i++)
		record->chain[i] = frame->chain[i];
	text = (char *)record->chain + 8 * length;
	*(__u64 *)text = RT_TEXT_SIZE;
	text[8] = 0;
	sentence(text + 8, frame->error, frame->error_arg, &frame->message);
	send(record, frame->probe);
	return 0;
}

/* The same for a handler without a frame. */
long rt_report_plain(__u32 probe, __u32 error, __s64 argument, __s32 site)
{
	struct error_record *record;
	char *text;

	count_error();
	record = bpf_ringbuf_reserve(&spile_output, sizeof(*record), 0);
	if (!record) {
		__sync_fetch_and_add(&spile_shared.lost, 1);
		return 0;
	}
	record->site = site;
	record->chain_length = 0;
	record->chain[0] = RT_TEXT_SIZE;
	text = (char *)&record->chain[1];
	text[0] = 0;
	sentence(text, error, argument, 0);
	send(record, probe);
	return 0;
}

/* The sentence of the pending error, which is then no longer pending. */
long rt_catch(struct rt_frame *frame, struct rt_text *text)
{
	if (!frame || !text)
		return 0;
	text->s[0] = 0;
	sentence(text->s, frame->error, frame->error_arg, &frame->message);
	text->s[rt_text_max & (RT_TEXT_SIZE - 1)] = 0;
	frame->error = RT_OK;
	return 0;
}

/* Notes a call on the way of an error outwards. */
void rt_chain_add(struct rt_frame *frame, __s32 site)
{
	__u32 length = frame->chain_length;

	if (length >= RT_CHAIN)
		return;
	frame->chain[length & (RT_CHAIN - 1)] = site;
	frame->chain_length = length + 1;
}
