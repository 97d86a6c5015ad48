/*
 * Writes as many numbers as the argument says to places whose addresses are always the
 * same, and reads the last one of the second. Without an argument: writes to variables,
 * once for each line that it reads, and says so; a library that was put into it may
 * write to its own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PLACE ((void *)0x70000000)

/* not 0: those the kernel writes, when a program begins */
volatile int watched_number = 70;
volatile struct { long first, second; } watched_pair = { 1, 2 };

__attribute__((weak)) void library_write(void);

static int write_variables(void)
{
	int c;

	while ((c = getchar()) != EOF) {
		if (c != '\n')
			continue;
		watched_number++;
		watched_pair.first++;
		watched_pair.second += 2;
		if (library_write)
			library_write();
		printf("written %d\n", watched_number);
		fflush(stdout);
	}
	return 0;
}

int main(int argc, char **argv)
{
	volatile int *place = mmap(PLACE, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS |
				   MAP_FIXED_NOREPLACE, -1, 0);
	int count = argc > 1 ? atoi(argv[1]) : 1;

	if (argc < 2)
		return write_variables();
	if (place != PLACE)
		return 1;
	for (int i = 0; i < count; i++)
		for (int j = 2; j < 8; j += 2)
			place[j] = i;
	return place[4] != count - 1;
}
