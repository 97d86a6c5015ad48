/*
 * The output of a session: see sink.h.
 */
#include "runtime/reader/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Large enough that a full drain is a few writes, small beside the 16 MiB that
 * a session may take. */
enum { BUFFER_SIZE = 256 << 10, BUFFER_SIZE_CPU = 64 << 10 };

struct stream {
	char *data;
	size_t used;
	size_t size;
	int fd;
	char *path;		/* without the number of rotation; NULL: stdout */
	uint64_t written;	/* to the current file */
	unsigned int file;	/* number of the current file */
};

struct sink {
	struct sink_options options;
	struct stream *streams;
	unsigned int stream_count;
	char failure[512];
};

static void fail(struct sink *sink, const struct stream *stream, int error)
{
	const char *path = stream->path ? stream->path : "standard output";

	if (sink->failure[0])
		return;
	if (error == EPIPE)
		snprintf(sink->failure, sizeof(sink->failure),
			 "nobody reads %s any more (broken pipe): the session "
			 "ends", path);
	else
		snprintf(sink->failure, sizeof(sink->failure),
			 "cannot write to %s: %s", path, strerror(error));
}

/* The name of file @number of a stream; malloc'd. */
static char *file_name(const struct sink *sink, const struct stream *stream,
		       unsigned int number)
{
	char *name;
	int length;

	if (sink->options.rotate || number)
		length = asprintf(&name, "%s.%u", stream->path, number);
	else
		length = asprintf(&name, "%s", stream->path);
	return length < 0 ? NULL : name;
}

/* 0 or an errno. */
static int open_file(struct sink *sink, struct stream *stream)
{
	char *name = file_name(sink, stream, stream->file);

	if (!name)
		return ENOMEM;
	stream->fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int error = stream->fd < 0 ? errno : 0;

	free(name);
	stream->written = 0;
	return error;
}

static void next_file(struct sink *sink, struct stream *stream)
{
	unsigned int keep = sink->options.keep;
	char *old;

	close(stream->fd);
	stream->file++;
	if (keep && stream->file >= keep) {
		old = file_name(sink, stream, stream->file - keep);
		if (old)
			unlink(old);
		free(old);
	}
	int error = open_file(sink, stream);

	if (error)
		fail(sink, stream, error);
}

static char *expand_path(const char *path, bool per_cpu, unsigned int cpu)
{
	char expanded[4096], *result;
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	/* 0 also for a path that expands to nothing: then it is taken as is */
	if (!strchr(path, '%') ||
	    !strftime(expanded, sizeof(expanded), path, &tm))
		snprintf(expanded, sizeof(expanded), "%s", path);
	int length = per_cpu ? asprintf(&result, "%s_%u", expanded, cpu) :
		asprintf(&result, "%s", expanded);

	return length < 0 ? NULL : result;
}

static int open_stream(struct sink *sink, unsigned int cpu)
{
	struct stream *stream = &sink->streams[cpu];
	const struct sink_options *options = &sink->options;
	const char *path = options->path;

	stream->fd = STDOUT_FILENO;
	stream->size = options->per_cpu ? BUFFER_SIZE_CPU : BUFFER_SIZE;
	stream->data = malloc(stream->size);
	if (!stream->data)
		return ENOMEM;
	if (!path && options->per_cpu)
		path = "spile_cpu";
	if (!path)
		return 0;
	stream->path = expand_path(path, options->per_cpu, cpu);
	return stream->path ? open_file(sink, stream) : ENOMEM;
}

struct sink *sink_open(const struct sink_options *options, char **ret_error)
{
	struct sink *sink = calloc(1, sizeof(*sink));
	long cpus = sysconf(_SC_NPROCESSORS_CONF);

	*ret_error = NULL;
	if (!sink)
		return NULL;
	sink->options = *options;
	sink->stream_count = options->per_cpu && cpus > 0 ? cpus : 1;
	sink->streams = calloc(sink->stream_count, sizeof(*sink->streams));
	for (unsigned int i = 0; sink->streams && i < sink->stream_count; i++) {
		int error = open_stream(sink, i);

		if (!error)
			continue;
		if (asprintf(ret_error, "cannot write to %s: %s",
			     options->path ? options->path : "files here",
			     strerror(error)) < 0)
			*ret_error = NULL;
		sink->stream_count = i + 1;
		sink_close(sink);
		return NULL;
	}
	if (!sink->streams) {
		free(sink);
		return NULL;
	}
	return sink;
}

static void write_all(struct sink *sink, struct stream *stream)
{
	const char *at = stream->data;
	size_t left = stream->used;

	stream->used = 0;
	if (sink->options.take) {
		sink->options.take(sink->options.with, at, left);
		return;
	}
	/* a file never grows beyond the size, unless one chunk does alone */
	if (sink->options.rotate && stream->written && !sink->failure[0] &&
	    stream->written + left > sink->options.rotate)
		next_file(sink, stream);
	while (left && !sink->failure[0]) {
		ssize_t n = write(stream->fd, at, left);

		if (n >= 0) {
			at += n;
			left -= n;
			stream->written += n;
		} else if (errno == EAGAIN) {
			struct pollfd wait = { stream->fd, POLLOUT, 0 };

			poll(&wait, 1, 1000);
		} else if (errno != EINTR) {
			fail(sink, stream, errno);
		}
	}
}

static struct stream *stream_of(struct sink *sink, unsigned int cpu)
{
	return &sink->streams[cpu < sink->stream_count ? cpu : 0];
}

char *sink_room(struct sink *sink, unsigned int cpu, size_t size)
{
	struct stream *stream = stream_of(sink, cpu);

	if (stream->size - stream->used < size)
		write_all(sink, stream);
	if (sink->failure[0])
		return NULL;
	if (stream->size < size) {
		char *larger = realloc(stream->data, size);

		if (!larger)
			return NULL;
		stream->data = larger;
		stream->size = size;
	}
	return stream->data + stream->used;
}

void sink_added(struct sink *sink, unsigned int cpu, size_t size)
{
	stream_of(sink, cpu)->used += size;
}

void sink_write(struct sink *sink, unsigned int cpu, const void *data,
		size_t size)
{
	char *room = sink_room(sink, cpu, size);

	if (!room)
		return;
	memcpy(room, data, size);
	sink_added(sink, cpu, size);
}

void sink_flush(struct sink *sink)
{
	for (unsigned int i = 0; i < sink->stream_count; i++)
		if (sink->streams[i].used)
			write_all(sink, &sink->streams[i]);
}

void sink_rotate(struct sink *sink)
{
	sink_flush(sink);
	for (unsigned int i = 0; i < sink->stream_count; i++) {
		struct stream *stream = &sink->streams[i];

		if (stream->path && stream->written && !sink->failure[0])
			next_file(sink, stream);
	}
}

const char *sink_failure(const struct sink *sink)
{
	return sink->failure[0] ? sink->failure : NULL;
}

void sink_close(struct sink *sink)
{
	if (!sink)
		return;
	sink_flush(sink);
	for (unsigned int i = 0; i < sink->stream_count; i++) {
		if (sink->streams[i].path && sink->streams[i].fd >= 0)
			close(sink->streams[i].fd);
		free(sink->streams[i].path);
		free(sink->streams[i].data);
	}
	free(sink->streams);
	free(sink);
}
