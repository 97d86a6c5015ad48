/* Operands of markers, in the spellings of GCC and Clang on two machines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <elf.h>
#include <cmocka.h>

#include "translator/base/arena.h"
#include "translator/target/location.h"
#include "translator/target/usdt.h"

static bool find(const struct usdt_symbols *symbols, const char *name,
		 bool is_tls, uint64_t *ret_address)
{
	(void)symbols;
	*ret_address = is_tls ? 0x18 : 0x4000;
	return strcmp(name, "absent") != 0;
}

static const struct usdt_symbols known = { find, NULL };

/* A tree as text: registers rN, what is loaded as [address]SIZE, s if signed. */
static const char *text_of(struct arena *arena, const struct location_expr *e)
{
	static const char *const signs[] = {
		[LOCATION_ADD] = "+", [LOCATION_MUL] = "*",
		[LOCATION_SHL] = "<<", [LOCATION_SHR] = ">>>",
		[LOCATION_SRA] = ">>",
	};

	if (e->op == LOCATION_CONSTANT)
		return arena_printf(arena, "%lld", (long long)e->number);
	if (e->op == LOCATION_REGISTER)
		return arena_printf(arena, "r%lld", (long long)e->number);
	if (e->op == LOCATION_STATIC || e->op == LOCATION_TLS)
		return arena_printf(arena, "%s%#llx",
				    e->op == LOCATION_TLS ? "tls" : "file",
				    (long long)e->number);
	if (e->op == LOCATION_LOAD)
		return arena_printf(arena, "[%s]%u%s", text_of(arena, e->a),
				    e->size, e->is_signed ? "s" : "");
	return arena_printf(arena, "(%s%s%s)", text_of(arena, e->a),
			    signs[e->op], text_of(arena, e->b));
}

struct row {
	const char *operand, *expected;	/* or "?" and what the reason has */
};

static void check_row(uint16_t machine, const struct row *row)
{
	struct arena *arena = arena_create();
	struct usdt_operand operands[4];
	size_t count = usdt_operands(arena, machine, row->operand, &known,
				     operands, 4);
	const struct usdt_operand *operand = &operands[0];

	assert_int_equal(count, 1);
	if (row->expected[0] == '?') {
		if (operand->value || !operand->reason)
			fail_msg("'%s' was taken", row->operand);
		if (!strstr(operand->reason, row->expected + 1))
			fail_msg("'%s': %s", row->operand, operand->reason);
	} else {
		if (!operand->value)
			fail_msg("'%s': %s", row->operand, operand->reason);
		if (strcmp(text_of(arena, operand->value), row->expected))
			fail_msg("'%s' is %s, not %s", row->operand,
				 text_of(arena, operand->value), row->expected);
	}
	arena_free(arena);
}

static void check_rows(uint16_t machine, const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(machine, &rows[i]);
}

#define CHECK(machine, rows) \
	check_rows(machine, rows, sizeof(rows) / sizeof((rows)[0]))

