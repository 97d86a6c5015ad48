/* Types against what the compiler says of the same ones. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "testsuite/unit/fixture-types.h"
#include "translator/target/ctype.h"

struct state {
	struct arena *arena;
	struct btf_types *btf;
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

static struct ctype *find(void **state, const char *text)
{
	struct state *s = *state;
	struct ctype *type;

	if (!s->btf)
		skip();
	type = btf_find_text(s->btf, text);
	assert_non_null(type);
	return type;
}

static void check_member(void **state, const char *name, size_t offset,
			 size_t size)
{
	struct ctype_member member;

	assert_true(ctype_find_member(find(state, "struct node"), name,
				      &member));
	assert_int_equal(member.bit_offset, offset * 8);
	assert_int_equal(member.type->size, size);
	assert_int_equal(member.bit_size, 0);
}

#define CHECK(member) \
	check_member(state, #member, offsetof(struct node, member), \
		     sizeof(((struct node *)0)->member))

static void test_offsets(void **state)
{
	assert_int_equal(find(state, "struct node")->size,
			 sizeof(struct node));
	CHECK(id);
	CHECK(name);
	CHECK(at);
	CHECK(hue);
	CHECK(grid);
	CHECK(u);
	CHECK(next);
	CHECK(weight);
	CHECK(tag);
	CHECK(inner_long);
	CHECK(inner_low);
	CHECK(inner_high);
	CHECK(pair);
	CHECK(pairs);
	CHECK(words);
	CHECK(call);
	CHECK(points);
	CHECK(opaque);
	CHECK(racy);
	CHECK(yes);
	CHECK(ratio);
	CHECK(bytes);
}

static void test_bit_fields(void **state)
{
	struct ctype *node = find(state, "struct node");
	struct ctype_member flags, mode, deep, hue, wide;

	assert_true(ctype_find_member(node, "hue", &hue));
	assert_true(ctype_find_member(node, "flags", &flags));
	assert_true(ctype_find_member(node, "mode", &mode));
	assert_true(ctype_find_member(node, "deep", &deep));
	assert_true(ctype_find_member(node, "wide", &wide));
	assert_int_equal(flags.bit_offset, hue.bit_offset + 32);
	assert_int_equal(flags.bit_size, 3);
	assert_int_equal(mode.bit_offset, flags.bit_offset + 3);
	assert_int_equal(mode.bit_size, 5);
	assert_int_equal(deep.bit_size, 7);
	assert_true(deep.type->is_signed);
	assert_int_equal(wide.bit_size, 40);
}

static void check_text(void **state, const char *member_name,
		       const char *expected)
{
	struct ctype_member member;

	assert_true(ctype_find_member(find(state, "struct node"), member_name,
				      &member));
	assert_string_equal(ctype_text(member.type), expected);
}

static void test_text(void **state)
{
	check_text(state, "name", "char const*");
	check_text(state, "at", "struct point");
	check_text(state, "hue", "enum color");
	check_text(state, "grid", "int[2][3]");
	check_text(state, "u", "union {...}");
	check_text(state, "next", "struct node*");
	check_text(state, "weight", "double");
	check_text(state, "pair", "pair_t");
	check_text(state, "pairs", "pair_t[3]");
	check_text(state, "words", "word_t[4]");
	check_text(state, "call", "int(*)(int, char const*)");
	check_text(state, "points", "struct point*[2]");
	check_text(state, "opaque", "struct later*");
	check_text(state, "racy", "int volatile");
	check_text(state, "bytes", "char[]");
}

static void test_kinds(void **state)
{
	struct ctype *node = find(state, "struct node");
	struct ctype_member member;

	assert_true(ctype_find_member(node, "name", &member));
	assert_true(ctype_is_text_pointer(member.type));
	assert_true(ctype_is_scalar(member.type));
	assert_true(ctype_find_member(node, "weight", &member));
	assert_int_equal(member.type->kind, CTYPE_FLOAT);
	assert_false(ctype_is_scalar(member.type));
	assert_true(ctype_find_member(node, "yes", &member));
	assert_true(member.type->is_bool);
	assert_true(ctype_find_member(node, "opaque", &member));
	assert_true(ctype_target(member.type)->is_incomplete);
	assert_true(ctype_find_member(node, "pair", &member));
	assert_string_equal(member.type->alias, "pair_t");
	assert_null(member.type->name);
	assert_int_equal(member.type->kind, CTYPE_STRUCT);
	assert_false(ctype_find_member(node, "nothing", &member));
	assert_false(ctype_find_member(find(state, "int"), "x", &member));
}

static void test_enum(void **state)
{
	struct ctype *color = find(state, "enum color");
	size_t count;

	assert_non_null(ctype_enumerators(color, &count));
	assert_int_equal(count, 4);
	assert_string_equal(ctype_enumerator_name(color, GREEN), "GREEN");
	assert_string_equal(ctype_enumerator_name(color, BELOW), "BELOW");
	assert_null(ctype_enumerator_name(color, 77));
	assert_null(ctype_enumerators(find(state, "int"), &count));
	assert_int_equal(count, 0);
}

/* A cycle is a walk without end, not a type without end. */
static void test_cycle(void **state)
{
	struct ctype *ring = find(state, "struct ring");
	struct ctype_member member;

	for (int i = 0; i < 1000; i++) {
		assert_true(ctype_find_member(ring, i % 2 ? "slot" : "next",
					      &member));
		ring = ctype_target(member.type);
		if (i % 2)
			ring = ctype_target(ring);
		assert_string_equal(ring->name, "ring");
	}
	assert_string_equal(ctype_text(ctype_pointer_to(ring)),
			    "struct ring*");
}

static void check_spelling(void **state, const char *text,
			   const char *expected)
{
	struct state *s = *state;
	struct ctype *type;

	if (!s->btf)
		skip();
	type = btf_find_text(s->btf, text);
	if (!expected) {
		assert_null(type);
		return;
	}
	assert_non_null(type);
	assert_string_equal(ctype_text(type), expected);
}

static void test_spellings(void **state)
{
	check_spelling(state, "node", "struct node");
	check_spelling(state, "struct  node *", "struct node*");
	check_spelling(state, "const struct node *const*",
		       "struct node const**");
	check_spelling(state, "enum color", "enum color");
	check_spelling(state, "word_t", "word_t");
	check_spelling(state, "void*", "void*");
	check_spelling(state, "unsigned", "unsigned int");
	check_spelling(state, "signed char", "signed char");
	check_spelling(state, "long unsigned", "long unsigned int");
	check_spelling(state, "struct absent", NULL);
	check_spelling(state, "union node", NULL);
	check_spelling(state, "int[3]", NULL);
	check_spelling(state, "", NULL);
	check_spelling(state, "*", NULL);
	check_spelling(state, "struct", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_bit_fields),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_enum),
		cmocka_unit_test(test_cycle),
		cmocka_unit_test(test_spellings),
	};

	return cmocka_run_group_tests(tests, open_fixture, close_fixture);
}
