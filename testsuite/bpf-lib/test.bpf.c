/*
 * Programs that call each function of the probe-side library once, with what
 * the map value says. Linked with the library as generated programs are.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "testsuite/bpf-lib/case.h"

const __u32 rt_text_max = TEXT_MAX;
const __u64 rt_max_errors = 0;
struct wire_shared spile_shared SEC(".data.spile_shared");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct test_case);
} cases SEC(".maps");

__s64 prim_strlen(const struct rt_text *text);
__u64 prim_substr(struct rt_text *, const struct rt_text *, __s64, __s64);
__s64 prim_stringat(struct rt_frame *, const struct rt_text *, __s64);
__s64 prim_isinstr(const struct rt_text *, const struct rt_text *);
__u64 prim_str_replace(struct rt_frame *, struct rt_text *,
		       const struct rt_text *, const struct rt_text *,
		       const struct rt_text *);
__s64 prim_strtol(const struct rt_text *, __s64);
__u64 prim_tokenize(struct rt_frame *, struct rt_text *,
		    const struct rt_text *, const struct rt_text *);
__u64 prim_tokenize_1(struct rt_frame *, struct rt_text *,
		      const struct rt_text *);
__u64 prim_text_str(struct rt_frame *, struct rt_text *,
		    const struct rt_text *);
__u64 prim_string_quoted(struct rt_frame *, struct rt_text *,
			 const struct rt_text *);
__u64 prim_ctime(struct rt_frame *, struct rt_text *, __s64);
__u64 prim_matched(struct rt_frame *, struct rt_text *, __s64);
__s64 prim_ngroups(struct rt_frame *);
__u64 prim_error(struct rt_frame *, const struct rt_text *);
__u64 prim_log(struct rt_frame *, const struct rt_text *);
__u64 prim_warn(struct rt_frame *, const struct rt_text *);
__u64 prim_system(struct rt_frame *, const struct rt_text *);
__u64 prim_exit(struct rt_frame *);
__u64 prim_abort(struct rt_frame *);
__u64 prim_ftrace(struct rt_frame *, const struct rt_text *);
__u64 prim___input(struct rt_frame *, struct rt_text *);
__u64 prim___output(struct rt_frame *, const struct rt_text *);
__u64 prim___output_more(struct rt_frame *, const struct rt_text *);
__s64 prim_pid(void);
__s64 prim_tid(void);
__s64 prim_uid(void);
__s64 prim_gid(void);
__s64 prim_cpu(void);
__s64 prim_task_current(void);
__s64 prim_cgroup_id(void);
__s64 prim_target(void);
__s64 prim_stp_pid(void);
__s64 prim_ktime_get_ns(void);
__s64 prim_boottime_ns(void);
__s64 prim_gettimeofday_ns(void);
__s64 prim_get_cycles(void);
__s64 prim_jiffies(void);
__s64 prim_HZ(void);
__s64 prim_tz_gmtoff(void);
__s64 prim_randint(__s64);
void prim_execname(char *);
void prim_module_name(char *);
void prim_tz_name(char *);

static void call_inlined(struct test_case *c)
{
	c->longs[INLINE_pid] = prim_pid();
	c->longs[INLINE_tid] = prim_tid();
	c->longs[INLINE_uid] = prim_uid();
	c->longs[INLINE_gid] = prim_gid();
	c->longs[INLINE_cpu] = prim_cpu();
	c->longs[INLINE_task] = prim_task_current();
	c->longs[INLINE_cgroup] = prim_cgroup_id();
	c->longs[INLINE_target] = prim_target();
	c->longs[INLINE_stp_pid] = prim_stp_pid();
	c->longs[INLINE_ktime] = prim_ktime_get_ns();
	c->longs[INLINE_boottime] = prim_boottime_ns();
	c->longs[INLINE_gettimeofday] = prim_gettimeofday_ns();
	c->longs[INLINE_cycles] = prim_get_cycles();
	c->longs[INLINE_jiffies] = prim_jiffies();
	c->longs[INLINE_HZ] = prim_HZ();
	c->longs[INLINE_gmtoff] = prim_tz_gmtoff();
	c->longs[INLINE_randint] = prim_randint(c->number[0]);
	prim_execname(c->execname);
	prim_module_name(c->module);
	prim_tz_name(c->zone);
}

/* Texts a b c, numbers x y. */
#define A (&c->in[0].text)
#define B (&c->in[1].text)
#define C (&c->in[2].text)
#define F (&c->frame)
#define OUT (&c->out.text)
#define X c->number[0]
#define Y c->number[1]

#define DO(name, expression) \
	SEC("syscall") int test_##name(void *context) \
	{ \
		__u32 zero = 0; \
		struct test_case *c = bpf_map_lookup_elem(&cases, &zero); \
		(void)context; \
		if (c) \
			c->result = (expression); \
		return 0; \
	}

DO(length, rt_text_length(A))
DO(copy, rt_text_copy(OUT, A))
DO(append, rt_text_append(OUT, A))
DO(compare, rt_text_compare(A, B))
DO(format_text, rt_format_text(OUT, X, Y, A, c->number[3]))
DO(format_long, rt_format_long(OUT, X, Y, c->number[2], c->number[3]))
DO(strlen, prim_strlen(A))
DO(substr, prim_substr(OUT, A, X, Y))
DO(stringat, prim_stringat(F, A, X))
DO(isinstr, prim_isinstr(A, B))
DO(str_replace, prim_str_replace(F, OUT, A, B, C))
DO(strtol, prim_strtol(A, X))
DO(tokenize, prim_tokenize(F, OUT, A, B))
DO(tokenize_1, prim_tokenize_1(F, OUT, B))
DO(text_str, prim_text_str(F, OUT, A))
DO(string_quoted, prim_string_quoted(F, OUT, A))
DO(ctime, prim_ctime(F, OUT, X))
DO(matched, prim_matched(F, OUT, X))
DO(ngroups, prim_ngroups(F))
DO(match, rt_match(F, A, &c->regex))
DO(inline, (call_inlined(c), 0))
DO(error, prim_error(F, A))
DO(log, prim_log(F, A))
DO(warn, prim_warn(F, A))
DO(system, prim_system(F, A))
DO(exit, prim_exit(F))
DO(abort, prim_abort(F))
DO(ftrace, prim_ftrace(F, A))
DO(input, prim___input(F, OUT))
DO(output, prim___output(F, A))
DO(output_more, prim___output_more(F, A))

char _license[] SEC("license") = "GPL";
