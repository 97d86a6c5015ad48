/*
 * Where a session's output goes: standard output, a file, files that are
 * rotated by size, or one file for each processor.
 *
 * Text is collected in a buffer per stream and written by sink_flush(), or
 * earlier when the buffer is full. The first write that fails sticks: from then
 * on output is dropped, and sink_failure() says why, so that the session can
 * end in good order.
 */
#ifndef SPILE_READER_SINK_H
#define SPILE_READER_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes output in place of a file. */
typedef void sink_take(void *with, const char *data, size_t size);

struct sink_options {
	const char *path;	/* -o: expanded by strftime; NULL: stdout */
	uint64_t rotate;	/* -S: bytes of a file before the next, or 0 */
	unsigned int keep;	/* -S: files to keep, 0: all */
	bool per_cpu;		/* -b: PATH_CPU */
	sink_take *take;	/* or NULL; then it gets all */
	void *with;
};

struct sink;

/* NULL with a sentence in *ret_error (malloc'd) when a file cannot be made. */
struct sink *sink_open(const struct sink_options *options, char **ret_error);

/* At least @size bytes of room in the stream of @cpu, NULL when output has
 * failed or there is no memory; sink_added() says how many were used. */
char *sink_room(struct sink *sink, unsigned int cpu, size_t size);
void sink_added(struct sink *sink, unsigned int cpu, size_t size);
void sink_write(struct sink *sink, unsigned int cpu, const void *data,
		size_t size);
void sink_flush(struct sink *sink);
/* Begins the next file of each stream that has one. */
void sink_rotate(struct sink *sink);

/* A sentence about the first failure, or NULL. Valid until sink_close(). */
const char *sink_failure(const struct sink *sink);

/* Flushes and releases all. */
void sink_close(struct sink *sink);

#endif
