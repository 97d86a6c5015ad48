/*
 * prog-storm STOP: forks children that stay, as fast as it can, until the file
 * STOP is there, then twenty more; prints the process id of each, and its own
 * first. Ends them all and itself when its input is closed.
 */
#include <stdio.h>
#include <unistd.h>
#include <sys/wait.h>

enum { MOST = 4000, MORE = 20 };

int main(int argc, char **argv)
{
	int gate[2], more = 0;
	char byte;

	if (argc < 2 || pipe(gate))
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("%d\n", getpid());
	for (int i = 0; i < MOST && more < MORE; i++) {
		pid_t pid = fork();

		if (!pid) {
			close(gate[1]);
			while (read(gate[0], &byte, 1) > 0)
				;
			_exit(0);
		}
		printf("%d\n", pid);
		more += !access(argv[1], F_OK);
		usleep(200);
	}
	printf("all\n");
	while (read(0, &byte, 1) > 0)
		;
	close(gate[1]);
	while (wait(NULL) > 0)
		;
	return 0;
}
