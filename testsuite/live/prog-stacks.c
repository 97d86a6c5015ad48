/*
 * Calls of a known depth. Each round ends in a write of nothing to descriptor 2
 * in leaf(), so that a probe on system calls sees the stack that main() says:
 * leaf < middle < outer < main, or with "deep N" N times recurse() in between;
 * "spin N" computes instead for as many rounds; "sort" calls through qsort() of
 * the C library, "signal" from a handler that outer() is interrupted by.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((noinline)) long leaf(long value)
{
	volatile long room[4] = { value, 1, 2, 3 };

	/* here, so that no frame of the C library lies between */
	long result = -1;

#if defined(__x86_64__)
	__asm__ volatile("syscall" : "=a"(result)
			 : "a"(SYS_write), "D"(2), "S"(""), "d"(0)
			 : "rcx", "r11", "memory");
#else
	result = syscall(SYS_write, 2, "", 0);
#endif
	return result + room[value & 3];
}

__attribute__((noinline)) long spin(long value)
{
	volatile long sum = value;

	for (long i = 0; i < 20000000; i++)
		sum += i;
	return sum;
}

__attribute__((noinline)) long middle(long value, int spins)
{
	long room[40];

	memset(room, (int)value, sizeof(room));
	__asm__ volatile("" : : "r"(room) : "memory");
	return (spins ? spin(value) : leaf(value)) + room[value & 7];
}

__attribute__((noinline)) long recurse(long depth)
{
	if (!depth)
		return leaf(depth);
	return recurse(depth - 1) + 1;
}

__attribute__((noinline)) long outer(long value, int spins)
{
	return middle(value + 1, spins) + 1;
}

__attribute__((noinline)) int compare(const void *a, const void *b)
{
	leaf(1);
	return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) void sort(void)
{
	int values[2] = { 2, 1 };

	qsort(values, 2, sizeof(values[0]), compare);
	__asm__ volatile("" : : "r"(values) : "memory");
}

__attribute__((noinline)) void handler(int number)
{
	leaf(number);
}

__attribute__((noinline)) long interrupted(void)
{
	signal(SIGTRAP, handler);
	/* between these two: the handler returns to the very next */
#if defined(__x86_64__)
	__asm__ volatile("int3");
#else
	raise(SIGTRAP);
#endif
	return 1;
}

int main(int argc, char **argv)
{
	long sum = 0;

	if (argc > 2 && !strcmp(argv[1], "deep"))
		return recurse(atol(argv[2])) == 0;
	if (argc > 1 && !strcmp(argv[1], "sort"))
		sort();
	else if (argc > 1 && !strcmp(argv[1], "signal"))
		sum = interrupted();
	else if (argc > 2 && !strcmp(argv[1], "spin"))
		for (long i = atol(argv[2]); i > 0; i--)
			sum += outer(i, 1);
	else
		sum = outer(1, 0);
	return sum == 0;
}
