/*
 * The traced loop: so many getppid calls in each of some threads, each on a
 * processor of its own from the first. Prints nanoseconds per call, and how
 * many calls there were.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST_THREADS = 64 };

struct work {
	int cpu;
	long count;
};

static void *call(void *context)
{
	const struct work *work = context;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(work->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	for (long n = work->count; n > 0; n--)
		syscall(SYS_getppid);
	return NULL;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 1000000;
	int threads = argc > 2 ? atoi(argv[2]) : 1;
	struct work works[MOST_THREADS];
	pthread_t others[MOST_THREADS];
	struct timespec from, to;

	if (threads < 1 || threads > MOST_THREADS)
		return 2;
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (int i = 0; i < threads; i++) {
		works[i] = (struct work){ .cpu = i, .count = count };
		if (pthread_create(&others[i], NULL, call, &works[i]))
			return 1;
	}
	for (int i = 0; i < threads; i++)
		pthread_join(others[i], NULL);
	clock_gettime(CLOCK_MONOTONIC, &to);
	fprintf(stderr, "%.2f %ld\n",
		((double)(to.tv_sec - from.tv_sec) * 1e9 +
		 (double)(to.tv_nsec - from.tv_nsec)) / (double)count,
		count * threads);
	return 0;
}
