/*
 * Milliseconds that a command takes until it ends, or until its output has a word;
 * it is interrupted then.
 *
 *	since [--until WORD] COMMAND...
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void wait_for_word(int from, const char *word)
{
	char text[4096];
	size_t length = 0;
	ssize_t got;

	while (length < sizeof(text) - 1 &&
	       (got = read(from, text + length, sizeof(text) - 1 - length)) > 0) {
		length += (size_t)got;
		text[length] = '\0';
		if (strstr(text, word))
			return;
	}
}

int main(int argc, char **argv)
{
	const char *word = argc > 3 && !strcmp(argv[1], "--until") ? argv[2] :
								      NULL;
	double from = now(), to;
	int ends[2], status;
	pid_t child;

	if (argc < 2 || pipe(ends))
		return 2;
	child = fork();
	if (!child) {
		if (word)
			dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(argv[word ? 3 : 1], argv + (word ? 3 : 1));
		_exit(127);
	}
	close(ends[1]);
	if (word) {
		wait_for_word(ends[0], word);
		to = now();
		kill(child, SIGINT);
		waitpid(child, &status, 0);
	} else {
		waitpid(child, &status, 0);
		to = now();
	}
	printf("%.2f\n", to - from);
	return status != 0;
}
