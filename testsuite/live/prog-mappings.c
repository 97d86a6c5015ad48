/* Calls of a function, while another thread changes the mappings of the process all
 * the time. Prints how many calls there were. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

enum { LENGTH = 1 << 20 };

static int over;

/* Pages that were touched take time to unmap. */
static void *change(void *with)
{
	(void)with;
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		char *area = mmap(NULL, LENGTH, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE,
				  -1, 0);

		if (area != MAP_FAILED)
			munmap(area, LENGTH);
	}
	return NULL;
}

__attribute__((noinline)) int meanwhile(int number)
{
	__asm__ volatile("" : "+r"(number));
	return number;
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 1000, sum = 0;
	pthread_t thread;

	if (pthread_create(&thread, NULL, change, NULL))
		return 1;
	for (int i = 0; i < count; i++)
		sum += meanwhile(1);
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	fprintf(stderr, "calls %d\n", sum);
	return 0;
}
