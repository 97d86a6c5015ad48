/*
 * The picture of a histogram as a text, as runtime/common/hist.c draws it.
 * The buckets are in memory that this may change: what is counted by none says
 * here how many such follow.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#include "runtime/bpf/lib/gen.h"
#include "runtime/bpf/lib/text.h"
#include "runtime/common/format.h"
#include "runtime/common/hist.h"

/* Up to eight characters. */
#define WORD(a, b, c, d, e, f, g) \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | \
	 (__u64)(e) << 32 | (__u64)(f) << 40 | (__u64)(g) << 48)

/* One row of it. */
struct row {
	__u64 at;
	__s64 low;
	__u64 mark, marked_length;	/* < or >; of the label with it, which
					 * can only stand at an end */
	__u64 value_width, width, bar, count, count_width;
	__u64 counted;			/* that it is cut */
};

/* What is found out and drawn so far; in the frame, behind the buckets, since
 * the stack has no room for it. */
struct progress {
	__u64 first, last;	/* what is shown */
	__u64 any;		/* any bucket counts */
	__u64 most;		/* the largest count */
	__u64 scale;		/* counts for one character of a bar */
	__u64 first_length, last_length;	/* of the labels at the ends */
	__u64 run;		/* length of a row of empty buckets */
	struct row row;		/* also: length so far, widths */
};

struct picture {
	struct rt_text *dst;
	const struct rt_array_plan *plan;
	__s64 *buckets;
	struct progress *now;
};

RT_INLINE __s64 *bucket_at(struct picture *picture, __u64 number)
{
	barrier_var(number);
	if (number >= HIST_BUCKETS_MOST)
		number = HIST_BUCKETS_MOST - 1;
	return &picture->buckets[number];
}

RT_INLINE __s64 low_of(const struct rt_array_plan *plan, __u64 bucket)
{
	if (plan->hist == HIST_LOG)
		return hist_log_low(bucket);
	return hist_linear_low(plan->start, plan->stop, plan->step,
			       plan->buckets, bucket);
}

/* < or > in front of the buckets below and above all others. */
RT_INLINE char mark_of(const struct rt_array_plan *plan, __u64 bucket)
{
	if (plan->hist == HIST_LINEAR && bucket == 0)
		return '<';
	if (plan->hist == HIST_LINEAR && bucket == plan->buckets - 1)
		return '>';
	return 0;
}

static long scan_step(__u64 i, struct picture *picture)
{
	__u64 count = *bucket_at(picture, i);

	if (!count)
		return 0;
	if (count > picture->now->most)
		picture->now->most = count;
	if (!picture->now->any)
		picture->now->first = i;
	picture->now->any = 1;
	picture->now->last = i;
	return 0;
}

/* Two empty buckets around those that count; see hist.c. */
RT_INLINE void find_range(struct picture *picture)
{
	const struct rt_array_plan *plan = picture->plan;
	__u64 linear = plan->hist == HIST_LINEAR;
	__u64 least = linear, most = plan->buckets - 1 - linear;

	bpf_loop(plan->buckets, scan_step, picture, 0);
	if (!linear && picture->now->first >= HIST_LOG_ZERO)
		least = HIST_LOG_ZERO;
	for (int i = 0; i < 2; i++) {
		if (picture->now->first > least)
			picture->now->first--;
		if (picture->now->last < most)
			picture->now->last++;
	}
}

/* From the last to the first: an empty bucket gets, negative, how many there
 * are from it on. */
static long mark_step(__u64 i, struct picture *picture)
{
	__s64 *bucket = bucket_at(picture, picture->now->last - i);

	if (*bucket) {
		picture->now->run = 0;
		return 0;
	}
	picture->now->run++;
	*bucket = -(__s64)picture->now->run;
	return 0;
}

RT_INLINE __u64 label_length(struct picture *picture, __u64 bucket)
{
	__u64 length = rt_format_long(picture->dst, 0,
				      format_spec('d', 0, 0, -1),
				      low_of(picture->plan, bucket), 0);

	return length + !!mark_of(picture->plan, bucket);
}

/* Labels grow towards both ends. */
RT_INLINE void measure(struct picture *picture)
{
	__u64 first = label_length(picture, picture->now->first);
	__u64 last = label_length(picture, picture->now->last);
	__u64 width = picture->plan->width;

	picture->now->first_length = first;
	picture->now->last_length = last;
	picture->now->row.value_width = first > last ? first : last;
	if (picture->now->row.value_width < 5)
		picture->now->row.value_width = 5;
	picture->now->row.count_width = rt_format_long(picture->dst, 0,
					      format_spec('u', 0, 0, -1),
					      picture->now->most, 0);
	picture->now->scale = 1;
	if (width && picture->now->most > width)
		picture->now->scale = (picture->now->most + width - 1) / width;
}

