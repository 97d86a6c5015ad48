/* Calls, recursive and in threads, and a marker that asks whether somebody
 * listens. Prints what a tracer must count. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#if __has_include(<sys/sdt.h>)
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
unsigned short calls_deep_semaphore __attribute__((section(".probes")));
#define MARK(a, b) do { if (calls_deep_semaphore) \
	DTRACE_PROBE2(calls, deep, a, b); } while (0)
#else
#define MARK(a, b) ((void)0)
#endif

static long kept = 70;

__attribute__((noinline)) long down(long who, int depth)
{
	long sum = who * 1000 + depth;

	if (depth)
		sum += down(who, depth - 1);
	else
		MARK(who, &kept);
	__asm__ volatile("" : "+r"(sum) : "r"(&kept) : "memory");
	return sum;
}

static void *run(void *with)
{
	for (int i = 0; i < 10; i++)
		down((long)with, 10);
	return NULL;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 4;
	pthread_t threads[64];

	for (long i = 0; i < count && i < 64; i++)
		pthread_create(&threads[i], NULL, run, (void *)i);
	for (int i = 0; i < count && i < 64; i++)
		pthread_join(threads[i], NULL);
	fprintf(stderr, "calls %d deepest %d\n", count * 110, count * 10);
	return 0;
}
