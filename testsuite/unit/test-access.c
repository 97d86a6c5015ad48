/*
 * Plans carried out on the test program's own memory: the fixture's structs
 * are compiled into it, so what a plan loads is what C would have read.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "testsuite/unit/fixture-types.h"
#include "translator/target/access.h"
#include "translator/target/pretty.h"

struct state {
	struct arena *arena;
	struct btf_types *btf;
};

static struct point corners[2] = { { 1, 2 }, { 3, 4 } };
static struct node second = {
	.id = 2, .name = "beta", .at = { 3, -4 }, .hue = BELOW,
};
static struct node first = {
	.id = 1, .name = "alpha", .at = { 7, 8 }, .hue = GREEN, .flags = 2,
	.mode = 30, .deep = -5, .grid = { { 7, 8, 9 }, { 10, 11, 12 } },
	.u = { .i = 0x41424344 }, .next = &second, .weight = -0.5,
	.tag = "one", .inner_low = 11, .inner_high = 12,
	.pair = { -1, -2 }, .pairs = { { 1, 2 }, { 3, 4 }, { 5, 6 } },
	.words = { 1, 2, 3, ~0ul }, .points = { &corners[1], &corners[0] },
	.yes = 1, .wide = 0xabcdef0123,
};

static int open_fixture(void **state)
{
	struct state *s = calloc(1, sizeof(*s));

	s->arena = arena_create();
	s->btf = fixture_open(s->arena);
	*state = s;
	return 0;
}

static int close_fixture(void **state)
{
	struct state *s = *state;

	btf_close(s->btf);
	arena_free(s->arena);
	free(s);
	return 0;
}

static uint64_t load(uint64_t address, uint32_t size, bool is_signed)
{
	uint64_t value = 0;

	memcpy(&value, (const void *)(uintptr_t)address, size);
	if (is_signed && size < 8)
		value = (uint64_t)((int64_t)(value << (64 - 8 * size)) >>
				   (64 - 8 * size));
	return value;
}

/* What the lowering makes of a plan. */
static uint64_t run(const struct access_plan *plan, uint64_t number,
		    const int64_t *variables)
{
	for (size_t i = 0; i < plan->steps.count; i++) {
		const struct access_step *step = &plan->steps.items[i];

		switch (step->op) {
		case ACCESS_FIELD:
			number += (uint64_t)step->offset;
			break;
		case ACCESS_INDEX:
			number += (uint64_t)(step->variable < 0 ?
				step->offset : step->element_size *
					       variables[step->variable]);
			break;
		case ACCESS_DEREF:
			number = load(number, step->size, false);
			break;
		}
	}
	switch (plan->end) {
	case ACCESS_VALUE:
		return load((uint64_t)(uintptr_t)&number, plan->size,
			    plan->is_signed);
	case ACCESS_LOAD:
		return load(number, plan->size, plan->is_signed);
	case ACCESS_BITS:
		number = load(number, 8, false) << plan->left_shift;
		return plan->is_signed ?
			(uint64_t)((int64_t)number >> plan->right_shift) :
			number >> plan->right_shift;
	case ACCESS_ADDRESS:
		return number;
	}
	return 0;
}

/* "at.x", "grid[1][2]", "grid[@0]": @N is the Nth variable. */
static size_t read_path(struct arena *arena, const char *path,
			struct access_item *items)
{
	size_t count = 0;

	while (*path) {
		struct access_item *item = &items[count++];
		size_t length;

		path += strspn(path, ".[]");
		length = strcspn(path, ".[]");
		if (*path == '@') {
			item->kind = ACCESS_VARIABLE;
			item->index = atoi(path + 1);
		} else if (*path >= '0' && *path <= '9') {
			item->kind = ACCESS_CONSTANT;
			item->index = atoi(path);
		} else {
			item->kind = ACCESS_MEMBER;
			item->name = arena_strndup(arena, path, length);
		}
		path += length;
		path += strspn(path, "]");
	}
	return count;
}

static struct access_plan *resolve(void **state, const char *type,
				   enum access_base base, const char *path,
				   const char **ret_reason)
{
	struct state *s = *state;
	struct access_item items[16] = { 0 };
	size_t count;

	if (!s->btf)
		skip();
	count = read_path(s->arena, path, items);
	return access_resolve(s->arena, btf_find_text(s->btf, type), base,
			      items, count, ret_reason);
}

static uint64_t get(void **state, const char *path)
{
	static const int64_t variables[] = { 1, 2 };
	const char *reason;
	struct access_plan *plan = resolve(state, "struct node *",
					   ACCESS_BASE_VALUE, path, &reason);

	assert_non_null(plan);
	return run(plan, (uint64_t)(uintptr_t)&first, variables);
}

