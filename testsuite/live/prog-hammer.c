/*
 * One thread on each CPU that we may use makes the same number of getsid
 * calls (argument 1), all starting together. Prints "calls N": what a tracer
 * of this process must count.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

struct task {
	pthread_t thread;
	int cpu;
	long calls;
	pthread_barrier_t *start;
};

static void *hammer(void *argument)
{
	struct task *task = argument;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(task->cpu, &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set) != 0)
		abort();
	pthread_barrier_wait(task->start);
	for (long i = 0; i < task->calls; i++)
		syscall(SYS_getsid, 0);
	return NULL;
}

int main(int argc, char **argv)
{
	long calls = argc > 1 ? atol(argv[1]) : 100000;
	struct task tasks[CPU_SETSIZE];
	pthread_barrier_t start;
	cpu_set_t set;
	int count = 0;

	sched_getaffinity(0, sizeof(set), &set);
	pthread_barrier_init(&start, NULL, (unsigned)CPU_COUNT(&set));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		tasks[count] = (struct task){ .cpu = cpu, .calls = calls,
					      .start = &start };
		if (pthread_create(&tasks[count].thread, NULL, hammer,
				   &tasks[count]) != 0)
			abort();
		count++;
	}
	for (int i = 0; i < count; i++)
		pthread_join(tasks[i].thread, NULL);
	printf("calls %ld\n", calls * count);
	return 0;
}
