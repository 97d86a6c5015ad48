/*
 * Attaching probes: see attach.h.
 */
#include "runtime/bpf/attach.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bpf/drive.h"
#include "runtime/bpf/kprobe.h"
#include "runtime/bpf/load.h"
#include "runtime/bpf/trampoline.h"
#include "runtime/bpf/watch.h"
#include "runtime/bpf/tasks.h"
#include "runtime/bpf/way.h"
#include "runtime/kmod/user/insert.h"
#include "runtime/reader/complain.h"

enum { MOST_CPUS = 8192 };

int attach_add_link(struct probe *probe, struct bpf_link *link)
{
	struct bpf_link **larger = reallocarray(probe->links,
						probe->link_count + 1,
						sizeof(*larger));

	if (!larger) {
		bpf_link__destroy(link);
		return -ENOMEM;
	}
	probe->links = larger;
	probe->links[probe->link_count++] = link;
	return 0;
}

/* ---- raw tracepoints ---- */

static int attach_raw_tracepoint(struct attach *attach, struct probe *probe,
				 char **ret_error)
{
	const char *name = manifest_pair_get(&probe->about->pairs, "name");
	struct bpf_link *link;

	(void)attach;
	/* its handler is part of another probe's program on this event */
	if (manifest_pair_get(&probe->about->pairs, "joins"))
		return 0;
	if (!name)
		return complain(ret_error, "the object is damaged: probe %s "
				"names no tracepoint", probe->about->name);
	link = bpf_program__attach_raw_tracepoint(probe->bpf, name);
	if (!link && errno == ENOENT)
		return complain(ret_error, "this kernel has no tracepoint '%s' "
				"(probe %s)", name, probe->about->name);
	if (!link)
		return complain(ret_error, "cannot attach to tracepoint '%s' "
				"(probe %s): %s", name, probe->about->name,
				strerror(errno));
	return attach_add_link(probe, link);
}

/* ---- perf events ---- */

/* Sets the CPUs that a text like "0-3,8" names; false when it is malformed. */
static bool parse_cpus(const char *text, bool *cpus)
{
	while (*text && *text != '\n') {
		char *end;
		unsigned long first = strtoul(text, &end, 10), last = first;

		if (end == text)
			return false;
		if (*end == '-') {
			text = end + 1;
			last = strtoul(text, &end, 10);
			if (end == text)
				return false;
		}
		for (; first <= last && first < MOST_CPUS; first++)
			cpus[first] = true;
		text = end;
		if (*text == ',' || *text == '|')
			text++;
		else if (*text && *text != '\n')
			return false;
	}
	return true;
}

static bool online_cpus(bool *cpus)
{
	FILE *file = fopen("/sys/devices/system/cpu/online", "re");
	char text[4096];
	bool ok = file && fgets(text, sizeof(text), file);

	if (file)
		fclose(file);
	if (ok)
		return parse_cpus(text, cpus);
	for (long i = sysconf(_SC_NPROCESSORS_ONLN); i > 0; i--)
		cpus[i - 1] = true;
	return true;
}

static int explain_perf(struct probe *probe, int error, unsigned int cpu,
			char **ret_error)
{
	const char *name = probe->about->name;

	if (error == ENOENT || error == EOPNOTSUPP || error == ENODEV)
		return complain(ret_error, "this machine has no such event for "
				"probe %s (virtual machines often lack hardware "
				"counters)", name);
	if (error == EACCES || error == EPERM)
		return complain(ret_error, "the kernel does not permit the event "
				"of probe %s: it needs root, CAP_PERFMON or a "
				"lower kernel.perf_event_paranoid", name);
	if (error == EINVAL)
		return complain(ret_error, "the kernel does not know the event "
				"of probe %s", name);
	if (error == ENOSPC)
		return complain_breakpoints(ret_error, name);
	return complain(ret_error, "cannot open the event of probe %s on "
			"processor %u: %s", name, cpu, strerror(error));
}

static int attach_perf_cpu(struct probe *probe, struct perf_event_attr *attr,
			   unsigned int cpu, char **ret_error)
{
	int fd = syscall(SYS_perf_event_open, attr, -1, cpu, -1,
			 PERF_FLAG_FD_CLOEXEC);

	if (fd < 0)
		return explain_perf(probe, errno, cpu, ret_error);
	struct bpf_link *link = bpf_program__attach_perf_event(probe->bpf, fd);

	if (!link) {
		int error = errno;

		close(fd);
		return explain_perf(probe, error, cpu, ret_error);
	}
	/* the link owns the descriptor from here on */
	return attach_add_link(probe, link);
}

