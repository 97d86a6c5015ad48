/*
 * Two BPF programs side by side, in one process on one processor, attached in
 * turns to the same thing: what a hit of the one costs next to the other.
 *
 *	pair [-s SECONDS] [-c CPU] [-m LOCATION] A B
 *
 * A and B are ids of programs that somebody has loaded, or objects, whose first
 * program is loaded here. Says "taken" when it holds both and waits for a line:
 * meanwhile whoever loaded them ends, and what they attached with them. They
 * are attached to sys_enter, and the calls are getppid; or, with the LOCATION
 * of the marker of this program, to that.
 *
 * A round prints, in nanoseconds,
 *
 *	call A B BARE	a call with A attached, with B, with none, in the order
 *			bare A B B A; the kernel's statistics are off
 *	kernel A B	run_time_ns / run_cnt, both attached, so that they see
 *			the same hits; A first, then B first
 *
 * each the median of many short batches: whatever else runs here strikes some.
 * The readers are gone, so buffers are emptied between batches: what is counted
 * is the kernel's side only.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if __has_include(<sys/sdt.h>)
#include <sys/sdt.h>
#else	/* there are no rows of markers then */
#define DTRACE_PROBE1(provider, name, number) ((void)(number))
#endif

enum {
	BATCHES = 7,
	BATCH_NS = 60 * 1000,
	MOST_CALLS = 1000,	/* of a batch: their records find room */
	MOST_BUFFERS = 4,
	LEAST_ROUNDS = 8,
	PERF_PAGES = 64,
	UPROBE_MULTI = 48,	/* BPF_TRACE_UPROBE_MULTI: not in older headers */
};

/* What a program writes records to: a ring buffer, or events of perf. */
struct buffer {
	volatile uint64_t *taken, *given;
};

struct program {
	int fd;
	uint32_t type;
	bool is_multi;
	struct buffer buffers[MOST_BUFFERS];
	size_t buffer_count;
};

struct place {
	int cpu;
	uint64_t marker;	/* where it is in our file; 0: system calls */
	long calls;		/* of a batch */
};

/* The part of union bpf_attr that attaches to places in a file. */
struct multi_request {
	uint32_t program, target, attach_type, flags;
	uint64_t path, offsets, semaphores, cookies;
	uint32_t count, multi_flags, pid, padding;
};

static void fail(const char *what)
{
	fprintf(stderr, "pair: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- attaching ---- */

static long number_in(const char *path)
{
	FILE *file = fopen(path, "r");
	long number = -1;

	if (!file || fscanf(file, "%ld", &number) != 1)
		fail(path);
	fclose(file);
	return number;
}

/* A link that an event of perf keeps; the link holds the event. */
static int link_event(struct perf_event_attr *event, int program)
{
	int fd, link;

	event->size = sizeof(*event);
	event->sample_period = 1;
	fd = (int)syscall(SYS_perf_event_open, event, -1, 0, -1,
			  PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -1;
	link = bpf_link_create(program, fd, BPF_PERF_EVENT, NULL);
	close(fd);
	return link;
}

static int attach_tracepoint(int program)
{
	struct perf_event_attr event = { .type = PERF_TYPE_TRACEPOINT };

	event.config = (uint64_t)number_in(
		"/sys/kernel/tracing/events/raw_syscalls/sys_enter/id");
	return link_event(&event, program);
}

static int attach_uprobe(int program, uint64_t offset)
{
	struct perf_event_attr event = {
		.config1 = (uintptr_t)"/proc/self/exe", .config2 = offset,
	};

	event.type = (uint32_t)number_in(
		"/sys/bus/event_source/devices/uprobe/type");
	return link_event(&event, program);
}

static int attach_multi(int program, uint64_t offset)
{
	struct multi_request request = {
		.program = (uint32_t)program, .attach_type = UPROBE_MULTI,
		.path = (uintptr_t)"/proc/self/exe",
		.offsets = (uintptr_t)&offset, .count = 1,
	};

	return (int)syscall(SYS_bpf, BPF_LINK_CREATE, &request,
			    sizeof(request));
}

static int attach(const struct program *program, const struct place *place)
{
	int link = program->type == BPF_PROG_TYPE_RAW_TRACEPOINT ?
			   bpf_raw_tracepoint_open("sys_enter", program->fd) :
		   program->type == BPF_PROG_TYPE_TRACEPOINT ?
			   attach_tracepoint(program->fd) :
		   program->is_multi ?
			   attach_multi(program->fd, place->marker) :
			   attach_uprobe(program->fd, place->marker);

	if (link < 0)
		fail("attach");
	return link;
}

/* Below two programs the kernel waits, at each that comes or goes, until no
 * processor can run the old ones: a second, where all is busy. So two that do
 * nothing are there all the time. */
static void attach_idle(void)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int program = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "idle", "GPL",
				    code, 2, NULL);

	for (int i = 0; i < 2; i++)
		if (bpf_raw_tracepoint_open("sys_enter", program) < 0)
			fail("attach");
}

/* ---- buffers ---- */

static struct buffer *buffer_add(struct program *program)
{
	if (program->buffer_count == MOST_BUFFERS)
		fail("buffers");
	return &program->buffers[program->buffer_count++];
}

/* Writable pages come first in a ring buffer. */
static void map_ring(struct program *program, int fd)
{
	struct buffer *buffer = buffer_add(program);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	buffer->taken = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			     0);
	buffer->given = mmap(NULL, page, PROT_READ, MAP_SHARED, fd,
			     (off_t)page);
	if (buffer->taken == MAP_FAILED || buffer->given == MAP_FAILED)
		fail("a ring buffer");
}

