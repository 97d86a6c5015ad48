/* Pass 5: the runner as a child; signals are handed on to it. */
#include "translator/driver/session.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "translator/base/arena.h"
#include "translator/base/file.h"

#ifndef SPILE_LIBEXECDIR
#define SPILE_LIBEXECDIR "/usr/local/libexec/spile"
#endif
#ifndef SPILE_BINDIR
#define SPILE_BINDIR "/usr/local/bin"
#endif

const char *session_program(struct arena *arena, const char *name)
{
	const char *here = file_program_folder(arena);
	const char *path = arena_printf(arena, "%s/%s", here ? here : ".",
					name);

	if (file_exists(path))
		return path;
	path = arena_printf(arena, "%s/%s", SPILE_LIBEXECDIR, name);
	if (file_exists(path))
		return path;
	return arena_printf(arena, "%s/%s", SPILE_BINDIR, name);
}

struct arguments {
	VEC(const char *) items;
};

static void add(struct session *session, struct arguments *args,
		const char *option, const char *value)
{
	*vec_push(session->arena, &args->items) = option;
	if (value)
		*vec_push(session->arena, &args->items) = value;
}

static const char *number(struct session *session, long long value)
{
	return arena_printf(session->arena, "%lld", value);
}

static void collect(struct session *session, struct arguments *args)
{
	const struct options *o = session->options;

	add(session, args, session_program(session->arena, "spilerun"), NULL);
	for (int i = 0; i < o->verbosity[4]; i++)
		add(session, args, "-v", NULL);
	for (size_t i = 0; i < o->objects.count; i++)
		add(session, args, "--object", o->objects.items[i]);
	if (o->command)
		add(session, args, "-c", o->command);
	if (o->target_pid)
		add(session, args, "-x", number(session, o->target_pid));
	if (o->namespaces_pid)
		add(session, args, "-N", number(session, o->namespaces_pid));
	if (o->output)
		add(session, args, "-o", o->output);
	else if (o->flight_recorder)
		add(session, args, "-L", NULL);
	if (o->rotate_mb)
		add(session, args, "-S", o->rotate_files ?
		    arena_printf(session->arena, "%d,%d", o->rotate_mb,
				 o->rotate_files) :
		    number(session, o->rotate_mb));
	if (o->timeout)
		add(session, args, "-T", number(session, o->timeout));
	if (o->bulk)
		add(session, args, "-b", NULL);
	if (o->buffer_mb)
		add(session, args, "-s", number(session, o->buffer_mb));
	if (o->timing)
		add(session, args, "-t", NULL);
	if (o->no_warnings)
		add(session, args, "-w", NULL);
	if (o->monitor)
		add(session, args, "-M", number(session, o->monitor));
	add(session, args, session->artefact, NULL);
	*vec_push(session->arena, &args->items) = NULL;
}

/* Waits for the child and hands signals on to it. */
static int wait_for(pid_t child, const sigset_t *signals)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (waitpid(child, &status, WNOHANG) == child)
			break;
		if (sigwaitinfo(signals, &info) < 0)
			continue;
		/* From the terminal the child gets its own. */
		if (info.si_signo != SIGCHLD && info.si_code <= 0)
			kill(child, info.si_signo);
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	fprintf(stderr, "spile: the runner was killed by signal %d (%s)\n",
		WTERMSIG(status), strsignal(WTERMSIG(status)));
	return 1;
}

/* In the child: becomes the runner. */
static void run_here(const struct arguments *args, const sigset_t *signals)
{
	sigprocmask(SIG_SETMASK, signals, NULL);
	execv(args->items.items[0], (char *const *)args->items.items);
	fprintf(stderr, "spile: cannot run '%s': %s\n", args->items.items[0],
		strerror(errno));
	_exit(127);
}

static pid_t start_child(const struct arguments *args, const sigset_t *signals)
{
	pid_t self = getpid(), child = fork();

	if (child == 0) {
		/* When spile is killed the session must not live on. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != self)
			_exit(127);
		run_here(args, signals);
	}
	return child;
}

/* ---- flight recorder ---- */

/* A session of its own, without our terminal; messages go to a file. */
static pid_t start_alone(const struct arguments *args, const sigset_t *signals,
			 int messages)
{
	pid_t child = fork();
	int null;

	if (child)
		return child;
	setsid();
	null = open("/dev/null", O_RDWR);
	dup2(null, 0);
	dup2(null, 1);
	dup2(messages, 2);
	run_here(args, signals);
	return -1;
}

static void show_messages(struct session *session, const char *path)
{
	size_t size;
	const char *text = file_read(session->arena, path, &size);

	if (text)
		fwrite(text, 1, size, stderr);
}

/* Starts the runner, waits long enough to see it fail, and leaves it. */
static int run_alone(struct session *session, const struct arguments *args,
		     const sigset_t *signals, const sigset_t *before)
{
	const struct timespec patience = { 1, 0 };
	const char *path = arena_printf(session->arena, "%s.err",
					session->options->output);
	int messages = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND |
			    O_CLOEXEC, 0644);
	pid_t child;
	int status;

	if (messages < 0) {
		fprintf(stderr, "spile: cannot write '%s': %s\n", path,
			strerror(errno));
		return 1;
	}
	child = start_alone(args, before, messages);
	close(messages);
	if (child > 0)
		sigtimedwait(signals, NULL, &patience);
	show_messages(session, path);
	if (child < 0 || waitpid(child, &status, WNOHANG) == child)
		return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
	printf("spile: the session goes on as process %d\n"
	       "spile: its output is in %s, its messages in %s\n"
	       "spile: end it with: kill -INT %d\n", (int)child,
	       session->options->output, path, (int)child);
	return 0;
}

int session_run(struct session *session)
{
	struct arguments args = { 0 };
	sigset_t signals, before;
	pid_t child;

	/* a session that goes on alone needs the file a while longer */
	if (!session->options->flight_recorder)
		work_release(session);
	collect(session, &args);
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGQUIT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	if (session->options->verbosity[4] > 0)
		fputs("Pass 5: starting run.\n", stderr);
	if (session->options->flight_recorder && session->options->output)
		return run_alone(session, &args, &signals, &before);
	child = start_child(&args, &before);
	if (child < 0) {
		fprintf(stderr, "spile: cannot start the runner: %s\n",
			strerror(errno));
		return 1;
	}
	return wait_for(child, &signals);
}
