/*
 * Processes that come and go: forks, execs, exits with known status.
 *
 * Usage: prog-forks [COUNT]
 *
 * COUNT children (default 10), one after the other. Those with an even number
 * execute this program again with the argument "--exit N", the others end at
 * once; child N ends with status N mod 8. Every fourth child after that is
 * killed by SIGKILL. Output, one line a child and the sums:
 *
 *	child PID STATUS EXEC
 *	killed PID 9
 *	total FORKS EXECS EXITS KILLED
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct sums {
	int forks, execs, exits, killed;
};

static pid_t start(void)
{
	pid_t pid = fork();

	if (pid < 0) {
		perror("fork");
		exit(1);
	}
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) < 0) {
		perror("waitpid");
		exit(1);
	}
	return status;
}

static void run_child(int number)
{
	char text[16];

	if (number % 2)
		_exit(number % 8);
	snprintf(text, sizeof(text), "%d", number % 8);
	execl("/proc/self/exe", "prog-forks", "--exit", text, (char *)NULL);
	_exit(127);
}

static void ending_child(int number, struct sums *sums)
{
	pid_t pid = start();
	int status;

	if (!pid)
		run_child(number);
	status = wait_for(pid);
	sums->forks++;
	sums->exits++;
	sums->execs += number % 2 == 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != number % 8)
		exit(1);
	printf("child %d %d %d\n", pid, number % 8, number % 2 == 0);
}

static void killed_child(struct sums *sums)
{
	pid_t pid = start();

	if (!pid)
		for (;;)
			pause();
	kill(pid, SIGKILL);
	if (!WIFSIGNALED(wait_for(pid)))
		exit(1);
	sums->forks++;
	sums->killed++;
	printf("killed %d 9\n", pid);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 10;
	struct sums sums = { 0 };

	if (argc > 2 && strcmp(argv[1], "--exit") == 0)
		return atoi(argv[2]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 0; i < count; i++)
		ending_child(i, &sums);
	for (int i = 0; i < count / 4; i++)
		killed_child(&sums);
	printf("total %d %d %d %d\n", sums.forks, sums.execs, sums.exits,
	       sums.killed);
	return 0;
}
