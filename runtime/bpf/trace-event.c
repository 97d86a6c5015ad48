/* Events of tracefs: see trace-event.h. */
#include "runtime/bpf/trace-event.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_AT_ONCE = 4096, LINE_MOST = 512 };

static const char *folder(void)
{
	static const char own[] = "/sys/kernel/tracing";
	static const char other[] = "/sys/kernel/debug/tracing";

	if (!access("/sys/kernel/tracing/kprobe_events", F_OK))
		return own;
	if (!access("/sys/kernel/debug/tracing/kprobe_events", F_OK))
		return other;
	if (!mount("tracefs", own, "tracefs",
		   MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL))
		return own;
	return NULL;
}

/* Opens a file of tracefs, or gives -1 and errno. */
static int open_file(const char *name, int flags)
{
	const char *root = folder();
	char path[LINE_MOST];

	if (!root) {
		errno = ENOENT;
		return -1;
	}
	snprintf(path, sizeof(path), "%s/%s", root, name);
	return open(path, flags | O_CLOEXEC);
}

FILE *trace_event_file(const char *name)
{
	int fd = open_file(name, O_RDONLY);

	return fd < 0 ? NULL : fdopen(fd, "r");
}

static int command(const char *text)
{
	int fd = open_file("kprobe_events", O_WRONLY | O_APPEND);
	ssize_t written;

	if (fd < 0)
		return -1;
	written = write(fd, text, strlen(text));

	int error = errno;

	close(fd);
	errno = error;
	return written < 0 ? -1 : 0;
}

/* What killed sessions left: "r256:spile_12/return_0_12 name". */
void trace_event_remove_left_over(void)
{
	FILE *file = trace_event_file("kprobe_events");
	char line[LINE_MOST], name[LINE_MOST], text[LINE_MOST + 2];
	int process;

	while (file && fgets(line, sizeof(line), file)) {
		const char *group = strstr(line, ":spile_");

		if (!group || sscanf(group, ":spile_%d/", &process) != 1 ||
		    sscanf(group + 1, "%511s", name) != 1 ||
		    !kill(process, 0) || errno != ESRCH)
			continue;
		snprintf(text, sizeof(text), "-:%s", name);
		command(text);
	}
	if (file)
		fclose(file);
}

static void event_name(char *name, size_t size, size_t number)
{
	snprintf(name, size, "spile_%d/return_%zu_%d", (int)getpid(), number,
		 (int)getpid());
}

static int event_id(const char *name)
{
	char path[LINE_MOST];
	FILE *file;
	int id = -1;

	snprintf(path, sizeof(path), "events/%s/id", name);
	file = trace_event_file(path);
	if (file && fscanf(file, "%d", &id) != 1)
		id = -1;
	if (file)
		fclose(file);
	return id;
}

int trace_event_open(const struct trace_event *event)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr),
		.sample_period = 1, .sample_type = PERF_SAMPLE_RAW,
		.wakeup_events = 1,
	};
	long long most = event->returns_at_once;
	char name[80], text[LINE_MOST];
	int id, fd, error;

	event_name(name, sizeof(name), event->number);
	snprintf(text, sizeof(text), "r%lld:%s %s+%" PRIu64,
		 most > MOST_AT_ONCE ? MOST_AT_ONCE : most, name,
		 event->symbol, event->offset);
	if (command(text))
		return -1;
	id = event_id(name);
	attr.config = (uint64_t)id;
	fd = id < 0 ? -1 : (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1,
					PERF_FLAG_FD_CLOEXEC);
	error = errno;
	if (fd < 0)
		trace_event_remove(event->number);
	errno = error;
	return fd;
}

/* Lines "  return_0_12    hits    missed" */
uint64_t trace_event_missed(void)
{
	FILE *file = trace_event_file("kprobe_profile");
	char line[LINE_MOST];
	uint64_t sum = 0;

	while (file && fgets(line, sizeof(line), file)) {
		size_t number;
		int process;
		uint64_t hits, missed;

		if (sscanf(line, " return_%zu_%d %" SCNu64 " %" SCNu64, &number,
			   &process, &hits, &missed) == 4 &&
		    process == getpid())
			sum += missed;
	}
	if (file)
		fclose(file);
	return sum;
}

void trace_event_remove(size_t number)
{
	char name[80], text[84];

	event_name(name, sizeof(name), number);
	snprintf(text, sizeof(text), "-:%s", name);
	command(text);
}
