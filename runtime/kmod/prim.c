/* Primitives: see prims.def and runtime/common/intrinsics.def. */
#include "runtime/kmod/kmod.h"

#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>
#include <linux/uidgid.h>

/* ---- who runs ---- */

PRIM_TEXT(execname)
{
	(void)frame;
	rt_copy(to, room, current->comm);
}

PRIM_LONG(pid)
{
	(void)frame;
	return current->tgid;
}

PRIM_LONG(tid)
{
	(void)frame;
	return current->pid;
}

PRIM_LONG(uid)
{
	(void)frame;
	return from_kuid_munged(&init_user_ns, current_uid());
}

PRIM_LONG(gid)
{
	(void)frame;
	return from_kgid_munged(&init_user_ns, current_gid());
}

PRIM_LONG(cpu)
{
	(void)frame;
	return raw_smp_processor_id();
}

PRIM_LONG(task_current)
{
	(void)frame;
	return (long)current;
}

/* ---- the session ---- */

PRIM_LONG(target)
{
	(void)frame;
	return rt_shared->target;
}

PRIM_LONG(stp_pid)
{
	(void)frame;
	return rt_shared->runner;
}

PRIM_TEXT(module_name)
{
	(void)frame;
	rt_copy(to, room, rt_shared->module);
}

PRIM_TEXT(pp)
{
	rt_copy(to, room, rt_program.probes[frame->probe].name);
}

PRIM_VOID(exit)
{
	(void)frame;
	rt_send_exit();
}

PRIM_VOID(abort)
{
	WRITE_ONCE(rt_shared->state, WIRE_ABORTED);
	frame->error = RT_ABORT;
}

PRIM_VOID(error, const char *text)
{
	rt_raise_text(frame, text, -1);
}

PRIM_VOID(warn, const char *text)
{
	rt_send_text(frame, WIRE_WARN, text);
}

PRIM_VOID(log, const char *text)
{
	rt_send_text(frame, WIRE_LOG, text);
}

PRIM_VOID(system, const char *text)
{
	rt_send_text(frame, WIRE_SYSTEM, text);
}

PRIM_TEXT(__input)
{
	(void)frame;
	rt_copy(to, room, rt_shared->value);
}

PRIM_VOID(__output, const char *text)
{
	rt_send_text(frame, WIRE_VALUE, text);
}

/* ---- time ---- */

PRIM_LONG(ktime_get_ns)
{
	(void)frame;
	return ktime_get_mono_fast_ns();
}

PRIM_LONG(boottime_ns)
{
	(void)frame;
	return ktime_get_boot_fast_ns();
}

PRIM_LONG(gettimeofday_ns)
{
	(void)frame;
	return ktime_get_real_fast_ns();
}

PRIM_LONG(get_cycles)
{
	(void)frame;
	return get_cycles();
}

PRIM_LONG(jiffies)
{
	(void)frame;
	return jiffies;
}

PRIM_LONG(HZ)
{
	(void)frame;
	return HZ;
}

PRIM_LONG(randint, s64 limit)
{
	u64 value;

	(void)frame;
	get_random_bytes(&value, sizeof(value));
	return limit > 0 ? (s64)(value % (u64)limit) : 0;
}

/* ---- texts ---- */

PRIM_LONG(strlen, const char *text)
{
	(void)frame;
	return strlen(text);
}

PRIM_TEXT(substr, const char *text, s64 from, s64 count)
{
	s64 length = strlen(text);

	(void)frame;
	if (from < 0 || from >= length || count <= 0) {
		to[0] = '\0';
		return;
	}
	count = min(count, length - from);
	count = min_t(s64, count, room - 1);
	memmove(to, text + from, count);
	to[count] = '\0';
}

PRIM_LONG(stringat, const char *text, s64 at)
{
	if (at < 0 || at >= (s64)strlen(text)) {
		rt_raise(frame, RT_ERROR_POSITION, 0, -1);
		return 0;
	}
	return (unsigned char)text[at];
}

PRIM_LONG(isinstr, const char *text, const char *part)
{
	(void)frame;
	return strstr(text, part) != NULL;
}

PRIM_TEXT(str_replace, const char *text, const char *from, const char *with)
{
	char *out = frame->scratch;
	u32 most = rt_program.text_max, used = 0;
	size_t step = strlen(from), length = strlen(with);

	while (*text && used < most) {
		if (step && !strncmp(text, from, step)) {
			u32 part = min_t(size_t, length, most - used);

			memcpy(out + used, with, part);
			used += part;
			text += step;
		} else {
			out[used++] = *text++;
		}
	}
	out[used] = '\0';
	rt_copy(to, room, out);
}

/* The value of a digit; large if it is none. Bases end at 16. */
static u64 digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 255;
}

PRIM_LONG(strtol, const char *text, s64 base)
{
	bool minus = *text == '-';
	u64 value = 0;

	(void)frame;
	if (base < 0 || base == 1 || base > 36)
		return 0;
	text += minus;
	if ((base == 0 || base == 16) && text[0] == '0' &&
	    (text[1] | 0x20) == 'x' && digit(text[2]) < 16) {
		text += 2;
		base = 16;
	} else if (base == 0) {
		base = *text == '0' ? 8 : 10;
	}
	while (digit(*text) < (u64)base)
		value = value * base + digit(*text++);
	return minus ? 0 - value : value;
}

static void next_token(struct rt_frame *frame, char *to, u32 room,
		       const char *delimiters)
{
	char *at = frame->token + frame->token_at;
	size_t length;

	at += strspn(at, delimiters);
	length = strcspn(at, delimiters);
	frame->token_at = at + length - frame->token;
	length = min_t(size_t, length, room - 1);
	memcpy(to, at, length);
	to[length] = '\0';
}

PRIM_TEXT(tokenize, const char *text, const char *delimiters)
{
	rt_copy(frame->scratch, rt_program.text_max + 1, delimiters);
	if (*text) {
		rt_copy(frame->token, rt_program.text_max + 1, text);
		frame->token_at = 0;
	}
	next_token(frame, to, room, frame->scratch);
}

PRIM_TEXT(tokenize_1, const char *delimiters)
{
	prim_tokenize(frame, to, room, "", delimiters);
}
