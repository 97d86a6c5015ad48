/*
 * A program with functions that begin with an instruction that the kernel does
 * not probe: odd_locked, which it refuses, and odd_push, which it would carry
 * out wrongly (AVX; its last byte of operation is that of a push). Of other
 * processors than x86-64 all are plain.
 *
 * Output: how often each was called.
 *
 *	odd N
 */
#include <stdio.h>

static volatile long sink;

__attribute__((noinline)) void odd_plain(int number)
{
	sink += number;
}

#if defined(__x86_64__)
void odd_locked(int *number);
void odd_push(void);
__asm__(".globl odd_locked, odd_push\n"
	".type odd_locked, %function\n"
	"odd_locked: lock; incl (%rdi)\nret\n"
	".size odd_locked, .-odd_locked\n"
	".type odd_push, %function\n"
	"odd_push: vxorps %xmm1, %xmm1, %xmm1\nret\n"
	".size odd_push, .-odd_push\n");

static void call_push(void)
{
	if (__builtin_cpu_supports("avx"))
		odd_push();
}
#else
__attribute__((noinline)) void odd_locked(int *number)
{
	++*number;
}

static void call_push(void)
{
}
#endif

int main(void)
{
	int number = 0;

	odd_plain(1);
	odd_locked(&number);
	call_push();
	printf("odd %d\n", number);
	return 0;
}
