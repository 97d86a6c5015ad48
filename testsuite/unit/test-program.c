/* ELF programs against what nm, readelf and objdump say of the same files. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <elf.h>
#include <cmocka.h>

#include "testsuite/unit/debug/build.h"
#include "translator/target/demangle.h"

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

static struct program *open_file(struct workshop *w, const char *path)
{
	const char *reason = NULL;
	struct program *program = program_open(w->arena, path, &reason);

	if (!program)
		fail_msg("%s", reason);
	return program;
}

/* The lines that a command prints. */
static FILE *run(struct workshop *w, const char *format, const char *path)
{
	char *command = arena_printf(w->arena, format, path);
	FILE *pipe = popen(command, "r");

	assert_non_null(pipe);
	return pipe;
}

/* ---- symbols ---- */

static bool has_symbol(struct program *program, const char *name,
		       uint64_t address)
{
	struct program_symbols found;

	program_find_symbols(program, name, &found);
	for (size_t i = 0; i < found.symbols.count; i++)
		if (found.symbols.items[i]->address == address)
			return true;
	return false;
}

/* "0000000000001149 T leaf", "...1139 00000023 W x@@V1"; returns the number. */
static int compare_with_nm(struct workshop *w, struct program *program,
			   const char *command)
{
	FILE *pipe = run(w, command, program_path(program));
	char line[4096], name[4096], type;
	uint64_t address;
	int count = 0;

	while (fgets(line, sizeof(line), pipe)) {
		if (sscanf(line, "%" SCNx64 " %c %4095s", &address, &type,
			   name) != 3 || !strchr("TtWiDdBbRr", type))
			continue;
		name[strcspn(name, "@")] = '\0';
		/* of no type: labels of the linker and of start files */
		if (!has_symbol(program, name, address)) {
			if (strchr("tTW", type) && name[0] != '_' &&
			    !strstr(name, "_start"))
				fail_msg("%s at %" PRIx64, name, address);
			continue;
		}
		count++;
	}
	pclose(pipe);
	return count;
}

static void test_symbols(void **state)
{
	struct workshop *w = *state;
	struct program *program;

	assert_true(run_command(w, "gcc -O1 -o lines %s/lines.c", w->source));
	program = open_file(w, in_folder(w, "lines"));
	assert_true(compare_with_nm(w, program, "nm %s") >= 8);
	program_close(program);
	program = open_file(w, "/lib/x86_64-linux-gnu/libc.so.6");
	assert_true(compare_with_nm(w, program, "nm -D %s | head -400") > 100);
	program_close(program);
}

static void test_symbol_at(void **state)
{
	struct workshop *w = *state;
	const struct program_symbol *symbols, *symbol;
	struct program *program;
	size_t count;

	assert_true(run_command(w, "gcc -O1 -o lines %s/lines.c", w->source));
	program = open_file(w, in_folder(w, "lines"));
	symbols = program_symbols(program, &count);
	for (size_t i = 0; i < count; i++) {
		if (!symbols[i].is_function || !symbols[i].size)
			continue;
		symbol = program_symbol_at(program, symbols[i].address +
						    symbols[i].size - 1);
		assert_non_null(symbol);
		assert_int_equal(symbol->address, symbols[i].address);
	}
	assert_null(program_symbol_at(program, 0));
	assert_null(program_symbol_at(program, UINT64_MAX));
	program_close(program);
}

/* All symbols are gone but those in .gnu_debugdata, as Fedora does it. */
static void test_packed(void **state)
{
	struct workshop *w = *state;
	struct program *program;
	struct program_symbols found;

	if (!have(w, "xz"))
		skip();
	assert_true(run_command(w, "gcc -O1 -o whole %s/lines.c && "
		"cp whole small && strip small && "
		"objcopy -S --keep-symbol=leaf --keep-symbol=branchy whole mini "
		"&& rm -f mini.xz && xz mini && "
		"objcopy --add-section .gnu_debugdata=mini.xz small",
		w->source));
	program = open_file(w, in_folder(w, "small"));
	program_find_symbols(program, "leaf", &found);
	assert_int_equal(found.symbols.count, 1);
	assert_true(found.symbols.items[0]->is_function);
	program_find_symbols(program, "caller", &found);
	assert_int_equal(found.symbols.count, 0);
	program_close(program);
}

/* ---- headers ---- */

