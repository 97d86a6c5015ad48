/*
 * Reading the output buffer: a BPF ring buffer, or a module's of the same
 * layout. Programs never wake the reader (a wake-up costs
 * many times what a record does), so it is drained by the clock; the batch
 * interface here keeps the positions in registers and publishes them once in a
 * while.
 */
#ifndef SPILE_READER_RING_H
#define SPILE_READER_RING_H

#include <stddef.h>
#include <stdint.h>

struct ring {
	unsigned long *consumer;	/* page of ours: how far we have read */
	const unsigned long *producer;	/* page of the kernel's */
	const char *data;
	size_t size;			/* a power of two */
	char *bounce;			/* for a record that wraps around */
	size_t bounce_size;
};

/* 0 or -errno. @fd is a map of type ringbuf with @size bytes. */
int ring_open(struct ring *ring, int fd, size_t size);
void ring_close(struct ring *ring);

/* Calls @call for the records that are there, until about @most bytes have
 * been read. Returns how many bytes were. */
size_t ring_drain(struct ring *ring, size_t most,
		  void (*call)(void *with, const void *record, size_t size),
		  void *with);

#endif