/* The events that were in the array went with who put them there. */
static void map_events(struct program *program, int map, int cpu)
{
	struct perf_event_attr event = {
		.type = PERF_TYPE_SOFTWARE, .size = sizeof(event),
		.config = PERF_COUNT_SW_BPF_OUTPUT,
		.sample_type = PERF_SAMPLE_RAW, .sample_period = 1,
		.wakeup_events = 1,
	};
	struct buffer *buffer = buffer_add(program);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = (int)syscall(SYS_perf_event_open, &event, -1, cpu, -1, 0);
	struct perf_event_mmap_page *head;

	if (fd < 0 || bpf_map_update_elem(map, &cpu, &fd, BPF_ANY))
		fail("an event");
	head = mmap(NULL, (1 + PERF_PAGES) * page, PROT_READ | PROT_WRITE,
		    MAP_SHARED, fd, 0);
	if (head == MAP_FAILED)
		fail("the pages of an event");
	buffer->taken = (volatile uint64_t *)&head->data_tail;
	buffer->given = (volatile uint64_t *)&head->data_head;
}

static void find_buffers(struct program *program, int cpu)
{
	uint32_t ids[64];
	struct bpf_prog_info info = { .nr_map_ids = 64,
				      .map_ids = (uintptr_t)ids };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program->fd, &info, &size))
		fail("a program");
	program->type = info.type;
	for (uint32_t i = 0; i < info.nr_map_ids; i++) {
		int fd = bpf_map_get_fd_by_id(ids[i]);
		struct bpf_map_info map = { 0 };

		size = sizeof(map);
		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &map, &size))
			fail("a map");
		if (map.type == BPF_MAP_TYPE_RINGBUF)
			map_ring(program, fd);
		else if (map.type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
			map_events(program, fd, cpu);
	}
}

static void empty_buffers(const struct program *program)
{
	for (size_t i = 0; i < program->buffer_count; i++)
		*program->buffers[i].taken = *program->buffers[i].given;
}

/* ---- programs ---- */

/* The first program of an object, with the attach type of the other. */
static int load_object(const char *path, bool is_multi)
{
	struct bpf_object *object = bpf_object__open(path);
	struct bpf_program *program;

	if (!object)
		fail(path);
	program = bpf_object__next_program(object, NULL);
	if (is_multi)
		bpf_program__set_expected_attach_type(
			program, (enum bpf_attach_type)UPROBE_MULTI);
	if (bpf_object__load(object))
		fail(path);
	return bpf_program__fd(program);
}

static bool is_id(const char *text)
{
	return isdigit((unsigned char)*text);
}

/* That a program is for many places the kernel says only by refusing one. */
static void take_by_id(struct program *program, const char *id,
		       const struct place *place)
{
	int link;

	program->fd = bpf_prog_get_fd_by_id((uint32_t)atoi(id));
	if (program->fd < 0)
		fail(id);
	find_buffers(program, place->cpu);
	if (program->type != BPF_PROG_TYPE_KPROBE)
		return;
	link = attach_uprobe(program->fd, place->marker);
	program->is_multi = link < 0;
	if (link >= 0)
		close(link);
}

static void take(struct program programs[2], char **names,
		 const struct place *place)
{
	for (int i = 0; i < 2; i++)
		if (is_id(names[i]))
			take_by_id(&programs[i], names[i], place);
	for (int i = 0; i < 2; i++) {
		if (is_id(names[i]))
			continue;
		programs[i].is_multi = programs[!i].is_multi;
		programs[i].fd = load_object(names[i], programs[i].is_multi);
		find_buffers(&programs[i], place->cpu);
	}
	puts("taken");
	fflush(stdout);
	while (getchar() != '\n')
		if (feof(stdin))
			exit(1);
}