static void test_headers(void **state)
{
	struct workshop *w = *state;
	struct program *program;
	char expected[128] = "";
	size_t count;
	FILE *pipe;

	assert_true(run_command(w, "gcc -pie -fpie -Wl,--build-id=sha1 -o pie "
				"%s/lines.c -lm -Wl,--no-as-needed -ldl && "
				"gcc -no-pie -static -o fixed %s/lines.c",
				w->source, w->source));
	program = open_file(w, in_folder(w, "pie"));
	pipe = run(w, "readelf -n %s | sed -n 's/.*Build ID: //p'",
		   program_path(program));
	assert_int_equal(fscanf(pipe, "%127s", expected), 1);
	pclose(pipe);
	assert_string_equal(program_build_id(program), expected);
	assert_true(program_is_relocatable(program));
	assert_int_equal(program_pointer_size(program), 8);
	assert_non_null(strstr(program_loader(program), "/ld"));
	assert_string_equal(program_needed(program, &count)[count - 1],
			    "libc.so.6");
	assert_null(program_soname(program));
	program_close(program);
	program = open_file(w, in_folder(w, "fixed"));
	assert_false(program_is_relocatable(program));
	assert_null(program_loader(program));
	program_needed(program, &count);
	assert_int_equal(count, 0);
	program_close(program);
	program = open_file(w, "/lib/x86_64-linux-gnu/libc.so.6");
	assert_string_equal(program_soname(program), "libc.so.6");
	program_close(program);
}

/* Each byte of main where the file has it. */
static void test_offsets(void **state)
{
	struct workshop *w = *state;
	struct program *program;
	struct program_symbols found;
	uint64_t offset, address;
	uint8_t mapped[16];
	size_t size;
	const char *raw;

	assert_true(run_command(w, "gcc -O1 -o lines %s/lines.c", w->source));
	program = open_file(w, in_folder(w, "lines"));
	program_find_symbols(program, "main", &found);
	assert_int_equal(found.symbols.count, 1);
	assert_true(program_offset(program, found.symbols.items[0]->address,
				   &offset));
	assert_true(program_address(program, offset, &address));
	assert_int_equal(address, found.symbols.items[0]->address);
	assert_true(program_read(program, address, mapped, sizeof(mapped)));
	raw = file_read(w->arena, program_path(program), &size);
	assert_memory_equal(raw + offset, mapped, sizeof(mapped));
	assert_false(program_read(program, UINT64_MAX - 4, mapped, 16));
	assert_false(program_offset(program, UINT64_MAX, &offset));
	assert_false(program_address(program, UINT64_MAX, &address));
	program_close(program);
}

/* ---- plt ---- */

static int compare_plt(struct workshop *w, const char *path)
{
	struct program *program = open_file(w, path);
	size_t count, seen = 0;
	const struct program_plt *plt = program_plt(program, &count);
	FILE *pipe = run(w, "objdump -d -j .plt -j .plt.sec -j .plt.got %s "
			 "2>/dev/null | sed -n 's/@plt.*>:$//p'", path);
	char line[4096], name[4096];
	uint64_t address;

	while (fgets(line, sizeof(line), pipe)) {
		size_t i = 0;

		if (sscanf(line, "%" SCNx64 " <%4095s", &address, name) != 2)
			continue;
		name[strcspn(name, "@")] = '\0';
		while (i < count && strcmp(plt[i].name, name) != 0)
			i++;
		/* where there are two sections objdump names both */
		if (i == count)
			fail_msg("%s: %s", path, name);
		seen += plt[i].address == address;
	}
	pclose(pipe);
	assert_int_equal(seen, count);
	program_close(program);
	return (int)count;
}

static void test_plt(void **state)
{
	struct workshop *w = *state;

	assert_true(compare_plt(w, "/bin/sh") > 20);
	assert_true(run_command(w, "printf '%%s' '#include <stdio.h>\n"
		"#include <stdlib.h>\nint main(void) { void *p = malloc(9); "
		"puts(p ? \"x\" : \"y\"); free(p); return !getenv(\"A\"); }' "
		"> calls.c && gcc -fcf-protection=full -Wl,-z,ibtplt,-z,lazy "
		"-o late calls.c && gcc -Wl,-z,now -o now calls.c && "
		"gcc -fno-plt -no-pie -o none calls.c"));
	assert_true(compare_plt(w, in_folder(w, "now")) >= 4);
	assert_true(compare_plt(w, in_folder(w, "late")) >= 4);
}

/* Programs for other machines, as far as clang makes them here. */
static bool build_for(struct workshop *w, const char *target)
{
	return have(w, "clang") && have(w, "ld.lld") &&
	       run_command(w, "printf '%%s' 'int one(int); int two(int); "
		"int both(int first) { return one(first) + two(first); }' > "
		"both.c && clang %s -g -O1 -fPIC -nostdlib -shared "
		"-fuse-ld=lld -o both.so both.c", target);
}