static void x86_registers(void **state)
{
	static const struct row rows[] = {
		{ "8@%rax", "r0" }, { "-8@%rdx", "r1" }, { "8@%rcx", "r2" },
		{ "8@%rbx", "r3" }, { "8@%rsi", "r4" }, { "8@%rdi", "r5" },
		{ "8@%rbp", "r6" }, { "8@%rsp", "r7" }, { "8@%r8", "r8" },
		{ "-8@%r15", "r15" },
		{ "-4@%eax", "((r0<<32)>>32)" }, { "4@%edi", "((r5<<32)>>>32)" },
		{ "-4@%r10d", "((r10<<32)>>32)" },
		{ "2@%dx", "((r1<<48)>>>48)" }, { "-2@%r9w", "((r9<<48)>>48)" },
		{ "1@%al", "((r0<<56)>>>56)" }, { "-1@%sil", "((r4<<56)>>56)" },
		{ "1@%dil", "((r5<<56)>>>56)" }, { "1@%bpl", "((r6<<56)>>>56)" },
		{ "1@%spl", "((r7<<56)>>>56)" }, { "1@%r8b", "((r8<<56)>>>56)" },
		{ "-1@%ah", "(((r0>>>8)<<56)>>56)" },
		{ "1@%dh", "(((r1>>>8)<<56)>>>56)" },
		/* narrower than the register, or wider */
		{ "1@%eax", "((r0<<56)>>>56)" }, { "-2@%rdi", "((r5<<48)>>48)" },
		{ "8@%eax", "((r0<<32)>>>32)" },
		/* floats: their bits */
		{ "8f@%rdx", "r1" }, { "4f@%eax", "((r0<<32)>>>32)" },
		/* without a size, as the first notes had it */
		{ "%rdi", "r5" },
		{ "8f@%xmm0", "?register %xmm0" }, { "8@%rip", "?register %rip" },
		{ "8@%r16", "?register %r16" }, { "8@%st", "?register %st" },
	};

	(void)state;
	CHECK(EM_X86_64, rows);
}

static void x86_memory(void **state)
{
	static const struct row rows[] = {
		{ "8@(%rdi)", "[r5]8" }, { "-4@-24(%rbp)", "[(r6+-24)]4s" },
		{ "1@0x10(%r13)", "[(r13+16)]1" },
		{ "-2@(%r8,%rsi,2)", "[(r8+(r4*2))]2s" },
		{ "-4@48(%rdi,%rsi,4)", "[((r5+48)+(r4*4))]4s" },
		{ "8@(%rax,%rdx)", "[(r0+(r1*1))]8" },
		{ "8@8(,%rax,8)", "[((r0*8)+8)]8" },
		{ "8f@24(%rdi)", "[(r5+24)]8" }, { "4f@32(%rdi)", "[(r5+32)]4" },
		{ "-4@visible(%rip)", "[file0x4000]4s" },
		{ "-4@40+CheckpointStats(%rip)", "[file0x4028]4s" },
		{ "-4@CheckpointStats+40(%rip)", "[file0x4028]4s" },
		{ "4@table-8(%rip)", "[file0x3ff8]4" },
		{ "-2@hidden(%rsi,%rsi)", "[((r4+file0x4000)+(r4*1))]2s" },
		{ "-4@other+4(,%rsi,4)", "[(file0x4004+(r4*4))]4s" },
		{ "4@visible", "[file0x4000]4" },
		{ "4@counter.0(%rip)", "[file0x4000]4" },
		{ "-8@%fs:theirs@tpoff", "[tls0x18]8s" },
		{ "4@%fs:8+theirs@tpoff", "[tls0x20]4" },
		{ "-4@%fs:many@tpoff(,%rax,4)", "[(tls0x18+(r0*4))]4s" },
		{ "8@%fs:40", "?segment register" },
		{ "8@%gs:40", "?register %gs" },
		{ "8@absent(%rip)", "?symbol 'absent'" },
		{ "8@8(%rip)", "?relative to the next instruction" },
		{ "8@(%xmm0)", "?register %xmm0" },
		{ "8@-24(%rbp", "?way that is not known" },
		{ "8@(%rax,%rdx,", "?way that is not known" },
		{ "8@x@got(%rip)", "?way that is not known" },
	};

	(void)state;
	CHECK(EM_X86_64, rows);
}

static void x86_constants(void **state)
{
	static const struct row rows[] = {
		{ "-4@$5", "5" }, { "-4@$-5", "-5" }, { "4@$-1", "4294967295" },
		{ "8@$-1", "-1" }, { "1@$200", "200" }, { "-1@$200", "-56" },
		{ "-8@$123456789012", "123456789012" },
		{ "8@$18446744073709551615", "-1" },
		{ "-8@$-9223372036854775808", "-9223372036854775808" },
		{ "8@$0x7f", "127" }, { "8@$text", "file0x4000" },
		{ "8@$text+3", "file0x4003" },
		{ "8@$", "?way that is not known" },
	};

	(void)state;
	CHECK(EM_X86_64, rows);
}

