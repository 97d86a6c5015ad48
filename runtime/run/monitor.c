/* --monitor: see monitor.h. */
#include "runtime/run/monitor.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/common/wire.h"
#include "runtime/reader/loop.h"
#include "runtime/reader/object.h"
#include "runtime/reader/records.h"
#include "runtime/reader/sink.h"

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static struct wire_shared *shared_of(const struct monitor *monitor)
{
	return monitor->attach->object->shared;
}

/* What the keys do, where somebody sits in front of it. */
static void explain(void)
{
	fputs("----- keys: p pauses the probes, r resumes all of them, t switches "
	      "one off or on,\n----- c sets the globals back, a shows elements of "
	      "arrays, s sorts the table by something\n----- else, arrows move it, "
	      "x hides or shows all this, q ends the session\n", stderr);
}

static void remind(void)
{
	fputs("----- p pause, r resume, t switch, c reset, a arrays, s sort, "
	      "x hide, q quit\n", stderr);
}

static void ask_number(const struct monitor *monitor)
{
	fputs("----- number of the probe to switch off or on, and Enter: ",
	      stderr);
	if (monitor->has_number)
		fprintf(stderr, "%zu", monitor->number);
}

static void report(struct monitor *monitor)
{
	uint64_t state = __atomic_load_n(&shared_of(monitor)->state,
					 __ATOMIC_ACQUIRE);

	if (monitor->is_hidden)
		return;
	sink_flush(monitor->records->sink);
	monitor->view.seconds = now_seconds() - monitor->started;
	monitor->view.is_paused = state == WIRE_STARTING;
	report_monitor(monitor->attach, monitor->records, &monitor->view);
	if (monitor->has_terminal && isatty(STDERR_FILENO))
		remind();
	if (monitor->typing == TYPING_NUMBER)
		ask_number(monitor);
}

static void on_tick(void *with, uint32_t events)
{
	struct monitor *monitor = with;
	uint64_t ticks;

	(void)events;
	if (read(monitor->timer, &ticks, sizeof(ticks)) > 0)
		report(monitor);
}

/* ---- keys ---- */

