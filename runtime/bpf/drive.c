/*
 * Probes driven from user space: see drive.h.
 */
#include "runtime/bpf/drive.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/load.h"
#include "runtime/reader/complain.h"
#include "runtime/reader/loop.h"

enum { VALUE_MOST = sizeof(((struct wire_shared *)0)->value) - 1 };

/* ---- timers ---- */

static void arm(int fd, uint64_t ns, bool again)
{
	struct itimerspec when = {
		.it_value = { ns / 1000000000, ns % 1000000000 },
	};

	if (again)
		when.it_interval = when.it_value;
	timerfd_settime(fd, 0, &when, NULL);
}

/* xorshift: spreads ticks, keeps no secrets. */
static uint64_t next_random(struct attach *attach)
{
	uint64_t x = attach->random;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return attach->random = x;
}

static void arm_random(struct probe *probe)
{
	uint64_t spread = next_random(probe->attach) %
		(2 * probe->randomize + 1);
	uint64_t ns = probe->interval + spread;

	ns = ns > probe->randomize ? ns - probe->randomize : 1;
	arm(probe->timer, ns, false);
}

static void on_timer(void *with, uint32_t events)
{
	struct probe *probe = with;
	struct attach *attach = probe->attach;
	uint64_t ticks;

	(void)events;
	if (read(probe->timer, &ticks, sizeof(ticks)) != sizeof(ticks))
		return;
	probe->missed += ticks - 1;
	if (probe->randomize)
		arm_random(probe);
	attach->calls.run(attach->calls.with, probe);
}

int drive_timer(struct attach *attach, struct probe *probe, char **ret_error)
{
	const struct manifest_pairs *pairs = &probe->about->pairs;
	long long interval = manifest_pair_number(pairs, "interval", 0);
	long long randomize = manifest_pair_number(pairs, "randomize", 0);

	if (interval < 1 || randomize < 0 || randomize > INT64_MAX / 4)
		return complain(ret_error, "the object is damaged: probe %s has "
				"no sensible interval", probe->about->name);
	probe->interval = interval;
	probe->randomize = randomize;
	probe->timer = timerfd_create(CLOCK_MONOTONIC,
				      TFD_NONBLOCK | TFD_CLOEXEC);
	if (probe->timer < 0 ||
	    loop_add(attach->loop, probe->timer, EPOLLIN, on_timer, probe))
		return complain(ret_error, "cannot make a timer for probe %s: "
				"%s", probe->about->name, strerror(errno));
	if (randomize)
		arm_random(probe);
	else
		arm(probe->timer, interval, true);
	return 0;
}

/* ---- what handlers are given ---- */

void drive_give(struct probe *probe, const char *text, size_t length)
{
	struct attach *attach = probe->attach;
	struct wire_shared *shared = attach->object->shared;

	if (length > VALUE_MOST)
		length = VALUE_MOST;
	memcpy(shared->value, text, length);
	shared->value[length] = 0;
	shared->input_length = length;
	attach->calls.run(attach->calls.with, probe);
}

/* ---- what is typed ---- */

struct terminal {
	struct attach *attach;
	struct probe **probes;
	size_t count;
	struct termios before;
	bool changed;
	size_t length;			/* of the line so far */
	char line[VALUE_MOST];
};

static void hear(struct terminal *terminal, char c)
{
	bool whole = c == '\n';

	if (terminal->length < VALUE_MOST)
		terminal->line[terminal->length++] = c;
	for (size_t i = 0; i < terminal->count; i++) {
		struct probe *probe = terminal->probes[i];
		const char *unit = manifest_pair_get(&probe->about->pairs,
						     "unit");

		if (!unit || strcmp(unit, "line"))
			drive_give(probe, &c, 1);
		else if (whole)
			drive_give(probe, terminal->line, terminal->length);
	}
	if (whole)
		terminal->length = 0;
}

static void on_input(void *with, uint32_t events)
{
	struct terminal *terminal = with;
	char text[512];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text));

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	for (ssize_t i = 0; i < n; i++)
		hear(terminal, text[i]);
	if (n > 0)
		return;
	/* the end: a last line without newline counts too */
	loop_remove(terminal->attach->loop, STDIN_FILENO);
	if (terminal->length)
		hear(terminal, '\n');
}

/* Characters are to come as they are typed; only when the terminal is ours. */
static void change_terminal(struct terminal *terminal)
{
	struct termios now;

	if (terminal->changed || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
	    tcgetattr(STDIN_FILENO, &terminal->before))
		return;
	now = terminal->before;
	now.c_lflag &= ~(ICANON | ECHO);
	terminal->changed = !tcsetattr(STDIN_FILENO, TCSANOW, &now);
}

static int terminal_new(struct attach *attach)
{
	struct terminal *terminal = calloc(1, sizeof(*terminal));

	if (!terminal)
		return -1;
	terminal->attach = attach;
	if (loop_add(attach->loop, STDIN_FILENO, EPOLLIN, on_input, terminal)) {
		free(terminal);
		return -1;
	}
	attach->terminal = terminal;
	return 0;
}

int drive_input(struct attach *attach, struct probe *probe, char **ret_error)
{
	const char *unit = manifest_pair_get(&probe->about->pairs, "unit");
	struct probe **larger;

	if (!attach->terminal && terminal_new(attach))
		return complain(ret_error, "standard input cannot be read "
				"(probe %s)", probe->about->name);
	struct terminal *terminal = attach->terminal;

	larger = reallocarray(terminal->probes, terminal->count + 1,
			      sizeof(*larger));
	if (!larger)
		return complain(ret_error, "no memory");
	terminal->probes = larger;
	terminal->probes[terminal->count++] = probe;
	if (!unit || strcmp(unit, "line"))
		change_terminal(terminal);
	return 0;
}

static void terminal_free(struct terminal *terminal)
{
	loop_remove(terminal->attach->loop, STDIN_FILENO);
	if (terminal->changed)
		tcsetattr(STDIN_FILENO, TCSANOW, &terminal->before);
	free(terminal->probes);
	free(terminal);
}

void drive_stop(struct attach *attach)
{
	for (size_t i = 0; i < attach->count; i++) {
		struct probe *probe = &attach->probes[i];

		if (probe->timer < 0)
			continue;
		loop_remove(attach->loop, probe->timer);
		close(probe->timer);
		probe->timer = -1;
	}
	if (attach->files)
		files_free(attach->files);
	if (attach->terminal)
		terminal_free(attach->terminal);
	attach->files = NULL;
	attach->terminal = NULL;
}