static void arm(void **state)
{
	static const struct row rows[] = {
		{ "8@x0", "r0" }, { "-8@x30", "r30" }, { "8@sp", "r31" },
		{ "-4@w1", "((r1<<32)>>32)" }, { "4@w28", "((r28<<32)>>>32)" },
		{ "-2@w2", "((r2<<48)>>48)" }, { "1@w3", "((r3<<56)>>>56)" },
		{ "-4@x4", "((r4<<32)>>32)" },
		{ "4@wzr", "0" }, { "8@xzr", "0" },
		{ "-4@5", "5" }, { "-4@-5", "-5" }, { "-8@123456789012", "123456789012" },
		{ "8@#16", "16" },
		{ "8@[x12]", "[r12]8" }, { "-4@[sp, 12]", "[(r31+12)]4s" },
		{ "-4@[x29, -24]", "[(r29+-24)]4s" },
		{ "8@[x1, #16]", "[(r1+16)]8" },
		{ "8@[x1,x2]", "[(r1+r2)]8" },
		{ "8@[x1, x2, lsl 3]", "[(r1+(r2<<3))]8" },
		{ "8@[x1, x2, lsl #3]", "[(r1+(r2<<3))]8" },
		{ "4@[x0, w1, sxtw 2]", "[(r0+(((r1<<32)>>32)<<2))]4" },
		{ "4@[x0, w1, uxtw]", "[(r0+((r1<<32)>>>32))]4" },
		{ "8f@[x10]", "[r10]8" },
		{ "8@x31", "?register x31" }, { "8f@d0", "?register d0" },
		{ "8@[x1, x2, ror 3]", "?way that is not known" },
		{ "8@[x1", "?way that is not known" },
	};

	(void)state;
	CHECK(EM_AARCH64, rows);
}

static void others(void **state)
{
	static const struct row rows[] = {
		{ "3@%eax", "?size" }, { "@%eax", "?size" },
		{ "-@%eax", "?size" }, { "99999999999@%eax", "?size" },
		{ "x@%eax", "?size" }, { "16@%xmm0", "?size" },
		{ "4@", "?way that is not known" },
		{ "4@@", "?way that is not known" },
	};
	struct arena *arena = arena_create();
	struct usdt_operand operands[3];

	(void)state;
	CHECK(EM_X86_64, rows);
	check_row(EM_RISCV, &(struct row){ "8@a0", "?machine" });
	assert_int_equal(usdt_operands(arena, EM_X86_64, "", &known, operands,
				       3), 0);
	assert_int_equal(usdt_operands(arena, EM_X86_64, "  ", &known, operands,
				       3), 0);
	assert_int_equal(usdt_operands(arena, EM_X86_64, " -4@%eax  2@4(%rbx) ",
				       &known, operands, 3), 2);
	assert_true(operands[0].is_signed && operands[0].size == 4);
	assert_true(!operands[1].is_signed && operands[1].size == 2);
	assert_int_equal(usdt_operands(arena, EM_X86_64, "1@$1 1@$2 1@$3 1@$4",
				       &known, operands, 3), 3);
	assert_int_equal(usdt_operands(arena, EM_AARCH64, "4@[sp, 8] 4@w0",
				       &known, operands, 3), 2);
	/* without symbols */
	assert_int_equal(usdt_operands(arena, EM_X86_64, "4@x(%rip)", NULL,
				       operands, 3), 1);
	assert_null(operands[0].value);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x86_registers),
		cmocka_unit_test(x86_memory),
		cmocka_unit_test(x86_constants),
		cmocka_unit_test(arm),
		cmocka_unit_test(others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
