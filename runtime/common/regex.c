/*
 * Compiling regular expressions (user space), and the plain loop around the
 * matcher.
 *
 * The expression becomes a program for a backtracking machine (jumps relative,
 * so that a repeated part is copied as it is), in one pass. From that the
 * follow lists are collected: what can be reached from behind each character
 * without taking another.
 */
#include <stdbool.h>
#include <string.h>

#include "runtime/common/regex.h"

enum code {
	TAKE,		/* a character of class x */
	SPLIT,		/* to x, or else to y; both relative */
	JUMP,		/* to x; relative */
	TAG,		/* slot x of the groups */
	AT_BEGIN,
	AT_END,
	MATCH,
};

struct instruction {
	enum code code;
	int x, y;
};

enum { PROGRAM_MOST = 1024, DEPTH_MOST = 64, REPEAT_MOST = 255 };

struct compiler {
	const unsigned char *pattern, *at, *end;
	struct rt_regex *regex;
	const char *reason;		/* of the first error, or NULL */
	const unsigned char *reason_at;
	struct instruction program[PROGRAM_MOST];
	int length;
	unsigned int classes;
	unsigned int depth;
};

static void parse_alternatives(struct compiler *c);

static void refuse(struct compiler *c, const unsigned char *at,
		   const char *reason)
{
	if (c->reason)
		return;
	c->reason = reason;
	c->reason_at = at;
}

static bool take(struct compiler *c, char wanted)
{
	if (c->at == c->end || *c->at != (unsigned char)wanted)
		return false;
	c->at++;
	return true;
}

/* ---- the program ---- */

/* Makes room for @count instructions at @at. */
static bool insert(struct compiler *c, int at, int count)
{
	if (c->reason)
		return false;
	if (c->length + count > PROGRAM_MOST) {
		refuse(c, c->at, "the expression is too large");
		return false;
	}
	memmove(c->program + at + count, c->program + at,
		(c->length - at) * sizeof(struct instruction));
	c->length += count;
	return true;
}

static void put(struct compiler *c, int at, enum code code, int x, int y)
{
	if (insert(c, at, 1))
		c->program[at] = (struct instruction){ code, x, y };
}

static void append(struct compiler *c, enum code code, int x, int y)
{
	put(c, c->length, code, x, y);
}

/* ---- characters and classes ---- */

static void set_add(__u32 *set, unsigned int c)
{
	set[c >> 5] |= 1U << (c & 31);
}

static bool is_in(unsigned int c, const char *name, size_t length)
{
	bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
	bool digit = c >= '0' && c <= '9', graph = c > ' ' && c <= '~';
	bool alnum = upper || lower || digit;
	const struct {
		const char *name;
		bool in;
	} rows[] = {
		{ "alpha", upper || lower },
		{ "digit", digit },
		{ "alnum", alnum },
		{ "upper", upper },
		{ "lower", lower },
		{ "space", c == ' ' || (c >= '\t' && c <= '\r') },
		{ "blank", c == ' ' || c == '\t' },
		{ "punct", graph && !alnum },
		{ "print", graph || c == ' ' },
		{ "graph", graph },
		{ "cntrl", c < ' ' || c == 127 },
		{ "xdigit", digit || (c >= 'a' && c <= 'f') ||
			    (c >= 'A' && c <= 'F') },
		{ "word", alnum || c == '_' },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strlen(rows[i].name) == length &&
		    memcmp(rows[i].name, name, length) == 0)
			return rows[i].in;
	return false;
}

static bool is_class_name(const char *name, size_t length)
{
	for (unsigned int c = 1; c < 256; c++)
		if (is_in(c, name, length))
			return true;
	return false;
}

static void set_add_named(__u32 *set, const char *name, size_t length)
{
	for (unsigned int c = 1; c < 256; c++)
		if (is_in(c, name, length))
			set_add(set, c);
}

static void set_invert(__u32 *set)
{
	for (int i = 0; i < 8; i++)
		set[i] = ~set[i];
}

/* A character of @set is taken here. NUL ends texts and is in no class. */
static void append_class(struct compiler *c, __u32 *set)
{
	unsigned int i;

	set[0] &= ~1U;
	for (i = 0; i < c->classes; i++)
		if (memcmp(c->regex->classes + 8 * i, set, 32) == 0)
			break;
	if (i == REGEX_CLASSES) {
		refuse(c, c->at, "too many different brackets");
		return;
	}
	memcpy(c->regex->classes + 8 * i, set, 32);
	if (i == c->classes)
		c->classes++;
	append(c, TAKE, i, 0);
}

