/*
 * The event loop of a session: descriptors and what to call when they are
 * ready. One thread; nothing here blocks but loop_wait().
 */
#ifndef SPILE_READER_LOOP_H
#define SPILE_READER_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;

/* Called with the descriptor's events (EPOLLIN ...) and what was given. */
typedef void loop_call(void *with, uint32_t events);

struct loop *loop_new(void);
void loop_free(struct loop *loop);

/*
 * Calls @call while @fd has one of @events (EPOLLIN, EPOLLET ...). Files that
 * epoll refuses, plain files, are always ready and are called each round.
 * Returns 0 or -errno. The descriptor stays the caller's.
 */
int loop_add(struct loop *loop, int fd, uint32_t events, loop_call *call,
	     void *with);
void loop_remove(struct loop *loop, int fd);

/* Waits at most @us microseconds and calls what is ready. */
void loop_wait(struct loop *loop, unsigned int us);

#endif
