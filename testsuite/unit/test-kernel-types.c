/* The runner's view of the kernel's types against that of libbpf. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/bpf/kernel-types.h"

struct state {
	struct kernel_types *ours;
	struct btf *theirs;
};

static struct state *open_both(struct state *state)
{
	state->ours = kernel_types_open(NULL, NULL);
	state->theirs = btf__load_vmlinux_btf();
	if (!state->ours || !state->theirs)
		skip();
	return state;
}

static void close_both(struct state *state)
{
	kernel_types_close(state->ours);
	btf__free(state->theirs);
}

static void test_records(void **unused)
{
	struct state state, *s = open_both(&state);
	uint32_t count = btf__type_cnt(s->theirs);

	(void)unused;
	assert_null(kernel_type(s->ours, 0));
	assert_null(kernel_type(s->ours, count));
	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *type = kernel_type(s->ours, id);

		assert_non_null(type);
		if (memcmp(type, btf__type_by_id(s->theirs, id), sizeof(*type)))
			fail_msg("type %u differs", id);
		assert_string_equal(
			kernel_types_text(s->ours, type->name_off),
			btf__name_by_offset(s->theirs, type->name_off));
	}
	close_both(s);
}

static void test_names(void **unused)
{
	static const struct {
		const char *name;
		int kind;
	} rows[] = {
		{ "task_struct", BTF_KIND_STRUCT },
		{ "sigval", BTF_KIND_UNION },
		{ "pid_t", BTF_KIND_TYPEDEF },
		{ "btf_trace_sched_switch", BTF_KIND_TYPEDEF },
		{ "vfs_read", BTF_KIND_FUNC },
		{ "task_struct", BTF_KIND_FUNC },
		{ "no such name", BTF_KIND_STRUCT },
	};
	struct state state, *s = open_both(&state);

	(void)unused;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int theirs = btf__find_by_name_kind(
			s->theirs, rows[i].name, (uint32_t)rows[i].kind);

		assert_int_equal(kernel_type_named(s->ours, rows[i].name,
						   rows[i].kind),
				 theirs > 0 ? theirs : 0);
	}
	assert_null(kernel_types_open("no_such_module", s->ours));
	close_both(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
