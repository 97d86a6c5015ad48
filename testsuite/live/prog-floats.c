/*
 * Calls sample() with the bits of many numbers; what the machine makes of each
 * pair goes to the file that it is given.
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noinline)) void sample(uint64_t a, uint64_t b)
{
	__asm__ volatile("" : : "r"(a), "r"(b) : "memory");
}

static uint64_t draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* A number, never infinite: of any size, or near to 1. */
static uint64_t number(uint64_t *seed)
{
	uint64_t bits = draw(seed);

	if (draw(seed) & 3)
		return (bits & 0x800fffffffffffff) |
		       (0x3ff - 20 + bits / 4099 % 40) << 52;
	return (bits & 0x7ff0000000000000) == 0x7ff0000000000000 ?
		       bits ^ 1ULL << 62 : bits;
}

static double value(uint64_t bits)
{
	double d;

	memcpy(&d, &bits, sizeof(d));
	return d;
}

static uint64_t bits_of(double d)
{
	uint64_t bits;

	memcpy(&bits, &d, sizeof(bits));
	return bits;
}

int main(int argc, char **argv)
{
	uint64_t seed = 88172645463325252ULL;
	FILE *truth = argc == 3 ? fopen(argv[2], "w") : NULL;

	if (!truth)
		return 1;
	for (int i = 0; i < atoi(argv[1]); i++) {
		uint64_t a = number(&seed), b = number(&seed);
		double x = value(a), y = value(b);

		sample(a, b);
		fprintf(truth, "%" PRIx64 " %" PRIx64 " %" PRIx64 " %" PRIx64,
			bits_of(x + y), bits_of(x - y), bits_of(x * y),
			bits_of(x / y));
		fprintf(truth, " %d %d %d", x < y, x <= y, x == y);
		fprintf(truth, " %.6f\n", x);
	}
	return fclose(truth);
}
