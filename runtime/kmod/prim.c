/* Primitives: see prims.def and runtime/common/intrinsics.def. */
#include "runtime/kmod/kmod.h"
#include "runtime/common/registers.h"

#include <linux/cgroup.h>
#include <linux/cred.h>
#include <linux/jiffies.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/time.h>
#include <linux/timekeeping.h>
#include <linux/timex.h>
#include <linux/uidgid.h>

/* ---- who runs ---- */

PRIM_TEXT(execname)
{
	const char *name = frame->task->comm;

	if (room < TASK_COMM_LEN) {
		rt_copy_part(to, room, name, TASK_COMM_LEN);
		return;
	}
	/* a few words, of which the last byte is always 0 */
	memcpy(to, name, TASK_COMM_LEN);
	to[TASK_COMM_LEN - 1] = '\0';
}

/* Light handlers, which have no frame, are about the current task. */
static struct task_struct *task_of(const struct rt_frame *frame)
{
	return frame ? frame->task : current;
}

PRIM_LONG(pid)
{
	return task_of(frame)->tgid;
}

PRIM_LONG(tid)
{
	return task_of(frame)->pid;
}

PRIM_LONG(uid)
{
	return from_kuid_munged(&init_user_ns, task_uid(frame->task));
}

PRIM_LONG(gid)
{
	kgid_t gid;

	rcu_read_lock_sched_notrace();
	gid = rcu_dereference_raw(frame->task->cred)->gid;
	rcu_read_unlock_sched_notrace();
	return from_kgid_munged(&init_user_ns, gid);
}

PRIM_LONG(cpu)
{
	(void)frame;
	return raw_smp_processor_id();
}

PRIM_LONG(task_current)
{
	return (long)frame->task;
}

PRIM_LONG(cgroup_id)
{
	u64 id = 0;

	(void)frame;
#ifdef CONFIG_CGROUPS
	rcu_read_lock_sched_notrace();
	id = cgroup_id(rcu_dereference_raw(frame->task->cgroups)->dfl_cgrp);
	rcu_read_unlock_sched_notrace();
#endif
	return id;
}

/* When handlers of kind tasks ran; the runner tells. */
PRIM_LONG(__tasks_since)
{
	(void)frame;
	return rt_shared->tasks_since;
}

/* ---- the session ---- */

PRIM_LONG(target)
{
	(void)frame;
	return rt_shared->target;
}

PRIM_LONG(__namespaces_pid)
{
	(void)frame;
	return rt_shared->namespaces;
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
	rt_copy(to, room, frame->probe->name);
}

PRIM_VOID(exit)
{
	u64 state = READ_ONCE(rt_shared->state);

	(void)frame;
	if (state == WIRE_STARTING || state == WIRE_RUNNING)
		rt_send_exit();
}

