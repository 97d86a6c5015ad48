/*
 * A session in its order: open the object, start the command (held), load,
 * begin probes, attach, let the command go, read output until something ends
 * the session, detach, end or error probes, report.
 *
 * Nothing is pinned or mounted: programs, maps and links live as long as this
 * process, so they go with it, however it ends. (Neither tracefs nor bpffs is
 * needed: raw tracepoints are attached by name, perf events by number.)
 */
#include "runtime/run/session.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "runtime/bpf/attach.h"
#include "runtime/bpf/kprobe.h"
#include "runtime/bpf/load.h"
#include "runtime/bpf/stacks.h"
#include "runtime/bpf/tasks.h"
#include "runtime/bpf/worker.h"
#include "runtime/reader/child.h"
#include "runtime/reader/loop.h"
#include "runtime/reader/records.h"
#include "runtime/run/flight.h"
#include "runtime/run/monitor.h"
#include "runtime/run/options.h"
#include "runtime/run/report.h"

/* The longest that output waits for a person, and shorter waits while there is
 * much of it. */
enum { WAIT_IDLE = 10000, WAIT_SOME = 3000, WAIT_MUCH = 1000 };

struct session {
	const struct options *options;
	struct object object;
	struct sink *sink;
	struct flight *flight;		/* -L, or NULL */
	struct records records;
	struct loop *loop;
	struct attach attach;
	struct worker *worker;
	struct child child;
	struct probe **ordered;		/* begin, end and error probes */
	size_t ordered_count;
	struct commands commands;	/* of system() */
	int signals;			/* signalfd */
	int deadline;			/* timerfd or -1 */
	struct monitor monitor;
	int target;			/* pidfd of -x or -1 */
	int stats;			/* keeps the kernel's counting on */
	bool interrupted;
	bool failed;
};

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* ---- state ---- */

static enum wire_state state(const struct session *session)
{
	return __atomic_load_n(&session->object.shared->state,
			       __ATOMIC_ACQUIRE);
}

static bool going_on(const struct session *session)
{
	enum wire_state at = state(session);

	return at == WIRE_STARTING || at == WIRE_RUNNING;
}

/* To @to, when it is still @from. */
static bool change(struct session *session, enum wire_state from,
		   enum wire_state to)
{
	__u64 expected = from;

