/*
 * Iterators over tasks: see tasks.h.
 *
 * Handlers for the tasks that are there when a session begins run when everything is
 * attached. Tasks that started before that moment are theirs; those that start later
 * are seen as they start.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/load.h"
#include "runtime/bpf/tasks.h"
#include "runtime/bpf/way.h"
#include "runtime/reader/complain.h"

int attach_tasks(struct attach *attach, struct probe *probe, char **ret_error)
{
	struct bpf_link *link;

	(void)attach;
	link = bpf_program__attach_iter(probe->bpf, NULL);
	if (!link)
		return complain(ret_error, "cannot attach probe %s: %s",
				probe->about->name, strerror(errno));
	return attach_add_link(probe, link);
}

int tasks_read(int fd)
{
	char unused[256];
	ssize_t n;

	do
		n = read(fd, unused, sizeof(unused));
	while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	return n < 0 ? -errno : 0;
}

static int walk(struct probe *probe, char **ret_error)
{
	int fd = bpf_iter_create(bpf_link__fd(probe->links[0]));

	if (fd < 0)
		return complain(ret_error, "cannot walk over all tasks for "
				"probe %s: %s", probe->about->name,
				strerror(errno));
	tasks_read(fd);
	close(fd);
	return 0;
}

static int walk_all(struct attach *attach, bool descendants, char **ret_error)
{
	for (size_t i = 0; i < attach->count; i++) {
		struct probe *probe = &attach->probes[i];
		bool is_first = manifest_pair_get(&probe->about->pairs,
						  "descendants");

		if (probe->kind == ATTACH_TASKS && probe->link_count &&
		    is_first == descendants && walk(probe, ret_error))
			return -1;
	}
	return 0;
}

int tasks_walk(struct attach *attach, char **ret_error)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	__atomic_store_n(&attach->object->shared->tasks_since,
			 now.tv_sec * 1000000000ll + now.tv_nsec,
			 __ATOMIC_RELEASE);
	if (walk_all(attach, true, ret_error))
		return -1;
	return walk_all(attach, false, ret_error);
}

/* Older kernels do not look at what the walk is to be limited to. */
static int open_link(const struct bpf_link *link, pid_t thread)
{
	struct bpf_link_info info = { 0 };
	__u32 size = sizeof(info);
	int fd;

	if (bpf_obj_get_info_by_fd(bpf_link__fd(link), &info, &size))
		return -errno;
	if (info.iter.task.tid != (__u32)thread)
		return -EOPNOTSUPP;
	fd = bpf_iter_create(bpf_link__fd(link));
	return fd < 0 ? -errno : fd;
}

int tasks_open(const struct probe *probe, pid_t thread)
{
	union bpf_iter_link_info about = { .task.tid = thread };
	LIBBPF_OPTS(bpf_iter_attach_opts, options, .link_info = &about,
		    .link_info_len = sizeof(about));
	struct bpf_link *link = bpf_program__attach_iter(probe->bpf, &options);
	int fd;

	if (!link)
		return -errno;
	fd = open_link(link, thread);
	bpf_link__destroy(link);
	return fd;
}
