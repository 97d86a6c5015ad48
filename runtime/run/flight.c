/*
 * The flight recorder: see flight.h.
 */
#include "runtime/run/flight.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/reader/complain.h"

/* What is in the memory and on the socket; the data follows. */
enum kind { OUTPUT, MESSAGE, STATUS };

struct piece {
	uint32_t kind, size;
};

/* Small, so that not much more is overwritten than must be. */
enum { PIECE_MOST = 1024 };

struct flight {
	char *memory;
	size_t size;
	uint64_t first, end;		/* positions of what is kept */
	uint64_t overwritten;		/* bytes that nobody has read */
	char next[sizeof(struct piece) + PIECE_MOST];	/* on its way */
	size_t next_size, next_sent;
	struct loop *loop;
	int listener, reader;
	int messages;			/* our standard error comes out here */
	int parent;			/* waits for a byte of this */
	pid_t parent_pid;
	void (*stop)(void *with);
	void *with;
};

/* ---- the memory ---- */

static void copy_in(struct flight *flight, const void *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		flight->memory[flight->end++ % flight->size] =
			((const char *)data)[i];
}

static void copy_out(struct flight *flight, void *to, size_t size)
{
	for (size_t i = 0; i < size; i++)
		((char *)to)[i] = flight->memory[flight->first++ %
						 flight->size];
}

static void drop_first(struct flight *flight)
{
	struct piece piece;

	copy_out(flight, &piece, sizeof(piece));
	flight->first += piece.size;
	flight->overwritten += piece.size;
}

static void keep(struct flight *flight, enum kind kind, const void *data,
		 size_t size)
{
	struct piece piece = { kind, (uint32_t)size };

	while (flight->end + sizeof(piece) + size - flight->first >
	       flight->size)
		drop_first(flight);
	copy_in(flight, &piece, sizeof(piece));
	copy_in(flight, data, size);
}

/* In pieces that end with a line, where one does. */
static void keep_text(struct flight *flight, enum kind kind, const char *data,
		      size_t size)
{
	while (size) {
		size_t part = size < PIECE_MOST ? size : PIECE_MOST;
		const char *line = memrchr(data, '\n', part);

		if (line)
			part = (size_t)(line - data) + 1;
		keep(flight, kind, data, part);
		data += part;
		size -= part;
	}
}

void flight_take(void *with, const char *data, size_t size)
{
	keep_text(with, OUTPUT, data, size);
}

static void take_messages(struct flight *flight)
{
	char text[PIECE_MOST];
	ssize_t size;

	while ((size = read(flight->messages, text, sizeof(text))) > 0)
		keep_text(flight, MESSAGE, text, (size_t)size);
}

/* ---- the reader ---- */

static void lose_reader(struct flight *flight)
{
	if (flight->reader < 0)
		return;
	if (flight->loop)
		loop_remove(flight->loop, flight->reader);
	close(flight->reader);
	flight->reader = -1;
	/* the next one gets the piece from its beginning */
	flight->next_sent = 0;
}

/* False when there is nothing. */
static bool take_next(struct flight *flight)
{
	struct piece piece = { .kind = MESSAGE };
	char *data = flight->next + sizeof(piece);

	if (flight->next_size)
		return true;
	if (flight->overwritten) {
		piece.size = (uint32_t)snprintf(data, PIECE_MOST,
			"WARNING: %llu bytes of output were overwritten before "
			"they were read: -s SIZE keeps more\n",
			(unsigned long long)flight->overwritten);
		flight->overwritten = 0;
	} else if (flight->first == flight->end) {
		return false;
	} else {
		copy_out(flight, &piece, sizeof(piece));
		copy_out(flight, data, piece.size);
	}
	memcpy(flight->next, &piece, sizeof(piece));
	flight->next_size = sizeof(piece) + piece.size;
	flight->next_sent = 0;
	return true;
}