static void test_loads(void **state)
{
	assert_int_equal(get(state, "id"), 1);
	assert_int_equal(get(state, "at.y"), 8);
	assert_int_equal(get(state, "next.at.y"), (uint64_t)-4);
	assert_int_equal(get(state, "hue"), GREEN);
	assert_int_equal(get(state, "next.hue"), (uint64_t)BELOW);
	assert_int_equal(get(state, "u.i"), 0x41424344);
	assert_int_equal(get(state, "u.c[2]"), 0x42);
	assert_int_equal(get(state, "name"),
			 (uint64_t)(uintptr_t)first.name);
	assert_int_equal(get(state, "name[1]"), 'l');
	assert_int_equal(get(state, "inner_high"), 12);
	assert_int_equal(get(state, "pair.right"), (uint64_t)-2);
	assert_int_equal(get(state, "yes"), 1);
	assert_int_equal(get(state, "weight"), 0xbfe0000000000000);
}

static void test_arrays(void **state)
{
	assert_int_equal(get(state, "grid[1][2]"), 12);
	assert_int_equal(get(state, "grid[@0][@1]"), 12);
	assert_int_equal(get(state, "grid[0][@0]"), 8);
	assert_int_equal(get(state, "pairs[2].left"), 5);
	assert_int_equal(get(state, "words[3]"), ~0ull);
	assert_int_equal(get(state, "points[0].y"), 4);
	assert_int_equal(get(state, "points[1][@0].x"), 3);
	assert_int_equal(get(state, "grid[1]"),
			 (uint64_t)(uintptr_t)first.grid[1]);
	assert_int_equal(get(state, "at"), (uint64_t)(uintptr_t)&first.at);
}

static void test_bit_fields(void **state)
{
	assert_int_equal(get(state, "flags"), 2);
	assert_int_equal(get(state, "mode"), 30);
	assert_int_equal(get(state, "deep"), (uint64_t)-5);
	assert_int_equal(get(state, "wide"), 0xabcdef0123);
}

static void test_bit_windows(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= 24; size++) {
		for (uint64_t at = 0; at < size * 8; at++) {
			struct access_bits bits = access_bit_field(size, at, 1);

			assert_true(bits.offset >= 0);
			assert_true(size < 8 ||
				    bits.offset + 8 <= (int64_t)size);
			assert_int_equal(bits.right_shift, 63);
			assert_int_equal(8 * (uint64_t)bits.offset + 63 -
					 bits.left_shift, at);
		}
	}
}

static void test_places(void **state)
{
	struct node *variable = &first;
	const char *reason;
	struct access_plan *plan;

	plan = resolve(state, "struct node *", ACCESS_BASE_PLACE, "next.id",
		       &reason);
	assert_int_equal(run(plan, (uint64_t)(uintptr_t)&variable, NULL), 2);
	plan = resolve(state, "struct node", ACCESS_BASE_PLACE, "at.x",
		       &reason);
	assert_int_equal(run(plan, (uint64_t)(uintptr_t)&first, NULL), 7);
	plan = resolve(state, "struct node *", ACCESS_BASE_PLACE, "", &reason);
	assert_int_equal(run(plan, (uint64_t)(uintptr_t)&variable, NULL),
			 (uint64_t)(uintptr_t)&first);
}

/* An argument in a register may have anything in its upper half. */
static void test_values(void **state)
{
	const char *reason;
	struct access_plan *plan = resolve(state, "int", ACCESS_BASE_VALUE, "",
					   &reason);

	assert_int_equal(plan->end, ACCESS_VALUE);
	assert_int_equal(run(plan, 0x12345678fffffffe, NULL), (uint64_t)-2);
	plan = resolve(state, "unsigned int", ACCESS_BASE_VALUE, "", &reason);
	assert_int_equal(run(plan, 0x12345678fffffffe, NULL), 0xfffffffe);
}

static void test_paths(void **state)
{
	const char *reason;
	struct access_plan *plan = resolve(state, "struct node *",
					   ACCESS_BASE_VALUE,
					   "next.pairs[1].left", &reason);

	assert_int_equal(plan->steps.count, 5);
	assert_string_equal(plan->steps.items[0].path, "node.next");
	assert_int_equal(plan->steps.items[1].op, ACCESS_DEREF);
	assert_string_equal(plan->steps.items[2].path, "node.pairs");
	assert_int_equal(plan->steps.items[3].op, ACCESS_INDEX);
	assert_string_equal(plan->steps.items[4].path, "pair_t.left");
	plan = resolve(state, "struct node *", ACCESS_BASE_VALUE, "at.y",
		       &reason);
	assert_int_equal(plan->steps.count, 1);
	assert_string_equal(plan->steps.items[0].path, "node.at.y");
	assert_int_equal(plan->steps.items[0].offset,
			 offsetof(struct node, at.y));
	plan = resolve(state, "struct node *", ACCESS_BASE_VALUE, "inner_high",
		       &reason);
	assert_string_equal(plan->steps.items[0].path, "node.inner_high");
}

static void test_address(void **state)
{
	const char *reason;
	struct access_plan *plan = resolve(state, "struct node *",
					   ACCESS_BASE_VALUE, "at.y", &reason);

	assert_true(access_take_address(plan, &reason));
	assert_string_equal(ctype_text(plan->type), "int*");
	assert_int_equal(run(plan, (uint64_t)(uintptr_t)&first, NULL),
			 (uint64_t)(uintptr_t)&first.at.y);
	plan = resolve(state, "struct node *", ACCESS_BASE_VALUE, "mode",
		       &reason);
	assert_false(access_take_address(plan, &reason));
	plan = resolve(state, "int", ACCESS_BASE_VALUE, "", &reason);
	assert_false(access_take_address(plan, &reason));
}

