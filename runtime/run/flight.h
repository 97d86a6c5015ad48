/*
 * Flight recorder: a session that goes on in a process of its own, whose output is kept
 * in memory, the last of it, until somebody asks for it.
 *
 * The one who asks comes by a socket that has the session's name and no file, so
 * nothing is left whatever becomes of either. Only the same user or root gets through.
 * What was read is no longer kept.
 */
#ifndef SPILE_RUN_FLIGHT_H
#define SPILE_RUN_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "runtime/reader/loop.h"

struct flight;

/*
 * Splits the process. The child gets a recorder that keeps so many bytes, which
 * flight_end() frees. The parent gets NULL when the child is on its own or has ended,
 * and in *ret_status what it should exit with.
 */
struct flight *flight_begin(size_t bytes, int *ret_status);

/* Takes output: a sink_take. */
void flight_take(void *flight, const char *data, size_t size);

/* Waits for readers by @loop from here on; @stop is called when one asks for the
 * session's end. 0, or -1 with a sentence in *ret_error (malloc'd). */
int flight_listen(struct flight *flight, struct loop *loop, const char *name,
		  void (*stop)(void *with), void *with, char **ret_error);

/* Lets the parent go. From here on what goes to standard error is kept, too. */
void flight_leave(struct flight *flight);

/* Gives a reader what there is; does not block. */
void flight_pump(struct flight *flight);

/* The session is over: with @wait, all goes to a reader that is there or comes. A
 * session that was never left gives it to its parent's standard output. */
void flight_end(struct flight *flight, int status, bool wait);

/* The reader: prints what the session of that name kept and prints, until it ends or
 * this process gets SIGQUIT. SIGINT or SIGTERM end the session. The exit status. */
int flight_join(const char *name);

#endif
