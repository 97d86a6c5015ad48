/*
 * Regular expressions: compiled when a script is translated, matched where
 * probes run.
 *
 * A program is the position automaton of the expression (Glushkov's): each
 * place where it takes a character is a position; follow lists, in the order
 * of preference, say which positions can come after one, under what
 * conditions, and which ends of groups lie on the way. Position 0 is the
 * start. Matching walks all positions in step through the text, so its time is
 * bounded by text times follow lists, whatever the expression. The match is
 * the leftmost and of those the longest; groups are those of the preferred
 * way.
 *
 * The matcher is a step machine over memory that the caller gives: one step is
 * one iteration of bpf_loop, or of a plain loop in user space.
 */
#ifndef SPILE_COMMON_REGEX_H
#define SPILE_COMMON_REGEX_H

#include <linux/types.h>

enum {
	REGEX_POSITIONS = 128,	/* the start included */
	REGEX_ENTRIES = 512,
	REGEX_CLASSES = 32,
	REGEX_GROUPS = 10,	/* the whole match included */
	REGEX_SLOTS = 1024,	/* offsets that one list of threads can hold */

	/* class_of: below, a class; from here on, one character */
	REGEX_CHARACTER = 256,

	/* an entry of a follow list */
	REGEX_TARGET = 0xff,	/* mask; 0: the expression ends here */
	REGEX_AT_BEGIN = 0x100,	/* only at the begin, the end of the text */
	REGEX_AT_END = 0x200,
	REGEX_TAGS = 10,	/* from this bit on: begin and end of group 1,
				 * begin and end of group 2 ... lie here */
	REGEX_UNSET = 0xffff,	/* an offset of a group not taken part */
};

/* ABI: constant words in the object; all fields are __u32. */
struct rt_regex {
	__u32 groups;		/* parentheses + 1 */
	__u32 stride;		/* offsets in a thread: its begin, then the
				 * begin and end of each group */
	__u32 follow[REGEX_POSITIONS + 2];	/* entries of p begin here and
						 * end before follow[p + 1] */
	__u32 class_of[REGEX_POSITIONS];
	__u32 entries[REGEX_ENTRIES];
	__u32 classes[REGEX_CLASSES * 8];	/* bit sets of characters */
};

/* Threads in the order of their preference. */
struct regex_list {
	__u64 count;
	__u8 position[REGEX_POSITIONS];
	__u16 slots[REGEX_SLOTS + 32];	/* slack: copies have a fixed size */
};

/* What matching needs besides program and text; no part outlives a match but
 * the result: matched, and slots of the groups. */
struct regex_threads {
	__u64 at;		/* characters taken */
	__u64 taken;		/* list of threads that took the last one */
	__u64 thread;		/* the next of them to go on */
	__u64 source;		/* the one that goes on now; REGEX_SEED */
	__u64 entry, entry_end;	/* of its follow list */
	__u64 seeded;		/* a match can begin here: done */
	__u64 seen[2];		/* positions in the next list */
	__u64 matched;
	__u64 done;
	__u64 pad;
	__u16 result[2 * REGEX_GROUPS];	/* begin and end of each group */
	__u16 slack[12];
	struct regex_list list[2];
};

enum { REGEX_SEED = 0xffff };

/* ---- user space ---- */

/*
 * Compiles @pattern. 0, or -1 with a sentence (static) and the offset in the
 * pattern where it was understood no more.
 */
int regex_compile(const char *pattern, __u32 length, struct rt_regex *ret,
		  const char **ret_reason, __u32 *ret_offset);

/*
 * Matches a text (NUL-terminated). The number of groups, 0 if it does not
 * match, -1 if that took more than @steps. Groups are in threads->result.
 */
int regex_match(const struct rt_regex *regex, const char *text,
		struct regex_threads *threads, __u64 steps);

/* ---- the step machine ---- */

struct regex_run {
	const struct rt_regex *regex;
	const char *text;
	__u64 mask;		/* offsets in the text are masked by this */
	struct regex_threads *threads;
};

static inline __attribute__((always_inline))
__u8 regex_peek(const struct regex_run *run)
{
	return run->text[run->threads->at & run->mask];
}

/* Whether position @target takes the character @c. */
static inline __attribute__((always_inline))
int regex_takes(const struct rt_regex *regex, __u32 target, __u8 c)
{
	__u32 class = regex->class_of[target & (REGEX_POSITIONS - 1)];
	__u64 word;

	if (class >= REGEX_CHARACTER)
		return c == class - REGEX_CHARACTER;
	/* masked as a whole, on 64 bits: what old verifiers understand */
	word = class * 8 + (c >> 5);
	__asm__("" : "+r"(word));
	return regex->classes[word & (REGEX_CLASSES * 8 - 1)] >> (c & 31) & 1;
}

