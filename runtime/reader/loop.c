/*
 * The event loop: see loop.h. A call may remove any descriptor, its own too:
 * removed entries are only marked, and freed when no event can name them.
 */
#include "runtime/reader/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct entry {
	struct entry *next;
	loop_call *call;
	void *with;
	int fd;
	bool always;	/* a plain file: not in the epoll set */
	bool removed;
};

struct loop {
	int epoll;
	int timer;	/* waits shorter than a millisecond */
	struct entry *entries;
};

struct loop *loop_new(void)
{
	struct loop *loop = calloc(1, sizeof(*loop));
	struct epoll_event event = { .events = EPOLLIN };

	if (!loop)
		return NULL;
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->timer = timerfd_create(CLOCK_MONOTONIC,
				     TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->epoll < 0 || loop->timer < 0 ||
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->timer, &event)) {
		loop_free(loop);
		return NULL;
	}
	return loop;
}

void loop_free(struct loop *loop)
{
	if (!loop)
		return;
	while (loop->entries) {
		struct entry *entry = loop->entries;

		loop->entries = entry->next;
		free(entry);
	}
	close(loop->epoll);
	close(loop->timer);
	free(loop);
}

int loop_add(struct loop *loop, int fd, uint32_t events, loop_call *call,
	     void *with)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	struct epoll_event event = { .events = events, .data.ptr = entry };

	if (!entry)
		return -ENOMEM;
	entry->call = call;
	entry->with = with;
	entry->fd = fd;
	if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event)) {
		if (errno != EPERM) {
			free(entry);
			return -errno;
		}
		entry->always = true;
	}
	entry->next = loop->entries;
	loop->entries = entry;
	return 0;
}

void loop_remove(struct loop *loop, int fd)
{
	for (struct entry *entry = loop->entries; entry; entry = entry->next) {
		if (entry->fd != fd || entry->removed)
			continue;
		if (!entry->always)
			epoll_ctl(loop->epoll, EPOLL_CTL_DEL, fd, NULL);
		entry->removed = true;
	}
}

static void free_removed(struct loop *loop)
{
	struct entry **link = &loop->entries;

	while (*link) {
		struct entry *entry = *link;

		if (!entry->removed) {
			link = &entry->next;
			continue;
		}
		*link = entry->next;
		free(entry);
	}
}

/* Calls the plain files; whether there were any. */
static bool call_always(struct loop *loop)
{
	bool any = false;

	for (struct entry *entry = loop->entries; entry; entry = entry->next) {
		if (!entry->always || entry->removed)
			continue;
		any = true;
		entry->call(entry->with, EPOLLIN);
	}
	return any;
}

static int set_timer(struct loop *loop, unsigned int us)
{
	struct itimerspec in = { .it_value.tv_nsec = us * 1000L };

	/* whole milliseconds need no timer and no system call */
	if (us % 1000 == 0)
		return us / 1000;
	timerfd_settime(loop->timer, 0, &in, NULL);
	return us / 1000 + 1;
}

void loop_wait(struct loop *loop, unsigned int us)
{
	struct epoll_event events[64];
	int timeout = call_always(loop) ? 0 : set_timer(loop, us);
	int count = epoll_wait(loop->epoll, events, 64, timeout);

	for (int i = 0; i < count; i++) {
		struct entry *entry = events[i].data.ptr;
		uint64_t expired;

		if (!entry) {
			if (read(loop->timer, &expired, sizeof(expired)) < 0)
				continue;
		} else if (!entry->removed) {
			entry->call(entry->with, events[i].events);
		}
	}
	free_removed(loop);
}
