/*
 * One session, from an object to its last line of output.
 */
#ifndef SPILE_RUN_SESSION_H
#define SPILE_RUN_SESSION_H

struct options;

/* Runs it to its end. Returns the exit status. */
int session_run(const struct options *options);

#endif