	return __atomic_compare_exchange_n(&session->object.shared->state,
					   &expected, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

static void stop(struct session *session, enum wire_state to)
{
	if (!change(session, WIRE_STARTING, to))
		change(session, WIRE_RUNNING, to);
}

static void fail(struct session *session, char *error)
{
	fflush(stdout);
	fprintf(stderr, "ERROR: %s\n", error ? error : "no memory");
	free(error);
	session->failed = true;
}

/* ---- output ---- */

static void on_record(void *with, const void *record, size_t size)
{
	records_take(with, record, size);
}

static size_t drain(struct session *session)
{
	struct ring *ring = &session->object.ring;
	size_t bytes = ring_drain(ring, ring->size, on_record,
				  &session->records);

	if (bytes)
		sink_flush(session->sink);
	if (sink_failure(session->sink) && going_on(session))
		stop(session, WIRE_STOPPING);
	return bytes;
}

/* All that is there; bounded, because probes may still be running. */
static void drain_all(struct session *session)
{
	for (int i = 0; i < 64 && drain(session); i++)
		;
}

static unsigned int pause_after(const struct session *session, size_t bytes)
{
	size_t size = session->object.ring.size;

	if (bytes > size / 8)
		return 0;
	if (bytes > size / 64)
		return WAIT_MUCH;
	return bytes ? WAIT_SOME : WAIT_IDLE;
}

static void learn_file(void *with, struct code_file *file, uint64_t number)
{
	struct session *session = with;

	stacks_learn(session->object.stacks, file, number);
}

static void run_command(void *with, const char *command)
{
	struct session *session = with;

	if (commands_run(&session->commands, command))
		records_warn(&session->records, "cannot start a command of "
			     "system()");
}

/* ---- what ends a session ---- */

static void on_signal(void *with, uint32_t events)
{
	struct session *session = with;
	struct signalfd_siginfo info;

	(void)events;
	while (read(session->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			commands_reap(&session->commands);
			continue;
		}
		if (info.ssi_signo == SIGUSR2) {
			if (session->object.shared)
				drain(session);
			sink_rotate(session->sink);
			continue;
		}
		if (session->interrupted) {
			monitor_end(&session->monitor);
			attach_detach(&session->attach);
			_exit(1);
		}
		session->interrupted = true;
		if (session->object.shared)
			stop(session, WIRE_STOPPING);
	}
}

static void on_deadline(void *with, uint32_t events)
{
	struct session *session = with;

	(void)events;
	loop_remove(session->loop, session->deadline);
	stop(session, WIRE_STOPPING);
}

static void on_target_end(void *with, uint32_t events)
{
	struct session *session = with;

	(void)events;
	loop_remove(session->loop, session->target);
	stop(session, WIRE_STOPPING);
}

static void on_child_end(void *with, uint32_t events)
{
	struct session *session = with;
	char message[200];

	(void)events;
	loop_remove(session->loop, session->child.pidfd);
	if (!child_succeeded(&session->child, message, sizeof(message)) &&
	    !session->interrupted) {
		drain_all(session);
		records_warn(&session->records, message);
		session->failed = true;
	}
	stop(session, WIRE_STOPPING);
}

/* ---- running programs ---- */

static void idle(void *with)
{
	struct session *session = with;

	drain(session);
	on_signal(session, 0);
}

static bool is_of_file(const struct probe *probe)
{
	return probe->kind == ATTACH_PROCFS_READ ||
	       probe->kind == ATTACH_PROCFS_WRITE;
}

/* The task that the handler sees as the current one is who uses the file. */
static int run_for_asker(struct session *session, struct probe *probe)
{
	int fd = tasks_open(probe, session->attach.asker);
	int error;

	if (fd < 0)
		return fd;
	error = worker_walk(session->worker, fd, idle, session);
	close(fd);
	return error;
}

static void run_probe(void *with, struct probe *probe)
{
	struct session *session = with;
	int error = is_of_file(probe) ?
		run_for_asker(session, probe) :
		worker_run(session->worker, probe->program, idle, session);

	if (error && !session->failed) {
		fprintf(stderr, "ERROR: cannot run probe %s: %s\n",
			probe->about->name, strerror(-error));
		session->failed = true;
		stop(session, WIRE_FAILING);
	}
}

static const char *ask_probe(void *with, struct probe *probe, size_t *ret_size)
{
	struct session *session = with;

	drain_all(session);
	session->records.value_size = 0;
	run_probe(session, probe);
	drain_all(session);
	*ret_size = session->records.value_size;
	return session->records.value;
}

static void say(void *with, const char *text)
{
	struct session *session = with;

	if (!session->options->quiet)
		fprintf(stderr, "spilerun: probe file %s\n", text);
}

static int compare_probes(const void *a, const void *b)
{
	const struct probe *left = *(struct probe *const *)a;
	const struct probe *right = *(struct probe *const *)b;
	long long l = manifest_pair_number(&left->about->pairs, "priority", 0);
	long long r = manifest_pair_number(&right->about->pairs, "priority", 0);

	if (l != r)
		return l < r ? -1 : 1;
	/* they lie in one array, in the order of the script */
	return left < right ? -1 : left > right;
}

static int order_probes(struct session *session)
{
	struct attach *attach = &session->attach;

	session->ordered = calloc(attach->count + 1,
				  sizeof(*session->ordered));
	if (!session->ordered)
		return -1;
	for (size_t i = 0; i < attach->count; i++) {
		struct probe *probe = &attach->probes[i];

		if (probe->kind == ATTACH_BEGIN || probe->kind == ATTACH_END ||
		    probe->kind == ATTACH_ERROR)
			session->ordered[session->ordered_count++] = probe;
	}
	qsort(session->ordered, session->ordered_count,
	      sizeof(*session->ordered), compare_probes);
	return 0;
}

static void run_begins(struct session *session)
{
	for (size_t i = 0; i < session->ordered_count; i++) {
		if (state(session) != WIRE_STARTING)
			break;
		if (session->ordered[i]->kind == ATTACH_BEGIN)
			run_probe(session, session->ordered[i]);
	}
}

/* End probes, or error probes after errors; an error in an end probe makes the
 * error probes behind it run. */
static void run_ends(struct session *session)
{
	for (size_t i = 0; i < session->ordered_count; i++) {
		struct probe *probe = session->ordered[i];
		bool failing = state(session) == WIRE_FAILING;

		if (probe->kind == (failing ? ATTACH_ERROR : ATTACH_END))
			run_probe(session, probe);
	}
}

/* ---- the session ---- */

static int watch_timer(struct session *session, unsigned int seconds,
		       loop_call *call)
{
	struct itimerspec when = { .it_value.tv_sec = seconds };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

	if (fd >= 0) {
		timerfd_settime(fd, 0, &when, NULL);
		loop_add(session->loop, fd, EPOLLIN, call, session);
	}
	return fd;
}

static int watch_signals(struct session *session)
{
	static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT,
				      SIGCHLD, SIGUSR2 };
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(caught) / sizeof(*caught); i++)
		sigaddset(&set, caught[i]);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* a closed output shows as EPIPE where it is written */
	signal(SIGPIPE, SIG_IGN);
	session->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (session->signals < 0)
		return -1;
	return loop_add(session->loop, session->signals, EPOLLIN, on_signal,
			session);
}

