/*
 * Debug information against the machine: debug/subject.c is compiled in many
 * ways and run one instruction at a time. Wherever a variable is said to be, its
 * value must be there, for all instructions of its function.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "testsuite/unit/debug/build.h"
#include "testsuite/unit/debug/machine.h"
#include "translator/base/map.h"

struct tally {
	struct arena *arena;
	struct map seen;	/* "function variable", at least once */
	bool is_clang;
	long steps, checks, wrong;
};

static int open_workshop(void **state)
{
	*state = workshop_open();
	return 0;
}

static int close_workshop(void **state)
{
	workshop_close(*state);
	return 0;
}

/* ---- what a name says ---- */

static int64_t number_in(const char *text, const char **ret_end)
{
	char *end;
	int64_t number = strtoll(text, &end, 10);

	*ret_end = end;
	return number;
}

static bool is_value_name(const char *name)
{
	return strchr("vmds", name[0]) && name[1] >= '0' && name[1] <= '9';
}

static uint64_t cut(uint64_t value, uint64_t size)
{
	return size >= 8 ? value : value & ((1ull << 8 * size) - 1);
}

static uint64_t float_bits(double value, uint64_t size)
{
	float single = (float)value;
	uint64_t bits = 0;

	if (size == 4)
		memcpy(&bits, &single, 4);
	else
		memcpy(&bits, &value, 8);
	return bits;
}

/* The value of a part of the variable: of the member at an offset. */
static uint64_t expected(const struct debug_variable *v, int member,
			 uint64_t size)
{
	const char *at = v->name + 1;
	int64_t number = number_in(at, &at);

	if (v->name[0] == 'd')
		return float_bits((double)number, size);
	if (v->name[0] == 'm')
		number = -number;
	if (member)
		number = number_in(at + 1, &at);
	return cut((uint64_t)number, size);
}

/* ---- checking ---- */

static void check_part(struct process *p, struct tally *tally,
		       const struct debug_function *f,
		       const struct debug_variable *v, uint64_t offset,
		       uint64_t size, int member)
{
	uint64_t value, wanted = expected(v, member, size);
	const char *key;

	if (!read_part(p, &v->location, offset, (uint32_t)size, &value))
		return;
	tally->checks++;
	key = arena_printf(tally->arena, "%s %s", f->name, v->name);
	if (cut(value, size) == wanted) {
		map_put(tally->arena, &tally->seen, key, tally);
		return;
	}
	/* the optimiser fills memory a little later than the lines say */
	if (v->location.kind == LOCATION_PLACE && !map_get(&tally->seen, key))
		return;
	if (tally->wrong++ < 5)
		print_error("%s %s at %#lx: %#lx, not %#lx\n", f->name, v->name,
			    (unsigned long)(p->now.rip - p->bias),
			    (unsigned long)cut(value, size),
			    (unsigned long)wanted);
}

static void check_variable(struct process *p, struct tally *tally,
			   const struct debug_function *f,
			   const struct debug_variable *v)
{
	struct ctype_member *members;
	size_t count;

	if (!is_value_name(v->name) || v->location.kind == LOCATION_NONE)
		return;
	members = ctype_members(v->type, &count);
	if (v->name[0] != 's') {
		check_part(p, tally, f, v, 0, v->type->size, 0);
		return;
	}
	for (int i = 0; i < 2 && (size_t)i < count; i++)
		check_part(p, tally, f, v, members[i].bit_offset / 8,
			   members[i].type->size, i);
}

/* Memory is not filled before the line that declares a local, and in code
 * that is not optimised parameters are not before the body. */
static bool may_be_unset(struct opened *o, const struct debug_function *f,
			 const struct debug_variable *v, uint64_t pc)
{
	struct debug_statement statement;

	if (v->location.kind != LOCATION_PLACE || v->is_static)
		return false;
	if (v->is_parameter && !f->is_inlined)
		return pc < f->body;
	return !debug_statement_at(o->debug, pc, &statement) ||
	       statement.line <= v->line || statement.line > v->line + 20;
}

/* clang's tables do not follow the stack pointer while a function takes its
 * frame down: the last instructions, pops and the return. */
static bool leaves_frame(struct process *p, const struct tally *tally)
{
	uint64_t code = peek(p, p->now.rip, 8);

	if ((code & 0xff) == 0x41)
		code >>= 8;
	return tally->is_clang &&
	       ((code & 0xff) == 0xc3 || (code & 0xf8) == 0x58);
}

/* An instruction: what the debug information says of it, kept. */
struct place {
	struct debug_function *f;
	struct debug_variables variables;
};

static struct place *place_at(struct opened *o, struct arena *arena,
			      struct map *places, uint64_t pc)
{
	const char *key = arena_printf(arena, "%lx", (unsigned long)pc);
	struct place *place = map_get(places, key);

