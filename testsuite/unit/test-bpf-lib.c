/*
 * The probe-side library in the kernel: linked with testsuite/bpf-lib as
 * generated programs are, loaded (so verified) and test-run with many cases
 * against plain models. Once for each size of a text, and with a short
 * MAXSTRINGLEN.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/common/format.h"
#include "testsuite/bpf-lib/case.h"

struct state {
	struct bpf_object *object;
	struct test_case *c;
	struct wire_shared *shared;
	struct ring_buffer *ring;
	char record[8192];	/* the last one */
	size_t record_size;
	unsigned int size, most;
	uint32_t random;
};

/* ---- building and loading ---- */

/* The tree: this file is testsuite/unit/test-bpf-lib.c in it. */
static void find_tree(char *tree, size_t size)
{
	snprintf(tree, size, "%s", __FILE__);
	for (int i = 0; i < 3; i++) {
		char *slash = strrchr(tree, '/');

		if (!slash) {
			snprintf(tree, size, ".");
			return;
		}
		*slash = '\0';
	}
}

/* Compiles and links; $1 tree, $2 folder, $3 size, $4 most characters. */
static const char script[] =
	"set -e; cd \"$1\"; d=$2\n"
	"for v in 19 18 17 16 15 ''; do\n"
	"	clang=clang${v:+-$v}\n"
	"	command -v $clang >/dev/null && break; done\n"
	"link=$($clang -print-prog-name=llvm-link)\n"
	"command -v $link >/dev/null || exit 77\n"
	"flags='-target bpf -mcpu=v3 -O2 -g -std=gnu11'\n"
	"for f in runtime/bpf/lib/text runtime/bpf/lib/format \\\n"
	"	runtime/bpf/lib/prim_task runtime/bpf/lib/prim_session \\\n"
	"	runtime/bpf/lib/prim_time runtime/bpf/lib/prim_text \\\n"
	"	runtime/bpf/lib/regex runtime/bpf/lib/out \\\n"
	"	testsuite/bpf-lib/test testsuite/bpf-lib/maps; do\n"
	"	$clang $flags -I. -DRT_TEXT_SIZE=$3 -DTEXT_MAX=$4 \\\n"
	"		-idirafter /usr/include/$(gcc -print-multiarch) \\\n"
	"		-emit-llvm -c $f.bpf.c -o $d/$(basename $f).bc\n"
	"done\n"
	"$link $d/*.bc -o $d/all.linked\n"
	"$clang -target bpf -mcpu=v3 -O2 -x ir -c $d/all.linked -o $d/test.o\n"
	"rm -f $d/*.bc $d/all.linked\n";

static int build(char *folder, unsigned int size, unsigned int most)
{
	char tree[256], command[4096];

	find_tree(tree, sizeof(tree));
	snprintf(command, sizeof(command), "sh -s '%s' %s %u %u <<'END'\n%sEND",
		 tree, folder, size, most, script);
	return system(command);
}

static int take_record(void *context, void *data, size_t size)
{
	struct state *s = context;

	assert_true(size <= sizeof(s->record));
	memcpy(s->record, data, size);
	s->record_size = size;
	return 0;
}

static void *map_value(struct bpf_object *object, const char *name,
		       size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, name);
	void *value;

	assert_non_null(map);
	value = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		     bpf_map__fd(map), 0);
	assert_true(value != MAP_FAILED);
	return value;
}

static int load(void **state, unsigned int size, unsigned int most)
{
	struct state *s = calloc(1, sizeof(*s));
	char folder[] = "/tmp/bpf-lib-XXXXXX", path[64];
	int status;

	*state = s;
	s->size = size;
	s->most = most;
	s->random = 1;
	if (geteuid() != 0)
		return 0;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/test.o", folder);
	status = build(folder, size, most);
	if (status == 0)
		s->object = bpf_object__open(path);
	unlink(path);
	rmdir(folder);
	if (WEXITSTATUS(status) == 77)
		return 0;
	assert_int_equal(status, 0);
	assert_non_null(s->object);
	assert_int_equal(bpf_object__load(s->object), 0);
	s->c = map_value(s->object, "cases", sizeof(struct test_case));
	s->shared = map_value(s->object, ".data.spile_shared",
			      sizeof(struct wire_shared));
	s->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(
			s->object, "spile_output"), take_record, s, NULL);
	assert_non_null(s->ring);
	return 0;
}

static int load_usual(void **state)
{
	return load(state, 512, 511);
}

