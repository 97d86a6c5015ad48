/*
 * --monitor: tells of a session now and then, and takes keys from the standard
 * input: p pauses, r resumes, t switches one probe, c sets the globals back, a shows
 * arrays, s sorts, x hides, q ends. A session that pauses is in the state that it
 * begins in, so both backends know it; a probe that is switched off has a word of its
 * own, which objects have that were made for --monitor.
 *
 * Keys are taken as they are typed where the terminal is ours, and from a pipe
 * as they come; not if the script listens itself (input probes), and from a pipe
 * not if a command is run, which may want it.
 */
#ifndef SPILE_RUN_MONITOR_H
#define SPILE_RUN_MONITOR_H

#include <stdbool.h>
#include <termios.h>

#include "runtime/run/report.h"

struct loop;

/* What the next character is part of. */
enum monitor_typing { TYPING_KEYS, TYPING_NUMBER, TYPING_ESCAPE };

struct monitor {
	/* given */
	struct loop *loop;
	struct attach *attach;
	const struct records *records;
	unsigned int seconds;		/* between two reports */
	bool has_command;
	void (*stop)(void *with);	/* ends the session */
	void (*reset)(void *with);	/* sets its globals back */
	void *with;
	/* own */
	double started;
	int timer;			/* timerfd, or -1 */
	struct report_view view;
	enum monitor_typing typing;
	size_t number;			/* typed so far; of an escape: the last */
	bool has_number;		/* character */
	bool is_hidden;
	bool was_paused;		/* some time in this session */
	bool has_keys;
	bool has_terminal;		/* it was changed: */
	struct termios before;
};

/* From now on. */
void monitor_begin(struct monitor *monitor);
/* Gives the terminal back; may be called again, and if nothing was begun. */
void monitor_end(struct monitor *monitor);

#endif
