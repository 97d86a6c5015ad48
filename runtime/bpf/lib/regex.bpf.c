/*
 * =~ on the probe side: the step machine of runtime/common/regex.h in one
 * bpf_loop, and the primitives that read its result.
 */
#include "runtime/bpf/lib/text.h"

/* Steps for a text: typical expressions take ten for a character. */
enum { STEPS = 512 * RT_TEXT_SIZE };

static long match_step(__u64 i, struct regex_run *run)
{
	(void)i;
	return regex_step(run);
}

static void keep_groups(struct rt_frame *frame, __u32 groups)
{
	__u32 i;

	for (i = 0; i < RT_GROUPS; i++) {
		frame->group_from[i] = frame->threads.result[2 * i];
		frame->group_to[i] = frame->threads.result[2 * i + 1];
	}
	frame->groups = groups;
}

RT_GLOBAL __s64 rt_match(struct rt_frame *frame, const struct rt_text *subject,
			 const struct rt_regex *program)
{
	struct regex_run run = {};

	if (!frame || !subject || !program)
		return 0;
	run.regex = program;
	run.text = subject->s;
	run.mask = RT_TEXT_MASK;
	run.threads = &frame->threads;
	frame->groups = 0;
	regex_begin(&run);
	bpf_loop(STEPS, match_step, &run, 0);
	if (!frame->threads.done) {
		rt_raise(frame, RT_ERROR_ACTIONS, 0);
		return 0;
	}
	if (!frame->threads.matched)
		return 0;
	keep_groups(frame, program->groups);
	rt_text_copy(&frame->subject, subject);
	return 1;
}

RT_GLOBAL __s64 prim_ngroups(struct rt_frame *frame)
{
	return frame ? frame->groups : 0;
}

RT_GLOBAL __u64 prim_matched(struct rt_frame *frame, struct rt_text *dst,
			     __s64 group)
{
	__u64 from, to;

	if (!frame || !dst)
		return 0;
	dst->s[0] = '\0';
	if (group < 0 || group >= RT_GROUPS || group >= frame->groups) {
		rt_raise(frame, RT_ERROR_POSITION, group);
		return 0;
	}
	from = frame->group_from[group];
	to = frame->group_to[group];
	if (from == REGEX_UNSET || to == REGEX_UNSET || to < from)
		return 0;
	rt_text_put(dst, 0, frame->subject.s + RT_MASKED(from), to - from);
	return to - from;
}
