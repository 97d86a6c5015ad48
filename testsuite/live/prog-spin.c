/*
 * A program that computes for a known time, for profiles.
 *
 * Usage: prog-spin [MS [THREADS]]
 *
 * Each thread (default 1) computes until it used MS milliseconds (default
 * 1000) of CPU time. Output:
 *
 *	thread TID MICROSECONDS of CPU time
 *	total MICROSECONDS of CPU time of the process, MICROSECONDS of real time
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64 };

struct spinner {
	pthread_t thread;
	long long limit;	/* microseconds */
	long long used;
	long id;
	unsigned long value;	/* so that the work has a result */
};

static long long microseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void *spin(void *argument)
{
	struct spinner *spinner = argument;

	spinner->id = syscall(SYS_gettid);
	do {
		for (int i = 0; i < 10000; i++)
			spinner->value = spinner->value * 31 + (unsigned)i;
		spinner->used = microseconds(CLOCK_THREAD_CPUTIME_ID);
	} while (spinner->used < spinner->limit);
	return NULL;
}

int main(int argc, char **argv)
{
	long long limit = argc > 1 ? atoll(argv[1]) * 1000 : 1000000;
	int count = argc > 2 ? atoi(argv[2]) : 1;
	long long begin = microseconds(CLOCK_MONOTONIC);
	struct spinner spinners[MOST] = { 0 };

	if (count < 1 || count > MOST) {
		fprintf(stderr, "usage: %s [MS [THREADS]]\n", argv[0]);
		return 2;
	}
	for (int i = 0; i < count; i++) {
		spinners[i].limit = limit;
		if (pthread_create(&spinners[i].thread, NULL, spin,
				   &spinners[i])) {
			fputs("pthread_create\n", stderr);
			return 1;
		}
	}
	for (int i = 0; i < count; i++) {
		pthread_join(spinners[i].thread, NULL);
		printf("thread %ld %lld\n", spinners[i].id, spinners[i].used);
	}
	printf("total %lld %lld\n", microseconds(CLOCK_PROCESS_CPUTIME_ID),
	       microseconds(CLOCK_MONOTONIC) - begin);
	return 0;
}
