/* Tracepoints and kernel facts of the running machine. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <cmocka.h>

#include "translator/base/arena.h"
#include "translator/target/btf.h"
#include "translator/target/kernel.h"
#include "translator/target/tracepoint.h"

struct state {
	struct arena *arena;
	struct btf_types *btf;
	struct tracepoints *tracepoints;
};

static int open_target(void **state)
{
	struct state *s = calloc(1, sizeof(*s));
	const char *reason;

	s->arena = arena_create();
	s->btf = btf_open(s->arena, NULL, &reason);
	s->tracepoints = tracepoints_open(s->arena, s->btf);
	*state = s;
	return 0;
}

static int close_target(void **state)
{
	struct state *s = *state;

	btf_close(s->btf);
	arena_free(s->arena);
	free(s);
	return 0;
}

static struct tracepoint_list match(void **state, const char *pattern)
{
	struct state *s = *state;
	struct tracepoint_list list;

	if (!s->btf)
		skip();
	tracepoints_match(s->tracepoints, pattern, &list);
	return list;
}

static bool has_systems(void **state)
{
	struct state *s = *state;

	return tracepoints_folder(s->tracepoints) != NULL;
}

static void test_exact(void **state)
{
	struct tracepoint_list list = match(state, "sched_process_exit");

	assert_int_equal(list.items.count, 1);
	assert_string_equal(list.items.items[0].name, "sched_process_exit");
	if (has_systems(state))
		assert_string_equal(list.items.items[0].system, "sched");
	assert_int_equal(match(state, "no_such").items.count, 0);
	assert_int_equal(match(state, "irq:sched_switch").items.count, 0);
	assert_int_equal(match(state, "").items.count, 0);
	assert_int_equal(match(state, "sched:").items.count, 0);
	assert_int_equal(match(state, "sched:../sched").items.count, 0);
	/* events without a tracepoint of their own */
	assert_int_equal(match(state, "sys_enter_read").items.count, 0);
}

static void test_wildcards(void **state)
{
	struct tracepoint_list list = match(state, "sched:sched_wak*");
	struct tracepoint_list all;

	if (!has_systems(state))
		skip();
	assert_int_equal(list.items.count, 4);
	assert_string_equal(list.items.items[0].name,
			    "sched_wake_idle_without_ipi");
	assert_string_equal(list.items.items[3].name, "sched_waking");
	list = match(state, "sch?d:sched_switch");
	assert_int_equal(list.items.count, 1);
	all = match(state, "*");
	assert_true(all.items.count > 500);
	for (size_t i = 1; i < all.items.count; i++) {
		const char *a = all.items.items[i - 1].system;
		const char *b = all.items.items[i].system;
		int order = strcmp(a ? a : "", b ? b : "");

		assert_true(order < 0 ||
			    (order == 0 &&
			     strcmp(all.items.items[i - 1].name,
				    all.items.items[i].name) < 0));
	}
}

static void test_format(void **state)
{
	struct state *s = *state;
	struct tracepoint_format format;
	const char *reason;
	bool found = false;

	if (!has_systems(state))
		skip();
	assert_true(tracepoints_format(s->tracepoints, "sched", "sched_switch",
				       &format, &reason));
	assert_true(format.id > 0);
	for (size_t i = 0; i < format.fields.count; i++) {
		struct tracepoint_field *field = &format.fields.items[i];

		if (strcmp(field->name, "prev_comm") != 0)
			continue;
		found = true;
		assert_string_equal(field->type, "char[16]");
		assert_int_equal(field->size, 16);
	}
	assert_true(found);
	assert_false(tracepoints_format(s->tracepoints, "sched", "none",
					&format, &reason));
	assert_non_null(strstr(reason, "No such file"));
}

static void test_format_text(void **state)
{
	struct state *s = *state;
	struct tracepoint_format format;

	tracepoint_format_parse(s->arena,
		"name: x\nID: 77\nformat:\n"
		"\tfield:__data_loc char[] msg;\toffset:8;\tsize:4;\tsigned:1;\n"
		"\tfield:const void * call_site;\toffset:16;\tsize:8;"
		"\tsigned:0;\n"
		"\tfield:int n\n\tfield:;\n\tfield:x;\toffset:1;\tsize:2;\n"
		"print fmt: \"%s\"", &format);
	assert_int_equal(format.id, 77);
	assert_int_equal(format.fields.count, 3);
	assert_string_equal(format.fields.items[0].name, "msg");
	assert_string_equal(format.fields.items[0].type, "char[]");
	assert_true(format.fields.items[0].is_dynamic);
	assert_true(format.fields.items[0].is_signed);
	assert_string_equal(format.fields.items[1].name, "call_site");
	assert_string_equal(format.fields.items[1].type, "const void *");
	assert_int_equal(format.fields.items[1].offset, 16);
	tracepoint_format_parse(s->arena, "", &format);
	assert_int_equal(format.fields.count, 0);
}

static void test_kernel(void **state)
{
	struct state *s = *state;
	struct kernel *kernel = kernel_open(s->arena, NULL);
	struct utsname names;

	uname(&names);
	assert_string_equal(kernel_release(kernel), names.release);
	assert_true(kernel_is_running(kernel));
	assert_null(strchr(kernel_version(kernel), '-'));
	assert_int_equal(kernel_possible_cpus(kernel) >=
			 (int)sysconf(_SC_NPROCESSORS_ONLN), 1);
	assert_int_equal(kernel_online_cpus(kernel)[0], '0');
	assert_true(kernel_hz(kernel) >= 100 && kernel_hz(kernel) <= 1000);
	assert_string_equal(kernel_machine_name(s->arena, "i686"), "i386");
	assert_string_equal(kernel_machine_name(s->arena, "aarch64"), "arm64");
	assert_string_equal(kernel_machine_name(s->arena, "ppc64le"),
			    "powerpc");
	assert_string_equal(kernel_machine_name(s->arena, "vax"), "vax");
	kernel = kernel_open(s->arena, "0.0.1-none");
	assert_false(kernel_is_running(kernel));
	assert_false(kernel_has_config(kernel));
	assert_null(kernel_config(kernel, "CONFIG_HZ"));
	assert_string_equal(kernel_version(kernel), "0.0.1");
}

static void test_config(void **state)
{
	struct state *s = *state;
	struct kernel *kernel = kernel_open(s->arena, NULL);

	if (!kernel_has_config(kernel))
		skip();
	/* BPF must be there, or there would be no BTF */
	assert_string_equal(kernel_config(kernel, "CONFIG_BPF"), "y");
	assert_null(kernel_config(kernel, "CONFIG_NO_SUCH_OPTION"));
	assert_null(kernel_config(kernel, "CONFIG_BP"));
}

static void test_syscalls(void **state)
{
	(void)state;
	assert_string_equal(syscall_name(SYS_openat), "openat");
	assert_int_equal(syscall_number("write"), SYS_write);
	assert_int_equal(syscall_number("no_such_call"), -1);
	assert_null(syscall_name(-1));
	assert_null(syscall_name(100000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_wildcards),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_format_text),
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_syscalls),
	};

	return cmocka_run_group_tests(tests, open_target, close_target);
}
