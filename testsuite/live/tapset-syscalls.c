/*
 * One call of each kind that the probes on system calls must show.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET, .sin_port = htons(9),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
	struct timespec nap = { 0, 1000000 };
	struct timeval wait = { 0, 1000 };
	struct stat st;
	char buffer[16];
	int fd;

	/* what no one has read yet is not in memory: probes cannot wait */
	access("/tmp/spile-tapset", F_OK);
	fd = open("/tmp/spile-tapset", O_CREAT | O_TRUNC | O_RDWR, 0640);
	syscall(SYS_write, fd, "hi\nthere", 8);
	syscall(SYS_pread64, fd, buffer, 16, 4);
	syscall(SYS_lseek, fd, 2, SEEK_SET);
	syscall(SYS_fcntl, fd, F_GETFD, 0);
	close(fd);
	syscall(SYS_unlink, "/tmp/spile-tapset");
	syscall(SYS_open, "/nowhere/spile", O_RDONLY);
	syscall(SYS_newfstatat, AT_FDCWD, "/", &st, AT_SYMLINK_NOFOLLOW);
	syscall(SYS_mprotect, 0, 4096, PROT_READ | PROT_WRITE);
	syscall(SYS_kill, getpid(), 0);
	syscall(SYS_kill, getpid(), SIGCHLD);
	syscall(SYS_nanosleep, &nap, 0);
	syscall(SYS_select, 0, 0, 0, 0, &wait);
	fd = syscall(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	syscall(SYS_connect, fd, &to, sizeof(to));
	syscall(SYS_msgget, IPC_PRIVATE, 0);
	syscall(SYS_access, "/spile-is-not-here", R_OK | X_OK);
	return 0;
}