static int prepare(struct session *session, char **ret_error)
{
	const struct options *options = session->options;
	struct sink_options output = options->output;

	if (session->flight) {
		output.take = flight_take;
		output.with = session->flight;
	}
	if (object_open(&session->object, options->object, ret_error))
		return -1;
	session->sink = sink_open(&output, ret_error);
	if (!session->sink)
		return -1;
	if (records_init(&session->records, session->object.manifest,
			 session->sink))
		return -1;
	session->records.quiet = options->quiet;
	session->records.run_command = run_command;
	session->records.file_seen = learn_file;
	session->records.with = session;
	session->loop = loop_new();
	if (!session->loop || watch_signals(session))
		return -1;
	if (options->command)
		return child_start(&session->child, options->command,
				   ret_error);
	return 0;
}

static void stop_session(void *with)
{
	struct session *session = with;

	stop(session, WIRE_STOPPING);
}

static int load(struct session *session, char **ret_error)
{
	const struct options *options = session->options;
	struct load_options load = {
		.path = options->object,
		.settings = options->settings,
		.setting_count = options->setting_count,
		.output_size = options->output_size,
		.target = options->command ? session->child.pid :
			options->target,
		.namespaces = options->namespaces,
		.has_descendants = !options->command && options->target,
		.command = options->command,
		.objects = options->objects,
		.object_count = options->object_count,
		.symbols = &session->records.symbols,
	};
	struct attach_calls calls = { run_probe, ask_probe, say, session };
	double from = now_seconds();

	if (object_load(&session->object, &load, ret_error) ||
	    attach_init(&session->attach, &session->object, session->loop,
			&calls, ret_error) ||
	    order_probes(session))
		return -1;
	if (options->timing || options->monitor)
		session->stats = report_begin(&session->object);
	session->worker = worker_start(session->object.device);
	if (!session->worker)
		return -1;
	if (session->flight &&
	    flight_listen(session->flight, session->loop,
			  session->object.shared->module, stop_session,
			  session, ret_error))
		return -1;
	if (options->verbose)
		fprintf(stderr, "spilerun: loaded %s: %zu probes, %zu bytes, "
			"%.1f ms\n", session->object.shared->module,
			session->attach.count, session->object.bytes,
			(now_seconds() - from) * 1000);
	return 0;
}

static int watch_target(struct session *session, char **ret_error)
{
	const struct options *options = session->options;

	if (options->command) {
		if (session->child.pidfd >= 0)
			loop_add(session->loop, session->child.pidfd, EPOLLIN,
				 on_child_end, session);
		return child_release(&session->child, ret_error);
	}
	if (!options->target)
		return 0;
	session->target = syscall(SYS_pidfd_open, options->target, 0);
	if (session->target < 0) {
		if (asprintf(ret_error, "cannot watch process %d: %s",
			     (int)options->target, strerror(errno)) < 0)
			*ret_error = NULL;
		return -1;
	}
	return loop_add(session->loop, session->target, EPOLLIN, on_target_end,
			session);
}

/* All handlers that do it, then what the command line says; the translator has
 * put in what spile was told. */
static void reset_globals(void *with)
{
	struct session *session = with;
	const struct options *options = session->options;
	char *error = NULL;

	for (size_t i = 0; i < session->attach.count; i++)
		if (session->attach.probes[i].kind == ATTACH_RESET)
			run_probe(session, &session->attach.probes[i]);
	if (object_set(&session->object, options->settings,
		       options->setting_count, &error))
		fail(session, error);
}

static void begin_monitor(struct session *session)
{
	const struct options *options = session->options;

	session->monitor = (struct monitor){
		.loop = session->loop, .attach = &session->attach,
		.records = &session->records, .seconds = options->monitor,
		.has_command = options->command, .stop = stop_session,
		.reset = reset_globals, .with = session, .timer = -1,
	};
	monitor_begin(&session->monitor);
}