/* The slots of the thread that goes on, with what lies on the way. */
static inline __attribute__((always_inline))
void regex_carry(const struct regex_run *run, __u16 *to, __u32 entry)
{
	struct regex_threads *threads = run->threads;
	struct regex_list *list = &threads->list[threads->taken & 1];
	__u32 i;

	if (threads->source == REGEX_SEED) {
		to[0] = threads->at;
		for (i = 1; i < 2 * REGEX_GROUPS - 1; i++)
			to[i] = REGEX_UNSET;
	} else {
		__u64 from = threads->source * run->regex->stride &
			     (REGEX_SLOTS - 1);

		for (i = 0; i < 2 * REGEX_GROUPS - 1; i++)
			to[i] = list->slots[from + i];
	}
	for (i = 0; i < 2 * (REGEX_GROUPS - 1); i++)
		if (entry >> (REGEX_TAGS + i) & 1)
			to[1 + i] = threads->at;
}

/* Where the thread that goes on began. */
static inline __attribute__((always_inline))
__u64 regex_began(const struct regex_run *run)
{
	struct regex_threads *threads = run->threads;

	if (threads->source == REGEX_SEED)
		return threads->at;
	return threads->list[threads->taken & 1].slots[
		threads->source * run->regex->stride & (REGEX_SLOTS - 1)];
}

/* A match ends here: better than the one there is? result[0] and [1] are its
 * bounds, the groups follow. */
static inline __attribute__((always_inline))
void regex_accept(const struct regex_run *run, __u32 entry)
{
	struct regex_threads *threads = run->threads;
	__u64 began = regex_began(run);

	if (threads->matched && (began > threads->result[0] ||
				 (began == threads->result[0] &&
				  threads->at <= threads->result[1])))
		return;
	regex_carry(run, threads->result + 1, entry);
	threads->result[0] = began;
	threads->result[1] = threads->at;
	threads->matched = 1;
}

static inline __attribute__((always_inline))
void regex_follow(const struct regex_run *run, __u32 entry)
{
	struct regex_threads *threads = run->threads;
	struct regex_list *next = &threads->list[(threads->taken ^ 1) & 1];
	__u32 target = entry & REGEX_TARGET & (REGEX_POSITIONS - 1);
	__u64 bit = 1ULL << (target & 63), slot;
	__u8 c = regex_peek(run);

	if ((entry & REGEX_AT_BEGIN && threads->at) ||
	    (entry & REGEX_AT_END && c))
		return;
	if (!target) {
		regex_accept(run, entry);
		return;
	}
	if (!c || threads->seen[target >> 6] & bit ||
	    !regex_takes(run->regex, target, c))
		return;
	if (threads->matched && regex_began(run) > threads->result[0])
		return;
	threads->seen[target >> 6] |= bit;
	slot = next->count * run->regex->stride & (REGEX_SLOTS - 1);
	regex_carry(run, next->slots + slot, entry);
	next->position[next->count & (REGEX_POSITIONS - 1)] = target;
	next->count++;
}

/* All threads went on: takes the character. Returns 1 when nothing can come
 * any more. */
static inline __attribute__((always_inline))
int regex_advance(const struct regex_run *run)
{
	struct regex_threads *threads = run->threads;
	__u64 next = (threads->taken ^ 1) & 1;

	if (!regex_peek(run) || (threads->matched &&
				 !threads->list[next].count)) {
		threads->done = 1;
		return 1;
	}
	threads->at++;
	threads->taken = next;
	threads->list[next ^ 1].count = 0;
	threads->seen[0] = threads->seen[1] = 0;
	threads->thread = 0;
	threads->seeded = 0;
	return 0;
}

/* Makes a thread go on along the follow list of @position. */
static inline __attribute__((always_inline))
void regex_take(const struct regex_run *run, __u64 source, __u32 position)
{
	struct regex_threads *threads = run->threads;

	position &= REGEX_POSITIONS - 1;
	threads->source = source;
	threads->entry = run->regex->follow[position];
	threads->entry_end = run->regex->follow[position + 1];
}

static inline __attribute__((always_inline))
void regex_begin(const struct regex_run *run)
{
	struct regex_threads *threads = run->threads;

	threads->at = threads->taken = threads->thread = 0;
	threads->list[0].count = threads->list[1].count = 0;
	threads->seen[0] = threads->seen[1] = 0;
	threads->matched = threads->done = 0;
	threads->result[0] = threads->result[1] = 0;
	regex_take(run, REGEX_SEED, 0);
	threads->seeded = 1;
}

/* One step. Returns 1 when the match is decided. */
static inline __attribute__((always_inline))
int regex_step(const struct regex_run *run)
{
	struct regex_threads *threads = run->threads;
	struct regex_list *list;

	if (threads->entry < threads->entry_end) {
		__u64 entry = threads->entry++ & (REGEX_ENTRIES - 1);

		regex_follow(run, run->regex->entries[entry]);
		return 0;
	}
	list = &threads->list[threads->taken & 1];
	if (threads->thread < list->count) {
		__u64 thread = threads->thread++ & (REGEX_POSITIONS - 1);

		regex_take(run, thread, list->position[thread]);
		return 0;
	}
	if (!threads->seeded && !threads->matched) {
		threads->seeded = 1;
		regex_take(run, REGEX_SEED, 0);
		return 0;
	}
	return regex_advance(run);
}

#endif
