/* Functions, lines and labels for test-debug-facts.c, which knows the numbers
 * of the lines by the marks in the comments. */
int total = 7;
static int counter = 41;
__thread int mine = 3;

struct list { struct list *next; int value; };

static inline __attribute__((always_inline)) int tiny(int v)
{
	return v * 3 + counter;			/* mark: tiny */
}

static inline __attribute__((always_inline)) int middle(int w)
{
	int once = tiny(w);			/* mark: first call */

	return once + tiny(w + 1);		/* mark: second call */
}

__attribute__((noinline)) int leaf(int a, char b)	/* mark: leaf */
{
	static int calls = 5;
	int local = a + b;			/* mark: local */

	/* no code here */			/* mark: nothing */
	calls++;				/* mark: calls */
	return local * calls;
}

__attribute__((noinline)) int branchy(struct list *list)
{
	int sum = 0;

	for (; list; list = list->next) {
		int value = list->value;	/* mark: value */

		if (value < 0)
			goto out;
		sum += value;
	}
	return sum;
out:
	counter++;				/* mark: out */
	return -1;
}

__attribute__((noinline)) int caller(int x)
{
	return middle(x) + leaf(x, 'a') + mine;	/* mark: caller */
}

int main(int argc, char **argv)
{
	struct list list = { 0, argc };

	(void)argv;
	return caller(argc) + branchy(&list) + total;
}
