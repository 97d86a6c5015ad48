/* A marker that is passed only while somebody listens, by its counter. With a number:
 * says the counter, passes the marker so often and ends. Without: passes it once, and
 * then says the counter, for each character that it reads. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if __has_include(<sys/sdt.h>)
#define _SDT_HAS_SEMAPHORES 1
#include <sys/sdt.h>
volatile unsigned short listened_heard_semaphore
	__attribute__((section(".probes")));
#define HEARD(number) DTRACE_PROBE1(listened, heard, number)
#else
static volatile unsigned short listened_heard_semaphore;
#define HEARD(number) ((void)(number))
#endif

/* What the counter was before the marker was passed, or not. */
static int pass(long number)
{
	int counter = listened_heard_semaphore;

	if (counter)
		HEARD(number);
	return counter;
}

int main(int argc, char **argv)
{
	long count = argc > 1 ? atol(argv[1]) : 0;
	char asked;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (count)
		printf("counter %d\n", listened_heard_semaphore);
	for (long i = 1; i <= count; i++)
		pass(i);
	for (long i = 1; !count && read(STDIN_FILENO, &asked, 1) == 1; i++)
		printf("counter %d\n", pass(i));
	return 0;
}
