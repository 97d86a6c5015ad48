/*
 * Touches new pages, so many as the argument says (of a thread: half as many), while
 * a process beside it touches others; each touch of a page is a page fault.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

static char *fresh(size_t pages)
{
	char *room = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	madvise(room, pages * PAGE, MADV_NOHUGEPAGE);
	return room;
}

__attribute__((noinline)) void touch(char *room, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		*(volatile char *)(room + i * PAGE) = 1;
		/* others may have the processor in between */
		if (i % 16 == 0)
			usleep(100);
	}
}

static void *run_thread(void *pages)
{
	touch(fresh((size_t)pages), 0);
	touch(fresh((size_t)pages), (size_t)pages);
	return NULL;
}

static void disturb(void)
{
	for (;;) {
		char *room = fresh(64);

		for (size_t i = 0; i < 64; i++)
			*(volatile char *)(room + i * PAGE) = 1;
		munmap(room, 64 * PAGE);
	}
}

int main(int argc, char **argv)
{
	size_t pages = argc > 1 ? strtoul(argv[1], NULL, 0) : 100;
	pid_t other = fork();
	pthread_t thread;

	if (!other)
		disturb();
	/* what is called is there before it is counted */
	touch(fresh(1), 1);
	touch(fresh(pages), pages);
	pthread_create(&thread, NULL, run_thread, (void *)(pages / 2));
	pthread_join(thread, NULL);
	kill(other, SIGKILL);
	waitpid(other, NULL, 0);
	return 0;
}