static void check_arm64(struct workshop *w, const char *options,
			uint32_t first_word, uint32_t mask)
{
	struct program *program;
	const struct program_plt *plt;
	size_t count;

	if (!build_for(w, arena_printf(w->arena, "-target aarch64-linux-gnu %s",
				       options)))
		skip();
	program = open_file(w, in_folder(w, "both.so"));
	assert_int_equal(program_machine(program), EM_AARCH64);
	plt = program_plt(program, &count);
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		uint32_t word;

		assert_string_equal(plt[i].name, i ? "two" : "one");
		assert_true(program_read(program, plt[i].address, &word, 4));
		assert_int_equal(word & mask, first_word);
	}
	program_close(program);
}

static void test_arm64(void **state)
{
	struct workshop *w = *state;

	/* adrp x16 */
	check_arm64(w, "", 0x90000010, 0x9f00001f);
	check_arm64(w, "-mbranch-protection=standard -Wl,-z,force-bti",
		    0x90000010, 0x9f00001f);
}

/* The parameter is in the machine's own first register, or on its stack. */
static void check_parameter(struct workshop *w, const char *target,
			    enum location_kind kind, int64_t number)
{
	struct debug_functions found;
	struct debug_variable v;
	struct opened o;
	const char *reason;

	if (!build_for(w, target))
		skip();
	o = open_built(w, "both.so");
	assert_true(debug_find_functions(o.debug, "both", &found, &reason));
	assert_int_equal(found.functions.count, 1);
	assert_true(debug_find_variable(o.debug, found.functions.items[0],
					found.functions.items[0]->body, "first",
					&v, &reason));
	assert_int_equal(v.location.kind, kind);
	if (kind == LOCATION_VALUE)
		assert_int_equal(v.location.expr->number, number);
	assert_int_equal(v.type->size, 4);
	assert_int_equal(ctype_pointer_to(v.type)->size,
			 program_pointer_size(o.program));
	close_built(&o);
}

static void test_machines(void **state)
{
	check_parameter(*state, "-target aarch64-linux-gnu", LOCATION_VALUE, 0);
	check_parameter(*state, "-target x86_64-linux-gnu", LOCATION_VALUE, 5);
	check_parameter(*state, "-m32", LOCATION_PLACE, 0);
}

/* ---- names ---- */

static void test_demangle(void **state)
{
	static const char *const names[][2] = {
		{ "_ZN3geo5shape4areaEi", "geo::shape::area" },
		{ "_ZNK3geo5shape4areaEi", "geo::shape::area" },
		{ "_ZN3geo5shape4growIdEET_S2_", "geo::shape::grow" },
		{ "_ZL5twicei", "twice" },
		{ "_ZN3geo12_GLOBAL__N_1L6secretEi",
		  "geo::(anonymous namespace)::secret" },
		{ "_ZNSt6vectorIiSaIiEE9push_backERKi",
		  "std::vector::push_back" },
		{ "_ZN3fooC1Ev", "foo::foo" }, { "_ZN3fooD2Ev", "foo::~foo" },
		{ "_ZN1aplERKS_", "a::operator+" },
		{ "_ZZ4mainENKUliE_clEi", "main::{lambda}::operator()" },
		{ "_ZN1AILj5EE1fEv", "A::f" },
		{ "_ZNSs6appendEPKc", "std::string::append" },
		{ "_ZN4core3fmt5write17h0123456789abcdefE", "core::fmt::write" },
		{ "_ZN41_$LT$u8$u20$as$u20$core..fmt..Display$GT$3fmt"
		  "17h0123456789abcdefE", "<u8 as core::fmt::Display>::fmt" },
		{ "_RNvCs15kBYyAo9fc_7mycrate3foo", "mycrate::foo" },
		{ "_RNvNtCs15kBYyAo9fc_7mycrate3sub3foo", "mycrate::sub::foo" },
	};
	static const char *const plain[] = {
		"main", "", "_", "_Z", "_ZN", "_ZN3", "_ZN3fo", "_Z9", "_R",
		"_ZN3fooE999999999999999999999", "_ZTV3foo", "_ZZZZZZZZ", "_RN",
		"_ZN1AI", "_ZN1AIS", "_ZN1AILj", "_RNvNvNvNv",
	};
	struct workshop *w = *state;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *name = demangle_name(w->arena, names[i][0]);

		if (!name)
			fail_msg("%s", names[i][0]);
		assert_string_equal(name, names[i][1]);
	}
	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++) {
		char *name = demangle_name(w->arena, plain[i]);

		if (name && strcmp(plain[i], "_ZN3fooE999999999999999999999"))
			fail_msg("%s: %s", plain[i], name);
	}
}

