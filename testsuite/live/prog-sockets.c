/*
 * Messages of known sizes over the loopback device.
 *
 * TCP: one connection, COUNT messages of SIZE bytes, each received before the
 * next is sent. UDP: the same between two sockets, of half that size. Output,
 * after all of it:
 *
 *	tcp COUNT BYTES port PORT
 *	udp COUNT BYTES port PORT
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { COUNT = 20, SIZE = 1000, TCP_PORT = 47011, UDP_PORT = 47012 };

static int check(int result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
	return result;
}

static void bring_up_loopback(void)
{
	struct ifreq request = { .ifr_name = "lo" };
	int fd = check(socket(AF_INET, SOCK_DGRAM, 0), "socket");

	if (!ioctl(fd, SIOCGIFFLAGS, &request) &&
	    !(request.ifr_flags & IFF_UP)) {
		request.ifr_flags |= IFF_UP;
		ioctl(fd, SIOCSIFFLAGS, &request);
	}
	close(fd);
}

static int listening(int type, int port)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_port = htons(port) };
	int fd = check(socket(AF_INET, type, 0), "socket"), one = 1;

	here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	check(bind(fd, (struct sockaddr *)&here, sizeof(here)), "bind");
	return fd;
}

static int connected(int type, int port)
{
	struct sockaddr_in there = { .sin_family = AF_INET,
				     .sin_port = htons(port) };
	int fd = check(socket(AF_INET, type, 0), "socket");

	there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	check(connect(fd, (struct sockaddr *)&there, sizeof(there)),
	      "connect");
	return fd;
}

static long exchange(int from, int to, size_t size)
{
	static char bytes[SIZE];
	long sum = 0;

	for (int i = 0; i < COUNT; i++) {
		size_t left = size;

		check((int)send(from, bytes, size, 0), "send");
		while (left)
			left -= (size_t)check((int)recv(to, bytes, left, 0),
					      "recv");
		sum += (long)size;
	}
	return sum;
}

int main(void)
{
	int server, from, to;
	long tcp, udp;

	bring_up_loopback();
	server = listening(SOCK_STREAM, TCP_PORT);
	check(listen(server, 1), "listen");
	from = connected(SOCK_STREAM, TCP_PORT);
	to = check(accept(server, NULL, NULL), "accept");
	tcp = exchange(from, to, SIZE);
	close(from);
	close(to);
	close(server);
	to = listening(SOCK_DGRAM, UDP_PORT);
	from = connected(SOCK_DGRAM, UDP_PORT);
	udp = exchange(from, to, SIZE / 2);
	printf("tcp %d %ld port %d\n", COUNT, tcp, TCP_PORT);
	printf("udp %d %ld port %d\n", COUNT, udp, UDP_PORT);
	return 0;
}
