/*
 * BTF of the running kernel and of the fixture against two other readers of
 * the same records: libbpf and bpftool.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <bpf/btf.h>

#include "testsuite/unit/fixture-types.h"
#include "translator/target/btf.h"

struct state {
	struct arena *arena;
	struct btf_types *kernel;
	struct btf *other;	/* libbpf's view of the same */
};

static int open_kernel(void **state)
{
	struct state *s = calloc(1, sizeof(*s));
	const char *reason;

	s->arena = arena_create();
	s->kernel = btf_open(s->arena, NULL, &reason);
	s->other = btf__load_vmlinux_btf();
	*state = s;
	return 0;
}

static int close_kernel(void **state)
{
	struct state *s = *state;

	btf__free(s->other);
	btf_close(s->kernel);
	arena_free(s->arena);
	free(s);
	return 0;
}

static struct state *need_kernel(void **state)
{
	struct state *s = *state;

	if (!s->kernel || !s->other)
		skip();
	return s;
}

/* Each struct that has its name alone: same size, same members, same places. */
static void compare_struct(struct state *s, const struct btf_type *theirs,
			   const char *name)
{
	struct ctype *ours = btf_find(s->kernel, name, BTF_STRUCTS);
	const struct btf_member *members = btf_members(theirs);
	struct ctype_member *our_members;
	size_t count;

	assert_non_null(ours);
	assert_int_equal(ours->size, theirs->size);
	our_members = ctype_members(ours, &count);
	assert_int_equal(count, btf_vlen(theirs));
	for (size_t i = 0; i < count; i++) {
		const char *member = btf__name_by_offset(s->other,
							 members[i].name_off);

		assert_string_equal(our_members[i].name ? our_members[i].name :
							  "", member);
		assert_int_equal(our_members[i].bit_offset,
				 btf_member_bit_offset(theirs, (__u32)i));
		if (btf_kflag(theirs))
			assert_int_equal(our_members[i].bit_size,
				btf_member_bitfield_size(theirs, (__u32)i));
	}
}

static void test_structs(void **state)
{
	struct state *s = need_kernel(state);
	__u32 count = btf__type_cnt(s->other);
	int compared = 0;

	for (__u32 id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(s->other, id);
		const char *name = btf__name_by_offset(s->other,
						       type->name_off);

		if (!btf_is_struct(type) || !*name)
			continue;
		if (btf__find_by_name_kind(s->other, name, BTF_KIND_STRUCT) !=
		    (int)id)
			continue;
		compare_struct(s, type, name);
		if (++compared == 2000)
			break;
	}
	assert_true(compared > 100);
}

static void test_functions(void **state)
{
	struct state *s = need_kernel(state);
	struct ctype *type = btf_function(s->kernel, "do_exit");
	struct ctype_member *parameters;
	size_t count;

	assert_non_null(type);
	parameters = ctype_members(type, &count);
	assert_int_equal(count, 1);
	assert_string_equal(parameters[0].name, "code");
	assert_string_equal(ctype_text(parameters[0].type), "long int");
	assert_null(btf_function(s->kernel, "no_such_function"));
	assert_null(btf_function(s->kernel, "task_struct"));
}

static int64_t their_enumerator(struct state *s, const char *wanted)
{
	__u32 count = btf__type_cnt(s->other);

	for (__u32 id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(s->other, id);

		for (int i = 0; btf_is_enum(type) && i < btf_vlen(type); i++)
			if (strcmp(btf__name_by_offset(s->other,
					btf_enum(type)[i].name_off),
				   wanted) == 0)
				return btf_enum(type)[i].val;
	}
	return -1;
}

static void test_enumerators(void **state)
{
	static const char *const names[] = {
		"ZONE_NORMAL", "PIDTYPE_SID", "TCP_LISTEN", "HRTIMER_RESTART",
	};
	struct state *s = need_kernel(state);

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		int64_t value = -2;

		assert_true(btf_enumerator(s->kernel, names[i], &value));
		assert_int_equal(value, their_enumerator(s, names[i]));
	}
	assert_false(btf_enumerator(s->kernel, "NO_SUCH_ENUMERATOR",
				    &(int64_t){ 0 }));
	assert_false(btf_enumerator(s->kernel, "", &(int64_t){ 0 }));
}

