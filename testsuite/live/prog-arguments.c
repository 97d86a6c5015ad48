/* Calls a function of six arguments, and one that returns -42. */
__attribute__((noinline)) void six(int a, unsigned b, long c, long d, int e,
				   void *f)
{
	__asm__ volatile("" : : "r"(a), "r"(b), "r"(c), "r"(d), "r"(e),
			 "r"(f) : "memory");
}

__attribute__((noinline)) long twice(long a)
{
	__asm__ volatile("" : "+r"(a));
	return 2 * a;
}

int main(void)
{
	six(-1, 0xfffffff0, -3, 4, 5, (void *)0x6666);
	return twice(-21) != -42;
}