/* Attaches all and lets the command go. */
static int run(struct session *session, char **ret_error)
{
	const struct options *options = session->options;
	double from = now_seconds();

	if (!change(session, WIRE_STARTING, WIRE_RUNNING))
		return 0;
	drain_all(session);
	child_wait(&session->child);
	if (attach_all(&session->attach, ret_error))
		return -1;
	if (options->verbose)
		fprintf(stderr, "spilerun: attached in %.1f ms\n",
			(now_seconds() - from) * 1000);
	if (options->seconds)
		session->deadline = watch_timer(session, options->seconds,
						on_deadline);
	if (options->monitor)
		begin_monitor(session);
	return watch_target(session, ret_error);
}

static void check_skipped(struct session *session)
{
	const struct wire_shared *shared = session->object.shared;
	long long most = manifest_pair_number(&session->object.manifest->session,
					      "maxskipped", 100);

	uint64_t skipped = report_skipped(shared);

	/* calls that began while it paused */
	if (session->monitor.was_paused)
		skipped -= shared->skipped[WIRE_SKIP_ENTRY];
	if (most < 0 || skipped <= (uint64_t)most)
		return;
	if (!change(session, WIRE_RUNNING, WIRE_FAILING))
		return;
	drain_all(session);
	records_error(&session->records, "too many hits were skipped: raise "
		      "MAXSKIPPED, or look with -t which probes are hit most");
}

static void read_output(struct session *session)
{
	if (session->options->verbose)
		fprintf(stderr, "spilerun: running\n");
	while (going_on(session)) {
		size_t bytes = drain(session);

		loop_wait(session->loop, pause_after(session, bytes));
		check_skipped(session);
		if (session->flight)
			flight_pump(session->flight);
	}
}

static void finish(struct session *session)
{
	struct wire_shared *shared = session->object.shared;

	/* attaching may have failed with the session running */
	stop(session, session->failed ? WIRE_FAILING : WIRE_STOPPING);
	report_collect_misses(&session->attach, shared);
	kprobe_collect(&session->attach);
	attach_detach(&session->attach);
	drain_all(session);
	run_ends(session);
	drain_all(session);
	sink_flush(session->sink);
	commands_wait(&session->commands);
	report_losses(&session->records, &session->attach, shared);
	if (session->options->timing)
		report_timing(&session->attach);
	if (sink_failure(session->sink)) {
		fprintf(stderr, "ERROR: %s\n", sink_failure(session->sink));
		session->failed = true;
	}
	if (state(session) == WIRE_FAILING)
		session->failed = true;
}

static void close_all(struct session *session)
{
	const int fds[] = { session->signals, session->deadline,
			    session->target, session->stats };

	if (session->options->command)
		child_stop(&session->child);
	monitor_end(&session->monitor);
	attach_free(&session->attach);
	worker_stop(session->worker);
	records_free(&session->records);
	sink_close(session->sink);
	loop_free(session->loop);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	object_close(&session->object);
	free(session->ordered);
	commands_free(&session->commands);
}

/* Where it can be read, for the one who began it. */
static void leave(struct session *session)
{
	const char *name = session->object.shared->module;

	printf("spilerun: the session %s goes on as process %d\n"
	       "spilerun: read it, and end it, with: spilerun -A %s\n", name,
	       (int)getpid(), name);
	flight_leave(session->flight);
}

static int end(struct session *session)
{
	close_all(session);
	if (session->flight)
		flight_end(session->flight, session->failed,
			   !session->interrupted);
	return session->failed;
}

/* How much of the output is kept without -s. */
enum { FLIGHT_SIZE = 4 << 20 };

int session_run(const struct options *options)
{
	struct session session = {
		.options = options,
		.child = { -1, -1, -1, -1 },
		.signals = -1, .deadline = -1, .target = -1, .stats = -1,
		.monitor.timer = -1,
	};
	char *error = NULL;
	int status;

	if (options->leave) {
		session.flight = flight_begin(options->output_size ?
			options->output_size : FLIGHT_SIZE, &status);
		if (!session.flight)
			return status;
	}
	if (prepare(&session, &error) || load(&session, &error)) {
		fail(&session, error);
		return end(&session);
	}
	/* a signal may have come while loading */
	on_signal(&session, 0);
	run_begins(&session);
	if (run(&session, &error)) {
		fail(&session, error);
	} else {
		/* one that fails at once is no session to leave */
		if (session.flight && state(&session) != WIRE_FAILING)
			leave(&session);
		read_output(&session);
	}
	finish(&session);
	return end(&session);
}
