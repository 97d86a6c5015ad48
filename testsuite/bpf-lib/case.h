/*
 * One call of a library function: what testsuite/unit/test-bpf-lib.c asks and
 * test.bpf.c answers, in a map value.
 */
#ifndef SPILE_TEST_BPF_LIB_CASE_H
#define SPILE_TEST_BPF_LIB_CASE_H

#include "runtime/bpf/lib/rt.h"
#include "runtime/common/regex.h"

/* Results of the inlined primitives, in long[]. */
enum case_inline {
	INLINE_pid, INLINE_tid, INLINE_uid, INLINE_gid, INLINE_cpu,
	INLINE_task, INLINE_cgroup, INLINE_target, INLINE_stp_pid,
	INLINE_ktime, INLINE_boottime, INLINE_gettimeofday, INLINE_cycles,
	INLINE_jiffies, INLINE_HZ, INLINE_gmtoff, INLINE_randint, INLINES
};

/* Slots have the same place whatever RT_TEXT_SIZE the program has. */
union test_text {
	struct rt_text text;
	char s[2 * 4096];
};

struct test_case {
	__s64 number[4];
	__s64 result;
	__s64 longs[INLINES];
	char execname[16], module[64], zone[16];
	union test_text in[3];
	union test_text out;
	struct rt_regex regex;
	union {
		struct rt_frame frame;
		char room[40960];
	};
};

#endif
