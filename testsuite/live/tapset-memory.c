/*
 * Hands addresses of things of every kind to a call of prctl() that fails, so
 * that a script may read them in this process's memory.
 */
#include <stdint.h>
#include <sys/prctl.h>
#include <wchar.h>

static const struct {
	int8_t i8;
	uint8_t u8;
	int16_t i16;
	uint16_t u16;
	int32_t i32;
	uint32_t u32;
	int64_t i64;
} numbers = { -1, 200, -2, 60000, -3, 4000000000u, -4 };

static const uint16_t utf16[] = { 'a', 0xe9, 0x20ac, 0xd83d, 0xde00, 0 };
static const uint32_t utf32[] = { 'b', 0xe9, 0x20ac, 0x1f600, 0 };

/* What no one has read yet is not in memory: probes cannot wait for it. */
static void touch(const volatile char *bytes, unsigned long size)
{
	while (size--)
		(void)bytes[size];
}

int main(void)
{
	static const char text[] = "one\ttwo\0three\n";

	touch(text, sizeof(text));
	touch((const char *)&numbers, sizeof(numbers));
	touch((const char *)utf16, sizeof(utf16));
	touch((const char *)utf32, sizeof(utf32));
	prctl(0x5350, (long)text, (long)&numbers, (long)utf16, (long)utf32);
	return 0;
}