static void fill_perf(struct perf_event_attr *attr,
		      const struct manifest_pairs *pairs)
{
	long long hertz = manifest_pair_number(pairs, "hertz", 0);

	memset(attr, 0, sizeof(*attr));
	attr->size = sizeof(*attr);
	attr->type = manifest_pair_number(pairs, "type", 0);
	attr->config = manifest_pair_number(pairs, "config", 0);
	if (hertz > 0) {
		attr->freq = 1;
		attr->sample_freq = hertz;
	} else {
		attr->sample_period = manifest_pair_number(pairs, "period",
							   1000000);
	}
}

static int attach_perf(struct attach *attach, struct probe *probe,
		       char **ret_error)
{
	const char *text = manifest_pair_get(&probe->about->pairs, "cpus");
	bool wanted[MOST_CPUS] = { 0 }, online[MOST_CPUS] = { 0 };
	bool all = !text || !strcmp(text, "all");
	struct perf_event_attr attr;

	(void)attach;
	online_cpus(online);
	if (!all && !parse_cpus(text, wanted))
		return complain(ret_error, "'%s' is no list of processors "
				"(probe %s)", text, probe->about->name);
	fill_perf(&attr, &probe->about->pairs);
	if (attr.type == PERF_TYPE_BREAKPOINT &&
	    watch_fill(probe, &attr, ret_error))
		return -1;
	for (unsigned int cpu = 0; cpu < MOST_CPUS; cpu++) {
		if (!(all ? online[cpu] : wanted[cpu]))
			continue;
		if (!online[cpu])
			return complain(ret_error, "processor %u of probe %s is "
					"not there or not online", cpu,
					probe->about->name);
		if (attach_perf_cpu(probe, &attr, cpu, ret_error))
			return -1;
	}
	return 0;
}

/* ---- counters ---- */

/* One event of a processor, for the programs to read. The map keeps it. */
static int open_counter(struct probe *probe, int map, unsigned int cpu,
			char **ret_error)
{
	const struct manifest_pairs *pairs = &probe->about->pairs;
	uint32_t slot = cpu * WIRE_COUNTERS +
			manifest_pair_number(pairs, "counter", 0);
	struct perf_event_attr attr;
	int fd, error = 0;

	fill_perf(&attr, pairs);
	attr.sample_period = 0;
	fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1,
		     PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return explain_perf(probe, errno, cpu, ret_error);
	if (bpf_map_update_elem(map, &slot, &fd, 0))
		error = errno;
	close(fd);
	return error ? explain_perf(probe, error, cpu, ret_error) : 0;
}

static int attach_counter(struct attach *attach, struct probe *probe,
			  char **ret_error)
{
	bool online[MOST_CPUS] = { 0 };
	int map;

	/* a module has its own; without the map nobody reads it */
	if (attach->object->is_module)
		return 0;
	map = bpf_object__find_map_fd_by_name(attach->object->bpf,
					      "spile_counters");
	if (map < 0)
		return 0;
	online_cpus(online);
	for (unsigned int cpu = 0; cpu < MOST_CPUS; cpu++)
		if (online[cpu] && open_counter(probe, map, cpu, ret_error))
			return -1;
	return 0;
}

/* ---- the table ---- */

static const char *const names[ATTACH_KINDS] = {
#define ATTACH(id, name, section, user) [ATTACH_##id] = name,
#include "runtime/common/attach.def"
#undef ATTACH
};

/* Driven by this process, and not by events of the kernel. */
static const bool driven[ATTACH_KINDS] = {
#define ATTACH(id, name, section, user) [ATTACH_##id] = user,
#include "runtime/common/attach.def"
#undef ATTACH
};

/* Those without a function are run by the session itself. */
static int (*const ways[ATTACH_KINDS])(struct attach *, struct probe *,
				       char **) = {
	[ATTACH_TIMER] = drive_timer,
	[ATTACH_PROCFS_READ] = drive_file,
	[ATTACH_PROCFS_WRITE] = drive_file,
	[ATTACH_INPUT] = drive_input,
	[ATTACH_COUNTER] = attach_counter,
	[ATTACH_TASKS] = attach_tasks,
	[ATTACH_PERF] = attach_perf,
	[ATTACH_RAW_TRACEPOINT] = attach_raw_tracepoint,
	[ATTACH_UPROBE] = attach_uprobe,
	[ATTACH_URETPROBE] = attach_uprobe,
	[ATTACH_KPROBE] = attach_kprobe,
	[ATTACH_KRETPROBE] = attach_kprobe,
};