static void check_refusal(void **state, const char *type, const char *path,
			  const char *expected)
{
	const char *reason = NULL;

	assert_null(resolve(state, type, ACCESS_BASE_VALUE, path, &reason));
	assert_string_equal(reason, expected);
}

static void test_refusals(void **state)
{
	check_refusal(state, "struct node *", "at.zzzzz",
		      "struct point has no member 'zzzzz'. It has: x, y");
	check_refusal(state, "struct node *", "nexd",
		      "struct node has no member 'nexd'; did you mean 'next'? "
		      "It has: id, name, at, hue, flags, mode, deep, grid, u, "
		      "next, weight, tag, ...");
	check_refusal(state, "struct node *", "hue.x",
		      "'x' is asked of enum color, which is neither a struct nor "
		      "a pointer to one");
	check_refusal(state, "struct node *", "hue[0]",
		      "enum color is neither an array nor a pointer to something "
		      "of known size");
	check_refusal(state, "struct node *", "opaque.x",
		      "the members of struct later are not known");
	check_refusal(state, "void *", "[1]",
		      "void* is neither an array nor a pointer to something of "
		      "known size");
}

static struct pretty_plan *pretty(void **state, const char *path, int depth,
				  size_t limit)
{
	struct state *s = *state;
	const char *reason;
	struct access_plan *plan = resolve(state, "struct node *",
					   ACCESS_BASE_VALUE, path, &reason);

	assert_non_null(plan);
	return pretty_plan(s->arena, plan, depth, limit);
}

static void test_pretty_format(void **state)
{
	assert_string_equal(pretty(state, "", 1, 512)->format,
		"{.id=%d, .name=\"%#s\", .at={...}, .hue=%d, .flags=%u, "
		".mode=%u, .deep=%d, .grid=[...], .u={...}, .next=%p, "
		".weight=%s, .tag=[...], .inner_long=%d, .inner_low=%d, "
		".inner_high=%d, .pair={...}, .pairs=[...], .words=[...], "
		".call=%p, .points=[...], .opaque=%p, .racy=%d, .yes=%u, "
		".ratio=%s, .wide=%u, .bytes=[...]}");
	assert_string_equal(pretty(state, "at", 1, 512)->format,
			    "{.x=%d, .y=%d}");
	assert_string_equal(pretty(state, "grid", 1, 512)->format,
			    "[[%d, %d, %d], [%d, %d, %d]]");
	assert_string_equal(pretty(state, "tag", 1, 512)->format, "\"%#s\"");
	assert_string_equal(pretty(state, "pairs", 2, 512)->format,
			    "[{.left=%d, .right=%d}, {.left=%d, .right=%d}, "
			    "{.left=%d, .right=%d}]");
	assert_string_equal(pretty(state, "id", 1, 512)->format, "%d");
	assert_string_equal(pretty(state, "name", 1, 512)->format,
			    "\"%#s\"");
	assert_int_equal(strncmp(pretty(state, "", 2, 512)->format,
		"{.id=%d, .name=\"%#s\", .at={.x=%d, .y=%d}, .hue=%d, "
		".flags=%u, .mode=%u, .deep=%d, "
		".grid=[[%d, %d, %d], [%d, %d, %d]], "
		".u={.i=%d, .c=\"%#s\"}, .next=%p, ", 100), 0);
}

static void test_pretty_leaves(void **state)
{
	struct pretty_plan *plan = pretty(state, "", 2, 512);
	static const uint64_t expected[] = {
		1, 0, 7, 8, GREEN, 2, 30, (uint64_t)-5, 7, 8, 9, 10, 11, 12,
		0x41424344,
	};

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		struct pretty_leaf *leaf = &plan->leaves.items[i];
		uint64_t value = run(leaf->plan, (uint64_t)(uintptr_t)&first,
				     NULL);

		if (i == 1) {
			assert_int_equal(leaf->kind, PRETTY_STRING);
			assert_string_equal((char *)(uintptr_t)value, "alpha");
		} else {
			assert_int_equal(leaf->kind, PRETTY_NUMBER);
			assert_int_equal(value, expected[i]);
		}
	}
	assert_int_equal(plan->leaves.items[15].kind, PRETTY_CHARS);
	assert_int_equal(plan->leaves.items[15].size, 4);
}

/* What the text has no room for costs no loads. */
static void test_pretty_limit(void **state)
{
	struct pretty_plan *plan = pretty(state, "", 2, 20);

	assert_true(plan->leaves.count <= 4);
	assert_true(strlen(plan->format) < 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_loads),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_bit_fields),
		cmocka_unit_test(test_bit_windows),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_pretty_format),
		cmocka_unit_test(test_pretty_leaves),
		cmocka_unit_test(test_pretty_limit),
	};

	return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
