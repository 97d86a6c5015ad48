/*
 * A library to be put into a program, whose variables are read from probes that
 * stand elsewhere, or watched. Its code does not begin where its file does.
 */
const char table[20000] = "large";
static int counter = 70;
static struct { long a[3]; } kept = { { 4, 5, 6 } };

__attribute__((constructor)) static void begin(void)
{
	counter += 7;
	__asm__ volatile("" : : "r"(&kept), "r"(&counter) : "memory");
}

/* The first is not 0: it would lie behind all that the file has. */
volatile struct { int first, number; } library_pair = { 1, 70 };

void library_write(void)
{
	library_pair.first--;
	library_pair.number++;
}
