/*
 * One call of a library function: what testsuite/unit/test-bpf-lib.c asks and
 * test.bpf.c answers, in a map value.
 */
#ifndef SPILE_TEST_BPF_LIB_CASE_H
#define SPILE_TEST_BPF_LIB_CASE_H

#include "runtime/bpf/lib/rt.h"
#include "runtime/common/regex.h"

enum case_call {
	CALL_length, CALL_copy, CALL_append, CALL_compare, CALL_format_text,
	CALL_format_long, CALL_strlen, CALL_substr, CALL_stringat,
	CALL_isinstr, CALL_str_replace, CALL_strtol, CALL_tokenize,
	CALL_tokenize_1, CALL_text_str, CALL_string_quoted, CALL_ctime,
	CALL_matched, CALL_ngroups, CALL_match, CALL_inline, CALL_error,
	CALL_log, CALL_warn, CALL_system, CALL_exit, CALL_abort, CALL_ftrace,
	CALL_input, CALL_output,
	CALLS
};

/* Results of the inlined primitives, in long[]. */
enum case_inline {
	INLINE_pid, INLINE_tid, INLINE_uid, INLINE_gid, INLINE_cpu,
	INLINE_task, INLINE_cgroup, INLINE_target, INLINE_stp_pid,
	INLINE_ktime, INLINE_boottime, INLINE_gettimeofday, INLINE_cycles,
	INLINE_jiffies, INLINE_HZ, INLINE_gmtoff, INLINE_randint, INLINES
};

struct test_case {
	__u64 call;		/* enum case_call */
	__s64 number[3];
	__s64 result;
	__s64 longs[INLINES];
	char execname[16], module[64], zone[16];
	struct rt_text in[3];
	struct rt_text out;
	struct rt_frame frame;
	struct rt_regex regex;
};

#endif