static int load_large(void **state)
{
	return load(state, 4096, 4095);
}

static int load_short(void **state)
{
	return load(state, 512, 31);
}

static int unload(void **state)
{
	struct state *s = *state;

	ring_buffer__free(s->ring);
	bpf_object__close(s->object);
	free(s);
	return 0;
}

/* ---- calling ---- */

/* The state, or the test is skipped: not root, no clang. */
static struct state *ready(void **state)
{
	struct state *s = *state;

	if (!s->object)
		skip();
	memset(s->c, 0, sizeof(*s->c));
	return s;
}

static int64_t call(struct state *s, const char *name)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);
	struct bpf_program *program;
	char full[64];

	snprintf(full, sizeof(full), "test_%s", name);
	program = bpf_object__find_program_by_name(s->object, full);
	assert_non_null(program);
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program),
						&options), 0);
	return s->c->result;
}

static char *in(struct state *s, int i)
{
	return s->c->in[i].s;
}

static void set(struct state *s, int i, const char *text)
{
	/* what is behind a text is never looked at */
	memset(in(s, i), 0xee, 2 * s->size);
	strcpy(in(s, i), text);
}

static uint32_t draw(struct state *s, uint32_t below)
{
	s->random = s->random * 1664525 + 1013904223;
	return (s->random >> 8) % below;
}

/* A text of few letters, often short, sometimes as long as can be. */
static void draw_text(struct state *s, int i, uint32_t letters)
{
	uint32_t kind = draw(s, 8), length;
	char text[4096];

	length = kind < 5 ? draw(s, 20) : kind < 7 ? draw(s, s->most + 1) :
		 s->most;
	if (length > s->most)
		length = s->most;
	for (uint32_t j = 0; j < length; j++)
		text[j] = 'a' + draw(s, letters);
	text[length] = '\0';
	set(s, i, text);
}

#define EACH for (int round = 0; round < 400; round++)

/* ---- texts ---- */

static void lengths_and_copies(void **state)
{
	struct state *s = ready(state);

	EACH {
		draw_text(s, 0, 26);
		assert_int_equal(call(s, "length"), strlen(in(s, 0)));
		assert_int_equal(call(s, "strlen"), strlen(in(s, 0)));
		assert_int_equal(call(s, "copy"), strlen(in(s, 0)));
		assert_string_equal(s->c->out.s, in(s, 0));
	}
}

static void appends(void **state)
{
	struct state *s = ready(state);
	char expected[8192];

	EACH {
		uint64_t truncated = s->shared->truncated, wanted;

		draw_text(s, 0, 26);
		draw_text(s, 1, 26);
		memset(s->c->out.s, 0xee, 2 * s->size);
		strcpy(s->c->out.s, in(s, 1));
		wanted = snprintf(expected, sizeof(expected), "%s%s",
				  in(s, 1), in(s, 0));
		expected[s->most] = '\0';
		assert_int_equal(call(s, "append"), strlen(expected));
		assert_string_equal(s->c->out.s, expected);
		assert_int_equal(s->shared->truncated - truncated,
				 wanted > s->most);
	}
}

static int sign(int64_t value)
{
	return (value > 0) - (value < 0);
}

static void compares(void **state)
{
	struct state *s = ready(state);

	EACH {
		draw_text(s, 0, 2);
		if (round & 1) {
			draw_text(s, 1, 2);
		} else {
			set(s, 1, in(s, 0));
			if (round & 2)
				in(s, 1)[draw(s, s->most)] = "\xff"[0];
		}
		in(s, 1)[s->most] = '\0';
		assert_int_equal(sign(call(s, "compare")),
				 sign(strcmp(in(s, 0), in(s, 1))));
	}
}

/* ---- sprintf ---- */

static void check_format(struct state *s, uint64_t at, const char *whole,
			 uint64_t length, int64_t result)
{
	uint64_t room = s->most - at;

	if (length > room)
		length = room;
	assert_int_equal(result, at + length);
	assert_memory_equal(s->c->out.s + at, whole, length);
	assert_int_equal(s->c->out.s[at + length], '\0');
}

static uint64_t draw_spec(struct state *s, const char *conversions)
{
	char conversion = conversions[draw(s, strlen(conversions))];
	char flag = "\0000+- #"[draw(s, 6)];
	int64_t width = draw(s, 2) ? 0 : draw(s, draw(s, 2) ? 30 : 600);
	int64_t precision = draw(s, draw(s, 2) ? 30 : 600);

	return format_spec(conversion, flag, width, draw(s, 2) ? -1 : precision);
}

