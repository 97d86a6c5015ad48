/*
 * Taking probes away. The kernel waits some tens of milliseconds for each link
 * until nobody runs its program any more; closed by several threads at once,
 * the waits of many links are one.
 */
#include "runtime/bpf/attach.h"

#include <bpf/libbpf.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST_THREADS = 64, STACK_SIZE = 64 << 10 };

struct detach {
	struct attach *attach;
	size_t next;	/* the probe that nobody has taken yet */
};

static void detach_probe(struct probe *probe)
{
	for (size_t i = 0; i < probe->link_count; i++)
		bpf_link__destroy(probe->links[i]);
	if (probe->multi >= 0)
		close(probe->multi);
	probe->multi = -1;
	free(probe->links);
	probe->links = NULL;
	probe->link_count = 0;
}

static void *detach_some(void *with)
{
	struct detach *detach = with;
	size_t i;

	while ((i = __atomic_fetch_add(&detach->next, 1, __ATOMIC_RELAXED)) <
	       detach->attach->count)
		detach_probe(&detach->attach->probes[i]);
	return NULL;
}

static size_t attached_probes(const struct attach *attach)
{
	size_t count = 0;

	for (size_t i = 0; i < attach->count; i++)
		count += attach->probes[i].link_count ||
			 attach->probes[i].multi >= 0;
	return count;
}

/* Threads that help; as many as can be had. */
static size_t start(struct detach *detach, size_t wanted, pthread_t *threads)
{
	pthread_attr_t attributes;
	sigset_t all, old;
	size_t count = 0;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	/* signals are the session's thread's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	while (count < wanted &&
	       !pthread_create(&threads[count], &attributes, detach_some,
			       detach))
		count++;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
	return count;
}

void detach_probes(struct attach *attach)
{
	struct detach detach = { .attach = attach };
	size_t count = attached_probes(attach);
	pthread_t threads[MOST_THREADS];

	if (count > MOST_THREADS)
		count = MOST_THREADS;
	count = start(&detach, count > 1 ? count - 1 : 0, threads);
	detach_some(&detach);
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}
