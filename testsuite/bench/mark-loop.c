/*
 * A loop over a marker: prints nanoseconds a round, and how many there were.
 * Its argument is in the register of a function's first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/sdt.h>
#include <time.h>

__attribute__((noinline)) static void hit(long number)
{
	DTRACE_PROBE1(bench, hit, number);
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000000;
	struct timespec from, to;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (long i = 0; i < count; i++)
		hit(i & 7);
	clock_gettime(CLOCK_MONOTONIC, &to);
	fprintf(stderr, "%.2f %ld\n",
		((double)(to.tv_sec - from.tv_sec) * 1e9 +
		 (double)(to.tv_nsec - from.tv_nsec)) / (double)count, count);
	return 0;
}
