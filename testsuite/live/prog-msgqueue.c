/*
 * System V messages that wait in their queue for a known time.
 *
 * Usage: prog-msgqueue [COUNT [SIZE [MS...]]]
 *
 * For each wait time (default 50 and 100 ms) COUNT messages (default 4) of
 * SIZE bytes (default 200) and of type 1, 2... are sent at once, then received
 * in order after the wait. A line each tells the truth as this program sees it,
 * from before msgsnd() to after msgrcv():
 *
 *	message QUEUE TYPE SIZE MICROSECONDS
 *	total MESSAGES BYTES
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>

enum { MOST = 64, LARGEST = 8000 };

struct message {
	long type;
	char text[LARGEST];
};

struct run {
	int queue;
	int count;
	size_t size;
	long messages;
	long bytes;
};

static long long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void hold(struct run *run, int milliseconds)
{
	struct timespec wait = { milliseconds / 1000,
				 milliseconds % 1000 * 1000000L };
	struct message message;
	long long sent[MOST];

	memset(message.text, 'x', sizeof(message.text));
	for (int i = 0; i < run->count; i++) {
		message.type = i + 1;
		sent[i] = microseconds();
		if (msgsnd(run->queue, &message, run->size, 0) < 0)
			fail("msgsnd");
	}
	nanosleep(&wait, NULL);
	for (int i = 0; i < run->count; i++) {
		if (msgrcv(run->queue, &message, LARGEST, 0, 0) < 0)
			fail("msgrcv");
		printf("message %d %ld %zu %lld\n", run->queue, message.type,
		       run->size, microseconds() - sent[i]);
		run->messages++;
		run->bytes += (long)run->size;
	}
}

int main(int argc, char **argv)
{
	struct run run = { .count = 4, .size = 200 };

	if (argc > 1)
		run.count = atoi(argv[1]);
	if (argc > 2)
		run.size = (size_t)atol(argv[2]);
	if (run.count < 1 || run.count > MOST || run.size > LARGEST) {
		fprintf(stderr, "usage: %s [COUNT [SIZE [MS...]]]\n", argv[0]);
		return 2;
	}
	run.queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	if (run.queue < 0)
		fail("msgget");
	if (argc <= 3) {
		hold(&run, 50);
		hold(&run, 100);
	}
	for (int i = 3; i < argc; i++)
		hold(&run, atoi(argv[i]));
	if (msgctl(run.queue, IPC_RMID, NULL) < 0)
		fail("msgctl");
	printf("total %ld %ld\n", run.messages, run.bytes);
	return 0;
}
