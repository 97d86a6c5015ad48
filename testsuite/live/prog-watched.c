/*
 * Writes as many numbers as the argument says to places whose addresses are always the
 * same, and reads the last one of the second.
 */
#include <stdlib.h>
#include <sys/mman.h>

#define PLACE ((void *)0x70000000)

int main(int argc, char **argv)
{
	volatile int *place = mmap(PLACE, 4096, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS |
				   MAP_FIXED_NOREPLACE, -1, 0);
	int count = argc > 1 ? atoi(argv[1]) : 1;

	if (place != PLACE)
		return 1;
	for (int i = 0; i < count; i++)
		for (int j = 2; j < 8; j += 2)
			place[j] = i;
	return place[4] != count - 1;
}
