/*
 * System calls that fail, each in a known way and a known number of times.
 *
 * Usage: prog-errors [TIMES]
 *
 * Each call below is made TIMES times (default 5); between them getppid()
 * succeeds as often. Output, one line a kind:
 *
 *	CALL ERRNO NAME TIMES
 *	total FAILED
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static long call_openat(void)
{
	return syscall(SYS_openat, AT_FDCWD, "/nonexistent/file", O_RDONLY);
}

static long call_read(void)
{
	char byte;

	return syscall(SYS_read, -1, &byte, 1L);
}

static long call_write(void)
{
	return syscall(SYS_write, -1, "x", 1L);
}

static long call_close(void)
{
	return syscall(SYS_close, 12345);
}

static long call_mkdirat(void)
{
	return syscall(SYS_mkdirat, AT_FDCWD, "/", 0700);
}

static long call_chdir(void)
{
	return syscall(SYS_chdir, "/dev/null");
}

static long call_kill(void)
{
	return syscall(SYS_kill, 0x3fffffff, 0);
}

static long call_socket(void)
{
	return syscall(SYS_socket, 9999, SOCK_STREAM, 0);
}

static long call_lseek(void)
{
	return syscall(SYS_lseek, 0x7fff, 0L, SEEK_SET);
}

static long call_pipe2(void)
{
	return syscall(SYS_pipe2, (int *)8, 0);
}

static const struct {
	const char *name;
	long (*call)(void);
	int error;
	const char *error_name;
} kinds[] = {
	{ "openat",	call_openat,	ENOENT,		"ENOENT" },
	{ "read",	call_read,	EBADF,		"EBADF" },
	{ "write",	call_write,	EBADF,		"EBADF" },
	{ "close",	call_close,	EBADF,		"EBADF" },
	{ "mkdirat",	call_mkdirat,	EEXIST,		"EEXIST" },
	{ "chdir",	call_chdir,	ENOTDIR,	"ENOTDIR" },
	{ "kill",	call_kill,	ESRCH,		"ESRCH" },
	{ "socket",	call_socket,	EAFNOSUPPORT,	"EAFNOSUPPORT" },
	{ "lseek",	call_lseek,	EBADF,		"EBADF" },
	{ "pipe2",	call_pipe2,	EFAULT,		"EFAULT" },
};

enum { KINDS = sizeof(kinds) / sizeof(*kinds) };

int main(int argc, char **argv)
{
	int times = argc > 1 ? atoi(argv[1]) : 5;

	for (int i = 0; i < KINDS; i++) {
		for (int k = 0; k < times; k++) {
			syscall(SYS_getppid);
			if (kinds[i].call() != -1 || errno != kinds[i].error) {
				fprintf(stderr, "%s: unexpected\n",
					kinds[i].name);
				return 1;
			}
		}
	}
	for (int i = 0; i < KINDS; i++)
		printf("%s %d %s %d\n", kinds[i].name, kinds[i].error,
		       kinds[i].error_name, times);
	printf("total %d\n", KINDS * times);
	return 0;
}
