/*
 * Processes and threads that come and go, and the truth about them:
 *
 *	prog-lives FORKS THREADS EXECS CALLS
 *
 * forks FORKS children that start THREADS threads each, FORKS / 2 of which end
 * by a signal; executes itself EXECS times in the same process, and makes CALLS
 * calls of getsid() with a number of its own in each thread. Prints one line of
 * what a tracer must have seen.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAGIC = 4000000 };

static void calls(int count)
{
	for (int i = 0; i < count; i++)
		syscall(SYS_getsid, MAGIC + i, 2, 3, 4, 5, 6);
}

static void *run_thread(void *count)
{
	calls(*(int *)count);
	return NULL;
}

static void run_child(int threads, int count, int by_signal)
{
	pthread_t ids[64];

	for (int i = 0; i < threads; i++)
		pthread_create(&ids[i], NULL, run_thread, &count);
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	if (by_signal)
		kill(getpid(), SIGKILL);
	exit(0);
}

int main(int argc, char **argv)
{
	int forks = atoi(argv[1]), threads = atoi(argv[2]);
	int execs = atoi(argv[3]), count = atoi(argv[4]);
	char left[16];

	if (argc == 6) {
		snprintf(left, sizeof(left), "%d", execs - 1);
		if (execs > 0)
			execl("/proc/self/exe", argv[0], argv[1], argv[2], left,
			      argv[4], "again", (char *)NULL);
		return 0;
	}
	for (int i = 0; i < forks; i++)
		if (!fork())
			run_child(threads, count, i % 2);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	printf("pid %d begins %d ends %d threads %d calls %d\n", getpid(),
	       1 + forks + execs, 1 + forks, forks * threads,
	       forks * threads * count);
	fflush(stdout);
	snprintf(left, sizeof(left), "%d", execs - 1);
	if (execs > 0)
		execl("/proc/self/exe", argv[0], argv[1], argv[2], left,
		      argv[4], "again", (char *)NULL);
	return 0;
}
