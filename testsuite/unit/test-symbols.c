/*
 * Tables of frames and of symbols, from bytes that are written here by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "runtime/common/unwind.h"
#include "runtime/reader/frames.h"
#include "runtime/reader/kernel.h"
#include "runtime/reader/symbols.h"

/* ---- .eh_frame ---- */

/* The section is linked at 0x3000; addresses are relative to their place. */
static const uint8_t section[] = {
	/* 0: what functions have in common; CFA = rsp + 8, ra at CFA - 8 */
	0x14, 0, 0, 0, 0, 0, 0, 0, 1, 'z', 'R', 0, 1, 0x78, 16, 1, 0x1b,
	0x0c, 7, 8, 0x90, 1, 0, 0,
	/* 24: 0x1000, 0x20 bytes: push rbp; mov rbp, rsp; ...; leave */
	0x1c, 0, 0, 0, 0x1c, 0, 0, 0, 0xe0, 0xdf, 0xff, 0xff, 0x20, 0, 0, 0, 0,
	0x41, 0x0e, 16, 0x86, 2, 0x43, 0x0d, 6, 0x5b, 0x0c, 7, 8, 0, 0, 0,
	/* 56: 0x1020, 0x10 bytes: nobody called it */
	0x14, 0, 0, 0, 0x3c, 0, 0, 0, 0xe0, 0xdf, 0xff, 0xff, 0x10, 0, 0, 0, 0,
	0x07, 16, 0, 0, 0, 0, 0,
	0, 0, 0, 0,
};

static void check_row(uint64_t row, uint32_t address, unsigned int rule,
		      long long cfa, long long fp)
{
	assert_int_equal(unwind_address(row), address);
	assert_int_equal(unwind_rule(row), rule);
	assert_int_equal(unwind_cfa(row), cfa);
	assert_int_equal(unwind_fp(row), fp);
}

static void frames(void **state)
{
	struct frames rows = { 0 };

	(void)state;
	frames_read(&rows, section, sizeof(section), 0x3000, 0);
	assert_int_equal(rows.count, 6);
	check_row(rows.rows[0], 0x1000, UNWIND_SP, 1, 0);
	check_row(rows.rows[1], 0x1001, UNWIND_SP, 2, -2);
	check_row(rows.rows[2], 0x1004, UNWIND_FP, 2, -2);
	check_row(rows.rows[3], 0x101f, UNWIND_SP, 1, -2);
	check_row(rows.rows[4], 0x1020, UNWIND_END, 0, 0);
	check_row(rows.rows[5], 0x1030, UNWIND_NONE, 0, 0);
	frames_forget(&rows);
}

/* Cut anywhere, the section gives fewer rows and nothing else happens. */
static void frames_cut(void **state)
{
	(void)state;
	for (size_t size = 0; size < sizeof(section); size++) {
		struct frames rows = { 0 };
		uint8_t *copy = malloc(size + !size);

		memcpy(copy, section, size);
		frames_read(&rows, copy, size, 0x3000, 0);
		assert_true(rows.count <= 6);
		frames_forget(&rows);
		free(copy);
	}
}

/* Numbers come out of a row as they went in, also negative ones. */
static void rows(void **state)
{
	(void)state;
	check_row(unwind_row(0xfffffffe, UNWIND_PLT, UNWIND_WORDS_MOST,
			     UNWIND_WORDS_LEAST),
		  0xfffffffe, UNWIND_PLT, UNWIND_WORDS_MOST,
		  UNWIND_WORDS_LEAST);
	check_row(unwind_row(0, UNWIND_FP_DEREF, -3, 5), 0, UNWIND_FP_DEREF,
		  -3, 5);
}

/* ---- the kernel's symbols ---- */

static const char *written(const char *text)
{
	static char path[] = "/tmp/test-symbolsXXXXXX";
	int fd = mkstemp(strcpy(path, "/tmp/test-symbolsXXXXXX"));

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

static struct kernel_symbols *symbols_of(const char *text)
{
	const char *path = written(text);
	struct kernel_symbols *kernel = kernel_symbols_read(path);

	unlink(path);
	return kernel;
}

static void kernel(void **state)
{
	struct kernel_symbols *kernel = symbols_of(
		"ffffffff81000000 T _stext\n"
		"ffffffff81000000 T first\n"
		"ffffffffc0000010 t inside\t[some_module]\n"
		"ffffffff81000040 t second\n"
		"no line of this kind\n"
		"ffffffffc0000090 t end\t[some_module]\n");
	struct symbol symbol = { 0 };

	(void)state;
	assert_true(kernel_symbols_find(kernel, 0xffffffff8100003f, &symbol));
	assert_string_equal(symbol.name, "_stext");
	assert_string_equal(symbol.module, "kernel");
	assert_int_equal(symbol.offset, 0x3f);
	assert_int_equal(symbol.size, 0x40);
	assert_true(kernel_symbols_find(kernel, 0xffffffffc0000010, &symbol));
	assert_string_equal(symbol.name, "inside");
	assert_string_equal(symbol.module, "some_module");
	assert_int_equal(symbol.size, 0x80);
	assert_false(kernel_symbols_find(kernel, 0x1000, &symbol));
	assert_false(kernel_symbols_find(kernel, UINT64_MAX, &symbol));
	kernel_symbols_free(kernel);
}

/* The kernel shows zeros to those who may not know. */
static void kernel_hidden(void **state)
{
	(void)state;
	assert_null(symbols_of("0000000000000000 T _stext\n"));
	assert_null(kernel_symbols_read("/no/such/file"));
}

/* ---- marks in texts ---- */

static void marks(void **state)
{
	struct symbols symbols = { 0 };
	static const char *const texts[][2] = {
		{ "plain", "plain" },
		{ "<\1n9:10:401010\2>", "<0x401010>" },
		{ "\1d9:10:40\2;\1m9:10:40\2;", "0x40;;" },
		{ "\1n9:10", "n9:10" },
		{ "\1", "" },
		{ "a\1nx:y:z\2b", "anx:y:z\2b" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		size_t length;
		char *text = symbols_expand(&symbols, texts[i][0],
					    strlen(texts[i][0]), &length);

		assert_string_equal(text, texts[i][1]);
		assert_int_equal(length, strlen(text));
		free(text);
	}
	symbols_free(&symbols);
}

/* Of a file of which only the path is known the offset is shown. */
static void unknown_file(void **state)
{
	struct wire_place place = { .address = 0x7f10, .file = 3,
				    .offset = 0x10 };
	struct symbols symbols = { 0 };
	char line[200];

	(void)state;
	symbols_set(&symbols, 3, "/no/such/file", NULL);
	symbols_print(&symbols, &place, WIRE_STACK_LINES, line, sizeof(line));
	assert_string_equal(line, " 0x7f10 [/no/such/file+0x10/0x0]\n");
	place.file = 4;
	symbols_print(&symbols, &place, WIRE_STACK_BRIEF, line, sizeof(line));
	assert_string_equal(line, "0x7f10\n");
	symbols_free(&symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames), cmocka_unit_test(frames_cut),
		cmocka_unit_test(rows), cmocka_unit_test(kernel),
		cmocka_unit_test(kernel_hidden), cmocka_unit_test(marks),
		cmocka_unit_test(unknown_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
