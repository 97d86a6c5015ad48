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

static void report(const struct monitor *monitor)
{
	uint64_t state = __atomic_load_n(&shared_of(monitor)->state,
					 __ATOMIC_ACQUIRE);

	if (monitor->is_hidden)
		return;
	sink_flush(monitor->records->sink);
	report_monitor(monitor->attach, monitor->records, monitor->order,
		       now_seconds() - monitor->started,
		       state == WIRE_STARTING);
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

static void explain(void)
{
	fputs("----- keys: p pauses the probes, r resumes them, s sorts the "
	      "table by something else,\n----- x hides or shows all this, "
	      "q ends the session\n", stderr);
}

static void take_key(struct monitor *monitor, char key)
{
	switch (key) {
	case 'p':
		change(monitor, WIRE_RUNNING, WIRE_STARTING);
		monitor->was_paused = true;
		report(monitor);
		break;
	case 'r':
		change(monitor, WIRE_STARTING, WIRE_RUNNING);
		report(monitor);
		break;
	case 's':
		monitor->order = (monitor->order + 1) % REPORT_ORDERS;
		report(monitor);
		break;
	case 'x':
		monitor->is_hidden = !monitor->is_hidden;
		report(monitor);
		break;
	case 'q':
		monitor->stop(monitor->with);
		break;
	case ' ':
	case '\n':
	case '\r':
		break;
	default:
		explain();
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
