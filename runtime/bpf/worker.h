/*
 * A thread that runs programs driven from user space, so that the session's
 * thread can drain the output while a long begin or end probe fills it.
 */
#ifndef SPILE_BPF_WORKER_H
#define SPILE_BPF_WORKER_H

struct worker;

/* @device: that of the module whose probes are run, or -1. */
struct worker *worker_start(int device);
void worker_stop(struct worker *worker);

/* Runs the syscall program @fd (of a module: the probe of that number) once and
 * calls @idle each few milliseconds until it is done. Returns 0 or -errno of
 * BPF_PROG_TEST_RUN. */
int worker_run(struct worker *worker, int fd, void (*idle)(void *with),
	       void *with);
/* The same of an iterator, which is read to its end. */
int worker_walk(struct worker *worker, int fd, void (*idle)(void *with),
		void *with);

#endif
