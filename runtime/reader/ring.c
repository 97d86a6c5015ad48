/*
 * Reading a BPF ring buffer: see ring.h.
 *
 * The kernel maps the data twice in a row for readers that want each record in
 * one piece; that doubles the resident size of the session. Here it is mapped
 * once, and the one record in a round that wraps is copied together.
 */
#include "runtime/reader/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Positions are published after this much, so that writers soon find room. */
enum { PUBLISH_EVERY = 64 << 10 };

int ring_open(struct ring *ring, int fd, size_t size)
{
	size_t page = sysconf(_SC_PAGESIZE);
	void *mine, *theirs;

	memset(ring, 0, sizeof(*ring));
	mine = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mine == MAP_FAILED)
		return -errno;
	ring->consumer = mine;
	theirs = mmap(NULL, page + size, PROT_READ, MAP_SHARED, fd, page);
	if (theirs == MAP_FAILED) {
		int error = -errno;

		ring_close(ring);
		return error;
	}
	ring->producer = theirs;
	ring->data = (const char *)theirs + page;
	ring->size = size;
	return 0;
}

void ring_close(struct ring *ring)
{
	size_t page = sysconf(_SC_PAGESIZE);

	if (ring->producer)
		munmap((void *)ring->producer, page + ring->size);
	if (ring->consumer)
		munmap(ring->consumer, page);
	free(ring->bounce);
	memset(ring, 0, sizeof(*ring));
}

/* The @size bytes at @offset in one piece, NULL without memory. */
static const void *piece(struct ring *ring, size_t offset, size_t size)
{
	size_t first = ring->size - offset;

	if (size <= first)
		return ring->data + offset;
	if (ring->bounce_size < size) {
		char *larger = realloc(ring->bounce, size);

		if (!larger)
			return NULL;
		ring->bounce = larger;
		ring->bounce_size = size;
	}
	memcpy(ring->bounce, ring->data + offset, first);
	memcpy(ring->bounce + first, ring->data, size - first);
	return ring->bounce;
}

size_t ring_drain(struct ring *ring, size_t most,
		  void (*call)(void *with, const void *record, size_t size),
		  void *with)
{
	unsigned long at = *ring->consumer, from = at, published = at;
	unsigned long end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);

	while (at < end && at - from < most) {
		const uint32_t *head = (const uint32_t *)
			(ring->data + (at & (ring->size - 1)));
		uint32_t length = __atomic_load_n(head, __ATOMIC_ACQUIRE);

		if (length & BPF_RINGBUF_BUSY_BIT)
			break;
		uint32_t size = length & ~BPF_RINGBUF_DISCARD_BIT;

		if (!(length & BPF_RINGBUF_DISCARD_BIT)) {
			const void *record = piece(ring, (at +
				BPF_RINGBUF_HDR_SZ) & (ring->size - 1), size);

			if (record)
				call(with, record, size);
		}
		at += (BPF_RINGBUF_HDR_SZ + size + 7) & ~7ul;
		if (at - published < PUBLISH_EVERY)
			continue;
		__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
		published = at;
		end = __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE);
	}
	__atomic_store_n(ring->consumer, at, __ATOMIC_RELEASE);
	return at - from;
}