/* Up to eight characters that the function puts in front, as in @whole; how many. */
static uint64_t draw_before(struct state *s, char *whole)
{
	uint64_t length = draw(s, 2) ? 0 : draw(s, 9), word = 0;

	for (uint64_t i = length; i-- > 0;) {
		whole[i] = 1 + draw(s, 255);
		word = word << 8 | (unsigned char)whole[i];
	}
	s->c->number[3] = word;
	return length;
}

static void formats_longs(void **state)
{
	struct state *s = ready(state);
	char whole[4096];

	for (int i = 0; i < 5; i++) EACH {
		int64_t value = (int64_t)draw(s, 1 << 24) << draw(s, 41);
		uint64_t at = draw(s, 2) ? 0 : draw(s, s->most + 1);
		uint64_t spec = draw_spec(s, "bcdiuoxXp");
		uint64_t length = draw_before(s, whole);

		value = draw(s, 2) ? value : -value;
		s->c->number[0] = at;
		s->c->number[1] = spec;
		s->c->number[2] = value;
		length += format_long(whole + length, sizeof(whole) - length,
				      spec, value);
		check_format(s, at, whole, length, call(s, "format_long"));
	}
}

static void formats_texts(void **state)
{
	struct state *s = ready(state);
	char whole[8192];

	EACH {
		uint64_t at = draw(s, 2) ? 0 : draw(s, s->most + 1);
		uint64_t spec = draw_spec(s, "s");
		uint64_t length = draw_before(s, whole);

		draw_text(s, 0, 26);
		s->c->number[0] = at;
		s->c->number[1] = spec;
		length += format_text(whole + length, sizeof(whole) - length,
				      spec, in(s, 0), strlen(in(s, 0)));
		check_format(s, at, whole, length, call(s, "format_text"));
	}
}

/* ---- primitives over texts ---- */

static void substrings(void **state)
{
	struct state *s = ready(state);

	EACH {
		int64_t from = (int64_t)draw(s, 40) - 5, length, count;

		count = (int64_t)draw(s, s->most + 20) - 5;
		draw_text(s, 0, 26);
		length = strlen(in(s, 0));
		s->c->number[0] = from;
		s->c->number[1] = count;
		if (from < 0 || from >= length || count <= 0)
			count = from = 0;
		else if (count > length - from)
			count = length - from;
		assert_int_equal(call(s, "substr"), count);
		assert_memory_equal(s->c->out.s, in(s, 0) + from, count);
		assert_int_equal(s->c->out.s[count], '\0');
	}
}

static void characters(void **state)
{
	struct state *s = ready(state);

	set(s, 0, "abc\xff");
	for (int64_t at = -2; at < 6; at++) {
		s->c->number[0] = at;
		s->c->frame.error = RT_OK;
		call(s, "stringat");
		if (at < 0 || at > 3) {
			assert_int_equal(s->c->frame.error, RT_ERROR_POSITION);
		} else {
			assert_int_equal(s->c->frame.error, RT_OK);
			assert_int_equal(s->c->result, "abc\xff"[at] & 255);
		}
	}
}

static void searches(void **state)
{
	struct state *s = ready(state);

	EACH {
		draw_text(s, 0, 2);
		draw_text(s, 1, 2);
		if (draw(s, 4) && strlen(in(s, 1)) > 6)
			in(s, 1)[draw(s, 6)] = '\0';
		assert_int_equal(call(s, "isinstr"),
				 strstr(in(s, 0), in(s, 1)) != NULL);
	}
	/* what is there is found, wherever */
	EACH {
		size_t length, from;

		draw_text(s, 0, 3);
		length = strlen(in(s, 0));
		from = draw(s, length + 1);
		set(s, 1, in(s, 0) + from);
		in(s, 1)[draw(s, length - from + 1)] = '\0';
		assert_int_equal(call(s, "isinstr"), 1);
	}
}