static enum attach_kind find_kind(const char *name)
{
	int kind = 0;

	while (kind < ATTACH_KINDS && strcmp(names[kind], name))
		kind++;
	return kind;
}

int attach_init(struct attach *attach, struct object *object, struct loop *loop,
		const struct attach_calls *calls, char **ret_error)
{
	size_t count = object->manifest->probe_count;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	*attach = (struct attach){
		.object = object,
		.loop = loop,
		.calls = *calls,
		.count = count,
		.probes = calloc(count + 1, sizeof(*attach->probes)),
		.random = now.tv_nsec | 1,
	};
	if (!attach->probes)
		return complain(ret_error, "no memory");
	for (size_t i = 0; i < count; i++) {
		struct probe *probe = &attach->probes[i];

		probe->about = &object->manifest->probes[i];
		probe->attach = attach;
		probe->timer = -1;
		probe->multi = -1;
		probe->kind = find_kind(probe->about->kind);
		if (probe->kind == ATTACH_KINDS)
			return complain(ret_error, "probe %s is to be attached "
					"by '%s', which this spilerun does not "
					"know", probe->about->name,
					probe->about->kind);
		/* the module knows its probes by number */
		probe->program = i;
		if (object->is_module)
			continue;
		probe->bpf = bpf_object__find_program_by_name(object->bpf,
							probe->about->program);
		probe->trampoline = trampoline_of(object->bpf, probe->about);
		probe->has_trampoline = probe->trampoline;
		probe->program = bpf_program__fd(probe->trampoline ?
						 probe->trampoline :
						 probe->bpf);
	}
	return 0;
}

static int attach_one(struct attach *attach, struct probe *probe,
		      char **ret_error)
{
	if (!ways[probe->kind] ||
	    (attach->object->is_module && !driven[probe->kind]))
		return 0;
	/* left out: it is not for this kernel, or this session */
	if (probe->bpf && !bpf_program__autoload(probe->bpf))
		return 0;
	*ret_error = NULL;
	if (!ways[probe->kind](attach, probe, ret_error))
		return 0;
	if (!*ret_error)
		complain(ret_error, "no memory");
	return -1;
}

/* Of the probes on one place in a program or in the kernel, and of trampolines of
 * one function, the kernel calls first what was attached last; scripts expect their
 * own order. */
static bool is_called_backwards(const struct probe *probe)
{
	return probe->has_trampoline || probe->kind == ATTACH_UPROBE ||
	       probe->kind == ATTACH_URETPROBE ||
	       (probe->kind == ATTACH_KPROBE && probe->bpf &&
		bpf_program__expected_attach_type(probe->bpf) !=
			BPF_TRACE_KPROBE_MULTI);
}

/* The probes on returns, or all others. */
static int attach_part(struct attach *attach, bool returns, char **ret_error)
{
	struct probe *probes = attach->probes;

	for (size_t i = attach->count; i-- > 0;)
		if (is_called_backwards(&probes[i]) &&
		    (probes[i].kind == ATTACH_URETPROBE) == returns &&
		    attach_one(attach, &probes[i], ret_error))
			return -1;
	for (size_t i = 0; i < attach->count; i++)
		if (!is_called_backwards(&probes[i]) &&
		    probes[i].kind != ATTACH_COUNTER &&
		    (probes[i].kind == ATTACH_URETPROBE) == returns &&
		    attach_one(attach, &probes[i], ret_error))
			return -1;
	return 0;
}

int attach_all(struct attach *attach, char **ret_error)
{
	/* what others read */
	for (size_t i = 0; i < attach->count; i++)
		if (attach->probes[i].kind == ATTACH_COUNTER &&
		    attach_one(attach, &attach->probes[i], ret_error))
			return -1;
	/* a return finds what the probe on the entry has kept */
	if (attach_part(attach, false, ret_error) ||
	    attach_part(attach, true, ret_error))
		return -1;
	if (attach->object->is_module)
		return uprobe_check_builds(attach, ret_error) ? -1 :
		       insert_attach(attach->object, ret_error);
	if (kprobe_check(attach, ret_error) ||
	    uprobe_check(attach, ret_error))
		return -1;
	return tasks_walk(attach, ret_error);
}

void attach_detach(struct attach *attach)
{
	if (attach->object && attach->object->is_module)
		insert_detach(attach->object);
	detach_probes(attach);
	kprobe_clean(attach);
	drive_stop(attach);
}

void attach_free(struct attach *attach)
{
	if (!attach->probes)
		return;
	attach_detach(attach);
	free(attach->probes);
	attach->probes = NULL;
	attach->count = 0;
}