/* "[:name:]" inside a bracket; the "[:" is taken. */
static void parse_class_name(struct compiler *c, __u32 *set)
{
	const unsigned char *name = c->at;

	while (c->at < c->end && *c->at != ':' && *c->at != ']')
		c->at++;
	if (c->end - c->at < 2 || c->at[0] != ':' || c->at[1] != ']') {
		refuse(c, name, "\":]\" is missing");
		return;
	}
	if (!is_class_name((const char *)name, c->at - name))
		refuse(c, name, "unknown class of characters");
	set_add_named(set, (const char *)name, c->at - name);
	c->at += 2;
}

/* A character or a range. */
static void parse_range(struct compiler *c, __u32 *set)
{
	const unsigned char *at = c->at;
	unsigned int first = *c->at++, last = first;

	if (c->end - c->at >= 2 && c->at[0] == '-' && c->at[1] != ']') {
		last = c->at[1];
		c->at += 2;
	}
	if (last < first)
		refuse(c, at, "the range ends before it begins");
	for (; first <= last; first++)
		set_add(set, first);
}

/* The "[" is taken. A "]" that comes first is a character. */
static void parse_bracket(struct compiler *c)
{
	const unsigned char *open = c->at - 1, *first;
	bool invert = take(c, '^');
	__u32 set[8] = { 0 };

	first = c->at;
	while (c->at < c->end && (*c->at != ']' || c->at == first)) {
		if (c->end - c->at >= 2 && c->at[0] == '[' &&
		    c->at[1] == ':') {
			c->at += 2;
			parse_class_name(c, set);
		} else {
			parse_range(c, set);
		}
		if (c->reason)
			return;
	}
	if (!take(c, ']')) {
		refuse(c, open, "\"]\" is missing");
		return;
	}
	if (invert)
		set_invert(set);
	append_class(c, set);
}

static void append_named(struct compiler *c, const char *name, bool invert)
{
	__u32 set[8] = { 0 };

	set_add_named(set, name, strlen(name));
	if (invert)
		set_invert(set);
	append_class(c, set);
}

/* The backslash is taken. */
static void parse_escape(struct compiler *c)
{
	static const char letters[] = "ntrfva", values[] = "\n\t\r\f\v\a";
	const unsigned char *at = c->at - 1;
	unsigned char letter;
	const char *found;

	if (c->at == c->end) {
		refuse(c, at, "nothing follows the backslash");
		return;
	}
	letter = *c->at++;
	found = letter ? strchr(letters, letter) : NULL;
	if (found)
		append(c, TAKE, REGEX_CHARACTER + values[found - letters], 0);
	else if (letter == 'w' || letter == 'W')
		append_named(c, "word", letter == 'W');
	else if (letter == 's' || letter == 'S')
		append_named(c, "space", letter == 'S');
	else if (is_in(letter, "digit", 5))
		refuse(c, at, "references to groups are not supported");
	else if (is_in(letter, "alpha", 5) || !letter)
		refuse(c, at, "unknown escape sequence");
	else
		append(c, TAKE, REGEX_CHARACTER + letter, 0);
}

/* ---- the grammar ---- */

/* The "(" is taken. */
static void parse_group(struct compiler *c)
{
	const unsigned char *open = c->at - 1;
	unsigned int group = 0;

	if (c->end - c->at >= 2 && c->at[0] == '?' && c->at[1] == ':') {
		c->at += 2;
	} else {
		group = c->regex->groups++;
		if (group >= REGEX_GROUPS)
			refuse(c, open, "more than 9 groups");
	}
	if (++c->depth > DEPTH_MOST)
		refuse(c, open, "the groups are nested too deep");
	if (c->reason)
		return;
	if (group)
		append(c, TAG, 2 * (group - 1), 0);
	parse_alternatives(c);
	if (group)
		append(c, TAG, 2 * (group - 1) + 1, 0);
	if (!take(c, ')'))
		refuse(c, open, "\")\" is missing");
	c->depth--;
}

/* Returns whether it can be repeated. */
static bool parse_atom(struct compiler *c)
{
	__u32 any[8] = { 0 };
	unsigned char first = *c->at++;

	switch (first) {
	case '(':
		parse_group(c);
		return true;
	case '[':
		parse_bracket(c);
		return true;
	case '.':
		set_invert(any);
		append_class(c, any);
		return true;
	case '\\':
		parse_escape(c);
		return true;
	case '^':
		append(c, AT_BEGIN, 0, 0);
		return false;
	case '$':
		append(c, AT_END, 0, 0);
		return false;
	case '*':
	case '+':
	case '?':
		refuse(c, c->at - 1, "there is nothing to repeat");
		return false;
	case '\0':
		refuse(c, c->at - 1, "texts hold no NUL");
		return false;
	}
	append(c, TAKE, REGEX_CHARACTER + first, 0);
	return true;
}