/* Symbols of the C++ library: the names are those that c++filt begins with. */
static void test_like_cxxfilt(void **state)
{
	struct workshop *w = *state;
	FILE *pipe = run(w, "nm -D %s | sed -n 's/.* [TW] \\(_ZN[^@]*\\).*/\\1/p'"
			 " | head -2000 | while read -r x; do printf '%%s\\n' "
			 "$x; done > /tmp/spile-names.$$ ; "
			 "c++filt -p < /tmp/spile-names.$$ | "
			 "paste -d' ' /tmp/spile-names.$$ -; "
			 "rm /tmp/spile-names.$$",
			 "/usr/lib/x86_64-linux-gnu/libstdc++.so.6");
	char line[8192];
	int same = 0, all = 0;

	while (fgets(line, sizeof(line), pipe)) {
		char *theirs = strchr(line, ' '), *ours;
		const char *tail;

		if (!theirs || strchr(theirs, '<'))
			continue;
		*theirs++ = '\0';
		theirs[strcspn(theirs, "\n")] = '\0';
		theirs[strcspn(theirs, "[")] = '\0';
		ours = demangle_name(w->arena, line);
		tail = strrchr(theirs, ':');
		all++;
		if (ours && tail && demangle_match(tail + 1, ours))
			same++;
		else if (!strstr(theirs, "operator"))
			print_message("%s: %s, not %s\n", line, ours, theirs);
	}
	pclose(pipe);
	if (!all)
		skip();
	assert_true(same * 100 >= all * 98);
}

/* ---- what is refused ---- */

static void check_refused(struct workshop *w, const char *path,
			  const char *words)
{
	const char *reason = NULL;

	assert_null(program_open(w->arena, path, &reason));
	assert_non_null(reason);
	if (!strstr(reason, words))
		fail_msg("%s", reason);
}

static void test_refused(void **state)
{
	struct workshop *w = *state;

	assert_true(run_command(w, "gcc -c -o lines.o %s/lines.c && "
				"echo text > text && : > empty && mkfifo pipe",
				w->source));
	check_refused(w, in_folder(w, "lines.o"), "object file");
	check_refused(w, in_folder(w, "text"), "not an ELF file");
	check_refused(w, in_folder(w, "empty"), "not an ELF file");
	check_refused(w, in_folder(w, "pipe"), "not a regular file");
	check_refused(w, "/tmp", "not a regular file");
	check_refused(w, in_folder(w, "missing"), "No such file");
}

static void test_scripts(void **state)
{
	struct workshop *w = *state;

	assert_true(run_command(w, "printf '#!/bin/sh -e\\nx\\n' > one && "
		"printf '#! /usr/bin/env -S A=1 python3 -x\\n' > two && "
		"printf '#!' > three && echo text > four"));
	assert_string_equal(program_script_interpreter(w->arena,
						in_folder(w, "one")), "/bin/sh");
	assert_string_equal(program_script_interpreter(w->arena,
						in_folder(w, "two")), "python3");
	assert_null(program_script_interpreter(w->arena, in_folder(w, "three")));
	assert_null(program_script_interpreter(w->arena, in_folder(w, "four")));
	assert_null(program_script_interpreter(w->arena, "/nonexistent"));
}

/* A path in another root: links are followed there. */
static void test_root(void **state)
{
	struct workshop *w = *state;
	struct program *program;
	char *path = arena_printf(w->arena, "/proc/%d/root%s/lines",
				  (int)getpid(), w->folder);

	assert_true(run_command(w, "gcc -g -O1 -o lines %s/lines.c && "
		"objcopy --only-keep-debug lines lines.debug && strip lines && "
		"objcopy --add-gnu-debuglink=lines.debug lines", w->source));
	program = open_file(w, path);
	assert_string_equal(program_path(program), path);
	assert_non_null(debug_open(program, &(const char *){ NULL }));
	program_close(program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_symbols),
		cmocka_unit_test(test_symbol_at),
		cmocka_unit_test(test_packed),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_plt),
		cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_machines),
		cmocka_unit_test(test_demangle),
		cmocka_unit_test(test_like_cxxfilt),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_scripts),
		cmocka_unit_test(test_root),
	};

	return cmocka_run_group_tests(tests, open_workshop, close_workshop);
}