	if (place)
		return place;
	place = arena_new(arena, struct place);
	place->f = debug_function_at(o->debug, pc);
	/* the variables of main are set over and over */
	if (place->f && strcmp(place->f->name, "main") != 0)
		debug_variables(o->debug, place->f, pc, &place->variables);
	map_put(arena, places, key, place);
	return place;
}

static void check_step(struct opened *o, struct process *p, struct tally *tally,
		       struct place *place, uint64_t pc)
{
	tally->steps++;
	if (leaves_frame(p, tally))
		return;
	for (size_t i = 0; i < place->variables.variables.count; i++) {
		struct debug_variable *v = &place->variables.variables.items[i];

		if (!may_be_unset(o, place->f, v, pc))
			check_variable(p, tally, place->f, v);
	}
}

/* Registers on entry, of the functions that are active: a small stack. */
struct entries {
	struct user_regs_struct regs[64];
	struct user_fpregs_struct floats[64];
	uint64_t frame[64];
	int count;
};

static void note_entry(struct entries *entries, struct process *p,
		       uint64_t pc, const struct debug_function *outer)
{
	while (entries->count > 0 &&
	       entries->frame[entries->count - 1] < p->now.rsp)
		entries->count--;
	if (outer && outer->entry == pc && entries->count < 64) {
		entries->regs[entries->count] = p->now;
		entries->floats[entries->count] = p->floats;
		entries->frame[entries->count++] = p->now.rsp;
	}
	if (entries->count) {
		p->entry = entries->regs[entries->count - 1];
		p->entry_floats = entries->floats[entries->count - 1];
	}
}

static void step_through(struct opened *o, struct process *p,
			 struct tally *tally)
{
	struct entries *entries = calloc(1, sizeof(*entries));
	struct map places = { 0 };
	uint64_t end = peek(p, p->now.rsp, 8);

	/* until main returns */
	while (p->now.rip != end && tally->steps < 100000) {
		uint64_t pc = p->now.rip - p->bias;
		struct debug_function *outer =
			debug_outer_function_at(o->debug, pc);

		note_entry(entries, p, pc, outer);
		check_step(o, p, tally, place_at(o, tally->arena, &places, pc),
			   pc);
		if (!process_next(p, PTRACE_SINGLESTEP))
			break;
	}
	free(entries);
}

static struct tally run_checked(struct workshop *w, const char *name,
				bool is_clang)
{
	struct tally tally = { .arena = w->arena, .is_clang = is_clang };
	struct opened o = open_built(w, name);
	struct debug_functions mains;
	const char *reason;
	struct process p;
	uint64_t alignment;

	if (!o.debug)
		fail_msg("%s", o.reason);
	assert_true(process_start(&p, in_folder(w, name)));
	process_find_bias(&p, o.program);
	program_thread_block(o.program, &p.thread_block, &alignment);
	assert_true(debug_find_functions(o.debug, "main@subject.c", &mains,
					 &reason));
	assert_int_equal(mains.functions.count, 1);
	assert_true(process_run_to(&p, mains.functions.items[0]->entry));
	step_through(&o, &p, &tally);
	process_end(&p);
	close_built(&o);
	assert_int_equal(tally.wrong, 0);
	assert_true(tally.steps > 200 && tally.checks > 500);
	return tally;
}

/* ---- the ways of compiling ---- */

static const char *const parameters[] = {
	"scalars v1", "scalars m2", "scalars v3", "scalars m4", "scalars v250",
	"scalars v4000000000", "floats d1", "floats d2", "floats v3",
	"floats d4", "many v1", "many v6", "many m8", "many v9",
	"structs s1_2", "structs s3_4", "memory v5", "cloned v8", "thread v2",
};

static const char *const locals[] = {
	"scalars v6_sum", "scalars v12_twice", "many v36_sum", "structs v9_sum",
	"memory v11_kept", "thread v79_sum", "inlined v42_local",
	"inlined v21_inner", "inlined m22_inner",
};

static void assert_seen(struct tally *tally, const char *const *names,
			size_t count, const char *how)
{
	int missing = 0;

	for (size_t i = 0; i < count; i++)
		if (!map_get(&tally->seen, names[i])) {
			print_error("%s: never seen: %s\n", how, names[i]);
			missing++;
		}
	assert_int_equal(missing, 0);
}

