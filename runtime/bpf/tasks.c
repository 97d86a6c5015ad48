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
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/load.h"
#include "runtime/bpf/way.h"

int attach_tasks(struct attach *attach, struct probe *probe, char **ret_error)
{
	struct bpf_link *link = bpf_program__attach_iter(probe->bpf, NULL);

	(void)attach;
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

int tasks_walk(struct attach *attach, char **ret_error)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	__atomic_store_n(&attach->object->shared->tasks_since,
			 now.tv_sec * 1000000000ll + now.tv_nsec,
			 __ATOMIC_RELEASE);
	for (size_t i = 0; i < attach->count; i++)
		if (attach->probes[i].kind == ATTACH_TASKS &&
		    walk(&attach->probes[i], ret_error))
			return -1;
	return 0;
}