static void change(struct monitor *monitor, __u64 from, __u64 to)
{
	__atomic_compare_exchange_n(&shared_of(monitor)->state, &from, to,
				    false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

/* ---- single probes ---- */

static void say_unable(void)
{
	fputs("----- the object was made without --monitor: translate it again "
	      "with that option\n", stderr);
}

static void switch_probe(struct monitor *monitor, size_t number)
{
	struct attach *attach = monitor->attach;

	if (number >= attach->count ||
	    attach->probes[number].kind == ATTACH_RESET)
		fprintf(stderr, "----- there is no probe %zu: the first column "
			"of the table has the numbers\n", number);
	else if (!attach_switch(attach, number,
				!attach->probes[number].is_off))
		say_unable();
	else
		report(monitor);
}

static void switch_all_on(struct monitor *monitor)
{
	for (size_t i = 0; i < monitor->attach->count; i++)
		if (monitor->attach->probes[i].is_off)
			attach_switch(monitor->attach, i, false);
}

static void reset_globals(struct monitor *monitor)
{
	if (!manifest_pair_get(&monitor->attach->object->manifest->session,
			       "monitor")) {
		say_unable();
		return;
	}
	monitor->reset(monitor->with);
	report(monitor);
}

/* ---- keys that take more than one character ---- */

/* The number of a probe, to its end. */
static void type_number(struct monitor *monitor, char key)
{
	enum { NUMBER_MOST = 100000000 };

	if (key >= '0' && key <= '9' && monitor->number < NUMBER_MOST) {
		monitor->number = 10 * monitor->number + (size_t)(key - '0');
		monitor->has_number = true;
		if (monitor->has_terminal)
			fputc(key, stderr);
		return;
	}
	monitor->typing = TYPING_KEYS;
	fputc('\n', stderr);
	if ((key == '\n' || key == '\r') && monitor->has_number)
		switch_probe(monitor, monitor->number);
}

static void move(struct monitor *monitor, bool down, size_t rows)
{
	struct report_view *view = &monitor->view;

	/* the report keeps it from going too far */
	if (down)
		view->first += rows;
	else
		view->first -= rows < view->first ? rows : view->first;
	report(monitor);
}

/* Arrows are ESC [ A and B, the page keys ESC [ 5 ~ and 6 ~; others mean
 * nothing here. */
static void type_escape(struct monitor *monitor, char key)
{
	size_t page = monitor->view.rows ? monitor->view.rows : 1;

	if (key == '[' || key == ';' || (key >= '0' && key <= '9')) {
		monitor->number = (unsigned char)key;
		return;
	}
	monitor->typing = TYPING_KEYS;
	if (key == 'A' || key == 'B')
		move(monitor, key == 'B', 1);
	else if (key == '~' && (monitor->number == '5' || monitor->number == '6'))
		move(monitor, monitor->number == '6', page);
}

/* ---- keys ---- */

static void ask_for_probe(struct monitor *monitor)
{
	monitor->typing = TYPING_NUMBER;
	monitor->number = 0;
	monitor->has_number = false;
	ask_number(monitor);
}

static void resume(struct monitor *monitor)
{
	change(monitor, WIRE_STARTING, WIRE_RUNNING);
	switch_all_on(monitor);
	report(monitor);
}

static void take_command(struct monitor *monitor, char key)
{
	switch (key) {
	case 'p':
		change(monitor, WIRE_RUNNING, WIRE_STARTING);
		monitor->was_paused = true;
		report(monitor);
		break;
	case 'r':
		resume(monitor);
		break;
	case 't':
		ask_for_probe(monitor);
		break;
	case 'c':
		reset_globals(monitor);
		break;
	case 's':
		monitor->view.order = (monitor->view.order + 1) % REPORT_ORDERS;
		report(monitor);
		break;
	case 'a':
		monitor->view.globals = (monitor->view.globals + 1) %
					GLOBALS_VIEWS;
		report(monitor);
		break;
	case 'x':
		monitor->is_hidden = !monitor->is_hidden;
		report(monitor);
		break;
	case 'q':
		monitor->stop(monitor->with);
		break;
	case '\033':
		monitor->typing = TYPING_ESCAPE;
		break;
	case ' ':
	case '\n':
	case '\r':
		break;
	default:
		explain();
	}
}

static void take_key(struct monitor *monitor, char key)
{
	switch (monitor->typing) {
	case TYPING_KEYS:
		take_command(monitor, key);
		break;
	case TYPING_NUMBER:
		type_number(monitor, key);
		break;
	case TYPING_ESCAPE:
		type_escape(monitor, key);
		break;
	}
}

static void leave_input(struct monitor *monitor)
{
	if (monitor->has_keys)
		loop_remove(monitor->loop, STDIN_FILENO);
	monitor->has_keys = false;
}

static void on_key(void *with, uint32_t events)
{
	struct monitor *monitor = with;
	char keys[64];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	for (ssize_t i = 0; i < n; i++)
		take_key(monitor, keys[i]);
	if (n <= 0)
		leave_input(monitor);
}

/* Keys are to come as they are typed. */
static void change_terminal(struct monitor *monitor)
{
	struct termios now;

	if (tcgetattr(STDIN_FILENO, &monitor->before))
		return;
	now = monitor->before;
	now.c_lflag &= ~(ICANON | ECHO);
	monitor->has_terminal = !tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

static bool may_listen(const struct monitor *monitor)
{
	if (monitor->attach->terminal)
		return false;
	if (isatty(STDIN_FILENO))
		return tcgetpgrp(STDIN_FILENO) == getpgrp();
	return !monitor->has_command;
}

static void listen_to_keys(struct monitor *monitor)
{
	if (!may_listen(monitor) ||
	    loop_add(monitor->loop, STDIN_FILENO, EPOLLIN, on_key, monitor))
		return;
	monitor->has_keys = true;
	if (isatty(STDIN_FILENO)) {
		change_terminal(monitor);
		explain();
	}
}

/* ---- its time ---- */

void monitor_begin(struct monitor *monitor)
{
	struct itimerspec when = {
		.it_value.tv_sec = monitor->seconds,
		.it_interval.tv_sec = monitor->seconds,
	};

	monitor->started = now_seconds();
	monitor->timer = timerfd_create(CLOCK_MONOTONIC,
					TFD_NONBLOCK | TFD_CLOEXEC);
	if (monitor->timer >= 0) {
		timerfd_settime(monitor->timer, 0, &when, NULL);
		loop_add(monitor->loop, monitor->timer, EPOLLIN, on_tick,
			 monitor);
	}
	listen_to_keys(monitor);
}

void monitor_end(struct monitor *monitor)
{
	leave_input(monitor);
	if (monitor->has_terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &monitor->before);
	monitor->has_terminal = false;
	if (monitor->timer >= 0)
		close(monitor->timer);
	monitor->timer = -1;
}
