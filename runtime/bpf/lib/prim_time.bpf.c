/*
 * Primitives: clocks, calendar and chance. See runtime/common/intrinsics.def.
 */
#include "runtime/bpf/lib/text.h"
#include "runtime/common/arith.h"

RT_PRIM __s64 prim_ktime_get_ns(void)
{
	return bpf_ktime_get_ns();
}

RT_PRIM __s64 prim_boottime_ns(void)
{
	return bpf_ktime_get_boot_ns();
}

RT_PRIM __s64 prim_gettimeofday_ns(void)
{
	return bpf_ktime_get_ns() + spile_shared.clock_offset;
}

/* No helper reads the counter on every kernel; nanoseconds serve the same
 * use: differences. */
RT_PRIM __s64 prim_get_cycles(void)
{
	return bpf_ktime_get_ns();
}

RT_PRIM __s64 prim_jiffies(void)
{
	return bpf_jiffies64();
}

RT_PRIM __s64 prim_HZ(void)
{
	return spile_shared.hertz;
}

/* West is positive here, east in the shared page. */
RT_PRIM __s64 prim_tz_gmtoff(void)
{
	return -spile_shared.gmt_offset;
}

RT_PRIM void prim_tz_name(char *dst)
{
	__builtin_memcpy(dst, spile_shared.zone, sizeof spile_shared.zone);
}

RT_PRIM __s64 prim_randint(__s64 most)
{
	__u64 random = (__u64)bpf_get_prandom_u32() << 32 |
		       bpf_get_prandom_u32();

	return most > 0 ? random % (__u64)most : 0;
}

struct date {
	__u32 year, month, day;		/* month from 0, day from 1 */
};

/* The day of the civil calendar; @days since 1970, at least those of 1900. The
 * year is made to begin in March, so that the leap day comes last. */
RT_INLINE struct date civil(__s64 days)
{
	__u32 shifted = days + 719468;	/* since March 1 of year 0 */
	__u32 era = shifted / 146097, of_era = shifted % 146097;
	__u32 year = (of_era - of_era / 1460 + of_era / 36524 -
		      of_era / 146096) / 365;
	__u32 of_year = of_era - (365 * year + year / 4 - year / 100);
	__u32 march = (5 * of_year + 2) / 153;	/* months since March */
	struct date date = {
		.year = era * 400 + year + (march >= 10),
		.month = march < 10 ? march + 2 : march - 10,
		.day = of_year - (153 * march + 2) / 5 + 1,
	};

	return date;
}

RT_INLINE void two(char *out, __u32 value, char tens)
{
	out[0] = value < 10 ? tens : '0' + value / 10;
	out[1] = '0' + value % 10;
}

/* Three letters, packed: the lowest byte comes first. */
RT_INLINE void three(char *out, __u32 letters)
{
	out[0] = letters;
	out[1] = letters >> 8;
	out[2] = letters >> 16;
}

#define NAME(a, b, c) (a | b << 8 | c << 16)

static const __u32 day_names[8] = {
	NAME('T', 'h', 'u'), NAME('F', 'r', 'i'), NAME('S', 'a', 't'),
	NAME('S', 'u', 'n'), NAME('M', 'o', 'n'), NAME('T', 'u', 'e'),
	NAME('W', 'e', 'd'),
};

static const __u32 month_names[16] = {
	NAME('J', 'a', 'n'), NAME('F', 'e', 'b'), NAME('M', 'a', 'r'),
	NAME('A', 'p', 'r'), NAME('M', 'a', 'y'), NAME('J', 'u', 'n'),
	NAME('J', 'u', 'l'), NAME('A', 'u', 'g'), NAME('S', 'e', 'p'),
	NAME('O', 'c', 't'), NAME('N', 'o', 'v'), NAME('D', 'e', 'c'),
};

RT_GLOBAL __u64 prim_ctime(struct rt_frame *frame, struct rt_text *dst,
			   __s64 seconds)
{
	struct date date;
	__s64 days, second;

	if (!frame || !dst)
		return 0;
	dst->s[0] = '\0';
	if (seconds > 0x7fffffffLL || seconds < -0x80000000LL) {
		frame->error = seconds < 0 ? RT_ERROR_TIME_PAST :
					     RT_ERROR_TIME_FUTURE;
		return 0;
	}
	/* counted from before the earliest, so that nothing is negative */
	second = (__u64)(seconds + 25000LL * 86400) % 86400;
	days = (__s64)((__u64)(seconds + 25000LL * 86400) / 86400) - 25000;
	date = civil(days);
	three(dst->s, day_names[RT_OPAQUE((__u64)(days + 25004) % 7) & 7]);
	dst->s[3] = ' ';
	three(dst->s + 4, month_names[RT_OPAQUE(date.month) & 15]);
	dst->s[7] = ' ';
	two(dst->s + 8, date.day, ' ');
	dst->s[10] = ' ';
	two(dst->s + 11, second / 3600, '0');
	dst->s[13] = ':';
	two(dst->s + 14, second / 60 % 60, '0');
	dst->s[16] = ':';
	two(dst->s + 17, second % 60, '0');
	dst->s[19] = ' ';
	two(dst->s + 20, date.year / 100, '0');
	two(dst->s + 22, date.year % 100, '0');
	dst->s[24] = '\0';
	return 24;
}
