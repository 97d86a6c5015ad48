/*
 * Writes of known sizes to a file.
 *
 * Usage: prog-writes FILE [SIZE COUNT]...
 *
 * COUNT calls of write() with SIZE bytes for each pair (default: 1 byte 8
 * times, 100 bytes 16 times, 4096 bytes 32 times, 65536 bytes 4 times), then
 * one write to a closed file, which fails. Nothing else is written before the
 * last line but to FILE. Output, after all of it:
 *
 *	size SIZE COUNT
 *	total CALLS BYTES FAILED
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LARGEST = 1 << 20 };

struct run {
	int fd;
	long calls;
	long bytes;
};

static void write_many(struct run *run, const char *bytes, long size,
		       long count)
{
	for (long i = 0; i < count; i++) {
		if (write(run->fd, bytes, (size_t)size) != size) {
			perror("write");
			exit(1);
		}
		run->calls++;
		run->bytes += size;
	}
}

int main(int argc, char **argv)
{
	static char *const usual[] = {
		"1", "8", "100", "16", "4096", "32", "65536", "4",
	};
	char *const *pairs = argc > 2 ? argv + 2 : usual;
	int count = argc > 2 ? argc - 2 : 8;
	char *bytes = calloc(1, LARGEST);
	struct run run = { 0 };

	if (argc < 2 || count % 2 || !bytes) {
		fprintf(stderr, "usage: %s FILE [SIZE COUNT]...\n", argv[0]);
		return 2;
	}
	run.fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (run.fd < 0) {
		perror(argv[1]);
		return 1;
	}
	for (int i = 0; i < count; i += 2)
		write_many(&run, bytes, atol(pairs[i]) & (LARGEST - 1),
			   atol(pairs[i + 1]));
	close(run.fd);
	if (write(run.fd, bytes, 1) >= 0)
		return 1;
	for (int i = 0; i < count; i += 2)
		printf("size %ld %s\n", atol(pairs[i]) & (LARGEST - 1),
		       pairs[i + 1]);
	printf("total %ld %ld 1\n", run.calls, run.bytes);
	free(bytes);
	return 0;
}
