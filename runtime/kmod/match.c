/* =~ and what reads its result: the step machine of runtime/common/regex.h. */
#include "runtime/kmod/kmod.h"

enum { STEPS_FOR_CHARACTER = 512 };

static bool decide(struct regex_run *run)
{
	u64 steps = STEPS_FOR_CHARACTER * (rt_program.text_max + 1ull);

	regex_begin(run);
	while (!regex_step(run))
		if (!--steps)
			return false;
	return true;
}

int rt_match(struct rt_frame *frame, const char *text,
	     const struct rt_regex *regex, s64 *ret, s32 site)
{
	struct regex_threads *threads = frame->threads;
	struct regex_run run = {
		.regex = regex, .text = text, .mask = ~0ull,
		.threads = threads,
	};

	*ret = 0;
	frame->groups = 0;
	if (!decide(&run))
		return rt_raise(frame, RT_ERROR_ACTIONS, 0, site);
	if (!threads->matched)
		return 0;
	memcpy(frame->group_at, threads->result, sizeof(frame->group_at));
	frame->groups = regex->groups;
	rt_copy(frame->subject, rt_program.text_max + 1, text);
	*ret = 1;
	return 0;
}

PRIM_LONG(ngroups)
{
	return frame->groups;
}

PRIM_TEXT(matched, s64 group)
{
	u16 from, end;

	to[0] = '\0';
	if (group < 0 || group >= REGEX_GROUPS || group >= frame->groups) {
		rt_raise(frame, RT_ERROR_POSITION, group, -1);
		return;
	}
	from = frame->group_at[2 * group];
	end = frame->group_at[2 * group + 1];
	if (from == REGEX_UNSET || end == REGEX_UNSET || end < from)
		return;
	rt_copy_part(to, room, frame->subject + from, end - from);
}
