/*
 * Sends System V messages that lie in their queue for known times: ten of 100
 * bytes for 50 ms each, then five of 8000 bytes for 100 ms each, then one that
 * nobody receives. Prints the id of the queue, and the average and longest time in
 * microseconds by its own clock: a busy machine holds them longer than asked.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <time.h>

struct message {
	long type;
	char text[8000];
};

struct times {
	long long sum, longest;		/* microseconds */
};

static long long microseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

static void hold(int queue, size_t size, long milliseconds,
		 struct times *times)
{
	long long begin = microseconds();
	long long took;
	struct timespec time = { 0, milliseconds * 1000000 };
	struct message message = { .type = 1 };

	memset(message.text, 'x', size);
	if (msgsnd(queue, &message, size, 0))
		perror("msgsnd");
	nanosleep(&time, NULL);
	if (msgrcv(queue, &message, size, 0, 0) != (ssize_t)size)
		perror("msgrcv");
	took = microseconds() - begin;
	times->sum += took;
	if (took > times->longest)
		times->longest = took;
}

int main(void)
{
	int queue = msgget(IPC_PRIVATE, 0600);
	struct message message = { .type = 2 };
	struct times times = { 0 };

	for (int i = 0; i < 10; i++)
		hold(queue, 100, 50, &times);
	for (int i = 0; i < 5; i++)
		hold(queue, 8000, 100, &times);
	msgsnd(queue, &message, 10, 0);
	msgctl(queue, IPC_RMID, NULL);
	printf("queue %d %lld %lld\n", queue, times.sum / 15, times.longest);
	return 0;
}
