/*
 * The main program of a fuzz target when it replays a corpus (-DREPLAY): each
 * file as it is, then cut at many places and with single bytes changed, so that a
 * plain build explores a little too. Included last.
 *
 * REPLAY_BYTES:  what bytes are changed to in turn; without it, bits are flipped
 * REPLAY_QUIET:  the target tells on standard error what it finds, by design
 */
#ifdef REPLAY
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLAY_MOST = 1 << 20, REPLAY_PLACES = 512 };

static uint8_t replay_byte(uint8_t byte, size_t at)
{
#ifdef REPLAY_BYTES
	static const char bytes[] = REPLAY_BYTES;

	(void)byte;
	return (uint8_t)bytes[at % (sizeof(bytes) - 1)];
#else
	return byte ^ (uint8_t)(1 + at % 255);
#endif
}

static void replay_changed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + !size);

	for (size_t at = 0; at < size; at += size / REPLAY_PLACES + 1) {
		/* an exact allocation lets the sanitizer see an overrun */
		uint8_t *cut = malloc(at + !at);

		memcpy(cut, data, at);
		LLVMFuzzerTestOneInput(cut, at);
		free(cut);
		memcpy(copy, data, size);
		copy[at] = replay_byte(copy[at], at);
		LLVMFuzzerTestOneInput(copy, size);
	}
	free(copy);
}

int main(int argc, char **argv)
{
	uint8_t *data = malloc(REPLAY_MOST);

#ifdef REPLAY_QUIET
	if (!freopen("/dev/null", "w", stderr))
		return 1;
#endif
	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		size_t size;

		if (!file || !data) {
			perror(argv[i]);
			return 1;
		}
		size = fread(data, 1, REPLAY_MOST, file);
		fclose(file);
		LLVMFuzzerTestOneInput(data, size);
		replay_changed(data, size);
	}
	free(data);
	return 0;
}
#endif
