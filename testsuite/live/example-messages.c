/*
 * Sends System V messages that lie in their queue for known times: ten of 100
 * bytes for 50 ms each, then five of 8000 bytes for 100 ms each, then one that
 * nobody receives. A message lies at least from where msgsnd() has returned to
 * where msgrcv() begins, and at most from before the one to after the other. Prints
 * the id of the queue, then of the one and of the other the average and longest
 * time in microseconds.
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

static void count(struct times *times, long long took)
{
	times->sum += took;
	if (took > times->longest)
		times->longest = took;
}

static void hold(int queue, size_t size, long milliseconds,
		 struct times *least, struct times *most)
{
	long long begin = microseconds();
	long long sent, asked;
	struct timespec time = { 0, milliseconds * 1000000 };
	struct message message = { .type = 1 };

	memset(message.text, 'x', size);
	if (msgsnd(queue, &message, size, 0))
		perror("msgsnd");
	sent = microseconds();
	nanosleep(&time, NULL);
	asked = microseconds();
	if (msgrcv(queue, &message, size, 0, 0) != (ssize_t)size)
		perror("msgrcv");
	count(least, asked - sent);
	count(most, microseconds() - begin);
}

int main(void)
{
	int queue = msgget(IPC_PRIVATE, 0600);
	struct message message = { .type = 2 };
	struct times least = { 0 }, most = { 0 };

	for (int i = 0; i < 10; i++)
		hold(queue, 100, 50, &least, &most);
	for (int i = 0; i < 5; i++)
		hold(queue, 8000, 100, &least, &most);
	msgsnd(queue, &message, 10, 0);
	msgctl(queue, IPC_RMID, NULL);
	printf("queue %d %lld %lld %lld %lld\n", queue, least.sum / 15,
	       least.longest, most.sum / 15, most.longest);
	return 0;
}
