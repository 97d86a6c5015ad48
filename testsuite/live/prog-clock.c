/*
 * A clock of its own on each processor, to compare profiles with: counts what
 * the kernel's software clock samples, idle tasks apart.
 *
 * Usage: prog-clock NANOSECONDS ENOUGH MS
 *
 * Samples every NANOSECONDS until each processor has ENOUGH samples of its idle
 * task, at most MS milliseconds. Output, for each processor:
 *
 *	clock CPU SAMPLES IDLE
 */
#define _GNU_SOURCE
#include <linux/perf_event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, PAGES = 64, NAP = 10 };

struct sample {
	struct perf_event_header header;
	uint32_t pid, tid;
};

struct clock {
	int cpu;
	struct perf_event_mmap_page *control;
	unsigned long samples, idle;
};

static long page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

/* False where there is no such processor. */
static int clock_open(struct clock *clock, int cpu, uint64_t period)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.sample_period = period,
		.sample_type = PERF_SAMPLE_TID,
	};
	int fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, 0);

	clock->cpu = cpu;
	clock->control = fd < 0 ? MAP_FAILED :
		mmap(NULL, (PAGES + 1) * page_size(), PROT_READ | PROT_WRITE,
		     MAP_SHARED, fd, 0);
	return clock->control != MAP_FAILED;
}

static void copy_out(const struct clock *clock, uint64_t from, void *to,
		     size_t size)
{
	const char *data = (const char *)clock->control + page_size();

	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = data[(from + i) % (PAGES * page_size())];
}

static void clock_read(struct clock *clock)
{
	uint64_t head = __atomic_load_n(&clock->control->data_head,
					__ATOMIC_ACQUIRE);
	uint64_t at = clock->control->data_tail;
	struct sample sample;

	for (; at < head; at += sample.header.size) {
		copy_out(clock, at, &sample, sizeof(sample));
		if (sample.header.type != PERF_RECORD_SAMPLE)
			continue;
		clock->samples++;
		clock->idle += !sample.pid;
	}
	__atomic_store_n(&clock->control->data_tail, at, __ATOMIC_RELEASE);
}

int main(int argc, char **argv)
{
	struct timespec nap = { .tv_nsec = NAP * 1000000 };
	struct clock clocks[MOST];
	int count = 0, ready = 0;

	if (argc != 4) {
		fprintf(stderr, "usage: %s NANOSECONDS ENOUGH MS\n", argv[0]);
		return 2;
	}
	memset(clocks, 0, sizeof(clocks));
	for (int cpu = 0; cpu < sysconf(_SC_NPROCESSORS_CONF) && count < MOST;
	     cpu++)
		count += clock_open(&clocks[count], cpu, strtoull(argv[1], NULL, 10));
	for (long i = 0; i < atol(argv[3]) / NAP && ready < count; i++) {
		nanosleep(&nap, NULL);
		ready = 0;
		for (int c = 0; c < count; c++) {
			clock_read(&clocks[c]);
			ready += clocks[c].idle >= strtoul(argv[2], NULL, 10);
		}
	}
	for (int c = 0; c < count; c++)
		printf("clock %d %lu %lu\n", clocks[c].cpu, clocks[c].samples,
		       clocks[c].idle);
	return 0;
}
