/*
 * Loads and attaches every program of a BPF object, prints what comes through
 * its ring buffer "out" if it has one, and ends at SIGINT: what the benchmark
 * runs the objects written by hand with. With a path and an offset all programs
 * are attached there.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* As in print.bpf.c. */
struct record {
	char comm[16];
	long id;
};

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
	(void)signal;
	stopped = 1;
}

static int show(void *context, void *data, size_t size)
{
	const struct record *record = data;

	(void)context;
	(void)size;
	printf("%s %ld\n", record->comm, record->id);
	return 0;
}

static struct bpf_link *attach(struct bpf_program *program, int argc,
			       char **argv)
{
	if (argc < 4)
		return bpf_program__attach(program);
	return bpf_program__attach_uprobe(program, false, -1, argv[2],
					  strtoul(argv[3], NULL, 0));
}

int main(int argc, char **argv)
{
	struct bpf_object *object = bpf_object__open(argc > 1 ? argv[1] : "");
	struct ring_buffer *ring = NULL;
	struct bpf_program *program;
	int out;

	if (!object || bpf_object__load(object) < 0)
		return 1;
	bpf_object__for_each_program(program, object)
		if (!attach(program, argc, argv))
			return 1;
	out = bpf_object__find_map_fd_by_name(object, "out");
	if (out >= 0)
		ring = ring_buffer__new(out, show, NULL, NULL);
	signal(SIGINT, stop);
	puts("ready");
	fflush(stdout);
	while (!stopped) {
		if (!ring)
			pause();
		else if (ring_buffer__poll(ring, 50) < 0 && errno != EINTR)
			break;
		if (ring)
			ring_buffer__consume(ring);
	}
	return 0;
}
