/*
 * The thread that runs programs: see worker.h. One job at a time.
 */
#include "runtime/bpf/worker.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "runtime/bpf/tasks.h"
#include "runtime/kmod/user/insert.h"

enum { IDLE_NS = 1000000, STACK_SIZE = 64 << 10 };

struct worker {
	pthread_t thread;
	sem_t job, done;
	int device;	/* of a module, or -1 */
	int fd;		/* of the job; -1: the thread ends */
	bool is_walk;	/* it is an iterator */
	int result;
};

static int run_job(const struct worker *worker)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	if (worker->is_walk)
		return tasks_read(worker->fd);
	if (worker->device >= 0)
		return insert_run(worker->device, worker->fd);
	return bpf_prog_test_run_opts(worker->fd, &options);
}

static void *work(void *with)
{
	struct worker *worker = with;

	for (;;) {
		while (sem_wait(&worker->job))
			;
		if (worker->fd < 0)
			return NULL;
		worker->result = run_job(worker);
		sem_post(&worker->done);
	}
}

struct worker *worker_start(int device)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	pthread_attr_t attributes;
	sigset_t all, old;
	int error;

	if (!worker)
		return NULL;
	worker->device = device;
	sem_init(&worker->job, 0, 0);
	sem_init(&worker->done, 0, 0);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	/* signals are the session's thread's */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&worker->thread, &attributes, work, worker);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
	if (error) {
		free(worker);
		return NULL;
	}
	return worker;
}

void worker_stop(struct worker *worker)
{
	if (!worker)
		return;
	worker->fd = -1;
	sem_post(&worker->job);
	pthread_join(worker->thread, NULL);
	sem_destroy(&worker->job);
	sem_destroy(&worker->done);
	free(worker);
}

/* Whether the job was done before the time for other work came. */
static bool wait_done(struct worker *worker)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += IDLE_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	return !sem_timedwait(&worker->done, &until);
}

static int do_job(struct worker *worker, void (*idle)(void *with), void *with)
{
	sem_post(&worker->job);
	while (!wait_done(worker))
		idle(with);
	return worker->result;
}

int worker_run(struct worker *worker, int fd, void (*idle)(void *with),
	       void *with)
{
	worker->fd = fd;
	worker->is_walk = false;
	return do_job(worker, idle, with);
}

int worker_walk(struct worker *worker, int fd, void (*idle)(void *with),
		void *with)
{
	worker->fd = fd;
	worker->is_walk = true;
	return do_job(worker, idle, with);
}