void flight_pump(struct flight *flight)
{
	take_messages(flight);
	while (flight->reader >= 0 && take_next(flight)) {
		ssize_t sent = send(flight->reader,
				    flight->next + flight->next_sent,
				    flight->next_size - flight->next_sent,
				    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (sent < 0) {
			lose_reader(flight);
			return;
		}
		flight->next_sent += (size_t)sent;
		if (flight->next_sent == flight->next_size)
			flight->next_size = 0;
	}
}

static void on_reader(void *with, uint32_t events)
{
	struct flight *flight = with;
	char word;

	(void)events;
	if (read(flight->reader, &word, 1) == 1)
		flight->stop(flight->with);
	else
		lose_reader(flight);
}

static bool may_read(int reader)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	return !getsockopt(reader, SOL_SOCKET, SO_PEERCRED, &who, &size) &&
	       (who.uid == 0 || who.uid == geteuid());
}

static void on_listener(void *with, uint32_t events)
{
	struct flight *flight = with;
	int reader = accept4(flight->listener, NULL, NULL, SOCK_CLOEXEC);

	(void)events;
	if (reader < 0)
		return;
	if (flight->reader >= 0 || !may_read(reader)) {
		close(reader);
		return;
	}
	flight->reader = reader;
	if (flight->loop)
		loop_add(flight->loop, reader, EPOLLIN, on_reader, flight);
}

/* The address of a session: a name without a file. */
static socklen_t address_of(struct sockaddr_un *address, const char *name)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
		(size_t)snprintf(address->sun_path + 1,
				 sizeof(address->sun_path) - 1,
				 "spile/%.80s", name));
}

int flight_listen(struct flight *flight, struct loop *loop, const char *name,
		  void (*stop)(void *with), void *with, char **ret_error)
{
	struct sockaddr_un address;
	socklen_t size = address_of(&address, name);

	flight->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
				  SOCK_NONBLOCK, 0);
	flight->loop = loop;
	flight->stop = stop;
	flight->with = with;
	if (flight->listener >= 0 &&
	    !bind(flight->listener, (struct sockaddr *)&address, size) &&
	    !listen(flight->listener, 4))
		return loop_add(loop, flight->listener, EPOLLIN, on_listener,
				flight);
	return errno == EADDRINUSE ?
		complain(ret_error, "there is a session '%s' already: read it "
			 "with spilerun -A %s", name, name) :
		complain(ret_error, "cannot wait for readers: %s",
			 strerror(errno));
}

/* ---- on its own ---- */

/* In the parent: until the child is on its own (a byte) or has ended. */
static int wait_for_child(pid_t child, int from)
{
	char byte;
	int status;

	while (read(from, &byte, 1) < 0 && errno == EINTR)
		;
	if (waitpid(child, &status, WNOHANG) == 0 && byte == 'L')
		return 0;
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static struct flight *new_flight(size_t bytes, int parent)
{
	struct flight *flight = calloc(1, sizeof(*flight));

	if (!flight || !(flight->memory = malloc(bytes))) {
		free(flight);
		return NULL;
	}
	flight->size = bytes;
	flight->parent = parent;
	flight->listener = flight->reader = flight->messages = -1;
	return flight;
}

struct flight *flight_begin(size_t bytes, int *ret_status)
{
	struct flight *flight;
	int pair[2];
	pid_t child;

	*ret_status = 1;
	if (pipe2(pair, O_CLOEXEC))
		return NULL;
	child = fork();
	if (child) {
		close(pair[1]);
		if (child > 0)
			*ret_status = wait_for_child(child, pair[0]);
		close(pair[0]);
		return NULL;
	}
	close(pair[0]);
	setsid();
	flight = new_flight(bytes, pair[1]);
	if (!flight)
		_exit(1);
	return flight;
}

/* Nobody sees our standard streams any more. */
void flight_leave(struct flight *flight)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int pair[2];

	fflush(NULL);
	dup2(null, 0);
	dup2(null, 1);
	/* nobody else empties it: what is too much is dropped */
	if (!pipe2(pair, O_CLOEXEC | O_NONBLOCK)) {
		flight->messages = pair[0];
		dup2(pair[1], 2);
		close(pair[1]);
	} else {
		dup2(null, 2);
	}
	close(null);
	if (write(flight->parent, "L", 1) < 0)
		keep_text(flight, MESSAGE, "", 0);
	close(flight->parent);
	flight->parent = -1;
}

