/*
 * The command of -c: see child.h.
 */
#include "runtime/reader/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_WORDS = 1024, SYSTEM_WAIT_MS = 2000 };

/* What only a shell can read. A command without these is executed directly, so
 * that target() is the command and not a shell around it. */
static bool needs_shell(const char *command)
{
	static const char *const builtins[] = {
		":", ".", "exec", "exit", "cd", "eval", "export", "set", "trap",
		"ulimit", "umask", "wait", "if", "while", "until", "for", "case",
	};
	size_t length = strcspn(command, " \t");

	for (size_t i = 0; i < sizeof(builtins) / sizeof(*builtins); i++)
		if (strlen(builtins[i]) == length &&
		    !memcmp(builtins[i], command, length))
			return true;
	return command[strcspn(command, "|&;<>()$`\\\"'*?[]#~=%{}!\n")];
}

/* Cuts @command (changed) into words; NULL-terminated. */
static void split(char *command, char **words)
{
	size_t count = 0;
	char *rest = NULL;

	for (char *word = strtok_r(command, " \t", &rest);
	     word && count < MOST_WORDS - 1;
	     word = strtok_r(NULL, " \t", &rest))
		words[count++] = word;
	words[count] = NULL;
}

/* The session's own signal handling is none of the command's business. */
static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void execute(char *command)
{
	static const char shell[] = "/bin/sh";
	char *words[MOST_WORDS];

	if (needs_shell(command)) {
		execl(shell, shell, "-c", command, (char *)NULL);
		return;
	}
	split(command, words);
	execvp(words[0], words);
}

static _Noreturn void run_child(const char *command, int gate, int result,
				pid_t parent)
{
	char *copy = strdup(command);
	int error = 0;
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	reset_signals();
	/* the parent may be gone before prctl() took effect */
	if (getppid() != parent || !copy ||
	    write(result, &error, sizeof(error)) != sizeof(error) ||
	    read(gate, &byte, 1) != 1)
		_exit(127);
	execute(copy);
	error = errno;
	if (write(result, &error, sizeof(error)) < 0)
		_exit(126);
	_exit(127);
}

/* Whether the first word of a command without shell syntax can be executed. */
static int find_command(const char *command)
{
	size_t length = strcspn(command, " \t");
	const char *path = getenv("PATH");
	char file[4096];
	struct stat st;
	int error = ENOENT;

	if (memchr(command, '/', length))
		path = "";
	else if (!path)
		path = "/usr/bin:/bin";
	for (;;) {
		size_t folder = strcspn(path, ":");

		if (folder)
			snprintf(file, sizeof(file), "%.*s/%.*s", (int)folder,
				 path, (int)length, command);
		else
			snprintf(file, sizeof(file), "%.*s", (int)length,
				 command);
		if (!stat(file, &st) && S_ISREG(st.st_mode)) {
			if (!access(file, X_OK))
				return 0;
			error = EACCES;
		}
		if (!path[folder])
			return error;
		path += folder + 1;
	}
}

static int complain(const char *command, int error, char **ret_error)
{
	if (asprintf(ret_error, "cannot run '%s': %s", command,
		     error == ENOENT ? "there is no such command" :
		     strerror(error)) < 0)
		*ret_error = NULL;
	return -1;
}

int child_start(struct child *child, const char *command, char **ret_error)
{
	int gate[2], result[2];
	pid_t parent = getpid();
	int error;

	*child = (struct child){ .pid = -1, .pidfd = -1, .gate = -1,
				 .result = -1 };
	command += strspn(command, " \t\n");
	if (!*command)
		return complain(command, EINVAL, ret_error);
	if (!needs_shell(command)) {
		error = find_command(command);
		if (error)
			return complain(command, error, ret_error);
	}
	if (pipe2(gate, O_CLOEXEC) || pipe2(result, O_CLOEXEC))
		return complain(command, errno, ret_error);
	fflush(NULL);
	child->pid = fork();
	if (child->pid < 0)
		return complain(command, errno, ret_error);
	if (!child->pid) {
		close(gate[1]);
		close(result[0]);
		run_child(command, gate[0], result[1], parent);
	}
	close(gate[0]);
	close(result[1]);
	child->gate = gate[1];
	child->result = result[0];
	child->pidfd = syscall(SYS_pidfd_open, child->pid, 0);
	return 0;
}

void child_wait(struct child *child)
{
	int ready;
	ssize_t got = child->pid > 0 ?
		read(child->result, &ready, sizeof(ready)) : 0;

	(void)got;	/* one that died is found out when it is let go */
}

int child_release(struct child *child, char **ret_error)
{
	int error;

	if (write(child->gate, "g", 1) != 1)
		return complain("the command", errno, ret_error);
	close(child->gate);
	child->gate = -1;
	/* exec closes the other end: nothing to read means that it worked */
	if (read(child->result, &error, sizeof(error)) == sizeof(error))
		return complain("the command", error, ret_error);
	return 0;
}

bool child_succeeded(struct child *child, char *message, size_t size)
{
	int status;

	if (waitpid(child->pid, &status, 0) != child->pid)
		return true;
	child->pid = -1;
	if (WIFSIGNALED(status)) {
		snprintf(message, size,
			 "Child process exited with signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
		return false;
	}
	if (WEXITSTATUS(status)) {
		snprintf(message, size, "Child process exited with status %d",
			 WEXITSTATUS(status));
		return false;
	}
	return true;
}

void child_stop(struct child *child)
{
	struct pollfd wait = { child->pidfd, POLLIN, 0 };

	if (child->gate >= 0)
		close(child->gate);
	if (child->result >= 0)
		close(child->result);
	if (child->pid > 0) {
		/* a command that takes its time to end is not waited for long:
		 * it was asked, and nothing of the session hangs on it */
		kill(child->pid, SIGTERM);
		if (child->pidfd < 0 || poll(&wait, 1, 1000) > 0)
			waitpid(child->pid, NULL, child->pidfd < 0 ? WNOHANG : 0);
	}
	if (child->pidfd >= 0)
		close(child->pidfd);
	*child = (struct child){ .pid = -1, .pidfd = -1, .gate = -1,
				 .result = -1 };
}

/* ---- system() ---- */

int commands_run(struct commands *commands, const char *command)
{
	pid_t *larger = reallocarray(commands->pids, commands->count + 1,
				     sizeof(*larger));
	pid_t pid;

	if (!larger)
		return -ENOMEM;
	commands->pids = larger;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid) {
		commands->pids[commands->count++] = pid;
		return 0;
	}
	reset_signals();
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void commands_reap(struct commands *commands)
{
	size_t kept = 0;

	for (size_t i = 0; i < commands->count; i++)
		if (!waitpid(commands->pids[i], NULL, WNOHANG))
			commands->pids[kept++] = commands->pids[i];
	commands->count = kept;
}

void commands_wait(struct commands *commands)
{
	for (int ms = 0; commands->count && ms < SYSTEM_WAIT_MS; ms++) {
		commands_reap(commands);
		if (commands->count)
			usleep(1000);
	}
}

void commands_free(struct commands *commands)
{
	free(commands->pids);
	*commands = (struct commands){ 0 };
}
