/*
 * The picture of a histogram: see hist.h.
 */
#ifndef __KERNEL__
#include <stdbool.h>
#endif

#include "runtime/common/format.h"
#include "runtime/common/hist.h"

struct picture {
	char *out;
	__u64 room, length;
	const struct hist_shape *shape;
	const __u64 *buckets;
	__u32 count;		/* of buckets */
	__u32 first, last;	/* what is shown */
	__u64 scale;		/* counts for one character of a bar */
	__u32 value_width, count_width;
};

__u32 hist_buckets(const struct hist_shape *shape)
{
	switch (shape->kind) {
	case HIST_NONE:
		return 0;
	case HIST_LOG:
		return HIST_LOG_BUCKETS;
	case HIST_LINEAR:
		return hist_linear_buckets(shape->start, shape->stop,
					   shape->step);
	}
	return 0;
}

__s64 hist_low(const struct hist_shape *shape, __u32 bucket)
{
	if (shape->kind == HIST_LOG)
		return hist_log_low(bucket);
	return hist_linear_low(shape->start, shape->stop, shape->step,
			       hist_buckets(shape), bucket);
}

static void draw(struct picture *picture, char c)
{
	if (picture->length < picture->room)
		picture->out[picture->length] = c;
	picture->length++;
}

static void draw_run(struct picture *picture, char c, __u64 count)
{
	while (count--)
		draw(picture, c);
}

static void put_text(struct picture *picture, const char *text, __u32 length,
		     __u32 width)
{
	draw_run(picture, ' ', width > length ? width - length : 0);
	while (length--)
		draw(picture, *text++);
}

/* What stands before the bar; @text has room for 32. */
static __u32 label(const struct picture *picture, __u32 bucket, char *text)
{
	const struct hist_shape *shape = picture->shape;
	__u32 length = 0;

	if (shape->kind == HIST_LINEAR && bucket == 0)
		text[length++] = '<';
	else if (shape->kind == HIST_LINEAR && bucket == picture->count - 1)
		text[length++] = '>';
	return length + format_long(text + length, 32 - length,
				    format_spec('d', '\0', 0, -1),
				    hist_low(shape, bucket));
}

/* Two empty buckets around those that count show where the values end; but no
 * negative ones without a negative value, and none outside of the bounds. */
static void find_range(struct picture *picture)
{
	bool linear = picture->shape->kind == HIST_LINEAR;
	__u32 least = linear, most = picture->count - 1 - linear;
	__u32 first = 0, last = picture->count - 1, i;

	while (first < last && !picture->buckets[first])
		first++;
	while (last > first && !picture->buckets[last])
		last--;
	if (!linear && first >= HIST_LOG_ZERO)
		least = HIST_LOG_ZERO;
	for (i = 0; i < 2; i++) {
		if (first > least)
			first--;
		if (last < most)
			last++;
	}
	picture->first = first;
	picture->last = last;
}

/* What one sign of a bar stands for, so that the longest fits. */
static __u64 scale_of(__u64 most, __u64 width)
{
	if (most <= width)
		return 1;
	return width ? most / width + (most % width != 0) : most;
}

static void measure(struct picture *picture)
{
	__u64 most = 0;
	__u32 i, length;
	char text[32];

	picture->value_width = 5;	/* "value" */
	for (i = picture->first; i <= picture->last; i++) {
		length = label(picture, i, text);
		if (length > picture->value_width)
			picture->value_width = length;
		if (picture->buckets[i] > most)
			most = picture->buckets[i];
	}
	picture->scale = scale_of(most, picture->shape->width);
	picture->count_width = format_long(text, sizeof(text),
					   format_spec('u', '\0', 0, -1), most);
}

static void draw_head(struct picture *picture)
{
	put_text(picture, "value", 5, picture->value_width);
	put_text(picture, " |", 2, 0);
	draw_run(picture, '-', picture->shape->width);
	put_text(picture, " count\n", 7, 0);
}

static void draw_row(struct picture *picture, __u32 bucket)
{
	__u64 bar = picture->buckets[bucket] / picture->scale;
	char text[32];
	__u32 length = label(picture, bucket, text);

	put_text(picture, text, length, picture->value_width);
	put_text(picture, " |", 2, 0);
	draw_run(picture, '@', bar);
	draw_run(picture, ' ', picture->shape->width - bar + 1);
	length = format_long(text, sizeof(text),
			     format_spec('u', '\0', 0, -1),
			     picture->buckets[bucket]);
	put_text(picture, text, length, picture->count_width);
	draw(picture, '\n');
}

/* How many empty buckets follow each other from @bucket on. */
static __u32 empty_run(const struct picture *picture, __u32 bucket)
{
	__u32 count = 0;

	while (bucket + count <= picture->last &&
	       !picture->buckets[bucket + count])
		count++;
	return count;
}

static void draw_rows(struct picture *picture)
{
	__s64 elision = picture->shape->elision;
	__u32 i = picture->first, run, j;

	while (i <= picture->last) {
		run = empty_run(picture, i);
		if (elision < 0 || run <= 2 * elision) {
			/* the run, or one that counts */
			for (j = 0; j < (run ? run : 1); j++)
				draw_row(picture, i++);
			continue;
		}
		for (j = 0; j < elision; j++)
			draw_row(picture, i + j);
		draw_run(picture, ' ', picture->value_width + 1);
		put_text(picture, "~\n", 2, 0);
		for (j = run - elision; j < run; j++)
			draw_row(picture, i + j);
		i += run;
	}
}

__u64 hist_render(char *out, __u64 room, const struct hist_shape *shape,
		  const __u64 *buckets)
{
	struct picture picture = {
		.out = out,
		.room = room,
		.shape = shape,
		.buckets = buckets,
		.count = hist_buckets(shape),
	};

	if (!picture.count)
		return 0;
	find_range(&picture);
	measure(&picture);
	draw_head(&picture);
	draw_rows(&picture);
	draw(&picture, '\n');
	return picture.length;
}
