/* Prints what a script may have changed in it. */
#include <stdio.h>

struct box {
	int count;
	long total;
	unsigned int flag : 3;
	char name[8];
};

static volatile int level = 3;

__attribute__((noinline)) static long fill(struct box *b, int n)
{
	__asm__ volatile("" : "+r"(b), "+r"(n) :: "memory");
	b->total += n;
	return b->total * level;
}

int main(void)
{
	struct box b = { 1, 10, 5, "x" };
	long result = fill(&b, 5);

	printf("count %d total %ld result %ld level %d flag %d\n", b.count,
	       b.total, result, level, b.flag);
	return 0;
}
