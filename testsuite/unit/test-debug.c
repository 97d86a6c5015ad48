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
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
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

/* ---- a server ---- */

static int free_port(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&address, size) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) != 0)
		fail_msg("no port");
	close(fd);
	return ntohs(address.sin_port);
}

static pid_t start_server(struct workshop *w, int port)
{
	char *number = arena_printf(w->arena, "%d", port);
	char *log = in_folder(w, "server.log");
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!freopen(log, "w", stdout) || !freopen(log, "a", stderr))
			_exit(1);
		execlp("debuginfod", "debuginfod", "-d", ":memory:", "-p",
		       number, "-F", in_folder(w, "served"), (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* Until it has read the folder; what it does not have is remembered, so each
 * try has a memory of its own. */
static bool find_at_server(struct workshop *w, const char *name)
{
	for (int i = 0; i < 2400; i++) {
		struct opened o;

		setenv("DEBUGINFOD_CACHE_PATH",
		       arena_printf(w->arena, "%s/cache%d", w->folder, i), 1);
		o = open_built(w, name);
		close_built(&o);
		if (o.debug)
			return true;
		usleep(50000);
	}
	return false;
}

static void test_server(void **state)
{
	struct workshop *w = *state;
	int port = free_port();
	bool found;
	pid_t server;

	if (!have(w, "debuginfod"))
		skip();
	assert_true(run_command(w, "mkdir served && "
		"gcc -g -O2 -Wl,--build-id -o remote %s/subject.c && "
		"objcopy --only-keep-debug remote served/remote.debug && "
		"strip remote", w->source));
	assert_null(open_built(w, "remote").debug);
	server = start_server(w, port);
	setenv("DEBUGINFOD_URLS", arena_printf(w->arena, "http://127.0.0.1:%d",
					       port), 1);
	setenv("no_proxy", "127.0.0.1", 1);
	found = find_at_server(w, "remote");
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	/* what it gave is kept here */
	if (found)
		check_stored(w, "remote");
	unsetenv("DEBUGINFOD_URLS");
	if (!found)
		fail_msg("%s", file_read(w->arena, in_folder(w, "server.log"),
					 &(size_t){ 0 }));
}

/* ---- a large program ---- */

enum { COPIES = 400, FUNCTIONS = 1000 };

/* One unit that is linked many times over, and one with what is sought. */
static bool build_large(struct workshop *w)
{
	FILE *unit = fopen(in_folder(w, "unit.c"), "w");
	FILE *names = fopen(in_folder(w, "objects"), "w");
	const char *one = "int only_static; struct only { int x; }; "
		"__attribute__((noinline)) int lonely_function(struct only *o) "
		"{ return o->x; }\nint main(void) { struct only o = { 1 }; "
		"return lonely_function(&o); }\n";

	if (!unit || !names)
		return false;
	for (int i = 0; i < FUNCTIONS; i++)
		fprintf(unit, "struct s%d { int a%d; struct s%d *next; "
			"unsigned f : 3; };\n__attribute__((used)) static int "
			"function_%d(int alpha, struct s%d *beta, const char *c) "
			"{ int i, sum = alpha; for (i = 0; i < 3; i++) { int t = "
			"i * sum; sum += t + c[i]; } return sum + beta->a%d; }\n",
			i, i, i, i, i, i);
	for (int i = 0; i < COPIES; i++) {
		fprintf(names, "copy%d.o\n", i);
		if (symlink("unit.o", in_folder(w, arena_printf(w->arena,
						"copy%d.o", i))) != 0)
			return false;
	}
	fclose(unit);
	fclose(names);
	file_write(in_folder(w, "one.c"), one, strlen(one));
	return run_command(w, "gcc -g -O0 -c unit.c && gcc -g -O1 -c one.c && "
			   "gcc -o large one.o @objects");
}

/* What a script would ask of it; 0 if all is there. */
static int use_large(struct workshop *w)
{
	struct opened o = open_built(w, "large");
	struct debug_functions found;
	struct debug_variable v;
	const char *reason;

	if (!o.debug || !debug_find_functions(o.debug, "lonely_function", &found,
					      &reason) ||
	    found.functions.count != 1)
		return 1;
	if (!debug_find_variable(o.debug, found.functions.items[0],
				 found.functions.items[0]->body, "o", &v,
				 &reason) ||
	    v.location.kind != LOCATION_VALUE)
		return 2;
	if (!debug_find_type(o.debug, "struct only") ||
	    !debug_find_global(o.debug, "only_static", &v, &reason))
		return 3;
	return 0;
}

static void test_large(void **state)
{
	struct workshop *w = *state;
	struct rusage usage;
	int status = -1;
	size_t size;
	pid_t pid;
	FILE *pipe;

	assert_true(build_large(w));
	pipe = popen(arena_printf(w->arena, "size -A %s/large | awk '/debug_/ "
		     "{ n += $2 } END { print n }'", w->folder), "r");
	assert_int_equal(fscanf(pipe, "%zu", &size), 1);
	pclose(pipe);
	assert_true(size > 80u << 20);
	pid = fork();
	if (pid == 0)
		_exit(use_large(w));
	assert_int_equal(wait4(pid, &status, 0, &usage), pid);
	assert_int_equal(status, 0);
	print_message("%zu bytes of DWARF in %ld KiB of memory\n", size,
		      usage.ru_maxrss);
	assert_true(usage.ru_maxrss < 100 << 10);
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
		cmocka_unit_test(test_server),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_dwz),
		cmocka_unit_test(test_refused),
	};

#ifndef __x86_64__
	return 77;
#endif
	return cmocka_run_group_tests(tests, open_workshop, close_workshop);
}
