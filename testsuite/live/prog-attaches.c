/*
 * Attaches and detaches all probes of a module that is loaded, without a runner.
 *
 * Usage: prog-attaches MODULE ROUNDS
 *
 * Every round attaches, lets the probes fire for some system calls and detaches.
 * Output: "attached N of ROUNDS", then the number of the error, if there was one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "runtime/common/wire.h"
#include "runtime/kmod/device.h"

enum { CALLS = 50 };

static int round_trip(int device)
{
	__u32 probe;

	if (ioctl(device, KMOD_ATTACH, &probe))
		return errno;
	for (int i = 0; i < CALLS; i++)
		close(open("/proc/self/stat", O_RDONLY));
	return ioctl(device, KMOD_DETACH) ? errno : 0;
}

int main(int argc, char **argv)
{
	int rounds = argc == 3 ? atoi(argv[2]) : 0, done = 0, error = 0;
	struct wire_shared *shared;
	char path[128];
	int device;

	if (!rounds)
		return 2;
	snprintf(path, sizeof(path), "/dev/%s", argv[1]);
	device = open(path, O_RDWR);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED,
		      device, KMOD_SHARED);
	if (shared == MAP_FAILED) {
		perror(path);
		return 1;
	}
	shared->state = WIRE_RUNNING;
	while (done < rounds && !(error = round_trip(device)))
		done++;
	printf("attached %d of %d\n", done, rounds);
	if (error)
		printf("error %d\n", error);
	return error != 0;
}
