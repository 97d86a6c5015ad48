/*
 * The command of -c: started early so that its process id is known to begin
 * probes, held at a pipe until the probes are attached, then let go. Dies with
 * the session's process.
 */
#ifndef SPILE_READER_CHILD_H
#define SPILE_READER_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct child {
	pid_t pid;
	int pidfd;	/* readable when it has ended */
	int gate;	/* write end: one byte lets it go */
	int result;	/* read end: 0 when it waits, then the errno of an
			 * exec that failed */
};

/* 0, or -1 with a sentence in *ret_error (malloc'd): no such command ... */
int child_start(struct child *child, const char *command, char **ret_error);

/* Until it stands at the pipe: what it does before is none of the command's, and
 * is not to be seen by probes. Nothing without a command. */
void child_wait(struct child *child);

/* Lets it run. 0, or -1 with a sentence when it could not be executed. */
int child_release(struct child *child, char **ret_error);

/* After it ended: true when with status 0; else a sentence about it in
 * @message (one line, no newline). */
bool child_succeeded(struct child *child, char *message, size_t size);

/* Ends it, when it still runs, and releases all. */
void child_stop(struct child *child);

/* Shell commands in the background, as system() of a script starts them. */
struct commands {
	pid_t *pids;
	size_t count;	/* still running */
};

/* 0 or -errno. */
int commands_run(struct commands *commands, const char *command);
/* Forgets those that have ended. */
void commands_reap(struct commands *commands);
/* Their output belongs to the session's: they are given a moment to end. */
void commands_wait(struct commands *commands);
void commands_free(struct commands *commands);

#endif