/* Up to three digits; -1 if there is none. */
static int parse_count(struct compiler *c)
{
	int count = -1;

	while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
		count = (count < 0 ? 0 : count) * 10 + *c->at++ - '0';
		if (count > REPEAT_MOST) {
			refuse(c, c->at - 1, "repeated more than 255 times");
			return 0;
		}
	}
	return count;
}

/* The block from @begin on: not at all, or many times. */
static void repeat_star(struct compiler *c, int begin)
{
	int size = c->length - begin;

	put(c, begin, SPLIT, 1, size + 2);
	append(c, JUMP, -(size + 1), 0);
}

/* A copy of @size instructions at @begin, at the end. */
static void copy_block(struct compiler *c, int begin, int size)
{
	int at = c->length;

	if (insert(c, at, size))
		memmove(c->program + at, c->program + begin,
			size * sizeof(struct instruction));
}

/* The block from @begin on @least to @most times; -1: without limit. */
static void repeat(struct compiler *c, int begin, int least, int most)
{
	int size = c->length - begin, at;

	if (most == 0) {
		c->length = begin;
		return;
	}
	if (least == 0 && most < 0) {
		repeat_star(c, begin);
		return;
	}
	for (int i = 1; i < least && !c->reason; i++)
		copy_block(c, begin, size);
	if (most < 0) {
		append(c, SPLIT, -size, 1);
		return;
	}
	/* the rest may be left out: each SPLIT leads behind the last copy */
	at = c->length;
	if (least == 0) {
		put(c, begin, SPLIT, 1, most * (size + 1));
		for (int i = 1; i < most && !c->reason; i++) {
			append(c, SPLIT, 1, (most - i) * (size + 1));
			copy_block(c, begin + 1, size);
		}
		return;
	}
	for (int i = least; i < most && !c->reason; i++) {
		append(c, SPLIT, 1, (most - i) * (size + 1));
		copy_block(c, at - size, size);
	}
}

/* "{m}", "{m,}" or "{m,n}"; the "{" is taken. */
static void parse_braces(struct compiler *c, int begin)
{
	const unsigned char *open = c->at - 1;
	int least = parse_count(c), most = least;

	if (take(c, ','))
		most = parse_count(c);
	if (!take(c, '}'))
		refuse(c, open, "\"}\" is missing");
	else if (most >= 0 && most < least)
		refuse(c, open, "the most is less than the least");
	if (!c->reason)
		repeat(c, begin, least, most);
}

static bool at_braces(const struct compiler *c)
{
	return c->end - c->at >= 2 && c->at[0] == '{' && c->at[1] >= '0' &&
	       c->at[1] <= '9';
}

/* The quantifiers behind what was parsed from @begin on. */
static void parse_quantifiers(struct compiler *c, int begin)
{
	while (!c->reason) {
		if (take(c, '*')) {
			repeat(c, begin, 0, -1);
		} else if (take(c, '+')) {
			repeat(c, begin, 1, -1);
		} else if (take(c, '?')) {
			repeat(c, begin, 0, 1);
		} else if (at_braces(c)) {
			c->at++;
			parse_braces(c, begin);
		} else {
			return;
		}
	}
}

static void parse_branch(struct compiler *c)
{
	while (!c->reason && c->at < c->end && *c->at != '|' &&
	       (*c->at != ')' || !c->depth)) {
		int begin = c->length;

		if (*c->at == ')') {
			refuse(c, c->at, "\"(\" is missing");
			return;
		}
		if (parse_atom(c))
			parse_quantifiers(c, begin);
	}
}

/* Jumps behind alternatives are chained through x until their end is known. */
static void parse_alternatives(struct compiler *c)
{
	int begin = c->length, chain = -1;

	parse_branch(c);
	while (!c->reason && take(c, '|')) {
		put(c, begin, SPLIT, 1, c->length - begin + 2);
		append(c, JUMP, chain, 0);
		chain = c->length - 1;
		begin = c->length;
		parse_branch(c);
	}
	while (!c->reason && chain >= 0) {
		int next = c->program[chain].x;

		c->program[chain].x = c->length - chain;
		chain = next;
	}
}

/* ---- follow lists ---- */

struct closure {
	struct compiler *c;
	unsigned int entries;	/* of all lists so far */
	unsigned int begin;	/* of this one */
	int position[PROGRAM_MOST];	/* of each TAKE */
	unsigned char visited[PROGRAM_MOST];	/* conditions, a bit each set
						 * of them */
};

