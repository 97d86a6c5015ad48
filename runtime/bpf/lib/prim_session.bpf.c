/*
 * Primitives that act on the session: its end, errors, and lines that go to
 * the reader. See runtime/common/intrinsics.def and wire.h.
 */
#include "runtime/bpf/lib/text.h"

RT_GLOBAL __u64 prim_exit(struct rt_frame *frame)
{
	__u64 state = *(volatile __u64 *)&spile_shared.state;

	if (frame && (state == WIRE_STARTING || state == WIRE_RUNNING))
		rt_output_exit();
	return 0;
}

/* The state first: rt_output_exit() leaves every other than STARTING and
 * RUNNING as it is. */
RT_GLOBAL __u64 prim_abort(struct rt_frame *frame)
{
	if (!frame)
		return 0;
	frame->error = RT_ABORT;
	if (__sync_val_compare_and_swap(&spile_shared.state, WIRE_RUNNING,
					WIRE_ABORTED) == WIRE_RUNNING ||
	    __sync_val_compare_and_swap(&spile_shared.state, WIRE_STARTING,
					WIRE_ABORTED) == WIRE_STARTING)
		rt_output_exit();
	return 0;
}

RT_GLOBAL __u64 prim_error(struct rt_frame *frame, const struct rt_text *text)
{
	if (!frame || !text)
		return 0;
	rt_text_copy(&frame->message, text);
	frame->error = RT_ERROR_TEXT;
	return 0;
}

RT_GLOBAL __u64 prim_warn(struct rt_frame *frame, const struct rt_text *text)
{
	if (frame && text)
		rt_output_text(WIRE_WARN, text);
	return 0;
}

RT_GLOBAL __u64 prim_log(struct rt_frame *frame, const struct rt_text *text)
{
	if (frame && text)
		rt_output_text(WIRE_LOG, text);
	return 0;
}

RT_GLOBAL __u64 prim_system(struct rt_frame *frame, const struct rt_text *text)
{
	if (frame && text)
		rt_output_text(WIRE_SYSTEM, text);
	return 0;
}

RT_GLOBAL __u64 prim___skipped(struct rt_frame *frame, __s64 reason)
{
	if (frame && reason >= 0 && reason < WIRE_SKIPS)
		__sync_fetch_and_add(&spile_shared.skipped[reason], 1);
	return 0;
}

RT_GLOBAL __u64 prim___output(struct rt_frame *frame,
			      const struct rt_text *text)
{
	if (frame && text)
		rt_output_text(WIRE_VALUE, text);
	return 0;
}

RT_GLOBAL __u64 prim___output_more(struct rt_frame *frame,
				   const struct rt_text *text)
{
	if (frame && text)
		rt_output_text(WIRE_VALUE_MORE, text);
	return 0;
}

RT_GLOBAL __u64 prim___input(struct rt_frame *frame, struct rt_text *dst)
{
	__u64 length;

	if (!frame || !dst)
		return 0;
	length = spile_shared.input_length;
	if (length > rt_text_most()) {
		length = rt_text_most();
		rt_count_truncated();
	}
	rt_text_put(dst, 0, spile_shared.value, length);
	return length;
}

RT_GLOBAL __u64 prim_ftrace(struct rt_frame *frame, const struct rt_text *text)
{
	static const char format[] = "%s";

	if (frame && text)
		bpf_trace_printk(format, sizeof format, text->s);
	return 0;
}