static void replace(char *out, const char *text, const char *what,
		    const char *with)
{
	while (*text) {
		if (*what && strncmp(text, what, strlen(what)) == 0) {
			out = stpcpy(out, with);
			text += strlen(what);
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}

static void replaces(void **state)
{
	struct state *s = ready(state);
	char *expected = malloc(1 << 24);

	EACH {
		draw_text(s, 0, 2);
		draw_text(s, 1, 2);
		draw_text(s, 2, 26);
		if (draw(s, 4) && strlen(in(s, 1)) > 4)
			in(s, 1)[draw(s, 4)] = '\0';
		replace(expected, in(s, 0), in(s, 1), in(s, 2));
		if (strlen(expected) > s->most)
			expected[s->most] = '\0';
		call(s, "str_replace");
		assert_string_equal(s->c->out.s, expected);
	}
	free(expected);
}

static void check_number(struct state *s, const char *text, int base,
			 int64_t expected)
{
	set(s, 0, text);
	s->c->number[0] = base;
	assert_int_equal(call(s, "strtol"), expected);
}

static void numbers(void **state)
{
	struct state *s = ready(state);

	check_number(s, "12", 10, 12);
	check_number(s, "0x10", 0, 16);
	check_number(s, "010", 0, 8);
	check_number(s, "ff", 16, 255);
	check_number(s, "0xFf", 16, 255);
	check_number(s, "0x", 0, 0);
	check_number(s, "", 10, 0);
	check_number(s, "zzz", 10, 0);
	check_number(s, "-42xyz", 10, -42);
	check_number(s, " 7", 10, 0);
	check_number(s, "9223372036854775807", 10, INT64_MAX);
	check_number(s, "99999999999999999999", 10, 7766279631452241919);
	check_number(s, "101", 2, 5);
	check_number(s, "z", 36, 0);	/* digits end at f, as recorded */
	check_number(s, "f", 36, 15);
	check_number(s, "z", 37, 0);
	check_number(s, "1", -1, 0);
	EACH {
		int64_t value = (int64_t)draw(s, 1 << 24) << draw(s, 40);
		char text[32];

		snprintf(text, sizeof(text), round & 1 ? "%ld" : "-%#lx",
			 (long)value);
		check_number(s, text, 0, strtoll(text, NULL, 0));
	}
}

/* ---- tokens ---- */

static void check_tokens(struct state *s, const char *text,
			 const char *delimiters)
{
	char copy[4096], *rest, *token;
	int again = 0;

	strcpy(copy, text);
	set(s, 1, delimiters);
	for (token = strtok_r(copy, delimiters, &rest); ;
	     token = strtok_r(NULL, delimiters, &rest)) {
		set(s, 0, again ? "" : text);
		call(s, again & 1 ? "tokenize_1" : "tokenize");
		assert_string_equal(s->c->out.s, token ? token : "");
		if (!token)
			return;
		again++;
	}
}

static void tokens(void **state)
{
	struct state *s = ready(state);

	check_tokens(s, "a:b:c", ":");
	check_tokens(s, "  lead and trail  ", " ");
	check_tokens(s, "x=1;y=2", "=;");
	check_tokens(s, "whole", "");
	for (int i = 0; i < 50; i++) {
		char text[4096];

		draw_text(s, 0, 5);
		strcpy(text, in(s, 0));
		check_tokens(s, text, i & 1 ? "a" : "bc");
	}
}

/* ---- escapes ---- */

static void escape(char *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = *text;

		if (c >= ' ' && c < 127 && c != '"' && c != '\\')
			*out++ = c;
		else if (strchr("\a\b\t\n\v\f\r\"\\", c))
			out += sprintf(out, "\\%c", "abtnvfr\"\\"[
				strchr("\a\b\t\n\v\f\r\"\\", c) -
				"\a\b\t\n\v\f\r\"\\"]);
		else
			out += sprintf(out, "\\%03o", c);
	}
	*out = '\0';
}

static void escapes(void **state)
{
	struct state *s = ready(state);
	char expected[4 * 4096 + 3];

	set(s, 0, "new\nline\ttab");
	call(s, "text_str");
	assert_string_equal(s->c->out.s, "new\\nline\\ttab");
	set(s, 0, "q\"x");
	call(s, "string_quoted");
	assert_string_equal(s->c->out.s, "\"q\\\"x\"");
	EACH {
		char text[8] = { 0 };
		uint32_t length = draw(s, 7);

		for (uint32_t i = 0; i < length; i++)
			text[i] = 1 + draw(s, 255);
		set(s, 0, text);
		escape(expected, text);
		call(s, "text_str");
		assert_string_equal(s->c->out.s, expected);
		assert_true(strlen(expected) < 29);
		memmove(expected + 1, expected, strlen(expected) + 1);
		expected[0] = '"';
		strcat(expected, "\"");
		call(s, "string_quoted");
		assert_string_equal(s->c->out.s, expected);
	}
}

/* A quoted text that has no room ends with the quote and dots. */
static void escapes_cut(void **state)
{
	struct state *s = ready(state);
	char text[4096];
	size_t length;

	memset(text, 'x', s->most);
	text[s->most] = '\0';
	set(s, 0, text);
	call(s, "text_str");
	assert_string_equal(s->c->out.s, text);
	text[0] = '\n';
	set(s, 0, text);
	call(s, "text_str");
	assert_int_equal(strlen(s->c->out.s), s->most);
	call(s, "string_quoted");
	length = strlen(s->c->out.s);
	assert_int_equal(length, s->most);
	assert_memory_equal(s->c->out.s, "\"\\nxxx", 6);
	assert_string_equal(s->c->out.s + length - 5, "x\"...");
}

/* ---- regular expressions ---- */

static void check_match(struct state *s, const char *pattern,
			struct regex_threads *threads)
{
	const char *reason;
	__u32 offset;
	int groups;

	assert_int_equal(regex_compile(pattern, strlen(pattern), &s->c->regex,
				       &reason, &offset), 0);
	groups = regex_match(&s->c->regex, in(s, 0), threads, 1 << 24);
	assert_int_equal(call(s, "match"), groups > 0);
	assert_int_equal(s->c->frame.error, RT_OK);
	assert_int_equal(call(s, "ngroups"), groups);
	for (int i = 0; i < groups; i++) {
		int from = threads->result[2 * i];
		int to = threads->result[2 * i + 1];

		s->c->number[0] = i;
		call(s, "matched");
		if (from == REGEX_UNSET || to == REGEX_UNSET)
			from = to = 0;
		assert_int_equal(strlen(s->c->out.s), to - from);
		assert_memory_equal(s->c->out.s, in(s, 0) + from, to - from);
		assert_int_equal(s->c->frame.error, RT_OK);
	}
	s->c->number[0] = groups;
	call(s, "matched");
	assert_int_equal(s->c->frame.error, RT_ERROR_POSITION);
	s->c->frame.error = RT_OK;
}

static void matches(void **state)
{
	struct state *s = ready(state);
	struct regex_threads *threads = calloc(1, sizeof(*threads));
	static const char *const patterns[] = {
		"(ab)(c|d)*", "a*", "^a*$", "b+(a|b)c", "(a|b)*c(.)", "^$",
		"[^a]+$", "((a)|(b)|(c))+d", "a{2,4}(b{1,2})?", "(.*)b(.*)",
		"aaaa|bbbb|cccc", "(a*)*b", "d(e|f)*d|a.....*e",
	};

	EACH {
		draw_text(s, 0, 3 + round % 4);
		check_match(s, patterns[round % 13], threads);
	}
	free(threads);
}

/* ---- clocks, tasks ---- */

static void times(void **state)
{
	struct state *s = ready(state);

	EACH {
		int64_t seconds = round == 0 ? 0 : round == 1 ? INT32_MAX :
				  round == 2 ? INT32_MIN : round == 3 ? 951782400 :
				  (int32_t)(draw(s, 1 << 24) << 8);
		time_t when = seconds;
		char expected[64];
		struct tm tm;

		gmtime_r(&when, &tm);
		strftime(expected, sizeof(expected), "%a %b %e %H:%M:%S %Y",
			 &tm);
		s->c->number[0] = seconds;
		assert_int_equal(call(s, "ctime"), 24);
		assert_string_equal(s->c->out.s, expected);
	}
	s->c->number[0] = 4102444800;
	call(s, "ctime");
	assert_int_equal(s->c->frame.error, RT_ERROR_TIME_FUTURE);
	s->c->number[0] = INT64_MIN;
	call(s, "ctime");
	assert_int_equal(s->c->frame.error, RT_ERROR_TIME_PAST);
}

static void facts(void **state)
{
	struct state *s = ready(state);
	const __s64 *longs = s->c->longs;
	struct timespec now, real;

	s->shared->target = 17;
	s->shared->runner = 18;
	s->shared->gmt_offset = 3600;
	s->shared->hertz = 250;
	clock_gettime(CLOCK_REALTIME, &real);
	s->shared->clock_offset = real.tv_sec * 1000000000ULL;
	clock_gettime(CLOCK_MONOTONIC, &now);
	s->shared->clock_offset -= now.tv_sec * 1000000000ULL;
	strcpy(s->shared->module, "module_of_this_session");
	strcpy(s->shared->zone, "CET");
	s->c->number[0] = 3;
	call(s, "inline");
	assert_int_equal(longs[INLINE_pid], getpid());
	assert_int_equal(longs[INLINE_tid], syscall(SYS_gettid));
	assert_int_equal(longs[INLINE_uid], getuid());
	assert_int_equal(longs[INLINE_gid], getgid());
	assert_true(longs[INLINE_cpu] < sysconf(_SC_NPROCESSORS_CONF));
	assert_true(longs[INLINE_task] < 0);
	assert_int_equal(longs[INLINE_target], 17);
	assert_int_equal(longs[INLINE_stp_pid], 18);
	assert_int_equal(longs[INLINE_HZ], 250);
	assert_int_equal(longs[INLINE_gmtoff], -3600);
	assert_in_range(longs[INLINE_randint], 0, 2);
	assert_in_range(longs[INLINE_ktime] / 1000000000, now.tv_sec,
			now.tv_sec + 600);
	assert_in_range(longs[INLINE_gettimeofday] / 1000000000,
			real.tv_sec - 1, time(NULL) + 1);
	assert_true(longs[INLINE_boottime] >= longs[INLINE_ktime]);
	assert_string_equal(s->c->module, "module_of_this_session");
	assert_string_equal(s->c->zone, "CET");
	assert_int_equal(strncmp(s->c->execname, "test-bpf-lib", 12), 0);
}

/* ---- records ---- */

static void check_line(struct state *s, const char *name, int kind,
		       const char *text)
{
	struct wire_head *head = (struct wire_head *)s->record;

	set(s, 0, text);
	s->record_size = 0;
	call(s, name);
	ring_buffer__consume(s->ring);
	assert_true(s->record_size >= 16 + strlen(text));
	assert_int_equal(head->kind, kind);
	assert_string_equal(s->record + 16, text);
}

static void lines(void **state)
{
	struct state *s = ready(state);

	check_line(s, "log", WIRE_LOG, "to the log");
	check_line(s, "warn", WIRE_WARN, "a warning");
	check_line(s, "system", WIRE_SYSTEM, "date");
	check_line(s, "output", WIRE_VALUE, "");
	check_line(s, "output_more", WIRE_VALUE_MORE, "an end");
	set(s, 0, "a trace");
	call(s, "ftrace");
	strcpy(s->shared->value, "written");
	s->shared->input_length = 7;
	call(s, "input");
	assert_string_equal(s->c->out.s, "written");
	set(s, 0, "what went wrong");
	call(s, "error");
	assert_int_equal(s->c->frame.error, RT_ERROR_TEXT);
	assert_string_equal(s->c->frame.message.s, "what went wrong");
}

static void ends(void **state)
{
	struct state *s = ready(state);

	s->shared->state = WIRE_RUNNING;
	s->record_size = 0;
	call(s, "exit");
	ring_buffer__consume(s->ring);
	assert_int_equal(s->record_size, sizeof(struct wire_head));
	assert_int_equal(((struct wire_head *)s->record)->kind, WIRE_EXIT);
	assert_int_equal(s->shared->state, WIRE_STOPPING);
	s->record_size = 0;
	call(s, "exit");
	call(s, "abort");
	ring_buffer__consume(s->ring);
	assert_int_equal(s->record_size, 0);
	assert_int_equal(s->c->frame.error, RT_ABORT);
	s->shared->state = WIRE_STARTING;
	call(s, "abort");
	ring_buffer__consume(s->ring);
	assert_int_equal(s->record_size, sizeof(struct wire_head));
	assert_int_equal(s->shared->state, WIRE_ABORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lengths_and_copies),
		cmocka_unit_test(appends),
		cmocka_unit_test(compares),
		cmocka_unit_test(formats_longs),
		cmocka_unit_test(formats_texts),
		cmocka_unit_test(substrings),
		cmocka_unit_test(characters),
		cmocka_unit_test(searches),
		cmocka_unit_test(replaces),
		cmocka_unit_test(numbers),
		cmocka_unit_test(tokens),
		cmocka_unit_test(escapes),
		cmocka_unit_test(escapes_cut),
		cmocka_unit_test(matches),
		cmocka_unit_test(times),
		cmocka_unit_test(facts),
		cmocka_unit_test(lines),
		cmocka_unit_test(ends),
	};

	return cmocka_run_group_tests_name("512", tests, load_usual, unload) +
	       cmocka_run_group_tests_name("4096", tests, load_large, unload) +
	       cmocka_run_group_tests_name("31", tests, load_short, unload);
}
