/*
 * Handlers that run for other tasks than the one that runs them: iterator programs
 * of the kernel.
 */
#ifndef SPILE_BPF_TASKS_H
#define SPILE_BPF_TASKS_H

#include <sys/types.h>

struct attach;
struct probe;

/* Runs the handlers of kind "tasks" for all tasks, when all is attached. 0, or -1
 * with a sentence in *ret_error (malloc'd). */
int tasks_walk(struct attach *attach, char **ret_error);

/* An iterator over one thread: its handler runs for that when it is read, and not
 * at all if there is none. A descriptor, or -errno; -EOPNOTSUPP before Linux 6.1. */
int tasks_open(const struct probe *probe, pid_t thread);
/* Reads an iterator to its end. 0 or -errno. */
int tasks_read(int fd);

#endif