/* ---- the end ---- */

/* To the standard output of the one that waits for us. */
static void print_all(struct flight *flight)
{
	struct piece piece;

	while (take_next(flight)) {
		memcpy(&piece, flight->next, sizeof(piece));
		fwrite(flight->next + sizeof(piece), 1, piece.size,
		       piece.kind == OUTPUT ? stdout : stderr);
		flight->next_size = 0;
	}
	fflush(stdout);
}

static void give_all(struct flight *flight, bool wait)
{
	flight->loop = NULL;
	while ((wait || flight->reader >= 0) &&
	       (flight->next_size || flight->first != flight->end)) {
		struct pollfd polled = { flight->listener, POLLIN, 0 };

		if (flight->reader >= 0)
			polled = (struct pollfd){ flight->reader, POLLOUT, 0 };
		poll(&polled, 1, -1);
		if (flight->reader < 0)
			on_listener(flight, 0);
		else if (polled.revents & (POLLHUP | POLLERR))
			lose_reader(flight);
		flight_pump(flight);
	}
}

void flight_end(struct flight *flight, int status, bool wait)
{
	sigset_t all;

	/* who kills us now means it */
	sigfillset(&all);
	sigprocmask(SIG_UNBLOCK, &all, NULL);
	if (flight->parent >= 0) {
		print_all(flight);
	} else {
		fflush(NULL);
		take_messages(flight);
		give_all(flight, wait);
		/* the name is free before anybody hears of the end */
		close(flight->listener);
		flight->listener = -1;
		keep(flight, STATUS, &status, sizeof(status));
		give_all(flight, false);
	}
	for (int *fd = &flight->listener; fd <= &flight->parent; fd++)
		if (*fd >= 0)
			close(*fd);
	free(flight->memory);
	free(flight);
}

/* ---- the one that reads ---- */

static bool read_whole(int from, void *to, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = read(from, (char *)to + done, size - done);

		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		done += n > 0 ? (size_t)n : 0;
	}
	return true;
}

/* Prints a piece; true when it was the last, with what it says in *ret_status. */
static bool print_piece(int from, int *ret_status)
{
	char data[PIECE_MOST];
	struct piece piece;

	if (!read_whole(from, &piece, sizeof(piece)) ||
	    piece.size > sizeof(data) || !read_whole(from, data, piece.size)) {
		fputs("ERROR: the session has ended without a word: it was "
		      "killed, or somebody else reads it\n", stderr);
		*ret_status = 1;
		return true;
	}
	if (piece.kind == STATUS) {
		memcpy(ret_status, data, sizeof(*ret_status));
		return true;
	}
	fwrite(data, 1, piece.size, piece.kind == OUTPUT ? stdout : stderr);
	return false;
}

/* True when we should go, and the session stay. */
static bool hand_signal_on(int signals, int to)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo == SIGQUIT)
		return true;
	if (send(to, "q", 1, MSG_NOSIGNAL) < 0)
		fprintf(stderr, "ERROR: cannot reach the session: %s\n",
			strerror(errno));
	return false;
}

static int print_until_end(int from)
{
	struct pollfd polled[2] = { { from, POLLIN, 0 }, { -1, POLLIN, 0 } };
	int status = 0;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGQUIT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	polled[1].fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	for (;;) {
		if (poll(polled, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (polled[1].revents && hand_signal_on(polled[1].fd, from))
			return 0;
		if (polled[0].revents && print_piece(from, &status))
			return status;
		/* what came together is written together */
		if (poll(polled, 1, 0) <= 0)
			fflush(stdout);
		if (ferror(stdout))
			return 1;
	}
}

int flight_join(const char *name)
{
	struct sockaddr_un address;
	socklen_t size = address_of(&address, name);
	int from = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (from < 0 || connect(from, (struct sockaddr *)&address, size)) {
		fprintf(stderr, "ERROR: there is no session '%s' to read: %s\n",
			name, strerror(errno));
		return 1;
	}
	return print_until_end(from);
}
