/*
 * Handlers that run for the tasks that are there when a session begins: an
 * iterator program of the kernel, read to its end.
 *
 * They run when everything is attached. Tasks that started before that moment
 * are theirs; those that start later are seen as they start.
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

static int walk(struct probe *probe, char **ret_error)
{
	int fd = bpf_iter_create(bpf_link__fd(probe->links[0]));
	char unused[256];
	ssize_t n;

	if (fd < 0)
		return complain(ret_error, "cannot walk over all tasks for "
				"probe %s: %s", probe->about->name,
				strerror(errno));
	do
		n = read(fd, unused, sizeof(unused));
	while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
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