static void check_tracepoint(struct state *s, const char *name,
			     const char *expected)
{
	struct ctype *type = btf_tracepoint(s->kernel, name);
	struct ctype_member *arguments;
	char *text = arena_strdup(s->arena, "");
	size_t count;

	assert_non_null(type);
	arguments = ctype_members(type, &count);
	for (size_t i = 0; i < count; i++)
		text = arena_printf(s->arena, "%s%s$%s:%s", text, i ? " " : "",
				    arguments[i].name,
				    ctype_text(arguments[i].type));
	assert_string_equal(text, expected);
}

/* The forms are those of the reference's listing. */
static void test_tracepoints(void **state)
{
	struct state *s = need_kernel(state);

	check_tracepoint(s, "sched_wake_idle_without_ipi", "$cpu:int");
	check_tracepoint(s, "sched_wakeup", "$p:struct task_struct*");
	check_tracepoint(s, "sched_wakeup_new", "$p:struct task_struct*");
	check_tracepoint(s, "sched_switch",
			 "$preempt:bool $prev:struct task_struct* "
			 "$next:struct task_struct* $prev_state:unsigned int");
	check_tracepoint(s, "sys_exit", "$regs:struct pt_regs* $ret:long int");
	assert_null(btf_tracepoint(s->kernel, "no_such_tracepoint"));
	assert_null(btf_tracepoint(s->kernel, ""));
}

/* Before and after the hash table is built, the answers are the same. */
static void test_many_searches(void **state)
{
	struct state *s = need_kernel(state);
	const char *reason;
	struct btf_types *fresh = btf_open(s->arena, NULL, &reason);

	for (int i = 0; i < 20; i++) {
		struct ctype *type = btf_find(fresh, "list_head",
					      BTF_STRUCTS);

		assert_int_equal(type->size, 16);
		assert_null(btf_find(fresh, "list_head", BTF_UNIONS));
		assert_null(btf_find(fresh, "", BTF_ANY_TYPE));
		assert_null(btf_find(fresh, "ist_head", BTF_ANY_TYPE));
	}
	btf_close(fresh);
}

static void test_lists(void **state)
{
	struct state *s = need_kernel(state);
	struct btf_names names;

	btf_list_tracepoints(s->kernel, "sched_wakeup*", &names);
	assert_true(names.names.count >= 2);
	assert_string_equal(names.names.items[0], "sched_wakeup");
	btf_list_functions(s->kernel, "do_exi?", &names);
	assert_int_equal(names.names.count, 1);
	btf_list_functions(s->kernel, "", &names);
	assert_int_equal(names.names.count, 0);
}

/* bpftool prints "\t'NAME' type_id=N bits_offset=M". */
static void test_bpftool(void **state)
{
	struct state *s = need_kernel(state);
	struct ctype *task = btf_find(s->kernel, "task_struct", BTF_STRUCTS);
	FILE *dump = popen("PATH=$PATH:/usr/sbin bpftool btf dump file "
			   "/sys/kernel/btf/vmlinux 2>/dev/null", "r");
	char line[512];
	bool inside = false;
	int compared = 0;

	while (dump && fgets(line, sizeof(line), dump)) {
		struct ctype_member member;
		unsigned long offset;
		char name[128];

		if (line[0] == '[') {
			if (inside)
				break;
			inside = strstr(line, "STRUCT 'task_struct'");
			continue;
		}
		if (!inside || sscanf(line, "\t'%127[^']' type_id=%*u "
				      "bits_offset=%lu", name, &offset) != 2 ||
		    name[0] == '(')
			continue;
		assert_true(ctype_find_member(task, name, &member));
		assert_int_equal(member.bit_offset, offset);
		compared++;
	}
	if (dump)
		pclose(dump);
	if (!compared)
		skip();
	assert_true(compared > 100);
}

static void test_fixture(void **state)
{
	struct state *s = *state;
	struct btf_types *btf = fixture_open(s->arena);
	int64_t value;

	if (!btf)
		skip();
	assert_true(btf_enumerator(btf, "BELOW", &value));
	assert_int_equal(value, BELOW);
	assert_true(btf_enumerator(btf, "BLUE", &value));
	assert_int_equal(value, BLUE);
	assert_true(btf_find(btf, "later", BTF_STRUCTS)->is_incomplete);
	assert_null(btf_tracepoint(btf, "sched_switch"));
	btf_close(btf);
}

/* ---- damage ---- */