RT_INLINE void draw_head(struct picture *picture)
{
	struct rt_text *dst = picture->dst;
	__u64 at;

	at = rt_format_fill(dst, 0, ' ', picture->now->row.value_width - 5);
	at = rt_format_word(dst, at, WORD('v', 'a', 'l', 'u', 'e', ' ', '|'));
	at = rt_format_fill(dst, at, '-', picture->plan->width);
	picture->now->row.at = rt_format_word(dst, at, WORD(' ', 'c', 'o', 'u', 'n', 't',
						   '\n'));
}

/* A number that takes @room. */
RT_INLINE __u64 draw_number(struct rt_text *dst, struct row *row, __u64 at,
			    __u64 room, __u64 spec, __s64 value)
{
	if (at + room > rt_text_most())
		row->counted = 1;
	return rt_format_long(dst, at, spec, value, 0);
}

RT_INLINE __u64 draw_label(struct rt_text *dst, struct row *row)
{
	__u64 at = row->at;

	if (!row->mark)
		return draw_number(dst, row, at, row->value_width,
				   format_spec('d', 0, row->value_width, -1),
				   row->low);
	at = rt_format_fill(dst, at, ' ', row->value_width - row->marked_length);
	at = rt_format_word(dst, at, row->mark);
	return draw_number(dst, row, at, row->marked_length - 1,
			   format_spec('d', 0, 0, -1), row->low);
}

/* A function by itself, so that it is verified once. */
RT_GLOBAL __u64 rt_hist_row(struct rt_text *dst, struct row *row)
{
	__u64 at;

	if (!dst || !row)
		return 0;
	at = draw_label(dst, row);
	if (at >= rt_text_most())
		return at;
	at = rt_format_word(dst, at, WORD(' ', '|', 0, 0, 0, 0, 0));
	at = rt_format_fill(dst, at, '@', row->bar);
	at = rt_format_fill(dst, at, ' ', row->width - row->bar + 1);
	if (at >= rt_text_most())
		return at;
	at = draw_number(dst, row, at, row->count_width,
			 format_spec('u', 0, row->count_width, -1), row->count);
	return rt_format_word(dst, at, '\n');
}

static void draw_row(struct picture *picture, __u64 bucket, __u64 count)
{
	struct progress *now = picture->now;
	struct row *row = &now->row;

	row->low = low_of(picture->plan, bucket);
	row->mark = mark_of(picture->plan, bucket);
	row->marked_length = row->mark == '<' ? now->first_length :
						now->last_length;
	row->width = picture->plan->width;
	row->bar = now->scale ? count / now->scale : 0;
	row->count = count;
	row->at = rt_hist_row(picture->dst, row);
}

/* Of a long row of empty buckets only the ends are shown. */
static long draw_step(__u64 i, struct picture *picture)
{
	__u64 bucket = picture->now->first + i;
	__s64 count = *bucket_at(picture, bucket);
	__s64 elision = picture->plan->elision, left, before;

	if (count >= 0) {
		picture->now->run = 0;
	} else {
		left = -count;
		count = 0;
		if (!picture->now->run)
			picture->now->run = left;
		before = picture->now->run - left;
		if (elision >= 0 && (__s64)picture->now->run > 2 * elision) {
			if (before == elision) {
				picture->now->row.at = rt_format_fill(
					picture->dst, picture->now->row.at, ' ',
					picture->now->row.value_width + 1);
				picture->now->row.at = rt_format_word(
					picture->dst, picture->now->row.at,
					WORD('~', '\n', 0, 0, 0, 0, 0));
			}
			if (before >= elision && left > elision)
				return 0;
		}
	}
	draw_row(picture, bucket, count);
	return picture->now->row.at >= rt_text_most();
}

/* dst = the picture; @buckets is room for two texts. */
RT_SHARED void rt_hist_text(struct rt_text *dst,
			    const struct rt_array_plan *plan, __s64 *buckets)
{
	struct progress *now = (struct progress *)(buckets + HIST_BUCKETS_MOST);
	struct picture picture = {
		.dst = dst, .plan = plan, .buckets = buckets, .now = now,
	};

	*now = (struct progress){};
	find_range(&picture);
	measure(&picture);
	bpf_loop(now->last - now->first + 1, mark_step, &picture, 0);
	draw_head(&picture);
	now->run = 0;
	bpf_loop(now->last - now->first + 1, draw_step, &picture, 0);
	rt_format_word(dst, now->row.at, '\n');
	if (now->row.at >= rt_text_most() && !now->row.counted)
		rt_count_truncated();
}