PRIM_VOID(abort)
{
	frame->error = RT_ABORT;
	if (cmpxchg(&rt_shared->state, WIRE_RUNNING, WIRE_ABORTED) ==
		    WIRE_RUNNING ||
	    cmpxchg(&rt_shared->state, WIRE_STARTING, WIRE_ABORTED) ==
		    WIRE_STARTING)
		rt_send_exit();
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

/* Not trace_printk(): a module that has that makes the kernel print a warning
 * that fills a screen. */
PRIM_VOID(ftrace, const char *text)
{
	(void)frame;
	__trace_puts(_THIS_IP_, text, strlen(text));
}

static struct rt_exchange *exchange_of(const struct rt_frame *frame)
{
	return frame->driven ? frame->exchange : NULL;
}

PRIM_TEXT(__input)
{
	const struct rt_exchange *exchange = exchange_of(frame);
	u64 length = READ_ONCE(rt_shared->input_length);

	if (exchange)
		rt_copy_part(to, room, exchange->given, exchange->given_length);
	else
		rt_copy_part(to, room, rt_shared->value,
			     min_t(u64, length, sizeof(rt_shared->value)));
}

PRIM_VOID(__skipped, s64 reason)
{
	(void)frame;
	if (reason >= 0 && reason < WIRE_SKIPS)
		atomic64_inc((atomic64_t *)&rt_shared->skipped[reason]);
}

/* The probed code has it when the handler is over. */
PRIM_LONG(__register_set, s64 number, s64 value)
{
	int place = register_place(number);

	if (frame->regs && place >= 0)
		*(s64 *)((char *)frame->regs + place) = value;
	else
		rt_raise(frame, RT_ERROR_WRITE_FAULT, number, -1);
	return value;
}

PRIM_LONG(__passed_on)
{
	bool passed_on = frame->passed_on;

	frame->passed_on = false;
	return passed_on;
}

/* Of other probes there is none. */
static s64 *verdict_of(const struct rt_frame *frame)
{
	bool has = frame->probe->kind == RT_ATTACH_NETFILTER;

	return has ? (s64 *)(unsigned long)frame->args[RT_ARG_VERDICT] : NULL;
}

PRIM_LONG(__verdict)
{
	s64 *verdict = verdict_of(frame);

	return verdict ? *verdict : 0;
}

PRIM_LONG(__verdict_set, s64 value)
{
	s64 *verdict = verdict_of(frame);

	if (verdict)
		*verdict = value;
	return value;
}

PRIM_VOID(__output_more, const char *text)
{
	struct rt_exchange *exchange = exchange_of(frame);
	size_t length;

	if (!exchange)
		return;
	length = min_t(size_t, strlen(text), exchange->room - exchange->length);
	memcpy(exchange->answer + exchange->length, text, length);
	exchange->length += length;
}

PRIM_VOID(__output, const char *text)
{
	struct rt_exchange *exchange = exchange_of(frame);

	if (exchange)
		exchange->length = 0;
	prim___output_more(frame, text);
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

/* West is positive here, east in the shared page. */
PRIM_LONG(tz_gmtoff)
{
	(void)frame;
	return -rt_shared->gmt_offset;
}

PRIM_TEXT(tz_name)
{
	(void)frame;
	rt_copy_part(to, room, rt_shared->zone, sizeof(rt_shared->zone));
}

PRIM_TEXT(ctime, s64 seconds)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct tm tm;

	to[0] = '\0';
	if (seconds > S32_MAX || seconds < S32_MIN) {
		rt_raise(frame, seconds < 0 ? RT_ERROR_TIME_PAST :
					      RT_ERROR_TIME_FUTURE, 0, -1);
		return;
	}
	time64_to_tm(seconds, 0, &tm);
	snprintf(to, room, "%.3s %.3s %2d %02d:%02d:%02d %ld",
		 days + 3 * tm.tm_wday, months + 3 * tm.tm_mon, tm.tm_mday,
		 tm.tm_hour, tm.tm_min, tm.tm_sec, tm.tm_year + 1900);
}

PRIM_LONG(randint, s64 limit)
{
	u64 high = prandom_u32_state(frame->random);
	u64 value = high << 32 | prandom_u32_state(frame->random);

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
	u32 most = rt_program.text_max, used = 0;
	size_t step = strlen(from), length = strlen(with);
	char *out = frame->scratch;

	while (*text) {
		bool found = step && !strncmp(text, from, step);
		u32 wanted = found ? length : 1;
		u32 part = min(wanted, most - used);

		memcpy(out + used, found ? with : text, part);
		used += part;
		text += found ? step : 1;
		if (part < wanted) {
			rt_count_cut();
			break;
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

/* ---- escapes ---- */

/* The character as it stands in an escaped text: how many characters. */
static u32 escape(char *out, unsigned char c)
{
	char letter = format_escape(c);

	out[0] = '\\';
	if (format_plain(c)) {
		out[0] = c;
		return 1;
	}
	if (letter) {
		out[1] = letter;
		return 2;
	}
	out[1] = '0' + (c >> 6);
	out[2] = '0' + (c >> 3 & 7);
	out[3] = '0' + (c & 7);
	return 4;
}

/* To out[at]; where it ends, at most @most. */
static u32 escape_all(char *out, u32 at, u32 most, const char *text,
		      bool *ret_cut)
{
	char one[4];

	*ret_cut = false;
	for (; *text; text++) {
		u32 count = escape(one, *text);

		if (at + count > most) {
			*ret_cut = true;
			break;
		}
		memcpy(out + at, one, count);
		at += count;
	}
	return at;
}

PRIM_TEXT(text_str, const char *text)
{
	bool cut;
	u32 end = escape_all(frame->scratch, 0, rt_program.text_max, text,
			     &cut);

	frame->scratch[end] = '\0';
	if (cut)
		rt_count_cut();
	rt_copy(to, room, frame->scratch);
}

/* In quotes; three dots behind them say that not all had room. */
PRIM_TEXT(string_quoted, const char *text)
{
	u32 most = rt_program.text_max, end;
	char *out = frame->scratch;
	bool cut, again;

	out[0] = '"';
	end = escape_all(out, 1, most - 1, text, &cut);
	if (cut) {
		end = escape_all(out, 1, most > 5 ? most - 4 : 0, text,
				 &again);
		rt_count_cut();
	}
	strcpy(out + end, cut ? "\"..." : "\"");
	rt_copy(to, room, out);
}

/* ---- what was hit ---- */

static const char *const kinds[] = {
#define ATTACH(id, name, section, user) name,
#include "runtime/common/attach.def"
#undef ATTACH
};

PRIM_TEXT(__hit_kind)
{
	rt_copy(to, room, kinds[frame->probe->kind]);
}

PRIM_LONG(__registers)
{
	return !frame->regs ? 0 :
	       user_mode((struct pt_regs *)frame->regs) ? 2 : 1;
}

PRIM_LONG(__register, s64 number)
{
	return !frame->regs || (u64)number >= REGISTER_WORDS ? 0 :
	       ((const s64 *)frame->regs)[number];
}

/* ---- numbers by name ---- */

static const char *const errno_names[] = {
#define ERRNO(number, name) [number] = #name,
#define INNER_ERRNO(number, name) [number] = #name,
#include "runtime/common/errno.def"
#undef ERRNO
#undef INNER_ERRNO
};

static const char *const syscalls_x86_64[] = {
#define SYSCALL_X86_64(number, name) [number] = #name,
#include "runtime/common/syscalls.def"
#undef SYSCALL_X86_64
};

static const char *const syscalls_arm64[] = {
#define SYSCALL_ARM64(number, name) [number] = #name,
#include "runtime/common/syscalls.def"
#undef SYSCALL_ARM64
};

static const char *name_of(const char *const *names, size_t count, u64 number)
{
	return number < count ? names[number] : NULL;
}

PRIM_TEXT(errno_str, s64 err)
{
	const char *name = name_of(errno_names, ARRAY_SIZE(errno_names),
				   err < 0 ? -(u64)err : err);

	(void)frame;
	rt_copy(to, room, name ? name : "");
}

PRIM_TEXT(__syscall_name, s64 number, s64 arm64)
{
	const char *name = arm64 ?
		name_of(syscalls_arm64, ARRAY_SIZE(syscalls_arm64), number) :
		name_of(syscalls_x86_64, ARRAY_SIZE(syscalls_x86_64), number);

	(void)frame;
	if (name)
		rt_copy(to, room, name);
	else
		snprintf(to, room, "syscall %lld", number);
}