/* ---- batches ---- */

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

__attribute__((noinline)) static void mark(long number)
{
	DTRACE_PROBE1(bench, hit, number);
}

/* Nanoseconds a call. */
static double batch(const struct place *place)
{
	double from = now();

	if (place->marker)
		for (long i = 0; i < place->calls; i++)
			mark(i & 7);
	else
		for (long i = 0; i < place->calls; i++)
			syscall(SYS_getppid);
	return (now() - from) / (double)place->calls;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *numbers, int count)
{
	qsort(numbers, (size_t)count, sizeof(*numbers), compare);
	return numbers[count / 2];
}

/* A call with the program attached, or with none. */
static double time_calls(const struct program *program,
			 const struct place *place)
{
	int link = program ? attach(program, place) : -1;
	double times[BATCHES];

	batch(place);
	for (int i = 0; i < BATCHES; i++) {
		times[i] = batch(place);
		if (program)
			empty_buffers(program);
	}
	if (program)
		close(link);
	return median(times, BATCHES);
}

static void read_stats(const struct program *program, uint64_t *ret_time,
		       uint64_t *ret_hits)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (bpf_obj_get_info_by_fd(program->fd, &info, &size))
		fail("statistics");
	*ret_time = info.run_time_ns;
	*ret_hits = info.run_cnt;
}

/* Both attached in the order given: a hit of each. */
static void time_hits(const struct program *programs, int first,
		      const struct place *place, double *ret_times)
{
	int links[2] = { attach(&programs[first], place),
			 attach(&programs[!first], place) };
	double times[2][BATCHES];

	batch(place);
	for (int i = 0; i < BATCHES; i++) {
		uint64_t time[2], hits[2], time_now, hits_now;

		for (int j = 0; j < 2; j++) {
			empty_buffers(&programs[j]);
			read_stats(&programs[j], &time[j], &hits[j]);
		}
		batch(place);
		for (int j = 0; j < 2; j++) {
			read_stats(&programs[j], &time_now, &hits_now);
			times[j][i] = (double)(time_now - time[j]) /
				      (double)(hits_now - hits[j]);
		}
	}
	for (int j = 0; j < 2; j++) {
		close(links[j]);
		ret_times[j] = median(times[j], BATCHES);
	}
}

static void choose_batch(const struct program *program, struct place *place)
{
	double each;

	place->calls = 100;
	each = time_calls(program, place);
	place->calls = (long)(BATCH_NS / each) + 1;
	if (place->calls > MOST_CALLS)
		place->calls = MOST_CALLS;
}

static void measure(const struct program *programs, const struct place *place,
		    int round)
{
	const struct program *a = &programs[0], *b = &programs[1];
	double bare = time_calls(NULL, place);
	double a_call = time_calls(a, place), b_call = time_calls(b, place);
	double hits[2][2];
	int stats;

	b_call += time_calls(b, place);
	a_call += time_calls(a, place);
	printf("call %.3f %.3f %.3f\n", a_call / 2, b_call / 2, bare);
	stats = bpf_enable_stats(BPF_STATS_RUN_TIME);
	if (stats < 0)
		fail("statistics");
	time_hits(programs, round % 2, place, hits[0]);
	time_hits(programs, !(round % 2), place, hits[1]);
	close(stats);
	printf("kernel %.3f %.3f\n", (hits[0][0] + hits[1][0]) / 2,
	       (hits[0][1] + hits[1][1]) / 2);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct program programs[2] = { 0 };
	struct place place = { 0 };
	double seconds = 1, end;
	int option;
	struct sched_param first = { .sched_priority = 1 };
	cpu_set_t set;

	while ((option = getopt(argc, argv, "s:c:m:")) != -1) {
		if (option == 's')
			seconds = atof(optarg);
		else if (option == 'c')
			place.cpu = atoi(optarg);
		else if (option == 'm')
			place.marker = strtoull(optarg, NULL, 0);
		else
			return 2;
	}
	if (argc - optind != 2)
		return 2;
	take(programs, argv + optind, &place);
	/* what else runs there waits: for seconds */
	CPU_ZERO(&set);
	CPU_SET(place.cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	sched_setscheduler(0, SCHED_FIFO, &first);
	if (!place.marker)
		attach_idle();
	choose_batch(&programs[0], &place);
	end = now() + seconds * 1e9;
	for (int i = 0; i < LEAST_ROUNDS || now() < end; i++)
		measure(programs, &place, i);
	return 0;
}