static void check_compiled(struct workshop *w, const char *compiler,
			   const char *options)
{
	const char *how = arena_printf(w->arena, "%s %s", compiler, options);
	struct tally tally;

	assert_true(run_command(w, "%s %s -o subject %s/subject.c", compiler,
				options, w->source));
	tally = run_checked(w, "subject",
			    strstr(compiler, "clang") != NULL);
	if (tally.wrong)
		fail_msg("%s", how);
	assert_seen(&tally, parameters, sizeof(parameters) / sizeof(*parameters),
		    how);
	assert_seen(&tally, locals, sizeof(locals) / sizeof(*locals), how);
}

static void check_compiler(struct workshop *w, const char *compiler)
{
	static const char *const levels[] = { "-O0", "-O1", "-O2" };
	static const char *const versions[] = { "-gdwarf-4", "-gdwarf-5" };

	if (!have(w, compiler))
		skip();
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		for (size_t k = 0; k < 2; k++)
			check_compiled(w, compiler,
				       arena_printf(w->arena, "%s %s",
						    versions[k], levels[i]));
}

static void test_gcc(void **state)
{
	check_compiler(*state, "gcc");
}

static void test_clang(void **state)
{
	check_compiler(*state, "clang");
}

/* ---- ways of storing it ---- */

static void check_stored(struct workshop *w, const char *name)
{
	struct tally tally = run_checked(w, name, false);

	assert_seen(&tally, parameters, sizeof(parameters) / sizeof(*parameters),
		    name);
}

static void test_options(void **state)
{
	static const char *const options[] = {
		"-gdwarf-5 -gz", "-gdwarf-4 -gz=zlib-gnu", "-g -no-pie",
		"-g -static -no-pie", "-g -flto", "-g -fdebug-types-section",
		"-gdwarf-4 -fdebug-types-section", "-g -fomit-frame-pointer",
		"-g -fno-asynchronous-unwind-tables", "-ggdb3",
	};
	struct workshop *w = *state;

	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		check_compiled(w, "gcc -O2", options[i]);
}

/* Stripped, with the debug file by its link and by build id. */
static void test_separate(void **state)
{
	struct workshop *w = *state;

	assert_true(run_command(w, "gcc -g -O2 -o whole %s/subject.c && "
		"objcopy --only-keep-debug whole linked.debug && "
		"strip -o linked whole && "
		"objcopy --add-gnu-debuglink=linked.debug linked", w->source));
	check_stored(w, "linked");
	assert_true(run_command(w, "mkdir .debug && mv linked.debug .debug/"));
	check_stored(w, "linked");
	/* one of another program is not taken */
	assert_true(run_command(w, "gcc -g -O1 -o other %s/subject.c && "
		"objcopy --only-keep-debug other .debug/linked.debug",
		w->source));
	assert_null(open_built(w, "linked").debug);
}

/* Without build ids the checksum of the link decides. */
static void test_checksum(void **state)
{
	struct workshop *w = *state;

	assert_true(run_command(w, "gcc -g -O2 -Wl,--build-id=none -o plain "
		"%s/subject.c && objcopy --only-keep-debug plain plain.debug && "
		"strip plain && "
		"objcopy --add-gnu-debuglink=plain.debug plain", w->source));
	check_stored(w, "plain");
	assert_true(run_command(w, "echo >> plain.debug"));
	assert_null(open_built(w, "plain").debug);
}

static void test_dwz(void **state)
{
	struct workshop *w = *state;
	struct opened o;

	if (!have(w, "dwz"))
		skip();
	assert_true(run_command(w, "gcc -g -O2 -o one %s/subject.c && "
		"gcc -g -O2 -DTWO -o two %s/subject.c && "
		"dwz -m common.debug -h one two", w->source, w->source));
	check_stored(w, "one");
	assert_true(run_command(w, "rm common.debug"));
	o = open_built(w, "one");
	assert_null(o.debug);
	assert_non_null(strstr(o.reason, "common debug file"));
}

static void test_refused(void **state)
{
	struct workshop *w = *state;
	struct opened o;

	assert_true(run_command(w, "gcc -g -gsplit-dwarf -O2 -c -o split.o "
				"%s/subject.c && gcc -o split split.o && "
				"gcc -O2 -o none %s/subject.c",
				w->source, w->source));
	o = open_built(w, "split");
	assert_null(o.debug);
	assert_non_null(strstr(o.reason, "-gno-split-dwarf"));
	close_built(&o);
	o = open_built(w, "none");
	assert_null(o.debug);
	assert_non_null(strstr(o.reason, "build it with -g"));
	close_built(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gcc),
		cmocka_unit_test(test_clang),
		cmocka_unit_test(test_options),
		cmocka_unit_test(test_separate),
		cmocka_unit_test(test_checksum),
		cmocka_unit_test(test_dwz),
		cmocka_unit_test(test_refused),
	};

#ifndef __x86_64__
	return 77;
#endif
	return cmocka_run_group_tests(tests, open_workshop, close_workshop);
}
