/* Calls getppid() as often as it is told, in each of so many threads: the truth
 * that a session counts. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_THREADS = 16 };

static void *call(void *count)
{
	for (long n = *(long *)count; n > 0; n--)
		syscall(SYS_getppid);
	return NULL;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 0;
	int threads = argc > 2 ? atoi(argv[2]) : 1;
	pthread_t others[MOST_THREADS];

	for (int i = 1; i < threads && i < MOST_THREADS; i++)
		if (pthread_create(&others[i], NULL, call, &count))
			return 1;
	call(&count);
	for (int i = 1; i < threads && i < MOST_THREADS; i++)
		pthread_join(others[i], NULL);
	return 0;
}
