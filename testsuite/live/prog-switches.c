/*
 * Two processes that wake each other: known numbers of sleeps and wake-ups.
 *
 * Usage: prog-switches [ROUNDS]
 *
 * Parent and child pass one byte to and fro over two pipes ROUNDS times
 * (default 1000); each read waits for the other side, so each process sleeps
 * about once a round. Output, with the kernel's own count of voluntary context
 * switches of each process from before to after the rounds:
 *
 *	parent PID SWITCHES
 *	child PID SWITCHES
 *	total ROUNDS
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long switches(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_nvcsw;
}

static long play(int in, int out, int rounds, int begins)
{
	long before = switches();
	char ball = 'b';

	for (int i = 0; i < rounds; i++) {
		if (begins && write(out, &ball, 1) != 1)
			exit(1);
		if (read(in, &ball, 1) != 1)
			exit(1);
		if (!begins && write(out, &ball, 1) != 1)
			exit(1);
	}
	return switches() - before;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 1000;
	int there[2], back[2], report[2];
	long theirs = 0, ours;
	pid_t child;

	if (pipe(there) < 0 || pipe(back) < 0 || pipe(report) < 0) {
		perror("pipe");
		return 1;
	}
	child = fork();
	if (child < 0) {
		perror("fork");
		return 1;
	}
	if (!child) {
		ours = play(there[0], back[1], rounds, 0);
		return write(report[1], &ours, sizeof(ours)) != sizeof(ours);
	}
	ours = play(back[0], there[1], rounds, 1);
	if (read(report[0], &theirs, sizeof(theirs)) != sizeof(theirs))
		return 1;
	waitpid(child, NULL, 0);
	printf("parent %d %ld\nchild %d %ld\ntotal %d\n", getpid(), ours, child,
	       theirs, rounds);
	return 0;
}