/* An entry that is already there under no more conditions is preferred. */
static void add_entry(struct closure *closure, __u32 target, __u32 way)
{
	struct rt_regex *regex = closure->c->regex;
	const __u32 conditions = REGEX_AT_BEGIN | REGEX_AT_END;

	for (unsigned int i = closure->begin; i < closure->entries; i++) {
		__u32 entry = regex->entries[i];

		if ((entry & REGEX_TARGET) == target &&
		    (entry & conditions & ~way) == 0)
			return;
	}
	if (closure->entries == REGEX_ENTRIES) {
		refuse(closure->c, closure->c->end,
		       "the expression is too complicated");
		return;
	}
	regex->entries[closure->entries++] = target | way;
}

/* All that can come at @pc; @way holds conditions and tags so far. An explicit
 * stack keeps the order of preference. */
static void collect(struct closure *closure, int start)
{
	struct compiler *c = closure->c;
	struct {
		int pc;
		__u32 way;
	} stack[2 * PROGRAM_MOST + 4];
	int depth = 0;

	closure->begin = closure->entries;
	memset(closure->visited, 0, sizeof(closure->visited));
	stack[depth].pc = start;
	stack[depth++].way = 0;
	while (depth && !c->reason) {
		int pc = stack[--depth].pc;
		__u32 way = stack[depth].way;
		const struct instruction *at = &c->program[pc];
		unsigned int seen = 1U << (way >> 8 & 3);

		if (closure->visited[pc] & seen)
			continue;
		closure->visited[pc] |= seen;
		switch (at->code) {
		case TAKE:
			add_entry(closure, closure->position[pc], way);
			continue;
		case MATCH:
			add_entry(closure, 0, way);
			continue;
		case SPLIT:
			if (depth + 2 > 2 * PROGRAM_MOST) {
				refuse(c, c->end,
				       "the expression is too complicated");
				continue;
			}
			stack[depth].pc = pc + at->y;
			stack[depth++].way = way;
			stack[depth].pc = pc + at->x;
			stack[depth++].way = way;
			continue;
		case JUMP:
			pc += at->x;
			break;
		case TAG:
			way |= 1U << (REGEX_TAGS + at->x);
			pc++;
			break;
		case AT_BEGIN:
			way |= REGEX_AT_BEGIN;
			pc++;
			break;
		case AT_END:
			way |= REGEX_AT_END;
			pc++;
			break;
		}
		stack[depth].pc = pc;
		stack[depth++].way = way;
	}
}

static void number_positions(struct closure *closure)
{
	struct compiler *c = closure->c;
	unsigned int count = 1;
	unsigned int most = REGEX_SLOTS / c->regex->stride;

	if (most > REGEX_POSITIONS)
		most = REGEX_POSITIONS;
	for (int pc = 0; pc < c->length; pc++) {
		if (c->program[pc].code != TAKE)
			continue;
		if (count >= most) {
			refuse(c, c->end, "the expression is too large");
			return;
		}
		c->regex->class_of[count] = c->program[pc].x;
		closure->position[pc] = count++;
	}
}

static void collect_all(struct compiler *c)
{
	struct closure closure = { .c = c };
	struct rt_regex *regex = c->regex;
	unsigned int position = 0;

	number_positions(&closure);
	collect(&closure, 0);
	for (int pc = 0; pc < c->length && !c->reason; pc++) {
		if (c->program[pc].code != TAKE)
			continue;
		regex->follow[++position] = closure.entries;
		collect(&closure, pc + 1);
	}
	while (++position < REGEX_POSITIONS + 2)
		regex->follow[position] = closure.entries;
}

int regex_compile(const char *pattern, __u32 length, struct rt_regex *ret,
		  const char **ret_reason, __u32 *ret_offset)
{
	struct compiler c = {
		.pattern = (const unsigned char *)pattern,
		.at = (const unsigned char *)pattern,
		.end = (const unsigned char *)pattern + length,
		.regex = ret,
	};

	memset(ret, 0, sizeof(*ret));
	ret->groups = 1;
	parse_alternatives(&c);
	append(&c, MATCH, 0, 0);
	ret->stride = 2 * ret->groups - 1;
	if (!c.reason)
		collect_all(&c);
	if (!c.reason)
		return 0;
	*ret_reason = c.reason;
	*ret_offset = c.reason_at - c.pattern;
	return -1;
}

int regex_match(const struct rt_regex *regex, const char *text,
		struct regex_threads *threads, __u64 steps)
{
	struct regex_run run = {
		.regex = regex,
		.text = text,
		.mask = ~0ULL,
		.threads = threads,
	};

	regex_begin(&run);
	while (steps--)
		if (regex_step(&run))
			return threads->matched ? (int)regex->groups : 0;
	return -1;
}