static void test_no_file(void **state)
{
	struct state *s = *state;
	const char *reason = NULL;

	assert_null(btf_open(s->arena, "/nonexistent", &reason));
	assert_string_equal(reason, "/nonexistent: No such file or directory");
	assert_null(btf_open(s->arena, "/tmp", &reason));
	assert_non_null(reason);
	assert_null(btf_open(s->arena, "/bin/true", &reason));
	assert_string_equal(reason, "/bin/true has no type information "
			    "(section .BTF)");
	if (s->kernel) {
		assert_false(btf_add_module(s->kernel, "../vmlinux", &reason));
		assert_false(btf_add_module(s->kernel, "no_such_module",
					    &reason));
	}
}

/* Looks at everything that a blob offers. */
static void visit(struct arena *arena, const void *blob, size_t size)
{
	const char *reason = NULL;
	struct btf_types *btf = btf_parse(arena, blob, size, &reason);
	struct btf_names names;
	struct ctype *type;
	size_t count;

	if (!btf) {
		assert_non_null(reason);
		return;
	}
	btf_list_functions(btf, "*", &names);
	for (int i = 0; i < 8; i++) {
		type = btf_find(btf, "node", BTF_ANY_TYPE);
		if (!type)
			continue;
		ctype_text(type);
		ctype_members(type, &count);
		ctype_find_member(type, "inner_high", &(struct ctype_member){
				  0 });
	}
	btf_enumerator(btf, "BLUE", &(int64_t){ 0 });
	btf_close(btf);
}

/* The blob of the fixture, cut at every length and with every word spoilt. */
static void test_damage(void **state)
{
	(void)state;
	struct btf *fixture = btf__new_empty();
	struct arena *arena;
	__u32 size;
	int number, node;
	const void *raw;

	number = btf__add_int(fixture, "int", 4, BTF_INT_SIGNED);
	node = btf__add_struct(fixture, "node", 16);
	btf__add_field(fixture, "low", number, 0, 5);
	btf__add_field(fixture, "next", node + 1, 64, 0);
	btf__add_ptr(fixture, node);
	btf__add_array(fixture, number, node, 4);
	btf__add_enum(fixture, "color", 4);
	btf__add_enum_value(fixture, "BLUE", 6);
	raw = btf__raw_data(fixture, &size);
	for (__u32 i = 0; i < size; i++) {
		uint8_t *copy = malloc(size);

		arena = arena_create();
		memcpy(copy, raw, size);
		visit(arena, copy, i);
		copy[i] = 0xff;
		visit(arena, copy, size);
		copy[i] = (uint8_t)i;
		visit(arena, copy, size);
		free(copy);
		arena_free(arena);
	}
	btf__free(fixture);
}

/* Types that lead to themselves end in void or in a bounded text. */
static void test_loops(void **state)
{
	(void)state;
	struct btf *loops = btf__new_empty();
	struct arena *arena = arena_create();
	struct btf_types *btf;
	const char *reason;
	const void *raw;
	__u32 size;

	btf__add_typedef(loops, "again", 1);
	btf__add_ptr(loops, 2);
	btf__add_typedef(loops, "forever", 2);
	btf__add_array(loops, 1, 4, 1000000);
	btf__add_typedef(loops, "rows", 4);
	btf__add_struct(loops, "self", 8);
	btf__add_field(loops, "", 6, 0, 0);
	btf__add_field(loops, "", 6, 0, 0);
	raw = btf__raw_data(loops, &size);
	btf = btf_parse(arena, raw, size, &reason);
	assert_non_null(btf);
	assert_int_equal(btf_find(btf, "again", BTF_TYPEDEFS)->kind,
			 CTYPE_VOID);
	assert_string_equal(ctype_text(btf_find(btf, "forever",
						BTF_TYPEDEFS)), "forever");
	assert_true(strlen(ctype_text(ctype_target(
		btf_find(btf, "forever", BTF_TYPEDEFS)))) < 5000);
	assert_int_equal(btf_find(btf, "rows", BTF_TYPEDEFS)->size, 0);
	assert_false(ctype_find_member(btf_find(btf, "self", BTF_STRUCTS),
				       "x", &(struct ctype_member){ 0 }));
	btf_close(btf);
	btf__free(loops);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_structs),
		cmocka_unit_test(test_functions),
		cmocka_unit_test(test_enumerators),
		cmocka_unit_test(test_tracepoints),
		cmocka_unit_test(test_many_searches),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_bpftool),
		cmocka_unit_test(test_fixture),
		cmocka_unit_test(test_no_file),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_loops),
	};

	return cmocka_run_group_tests(tests, open_kernel, close_kernel);
}
