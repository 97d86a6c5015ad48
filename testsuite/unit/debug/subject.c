/*
 * What test-debug.c compiles in many ways and runs one instruction at a time.
 * The name of a variable says its value: v12 is 12, m7 is -7, d3 is 3.0, s4_5 is
 * a struct of 4 and 5. A variable is set once, on the line that declares it, so
 * that wherever debug information claims to know it, it has that value.
 */
#ifdef __clang__
#define OPAQUE __attribute__((noinline, optnone))
#define ALONE __attribute__((noinline))
#else
#define OPAQUE __attribute__((noipa))
#define ALONE __attribute__((noinline))
#endif
#define INLINE static inline __attribute__((always_inline))

struct pair { int first, second; };
struct wide { long first, second; };
struct big { long first, second, rest[4]; };

volatile long sink;
static volatile long zero;
long v1000_global = 1000;
static int m44_static = -44;
__thread long v77_thread = 77;
static const char text[] = "some text";

OPAQUE static long give(long value) { return value + zero; }
OPAQUE static void keep(const void *address) { sink += address != 0; }

INLINE long inlined(long v21_inner, int m22_inner)
{
	long v42_local = v21_inner * 2;
	sink += v42_local;
	{
		long m22_block = v21_inner + m22_inner - v42_local + v21_inner;
		sink += m22_block + give(1) - 1 + v21_inner - v21_inner;
		sink -= m22_block;
	}
	return v42_local + m22_inner;
}

ALONE static long scalars(int v1, long m2, char v3, short m4,
			  unsigned char v250, unsigned int v4000000000,
			  _Bool v1_flag, const char *message)
{
	long v6_sum = v1 + v3 - m2 + zero;
	sink = v6_sum + m4 + v250;
	long v12_twice = v6_sum * 2;
	sink += give(v12_twice);
	sink += v4000000000 + v1_flag + *message;
	return sink + v12_twice + m2;
}

ALONE static double floats(double d1, float d2, int v3, double d4)
{
	double d7_sum = d1 + d2 + d4;
	sink += give(v3);
	sink += (long)d7_sum;
	return d7_sum * d4;
}

ALONE static long many(long v1, long v2, long v3, long v4, long v5, long v6,
		       long v7, int m8, short v9)
{
	long v36_sum = v1 + v2 + v3 + v4 + v5 + v6 + v7 - m8;
	sink += give(v36_sum);
	return v36_sum + v9 + v1;
}

ALONE static long structs(struct pair s1_2, struct wide s3_4, struct big s5_6,
			  struct big *pointer)
{
	long v9_sum = s1_2.first + s1_2.second + s5_6.second;
	sink += give(v9_sum);
	sink += s3_4.first + s3_4.second + pointer->rest[1];
	return v9_sum + s3_4.second;
}

ALONE static long memory(long v5)
{
	long v11_kept = v5 + 6;
	keep(&v11_kept);
	sink += give(v11_kept);
	return v11_kept + v5 + m44_static;
}

/* Part of it is split off, clones are made of it. */
static long cloned(long v8, long v9_constant, const char *message)
{
	if (__builtin_expect(!message, 0)) {
		sink += give(1) + v8;
		sink += give(2) + v9_constant;
		__builtin_abort();
	}
	sink += give(v8);
	return v8 + v9_constant + *message;
}

static long labels(long v30)
{
	long v31 = v30 + 1;
	if (give(0))
		goto failed;
	sink += give(v31);
	keep(&v31);
	return v31;
failed:
	sink--;
	return 0;
}

ALONE long thread(long v2)
{
	long v79_sum = v77_thread + v2;
	sink += give(v79_sum);
	return v79_sum + v1000_global;
}

int main(void)
{
	struct pair s1_2 = { (int)give(1), (int)give(2) };
	struct wide s3_4 = { give(3), give(4) };
	struct big s5_6 = { give(5), give(6), { 7, 8, 9, 10 } };

	sink += scalars((int)give(1), give(-2), (char)give(3), (short)give(-4),
			(unsigned char)give(250), (unsigned int)give(4000000000),
			(_Bool)give(1), text);
	sink += (long)floats((double)give(1), (float)give(2), (int)give(3),
			     (double)give(4));
	sink += many(give(1), give(2), give(3), give(4), give(5), give(6),
		     give(7), (int)give(-8), (short)give(9));
	sink += structs(s1_2, s3_4, s5_6, &s5_6);
	sink += memory(give(5));
	sink += cloned(give(8), 9, text) + cloned(give(8), 9, text + 1);
	sink += inlined(give(21), (int)give(-22));
	sink += labels(give(30));
	sink += thread(give(2));
	sink += inlined(give(21), (int)give(-22));
	return sink == 0;
}
